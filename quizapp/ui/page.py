"""The page of one item: the question, the options or a line to type on, and what is said about it.

Draws only: it knows no sitting and no phases, so that every way of asking can use it.
"""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.geometry import Region
from textual.widgets import Input, Static

from quizapp.ui.look import bring

SIDES = 6
"""Columns of a line that the page needs for itself: its padding and the bar to scroll with."""


class Page(VerticalScroll, can_focus=False):
    """Question above, what to do about it below. The screen needs no other `#body`."""

    def __init__(self) -> None:
        super().__init__(id="body")

    def compose(self) -> ComposeResult:
        """Four parts; empty ones take no place."""
        yield Static(id="question", classes="block", markup=False)
        yield Static(id="answer", classes="block", markup=False)
        yield Input(id="typed", select_on_focus=False)
        yield Static(id="feedback", classes="block", markup=False)

    def question(self, content: Content | str) -> None:
        """What is asked."""
        self.query_one("#question", Static).update(content)

    def answer(self, content: Content | str) -> None:
        """What there is to pick from; nothing: leave the place out."""
        answer = self.query_one("#answer", Static)
        answer.display = bool(content)
        answer.update(content)

    def feedback(self, content: Content | str) -> None:
        """What is said about the answer, or asked before it is told."""
        self.query_one("#feedback", Static).update(content)

    def line(self, text: str = "", *, shown: bool) -> None:
        """A line to type on, with what is on it already, or none."""
        typed = self.query_one("#typed", Input)
        typed.display = shown
        if shown:
            typed.value = text
            typed.cursor_position = len(text)
            typed.focus()
        else:
            self.screen.set_focus(None)

    def outcome(self) -> None:
        """To what was said about the answer, unless it begins in sight."""
        bring(self, self.query_one("#feedback"))

    @property
    def room(self) -> int:
        """Characters in a line of the answer."""
        return max(20, self.size.width - SIDES)

    def top(self) -> None:
        """Back to the question."""
        self.scroll_home(animate=False)

    def see(self, line: int, count: int) -> None:
        """Scroll, where it must be, to so many lines of the answer from `line` on, once they are laid out."""

        def scroll() -> None:
            answer = self.query_one("#answer", Static).virtual_region
            room = min(count, max(1, self.size.height))
            self.scroll_to_region(Region(0, answer.y + line, 1, room), animate=False)

        self.call_after_refresh(scroll)

    def bottom(self) -> None:
        """To what was shown last, once it is laid out."""
        self.call_after_refresh(self.scroll_end, animate=False)
