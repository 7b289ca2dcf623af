"""A plot in characters: axes, curves of small dots, and a letter on each curve. Pure; knows no screen.

Drawn again while an experiment runs, so it must be quick: what a curve comes to is remembered.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from quizapp.evidence import Curve, Plot

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
"""The names of the curves in a picture, in turn."""
AXIS, RECEDES = -1, -2
"""Whose a run of characters is, if it is no curve's: the axes', or that of a curve that is not looked at."""
PER_COLUMN = 2
"""Points drawn per column; more are not seen and cost time."""
APART = 3
"""Columns between two letters in one row, if there is room."""
Point = tuple[float, float]
Dots = Mapping[int, int]
"""Cell (row times columns, plus column) -> the dots in it, a bit for each."""


@dataclass(frozen=True)
class Run:
    """Characters of one kind, side by side."""

    text: str
    of: int
    """The number of the curve, or AXIS, or RECEDES."""
    letter: bool = False
    """Whether it is the letter of that curve."""


Row = tuple[Run, ...]


@dataclass(frozen=True)
class Axis:
    """A range of what is drawn, a logarithm where the axis is logarithmic."""

    low: float
    high: float
    log: bool

    def at(self, value: float, size: int) -> int:
        """The place of a value among so many."""
        return round((value - self.low) / (self.high - self.low) * (size - 1))

    def ticks(self, most: int) -> list[tuple[float, str]]:
        """At most so many round values in the range, with what is written there."""
        powers = range(math.ceil(self.low), math.floor(self.high) + 1)
        if self.log and len(powers) >= 2:
            powers = powers[:: math.ceil(len(powers) / most)]
            return [(at, f"{10.0**at:g}" if -4 <= at <= 4 else f"1e{at}") for at in powers]
        if self.log:
            return [(end, f"{10**end:.3g}") for end in (self.low, self.high)]
        step = _round_step((self.high - self.low) / max(1, most))
        first = math.ceil(self.low / step - 1e-9)
        last = math.floor(self.high / step + 1e-9)
        digits = max(0, -math.floor(math.log10(step) + 1e-9))
        big = max(abs(first), abs(last)) * step >= 1e6 or digits > 5
        return [
            (at * step, f"{at * step:.3g}" if big else f"{at * step + 0.0:,.{digits}f}")
            for at in range(first, last + 1)
        ]


def _round_step(least: float) -> float:
    """The least of 1, 2, 5, 10, 20... that is no less."""
    decade = 10.0 ** math.floor(math.log10(least))
    return next(step * decade for step in (1, 2, 5, 10) if step * decade >= least * (1 - 1e-9))


def picture(plot: Plot, width: int, height: int, lit: int | None = None) -> tuple[Row, ...]:
    """The plot in so many rows of so many columns; lit: the one curve to look at, the others recede."""
    most = PER_COLUMN * width
    points = [_points(curve, plot, most) for curve in plot.curves]
    across = _axis([x for some in points for x, _ in some], plot.x_log)
    up = _axis([y for some in points for _, y in some], plot.y_log)
    rows = max(1, height - 2)
    marks = {up.at(value, rows): text for value, text in up.ticks(max(2, rows // 2))}
    margin = min(max(map(len, marks.values()), default=0), width // 3)
    columns = max(1, width - margin - 2)
    drawn = [
        _dots(tuple(some), across, up, columns, rows, fine=curve.arm == "claim")
        for some, curve in zip(points, plot.curves, strict=True)
    ]
    shown = range(len(drawn)) if lit is None else [lit]
    letters = _letters({index: drawn[index] for index in shown if drawn[index]}, columns)
    field = _field(plot.curves, drawn, letters, lit)
    made = []
    for row in range(rows):
        text = marks.get(rows - 1 - row, "")
        head = f"{text[:margin]:>{margin}} {'┤' if text else '│'}"
        made.append((Run(head, AXIS), *_runs(field, row, columns)))
    return (*made, *_foot(across, margin, columns))


def _points(curve: Curve, plot: Plot, most: int) -> list[Point]:
    """What of a curve can be drawn, thinned out."""
    points = [
        (math.log10(x) if plot.x_log else x, math.log10(y) if plot.y_log else y)
        for x, y in zip(curve.x, curve.y, strict=True)
        if math.isfinite(x) and math.isfinite(y) and (x > 0 or not plot.x_log) and (y > 0 or not plot.y_log)
    ]
    step = max(1, len(points) // most)
    return points[::step] + points[-1:] if step > 1 else points


def _axis(values: Sequence[float], log: bool) -> Axis:
    """A range that is never empty, also with one point or a flat curve."""
    if not values:
        return Axis(0.0, 1.0, log=False)
    low, high = min(values), max(values)
    pad = 0.0 if high - low > 1e-9 * max(abs(low), abs(high)) else max(0.5, 0.1 * abs(low))
    return Axis(low - pad, high + pad, log)


@lru_cache(maxsize=256)
def _dots(points: tuple[Point, ...], across: Axis, up: Axis, columns: int, rows: int, *, fine: bool) -> Dots:
    """The dots of a curve: 2 by 4 in a cell, or 2 by 2 where it is not fine."""
    deep = 4 if fine else 2
    wide, high = 2 * columns, deep * rows
    found: dict[int, int] = {}

    def dot(x: int, y: int) -> None:
        y = high - 1 - y
        cell = y // deep * columns + x // 2
        found[cell] = found.get(cell, 0) | 1 << (y % deep * 2 + x % 2)

    places = [(across.at(x, wide), up.at(y, high)) for x, y in points]
    if len(places) == 1:
        dot(*places[0])
    for (x0, y0), (x1, y1) in pairwise(places):
        steps = max(abs(x1 - x0), abs(y1 - y0), 1)
        for at in range(steps + 1):
            dot(x0 + (x1 - x0) * at // steps, y0 + (y1 - y0) * at // steps)
    return found


# ---- letters --------------------------------------------------------------------------------------


def _letters(drawn: Mapping[int, Dots], columns: int) -> dict[int, int]:
    """Cell -> the curve whose letter goes there: where that curve is by itself, as far right as can be."""
    cover = Counter(cell for dots in drawn.values() for cell in dots)
    taken: set[int] = set()
    found: dict[int, int] = {}
    for index, dots in drawn.items():
        end = max(cell % columns for cell in dots)

        def worth(cell: int, end: int = end) -> tuple[bool, int, int]:
            crowd = 2 * cover[cell] + cover[cell - columns] + cover[cell + columns]
            return cell in taken, crowd, end - cell % columns

        cell = min(dots, key=worth)
        found.setdefault(cell, index)
        for near in range(max(cell % columns - APART, 0), min(cell % columns + APART, columns - 1) + 1):
            taken.add(cell - cell % columns + near)
    return found


# ---- from dots to characters ----------------------------------------------------------------------

_QUARTERS = " ▘▝▀▖▌▞▛▗▚▐▜▄▙▟█"
_BRAILLE = (0x01, 0x08, 0x02, 0x10, 0x04, 0x20, 0x40, 0x80)


@lru_cache(maxsize=1024)
def _character(bits: int, fine: bool) -> str:
    if not fine:
        return _QUARTERS[bits]
    return chr(0x2800 + sum(value for place, value in enumerate(_BRAILLE) if bits >> place & 1))


def _field(
    curves: Sequence[Curve], drawn: Sequence[Dots], letters: Mapping[int, int], lit: int | None
) -> dict[int, Run]:
    """Cell -> what is in it. The first curve goes on top, the one that is looked at above all."""
    order = sorted(range(len(drawn)), reverse=True)
    if lit is not None:
        order.remove(lit)
        order.append(lit)
    field: dict[int, Run] = {}
    for index in order:
        of = index if lit in (None, index) else RECEDES
        fine = curves[index].arm == "claim"
        for cell, bits in drawn[index].items():
            field[cell] = _dotted(_character(bits, fine), of)
    for cell, index in letters.items():
        field[cell] = Run(LETTERS[index % len(LETTERS)], index, letter=True)
    return field


_dotted = lru_cache(maxsize=4096)(Run)


def _runs(field: Mapping[int, Run], row: int, columns: int) -> Iterable[Run]:
    """A row of the field, neighbours of one kind put together."""
    blank = Run(" ", AXIS)
    text, at = "", blank
    for cell in range(row * columns, (row + 1) * columns):
        here = field.get(cell, blank)
        if text and (here.of != at.of or here.letter != at.letter):
            yield Run(text, at.of, at.letter)
            text = ""
        at = here
        text += here.text
    yield Run(text, at.of, at.letter)


def _foot(across: Axis, margin: int, columns: int) -> tuple[Row, Row]:
    """The axis below, and what is written under it where it has room."""
    line, under = ["─"] * columns, [" "] * (margin + 2 + columns)
    free = 0
    for value, text in across.ticks(max(2, columns // 10)):
        at = across.at(value, 2 * columns) // 2
        line[at] = "┬"
        first = min(max(0, margin + 2 + at - len(text) // 2), len(under) - len(text))
        if first >= free:
            under[first : first + len(text)] = text
            free = first + len(text) + 1
    return (Run(f"{'':>{margin}} └{''.join(line)}", AXIS),), (Run("".join(under), AXIS),)
