"""A rubric to go through: what is proposed, what is confirmed, and how a point is drawn."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from textual.content import Content

from quizapp.interviews import RULES
from quizapp.mock import proposals
from quizapp.mock.proposals import Proposal
from quizapp.model import Open
from quizapp.ui.look import dim, hang, lines

SIGNS = {True: "[x]", False: "[ ]", None: "[?]"}
"""Said, not said, and proposed: neither until somebody confirms it."""


@dataclass
class Ticking:
    """The points of one item, with the cursor. A point that is only proposed counts as not said."""

    item: Open
    proposed: Mapping[str, Proposal]
    at: int = 0
    state: dict[str, bool | None] = field(default_factory=dict)

    @classmethod
    def of(
        cls, item: Open, proposed: Mapping[str, Proposal], confirmed: Iterable[str] | None = None
    ) -> Ticking:
        """A rubric to begin with, or one that was gone through before."""
        made = cls(item, proposed)
        for key in made.keys:
            made.state[key] = (None if key in proposed else False) if confirmed is None else key in confirmed
        made.at = next((place for place, key in enumerate(made.keys) if made.state[key] is None), 0)
        return made

    @property
    def keys(self) -> tuple[str, ...]:
        """What can be ticked, in order."""
        return proposals.keys(self.item)

    @property
    def here(self) -> str:
        """The key at the cursor."""
        return self.keys[self.at]

    @property
    def ticked(self) -> list[str]:
        """What was confirmed."""
        return [key for key in self.keys if self.state[key]]

    @property
    def waiting(self) -> int:
        """How many proposals nobody has looked at."""
        return sum(state is None for state in self.state.values())

    def move(self, by: int) -> None:
        """The cursor, up or down."""
        self.at = max(0, min(len(self.keys) - 1, self.at + by))

    def set(self, said: bool) -> None:
        """Say so of the point at the cursor, and go to the next that is proposed, if there is one."""
        self.state[self.here] = said
        after = [*range(self.at + 1, len(self.keys)), *range(self.at)]
        self.at = next((place for place in after if self.state[self.keys[place]] is None), self.at)

    def toggle(self, place: int | None = None) -> None:
        """The other way round; a proposal becomes a tick."""
        self.at = self.at if place is None else place
        self.state[self.here] = not self.state[self.here]

    def accept(self) -> None:
        """Every proposal, at once."""
        for key, state in self.state.items():
            self.state[key] = True if state is None else state

    # ---- drawing

    def head(self) -> str:
        """How far one is."""
        said = sum(not key.startswith("flag") for key in self.ticked)
        open_ = f", {self.waiting} proposed" if self.waiting else ""
        return f"{said} of {len(self.item.rubric)} points{open_}"

    def row(self, place: int, width: int) -> Content:
        """One point, with what speaks for it."""
        key = self.keys[place]
        cursor = "› " if place == self.at else "  "
        state = self.state[key]
        text = Content(proposals.meaning(self.item, key))
        label = Content.assemble(cursor, (f"{SIGNS[state]} {place + 1:>2} ", "bold" if state else ""))
        shown = hang(label, self._level(key) + (text.stylize("bold") if place == self.at else text), width)
        found = self.proposed.get(key)
        return shown if found is None or state is False else lines(shown, hang(" " * 9, heard(found), width))

    def _level(self, key: str) -> Content:
        if key.startswith("flag"):
            return Content.styled("! red flag  ", "bold $text-error")
        point = next(point for point in self.item.rubric if point.id == key)
        return dim(f"{point.level}{', must' if point.must else ''}  ")


def heard(found: Proposal) -> Content:
    """The words a proposal goes by, in their sentence."""
    who = "you wrote" if found.asker == RULES else f"suggested by the model {found.asker}, from"
    quote = found.quote if len(found.quote) <= 160 else _around(found)
    shown = Content(quote)
    low = quote.casefold()
    at = 0
    for word in found.words:
        at = low.find(word.casefold(), at)
        if at < 0:
            break
        shown = shown.stylize("bold underline", at, at + len(word))
        at += len(word)
    return Content.assemble((f"{who} “", "dim"), shown, ("”", "dim"))


def _around(found: Proposal) -> str:
    """A long sentence, cut to the words and some of what is beside them."""
    low = found.quote.casefold()
    first = max(0, low.find(found.words[0].casefold()))
    last = low.find(found.words[-1].casefold(), first)
    start, stop = max(0, first - 40), min(len(found.quote), max(last, first) + 60)
    return f"{'…' if start else ''}{found.quote[start:stop][:240]}{'…' if stop < len(found.quote) else ''}"
