"""Declarations that are refused, and outcomes at their edges."""

from __future__ import annotations

import math

import pytest

from quizapp.verifiers import verdict

CLAIM = {"unit": "1", "bounds": [0.0, 1.0], "arm": "claim", "interval": "range", "meaning": "m"}
CONTROL = {**CLAIM, "arm": "control", "must": "fail"}


def without(key):
    return {name: value for name, value in CLAIM.items() if name != key}


def test_a_right_declaration_is_taken_as_it_is():
    found = verdict.declared({"a": CLAIM, "b": {**CONTROL, "bounds": [None, 3], "interval": "mean"}})
    assert found["a"] == verdict.Check(
        name="a", unit="1", bounds=(0.0, 1.0), arm="claim", must="", interval="range", meaning="m"
    )
    assert (found["b"].bounds, found["b"].must, found["b"].interval) == ((None, 3), "fail", "mean")


@pytest.mark.parametrize(
    "body",
    [
        *(without(key) for key in CLAIM),
        {**CLAIM, "colour": "red"},
        {**CLAIM, "must": "pass"},
        {**CLAIM, "must": ""},
        {**CLAIM, "arm": "control"},
        {**CLAIM, "arm": "both"},
        {**CONTROL, "must": "unclear"},
        {**CONTROL, "must": ""},
        {**CONTROL, "must": None},
        {**CLAIM, "interval": "median"},
        {**CLAIM, "interval": None},
        {**CLAIM, "unit": 1},
        {**CLAIM, "meaning": ""},
        {**CLAIM, "meaning": " "},
        {**CLAIM, "meaning": ["m"]},
        {**CLAIM, "bounds": [None, None]},
        {**CLAIM, "bounds": [2.0, 1.0]},
        {**CLAIM, "bounds": [1.0]},
        {**CLAIM, "bounds": [0.0, 1.0, 2.0]},
        {**CLAIM, "bounds": []},
        {**CLAIM, "bounds": 1.0},
        {**CLAIM, "bounds": None},
        {**CLAIM, "bounds": "01"},
        {**CLAIM, "bounds": {0.0: 1.0, 2.0: 3.0}},
        {**CLAIM, "bounds": ["0", "1"]},
        {**CLAIM, "bounds": [False, True]},
        {**CLAIM, "bounds": [math.nan, 1.0]},
        {**CLAIM, "bounds": [0.0, math.inf]},
        {**CLAIM, "bounds": [-math.inf, None]},
        {},
        [],
        "claim",
        None,
    ],
)
def test_a_malformed_check_is_refused(body):
    with pytest.raises(ValueError, match="check 'a'"):
        verdict.declared({"a": body, "control": CONTROL, "claim": CLAIM})


@pytest.mark.parametrize("name", ["", "two words", "experiment.check", 7, None])
def test_a_name_that_no_claim_could_say_is_refused(name):
    with pytest.raises(ValueError, match="one word"):
        verdict.declared({name: CLAIM, "control": CONTROL})


@pytest.mark.parametrize("checks", [{}, {"a": CLAIM}, {"b": CONTROL}, [], None, "checks"])
def test_an_experiment_needs_a_claim_and_a_control(checks):
    with pytest.raises(ValueError, match=r"needs a control|claim's arm|must be a dict"):
        verdict.declared(checks)


@pytest.mark.parametrize(
    ("low", "high", "bounds", "outcome"),
    [
        (0.0, 1.0, (0.0, 1.0), "pass"),
        (0.5, 0.5, (0.5, 0.5), "pass"),
        (0.0, 0.0, (None, 0.0), "pass"),
        (-1.0, 0.5, (0.0, 1.0), "unclear"),
        (0.5, 1.5, (0.0, 1.0), "unclear"),
        (-1.0, 2.0, (0.0, 1.0), "unclear"),
        (1.0, 2.0, (0.0, 1.0), "unclear"),
        (1.0 + 1e-12, 2.0, (0.0, 1.0), "fail"),
        (-2.0, -1e-12, (0.0, 1.0), "fail"),
        (2.0, 3.0, (None, 1.0), "fail"),
        (2.0, 3.0, (1.0, None), "pass"),
        (-math.inf, math.inf, (0.0, None), "unclear"),
        (-math.inf, math.inf, (None, 0.0), "unclear"),
        (math.inf, math.inf, (0.0, None), "pass"),
        (math.inf, math.inf, (None, 0.0), "fail"),
        (-math.inf, -math.inf, (0.0, None), "fail"),
        (1.0, math.inf, (0.0, None), "pass"),
        (1.0, math.inf, (0.0, 2.0), "unclear"),
        (math.nan, math.nan, (0.0, None), "unclear"),
        (math.nan, 1.0, (0.0, None), "unclear"),
        (1.0, math.nan, (0.0, None), "unclear"),
    ],
)
def test_outcomes(low, high, bounds, outcome):
    assert verdict.outcome(low, high, bounds) == outcome


@pytest.mark.parametrize("interval", ["range", "mean"])
@pytest.mark.parametrize("bounds", [[0.0, None], [None, 0.0], [-1.0, 1.0]])
@pytest.mark.parametrize("position", range(3))
def test_one_value_that_is_no_number_decides_nothing(interval, bounds, position):
    values = [0.0, 0.0, 0.0]
    values[position] = math.nan
    check = verdict.declared({"a": {**CLAIM, "interval": interval, "bounds": bounds}, "b": CONTROL})["a"]
    assert verdict.judge(check, values, 1).outcome == "unclear"


def test_an_exact_quantity_allows_no_exception_and_a_mean_does():
    values = [0.5] * 19 + [1.1]
    checks = verdict.declared({"a": CLAIM, "b": {**CLAIM, "interval": "mean"}, "c": CONTROL})
    exact, mean = (verdict.judge(checks[name], values, 1) for name in "ab")
    assert (exact.outcome, exact.low, exact.high) == ("unclear", 0.5, 1.1)
    assert mean.outcome == "pass"
    assert mean.estimate == pytest.approx(0.53)
    assert mean.low < mean.estimate < mean.high


def test_a_judged_check_carries_everything_that_was_declared():
    checks = verdict.declared({"a": CLAIM, "b": {**CONTROL, "must": "pass", "bounds": [None, 4]}})
    found = verdict.judge(checks["b"], [1.0, 5.0], 1)
    assert (found.name, found.arm, found.must, found.bounds) == ("b", "control", "pass", (None, 4))
    assert (found.values, found.outcome, found.tripped) == ((1.0, 5.0), "unclear", False)
    assert verdict.judge(checks["b"], [1.0, 3.0], 1).tripped
    assert verdict.judge(checks["a"], [7.0], 1).tripped
