"""What runs say about a claim: every combination of outcomes, and that nothing bad ever reads as good."""

from __future__ import annotations

import dataclasses
from itertools import product

import pytest
from quizapp.verifiers.wire import CheckResult

from quizapp import claims
from quizapp.evidence import Run
from quizapp.model import Claim, Expected, Limit, Source
from quizapp.verifiers import catalogue

OUTCOMES = ("pass", "fail", "unclear", "missing")
MARKS = {"one": "1" * 16, "two": "2" * 16}


@pytest.fixture(scope="module")
def real() -> catalogue.Experiment:
    return catalogue.read("permutation")


@pytest.fixture(autouse=True)
def bench(monkeypatch, real):
    """A bench of two experiments with known fingerprints."""
    known = {name: dataclasses.replace(real, name=name, fingerprint=mark) for name, mark in MARKS.items()}
    monkeypatch.setattr(claims, "experiment", known.get)


def claim(supports=("one.a",), limits=(), expected=("holds", "holds", "holds")) -> Claim:
    names = ("cpu", "cuda", "mps")
    return Claim(
        id="a-claim",
        topic="attention",
        says="s",
        correct="c",
        standing="true",
        sources=(Source(ref="r"),),
        supports=tuple(supports),
        limits=tuple(Limit(check=check, sentence=f"only if {check}") for check in limits),
        expected=Expected(**dict(zip(names, expected, strict=True))) if expected else None,
    )


def check(name: str, outcome: str) -> CheckResult:
    return CheckResult(
        name=name,
        arm="claim",
        must="",
        unit="",
        meaning="m",
        estimate=0.0,
        low=0.0,
        high=0.0,
        bounds=(0.0, None),
        values=(0.0,),
        outcome=outcome,
    )


def run(experiment="one", status="ok", device="cpu", fingerprint=None, **outcomes: str) -> Run:
    """A run whose checks have these outcomes; `missing` ones are not there."""
    return Run(
        experiment=experiment,
        profile="quick",
        status=status,
        reason="" if status == "ok" else "because",
        device=device,
        fingerprint=MARKS[experiment] if fingerprint is None else fingerprint,
        checks=tuple(check(name, outcome) for name, outcome in outcomes.items() if outcome != "missing"),
    )


def by_the_book(supports, limits) -> str:
    """The rule of the four verdicts, written a second time from its definition."""
    if any(outcome == "fail" for outcome in supports):
        return "fails"
    if all(outcome == "pass" for outcome in supports):
        if any(outcome == "pass" for outcome in limits):
            return "depends"
        if all(outcome == "fail" for outcome in limits):
            return "holds"
    return "unclear"


@pytest.mark.parametrize(("a", "b", "x", "y"), list(product(OUTCOMES, repeat=4)))
def test_two_supports_and_two_limits_follow_the_rule(a, b, x, y):
    evidence = claims.judge(
        claim(supports=("one.a", "two.b"), limits=("one.x", "two.y")),
        {"one": run("one", a=a, x=x), "two": run("two", b=b, y=y)},
    )
    assert evidence.verdict == by_the_book((a, b), (x, y))
    passed = tuple(f"only if {name}" for name, outcome in (("one.x", x), ("two.y", y)) if outcome == "pass")
    assert evidence.conditions == (passed if evidence.verdict == "depends" else ())
    assert bool(evidence.reason) == (evidence.verdict in ("fails", "unclear"))


def test_the_rule_is_what_it_should_be():
    assert by_the_book(["pass"], []) == "holds"
    assert by_the_book(["pass", "unclear"], ["fail"]) == "unclear"
    assert by_the_book(["pass"], ["fail", "unclear"]) == "unclear"
    assert by_the_book(["fail", "unclear"], ["pass"]) == "fails"
    assert by_the_book(["missing"], []) == "unclear"


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_a_claim_without_limits_holds_only_when_its_support_passes(outcome):
    evidence = claims.judge(claim(), {"one": run(a=outcome)})
    assert evidence.verdict == {"pass": "holds", "fail": "fails"}.get(outcome, "unclear")


@pytest.mark.parametrize("bad", claims.NOT_VERDICTS)
@pytest.mark.parametrize("other", ["ok", *claims.NOT_VERDICTS])
@pytest.mark.parametrize(("a", "x"), list(product(OUTCOMES, repeat=2)))
def test_a_run_that_is_not_ok_is_no_verdict_whatever_its_checks_say(bad, other, a, x):
    runs = {"one": run("one", status=bad, a=a), "two": run("two", status=other, x=x)}
    evidence = claims.judge(claim(limits=("two.x",), expected=("fails", "fails", "fails")), runs)
    both = [status for status in claims.NOT_VERDICTS if status in (bad, other)]
    assert evidence.verdict == both[0]
    assert evidence.conditions == ()
    assert "because" in evidence.reason
    assert not evidence.surprise


