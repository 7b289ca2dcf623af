"""What somebody was sure of and had wrong, to go through one by one."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from quizapp import schedule
from quizapp.calibration import ConfidentError
from quizapp.figures import short_date
from quizapp.grade import Numbers, grade
from quizapp.model import Code, Item
from quizapp.steps import question
from quizapp.summary.answers import asked
from quizapp.ui.feedback import judged
from quizapp.ui.keyed import Keyed
from quizapp.ui.listing import MOVES, Listing
from quizapp.ui.look import bold, dim, lines, scroll


class ErrorsScreen(Keyed[None]):
    """The list above, the question with what was answered below."""

    AUTO_FOCUS = ""
    KEYS = (
        ("up / down", "the error before, the next one"),
        ("home / end", "the first, the last"),
        ("page keys, space", "scroll the answer"),
    )
    FIXED = (*MOVES, "space")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n,enter", "next", "the next one", id="errors.next", show=False),
        Binding("escape", "leave", "back", id="errors.leave", show=False),
    ]

    def __init__(self, errors: tuple[ConfidentError, ...], now: datetime) -> None:
        super().__init__()
        self.errors = {error.item: error for error in errors}
        self.still = sum(not error.right_since for error in errors)
        self.now = now
        self.numbers: Numbers = {}

    def compose(self) -> ComposeResult:
        """List and answer."""
        yield Static(id="status", markup=False)
        yield Listing(self._row, id="errors")
        with VerticalScroll(id="body", can_focus=False):
            yield Static(id="answer", classes="block", markup=False)
        hints = (
            ("up down", "next"),
            ("space", "scroll"),
            ("errors.leave", "back"),
            ("every.help", "help"),
        )
        yield Static(self.hints(*hints), id="hints", markup=False)

    def on_mount(self) -> None:
        """The list at once; what was measured follows."""
        listed = self.query_one("#errors", Listing)
        listed.can_focus = False
        listed.styles.height = len(self.errors)
        listed.show(list(self.errors))
        self._know()

    @work(exclusive=True)
    async def _know(self) -> None:
        self.numbers = await asyncio.to_thread(self.app.numbers)
        self._show()

    def _row(self, item: str, here: bool) -> Content:
        error = self.errors[item]
        day = short_date(schedule.day_of(error.at, self.now.tzinfo))
        state = "right since" if error.right_since else "open"
        text = " ".join(asked(item, self.app.bank).split())
        return Content.assemble(
            "›" if here else " ",
            (f" {error.confidence:.0%} {error.times}× ", "bold"),
            (f"{state:<12}{day:<7}", "dim"),
            text,
        )

    def on_listing_moved(self) -> None:
        """Show the error at the cursor."""
        self._show()

    def _show(self) -> None:
        listed = self.query_one("#errors", Listing)
        error = self.errors[str(listed.current)]
        self.query_one("#status", Static).update(
            Content.assemble(
                ("sure, and wrong", "bold"),
                f"   {listed.cursor + 1} of {len(self.errors)}, {self.still} not right since",
            )
        )
        self.query_one("#answer", Static).update(told(error, self.app.bank.items, self.numbers))
        self.query_one("#body").scroll_home(animate=False)

    def press(self, key: str) -> bool:
        """The keys that choose or scroll."""
        if key not in ("pagedown", "pageup") and self.query_one("#errors", Listing).press(key):
            return True
        return scroll(self.query_one("#body"), "pagedown" if key == "space" else key)

    def action_next(self) -> None:
        """The next error."""
        self.query_one("#errors", Listing).press("down")


def told(error: ConfidentError, known: Mapping[str, Item], numbers: Numbers) -> Content:
    """The question, and what to say about the answer; without it when the item is another one now."""
    item = known.get(error.item)
    if item is None:
        return lines(bold(error.item), "", dim("This item is no longer in the question files."))
    shown = lines(bold(question(item)), *(["", item.code.rstrip()] if isinstance(item, Code) else []))
    if item.rev != error.rev:
        return lines(shown, "", dim("The item has changed its meaning since; the answer is not shown."))
    try:
        found = grade(item, json.loads(error.given), numbers)
    except (ValueError, TypeError, LookupError, AttributeError):
        return lines(shown, "", dim("The item has changed since; the answer does not fit it any more."))
    found = replace(found, correct=False)  # what was kept counts: the learner may have overruled the grade
    return lines(shown, "", judged(item, found, error.confidence, known))
