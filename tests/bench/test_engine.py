"""The engine on experiments of the tests: pairing, looks, stopping, controls."""

from __future__ import annotations

import sys

import pytest
from quizapp.verifiers.wire import Checked, Finished, Point, Progress, Started

from quizapp.verifiers import catalogue, engine, experiments
from tests.benchcopy import copy_bench, experiment


@pytest.fixture
def write(tmp_path, monkeypatch):
    """write(name, body, looks) puts an experiment into a copy of the bench that the engine then runs."""
    folder = copy_bench(tmp_path, {}) / "experiments"
    monkeypatch.setattr(catalogue, "BENCH", folder.parent)
    monkeypatch.setattr(experiments, "__path__", [str(folder)])

    def write(body, looks="(2,)", name="of_tests", control="fail", interval="range"):
        source = experiment(body, looks).replace('"must": "fail"', f'"must": "{control}"')
        source = source.replace('"interval": "range"', f'"interval": "{interval}"')
        (folder / f"{name}.py").write_text(source, encoding="utf-8")
        monkeypatch.delitem(sys.modules, f"{experiments.__name__}.{name}", raising=False)

    yield write
    monkeypatch.delitem(sys.modules, f"{experiments.__name__}.of_tests", raising=False)


def run(**how):
    """Everything the experiment said, and its checks."""
    events = []
    return events, engine.run("of_tests", events.append, device="cpu", **how)


def of(kind, events):
    return [event for event in events if isinstance(event, kind)]


def drawn(events):
    """(arm, x) -> y of every point."""
    return {(event.arm, event.x): event.y for event in of(Point, events)}


DRAWS = "for i in range(3):\n    lab.point('c', 10 * lab.seed + i, lab.randn(1).item())\nreport(lab)"


def test_both_arms_of_a_seed_see_the_same_numbers_and_no_two_seeds_do(write):
    write(DRAWS, looks="(5,)")
    points = drawn(run()[0])
    assert len(points) == 30
    claim = {x: y for (arm, x), y in points.items() if arm == "claim"}
    assert claim == {x: y for (arm, x), y in points.items() if arm == "control"}
    assert len(set(claim.values())) == 15


def test_an_arm_that_draws_more_does_not_disturb_the_next_trial(write):
    write(DRAWS)
    plain = drawn(run(seeds=3)[0])
    write(f"{DRAWS}\nlab.randn(100 if lab.arm == 'claim' else 7)")
    assert drawn(run(seeds=3)[0]) == plain


def test_two_runs_measure_the_same(write):
    write(
        "x = lab.randn(4)\nreport(lab, x.sigmoid().mean().item(), 2 + x.abs().sum().item())", looks="(3, 6)"
    )
    first, second = run()[1], run()[1]
    assert first == second
    assert len(set(first["value"].values)) == len(first["value"].values) > 1


def test_seeds_can_start_elsewhere_so_that_runs_can_be_shared_out(write):
    write("report(lab, lab.randn(1).sigmoid().item())", looks="(4,)")
    whole = run(seeds=4)[1]["value"].values
    parts = [run(seeds=2, first_seed=first)[1]["value"].values for first in (0, 2)]
    assert parts[0] + parts[1] == whole


def test_the_sizes_are_those_of_the_profile(write):
    write("lab.point('n', lab.size['n'], 1)\nreport(lab)")
    assert of(Point, run()[0])[0].x == 1
    assert of(Point, run(profile="full")[0])[0].x == 2


# ---- looks ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seeds", "looks"),
    [
        (None, (5, 8, 13, 20)),
        (1, (1,)),
        (5, (5,)),
        (6, (5, 6)),
        (13, (5, 8, 13)),
        (20, (5, 8, 13, 20)),
        (30, (5, 8, 13, 20, 30)),
    ],
)
def test_looks_are_cut_at_the_seeds(write, seeds, looks):
    write("report(lab)", looks="(5, 8, 13, 20)")
    assert engine.looks_for(catalogue.read("of_tests"), seeds) == looks
    assert of(Started, run(seeds=seeds)[0])[0].looks == looks


@pytest.mark.parametrize("seeds", [0, -3])
def test_no_seeds_are_refused(write, seeds):
    write("report(lab)")
    with pytest.raises(ValueError, match="at least one seed"):
        run(seeds=seeds)


def seeds_used(events):
    return len(of(Finished, events)[0].seeds)


def test_it_stops_at_the_first_look_where_every_check_is_decided(write):
    write("report(lab)", looks="(2, 4, 6)")
    assert seeds_used(run()[0]) == 2


