"""The plot of a run, drawn on paper with lines. Arms differ by dashes and markers, not by colour alone."""

from __future__ import annotations

import math
from collections.abc import Callable

from quizapp.evidence import Curve, Plot
from quizapp.export.pdf.paper import LEFT, SMALL, Line, Paper
from quizapp.export.picture import COLOURS, MARKED, points
from quizapp.report import number

BOX = (26.0, 132.0, 58.0)
"""From the left margin, width and height in millimetres."""
SIZE = 1.1
"""Half of a marker."""
CORNERS: tuple[tuple[tuple[float, float], ...], ...] = (
    tuple((math.cos(math.pi * k / 6), math.sin(math.pi * k / 6)) for k in range(12)),
    ((-1, -1), (1, -1), (1, 1), (-1, 1)),
    ((0, -1.3), (1.3, 0), (0, 1.3), (-1.3, 0)),
    ((0, -1.2), (1.1, 0.9), (-1.1, 0.9)),
    ((0, 1.2), (1.1, -0.9), (-1.1, -0.9)),
)
"""The shapes of the markers; the first is round."""
Place = Callable[[float], float]


def draw(paper: Paper, plot: Plot) -> None:
    """The plot and its legend, on one page."""
    shown = [curve for curve in plot.curves if points(curve, plot)]
    head = paper.text_lines(plot.title, style="B", size=SMALL, after=1.5)
    names = [
        paper.text_lines(
            curve.name + (" (control)" if curve.arm == "control" else ""), size=SMALL, indent=BOX[0] + 14.0
        )
        for curve in shown
    ]
    high = sum(line.height for lines in (head, *names) for line in lines)
    paper.place([Line(height=2.5), *head], room=high + BOX[2] + 14.0)
    top = paper.y
    drawn = [point for curve in shown for point in points(curve, plot)]
    left = LEFT + BOX[0]
    x, x_ticks = _axis([at for at, _ in drawn], plot.x_log, left, left + BOX[1])
    y, y_ticks = _axis([at for _, at in drawn], plot.y_log, top + BOX[2], top)
    _frame(paper, plot, top, (x, x_ticks), (y, y_ticks))
    for place, curve in enumerate(shown):
        _curve(paper, place, curve, [(x(a), y(b)) for a, b in points(curve, plot)])
    paper.set_y(top + BOX[2] + 10.0)
    for place, (curve, lines) in enumerate(zip(shown, names, strict=True)):
        middle = paper.y + lines[0].height / 2
        _curve(paper, place, curve, [(left + 1.0, middle), (left + 10.0, middle)])
        paper.place(lines)


def _axis(values: list[float], log: bool, begin: float, end: float) -> tuple[Place, list[float]]:
    """Where a value goes, and which values have a tick."""
    scaled = [math.log10(value) for value in values] if log else values
    low, high = min(scaled), max(scaled)
    pad = 0.04 * (high - low) or 0.5 * abs(high) or 0.5
    low, high = low - pad, high + pad

    def place(value: float) -> float:
        at = math.log10(value) if log else value
        return begin + (end - begin) * (at - low) / (high - low)

    return place, _decades(low, high) if log else _round_ticks(low, high)


def _decades(low: float, high: float) -> list[float]:
    """Round numbers between two powers of ten."""
    if high - low < 0.7:
        return _round_ticks(10**low, 10**high)
    step = max(1, math.ceil((high - low) / 6))
    units = (1, 2, 5) if high - low < 2.5 else (1,)
    ticks = [
        unit * 10.0**power for power in range(math.floor(low), math.ceil(high) + 1, step) for unit in units
    ]
    return [tick for tick in ticks if low <= math.log10(tick) <= high]


def _round_ticks(low: float, high: float) -> list[float]:
    """About five round numbers between two others."""
    rough = (high - low) / 5
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * unit for unit in (1, 2, 5, 10) if power * unit >= rough)
    return [step * k for k in range(math.ceil(low / step), math.floor(high / step) + 1)]


def _frame(
    paper: Paper, plot: Plot, top: float, x: tuple[Place, list[float]], y: tuple[Place, list[float]]
) -> None:
    """The box, its grid, the numbers and the names of the axes."""
    left, wide, high = LEFT + BOX[0], BOX[1], BOX[2]
    paper.set_line_width(0.1)
    paper.set_draw_color(215)
    paper.set_text_color(60)
    paper.use("", 7.0)
    for tick in x[1]:
        at, said = x[0](tick), number(tick + 0.0)
        paper.line(at, top, at, top + high)
        paper.text(at - paper.width(said, "", 7.0) / 2, top + high + 3.4, said)
    for tick in y[1]:
        at, said = y[0](tick), number(tick + 0.0)
        paper.line(left, at, left + wide, at)
        paper.use("", 7.0)
        paper.text(left - paper.width(said, "", 7.0) - 1.2, at + 0.9, said)
    paper.set_draw_color(120)
    paper.rect(left, top, wide, high)
    paper.use("", 7.5)
    name = paper.broken(plot.x, "", 7.5, wide)[0]
    paper.text(left + (wide - paper.width(name, "", 7.5)) / 2, top + high + 7.4, name)
    name = paper.broken(plot.y, "", 7.5, high)[0]
    paper.use("", 7.5)
    base = top + (high + paper.width(name, "", 7.5)) / 2
    with paper.rotation(90, LEFT + 4.0, base):
        paper.text(LEFT + 4.0, base, name)


def _curve(paper: Paper, place: int, curve: Curve, path: list[tuple[float, float]]) -> None:
    """A line with markers: dashed and hollow for a control."""
    control = curve.arm == "control"
    colour = COLOURS[place % len(COLOURS)]
    paper.set_draw_color(colour)
    paper.set_line_width(0.4)
    if control:
        paper.set_dash_pattern(dash=1.6, gap=1.1)
    if len(path) > 1:
        paper.polyline(path)
    paper.set_dash_pattern()
    paper.set_line_width(0.3)
    paper.set_fill_color("#ffffff" if control else colour)
    shape = CORNERS[place % len(CORNERS)]
    for x, y in path[:: max(1, len(path) // MARKED)]:
        paper.polygon([(x + SIZE * a, y + SIZE * b) for a, b in shape], style="DF")
