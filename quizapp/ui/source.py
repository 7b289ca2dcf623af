"""The source of an experiment: the last word on what was measured."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.highlight import highlight
from textual.widgets import Static

from quizapp import proof
from quizapp.ui.keyed import Keyed


class SourceScreen(Keyed[None]):
    """Read only; any of escape, c and q goes back."""

    KEYS = (("up / down, page keys", "scroll"),)
    FIXED = ("up", "down", "pageup", "pagedown", "home", "end")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,c,q", "leave", "back", id="source.leave", show=False)
    ]

    def __init__(self, experiment: str) -> None:
        super().__init__()
        self.path, self.text = proof.source(experiment)

    def compose(self) -> ComposeResult:
        """The file."""
        shown = _shown(self.path) if self.app.turn is None else self.path.name
        yield Static(str(shown), id="status", markup=False)
        with VerticalScroll(id="body"):
            yield Static(highlight(self.text, language="python"), markup=False)
        yield Static(self.hints(("up down", "scroll"), ("source.leave", "back")), id="hints")

    def on_mount(self) -> None:
        """Let the arrow keys scroll."""
        self.query_one("#body").focus()

    def action_leave(self) -> None:
        """Back."""
        self.dismiss()


def _shown(path: Path) -> Path:
    """The path as a person would type it from here."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
