"""The picture of a run's plot: PNG or SVG bytes, and one line of text for where no picture fits.

The same run gives the same bytes. Arms differ by line and marker, so they can be told apart without
colour: the claim's are solid with full markers, the control's dashed with hollow ones.
"""

from __future__ import annotations

import io
import math
import textwrap
import warnings
from typing import Any, Literal

from quizapp.evidence import Curve, Plot, Run
from quizapp.safe_text import UNPRINTABLE

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
"""Okabe and Ito's palette, which the colour-blind can tell apart."""
MARKERS = "osD^vPX"
BARS = "▁▂▃▄▅▆▇█"
WIDTH, HEIGHT, DPI = 4.2, 3.0, 180
"""Inches and dots: 756 pixels wide, twice a phone, with type that can still be read there."""
MARKED = 12
"""About how many markers a curve gets."""


def points(curve: Curve, plot: Plot) -> list[tuple[float, float]]:
    """The points of a curve that its axes can show: finite, and positive on a log axis."""
    return [
        (x, y)
        for x, y in zip(curve.x, curve.y, strict=True)
        if math.isfinite(x) and math.isfinite(y) and (x > 0 or not plot.x_log) and (y > 0 or not plot.y_log)
    ]


def drawable(plot: Plot) -> bool:
    """Whether there is anything to see."""
    return any(points(curve, plot) for curve in plot.curves)


def draw(run: Run, kind: Literal["png", "svg"] = "png") -> bytes:
    """The picture of a run. Imports matplotlib, which takes most of a second the first time."""
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    out = io.BytesIO()
    with matplotlib.rc_context(), warnings.catch_warnings():
        # A label in a script that the font lacks is drawn as boxes; that is no reason to warn.
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(
            {"text.parse_math": False, "svg.hashsalt": "quizapp", "font.size": 9, "axes.titlesize": 9}
        )
        curves = [curve for curve in run.plot.curves if points(curve, run.plot)]
        figure = Figure(figsize=(WIDTH, HEIGHT + 0.19 * len(curves)), dpi=DPI, layout="constrained")
        FigureCanvasAgg(figure)
        _fill(figure, run.plot, curves)
        metadata: dict[str, Any] = {"Software": None} if kind == "png" else {"Date": None, "Creator": None}
        figure.savefig(out, format=kind, metadata=metadata)
    return out.getvalue()


def _fill(figure: Any, plot: Plot, curves: list[Curve]) -> None:  # noqa: ANN401 - matplotlib has no types
    axes = figure.add_subplot()
    axes.set_title(_label(plot.title, 46), loc="left")
    axes.set_xlabel(_label(plot.x, 50))
    axes.set_ylabel(_label(plot.y, 36))
    axes.set_xscale("log" if plot.x_log else "linear")
    axes.set_yscale("log" if plot.y_log else "linear")
    axes.grid(True, color="#dddddd", linewidth=0.6)
    axes.set_axisbelow(True)
    lines = []
    for place, curve in enumerate(curves):
        control = curve.arm == "control"
        colour = COLOURS[place % len(COLOURS)]
        shown = points(curve, plot)
        lines += axes.plot(
            [x for x, _ in shown],
            [y for _, y in shown],
            color=colour,
            linestyle="--" if control else "-",
            linewidth=1.4,
            marker=MARKERS[place % len(MARKERS)],
            markersize=4.5,
            markerfacecolor="white" if control else colour,
            markevery=max(1, len(shown) // MARKED),
        )
    if not lines:
        axes.text(0.5, 0.5, "nothing was drawn", ha="center", va="center", transform=axes.transAxes)
        return
    arms = [" (control)" if curve.arm == "control" else "" for curve in curves]
    names = [_label(curve.name + arm, 52) for curve, arm in zip(curves, arms, strict=True)]
    figure.legend(lines, names, loc="outside lower left", frameon=False, handlelength=4, labelspacing=0.3)


def _label(text: str, width: int) -> str:
    """At most two lines. Matplotlib hides a label that begins with an underscore, so none does."""
    text = UNPRINTABLE.sub("\ufffd", text)
    lines = textwrap.wrap(text, width, max_lines=2, placeholder=" …")
    return "\n".join(lines) if not text.startswith("_") else " " + "\n".join(lines)


def sparkline(curve: Curve, plot: Plot, width: int = 32) -> str:
    """The curve as a row of bars, all curves of a plot on one scale; empty when there is nothing to draw."""
    drawn = points(curve, plot)
    if not drawn:
        return ""
    heights = [_scaled(y, plot.y_log) for other in plot.curves for _, y in points(other, plot)]
    low, high = min(heights), max(heights)
    places = [_scaled(x, plot.x_log) for x, _ in drawn]
    columns = min(width, len(drawn))
    bars = []
    for column in range(columns):
        at = places[0] + (places[-1] - places[0]) * column / max(1, columns - 1)
        nearest = min(range(len(drawn)), key=lambda index: abs(places[index] - at))
        height = _scaled(drawn[nearest][1], plot.y_log)
        share = (height - low) / (high - low) if high > low else 0.0
        bars.append(BARS[min(len(BARS) - 1, int(share * len(BARS)))])
    return "".join(bars)


def _scaled(value: float, log: bool) -> float:
    return math.log10(value) if log else value
