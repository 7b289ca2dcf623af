"""A list of any length with a cursor: only the rows in sight are ever drawn. Knows nothing of items.

It takes no keys of its own. The screen hands them on, so that keys typed fast are taken in their order.
"""

from __future__ import annotations

from collections.abc import Callable

from textual.content import Content
from textual.events import Click, MouseScrollDown, MouseScrollUp
from textual.message import Message
from textual.widget import Widget

MOVES = ("down", "j", "up", "k", "pagedown", "pageup", "home", "end")
"""The keys that move the cursor."""
WHEEL = 3
"""Rows that one notch of the wheel moves."""


class Listing(Widget, can_focus=True):
    """Names, one to a row. draw: (name, whether the cursor is on it) -> its row."""

    class Moved(Message):
        """The cursor is on another name, or on none."""

    def __init__(self, draw: Callable[[str, bool], Content], *, id: str) -> None:
        super().__init__(id=id)
        self._draw = draw
        self.names: list[str] = []
        self.cursor = 0
        self.top = 0

    @property
    def current(self) -> str | None:
        """The name under the cursor."""
        return self.names[self.cursor] if self.names else None

    def show(self, names: list[str]) -> None:
        """Show these names; the cursor stays on its name if that is among them."""
        before = self.current
        self.names = names
        self.cursor = names.index(before) if before in names else 0
        self.refresh()
        self.post_message(self.Moved())

    def go(self, place: int) -> None:
        """Put the cursor there, or as near as there are rows."""
        place = max(0, min(place, len(self.names) - 1))
        if place != self.cursor:
            self.cursor = place
            self.refresh()
            self.post_message(self.Moved())

    def render(self) -> Content:
        """The rows in sight, the cursor's among them."""
        width, height = self.size.width, max(1, self.size.height)
        self.top = max(min(self.top, self.cursor, len(self.names) - height), self.cursor - height + 1, 0)
        rows = []
        for place in range(self.top, min(self.top + height, len(self.names))):
            row = self._draw(self.names[place], place == self.cursor).truncate(width, ellipsis=True)
            rows.append(
                row.pad_right(max(0, width - row.cell_length)).stylize("on $boost")
                if place == self.cursor
                else row
            )
        return Content("\n").join(rows)

    def press(self, key: str) -> bool:
        """Move the cursor by a key; False when it is not one that does."""
        page = max(1, self.size.height - 1)
        last = len(self.names)
        by = {
            "down": 1,
            "j": 1,
            "up": -1,
            "k": -1,
            "pagedown": page,
            "pageup": -page,
            "home": -last,
            "end": last,
        }
        if key not in by:
            return False
        self.go(self.cursor + by[key])
        return True

    def on_click(self, event: Click) -> None:
        """The row that is clicked."""
        self.go(self.top + event.y)

    def on_mouse_scroll_down(self, event: MouseScrollDown) -> None:
        """Down."""
        event.stop()
        self.go(self.cursor + WHEEL)

    def on_mouse_scroll_up(self, event: MouseScrollUp) -> None:
        """Up."""
        event.stop()
        self.go(self.cursor - WHEEL)
