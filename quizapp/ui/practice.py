"""Practice: one item at a time, from question to rating. An answer is on disk before the reveal."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

from textual import work
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.events import Key
from textual.screen import Screen
from textual.widgets import Input, Static

from quizapp import model
from quizapp.model import Item
from quizapp.steps import Step, given, steps
from quizapp.study import CONFIDENCES, Answered, Study
from quizapp.ui.answer import Picking
from quizapp.ui.feedback import closing, feedback, filled
from quizapp.ui.look import bold, dim, keys, lines, scroll
from quizapp.ui.marks import HELP, MARK_KEYS, Pen, said, taken_back
from quizapp.ui.question import asked, status

if TYPE_CHECKING:
    from quizapp.marks import MarkKind
    from quizapp.ui.app import QuizApp


RATING_KEYS = ("1", "2", "3", "4")


class PracticeScreen(Screen[None]):
    """A sitting. Phases: ask (a step), sure (how confident), rate (a card), told (feedback), done."""

    app: QuizApp
    AUTO_FOCUS = ""
    KEYS = (
        ("1-9", "pick; tick; or the next in an order"),
        ("up / down", "move the cursor, or scroll the feedback"),
        ("enter, space", "take the option at the cursor; turn a card; go on"),
        ("1-5 when asked", "how sure you are: 50, 60, 75, 90, 99%; enter: do not say"),
        ("1-4 after it", "again, hard, good, easy: change the proposed rating and go on"),
        ("u or ctrl+z", "undo the last answer or mark, also the last of the sitting"),
        *HELP,
        ("p", "prove it: put the item's claim to the test"),
        ("escape", "home"),
    )
    BINDINGS = [("escape", "leave", "home"), ("ctrl+z", "undo", "undo")]  # noqa: RUF012 - Textual's own form

    def __init__(self, study: Study) -> None:
        super().__init__()
        self.study = study
        self.phase = "ask"
        self.item: Item | None = None
        self.steps: tuple[Step, ...] = ()
        self.replies: list[Any] = []
        self.picking: Picking | None = None
        self.confidence: float | None = None
        self.answered: Answered | None = None
        self.asked_at = 0.0
        self.spent = 0.0
        self._pen = Pen(self, study.marking)
        self._aside: list[Item] = []
        """Items that were suspended or buried in place of an answer: undoing that asks them again."""

    def compose(self) -> ComposeResult:
        """Question above, what to do about it below."""
        yield Static(id="status", markup=False)
        with VerticalScroll(id="body", can_focus=False):
            yield Static(id="question", classes="block", markup=False)
            yield Static(id="answer", classes="block", markup=False)
            yield Input(id="typed", select_on_focus=False)
            yield Static(id="feedback", classes="block", markup=False)
        yield Static(id="hints", markup=False)

    def on_mount(self) -> None:
        """Ask the first item."""
        self._ask(self.study.next())

    def on_screen_resume(self) -> None:
        """Something may have been measured meanwhile."""
        self._know()

    @work(exclusive=True, group="know")
    async def _know(self) -> None:
        """Learn what was measured: from now on items come up that ask for it."""
        self.study.numbers = await asyncio.to_thread(self.app.numbers)
        if self.item is None and not self.study.answers:
            self._ask(self.study.next())

    # ---- asking

    def _ask(self, item: Item | None) -> None:
        self.item = item
        self.replies, self.confidence, self.answered = [], None, None
        self.query_one("#feedback", Static).update("")
        self.query_one("#body").scroll_home(animate=False)
        if item is None:
            self._finish()
            return
        memory = self.study.memories.get(item.id)
        self.steps = steps(item, salt=str(memory.reps if memory else 0))
        self.query_one("#question", Static).update(asked(item))
        self.asked_at = time.monotonic()
        self._show_step()

    def _show_step(self) -> None:
        """Draw the step that is next, or ask for confidence when there is none."""
        if len(self.replies) == len(self.steps):
            if isinstance(self.item, model.Open):  # asked before the rubric was opened
                self._answer(given(self.item, self.steps, self.replies))
            else:
                self._ask_confidence()
            return
        step = self.steps[len(self.replies)]
        self.phase = "ask"
        self.picking = Picking(step) if step.options else None
        self._status()
        typing = step.mode == "text"
        typed = self.query_one("#typed", Input)
        typed.display = typing
        self._show_answer(self.picking.draw() if self.picking else bold(step.prompt))
        if typing:
            typed.value = ""
            typed.focus()
            self._hint(("enter", "take it"), ("ctrl+z", "undo last"), ("escape", "home"))
        else:
            self.set_focus(None)
            turn = ("space", "turn it") if step.mode == "reveal" else ("1-9", "pick")
            self._hint(turn, ("u", "undo last"), ("escape", "home"), ("?", "help"))

    def _status(self) -> None:
        self.query_one("#status", Static).update(status(self.study, self.item))

    def _show_answer(self, content: Content | str) -> None:
        answer = self.query_one("#answer", Static)
        answer.display = bool(content)
        answer.update(content)

    def _hint(self, *pairs: tuple[str, str]) -> None:
        self.query_one("#hints", Static).update(keys(*pairs))

    def _take(self, reply: Any) -> None:  # noqa: ANN401 - by mode
        """A step is complete."""
        self.replies.append(reply)
        if isinstance(self.item, model.Open) and len(self.replies) == 1:
            self.query_one("#question", Static).update(asked(self.item, opened=True))
            self._ask_confidence()
            return
        self._show_step()

    # ---- confidence, before anything is revealed

    def _ask_confidence(self) -> None:
        self.phase = "sure"
        self.spent = time.monotonic() - self.asked_at
        self.query_one("#typed", Input).display = False
        self.set_focus(None)
        if self.picking is not None:
            self._show_answer(self.picking.draw())
        scale = "   ".join(f"{key} {value:.0%}" for key, value in enumerate(CONFIDENCES, 1))
        self.query_one("#feedback", Static).update(lines(bold("How sure are you?"), scale))
        self._hint(("1-5", "how sure"), ("enter", "do not say"), ("escape", "home"))
        self.call_after_refresh(self.query_one("#body").scroll_end, animate=False)

    def _sure(self, key: str) -> None:
        self.confidence = CONFIDENCES[int(key) - 1] if key.isdigit() else None
        if isinstance(self.item, model.Card):
            self._turn(self.item)
        elif isinstance(self.item, model.Open) and len(self.replies) == 1:
            self.query_one("#feedback", Static).update("")
            self._show_step()
        else:
            self._answer(given(self._at_hand(), self.steps, self.replies))

    def _at_hand(self) -> Item:
        """The item being asked. There is one in every phase but done."""
        assert self.item is not None
        return self.item

    def _turn(self, card: model.Card) -> None:
        """Show the back; the learner's own rating is the answer."""
        self.phase = "rate"
        points = [dim(f"  ☐ {point}") for point in card.grade_yourself]
        self.query_one("#feedback", Static).update(lines(bold(card.back), "", *points))
        self._hint(("1", "again"), ("2", "hard"), ("3", "good"), ("4", "easy"), ("escape", "home"))

    # ---- the answer

    def _answer(self, reply: Any) -> None:  # noqa: ANN401 - by kind
        self.phase = "saving"
        self._keep(reply)

    @work
    async def _keep(self, reply: object) -> None:
        """Write the answer in a thread (a commit can take 20 ms), then reveal."""
        self.answered = await asyncio.to_thread(
            self.study.answer, self._at_hand(), reply, self.confidence, self.spent
        )
        if isinstance(self.item, model.Card):
            self._ask(self.study.next())
            return
        self._tell()

    def _tell(self) -> None:
        """Right or wrong, and why."""
        assert self.answered is not None
        self.phase = "told"
        self._status()
        self._show_answer("")
        if isinstance(self.item, model.Cloze):
            self.query_one("#question", Static).update(filled(self.item))
        note = self.study.marking.of(self._at_hand().id).note
        self.query_one("#feedback", Static).update(feedback(self.answered, self.confidence, note=note))
        prove = (("p", "prove it"),) if self._claim() else ()
        marks = (("s b f n", "mark"), ("escape", "home"))
        self._hint(("enter", "next"), ("1-4", "change rating"), ("u", "undo"), *prove, *marks)
        self.query_one("#body").scroll_home(animate=False)

    def _claim(self) -> str | None:
        """The first claim of the item that can be put to the test."""
        known = self.app.bank.claims
        return next((id_ for id_ in self._at_hand().claims if id_ in known and known[id_].checks), None)

    # ---- the end of the sitting

    def _finish(self) -> None:
        self.phase = "done"
        self._status()
        self.query_one("#typed", Input).display = False
        self.set_focus(None)
        self.query_one("#question", Static).update(closing(self.study))
        self._show_answer("")
        self._hint(("u", "undo the last answer"), ("escape", "home"))

    # ---- keys

    def on_key(self, event: Key) -> None:
        """Every key, by phase. What is not ours goes on to the bindings (escape, and enter while typing)."""
        key = event.key
        phases = {
            "ask": self._key_ask,
            "sure": self._key_sure,
            "rate": self._key_rate,
            "told": self._key_told,
        }
        if self.query_one("#typed").has_focus:
            return
        if key == "question_mark":
            self.app.action_help()
        elif key == "u":
            self.action_undo()
        elif self.phase not in phases or not (phases[self.phase](key) or self._key_mark(key)):
            return
        event.stop()

    def _key_ask(self, key: str) -> bool:
        step = self.steps[len(self.replies)]
        if step.mode == "reveal" and key in ("space", "enter"):
            self._take(None)
        elif self.picking is not None and self.picking.takes(key):
            if self.picking.press(key):
                self._take(self.picking.reply)
            else:
                self._show_answer(self.picking.draw())
        else:
            return False
        return True

    def _key_sure(self, key: str) -> bool:
        if key not in ("1", "2", "3", "4", "5", "enter", "space"):
            return False
        self._sure(key)
        return True

    def _key_rate(self, key: str) -> bool:
        if key not in RATING_KEYS:
            return False
        self.replies = [int(key)]
        self._answer(int(key))
        return True

    def _key_told(self, key: str) -> bool:
        if key in ("enter", "space"):
            self._ask(self.study.next())
        elif key in RATING_KEYS:
            self.phase = "saving"
            self._rerate(int(key))
        elif key == "p" and (claim := self._claim()):
            self.app.open_prove(claim)
        else:
            return scroll(self.query_one("#body"), key)
        return True

    @work
    async def _rerate(self, rating: int) -> None:
        await asyncio.to_thread(self.study.rerate, rating)
        self._ask(self.study.next())

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """A typed reply; an empty one is not taken."""
        if event.value.strip() and self.phase == "ask":
            self._take(event.value.strip())

    def action_undo(self) -> None:
        """Take the last answer back and ask it again; or the last mark, if that came after it."""
        if self.phase != "saving":
            before, self.phase = self.phase, "saving"
            self._undo(before)

    @work
    async def _undo(self, phase: str) -> None:
        mark = await self._pen.undo(len(self.study.answers))
        if mark is None and self.study.answers:
            self._ask(await asyncio.to_thread(self.study.undo))
            return
        self.phase = phase
        self.notify(taken_back(mark) if mark else "Nothing to undo in this sitting.", timeout=3)
        if mark and mark.kind != "flag" and self._aside and self._aside[-1].id == mark.item:
            self._ask(self._aside.pop())
        self._status()

    # ---- marks

    def _key_mark(self, key: str) -> bool:
        if kind := MARK_KEYS.get(key):
            aside = self.phase if kind in ("suspend", "bury") and self.phase != "told" else ""
            self.phase = "saving" if aside else self.phase
            self._mark(self._at_hand(), kind, aside)
        return kind is not None

    @work
    async def _mark(self, item: Item, kind: MarkKind, aside: str) -> None:
        """Keep a mark. aside: the phase in which it puts the item aside; empty when it does not."""
        if not await self._pen.put(item.id, kind, len(self.study.answers)):
            self.phase = aside or self.phase
            return
        self.notify(said(kind, bool(self.study.marking.of(item.id).value(kind))), timeout=3)
        if aside:
            self._aside.append(item)
            self._ask(self.study.next())
        self._status()

    def action_leave(self) -> None:
        """Home; everything answered is kept."""
        if self.phase != "saving":
            self.app.leave()
