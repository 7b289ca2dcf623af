"""The audit's numbers, and verdicts that change in worlds with other functions or clocks.

Where only the arithmetic of the verdict is tested the clock is replaced by a world in which every
candidate has a known cost; one test runs the real clock.
"""

import math
from pathlib import Path

import pytest
import yaml
from quizapp.verifiers.experiments import toy_audit as experiment
from quizapp.verifiers.timing import Times
from quizapp.verifiers.wire import Note

from quizapp.verifiers import engine

NAME = "toy_audit"
CLAIMS_FILE = Path(__file__).parents[2] / "questions" / "claims.yaml"
CLAIMS = {
    "same-math-different-graph": (["value_difference", "attention_style_depth"], []),
    "both-n-adds": (["rnn_style_adds", "attention_style_adds", "extra_multiplies"], []),
    "sum-beats-loop-as-evidence": (["rnn_over_attention", "swapped_rnn_over_mean"], []),
    "too-fast-to-measure": (["spread_100", "doubling_100", "linear_slope"], []),
    "hidden-width-overhead": (["list_width_slope"], ["vector_width_slope"]),
}
EXPECTED = dict.fromkeys(CLAIMS, "fails") | {"hidden-width-overhead": "depends"}


def verdict(results, claim):
    supports, limits = ([results[name].outcome for name in names] for names in CLAIMS[claim])
    if "fail" in supports:
        return "fails"
    if set(supports) == {"pass"}:
        if "pass" in limits:
            return "depends"
        if set(limits) <= {"fail"}:
            return "holds"
    return "unclear"


COST = {"rnn": 18.0, "attention": 3.0, "loop": 12.0, "sum": 3.0, "torch": 1.0, "one by one": 3000.0}
"""Microseconds per 1000 elements in a world much like the one measured."""


def usual(name):
    """Microseconds of a candidate there."""
    kind, _, size = name.rpartition(" ")
    if kind in ("list", "prefixes"):
        return {"list": 1.0, "prefixes": 0.01 * float(size)}[kind] * float(size)
    if kind in ("vector", "scalar"):
        return 40.0
    if kind == "wide":
        return 1e-3 * float(size)
    if kind in COST:
        return COST[kind] * float(size) / 1000
    return {"in C": 5.0, "100": 1.8, "another 100": 1.8, "200": 3.6}.get(name) or COST[name]


def world(monkeypatch, cost=usual, jitter=0.01, again=1.0):
    """Replace the clock: every candidate costs what `cost` says, the rounds a little more or less."""

    def pairs(candidates, *, rounds, **_):
        sway = [1.0 + jitter * math.sin(number) for number in range(rounds)]
        seconds = {name: tuple(1e-6 * cost(name) * factor for factor in sway) for name in candidates}
        first = next(iter(seconds))
        return Times(seconds, tuple(again * second for second in seconds[first]))

    monkeypatch.setattr(experiment, "pairs", pairs)


def run(events=None, seeds=3):
    emit = (lambda event: None) if events is None else events.append
    return engine.run(NAME, emit, device="cpu", seeds=seeds)


def tripped_wrong(results):
    return {result.name for result in results.values() if not result.tripped}


def test_the_real_clock():
    """Exact checks come out as they must; timed ones never the other way, however busy the machine is."""
    results = run(seeds=5)
    checks = experiment.CHECKS
    exact = {name for name, check in checks.items() if check["interval"] == "range"}
    assert not exact & tripped_wrong(results)
    values = {name: results[name].estimate for name in exact}
    assert values["attention_style_depth"] == 1025
    assert values["extra_multiplies"] == 1023
    assert values["tree_mean_depth"] == 11
    assert values["scanned_rnn_depth"] == 20
    assert values["scanned_rnn_adds"] == 9217
    assert values["same_function_difference"] < 1e-12
    for claim, expected in EXPECTED.items():
        assert verdict(results, claim) in (expected, "unclear")
    for name in tripped_wrong(results):
        assert results[name].outcome == "unclear"


def test_a_world_much_like_it(monkeypatch):
    world(monkeypatch)
    results = run()
    assert not tripped_wrong(results)
    assert {claim: verdict(results, claim) for claim in CLAIMS} == EXPECTED


def test_the_claims_name_these_checks():
    entries = {
        entry["id"]: entry for entry in yaml.safe_load(CLAIMS_FILE.read_text(encoding="utf-8"))["claims"]
    }
    for claim, (supports, limits) in CLAIMS.items():
        entry = entries[claim]
        assert entry["supports"] == [f"{NAME}.{name}" for name in supports]
        assert [limit["check"] for limit in entry.get("limits", [])] == [f"{NAME}.{name}" for name in limits]
        assert entry["expected"]["cpu"] == EXPECTED[claim]


# ---- mutants ----------------------------------------------------------------------------------------


def test_mutant_the_same_function_in_few_rounds(monkeypatch):
    world(monkeypatch)
    monkeypatch.setattr(experiment, "attention_style", experiment.scanned_rnn)
    assert verdict(run(), "same-math-different-graph") == "holds"


def test_mutant_a_recurrence_without_a_multiply(monkeypatch):
    def adding(xs):
        h = 0.0
        for x in xs:
            h = h + x
        return h

    world(monkeypatch)
    monkeypatch.setattr(experiment, "rnn_style", adding)
    assert verdict(run(), "both-n-adds") == "holds"


def test_mutant_a_recurrence_that_is_slow_in_any_language(monkeypatch):
    world(monkeypatch, lambda name: 30.0 if name == "in C" else usual(name))
    assert verdict(run(), "sum-beats-loop-as-evidence") == "holds"


def test_mutant_a_clock_that_cannot_resolve_a_hundred(monkeypatch):
    """Every short call reads about 2 microseconds, give or take a lot."""
    world(monkeypatch, lambda name: 2.0 if name in ("rnn 100", "rnn 200") else usual(name), jitter=0.4)
    assert verdict(run(), "too-fast-to-measure") == "holds"


def test_mutant_vectors_that_cost_in_proportion(monkeypatch):
    world(monkeypatch, lambda name: float(name.split()[-1]) if "vector" in name else usual(name))
    assert verdict(run(), "hidden-width-overhead") == "holds"


def test_mutant_lists_whose_width_costs_nothing(monkeypatch):
    world(monkeypatch, lambda name: 5.0 if name.startswith("list") else usual(name))
    assert verdict(run(), "hidden-width-overhead") == "fails"


def test_a_restless_machine_decides_nothing(monkeypatch):
    world(monkeypatch, again=1.5)
    events = []
    results = run(events, seeds=2)
    timed = {name for name, check in experiment.CHECKS.items() if check["interval"] != "range"}
    assert {name for name, result in results.items() if result.outcome == "unclear"} == timed
    for claim in ("sum-beats-loop-as-evidence", "too-fast-to-measure", "hidden-width-overhead"):
        assert verdict(results, claim) == "unclear"
    assert any("too restless" in event.text for event in events if isinstance(event, Note))


# ---- the spread --------------------------------------------------------------------------------------


def test_a_spread_by_hand():
    assert experiment.spread([1.0, 2.0, 3.0, 4.0, 5.0]) == pytest.approx(2.0 / 3.0)
    assert experiment.spread([2.0] * 5) == 0.0
