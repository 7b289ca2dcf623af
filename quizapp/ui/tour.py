"""The tour for somebody new: six sheets, each read in a few seconds. Any key goes on, escape ends it."""

from __future__ import annotations

from collections.abc import Callable

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.events import Click, Key
from textual.screen import ModalScreen
from textual.widgets import Static

from quizapp.ui.look import bold, lines, scroll

STEPS: tuple[tuple[str, str], ...] = (
    (
        "Welcome",
        "Questions that interviewers ask, and claims that this computer can test. This takes half a minute.",
    ),
    (
        "Answer, and how sure",
        "Choose a topic and press enter. After each answer a number says how sure you are: 1 is a guess, "
        "5 is certain. What you were sure of and had wrong comes back first.",
    ),
    (
        "Read why",
        "Every option has its reason, right or wrong. Then the item goes to sleep, and wakes just before you "
        "would forget it. Every answer is kept at once; {practice.undo:u} takes the last one back.",
    ),
    (
        "Prove it",
        "{practice.prove:p} after an answer, or {home.claims:c} at home, puts a claim to the test. Say first "
        "what will come out: holds, depends or fails. Then an experiment runs here, with its controls.",
    ),
    (
        "Find your way",
        "{home.browse:b} finds and edits items, {home.stats:t} shows how it is going, {app.palette:ctrl+p} "
        "goes anywhere by a few letters.",
    ),
    (
        "That is all",
        "{every.help:question_mark} lists the keys of every screen, {app.theme:f2} changes the colours. "
        "This tour is in {app.palette:ctrl+p} under `tour`. Start with a topic and enter.",
    ),
)

LOW = 14
"""Rows of a terminal in which there is no place for empty ones."""


class TourScreen(ModalScreen[None]):
    """key: (action id, its own key) -> its key now, as it is written."""

    KEYS = (("any key", "the next sheet"), ("escape", "end the tour"))

    def __init__(self, key: Callable[[str, str], str]) -> None:
        super().__init__()
        self._key = key
        self.at = 0

    def compose(self) -> ComposeResult:
        """One sheet."""
        with VerticalScroll(classes="sheet", can_focus=False):
            yield Static(id="step", markup=False)

    def on_mount(self) -> None:
        """The first."""
        self._show()

    def _show(self) -> None:
        title, text = STEPS[self.at]
        dots = "●" * (self.at + 1) + "○" * (len(STEPS) - self.at - 1)
        go_on = "any key: on" if self.at + 1 < len(STEPS) else "any key: begin"
        foot = Content.assemble((dots, "$text-primary"), (f"   {go_on}   escape: end", "dim"))
        air = () if self.size.height < LOW else ("",)
        self.query_one("#step", Static).update(
            lines(*air, bold(title), *air, self._filled(text), *air, foot, *air)
        )

    def _filled(self, text: str) -> Content:
        """The text with the keys as they are now."""
        first, *others = text.split("{")
        parts: list[str | Content | tuple[str, str]] = [first]
        for other in others:
            named, _, rest = other.partition("}")
            id_, _, own = named.partition(":")
            parts += [(self._key(id_, own), "bold"), rest]
        return Content.assemble(*parts)

    def on_resize(self) -> None:
        """With air, or without."""
        self._show()

    def _next(self) -> None:
        self.at += 1
        if self.at < len(STEPS):
            self._show()
            self.query_one(VerticalScroll).scroll_home(animate=False)
        else:
            self.dismiss()

    def on_key(self, event: Key) -> None:
        """On, or away; a sheet that is too long for the terminal scrolls first."""
        event.stop()
        sheet = self.query_one(VerticalScroll)
        if event.key == "escape":
            self.dismiss()
        elif not (sheet.scroll_offset.y < sheet.max_scroll_y and scroll(sheet, event.key)):
            self._next()

    def on_click(self, event: Click) -> None:
        """On."""
        event.stop()
        self._next()