def test_every_status_but_ok_is_no_verdict():
    from typing import get_args

    from quizapp.model import Status

    assert {*claims.NOT_VERDICTS, "ok"} == set(get_args(Status))


def test_the_bad_run_is_named():
    runs = {"one": run("one", a="pass"), "two": run("two", status="timeout", x="fail")}
    assert claims.judge(claim(limits=("two.x",)), runs).reason == "two: because"


def test_a_check_of_the_same_name_in_another_experiment_does_not_count():
    runs = {"one": run("one", a="fail"), "two": run("two", a="pass")}
    assert claims.judge(claim(supports=("two.a",)), runs).verdict == "holds"
    assert claims.judge(claim(supports=("one.a",)), runs).verdict == "fails"


# ---- what is missing, and what is old ---------------------------------------------------------------


def test_no_evidence_before_every_experiment_has_run():
    two = claim(supports=("one.a",), limits=("two.x",))
    assert claims.judge(two, {}) is None
    assert claims.judge(two, {"one": run("one", a="fail")}) is None
    assert claims.judge(two, {"two": run("two", x="pass")}) is None
    assert claims.judge(claim(supports=()), {"one": run("one", a="pass")}) is None


def test_evidence_is_fresh_while_the_bench_is_the_same():
    evidence = claims.judge(claim(), {"one": run(a="pass")})
    assert not evidence.stale
    assert claims.standing(claim(), evidence) == "fresh"
    assert evidence.runs[0].experiment == "one"


@pytest.mark.parametrize("fingerprint", ["0" * 16, ""])
def test_evidence_of_another_bench_is_stale(fingerprint):
    runs = {"one": run("one", a="pass"), "two": run("two", x="fail", fingerprint=fingerprint)}
    evidence = claims.judge(claim(limits=("two.x",)), runs)
    assert evidence.stale
    assert evidence.verdict == "holds"
    assert claims.standing(claim(), evidence) == "stale"


def test_evidence_of_an_experiment_that_is_no_more_is_stale(monkeypatch):
    monkeypatch.setattr(claims, "experiment", lambda name: None)
    assert claims.judge(claim(), {"one": run(a="pass")}).stale


def test_states_without_evidence():
    assert claims.standing(claim(), None) == "none"
    assert claims.standing(claim(supports=()), None) == "cited"


# ---- surprises --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("device", "outcome", "surprise"),
    [
        ("cpu", "pass", False),
        ("cpu", "fail", True),
        ("cpu", "unclear", False),
        ("cuda", "pass", True),
        ("cuda", "fail", False),
        ("cuda", "unclear", False),
        ("mps", "pass", True),
        ("mps", "fail", True),
        ("mps", "unclear", False),
        ("abacus", "fail", False),
        ("", "fail", False),
    ],
)
def test_a_surprise_is_a_decided_verdict_that_this_device_should_not_give(device, outcome, surprise):
    expected = ("holds", "fails", "depends")
    evidence = claims.judge(claim(expected=expected), {"one": run(a=outcome, device=device)})
    assert evidence.surprise is surprise
    assert evidence.expected == dict(zip(("cpu", "cuda", "mps"), expected, strict=True)).get(device)


def test_nothing_surprises_where_nothing_was_expected():
    evidence = claims.judge(claim(expected=None), {"one": run(a="fail")})
    assert (evidence.expected, evidence.surprise) == (None, False)


def test_runs_on_different_devices_share_no_expectation():
    runs = {"one": run("one", a="fail", device="cpu"), "two": run("two", x="fail", device="cuda")}
    evidence = claims.judge(claim(limits=("two.x",)), runs)
    assert (evidence.verdict, evidence.expected, evidence.surprise) == ("fails", None, False)


# ---- the real bench ---------------------------------------------------------------------------------


@pytest.mark.parametrize("error", [ValueError("permutation.py lacks PLOT"), LookupError("there is none")])
def test_evidence_of_an_experiment_that_cannot_be_read_is_stale(monkeypatch, error):
    monkeypatch.undo()

    def broken(name):
        raise error

    assert claims.experiment("permutation") == catalogue.read("permutation")
    monkeypatch.setattr(catalogue, "read", broken)
    assert claims.experiment("permutation") is None
    assert claims.judge(claim(), {"one": run(a="pass")}).stale
