"""Published numbers beside a run: what is shown of them, and that they change no verdict."""

from __future__ import annotations

import dataclasses
import json

import pytest
from quizapp.verifiers.wire import CheckResult, Figure

from quizapp import bank, claims, report
from quizapp.evidence import Run
from quizapp.export import markdown
from quizapp.model import build
from quizapp.verifiers import catalogue

CLAIM = bank.load().claims["transformer-stable-by-design"]
WARM_UP = catalogue.read("warm_up")


def run_of(warm=(0.9, 1.0), cold=(0.0, 0.1), figures=(), **other):
    """A run of warm_up in which post-LN learned this much at the fast rate, per seed."""
    values = dict.fromkeys(WARM_UP.checks, (1.0, 1.0)) | {"post_warm_fast": warm, "post_cold_fast": cold}
    found = [
        CheckResult(
            name=name, arm=WARM_UP.checks[name].arm, must=WARM_UP.checks[name].must, unit="share",
            meaning="m",
            estimate=sum(two) / 2, low=min(two), high=max(two), bounds=(0.5, None), values=two,
            outcome="pass" if min(two) > 0.5 else "fail",
        )
        for name, two in values.items()
    ]  # fmt: skip
    run = Run(experiment="warm_up", profile="quick", status="ok", checks=tuple(found), figures=figures,
              seeds=(0, 1), device="cpu", fingerprint=WARM_UP.fingerprint, at="2026-01-01")  # fmt: skip
    return dataclasses.replace(run, **other)


def evidence_of(**options):
    evidence = claims.judge(CLAIM, {"warm_up": run_of(**options)})
    assert evidence is not None
    return evidence


def test_published_numbers_stand_beside_the_check_that_the_claim_shows():
    first, second = evidence_of().beside
    assert first.row.published == (34.0, "-", 8.45)
    assert first.estimate == pytest.approx(0.9)
    assert first.outcome == "agrees"
    assert second.outcome == "not measured"
    other = dataclasses.replace(CLAIM, supports=("warm_up.post_cold_gentle",))
    assert claims.judge(other, {"warm_up": run_of()}).beside == ()


def test_agreement_turns_round_with_the_run_and_the_verdict_does_not():
    same, other = evidence_of(), evidence_of(warm=(-0.3, -0.2))
    assert [evidence.beside[0].outcome for evidence in (same, other)] == ["agrees", "differs"]
    assert same.verdict == other.verdict == "fails"


def test_a_figure_of_the_run_is_compared_too():
    figures = tuple(
        Figure(name=name, unit="share", meaning="m", estimate=at, low=at, high=at, values=(at,) * 2)
        for name, at in (("post_warm_faster", 0.5), ("post_cold_faster", 0.1))
    )
    assert evidence_of(figures=figures).beside[1].outcome == "agrees"


def test_the_text_says_both_numbers_the_source_and_whether_they_agree():
    said = report.evidence_text(CLAIM, evidence_of())
    assert "Published: what warm-up adds to post-LN: 34 - 8.45 = 25.55 (BLEU" in said
    assert "; Xiong et al. 2020)" in said
    assert "Here: 0.95 - 0.05 = 0.9 (share)" in said
    assert "agrees in direction (above 0)" in said
    assert "not measured in this profile" in said
    assert "differs in direction" in report.evidence_text(CLAIM, evidence_of(warm=(-0.3, -0.2)))


def test_what_is_from_memory_says_so():
    beside = evidence_of().beside[0]
    remembered = dataclasses.replace(beside, row=dataclasses.replace(beside.row, from_memory=True))
    assert "Xiong et al. 2020, from memory)" in report.beside_text(remembered)
    assert "memory" not in report.beside_text(beside)


def test_the_json_holds_everything_needed_to_compare():
    data = json.loads(json.dumps(report.evidence_data(evidence_of()), allow_nan=False))
    first, second = data["published"]
    assert first["published"] == pytest.approx(25.55)
    assert first["outcome"] == "agrees"
    assert (first["source"], first["from_memory"]) == ("Xiong et al. 2020", False)
    assert second["estimate"] is None


def test_the_markdown_shows_it():
    lines = "\n".join(markdown._claim(CLAIM, evidence_of(), ()))
    assert "Beside what was published" in lines
    assert "agrees in direction" in lines


def test_a_run_that_did_not_come_to_its_end_is_compared_with_nothing():
    said = report.evidence_text(CLAIM, evidence_of(status="crashed", reason="it fell"))
    assert "Published" not in said


def test_figures_are_kept_with_the_run():
    found = Figure(name="f", unit="u", meaning="m", estimate=1.0, low=0.5, high=2.0, values=(1.0, 1.0))
    run = run_of(figures=(found,))
    assert build(Run, json.loads(json.dumps(dataclasses.asdict(run)))) == run
    before = dataclasses.asdict(run)
    del before["figures"]
    assert build(Run, json.loads(json.dumps(before))).figures == ()
