"""Intervals against published quantiles and against the truth of simulated samples."""

from __future__ import annotations

import math
import random
from functools import lru_cache
from statistics import fmean, stdev

import pytest

from quizapp.verifiers import stats, verdict

T_TABLE = {
    # freedom: (0.95, 0.975, 0.995), as printed in the NIST/SEMATECH e-Handbook of Statistical
    # Methods, 1.3.6.7.2, "Critical Values of the Student's-t Distribution"
    1: (6.314, 12.706, 63.657),
    2: (2.920, 4.303, 9.925),
    3: (2.353, 3.182, 5.841),
    4: (2.132, 2.776, 4.604),
    5: (2.015, 2.571, 4.032),
    7: (1.895, 2.365, 3.499),
    9: (1.833, 2.262, 3.250),
    10: (1.812, 2.228, 3.169),
    12: (1.782, 2.179, 3.055),
    19: (1.729, 2.093, 2.861),
    30: (1.697, 2.042, 2.750),
    60: (1.671, 2.000, 2.660),
    100: (1.660, 1.984, 2.626),
}


@pytest.mark.parametrize("freedom", T_TABLE)
def test_quantiles_are_those_of_the_table(freedom):
    found = tuple(round(stats.t_quantile(p, freedom), 3) for p in (0.95, 0.975, 0.995))
    assert found == pytest.approx(T_TABLE[freedom], abs=0.0011)


def test_quantiles_that_have_a_closed_form():
    for p in (0.6, 0.9, 0.975, 0.995, 0.99975):
        assert stats.t_quantile(p, 1) == pytest.approx(math.tan(math.pi * (p - 0.5)), rel=1e-9)
        assert stats.t_quantile(p, 2) == pytest.approx((2 * p - 1) / math.sqrt(2 * p * (1 - p)), rel=1e-9)
    assert stats.t_quantile(0.5, 7) == pytest.approx(0.0, abs=1e-9)
    assert stats.t_quantile(0.975, 10_000) == pytest.approx(1.96020, abs=1e-4)


@pytest.mark.parametrize(("probability", "freedom"), [(0.975, 0), (1.0, 5), (0.4, 5), (math.nan, 5)])
def test_quantiles_that_do_not_exist(probability, freedom):
    with pytest.raises(ValueError, match="needs freedom"):
        stats.t_quantile(probability, freedom)


def test_levels_split_the_error_over_the_looks():
    assert stats.level(1) == pytest.approx(0.95)
    assert stats.level(4) == pytest.approx(0.9875)
    assert sum(1 - stats.level(4) for _ in range(4)) == pytest.approx(stats.ERROR)


def test_the_interval_of_a_mean_by_hand():
    # 1..5: mean 3, standard deviation sqrt(2.5), t(0.975, 4) = 2.7764
    mean, low, high = stats.mean_interval([1, 2, 3, 4, 5], 0.95)
    assert (mean, low, high) == pytest.approx((3.0, 1.0368, 4.9632), abs=1e-4)


def test_intervals_of_samples_that_say_nothing():
    assert stats.mean_interval([7.0], 0.95) == (7.0, -math.inf, math.inf)
    assert stats.mean_interval([2.0, 2.0], 0.95) == (2.0, 2.0, 2.0)


@pytest.mark.parametrize(
    "values", [[math.nan], [1.0, math.nan], [1.0, math.inf], [math.inf, -math.inf], [math.inf, math.inf]]
)
def test_a_mean_of_what_is_not_finite_is_no_number(values):
    assert all(map(math.isnan, stats.mean_interval(values, 0.95)))


@lru_cache
def reach(count: int, confidence: float) -> float:
    return stats.t_quantile(0.5 + confidence / 2, count - 1) / math.sqrt(count)


def interval(values: list[float], confidence: float) -> tuple[float, float]:
    """mean_interval with its slow quantile remembered; the next test says that it is the same."""
    mean, width = fmean(values), reach(len(values), confidence) * stdev(values)
    return mean - width, mean + width


