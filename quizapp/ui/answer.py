"""One step of an item on the screen: its options with a cursor, or the place to type.

The state is plain and the drawing a function of it; keys come from the screen.
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
    picked: list[int] = field(default_factory=list)

    def takes(self, key: str) -> bool:
        """Whether a key means something here."""
        return key in PICKING_KEYS

    def press(self, key: str) -> bool:
        """Take a key; True when the step is complete.

        A digit answers a pick at once, toggles one of several, or appends to an order.
        """
        last = len(self.step.options) - 1
        if key in ("up", "k"):
            self.cursor = (self.cursor - 1) % (last + 1)
        elif key in ("down", "j"):
            self.cursor = (self.cursor + 1) % (last + 1)
        elif key == "backspace" and self.picked:
            self.picked.pop()
        elif key in DIGITS and int(key) - 1 <= last:
            self.cursor = int(key) - 1
            return self._take(self.cursor)
        elif key == "space":
            return self._take(self.cursor)
        elif key == "enter":
            if self.step.mode == "one":
                return self._take(self.cursor)
            left = [place for place in range(last + 1) if place not in self.picked]
            if self.step.mode == "rank" and len(left) == 1:
                self.picked += left  # where the last one goes is no question
            return self.complete
        return False

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
        for place in range(len(self.step.options)):
            rows.append(tap(self._row(place, width), str(place + 1)))
        if self.step.mode == "rank" and self.picked:
            so_far = "  ".join(f"{place}. {self._short(one)}" for place, one in enumerate(self.picked, 1))
            rows += [Content(""), Content.assemble(("So far: ", "bold"), so_far)]
        return lines(*rows)

    def _row(self, place: int, width: int) -> Content:
        option, here = self.step.options[place], place == self.cursor
        curve = f"{self.step.sketches[place]}  " if any(self.step.sketches) else ""
        head = f"{'›' if here else ' '} {place + 1} {self._mark(place)} {curve}"
        # Code keeps its lines; what does not fit is cut by the screen, not by us.
        parts = option.split("\n") if self.step.code else wrapped(option, max(10, width - len(head)))
        body = Content(("\n" + " " * (8 if self.step.code else len(head))).join(parts))
        return Content.assemble(head, body.stylize("bold") if here else body)

    def at(self, width: int) -> tuple[int, int]:
        """The line that the cursor is on, from 0, and how many lines it takes."""
        if self.step.passage:
            return 0, 1
        above = sum(self._height(place, width) for place in range(self.cursor))
        return len(wrapped(self._instruction(), width)) + above, self._height(self.cursor, width)

    def _height(self, place: int, width: int) -> int:
        return self._row(place, width).plain.count("\n") + 1

    def _short(self, place: int) -> str:
        return clipped(self.step.options[place], 24)

    def _mark(self, place: int) -> str:
        if self.step.mode == "rank":
            return f"({self.picked.index(place) + 1})" if place in self.picked else "( )"
        if self.step.mode == "many":
            return "[x]" if place in self.picked else "[ ]"
        return "•"

    def _instruction(self) -> str:
        extra = {
            "many": "digits or space to tick, enter when done",
            "rank": "digits in order, backspace takes back, enter when done",
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
