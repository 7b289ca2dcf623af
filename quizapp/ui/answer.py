"""One step of an item on the screen: its options with a cursor, or the place to type.

The state is plain and the drawing a function of it; keys come from the screen.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from textual.content import Content

from quizapp.steps import Step
from quizapp.ui.look import dim, lines

DIGITS = ("1", "2", "3", "4", "5", "6", "7", "8", "9")


@dataclass
class Picking:
    """What has been picked so far in one step."""

    step: Step
    cursor: int = 0
    picked: list[int] = field(default_factory=list)

    def takes(self, key: str) -> bool:
        """Whether a key means something here."""
        return key in ("up", "k", "down", "j", "backspace", "space", "enter") or key in DIGITS

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
        """Whether the step can be left: an order needs every option."""
        return self.step.mode != "rank" or len(self.picked) == len(self.step.options)

    @property
    def reply(self) -> int | list[int]:
        """What steps.given() wants."""
        return self.picked[0] if self.step.mode == "one" else list(self.picked)

    def draw(self) -> Content:
        """The options, the cursor, and what is picked."""
        rows = [dim(self._instruction())]
        for place, option in enumerate(self.step.options):
            mark = self._mark(place)
            here = place == self.cursor
            body = Content(option).stylize("bold") if here else Content(option)
            indented = Content("\n" + " " * 7).join(body.split("\n")) if "\n" in option else body
            rows.append(Content.assemble("›" if here else " ", f" {place + 1} ", mark, " ", indented))
        return lines(*rows)

    def _mark(self, place: int) -> str:
        if self.step.mode == "rank":
            return f"({self.picked.index(place) + 1})" if place in self.picked else "( )"
        if self.step.mode == "many":
            return "[x]" if place in self.picked else "[ ]"
        return "•"

    def _instruction(self) -> str:
        extra = {
            "many": "digits or space to tick, enter when done",
            "rank": "digits in order, enter when done",
        }
        how = extra.get(self.step.mode)
        return f"{self.step.prompt} ({how})" if how else self.step.prompt