def test_the_remembered_interval_is_the_interval():
    source = random.Random(5)
    for count in (2, 5, 8, 13, 20):
        values = [source.gauss(3, 2) for _ in range(count)]
        assert interval(values, 0.9875) == pytest.approx(stats.mean_interval(values, 0.9875)[1:], rel=1e-12)


@pytest.mark.parametrize("count", [3, 5, 20])
def test_the_interval_covers_the_truth_as_often_as_it_says(count):
    source = random.Random(count)
    runs = 3000
    covered = 0
    for _ in range(runs):
        low, high = interval([source.gauss(10.0, 3.0) for _ in range(count)], 0.95)
        covered += low <= 10.0 <= high
    # three standard errors of a proportion of 0.95 in 3000 are 0.012
    assert covered / runs == pytest.approx(0.95, abs=0.012)


LOOKS = (5, 8, 13, 20)


def decided(truth: float, source: random.Random, bounds: tuple[float | None, float | None]) -> str:
    """What a run that stops at the first decided look makes of a check."""
    values: list[float] = []
    for look in LOOKS:
        values += [source.gauss(truth, 1.0) for _ in range(look - len(values))]
        outcome = verdict.outcome(*interval(values, stats.level(len(LOOKS))), bounds)
        if outcome != "unclear":
            return outcome
    return "unclear"


@pytest.mark.parametrize(
    ("truth", "bounds", "wrong"),
    [
        (1.0, (None, 1.0), {"pass", "fail"}),  # exactly at the bound neither is right
        (1.0, (1.0, None), {"pass", "fail"}),
        (1.2, (None, 1.0), {"pass"}),
        (2.0, (None, 1.0), {"pass"}),
        (0.8, (None, 1.0), {"fail"}),
        (1.5, (-1.0, 1.0), {"pass"}),
        (0.0, (-1.0, 1.0), {"fail"}),
    ],
)
def test_stopping_early_decides_wrongly_at_most_as_often_as_allowed(truth, bounds, wrong):
    source = random.Random(f"{truth} {bounds}")
    runs = 2000
    mistakes = sum(decided(truth, source, bounds) in wrong for _ in range(runs))
    assert mistakes / runs <= stats.ERROR


def test_looking_often_without_splitting_the_error_would_not_be_honest():
    source = random.Random(1)
    runs, mistakes = 2000, 0
    for _ in range(runs):
        values: list[float] = []
        for look in LOOKS:
            values += [source.gauss(1.0, 1.0) for _ in range(look - len(values))]
            if verdict.outcome(*interval(values, 0.95), (None, 1.0)) != "unclear":
                mistakes += 1
                break
    assert mistakes / runs > 1.5 * stats.ERROR


def test_stopping_early_still_decides_what_is_clear():
    source = random.Random(2)
    assert [decided(5.0, source, (None, 1.0)) for _ in range(50)] == ["fail"] * 50
    assert [decided(-5.0, source, (None, 1.0)) for _ in range(50)] == ["pass"] * 50


@pytest.mark.parametrize(
    ("ones", "count", "low", "high"),
    # From tables of Clopper and Pearson's limits.
    [(5, 5, 0.4782, 1.0), (0, 5, 0.0, 0.5218), (13, 20, 0.4078, 0.8461), (1, 8, 0.0032, 0.5265)],
)
def test_shares_have_the_limits_of_clopper_and_pearson(ones, count, low, high):
    values = [1.0] * ones + [0.0] * (count - ones)
    assert stats.share_interval(values, 0.95) == pytest.approx((ones / count, low, high), abs=1e-4)


def test_what_is_neither_one_nor_zero_has_no_share():
    assert all(map(math.isnan, stats.share_interval([1.0, 0.5], 0.95)))
    assert all(map(math.isnan, stats.share_interval([1.0, math.nan], 0.95)))


