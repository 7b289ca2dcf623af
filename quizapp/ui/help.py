"""The keys of one screen."""

from __future__ import annotations

from collections.abc import Iterable

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.events import Key
from textual.screen import ModalScreen
from textual.widgets import Static

from quizapp.ui.look import bold, lines

EVERYWHERE = (("F1 or ?", "this help"), ("F2", "light or dark"), ("ctrl+q", "quit"))


class HelpScreen(ModalScreen[None]):
    """A sheet over the screen it explains; any key closes it."""

    def __init__(self, keys: Iterable[tuple[str, str]]) -> None:
        super().__init__()
        self.keys = [*keys, *EVERYWHERE]

    def compose(self) -> ComposeResult:
        """The table."""
        rows = [Content.assemble((f"{key:<16}", "bold"), what) for key, what in self.keys]
        with VerticalScroll(classes="sheet"):
            yield Static(lines(bold("Keys"), "", *rows, ""))

    def on_key(self, event: Key) -> None:
        """Close."""
        event.stop()
        self.dismiss()
