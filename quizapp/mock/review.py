"""What came of an interview: the bands, what would have lifted them, and what to practise next. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from quizapp import terms
from quizapp.bank import Bank
from quizapp.interviews import Interview, Question
from quizapp.mock import bands
from quizapp.model import Item, Open
from quizapp.parts import Point

MOST_ITEMS = 8
MOST_CLAIMS = 3
EACH = 3
"""Items for each reason to practise them."""


@dataclass(frozen=True, kw_only=True)
class Lift:
    """A point that would have lifted an answer, in a sentence one could have said."""

    point: Point
    sentence: str
    spoken: bool
    """The sentence stands in a model answer of the item; otherwise it is the point itself."""


@dataclass(frozen=True, kw_only=True)
class Judged:
    """One item of an interview, with what its answers earned."""

    item: Open
    questions: tuple[Question, ...]
    ticked: tuple[str, ...]
    band: str
    above: str | None
    lifts: tuple[Lift, ...]
    flags: tuple[str, ...]

    @property
    def said(self) -> int:
        """How many points were made."""
        return sum(point.id in self.ticked for point in self.item.rubric)


def judged(bank: Bank, interview: Interview) -> tuple[Judged, ...]:
    """Every item that was gone through and is still in the question files."""
    found = []
    for id_ in interview.answered:
        item, ticks = bank.items.get(id_), interview.ticks.get(id_)
        if isinstance(item, Open) and ticks is not None:
            found.append(_judged(item, interview.about(id_), ticks.ticked))
    return tuple(found)


def _judged(item: Open, questions: tuple[Question, ...], ticked: tuple[str, ...]) -> Judged:
    above = bands.next_band(item, ticked)
    return Judged(
        item=item,
        questions=questions,
        ticked=ticked,
        band=bands.band(item, ticked),
        above=above,
        lifts=tuple(_lift(item, point, above or "") for point in bands.lift(item, ticked)),
        flags=bands.flags(item, ticked),
    )


def _lift(item: Open, point: Point, above: str) -> Lift:
    """The sentence of a model answer that makes the point, from the band it belongs to first."""
    order = dict.fromkeys((above, point.level, "senior", "staff", "junior"))
    for level in order:
        said = str(getattr(item.model_answers, level, ""))
        heard = terms.hear(said, point.terms) if point.terms else None
        if heard is not None:
            return Lift(point=point, sentence=_whole(said, heard), spoken=True)
    return Lift(point=point, sentence=point.text, spoken=False)


def _whole(text: str, heard: terms.Heard) -> str:
    """The sentence with the sign it ends in."""
    start, end = heard.sentence
    return " ".join(text[start : end + (text[end : end + 1] in (".", "!", "?"))].split())


def overall(found: Sequence[Judged]) -> str:
    """The band of the whole interview."""
    return bands.overall([one.band for one in found])


def weakest_first(found: Sequence[Judged]) -> list[Judged]:
    """The items, those first where most is to be gained."""
    return sorted(found, key=lambda one: (bands.LADDER.index(one.band), -len(one.lifts)))


def practise(bank: Bank, found: Sequence[Judged]) -> tuple[Item, ...]:
    """Items to practise: on the beliefs behind red flags, then named follow-ups, then the same ideas."""
    chosen: dict[str, Item] = {}
    others = [item for item in bank.items.values() if not isinstance(item, Open)]
    for one in weakest_first(found):
        for about in (_against_flags, _named, _same_idea, _same_claim):
            fitting = [item for item in others if about(one, item)]
            chosen.update((item.id, item) for item in fitting[:EACH])
        if len(chosen) >= MOST_ITEMS:
            break
    return tuple(chosen.values())[:MOST_ITEMS]


def _against_flags(one: Judged, item: Item) -> bool:
    shown = [flag for index, flag in enumerate(one.item.red_flags) if f"flag{index}" in one.ticked]
    return bool({flag.misconception for flag in shown} & _beliefs(item))


def _named(one: Judged, item: Item) -> bool:
    return item.id in one.item.followups


def _same_idea(one: Judged, item: Item) -> bool:
    return item.concepts[0] == one.item.concepts[0]


def _same_claim(one: Judged, item: Item) -> bool:
    return bool(set(item.claims) & set(one.item.claims))


def _beliefs(item: Item) -> set[str]:
    parts = [
        part for name in ("options", "reasons", "fixes", "spans", "traps") for part in getattr(item, name, ())
    ]
    return {part.misconception for part in parts if part.misconception}


def claims(bank: Bank, found: Sequence[Judged]) -> tuple[str, ...]:
    """Ids of claims to prove next: those that can be put to the test, of the weakest answers first."""
    ids = [id_ for one in weakest_first(found) for id_ in one.item.claims]
    testable = [id_ for id_ in dict.fromkeys(ids) if id_ in bank.claims and bank.claims[id_].checks]
    return tuple(testable[:MOST_CLAIMS])
