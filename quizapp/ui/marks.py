"""Marks with the keyboard: the keys, what is said, and the sheet to write a note on. Knows no store."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.events import Key
from textual.screen import ModalScreen, Screen
from textual.widgets import Input, Static

from quizapp.errors import QuizError
from quizapp.ui.look import bold, dim, lines

if TYPE_CHECKING:
    from quizapp.marking import Marking
    from quizapp.marks import Mark, MarkKind

MARKS: tuple[tuple[MarkKind, str, str], ...] = (
    ("suspend", "s,at", "suspend: practice leaves it out; again: take it in"),
    ("bury", "b,minus", "bury until tomorrow; again: dig it up"),
    ("flag", "f,asterisk", "flag, or take the flag off"),
    ("note", "n", "write a note; an empty one is taken off"),
)
"""With Anki's keys beside ours."""


def mark_bindings(screen: str) -> list[Binding]:
    """The bindings of `action_mark(kind)`, named SCREEN.KIND."""
    return [
        Binding(its, f"mark('{kind}')", what, id=f"{screen}.{kind}", show=False) for kind, its, what in MARKS
    ]


def mark_hint(screen: str) -> tuple[str, str]:
    """The hint for all of them."""
    return " ".join(f"{screen}.{kind}" for kind, _, _ in MARKS), "mark"


class Pen:
    """Puts the marks of one screen on items: off the loop, one after the other, as the keys came."""

    def __init__(self, screen: Screen[None], marking: Marking) -> None:
        self._screen = screen
        self._marking = marking
        self._turn = asyncio.Lock()

    async def put(self, item: str, kind: MarkKind, after: int = 0) -> bool:
        """Turn a mark around, or ask for a note; whether it is kept. after: the answers before it."""
        note: str | None = None
        if kind == "note":
            note = await self._screen.app.push_screen_wait(NoteScreen(item, self._marking.of(item).note))
            if note is None:
                return False
        try:
            async with self._turn:
                if note is None:
                    await asyncio.to_thread(self._marking.toggle, item, kind, after)
                else:
                    await asyncio.to_thread(self._marking.write, item, note, after)
        except QuizError as error:
            self._screen.notify(str(error), severity="error", markup=False)
            return False
        return True

    async def undo(self, after: int = 0) -> Mark | None:
        """Take back the last mark made since `after` answers; what is there now."""
        async with self._turn:
            return await asyncio.to_thread(self._marking.undo, after)


class NoteScreen(ModalScreen[str | None]):
    """One line about an item. Returns it, or None when the note stays as it is."""

    KEYS = (("enter", "keep the note"), ("escape", "leave it as it was"))

    def __init__(self, about: str, note: str) -> None:
        super().__init__()
        self.about = about
        self.note = note

    def compose(self) -> ComposeResult:
        """The line."""
        with Vertical(classes="sheet"):
            yield Static(lines(bold(f"Note on {self.about}"), ""))
            yield Input(self.note, id="note", select_on_focus=False, max_length=2000)
            yield Static(lines("", dim("enter keeps it, escape leaves it as it was; empty takes it off")))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Keep it."""
        event.stop()
        self.dismiss(event.value.strip())

    def on_key(self, event: Key) -> None:
        """Leave it."""
        if event.key == "escape":
            event.stop()
            self.dismiss(None)
