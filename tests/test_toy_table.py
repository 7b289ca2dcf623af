"""The lesson's timing table: from the points of a run, with what it mixes up said under it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from quizapp.verifiers.wire import CheckResult

from quizapp import reference, report, toy_table
from quizapp.claims import judge
from quizapp.evidence import Curve, Plot, Run
from quizapp.export import markdown
from quizapp.ui.proofs import provenance


def check(name: str, estimate: float, low: float, high: float) -> CheckResult:
    return replace(SHIPPED_CHECK, name=name, estimate=estimate, low=low, high=high)


SHIPPED_CHECK = reference.read(reference.FOLDER / "cpu.jsonl")["toy_audit"].checks[0]
CURVES = (
    Curve(name="rnn_style", arm="claim", x=(100.0, 1000.0, 10_000.0), y=(2.0, 20.0, 200.0)),
    Curve(name="attention_style", arm="control", x=(64.0, 1000.0, 4096.0), y=(0.4, 4.0, 16.0)),
    Curve(name="mean in torch", arm="control", x=(1000.0,), y=(2.0,)),
)


def a_run(*checks: CheckResult, status="ok", curves=CURVES) -> Run:
    return Run(
        experiment="toy_audit", profile="quick", status=status, checks=checks, plot=Plot(curves=curves)
    )


def test_measured_times_stand_as_they_are_and_others_are_marked():
    rows = {row[0]: row for row in toy_table.timing(a_run()).rows}
    assert rows["1,000"] == ("1,000", "20", "4", "2", "-", "5", "10")
    assert rows["4,096"][1] == "~81.9", "in proportion, between its neighbours"
    assert rows["4,096"][5] == "~5.12"
    assert rows["64"][1] == "-", "nothing is read off beyond what was measured"
    assert rows["10,000"] == ("10,000", "200", "-", "-", "-", "-", "-")


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (0.3, 0.5, "the order turns round"),
        (1.2, 2.0, "the order stays"),
        (0.8, 1.2, "neither is faster for sure"),
    ],
)
def test_the_language_swap_says_what_it_shows_and_no_more(low: float, high: float, said: str):
    swapped = check("swapped_rnn_over_mean", (low + high) / 2, low, high)
    notes = " ".join(toy_table.timing(a_run(swapped)).notes)
    assert said in notes
    assert "Confounded" in notes
    assert sum(one in notes for one in ("turns round", "order stays", "for sure")) == 1


def test_an_invalid_run_says_so_under_its_table():
    assert "nothing follows" in toy_table.timing(a_run(status="invalid")).notes[-1]


def test_other_experiments_and_runs_without_points_have_none():
    assert toy_table.timing(replace(a_run(), experiment="throughput")) is None
    assert toy_table.timing(a_run(curves=())) is None
    assert toy_table.under(a_run(curves=())) == []


def test_not_a_number_is_left_out():
    nan = float("nan")
    notes = toy_table.timing(a_run(check("rnn_over_attention", nan, nan, nan))).notes
    assert not any("nan" in note for note in notes)


def test_it_stands_in_the_text_and_in_the_markdown(all_kinds, home):
    from quizapp import bank, paths

    shipped = reference.load().runs["cpu"]
    claim = bank.load(paths.questions()).claims["sum-beats-loop-as-evidence"]
    evidence = judge(claim, shipped)
    said = report.evidence_text(claim, evidence)
    assert toy_table.TITLE in said
    assert "100,000" in said
    assert "Languages swapped" in said
    on_screen = provenance(claim, evidence, ()).plain
    assert toy_table.TITLE in on_screen
    assert "Confounded" in on_screen
    written = "\n".join(markdown._run(shipped["toy_audit"]))
    assert "| elements | Python loop |" in written
    assert "Languages swapped" in written
    assert toy_table.TITLE.partition("'")[2] not in "\n".join(markdown._run(shipped["throughput"]))
