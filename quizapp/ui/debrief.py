"""After a mock interview: the rubrics, one by one, then the bands and what to do next."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widgets import Static

from quizapp.mock import proposals, report, review
from quizapp.ui import mock_pages as pages
from quizapp.ui.keyed import Keyed
from quizapp.ui.look import bold, lines, scroll
from quizapp.ui.rubric import Ticking

if TYPE_CHECKING:
    from quizapp.mock.talk import Talk
    from quizapp.model import Open

WIDE = 110
"""Columns from which answers and rubric stand side by side."""


class DebriefScreen(Keyed[None]):
    """Phases: tick (a rubric), saving, done (the bands)."""

    AUTO_FOCUS = ""
    KEYS = (
        ("up / down", "choose a point, or scroll"),
        ("1-9", "in a rubric: tick or untick; at the end: prove a claim"),
    )
    FIXED = ("up", "down", "pageup", "pagedown", *"123456789")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "say(True)", "in a rubric: said; on to the next proposal", id="debrief.yes", show=False),
        Binding("n", "say(False)", "in a rubric: not said; on to the next", id="debrief.no", show=False),
        Binding("space", "tick", "in a rubric: tick or untick", id="debrief.toggle", show=False),
        Binding("a", "accept", "in a rubric: accept every proposal", id="debrief.accept", show=False),
        Binding("v", "view", "in a rubric: what you said, and back", id="debrief.view", show=False),
        Binding("enter", "go", "done with this rubric", id="debrief.go", show=False),
        Binding("s", "practise", "at the end: practise what was missing", id="debrief.practise", show=False),
        Binding("t", "again", "at the end: the rubrics once more", id="debrief.again", show=False),
        Binding("escape", "leave", "back; everything confirmed is kept", id="debrief.leave", show=False),
    ]
    ACTIVE: ClassVar[dict[str, tuple[str, ...]]] = {
        **dict.fromkeys(("say", "tick", "accept", "view", "go"), ("tick",)),
        **dict.fromkeys(("practise", "again"), ("done",)),
        "leave": ("tick", "done"),
    }
    """In which phases an action means something; what is not here always does."""

    def __init__(self, talk: Talk) -> None:
        super().__init__()
        self.talk = talk
        self.phase = "saving"
        self.ticking: Ticking | None = None
        self._queue: list[Open] = []
        self._asked_again = False
        self._todo: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())

    def compose(self) -> ComposeResult:
        """What was said beside, or in place of, the rubric; at the end one page."""
        yield Static(id="status", markup=False)
        with Horizontal(id="desk"):
            with VerticalScroll(id="body", can_focus=False):
                yield Static(id="text", classes="block", markup=False)
                yield Vertical(id="points")
            with VerticalScroll(id="said", can_focus=False):
                yield Static(id="words", classes="block", markup=False)
        yield Static(id="hints", markup=False)

    def on_mount(self) -> None:
        """The first rubric that is still to be gone through."""
        self._debrief(list(self.talk.left))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only what means something now."""
        if self.phase not in self.ACTIVE.get(action, (self.phase,)):
            return False
        return super().check_action(action, parameters)

    def _show(self, phase: str, *parts: str) -> None:
        self.phase = phase
        self.query_one("#points").display = "points" in parts
        self.query_one("#said").display = "said" in parts
        self.query_one("#body").display = "points" in parts or phase == "done"
        self._status()

    def _status(self) -> None:
        part = ""
        if self.phase == "tick" and self.ticking is not None:
            total = len(self.talk.interview.answered)
            part = f"rubric {total - len(self._queue) + 1} of {total} · {self.ticking.head()}"
        else:
            part = f"{self.talk.interview.at.astimezone(self.app.clock().tzinfo):%d %b %Y}, {self._spent()}"
        self.query_one("#status", Static).update(pages.status(None, part=part))

    def _spent(self) -> str:
        return report.minutes(self.talk.interview.seconds)

    @property
    def _width(self) -> int:
        """The columns of a text beside the scroll bar."""
        wide = self.phase == "tick" and self.size.width >= WIDE
        return min(100, self.size.width // (2 if wide else 1) - 4)

    # ---- the rubrics

    def _debrief(self, items: list[Open]) -> None:
        """One rubric after the other."""
        self._queue = items
        if not items:
            self._finish()
            return
        self._open_rubric(items[0])

    @work
    async def _open_rubric(self, item: Open) -> None:
        talk = self.talk
        questions = talk.interview.about(item.id)
        proposed = await asyncio.to_thread(proposals.propose, item, questions)
        kept = talk.interview.ticks.get(item.id)
        self.ticking = Ticking.of(item, proposed, kept.ticked if kept else None)
        self._asked_again = False
        points = self.query_one("#points")
        await points.remove_children()
        rows = [Static("", markup=False) for place in range(len(self.ticking.keys))]
        await points.mount_all(rows)
        self.query_one("#words", Static).update(pages.answers(questions))
        self.query_one("#text", Static).update(lines(bold(" ".join(item.prompt.split()))))
        self._view(False)
        self._draw_rubric()

    def _view(self, said: bool) -> None:
        wide = self.size.width >= WIDE
        self._show("tick", *(("points", "said") if wide else ("said",) if said else ("points",)))
        self.set_class(wide, "-beside")
        keys = (
            ("debrief.yes debrief.no", "said, not said"),
            ("debrief.accept", "accept all"),
            ("debrief.go", "done"),
        )
        view = () if wide else (("debrief.view", "rubric" if said else "answers"),)
        self.hint(*keys, *view, ("every.help", "help"), ("debrief.leave", "back"))

    def action_view(self) -> None:
        """What was said, and back; side by side there is nothing to change."""
        self._view(not self.query_one("#said").display)
        self._draw_rubric()

    def on_resize(self) -> None:
        """Side by side as soon as there is room."""
        self.set_class(self.size.height < pages.SHORT, "-small")
        if self.phase == "tick":
            self._view(self._reading())
            self._draw_rubric()
        elif self.phase == "done":
            self._finish(again=True)

    def _draw_rubric(self) -> None:
        ticking = self.ticking
        if ticking is None:
            return
        for place, row in enumerate(self.query("#points Static").results(Static)):
            row.update(ticking.row(place, self._width))
            if place == ticking.at:
                self.call_after_refresh(row.scroll_visible, animate=False)
        self._status()

    def _ticked(self, change: Callable[[Ticking], Any]) -> None:
        if self.ticking is not None:
            change(self.ticking)
            self._asked_again = False
            self._draw_rubric()

    def action_say(self, said: bool) -> None:
        """Confirm or refuse the point at the cursor."""
        self._ticked(lambda ticking: ticking.set(said))

    def action_tick(self) -> None:
        """The other way round."""
        self._ticked(lambda ticking: ticking.toggle())

    def action_accept(self) -> None:
        """Every proposal counts."""
        self._ticked(lambda ticking: ticking.accept())

    def action_go(self) -> None:
        """Done with this rubric; what is only proposed is left out, after a word about it."""
        if self.ticking is None:
            return
        if self.ticking.waiting and not self._asked_again:
            self._asked_again = True
            words = "proposed and not confirmed: a accepts, enter again leaves them out."
            self.notify(f"{self.ticking.waiting} {words}", timeout=5)
            return
        self.phase = "saving"
        self.app.clear_notifications()
        self._confirm(self.ticking)

    @work
    async def _confirm(self, ticking: Ticking) -> None:
        await asyncio.to_thread(self.talk.tick, ticking.item, ticking.ticked)
        self._debrief(self._queue[1:])

    # ---- the end

    @work
    async def _finish(self, *, again: bool = False) -> None:
        """The bands; again: only the width is another, and the place on the page stays."""
        talk = self.talk
        bank, interview = self.app.bank, talk.interview
        found = await asyncio.to_thread(review.judged, bank, interview)
        items = await asyncio.to_thread(review.practise, bank, found)
        claims = review.claims(bank, found)
        self._todo = (tuple(item.id for item in items), claims)
        self._show("done")
        width = self._width
        todo = pages.onward(len(items), claims, bank.claims, width)
        self.query_one("#text", Static).update(lines(pages.result(found, width), "", todo))
        if not again:
            self.query_one("#body").scroll_home(animate=False)
        proving = (("1" if len(claims) == 1 else f"1-{len(claims)}", "prove"),) if claims else ()
        practise = (("debrief.practise", "practise"),) if items else ()
        once_more = (("debrief.again", "rubrics again"),) if found else ()
        self.hint(*practise, *proving, *once_more, ("every.help", "help"), ("debrief.leave", "back"))

    def action_practise(self) -> None:
        """Study what was missing; the schedule stays as it is."""
        if self._todo[0]:
            self.phase = "saving"
            self._practise()

    @work
    async def _practise(self) -> None:
        from quizapp.ui.practice import PracticeScreen

        await asyncio.to_thread(self.app.learner.refresh)
        study = self.app.study(cram=True)
        study.only = frozenset(self._todo[0])
        self.phase = "done"
        self.app.push_screen(PracticeScreen(study))

    def action_again(self) -> None:
        """The rubrics once more, as they were confirmed; the newest word counts."""
        talk = self.talk
        items = [item for id_ in talk.interview.answered if (item := talk.item(id_)) is not None]
        if items:
            self._debrief(items)

    def press(self, key: str) -> bool:
        """Arrows and digits."""
        if self.phase == "tick" and self.ticking is not None and not self._reading():
            if key in ("up", "down", "j", "k"):
                self._ticked(lambda ticking: ticking.move(1 if key in ("down", "j") else -1))
                return True
            if key in "123456789" and int(key) <= len(self.ticking.keys):
                self._ticked(lambda ticking: ticking.toggle(int(key) - 1))
                return True
        if self.phase == "done" and key in "123456789" and int(key) <= len(self._todo[1]):
            self.app.open_prove(self._todo[1][int(key) - 1])
            return True
        return scroll(self.query_one("#said" if self._reading() else "#body"), key)

    def _reading(self) -> bool:
        """Whether what was said is all that is seen."""
        return not self.query_one("#body").display
