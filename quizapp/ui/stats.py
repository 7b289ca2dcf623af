"""How the practice is going: pages of small plots. The counting is done in a thread."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Static

from quizapp import marks, memories, statistics, summary
from quizapp.memories import Memories
from quizapp.model import Review
from quizapp.statistics import Answers
from quizapp.summary import NAMES, Section
from quizapp.ui.keyed import Keyed
from quizapp.ui.listing import MOVES
from quizapp.ui.look import bold, dim, lines, scroll
from quizapp.ui.roll import Roll

NUMBERS = tuple(str(place) for place, _ in enumerate(NAMES, 1))
TURNS = {"right": 1, "l": 1, "tab": 1, "left": -1, "h": -1, "shift+tab": -1}
"""The keys that turn pages."""
BATCH, REPLY = 100, 0.02
"""So many reviews are counted between two looks for a key, and so many seconds its reply may take."""


class StatsScreen(Keyed[None]):
    """One page at a time. What needs no schedule is shown first; the rest follows when it is counted."""

    AUTO_FOCUS = ""
    KEYS = (
        ("1-5", "a page: " + ", ".join(NAMES)),
        ("left / right, tab", "the page before, the next one"),
        ("up / down, page keys", "scroll"),
        ("home / end", "to the top, to the bottom"),
    )
    FIXED = (*NUMBERS, *TURNS, *MOVES)
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("e", "errors", "go through what was sure and wrong", id="stats.errors", show=False),
        Binding("escape", "leave", "home", id="stats.leave", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.page = 0
        self.reviews: list[Review] = []
        self.found: Answers | None = None
        self.held: Memories | None = None
        self._pages: list[Content] = []
        self._left = False

    def compose(self) -> ComposeResult:
        """The names of the pages, a page, the keys."""
        yield Static(id="status", markup=False)
        yield Roll(dim("Counting..."), id="body")
        hints = (
            ("1-5", "page"),
            ("up down", "scroll"),
            ("stats.errors", "errors"),
            ("stats.leave", "home"),
            ("every.help", "help"),
        )
        yield Static(self.hints(*hints), id="hints", markup=False)

    def on_mount(self) -> None:
        """Show where we are; count."""
        self._draw()
        self._count()

    @work(exclusive=True)
    async def _count(self) -> None:
        await asyncio.to_thread(self._count_answers)
        self._write()
        self.held = await asyncio.to_thread(self._count_memories)
        self._write()

    def _count_answers(self) -> None:
        self.reviews = self.app.store.reviews()
        predictions = self.app.store.predictions()
        self.found = statistics.answers(self.reviews, predictions, self.app.bank, self.app.clock())

    def _count_memories(self) -> Memories:
        marked = marks.fold(self.app.store.marks())
        return memories.memories(self._while_here(), self.app.bank, self.app.clock(), marked)

    def _while_here(self) -> Iterator[Review]:
        """The reviews, until the screen is left: a thread cannot be cancelled, and quitting waits for it.

        A key goes first: the thread sleeps while one may be on its way to the screen.
        """
        for place, review in enumerate(self.reviews):
            if self._left:
                return
            if place % BATCH == 0 and self.app.quiet < REPLY:
                time.sleep(REPLY)
            yield review

    def on_unmount(self) -> None:
        """Let the thread come to its end."""
        self._left = True

    # ---- drawing

    def on_resize(self) -> None:
        """The plots are as wide as the screen."""
        self._write()

    def _write(self) -> None:
        """Write every page, so that turning them is only drawing."""
        if self.found is not None:
            width = min(summary.WIDEST, self.size.width - 3)  # the padding and the scroll bar
            pages = summary.pages(self.found, self.held, self.app.bank, width)
            self._pages = [lines(*map(_section, page.sections)) for page in pages]
        self._draw()

    def _draw(self) -> None:
        names = (
            (f"[{number} {name}]", "bold") if place == self.page else (f" {number} {name} ", "")
            for place, (number, name) in enumerate(zip(NUMBERS, NAMES, strict=True))
        )
        self.query_one("#status", Static).update(Content.assemble(*names), layout=False)
        if self._pages:
            self.query_one(Roll).update(self._pages[self.page])

    def _turn(self, page: int) -> None:
        self.page = page % len(NAMES)
        self._draw()
        self.query_one("#body").scroll_home(animate=False)

    # ---- keys

    def press(self, key: str) -> bool:
        """The keys that turn pages or scroll."""
        body = self.query_one("#body")
        if key in NUMBERS:
            self._turn(NUMBERS.index(key))
        elif key in TURNS:
            self._turn(self.page + TURNS[key])
        elif key == "home":
            body.scroll_home(animate=False)
        elif key == "end":
            body.scroll_end(animate=False)
        else:
            return scroll(body, key)
        return True

    def action_errors(self) -> None:
        """Go through what somebody was sure of and had wrong."""
        if self.found is None:
            self.notify("Still counting.")
        elif not self.found.confident_errors:
            self.notify("Nothing that you were 90% sure of was wrong yet.")
        else:
            from quizapp.ui.errors import ErrorsScreen

            self.app.push_screen(ErrorsScreen(self.found.confident_errors, self.app.clock()))


def _section(section: Section) -> Content:
    """A title, its plot, and how to read it."""
    parts: list[Content | str] = [bold(section.title)] if section.title else []
    return lines("", *parts, *section.lines, *[dim(note) for note in section.notes])
