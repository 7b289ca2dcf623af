"""Published numbers beside the bench's own: an experiment's OUTSIDE and FIGURES, and whether a run agrees.

A row of OUTSIDE is declared before anything runs; whether a run agrees with it is computed and changes
no verdict. A figure is a number measured only to stand beside a published one. Standard library only.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from . import stats
from .verdict import INTERVALS, Check, outcome
from .wire import CheckResult, Figure

AGREES_IN = ("value", "ratio", "direction")
OUTCOMES = {"pass": "agrees", "fail": "differs", "unclear": "undecided"}
"""From the outcome of a check whose bounds are what would agree."""
KEYS = frozenset(
    {"what", "published", "unit", "source", "from_memory", "ours", "beside", "agrees_in", "margin", "why"}
)
SIGNS = ("-", "/")
CONFIDENCE = 0.95
"""Of the interval of a difference or a ratio of two of our numbers, over the seeds."""

Side = tuple[Any, ...]
"""One number or name, or two and a sign between them."""


@dataclass(frozen=True, kw_only=True)
class Outside:
    """One published number and what of ours stands beside it."""

    what: str
    published: Side
    """What was published: a number, or two with `-` or `/` between them."""
    unit: str
    """The unit of what was published, and on what it was measured."""
    source: str
    """Authors, year, table or figure."""
    from_memory: bool
    """Whether nobody here has seen the number in a text."""
    ours: Side
    """The same of ours: names of checks or figures."""
    beside: str
    """The check of the claim it stands beside; claims that show that check show this too."""
    agrees_in: str
    """`value`: within the margin. `ratio`: within that factor. `direction`: on the same side of it."""
    margin: float
    why: str
    """Why it may differ at our size."""

    @property
    def number(self) -> float:
        """The published number, or the difference or ratio of two."""
        return _joined(self.published)

    @property
    def bounds(self) -> tuple[float | None, float | None]:
        """Where ours has to lie to agree."""
        if self.agrees_in == "value":
            return self.number - self.margin, self.number + self.margin
        if self.agrees_in == "ratio":
            return self.number / self.margin, self.number * self.margin
        return (self.margin, None) if self.number > self.margin else (None, self.margin)


@dataclass(frozen=True, kw_only=True)
class Beside:
    """A published number, what was measured here, and whether they agree."""

    row: Outside
    estimate: float
    low: float
    high: float
    unit: str
    """Of the measured numbers."""
    shown: tuple[float, ...]
    """The one or two measured numbers themselves."""
    outcome: str
    """`agrees`, `differs`, `undecided`, or `not measured` in this profile."""


def figures(literal: object) -> dict[str, tuple[str, str, str]]:
    """Name -> (unit, interval, meaning), from a FIGURES literal. Raises ValueError when it is not one."""
    wrong = ValueError("FIGURES must be a dict: name -> (unit, interval, meaning), as a check has them")
    if not isinstance(literal, dict):
        raise wrong
    for name, body in literal.items():
        texts = isinstance(body, tuple) and len(body) == 3 and all(isinstance(text, str) for text in body)
        if not (isinstance(name, str) and name.isidentifier() and texts):
            raise wrong
        if body[1] not in INTERVALS or not body[2].strip():
            raise wrong
    return dict(literal)


def declared(literal: object, checks: Mapping[str, Check], known: Collection[str]) -> tuple[Outside, ...]:
    """The rows of an OUTSIDE literal, whose names must be checks or `known` figures. Raises ValueError."""
    if not isinstance(literal, tuple):
        raise ValueError("OUTSIDE must be a tuple of rows")
    return tuple(_row(row, checks, known) for row in literal)


def _row(row: object, checks: Mapping[str, Check], known: Collection[str]) -> Outside:
    if not isinstance(row, dict) or set(row) != KEYS:
        has = sorted(row) if isinstance(row, dict) else row
        raise ValueError(f"a row of OUTSIDE needs exactly the keys {sorted(KEYS)}; has {has}")
    texts = [row[key] for key in ("what", "unit", "source", "beside", "agrees_in", "why")]
    if (
        not all(isinstance(text, str) and text.strip() for text in texts)
        or type(row["from_memory"]) is not bool
    ):
        raise ValueError(f"row {row['what']!r} of OUTSIDE: texts must not be empty, from_memory is a boolean")
    made = Outside(**{**row, "published": _side(row["published"]), "ours": _side(row["ours"])})
    if not all(type(part) in (int, float) for part in (*made.published[::2], made.margin)):
        raise ValueError(f"row {made.what!r} of OUTSIDE: published and margin are numbers")
    unknown = [name for name in made.ours[::2] if name not in checks and name not in known]
    if unknown:
        raise ValueError(f"row {made.what!r} of OUTSIDE: no check or figure is named {unknown[0]!r}")
    if made.beside not in checks or checks[made.beside].arm != "claim":
        raise ValueError(f"row {made.what!r} of OUTSIDE: {made.beside!r} is no check of the claim's arm")
    if made.agrees_in not in AGREES_IN:
        raise ValueError(f"row {made.what!r} of OUTSIDE: agrees_in is one of {', '.join(AGREES_IN)}")
    useless = {
        "value": made.margin <= 0.0,
        "ratio": made.margin <= 1.0,
        "direction": made.number == made.margin,
    }
    if useless[made.agrees_in]:
        raise ValueError(f"row {made.what!r} of OUTSIDE: this margin can tell nothing")
    return made


def _side(given: object) -> Side:
    side = given if isinstance(given, tuple) else (given,)
    if len(side) == 1 or (len(side) == 3 and side[1] in SIGNS):
        return side
    raise ValueError(f"{given!r} is not one number or name, nor two with one of {' '.join(SIGNS)} between")


def _joined(side: Side) -> float:
    """The number of a side of numbers."""
    if len(side) == 1:
        return float(side[0])
    return float(side[0] - side[2] if side[1] == "-" else side[0] / side[2])


def compare(row: Outside, measured: Mapping[str, CheckResult | Figure]) -> Beside:
    """What was measured beside what was published."""
    if not all(name in measured for name in row.ours[::2]):
        nothing = {"estimate": math.nan, "low": math.nan, "high": math.nan}
        return Beside(row=row, **nothing, unit="", shown=(), outcome="not measured")
    found = [measured[name] for name in row.ours[::2]]
    if len(found) == 1:
        estimate, low, high = found[0].estimate, found[0].low, found[0].high
    else:
        estimate, low, high = _pair(found[0], str(row.ours[1]), found[1])
    return Beside(
        row=row,
        estimate=estimate,
        low=low,
        high=high,
        unit=found[0].unit,
        shown=tuple(one.estimate for one in found),
        outcome=_agreement(row, low, high),
    )


def _agreement(row: Outside, low: float, high: float) -> str:
    """Whether an interval lies where it agrees. What reaches the divide itself has no direction."""
    if row.agrees_in == "direction" and low <= row.margin <= high:
        return OUTCOMES["unclear"]
    return OUTCOMES[outcome(low, high, row.bounds)]


def _pair(one: CheckResult | Figure, sign: str, other: CheckResult | Figure) -> tuple[float, float, float]:
    """(mean, low, high) of the difference or, by its logarithm, the ratio, paired over the seeds."""
    if len(one.values) != len(other.values):
        return math.nan, math.nan, math.nan
    pairs = list(zip(one.values, other.values, strict=True))
    if sign == "-":
        joined = [a - b for a, b in pairs]
    elif all(a > 0.0 and b > 0.0 for a, b in pairs):
        joined = [math.log(a / b) for a, b in pairs]
    else:
        return math.nan, math.nan, math.nan
    exact = all(part.low == part.estimate == part.high for part in (one, other))
    if exact:
        mean, low, high = (joined[0],) * 3
    else:
        mean, low, high = stats.mean_interval(joined, CONFIDENCE)
    return (mean, low, high) if sign == "-" else (_exp(mean), _exp(low), _exp(high))


def _exp(value: float) -> float:
    """e to that power, infinite where a float ends."""
    return math.inf if value > 700.0 else math.exp(value)
