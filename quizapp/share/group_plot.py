"""The numbers of a check by machine as a picture: intervals on one scale, as text or as SVG. Pure.

SVG is inline, holds no text and has no style of its own: the page's style knows its classes.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from quizapp.report import number
from quizapp.share.group_report import Numbers

WIDTH = 40
BETWEEN = 30.0
"""Where all are positive and the largest is so many times the smallest, the scale is logarithmic."""


@dataclass(frozen=True, kw_only=True)
class Scale:
    """From a number to its place, 0 to 1; what lies beyond stands at the edge."""

    low: float
    high: float
    log: bool

    def place(self, value: float) -> float:
        """Where it stands."""
        if math.isnan(value):
            return 0.5
        if value <= self.low or self.high <= self.low:
            return 0.0
        if value >= self.high:
            return 1.0
        change: Callable[[float], float] = math.log if self.log else float
        return (change(value) - change(self.low)) / (change(self.high) - change(self.low))


def scale(numbers: Numbers) -> Scale:
    """One scale for all machines: intervals, as far as they are not absurdly wide, and bounds."""
    points = numbers.points
    values = [point.estimate for point in points]
    reach = max(values) - min(values) or max(map(abs, values)) or 1.0
    for bound in numbers.bounds:
        if bound is not None:
            values.append(bound)
    reach = max(reach, max(values) - min(values))
    ends = [end for point in points for end in (point.low, point.high) if math.isfinite(end)]
    values += [end for end in ends if min(values) - reach <= end <= max(values) + reach]
    low, high = min(values), max(values)
    if low == high:
        low, high = low - abs(low or 1.0), high + abs(high or 1.0)
    return Scale(low=low, high=high, log=low > 0 and high / low > BETWEEN)


def strips(numbers: Numbers, width: int = WIDTH) -> list[str]:
    """A line for each point: `|--o--|` with the bounds as `:`."""
    on = scale(numbers)

    def column(value: float) -> int:
        return round(on.place(value) * (width - 1))

    rows = []
    for point in numbers.points:
        cells = [" "] * width
        for bound in numbers.bounds:
            if bound is not None:
                cells[column(bound)] = "┊"
        low, high = column(point.low), column(point.high)
        cells[low : high + 1] = "─" * (high - low + 1)
        cells[low], cells[high] = "├", "┤"
        cells[column(point.estimate)] = "●" if point.outcome == "pass" else "○"
        rows.append("".join(cells))
    return rows


def caption(numbers: Numbers) -> str:
    """How to read it."""
    on = scale(numbers)
    ends = f"{number(on.low)} to {number(on.high)}{', logarithmic' if on.log else ''}"
    bounds = [number(bound) for bound in numbers.bounds if bound is not None]
    return f"scale {ends}; bounds ┊ {' and '.join(bounds)}; ● inside them, ○ not or not surely"


def marks(numbers: Numbers) -> list[str]:
    """A strip for each point, as SVG elements as wide as they are given room."""
    on = scale(numbers)

    def x(value: float) -> str:
        return f"{100 * on.place(value):.1f}%"

    bounds = "".join(
        f'<line class="bound" x1="{x(bound)}" x2="{x(bound)}" y1="0" y2="100%"/>'
        for bound in numbers.bounds
        if bound is not None
    )
    strips = []
    for point in numbers.points:
        fill = "inside" if point.outcome == "pass" else "outside"
        span = f'<line x1="{x(point.low)}" x2="{x(point.high)}" y1="50%" y2="50%"/>'
        mark = f'<circle class="{fill}" cx="{x(point.estimate)}" cy="50%" r="4.5"/>'
        strips.append(f'<svg aria-hidden="true">{bounds}{span}{mark}</svg>')
    return strips
