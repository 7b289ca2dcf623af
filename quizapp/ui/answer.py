"""One step of an item on the screen: its options with a cursor, or the place to type.

An order is made by moving its lines, or by picking them one after the other. The state is plain and the
drawing a function of it; keys come from the screen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from textual.content import Content

from quizapp.figures import clipped, wrapped
from quizapp.steps import Step
from quizapp.ui.look import dim, lines, tap

DIGITS = ("1", "2", "3", "4", "5", "6", "7", "8", "9")
PICKING_KEYS = ("up", "k", "down", "j", "backspace", "space", "enter", *DIGITS)


@dataclass
class Picking:
    """What has been picked so far in one step."""

    step: Step
    cursor: int = 0
    """The option it is on, wherever that is shown."""
    picked: list[int] = field(default_factory=list)

    @classmethod
    def again(cls, step: Step, reply: Any) -> Picking:  # noqa: ANN401 - by mode
        """A step that was replied to before."""
        picked = [reply] if step.mode == "one" else list(reply)
        return cls(step, cursor=picked[0] if picked else 0, picked=picked if step.mode != "one" else [])

    def takes(self, key: str) -> bool:
        """Whether a key means something here."""
        return key in PICKING_KEYS

    def press(self, key: str) -> bool:
        """Take a key; True when the step is complete.

        A digit answers a pick at once, toggles one of several, or appends to an order.
        """
        if key in ("up", "k"):
            self._step_by(-1)
        elif key in ("down", "j"):
            self._step_by(1)
        elif key == "backspace" and self.picked:
            self.picked.pop()
        elif key in DIGITS and int(key) <= len(self.step.options):
            self.cursor = int(key) - 1
            return self._take(self.cursor)
        elif key == "space":
            return self._take(self.cursor)
        elif key == "enter":
            return self._take(self.cursor) if self.step.mode == "one" else self._done()
        return False

    @property
    def shown(self) -> list[int]:
        """The options from top to bottom: what is in an order already comes first."""
        every = range(len(self.step.options))
        if self.step.mode != "rank":
            return list(every)
        return [*self.picked, *(place for place in every if place not in self.picked)]

    def _step_by(self, by: int) -> None:
        shown = self.shown
        self.cursor = shown[(shown.index(self.cursor) + by) % len(shown)]

    def move(self, by: int) -> None:
        """Move the line at the cursor up or down an order; from then on all lines are in it."""
        shown = self.shown
        at = shown.index(self.cursor)
        to = max(0, min(len(shown) - 1, at + by))
        shown.insert(to, shown.pop(at))
        self.picked = shown

    def _done(self) -> bool:
        """Whether that is all. An order of which nothing was said is first numbered as it is shown."""
        left = len(self.step.options) - len(self.picked)
        if self.step.mode == "rank" and (left == 1 or not self.picked):
            self.picked = self.shown  # where the last one goes is no question
            return left == 1
        return self.complete

    def _take(self, place: int) -> bool:
        if self.step.mode == "one":
            self.picked = [place]
            return True
        if place in self.picked:
            self.picked.remove(place)
        else:
            self.picked.append(place)
        return False

    @property
    def begun(self) -> bool:
        """Whether anything was done yet."""
        return bool(self.cursor or self.picked)

    @property
    def complete(self) -> bool:
        """Whether the step can be left: an order needs every option, and some picks at least one."""
        if self.step.mode == "rank":
            return len(self.picked) == len(self.step.options)
        return len(self.picked) >= self.step.least

    @property
    def reply(self) -> int | list[int]:
        """What steps.given() wants."""
        return self.picked[0] if self.step.mode == "one" else list(self.picked)

    def draw(self, width: int) -> Content:
        """The options, the cursor, and what is picked, in lines of at most `width` characters."""
        rows: list[Content | str] = [dim(line) for line in wrapped(self._instruction(), width)]
        if self.step.passage:
            return lines(*rows, passage(self.step, self.cursor))
        rows += [tap(self._row(place, width), str(place + 1)) for place in self.shown]
        return lines(*rows)

    def _row(self, place: int, width: int) -> Content:
        option, here = self.step.options[place], place == self.cursor
        curve = f"{self.step.sketches[place]}  " if any(self.step.sketches) else ""
        ranks = self.step.mode == "rank" and place in self.picked
        key, mark = (str(place + 1), "dim" if ranks else ""), (self._mark(place), "bold" if ranks else "")
        head = Content.assemble("› " if here else "  ", key, " ", mark, f" {curve}")
        # Code keeps its lines; what does not fit is cut by the screen, not by us.
        parts = option.split("\n") if self.step.code else wrapped(option, max(10, width - len(head)))
        body = Content(("\n" + " " * (8 if self.step.code else len(head))).join(parts))
        return Content.assemble(head, body.stylize("bold") if here else body)

    def at(self, width: int) -> tuple[int, int]:
        """The line that the cursor is on, from 0, and how many lines it takes."""
        if self.step.passage:
            return 0, 1
        shown = self.shown
        above = sum(self._height(place, width) for place in shown[: shown.index(self.cursor)])
        return len(wrapped(self._instruction(), width)) + above, self._height(self.cursor, width)

    def _height(self, place: int, width: int) -> int:
        return self._row(place, width).plain.count("\n") + 1

    def _mark(self, place: int) -> str:
        if self.step.mode == "rank":
            return f"({self.picked.index(place) + 1})" if place in self.picked else "( )"
        if self.step.mode == "many":
            return "[x]" if place in self.picked else "[ ]"
        return "•"

    def _instruction(self) -> str:
        extra = {
            "many": "digits or space to tick, enter when done",
            "rank": "move the lines, or press digits in order; enter when done",
        }
        how = "up and down, enter takes it" if self.step.passage else extra.get(self.step.mode)
        return f"{self.step.prompt} ({how})" if how else self.step.prompt


def passage(step: Step, at: int, *, style: str = "reverse") -> Content:
    """The sentences of a text, numbered, with one of them marked."""
    found = []
    for place, sentence in enumerate(step.options):
        here = place == at
        body = Content.styled(sentence, style) if here else Content(sentence)
        number = Content.styled(f"{'›' if here else ' '}{place + 1} ", "bold" if here else "dim")
        found.append(tap(Content.assemble(number, body), str(place + 1)))
    return Content(" ").join(found)


def trail(taken: Sequence[Step], replies: Sequence[Any], width: int) -> list[Content | str]:
    """What was replied to the steps so far, a line for each."""
    rows: list[Content | str] = []
    for step, reply in zip(taken, replies, strict=False):
        if step.mode == "reveal":
            continue
        if step.passage:
            rows.append(passage(step, reply, style="underline"))
            continue
        if step.mode == "text":
            said = str(reply)
        else:
            picked = [reply] if step.mode == "one" else reply
            said = ", ".join(step.options[place].strip().partition("\n")[0] for place in picked)
        asked = step.prompt.partition(" (")[0] if step.numeric else step.prompt.rstrip("?")
        asked = clipped(asked, max(10, width - min(len(said), width // 2) - 2))
        said = clipped(said, max(10, width - len(asked) - 2))
        rows.append(Content.assemble((f"{asked}: ", "dim"), said))
    return rows