@pytest.mark.parametrize("count", [5, 8, 13, 20])
def test_the_interval_of_a_share_covers_every_truth_at_least_as_often_as_it_says(count):
    limits = [stats.share_interval([1.0] * k + [0.0] * (count - k), 0.95)[1:] for k in range(count + 1)]
    for truth in (0.01, 0.05, 0.2, 0.5, 0.7, 0.9, 0.99):
        chances = [math.comb(count, k) * truth**k * (1 - truth) ** (count - k) for k in range(count + 1)]
        covered = sum(
            chance for chance, (low, high) in zip(chances, limits, strict=True) if low <= truth <= high
        )
        assert covered >= 0.95


@lru_cache
def shares(ones: int, count: int, level: float) -> tuple[float, float]:
    return stats.share_interval([1.0] * ones + [0.0] * (count - ones), level)[1:]


def share_of(values: list[float], level: float) -> tuple[float, float]:
    return shares(round(sum(values)), len(values), level)


def stopped(truth: float, source: random.Random, interval_of, bounds) -> str:
    """What a run makes of a thing that happens with that chance, stopping at the first decided look."""
    values: list[float] = []
    for look in LOOKS:
        values += [float(source.random() < truth) for _ in range(look - len(values))]
        outcome = verdict.outcome(*interval_of(values, stats.level(len(LOOKS))), bounds)
        if outcome != "unclear":
            return outcome
    return "unclear"


@pytest.mark.parametrize(("truth", "wrong"), [(0.5, {"pass", "fail"}), (0.45, {"pass"}), (0.6, {"fail"})])
def test_stopping_early_keeps_the_promise_for_shares(truth, wrong):
    source, runs = random.Random(f"share {truth}"), 1000
    outcomes = [stopped(truth, source, share_of, (0.5, None)) for _ in range(runs)]
    assert sum(outcome in wrong for outcome in outcomes) / runs <= stats.ERROR


def test_a_mean_of_what_happens_or_does_not_would_break_the_promise():
    """Five runs out of five agree often enough, and then the mean's interval has no width at all."""
    source, runs = random.Random(3), 1000
    wrong = [stopped(0.85, source, interval, (0.9, None)) == "pass" for _ in range(runs)]
    right = [stopped(0.85, source, share_of, (0.9, None)) == "pass" for _ in range(runs)]
    assert sum(wrong) / runs > 5 * stats.ERROR
    assert sum(right) / runs <= stats.ERROR


def test_range_intervals():
    assert stats.range_interval([3.0, 1.0, 2.0]) == (2.0, 1.0, 3.0)
    assert stats.range_interval([4.0, 1.0, 2.0, 3.0]) == (2.5, 1.0, 4.0)
    assert stats.range_interval([1.0]) == (1.0, 1.0, 1.0)
    assert stats.range_interval([0.0, math.inf, 1.0]) == (1.0, 0.0, math.inf)
    assert all(map(math.isnan, stats.range_interval([1.0, math.nan])))


def test_a_line_through_points_on_it():
    assert stats.line([0, 1, 2, 5], [1, 3, 5, 11]) == pytest.approx((2.0, 1.0, 1.0))
    assert stats.line([1, 2, 3], [4, 4, 4]) == (0.0, 4.0, 1.0)


def test_a_line_by_hand():
    # x 1..4, y 1 3 2 5: slope 5.5/5, intercept 0, residual sum of squares 2.7 of 8.75
    assert stats.line([1, 2, 3, 4], [1, 3, 2, 5]) == pytest.approx((1.1, 0.0, 1 - 2.7 / 8.75))


@pytest.mark.parametrize(("xs", "ys"), [([2, 2], [1, 3]), ([1], [1]), ([1, 2], [1, 2, 3])])
def test_points_that_make_no_line(xs, ys):
    with pytest.raises(ValueError, match=r"two different x|longer than"):
        stats.line(xs, ys)