@pytest.mark.parametrize(
    ("body", "used"),
    [
        ("report(lab, value=0.5 if lab.seed else 1.5)", 6),  # the claim's check stays open
        ("report(lab, spoilt=2.0 if lab.seed else 0.5)", 6),  # the control does
        ("report(lab, value=float('nan'))", 6),
    ],
)
def test_it_goes_on_while_any_check_is_open(write, body, used):
    write(body, looks="(2, 4, 6)")
    events, results = run()
    assert seeds_used(events) == used
    assert len(of(Checked, events)) == 6
    assert "unclear" in {result.outcome for result in results.values()}


def test_the_interval_of_a_mean_pays_for_the_planned_looks_not_for_the_used_ones(write):
    write("report(lab, 0.4 + 0.01 * lab.randn(1).item(), 3 + 0.01 * lab.randn(1).item())", interval="mean")
    one = run(seeds=2)[1]["value"]
    write(
        "report(lab, 0.4 + 0.01 * lab.randn(1).item(), 3 + 0.01 * lab.randn(1).item())",
        "(2, 9)",
        interval="mean",
    )
    two = run(seeds=9)[0]
    first_look = next(event.check for event in of(Checked, two) if event.check.name == "value")
    assert first_look.values == one.values
    assert first_look.high - first_look.low > 1.5 * (one.high - one.low)


def test_progress_counts_trials(write):
    write("report(lab)", looks="(2, 4)")
    events, _ = run()
    assert [(event.done, event.most) for event in of(Progress, events)] == [(n, 8) for n in (1, 2, 3, 4)]


# ---- controls, and what is reported -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("must", "spoilt", "status"),
    [
        ("fail", 2.0, "ok"),
        ("fail", 0.5, "invalid"),
        ("fail", float("nan"), "invalid"),
        ("pass", 0.5, "ok"),
        ("pass", 2.0, "invalid"),
        ("pass", float("nan"), "invalid"),
    ],
)
def test_a_control_that_does_not_come_out_as_it_must_makes_the_run_invalid(write, must, spoilt, status):
    write(f"report(lab, spoilt=float('{spoilt}'))", control=must)
    finished = of(Finished, run()[0])[0]
    assert finished.status == status
    assert ("spoilt" in finished.reason) == (status == "invalid")


def test_a_claim_that_fails_is_no_invalid_run(write):
    write("report(lab, value=7.0)")
    events, results = run()
    assert (of(Finished, events)[0].status, results["value"].outcome) == ("ok", "fail")


@pytest.mark.parametrize(
    "body",
    [
        "pass",
        "lab.check('other', 1.0)",
        "report(lab)\nlab.check('other', 1.0)",
        "lab.check('value', 1.0)",
        "lab.check('value', 1.0)\nlab.check('spoilt', 1.0)",
        "report(lab)\nreport(lab)",
        "lab.check('value' if lab.arm == 'claim' else 'spoilt', 'much')",
    ],
)
def test_anything_but_exactly_the_declared_checks_is_an_error(write, body):
    write(body)
    events = []
    with pytest.raises(ValueError, match=r"declared|twice|could not convert"):
        engine.run("of_tests", events.append, device="cpu")
    assert not of(Finished, events)
    assert not of(Checked, events)


def test_events_come_in_order(write):
    write("lab.point('c', 1, 1)\nlab.note('n')\nreport(lab)")
    kinds = [event.kind for event in run(seeds=1)[0]]
    trial = ["point", "note", "progress"]
    assert kinds == ["started", *trial, *trial, "checked", "checked", "finished"]


def test_what_cannot_be_run_is_said(write):
    write("report(lab)")
    with pytest.raises(LookupError, match="there is no experiment 'nothing'"):
        engine.run("nothing", lambda event: None)
    with pytest.raises(ValueError, match="no profile 'huge'"):
        run(profile="huge")
    with pytest.raises(ValueError, match="unknown device 'abacus'"):
        engine.pick_device("abacus")


def test_auto_takes_the_best_device_there_is(monkeypatch):
    there = {"cuda": False, "mps": False}
    monkeypatch.setattr(engine.torch.cuda, "is_available", lambda: there["cuda"])
    monkeypatch.setattr(engine.torch.backends.mps, "is_available", lambda: there["mps"])
    assert engine.pick_device("auto") == "cpu"
    with pytest.raises(ValueError, match="sees no cuda device"):
        engine.pick_device("cuda")
    there["mps"] = True
    assert engine.pick_device("auto") == "mps"
    there["cuda"] = True
    assert engine.pick_device("auto") == "cuda"
    assert engine.pick_device("cpu") == "cpu"
