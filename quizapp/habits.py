"""What the answers so far say about the learner, besides memory: times, first answers, how fast they forget.

Pure functions of reviews and a clock; knows no store.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from statistics import median

from quizapp import schedule
from quizapp.forgetting import AGAIN, State, fsrs, speed
from quizapp.model import Item, Review

LONGEST = 900.0
"""Seconds one answer counts for at most: somebody went for a walk. No item asks for more."""
PACE_WEIGHT = 1200.0
"""How many seconds of answers the usual pace is worth."""
FIRST_RIGHT, FIRST_WEIGHT = 0.6, 10
"""The share of first answers that is right before any is known, and how many answers that is worth."""


@dataclass(frozen=True, kw_only=True)
class Habits:
    """What the answers so far say about the learner, besides memory."""

    seconds: Mapping[str, float] = field(default_factory=dict)
    """Item id -> the median time of the learner's own answers."""
    pace: float = 1.0
    """The learner's own time over the time that items ask for: what an item never seen will take."""
    first_right: float = FIRST_RIGHT
    """The share of first answers that is right, 0 to 1."""
    forgetting: float = 1.0
    """How fast recall falls: it is FSRS's to this power."""
    spent: float = 0.0
    """Seconds practised today."""


def habits(reviews: Sequence[Review], items: Mapping[str, Item], now: datetime) -> Habits:
    """What the answers say. `now` is in the learner's time zone; reviews are in order."""
    today = schedule.day_of(now, now.tzinfo)
    took: dict[str, list[float]] = {}
    right = 0
    for review in reviews:
        if review.item not in took:
            right += review.rating > AGAIN
        took.setdefault(review.item, []).append(min(max(review.seconds, 1.0), LONGEST))
    seconds = {item: median(times) for item, times in took.items()}
    there = [item for item in seconds if item in items]
    return Habits(
        seconds=seconds,
        pace=pace(sum(seconds[item] for item in there), sum(items[item].time_s for item in there)),
        first_right=first_right(right, len(took)),
        forgetting=speed(_looks(reviews)),
        spent=sum(
            min(max(review.seconds, 0.0), LONGEST)
            for review in reviews
            if schedule.day_of(review.at, now.tzinfo) == today
        ),
    )


def _looks(reviews: Iterable[Review]) -> Iterator[tuple[float, bool]]:
    """Every item seen again on another day: the recall FSRS predicted, and whether it was recalled."""
    known: dict[str, tuple[State, datetime]] = {}
    for review in reviews:
        if review.cram:
            continue
        if review.item not in known:
            known[review.item] = fsrs().first(review.rating), review.at
            continue
        state, last = known[review.item]
        days = max(0, (review.at - last).days)
        if days > 0:
            yield fsrs().recall(state.stability, days), review.rating > AGAIN
        known[review.item] = fsrs().after(state, days, review.rating), review.at


def pace(took: float, asked: float) -> float:
    """The seconds that items took over those they ask for, drawn to 1 while they are few."""
    return (took + PACE_WEIGHT) / (asked + PACE_WEIGHT)


def first_right(right: int, answered: int) -> float:
    """The share of first answers that is right, drawn to what is usual while they are few."""
    return (right + FIRST_RIGHT * FIRST_WEIGHT) / (answered + FIRST_WEIGHT)
