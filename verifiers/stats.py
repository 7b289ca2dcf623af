"""Intervals, slopes and their quality on plain floats. Standard library only.

The interval of a mean is Student's t. Looking several times at a growing sample and stopping when it
is decided costs error; `level` splits it over the looks (Bonferroni), which is valid whatever the
rule for stopping.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from statistics import fmean, stdev

ERROR = 0.05
"""The chance that an interval misses the truth, over all the looks of one run together."""


def level(looks: int) -> float:
    """The confidence level of one look when there are `looks` of them."""
    return 1.0 - ERROR / looks


def t_quantile(probability: float, freedom: int) -> float:
    """The quantile of Student's t, by bisection on its distribution function.

    Exact to about 1e-10 for probability in (0.5, 1) and freedom >= 1.
    """
    if freedom < 1 or not 0.5 <= probability < 1.0:
        raise ValueError("needs freedom >= 1 and probability in [0.5, 1)")
    low, high = 0.0, 2.0
    while _t_cdf(high, freedom) < probability:
        high *= 2.0
    for _ in range(100):
        middle = (low + high) / 2.0
        if _t_cdf(middle, freedom) < probability:
            low = middle
        else:
            high = middle
    return (low + high) / 2.0


def _t_cdf(t: float, freedom: int) -> float:
    """P(T <= t) for t >= 0, by the finite sums of Abramowitz and Stegun 26.7.3 and 26.7.4."""
    theta = math.atan(t / math.sqrt(freedom))
    cosine, sine = math.cos(theta), math.sin(theta)
    if freedom % 2:
        total, term = 0.0, cosine
        for k in range(1, freedom - 1, 2):
            total += term
            term *= cosine * cosine * (k + 1) / (k + 2)
        inside = 2.0 / math.pi * (theta + sine * total)
    else:
        total, term = 0.0, 1.0
        for k in range(0, freedom - 1, 2):
            total += term
            term *= cosine * cosine * (k + 1) / (k + 2)
        inside = sine * total
    return 0.5 + inside / 2.0


def mean_interval(values: Sequence[float], confidence: float) -> tuple[float, float, float]:
    """(mean, low, high) of a sample; the interval is infinite below two values.

    Not numbers when a value is not finite: such a sample has no mean to speak of.
    """
    if not all(map(math.isfinite, values)):
        return math.nan, math.nan, math.nan
    mean = fmean(values)
    if len(values) < 2:
        return mean, -math.inf, math.inf
    reach = t_quantile(0.5 + confidence / 2.0, len(values) - 1) * stdev(values) / math.sqrt(len(values))
    return mean, mean - reach, mean + reach


DRIFT = 1.10
"""What a measured ratio may shift by between two runs, as a factor: no sample of one run contains it."""


def ratio_interval(values: Sequence[float], confidence: float) -> tuple[float, float, float]:
    """(geometric mean, low, high) of ratios, by the interval of the mean of their logs, widened by DRIFT.

    The interval is 0 to infinity below two values. Not numbers when a value is not positive and finite.
    """
    if not all(value > 0.0 and math.isfinite(value) for value in values):
        return math.nan, math.nan, math.nan
    mean, low, high = mean_interval([math.log(value) for value in values], confidence)
    return math.exp(mean), _exp(low) / DRIFT, _exp(high) * DRIFT


def _exp(value: float) -> float:
    """e to that power, infinite where a float ends."""
    return math.inf if value > 700.0 else math.exp(value)


def share_interval(values: Sequence[float], confidence: float) -> tuple[float, float, float]:
    """(share, low, high) of ones among zeros and ones (Clopper and Pearson 1934), exact for any sample size.

    Not numbers when a value is neither. For what happens to a run or does not, where a mean's interval
    would have no width when all runs agree.
    """
    if not all(value in (0.0, 1.0) for value in values):
        return math.nan, math.nan, math.nan
    count, ones = len(values), round(sum(values))
    beyond = (1.0 - confidence) / 2.0
    low = 0.0 if ones == 0 else _root(lambda share: _at_least(ones, count, share) - beyond)
    high = 1.0 if ones == count else _root(lambda share: _at_least(ones + 1, count, share) - 1.0 + beyond)
    return ones / count, low, high


def _at_least(ones: int, count: int, share: float) -> float:
    """The chance of that many ones or more in a binomial sample."""
    terms = (math.comb(count, k) * share**k * (1.0 - share) ** (count - k) for k in range(ones, count + 1))
    return math.fsum(terms)


def _root(rising: Callable[[float], float]) -> float:
    """Where a rising function on [0, 1] is zero, by bisection."""
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2.0
        if rising(middle) < 0.0:
            low = middle
        else:
            high = middle
    return (low + high) / 2.0


def range_interval(values: Sequence[float]) -> tuple[float, float, float]:
    """(median, smallest, largest): for exact quantities, where no value may be an exception."""
    if any(map(math.isnan, values)):
        return math.nan, math.nan, math.nan
    ordered = sorted(values)
    middle = len(ordered) // 2
    median = ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2.0
    return median, ordered[0], ordered[-1]


def line(xs: Sequence[float], ys: Sequence[float]) -> tuple[float, float, float]:
    """(slope, intercept, R squared) of the least-squares line.

    R squared of a constant is 1: a horizontal line explains it fully.
    """
    x_mean, y_mean = fmean(xs), fmean(ys)
    spread = sum((x - x_mean) ** 2 for x in xs)
    if spread == 0.0:
        raise ValueError("a line needs two different x")
    slope = sum((x - x_mean) * (y - y_mean) for x, y in zip(xs, ys, strict=True)) / spread
    intercept = y_mean - slope * x_mean
    total = sum((y - y_mean) ** 2 for y in ys)
    left = sum((y - intercept - slope * x) ** 2 for x, y in zip(xs, ys, strict=True))
    return slope, intercept, 1.0 if total == 0.0 else 1.0 - left / total
