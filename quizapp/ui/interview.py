"""The day of an interview: the line about it at home, and the sheet that asks for it."""

from __future__ import annotations

import asyncio
from datetime import date, datetime

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.events import Key
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from quizapp import plan, planned, settings
from quizapp.errors import QuizError
from quizapp.study import Study
from quizapp.summary.plan import line
from quizapp.ui.look import bold, dim, lines


async def glance(study: Study) -> str:
    """The plan in a line, worked out in a thread; nothing when no day is set."""
    day = study.settings.interview
    if day is None:
        return ""
    try:
        return line(await asyncio.to_thread(planned.glance, study, day))
    except QuizError as error:
        return f"{error.what[:1].upper()}{error.what[1:]}."


class DayScreen(ModalScreen[str | None]):
    """Returns a day (YYYY-MM-DD), nothing to take it back, or None when it stays as it is."""

    KEYS = (("enter", "plan for this day; empty: for none"), ("escape", "leave it as it was"))

    def __init__(self, day: date | None, now: datetime) -> None:
        super().__init__()
        self.day = day
        self.now = now

    def compose(self) -> ComposeResult:
        """One line, and what is wrong with it."""
        with Vertical(classes="sheet"):
            yield Static(bold("Your interview is on"))
            shown = self.day.isoformat() if self.day else ""
            yield Input(shown, placeholder="year-month-day", id="day", select_on_focus=False, max_length=10)
            yield Static(id="amiss", markup=False)
            yield Static(lines("", dim("enter plans for it, escape leaves it as it was; empty: no day")))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Take it, if it can be planned."""
        event.stop()
        text = event.value.strip()
        try:
            if text:
                plan.days_left(self.now, settings.ROWS["interview"](text))
        except (ValueError, QuizError) as error:
            said = error.what if isinstance(error, QuizError) else str(error)
            amiss = self.query_one("#amiss", Static)
            amiss.update(f"✗ {said}")
            amiss.display = True
        else:
            self.dismiss(text)

    def on_key(self, event: Key) -> None:
        """Leave it."""
        if event.key == "escape":
            event.stop()
            self.dismiss(None)
