"""The keys of one screen."""

from __future__ import annotations

from collections.abc import Iterable

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.events import Key
from textual.screen import ModalScreen
from textual.widgets import Static

from quizapp.ui.look import bold, dim, hang, lines, scroll

SHEET = 76
"""The width of a sheet, in app.tcss."""


class HelpScreen(ModalScreen[None]):
    """A sheet over the screen it explains; what does not scroll it closes it."""

    def __init__(self, keys: Iterable[tuple[str, str]], more: str = "") -> None:
        super().__init__()
        self.keys = list(keys)
        self.more = more

    def compose(self) -> ComposeResult:
        """The table."""
        with VerticalScroll(classes="sheet", can_focus=False):
            yield Static(id="table", markup=False)

    def on_resize(self) -> None:
        """What a key does keeps to its column, however narrow that is."""
        width = min(SHEET, self.size.width * 96 // 100) - 7  # border, padding, scroll bar
        rows = [hang(bold(f"{key:<15} "), what, width) for key, what in self.keys]
        self.query_one("#table", Static).update(lines(bold("Keys"), "", *rows, "", dim(self.more)))

    def on_key(self, event: Key) -> None:
        """Scroll where there is more; else close."""
        event.stop()
        sheet = self.query_one(VerticalScroll)
        if not (sheet.max_scroll_y and scroll(sheet, event.key)):
            self.dismiss()
