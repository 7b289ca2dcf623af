"""What is shown while thousands of answers are read: after an upgrade, or with answers from elsewhere."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import Screen
from textual.widgets import Static

from quizapp.ui.keyed import Keyed
from quizapp.ui.look import dim, lines

if TYPE_CHECKING:
    from quizapp.ui.app import QuizApp


class ReadingScreen(Keyed[None]):
    """Makes place for the screen it was made for as soon as everything is read."""

    app: QuizApp
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "home", id="reading.leave", show=False)
    ]

    def __init__(self, then: Callable[[], Screen[None]]) -> None:
        super().__init__()
        self._then = then

    def compose(self) -> ComposeResult:
        """A sentence."""
        yield Static("quizapp", id="status", markup=False)
        with VerticalScroll(id="body", can_focus=False):
            said = lines("Reading your answers...", dim("This is done once; the next start is quick again."))
            yield Static(said, classes="block")
        yield Static(self.hints(("reading.leave", "home")), id="hints")

    def on_mount(self) -> None:
        """Say so first, as reading takes all there is."""
        self.call_after_refresh(self._read)

    @work
    async def _read(self) -> None:
        """Read, then go on."""
        await asyncio.to_thread(import_module, "quizapp.ui.practice")
        await asyncio.to_thread(self.app.learner.refresh)
        if self.is_current:
            self._make_place(self._then())
        await asyncio.to_thread(self.app.learner.keep)

    def _make_place(self, screen: Screen[None]) -> None:
        """The first screen of all cannot be switched: what follows it begins a stack of its own."""
        if len(self.app.screen_stack) > 1:
            self.app.switch_screen(screen)
        else:
            self.app.add_mode("read", lambda: screen)
            self.app.switch_mode("read")
