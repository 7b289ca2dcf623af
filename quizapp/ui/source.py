"""The source of an experiment: the last word on what was measured."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.events import Key
from textual.highlight import highlight
from textual.screen import Screen
from textual.widgets import Static

from quizapp import proof
from quizapp.ui.look import keys


class SourceScreen(Screen[None]):
    """Read only; any of escape, c and q goes back."""

    KEYS = (("up / down, page keys", "scroll"), ("escape, c", "back"))

    def __init__(self, experiment: str) -> None:
        super().__init__()
        self.path, self.text = proof.source(experiment)

    def compose(self) -> ComposeResult:
        """The file."""
        yield Static(str(self.path), id="status", markup=False)
        with VerticalScroll(id="body"):
            yield Static(highlight(self.text, language="python"), markup=False)
        yield Static(keys(("up down", "scroll"), ("escape", "back")), id="hints")

    def on_mount(self) -> None:
        """Let the arrow keys scroll."""
        self.query_one("#body").focus()

    def on_key(self, event: Key) -> None:
        """Back."""
        if event.key in ("escape", "c", "q"):
            event.stop()
            self.dismiss()
