"""From the numbers of a check to its outcome. Standard library only.

A check is declared before anything runs. Its outcome is `pass` when the whole interval lies inside
the bounds, `fail` when it lies wholly outside, else `unclear`; a number that is not one is `unclear`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from . import stats
from .wire import CheckResult

OUTCOMES = ("pass", "fail", "unclear")
INTERVALS = ("range", "mean", "ratio", "share")


@dataclass(frozen=True, kw_only=True)
class Check:
    """One number with its bounds, as an experiment declares it."""

    name: str
    unit: str
    bounds: tuple[float | None, float | None]
    arm: str
    """`claim` or `control`."""
    must: str
    """`pass` or `fail` for a control, empty for a claim's check."""
    interval: str
    """`range` for exact quantities, `mean` for quantities that vary with the seed, `ratio` for ratios of
    measured times, which also drift from run to run, `share` for what happens (1) or
    does not (0)."""
    meaning: str


KEYS = frozenset({"unit", "bounds", "arm", "interval", "meaning"})


def declared(checks: Mapping[str, Mapping[str, Any]]) -> dict[str, Check]:
    """The checks of an experiment's CHECKS literal. Raises ValueError when one is not declared right."""
    if not isinstance(checks, dict):
        raise ValueError("CHECKS must be a dict: name -> declaration")
    found = {name: _check(name, body) for name, body in checks.items()}
    if not any(check.arm == "control" for check in found.values()):
        raise ValueError("an experiment needs a control")
    if not any(check.arm == "claim" for check in found.values()):
        raise ValueError("an experiment needs a check of its claim's arm")
    return found


def _check(name: str, body: Mapping[str, Any]) -> Check:
    if not (isinstance(name, str) and name.isidentifier()):
        raise ValueError(f"check {name!r}: a name is one word, because claims say `experiment.check`")
    if not isinstance(body, dict) or not KEYS <= set(body) <= KEYS | {"must"}:
        has = sorted(body) if isinstance(body, dict) else body
        raise ValueError(f"check {name!r} needs the keys {sorted(KEYS)} and, if a control, `must`; has {has}")
    texts = [body[key] for key in ("unit", "arm", "interval", "meaning")] + [body.get("must", "")]
    if not all(isinstance(text, str) for text in texts) or not body["meaning"].strip():
        raise ValueError(f"check {name!r}: unit, arm, interval, must and meaning are texts")
    check = Check(
        name=name,
        unit=body["unit"],
        bounds=_bounds(name, body["bounds"]),
        arm=body["arm"],
        must=body.get("must", ""),
        interval=body["interval"],
        meaning=body["meaning"],
    )
    if check.arm not in ("claim", "control") or check.interval not in INTERVALS:
        raise ValueError(f"check {name!r}: arm is claim or control, interval is {', '.join(INTERVALS)}")
    if ("must" in body) != (check.arm == "control") or (check.arm == "control") != (
        check.must in ("pass", "fail")
    ):
        raise ValueError(f"check {name!r}: a control, and only a control, must pass or fail")
    return check


def _bounds(name: str, given: object) -> tuple[float | None, float | None]:
    wrong = ValueError(f"check {name!r}: bounds are [low, high], finite, low <= high, one may be None")
    if not isinstance(given, (list, tuple)) or len(given) != 2:
        raise wrong
    for bound in given:
        number = isinstance(bound, (int, float)) and not isinstance(bound, bool)
        if bound is not None and not (number and math.isfinite(bound)):
            raise wrong
    low, high = given
    if (low is None and high is None) or (low is not None and high is not None and low > high):
        raise wrong
    return low, high


def outcome(low: float, high: float, bounds: tuple[float | None, float | None]) -> str:
    """Where the interval [low, high] lies."""
    if math.isnan(low) or math.isnan(high):
        return "unclear"
    floor = -math.inf if bounds[0] is None else bounds[0]
    ceiling = math.inf if bounds[1] is None else bounds[1]
    if floor <= low and high <= ceiling:
        return "pass"
    if high < floor or ceiling < low:
        return "fail"
    return "unclear"


def interval(kind: str, values: Sequence[float], looks: int) -> tuple[float, float, float]:
    """(estimate, low, high) of values, one per seed, by one of INTERVALS, when `looks` looks were planned."""
    if kind == "range":
        return stats.range_interval(values)
    if kind == "ratio":
        return stats.ratio_interval(values, stats.level(looks))
    if kind == "share":
        return stats.share_interval(values, stats.level(looks))
    return stats.mean_interval(values, stats.level(looks))


def judge(check: Check, values: Sequence[float], looks: int) -> CheckResult:
    """The check after these values, one per seed, when `looks` looks were planned."""
    estimate, low, high = interval(check.interval, values, looks)
    return CheckResult(
        name=check.name,
        arm=check.arm,
        must=check.must,
        unit=check.unit,
        meaning=check.meaning,
        estimate=estimate,
        low=low,
        high=high,
        bounds=(check.bounds[0], check.bounds[1]),
        values=tuple(values),
        outcome=outcome(low, high, check.bounds),
    )
