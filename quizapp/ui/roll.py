"""A text of any length that is scrolled: only the lines in sight are drawn, and nothing is laid out again.

A Static in a VerticalScroll looks the same, but has the whole screen laid out twice for every new text.
"""

from __future__ import annotations

from typing import NamedTuple

from textual.content import Content
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.selection import Selection
from textual.strip import Strip
from textual.style import Style
from textual.visual import Visual
from textual.widget import Widget


class Line(NamedTuple):
    """What fits into one line of the screen."""

    content: Content
    x: int
    """The character of the text's own line at which it begins."""
    y: int
    """The number of that line."""


class Roll(ScrollView, can_focus=False):
    """A text. widest: longer lines are wrapped there; None: lines are cut at the edge, none is wrapped."""

    def __init__(self, content: Content | str = "", *, widest: int | None = None, id: str) -> None:
        super().__init__(id=id)
        self.auto_links = False
        self._widest = widest
        self._content = Content(content) if isinstance(content, str) else content
        self._lines: list[Line] = []
        self._strips: dict[int, Strip] = {}

    @property
    def room(self) -> int:
        """The columns of a line beside the bar to scroll with; 0 before there is a screen."""
        return max(0, self.container_size.width - self.styles.scrollbar_size_vertical)

    def update(self, content: Content) -> None:
        """Show another text, from where it is scrolled to."""
        self._content = content
        self._break()

    def on_resize(self) -> None:
        """The lines are as long as there is room."""
        self._break()

    def _break(self) -> None:
        """Break the text into lines; with a bar to scroll with there is less room for them."""
        room = self.container_size
        if not room:
            return
        tall = self._content.plain.count("\n") >= room.height
        self._lines = self._broken(self.room if tall else room.width)
        if not tall and len(self._lines) > room.height:
            self._lines = self._broken(self.room)
        self._extend(Size(room.width, len(self._lines)))
        self._strips.clear()
        self.refresh()

    def _broken(self, width: int) -> list[Line]:
        whole = self._content.split("\n", allow_blank=True)
        if self._widest is None:
            return [Line(content, 0, y) for y, content in enumerate(whole)]
        lines = []
        for y, content in enumerate(whole):
            x = 0
            for part in content.wrap(max(1, min(width, self._widest))):
                x = max(x, content.plain.find(part.plain, x))
                lines.append(Line(part, x, y))
                x += len(part)
        return lines

    def _extend(self, size: Size) -> None:
        """Be so large; the screen is laid out only when the bar comes or goes."""
        barred = self.show_vertical_scrollbar
        self.set_reactive(Widget.virtual_size, size)
        self._scroll_update(size)
        if barred != self.show_vertical_scrollbar:
            self.refresh(layout=True)

    def notify_style_update(self) -> None:
        """Other colours."""
        super().notify_style_update()
        self._strips.clear()

    def render_line(self, y: int) -> Strip:
        """A line in sight."""
        place = y + self.scroll_offset.y
        if place not in self._strips:
            self._strips[place] = self._strip(place)
        return self._strips[place]

    def _strip(self, place: int) -> Strip:
        width = self.scrollable_content_region.width
        if place >= len(self._lines):
            return Strip.blank(width, self.visual_style.rich_style)
        line, x, y = self._lines[place]
        if self.text_selection is not None and (span := self.text_selection.get_span(y)):
            first, end = (len(line) if at == -1 else min(max(0, at - x), len(line)) for at in span)
            marked = Style.from_styles(self.screen.get_component_styles("screen--selection"))
            line = line.stylize(marked, first, end)
        strip = Visual.to_strips(self, line, width, 1, self.visual_style, apply_selection=False)[0]
        return strip.apply_offsets(x, y)

    # ---- with the mouse

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """The part of the text that is selected."""
        return selection.extract(self._content.plain), "\n"

    def selection_updated(self, selection: Selection | None) -> None:
        """Show what is selected."""
        self._strips.clear()
        self.refresh()
