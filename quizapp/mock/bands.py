"""From ticks to a band, by the item's own words (`plus two of r4 to r6`), and what would lift it. Pure.

A band counts only what the learner confirmed. Each band needs the one below. A red flag holds an answer
below junior, because every item says so: it is what costs the interview.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from quizapp.model import Open
from quizapp.parts import Point

NONE = "not yet"
LADDER = (NONE, "junior", "senior", "staff")
"""The bands, lowest first."""
RULE = (
    "Each question's band follows its own rubric: every line of the ladder needs the one below, and a red "
    "flag holds it at “not yet”. Overall is the middle of the bands (of two, the lower), and at most one "
    "above the weakest."
)

_PART = re.compile(
    r"(?P<count>one|two|three|four|all|\d)?\s*(?:of\s+)?(?P<ids>r\d+(?:[\s,]*(?:to|-|–|and|or)?\s*r\d+)*)"
)
_COUNTS = {"one": 1, "two": 2, "three": 3, "four": 4}


@dataclass(frozen=True)
class Need:
    """So many of these points."""

    count: int
    points: tuple[str, ...]

    def met(self, ticked: Collection[str]) -> bool:
        """Whether they are there."""
        return len(set(self.points) & set(ticked)) >= self.count

    def missing(self, ticked: Collection[str]) -> int:
        """How many more it takes."""
        return max(0, self.count - len(set(self.points) & set(ticked)))


def needs(item: Open) -> dict[str, tuple[Need, ...]]:
    """Band -> what it takes beyond the band below it.

    From the sentences of the item; where one cannot be read: the musts, then half of the points of the level.
    """
    ids = [point.id for point in item.rubric]
    found = {}
    for band in LADDER[1:]:
        read = _read(getattr(item.bands, band), ids)
        found[band] = read or _usual(item, band)
    return found


def _read(words: str, ids: Sequence[str]) -> tuple[Need, ...]:
    """The needs a sentence names; none when it names no points, or points there are not."""
    read = []
    for part in _PART.finditer(words.lower()):
        points = _points(part["ids"], ids)
        if points is None:
            return ()
        either = re.search(r"\bor\b", part["ids"]) is not None
        count = part["count"] or ("one" if either else "all")
        wanted = len(points) if count == "all" else _COUNTS.get(count) or int(count)
        read.append(Need(min(wanted, len(points)), points))
    return tuple(read)


def _points(words: str, ids: Sequence[str]) -> tuple[str, ...] | None:
    """`r4 to r6`, `r4, r6` or `r4 and r5` as ids; None when there is no such point."""
    named = list(re.finditer(r"r\d+", words))
    chosen: list[str] = []
    for last, here in zip([None, *named], named, strict=False):
        if here[0] not in ids:
            return None
        if last is not None and re.fullmatch(r"\s*(?:to|-|–)\s*", words[last.end() : here.start()]):
            chosen += ids[ids.index(last[0]) + 1 : ids.index(here[0])]
        chosen.append(here[0])
    return tuple(dict.fromkeys(chosen))


def _usual(item: Open, band: str) -> tuple[Need, ...]:
    if band == "junior":
        musts = tuple(point.id for point in item.rubric if point.must)
        return (Need(len(musts), musts),)
    points = tuple(point.id for point in item.rubric if point.level == band and not point.must)
    return (Need((len(points) + 1) // 2, points),) if points else ()


def flags(item: Open, ticked: Collection[str]) -> tuple[str, ...]:
    """The red flags among the ticks, in words."""
    return tuple(flag.text for index, flag in enumerate(item.red_flags) if f"flag{index}" in ticked)


def band(item: Open, ticked: Collection[str]) -> str:
    """The highest band whose needs are met, and those of every band below."""
    reached = NONE
    if flags(item, ticked):
        return reached
    for name, wanted in needs(item).items():
        if not all(need.met(ticked) for need in wanted):
            break
        reached = name
    return reached


def next_band(item: Open, ticked: Collection[str]) -> str | None:
    """The band above; None at the top."""
    place = LADDER.index(band(item, ticked)) + 1
    return LADDER[place] if place < len(LADDER) else None


def lift(item: Open, ticked: Collection[str]) -> tuple[Point, ...]:
    """The points that would have lifted the answer by a band, the heaviest of those to choose from."""
    above = next_band(item, ticked)
    if above is None:
        return ()
    points = {point.id: point for point in item.rubric}
    wanted: list[str] = []
    for need in needs(item)[above]:
        open_ = [id_ for id_ in need.points if id_ not in ticked]
        heaviest = sorted(open_, key=lambda id_: -points[id_].weight)[: need.missing([*ticked, *wanted])]
        wanted += [id_ for id_ in heaviest if id_ not in wanted]
    return tuple(point for point in item.rubric if point.id in wanted)


def overall(bands: Sequence[str]) -> str:
    """One band for an interview: the middle (of two the lower), at most one above the weakest."""
    if not bands:
        return NONE
    places = sorted(LADDER.index(band) for band in bands)
    return LADDER[min(places[(len(places) - 1) // 2], places[0] + 1)]


def described(item: Open, name: str) -> str:
    """What a band takes, in the item's own words."""
    return str(getattr(item.bands, name, ""))
