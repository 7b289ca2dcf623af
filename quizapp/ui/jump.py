"""Jump to an item or a topic by a few letters of its name."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from textual import work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.events import Key
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from quizapp import fuzzy
from quizapp.ui.listing import Listing
from quizapp.ui.look import dim

SHOWN = 8


class JumpScreen(ModalScreen[str | None]):
    """Returns the name that was chosen. names: what can be jumped to, each with a word about it."""

    KEYS = (("letters", "some of the name, in order"), ("up / down", "choose"), ("enter", "go there"))

    def __init__(self, names: Sequence[tuple[str, str]]) -> None:
        super().__init__()
        self.names = [name for name, _ in names]
        self.about = dict(names)

    def compose(self) -> ComposeResult:
        """What is typed, and what it may mean."""
        with Vertical(classes="sheet"):
            yield Input(placeholder="some letters of an id or a topic", id="jump", select_on_focus=False)
            yield Listing(self._row, id="places")
            yield Static(dim("enter goes there, escape stays"))

    def on_mount(self) -> None:
        """Everything, before anything is typed."""
        self.query_one("#places", Listing).can_focus = False
        self._rank("")

    def _row(self, name: str, here: bool) -> Content:
        row = Content.assemble("› " if here else "  ", f"{name:<40} ", (self.about[name], "dim"))
        return row.stylize("bold") if here else row

    @work(exclusive=True)
    async def _rank(self, typed: str) -> None:
        found = (
            self.names[:SHOWN] if not typed else await asyncio.to_thread(fuzzy.rank, typed, self.names, SHOWN)
        )
        places = self.query_one("#places", Listing)
        places.cursor = 0
        places.show(found)
        places.go(0)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Rank as one types."""
        event.stop()
        self._rank(event.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Go there: by what is typed now, which may be newer than what is shown."""
        event.stop()
        places = self.query_one("#places", Listing)
        best = fuzzy.rank(event.value, self.names, SHOWN)
        self.dismiss(places.current if places.current in best else next(iter(best), None))

    def on_key(self, event: Key) -> None:
        """Choose, or stay."""
        if event.key == "escape":
            event.stop()
            self.dismiss(None)
        elif event.key in ("up", "down") and self.query_one("#places", Listing).press(event.key):
            event.stop()
