"""The first page of mock interviews: begin one, take one up, look at an earlier one."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from quizapp.errors import QuizError
from quizapp.interviews import Interviews
from quizapp.mock import choice
from quizapp.mock.talk import MINUTES, Talk
from quizapp.ui import mock_pages as pages
from quizapp.ui.debrief import DebriefScreen
from quizapp.ui.keyed import Keyed
from quizapp.ui.talk import TalkScreen

FEWEST, MOST, BY = 5, 60, 5
"""Minutes an interview may have, and the step."""
NEW = "new"


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What the command line asked for."""

    topic: str = ""
    minutes: int = MINUTES
    seed: int | None = None
    resume: bool = False
    """Take up the newest one that is not finished."""


class MockScreen(Keyed[None]):
    """What it is, and a list that begins with a new one."""

    AUTO_FOCUS = ""
    KEYS = (
        ("up / down", "a new interview, or one of the earlier ones"),
        ("left / right", "another topic"),
        ("enter", "begin, or take an earlier one up"),
    )
    FIXED = ("left", "right", "up", "down", "enter", "pageup", "pagedown", "home", "end")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("plus,equals_sign", "time(1)", "more minutes", id="mock.longer", show=False),
        Binding("minus", "time(-1)", "fewer minutes", id="mock.shorter", show=False),
        Binding("escape", "leave", "home", id="mock.leave", show=False),
    ]

    def __init__(self, wish: Wish | None = None) -> None:
        super().__init__()
        self.wish = wish or Wish()
        self.topic, self.minutes = self.wish.topic, self.wish.minutes
        self._busy = False

    def compose(self) -> ComposeResult:
        """A text, a list under it, and the keys."""
        yield Static(pages.status(None, 0), id="status", markup=False)
        with VerticalScroll(id="body", can_focus=False):
            yield Static(pages.welcome(), id="welcome", classes="block", markup=False)
            yield OptionList(Option(pages.wish(self.topic, self.minutes), id=NEW), id="earlier")
        more = (("left right", "topic"), ("mock.longer mock.shorter", "minutes"))
        hints = self.hints(("enter", "begin"), *more, ("every.help", "help"), ("mock.leave", "home"))
        yield Static(hints, id="hints", markup=False)

    @property
    def kept(self) -> Interviews:
        """The interviews so far."""
        return Interviews(self.app.store)

    @work
    async def on_mount(self) -> None:
        """The interview that was asked for, if one was."""
        if self.wish.resume:
            found = await asyncio.to_thread(self.kept.unfinished)
            if found is not None:
                self._open(Talk(self.app.bank, self.kept, self.app.clock, found))
                return
            self.notify("There is no interview to take up.", timeout=4)

    @work(exclusive=True, group="list")
    async def on_screen_resume(self) -> None:
        """List what there is, also after one of them was held or gone through."""
        past = await asyncio.to_thread(self.kept.all)
        zone = self.app.clock().tzinfo
        listed = self.query_one("#earlier", OptionList)
        rows = [Option(pages.earlier(one, zone), id=str(one.id)) for one in past]
        at = listed.highlighted or 0
        listed.set_options([Option(pages.wish(self.topic, self.minutes), id=NEW), *rows])
        listed.highlighted = min(at, len(past))
        listed.focus()

    def _open(self, talk: Talk) -> None:
        held = talk.interview.state == "talk"
        self.app.push_screen(TalkScreen(talk) if held else DebriefScreen(talk))

    def _turn(self, by: int) -> None:
        there = {item.topic for item in choice.questions(self.app.bank, "")}
        topics = ["", *sorted(there)]
        place = topics.index(self.topic) if self.topic in topics else 0
        self.topic = topics[(place + by) % len(topics)]
        self._reword()

    def _reword(self) -> None:
        listed = self.query_one("#earlier", OptionList)
        listed.replace_option_prompt(NEW, pages.wish(self.topic, self.minutes))
        listed.highlighted = 0

    def action_time(self, by: int) -> None:
        """More or fewer minutes."""
        self.minutes = max(FEWEST, min(MOST, self.minutes + BY * by))
        self._reword()

    @work
    async def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Begin, or take an earlier one up."""
        if self._busy:
            return
        self._busy = True
        try:
            talk = await asyncio.to_thread(self._chosen, str(event.option_id))
            self._open(talk)
        except QuizError as error:
            self.notify(str(error), severity="warning", markup=False)
        finally:
            self._busy = False

    def _chosen(self, id_: str) -> Talk:
        bank, clock = self.app.bank, self.app.clock
        if id_ == NEW:
            return Talk.begin(
                bank, self.kept, clock, topic=self.topic, minutes=self.minutes, seed=self.wish.seed
            )
        found = self.kept.one(int(id_))
        assert found is not None  # rows are never deleted
        return Talk(bank, self.kept, clock, found)

    def on_resize(self) -> None:
        """Where there is little room, the list alone."""
        self.set_class(self.size.height < pages.SHORT, "-small")

    def press(self, key: str) -> bool:
        """Another topic."""
        if key not in ("left", "right"):
            return False
        self._turn(1 if key == "right" else -1)
        return True
