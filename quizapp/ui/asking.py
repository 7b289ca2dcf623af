"""Taking one item from its question to a reply: step by step, then how sure one is, before anything is told.

What a reply is good for is the business of the screens that ask this way.
"""

from __future__ import annotations

import time
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Input, Static

from quizapp import model
from quizapp.model import Item
from quizapp.steps import Step, amiss, given, steps
from quizapp.study import CONFIDENCES
from quizapp.ui.answer import PICKING_KEYS, Picking, trail
from quizapp.ui.keyed import Keyed
from quizapp.ui.look import bold, dim, lines, scroll, tap
from quizapp.ui.page import Page
from quizapp.ui.question import asked

PAGES = ("pageup", "pagedown")
SURE_KEYS = ("1", "2", "3", "4", "5", "enter", "space")


class Asking(Keyed[None]):
    """A screen that asks. Phases: ask (a step), sure (how confident), rate (a card), saving (no key)."""

    AUTO_FOCUS = ""
    FIXED: ClassVar[tuple[str, ...]] = PICKING_KEYS
    WAYS_OUT: ClassVar[tuple[tuple[str, str], ...]] = ()
    """Hints shown with every step; the last of them also where one says how sure one is."""

    STEP_BACK: ClassVar[tuple[str, str] | None] = None
    """The hint for going one step back, if the screen has a key for it."""

    MOVE: ClassVar[tuple[str, str] | None] = None
    """The hint for moving the line at the cursor of an order, if the screen has keys for it."""

    def __init__(self) -> None:
        super().__init__()
        self.phase = "ask"
        self.item: Item | None = None
        self.steps: tuple[Step, ...] = ()
        self.replies: list[Any] = []
        self.picking: Picking | None = None
        self.confidence: float | None = None
        self.asked_at = 0.0
        self.spent = 0.0

    def compose(self) -> ComposeResult:
        """Status, page, keys."""
        yield Static(id="status", markup=False)
        yield Page()
        yield Static(id="hints", markup=False)

    @property
    def page(self) -> Page:
        """Where the item is shown."""
        return self.query_one(Page)

    @property
    def at_hand(self) -> Item:
        """The item being asked. There is one in every phase but done."""
        assert self.item is not None
        return self.item

    # ---- what the screens that ask do with it

    def answer(self, reply: Any) -> None:  # noqa: ANN401 - by kind
        """Something was answered, in the shape that grading wants."""
        raise NotImplementedError

    def turn(self, card: model.Card) -> None:
        """A card, whose answer is the learner's own rating, is to be turned."""
        raise NotImplementedError

    def show_status(self) -> None:
        """Draw the line above the page."""

    # ---- step by step

    def begin(self, item: Item | None, salt: str = "") -> None:
        """Ask an item; none: clear the page. salt: what the order of the options depends on."""
        self.item = item
        self.replies, self.confidence = [], None
        self.page.feedback("")
        self.page.top()
        if item is not None:
            self.steps = steps(item, salt=salt)
            self.page.question(asked(item))
            self.asked_at = time.monotonic()
            self._show_step()

    def _show_step(self, before: Any = None) -> None:  # noqa: ANN401 - by mode
        """Draw the step that is next, or ask for confidence when there is none.

        before: what was replied to it, where one comes back to it.
        """
        if len(self.replies) == len(self.steps):
            if isinstance(self.item, model.Open):  # asked before the rubric was opened
                self.answer(given(self.item, self.steps, self.replies))
            else:
                self._ask_confidence()
            return
        step = self.steps[len(self.replies)]
        self.phase = "ask"
        self.picking = None
        if step.options:
            self.picking = Picking(step) if before is None else Picking.again(step, before)
        self.show_status()
        self.page.line(before or "", shown=step.mode == "text")
        if isinstance(self.item, model.Cloze):
            self.page.question(asked(self.item, self.replies))
        self._draw()
        how = {"text": ("enter", "take it"), "reveal": ("space", "turn it")}.get(step.mode, ("1-9", "pick"))
        back = (self.STEP_BACK,) if self.STEP_BACK and self.replies and self.can_go_back else ()
        move = (self.MOVE,) if self.MOVE and step.mode == "rank" else ()
        self.hint(how, *move, *back, *self.WAYS_OUT, typing=step.mode == "text")

    def _draw(self, *, follow: bool = False) -> None:
        """What was replied so far, and what there is to pick from. follow: keep the cursor in sight."""
        width = self.page.room
        so_far = [] if isinstance(self.item, model.Cloze) else trail(self.steps, self.replies, width)
        if len(self.replies) == len(self.steps) or self.phase == "sure":
            self.page.answer(lines(*so_far) if so_far else "")
            return
        step = self.steps[len(self.replies)]
        at_hand = self.picking.draw(width) if self.picking else bold(step.prompt)
        above = lines(*so_far, "") if so_far else Content("")
        self.page.answer(lines(*([above] if so_far else []), at_hand))
        if follow and self.picking:
            line, count = self.picking.at(width)
            self.page.see(line + (above.plain.count("\n") + 1 if so_far else 0), count)

    def on_resize(self) -> None:
        """Lines are as long as the screen is wide."""
        if self.item is not None and self.phase in ("ask", "sure"):
            self._draw(follow=self.picking is not None and self.picking.begun)
        if self.phase in ("sure", "rate"):  # what is asked last is at the end
            self.page.bottom()

    def _take(self, reply: Any) -> None:  # noqa: ANN401 - by mode
        """A step is complete."""
        self.replies.append(reply)
        self.page.feedback("")
        if isinstance(self.item, model.Open) and len(self.replies) == 1:
            self._ask_confidence()  # before anything is told
            return
        self._show_step()

    # ---- confidence, before anything is revealed

    def _ask_confidence(self) -> None:
        self.phase = "sure"
        self.spent = time.monotonic() - self.asked_at
        self.page.line(shown=False)
        if isinstance(self.item, model.Cloze):
            self.page.question(asked(self.item, self.replies))
        self._draw()
        scale = Content("   ").join(
            [tap(Content(f"{key} {value:.0%}"), str(key)) for key, value in enumerate(CONFIDENCES, 1)]
        )
        self.page.feedback(lines(bold("How sure are you?"), scale))
        self.hint(("1-5", "how sure"), ("enter", "do not say"), *self.WAYS_OUT[-1:])
        self.page.bottom()

    def _sure(self, key: str) -> None:
        self.confidence = CONFIDENCES[int(key) - 1] if key.isdigit() else None
        if isinstance(self.item, model.Card):
            self.turn(self.item)
        elif isinstance(self.item, model.Open) and len(self.replies) == 1:
            self.page.question(asked(self.item, opened=True))
            self.page.feedback("")
            self._show_step()
        else:
            self.answer(given(self.at_hand, self.steps, self.replies))

    # ---- keys

    def press(self, key: str) -> bool:
        """The keys that answer, by phase."""
        if self.typing:
            return False
        if self.phase == "ask":
            return self._press_ask(key)
        if self.phase == "sure" and key in SURE_KEYS:
            self._sure(key)
            return True
        return False

    def _press_ask(self, key: str) -> bool:
        step = self.steps[len(self.replies)]
        if step.mode == "reveal" and key in ("space", "enter"):
            self._take(None)
        elif self.picking is not None and self.picking.takes(key):
            if self.picking.press(key):
                self._take(self.picking.reply)
            else:
                self._draw(follow=True)
        else:
            return key in PAGES and scroll(self.page, key)
        return True

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """A typed reply; what is none is not taken, and it says why."""
        if self.phase != "ask":
            return
        if event.value.strip() and (wanted := amiss(self.steps, self.replies, event.value)):
            self.page.feedback(dim(wanted))
        elif event.value.strip():
            self._take(event.value.strip())

    @property
    def can_go_back(self) -> bool:
        """Whether there is a step to go back to; a rubric that was opened stays open."""
        return bool(self.replies) and not isinstance(self.item, model.Open)

    def action_back(self) -> None:
        """From a step, or from the question how sure one is, back to the step before."""
        if not self.can_go_back:
            return
        last = self.replies.pop()
        self.page.feedback("")
        self._show_step(last)

    @property
    def orders(self) -> bool:
        """Whether something is being put in order."""
        return self.phase == "ask" and self.picking is not None and self.picking.step.mode == "rank"

    def action_move(self, by: int) -> None:
        """Move the line at the cursor of an order."""
        if self.picking is not None and self.orders:
            self.picking.move(by)
            self._draw(follow=True)
