"""The keys of one screen."""

from __future__ import annotations

from collections.abc import Iterable

from textual.app import ComposeResult
from textual.events import Key
from textual.screen import ModalScreen

from quizapp.ui.look import bold, dim, hang, lines, scroll
from quizapp.ui.roll import Roll

SHEET = 76
"""The width of a sheet, in app.tcss."""


class HelpScreen(ModalScreen[None]):
    """A sheet over the screen it explains; what does not scroll it closes it."""

    def __init__(self, keys: Iterable[tuple[str, str]], more: str = "") -> None:
        super().__init__()
        self.keys = list(keys)
        self.more = more
        self._width = 0

    def compose(self) -> ComposeResult:
        """The table."""
        yield Roll(id="sheet")

    def on_mount(self) -> None:
        """As high as its lines from the first, so that all is laid out once."""
        self._write()

    def on_resize(self) -> None:
        """What a key does keeps to its column, however narrow that is."""
        self._write()

    def _write(self) -> None:
        width = min(SHEET, self.app.size.width * 96 // 100) - 7  # border, padding, scroll bar
        if width == self._width:
            return
        self._width = width
        rows = [hang(bold(f"{key:<15} "), what, width) for key, what in self.keys]
        table = lines(bold("Keys"), "", *rows, "", *dim(self.more).wrap(width))
        sheet = self.query_one(Roll)
        sheet.styles.height = table.plain.count("\n") + 3  # and its border
        sheet.update(table)

    def on_key(self, event: Key) -> None:
        """Scroll where there is more; else close."""
        event.stop()
        sheet = self.query_one(Roll)
        if not (sheet.max_scroll_y and scroll(sheet, event.key)):
            self.dismiss()
