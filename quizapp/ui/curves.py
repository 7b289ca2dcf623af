"""The live picture of an experiment: curves told apart by a letter on them as well as by colour."""

from __future__ import annotations

from rich.segment import Segment
from rich.style import Style
from textual.content import Content
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from quizapp.drawing import LETTERS, RECEDES, Row, Run, picture
from quizapp.evidence import Curve, Plot
from quizapp.ui.look import amount, dim, lines
from quizapp.ui.themes import CURVES

BESIDE = 3
"""Columns between two names in the legend."""
MANY = 8
"""More curves than this have their names cut where they would not fit in two columns."""
CONTROL = "▪"
"""Stands by the name of a control, whose curve is drawn in blocks."""


class Curves(Widget, can_focus=False):
    """A picture of a Plot. Only lines that have changed are painted again."""

    def __init__(self) -> None:
        super().__init__()
        self._plot = Plot()
        self._lit: int | None = None
        self._rows: tuple[Row, ...] = ()
        self._styles: dict[tuple[int, bool], Style] = {}

    def show(self, plot: Plot, lit: int | None = None) -> None:
        """Draw a plot; lit: the number of the curve to look at, the others recede."""
        self._plot, self._lit = plot, lit
        self._draw()

    def on_resize(self) -> None:
        """As large as there is room."""
        self._draw()

    def notify_style_update(self) -> None:
        """Other colours."""
        super().notify_style_update()
        self._styles.clear()

    def _draw(self) -> None:
        width, height = self.size
        if not width or not height:
            return
        before, self._rows = self._rows, picture(self._plot, width, height, self._lit)
        same = len(before) == len(self._rows)
        changed = [at for at, row in enumerate(self._rows) if not same or row != before[at]]
        if changed:
            self.refresh(*(Region(0, at, width, 1) for at in changed))

    def render_line(self, y: int) -> Strip:
        """A row of the picture."""
        if y >= len(self._rows):
            return Strip.blank(self.size.width, self.rich_style)
        return Strip([Segment(run.text, self._style(run)) for run in self._rows[y]])

    def _style(self, run: Run) -> Style:
        key = run.of, run.letter
        if key not in self._styles:
            variables = self.app.current_theme.variables
            name = f"curve-{run.of % CURVES}" if run.of >= 0 else "text-muted"
            style = Style(color=variables[name], bold=run.letter, dim=run.of == RECEDES)
            self._styles[key] = self.rich_style + style
        return self._styles[key]


def legend(plot: Plot, width: int, lit: int | None = None, hint: str = "") -> Content:
    """What the axes are; the curve to look at in numbers, or a hint how to choose one; every curve's name.

    As many lines whichever curve it is. Of one curve there is nothing to choose.
    """
    controls = f"   {CONTROL} control" if any(curve.arm == "control" for curve in plot.curves) else ""
    axes = Content(f"↑ {plot.y}   → {plot.x}{controls}")
    if len(plot.curves) < 2:
        return lines(axes, *(_named(index, curve, lit) for index, curve in enumerate(plot.curves)))
    told = dim(hint) if lit is None else _told(plot.curves[lit])
    named = [_named(index, curve, lit) for index, curve in enumerate(plot.curves)]
    column = max(len(one) for one in named) + BESIDE
    if len(named) > MANY:
        column = min(column, (width + BESIDE) // 2)
    rows = -(-len(named) // max(1, (width + BESIDE) // column))
    cells = [one.truncate(column - BESIDE, ellipsis=True) for one in named]
    table = [
        Content("").join([one.pad_right(column - len(one)) for one in cells[row::rows]]).rstrip()
        for row in range(rows)
    ]
    return lines(axes, told.truncate(width, ellipsis=True), *table)


def _named(index: int, curve: Curve, lit: int | None) -> Content:
    letter = (LETTERS[index % len(LETTERS)], f"bold $curve-{index % CURVES}")
    sign = CONTROL if curve.arm == "control" else " "
    return Content.assemble(
        ("›" if index == lit else " ", "bold"), letter, sign, (curve.name, "bold" * (index == lit))
    )


def _told(curve: Curve) -> Content:
    """A curve in numbers."""
    if not curve.y:
        return Content("")
    first, last, least, most = map(amount, (curve.y[0], curve.y[-1], min(curve.y), max(curve.y)))
    numbers = f"{first} first, {last} last, {least} least, {most} most"
    return Content.assemble((f"› {numbers}", "bold"), f"   {curve.name}")
