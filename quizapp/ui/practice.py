"""Practice: one item at a time, from question to rating. An answer is on disk before the reveal."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from textual import work
from textual.binding import Binding, BindingType
from textual.widgets import Static

from quizapp import model
from quizapp.answered import Answered, typed
from quizapp.errors import QuizError
from quizapp.marks import said, taken_back
from quizapp.model import Item
from quizapp.study import Study
from quizapp.ui.asking import Asking
from quizapp.ui.closing import closing
from quizapp.ui.feedback import as_shown, feedback, filled
from quizapp.ui.look import bold, dim, lines, scroll
from quizapp.ui.marks import Pen, mark_bindings, mark_hint
from quizapp.ui.question import status

if TYPE_CHECKING:
    from quizapp.marks import MarkKind


T = TypeVar("T")

RATING_KEYS = ("1", "2", "3", "4")
WIDEST = 96
"""Characters in a line at the end of a sitting."""


class PracticeScreen(Asking):
    """A sitting. Phases: ask, sure, saving as in Asking; told (feedback), done."""

    KEYS = (
        ("1-9", "pick; tick; or the next in an order"),
        ("up / down", "move the cursor, or scroll the feedback"),
        ("enter, space", "take the option at the cursor; turn a card"),
        ("backspace", "take the last pick back"),
        ("1-5 when asked", "how sure you are: 50, 60, 75, 90, 99%; enter: do not say"),
        ("1-4 after it", "again, hard, good, easy: change the proposed rating and go on"),
    )
    FIXED = (*Asking.FIXED, "pageup", "pagedown")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,space", "next", "after an answer: the next one", id="practice.next", show=False),
        Binding(
            *("u,ctrl+z", "undo", "undo the last answer or mark, also the last of the sitting"),
            id="practice.undo",
            show=False,
        ),
        Binding("shift+tab", "back", "back to the step before", id="practice.back", show=False),
        Binding(
            "shift+up,K", "move(-1)", "in an order: move this line up", id="practice.earlier", show=False
        ),
        Binding("shift+down,J", "move(1)", "in an order: move it down", id="practice.later", show=False),
        *mark_bindings("practice"),
        Binding("p", "prove", "put the item's claim to the test", id="practice.prove", show=False),
        Binding(
            *("o", "overrule", "turn the judgement of a typed answer around"),
            id="practice.overrule",
            show=False,
        ),
        Binding("escape", "leave", "home", id="practice.leave", show=False),
    ]
    STEP_BACK = ("practice.back", "step back")
    MOVE = ("practice.earlier practice.later", "move")
    WAYS_OUT = (("practice.undo", "undo last"), ("practice.leave", "home"))
    ACTIVE: ClassVar[dict[str, tuple[str, ...]]] = {
        "next": ("told",),
        "prove": ("told",),
        "back": ("ask", "sure"),
        "overrule": ("told",),
        "mark": ("ask", "sure", "rate", "told"),
        "undo": ("ask", "sure", "rate", "told", "done"),
        "leave": ("ask", "sure", "rate", "told", "done"),
    }
    """In which phases an action means something; what is not here always does."""

    def __init__(self, study: Study) -> None:
        super().__init__()
        self.study = study
        self.answered: Answered | None = None
        self._pen = Pen(self, study.marking)
        self._aside: list[Item] = []
        """Items that were suspended or buried in place of an answer: undoing that asks them again."""

    def on_mount(self) -> None:
        """Ask the first item; what the plan asks comes after it."""
        self._go_on()
        if self.study.settings.interview is not None:
            self._follow()

    @work
    async def _follow(self) -> None:
        """Follow the plan, which takes a moment to make."""
        planned = await asyncio.to_thread(import_module, "quizapp.planned")
        await self._changed(planned.follow, self.study)
        if self.item is None and not self.study.answers:
            self._go_on()
        elif self.item is not None:
            self.show_status()

    def on_screen_resume(self) -> None:
        """Something may have been measured meanwhile; that is read once there is something to look at."""
        self.call_after_refresh(self._know)

    @work(exclusive=True, group="know")
    async def _know(self) -> None:
        """Learn what was measured: from now on items come up that ask for it."""
        numbers = await asyncio.to_thread(self.app.numbers)
        if numbers != self.study.numbers:  # else everything would be looked through again
            self.study.numbers = numbers
            await asyncio.to_thread(self.study.left)
        for name in ("fsrs", "quizapp.sitting"):  # so that neither the first answer nor the end waits for it
            await asyncio.to_thread(import_module, name)
        if self.item is None and not self.study.answers:
            self._ask(self.study.next())

    # ---- asking

    def _go_on(self) -> None:
        """Ask what is next, unless the time is up."""
        self._ask(None if self.study.time_is_up else self.study.next())

    def _ask(self, item: Item | None) -> None:
        self.answered = None
        memory = self.study.memories.get(item.id) if item else None
        self.begin(item, salt=str(memory.reps if memory else 0))
        if item is None:
            self._finish()

    def show_status(self) -> None:
        """The line above the page."""
        self.query_one("#status", Static).update(status(self.study, self.item))

    def turn(self, card: model.Card) -> None:
        """Show the back; the learner's own rating is the answer."""
        self.phase = "rate"
        points = [dim(f"  ☐ {point}") for point in card.grade_yourself]
        self.page.feedback(lines(bold(card.back), "", *points))
        self.hint(("1", "again"), ("2", "hard"), ("3", "good"), ("4", "easy"), ("practice.leave", "home"))

    # ---- the answer

    def answer(self, reply: Any) -> None:  # noqa: ANN401 - by kind
        """Keep it, then tell."""
        before, self.phase = self.phase, "saving"
        self._keep(reply, before)

    @work
    async def _keep(self, reply: object, before: str) -> None:
        """Write the answer, then reveal. before: the phase in which it can be given again."""
        with self._or_said(before):
            self.answered = await self._changed(
                self.study.answer, self.at_hand, reply, self.confidence, self.spent
            )
            if isinstance(self.item, model.Card) and not self.answered.slips:
                self._go_on()
            else:
                self._tell()
        if self.phase == "ask" and len(self.replies) == len(self.steps):  # a rubric: its ticks are a step
            self.replies.pop()
            self._show_step()

    @contextmanager
    def _or_said(self, before: str) -> Iterator[None]:
        """What cannot be kept, as on a full disk, is said, and can be tried again from the phase before."""
        try:
            yield
        except QuizError as error:
            self.notify(str(error), severity="error", markup=False)
            self.phase = before

    async def _changed(self, change: Callable[..., T], *given: Any) -> T:  # noqa: ANN401 - what `change` takes
        """Change the sitting in a thread: a commit can take 20 ms, and so can finding out what is next."""

        def changed() -> T:
            done = change(*given)
            self.study.left()
            return done

        return await asyncio.to_thread(changed)

    def _tell(self) -> None:
        """Right or wrong, and why."""
        assert self.answered is not None
        self.phase = "told"
        self.show_status()
        self.page.answer("")
        if isinstance(self.item, model.Cloze):
            self.page.question(filled(self.item))
        note = self.study.marking.of(self.at_hand.id).note
        testable = self._claim() is not None
        shown = as_shown(self.answered, self.steps)
        self.page.feedback(
            feedback(
                shown,
                self.confidence,
                self.study.bank.items,
                note=note,
                cram=self.study.cram,
                testable=testable,
            )
        )
        prove = (("practice.prove", "prove it"),) if testable else ()
        if typed(self.at_hand):
            prove = (("practice.overrule", "overrule"), *prove)
        ends = (mark_hint("practice"), ("practice.leave", "home"))
        change = ("1-4", "rating")
        self.hint(("practice.next", "next"), change, ("practice.undo", "undo"), *prove, *ends)
        self.page.outcome()

    def on_resize(self) -> None:
        """What is read from its beginning stays so."""
        if self.phase == "told" and not self.page.scroll_offset.y:
            self.page.outcome()

    def _claim(self) -> str | None:
        """The first claim of the item that can be put to the test."""
        known = self.app.bank.claims
        return next((id_ for id_ in self.at_hand.claims if id_ in known and known[id_].checks), None)

    # ---- the end of the sitting

    def _finish(self) -> None:
        self.phase = "done"
        self.show_status()
        self.page.line(shown=False)
        self.page.question(closing(self.study, min(WIDEST, self.size.width - 4)))
        self.page.answer("")
        more = (("practice.next", "go on"),) if self.study.time_is_up else ()
        self.hint(*more, ("practice.undo", "undo the last answer"), ("practice.leave", "home"))

    # ---- keys

    def press(self, key: str) -> bool:
        """The keys that answer, by phase."""
        if super().press(key):
            return True
        if self.phase == "rate" and key in RATING_KEYS:
            self.replies = [int(key)]
            self.answer(int(key))
        elif self.phase == "told" and key in RATING_KEYS:
            self.phase = "saving"
            self._rerate(int(key))
        else:
            return self.phase in ("told", "done") and scroll(self.page, key)
        return True

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool:
        """Whether a named action means something in this phase."""
        if action == "next" and self.phase == "done":
            return self.study.time_is_up
        if action == "overrule" and not (self.item and typed(self.item)):
            return False
        if action == "move":
            return self.orders
        if action == "back" and not self.can_go_back:
            return False
        return self.phase in self.ACTIVE.get(action, (self.phase,)) and (
            action != "prove" or self._claim() is not None
        )

    def action_next(self) -> None:
        """From the feedback to the next item; from the end of the time on for as long again."""
        if self.phase == "done":
            self.study.go_on()
        self._go_on()

    def action_prove(self) -> None:
        """Put the item's claim to the test."""
        if claim := self._claim():
            self.app.open_prove(claim)

    def action_overrule(self) -> None:
        """Turn the judgement around, and the rating with it."""
        self.phase = "saving"
        self._overrule()

    @work
    async def _overrule(self) -> None:
        with self._or_said("told"):
            self.answered = await self._changed(self.study.overrule)
            self._tell()

    @work
    async def _rerate(self, rating: int) -> None:
        before = self.answered
        with self._or_said("told"):
            self.answered = await self._changed(self.study.rerate, rating)
            if self.answered.slips and not (before and before.slips):
                self._tell()
            else:
                self._go_on()

    def action_undo(self) -> None:
        """Take the last answer back and ask it again; or the last mark, if that came after it."""
        before, self.phase = self.phase, "saving"
        self._undo(before)

    @work
    async def _undo(self, phase: str) -> None:
        with self._or_said(phase):
            await self._take_back(phase)

    async def _take_back(self, phase: str) -> None:
        mark = await self._pen.undo(len(self.study.answers))
        if mark is None and phase == "told" and (before := await self._changed(self.study.restore)):
            self.answered = before
            self._tell()
            return
        if mark is None and self.study.answers:
            self._ask(await self._changed(self.study.undo))
            return
        await asyncio.to_thread(self.study.left)
        self.phase = phase
        self.notify(taken_back(mark) if mark else "Nothing to undo in this sitting.", timeout=3)
        if mark and mark.kind != "flag" and self._aside and self._aside[-1].id == mark.item:
            self._ask(self._aside.pop())
        self.show_status()

    def action_leave(self) -> None:
        """Home, with a word when that is in the middle."""
        if (count := len(self.study.answers)) and self.phase != "done":
            self.app.notify(f"{count} answered, all of it kept.", timeout=3)
        self.app.leave()

    # ---- marks

    def action_mark(self, kind: MarkKind) -> None:
        """Suspend, bury, flag or note the item."""
        aside = self.phase if kind in ("suspend", "bury") and self.phase != "told" else ""
        self.phase = "saving" if aside else self.phase
        self._mark(self.at_hand, kind, aside)

    @work
    async def _mark(self, item: Item, kind: MarkKind, aside: str) -> None:
        """Keep a mark. aside: the phase in which it puts the item aside; empty when it does not."""
        if not await self._pen.put(item.id, kind, len(self.study.answers)):
            self.phase = aside or self.phase
            return
        await asyncio.to_thread(self.study.left)
        self.notify(said(kind, bool(self.study.marking.of(item.id).value(kind))), timeout=3)
        if aside:
            self._aside.append(item)
            self._go_on()
        self.show_status()
