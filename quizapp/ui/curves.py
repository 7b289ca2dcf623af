"""The live picture of an experiment: curves told apart by a letter on them as well as by colour."""

from __future__ import annotations

import math
from collections.abc import Sequence

from textual.content import Content
from textual_hires_canvas import Canvas, HiResMode
from textual_plot import PlotWidget
from textual_plot.axis_formatter import AxisFormatter, NumericAxisFormatter

from quizapp.evidence import Plot
from quizapp.ui.themes import CURVES

PER_COLUMN = 2
"""Points drawn per column of cells; more are not seen and cost time."""
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class DecadeFormatter(AxisFormatter):
    """At most `most` ticks at powers of ten, for an axis that plots log10."""

    def __init__(self, most: int) -> None:
        self.most = most

    def get_ticks(self, min_: float, max_: float, max_ticks: int = 8) -> list[float]:
        """Whole decades, thinned; the two ends where there are not two of them."""
        first, last = math.ceil(min_), math.floor(max_)
        if last - first < 1:
            return [min_, max_]
        step = max(1, math.ceil((last - first + 1) / min(self.most, max_ticks)))
        return [float(tick) for tick in range(first, last + 1, step)]

    def get_labels_for_ticks(self, ticks: Sequence[float]) -> list[str]:
        """1, 10, 1000, 1e-9."""
        return [f"{10**tick:.3g}" if -4 <= tick <= 4 else f"1e{tick:.3g}" for tick in ticks]


class Curves(PlotWidget, can_focus=False):
    """A plot widget that shows a Plot."""

    def __init__(self) -> None:
        super().__init__(allow_pan_and_zoom=False)
        self._plot = Plot()

    def on_mount(self) -> None:
        """No legend inside: it would cover the curves."""
        super().on_mount()
        self.show_legend(is_visible=False)
        self.app.theme_changed_signal.subscribe(self, lambda _: self.show(self._plot))

    def _colour(self, index: int) -> str:
        return self.app.current_theme.variables[f"curve-{index % CURVES}"]

    def show(self, plot: Plot) -> None:
        """Draw the plot from scratch."""
        self._plot = plot
        self.clear()
        rows = max(2, self.size.height // 4)
        self.set_x_formatter(DecadeFormatter(8) if plot.x_log else NumericAxisFormatter())
        self.set_y_formatter(DecadeFormatter(rows) if plot.y_log else NumericAxisFormatter())
        self.set_xlabel(plot.x)
        most = PER_COLUMN * max(20, self.size.width)
        drawn = []
        for index, curve in enumerate(plot.curves):
            points = [
                (math.log10(x) if plot.x_log else x, math.log10(y) if plot.y_log else y)
                for x, y in zip(curve.x, curve.y, strict=True)
                if (x > 0 or not plot.x_log) and (y > 0 or not plot.y_log)
            ]
            step = max(1, len(points) // most)
            drawn.append((index, points[::step] + points[-1:] if step > 1 else points))
        for index, points in reversed(drawn):  # the first curve matters most: it goes on top
            if points:
                xs, ys = zip(*points, strict=True)
                mode = HiResMode.BRAILLE if plot.curves[index].arm == "claim" else HiResMode.QUADRANT
                self.plot(xs, ys, line_style=self._colour(index), hires_mode=mode)
        for index, points in drawn:
            if points:
                letter = LETTERS[index % len(LETTERS)]
                x, y = points[-1 - min(len(points) - 1, index * len(points) // (2 * len(drawn)))]
                self.scatter([x], [y], marker=letter, marker_style=f"bold {self._colour(index)}")
        self._limits([point for _, points in drawn for point in points])

    def _render_plot(self) -> None:
        """Draw. The canvas would ask to be painted again at every pixel; once, at the end, is enough."""
        canvas = self.query_one("#plot", Canvas)
        canvas.refresh = lambda *_, **__: canvas  # type: ignore[method-assign]
        try:
            super()._render_plot()
        finally:
            del canvas.refresh
        canvas.refresh()

    def _limits(self, points: list[tuple[float, float]]) -> None:
        """Axes that are never empty, also with one point or a flat curve."""
        if not points:
            self.set_xlimits(0.0, 1.0)
            self.set_ylimits(0.0, 1.0)
            return
        for axis, setter in ((0, self.set_xlimits), (1, self.set_ylimits)):
            low, high = min(p[axis] for p in points), max(p[axis] for p in points)
            pad = 0.05 * (high - low) or max(0.5, 0.1 * abs(low))
            setter(low - pad, high + pad)


def legend(plot: Plot) -> Content:
    """Letter, name and arm of every curve, and what the height means."""
    named = [
        Content.assemble(
            (LETTERS[index % len(LETTERS)], f"bold $curve-{index % CURVES}"),
            f" {curve.name}",
            " (control)" if curve.arm == "control" else "",
        )
        for index, curve in enumerate(plot.curves)
    ]
    return Content("   ").join([Content(f"↑ {plot.y}"), *named])
