"""What the schedule comes to: retention, reviews to come, mastery. Pure functions of reviews and a clock."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from quizapp import schedule
from quizapp.bank import Bank
from quizapp.marks import CLEAN, Marked
from quizapp.model import Item, Memory, Review
from quizapp.shares import Share, share

MATURE = timedelta(days=21)
"""An item that rested this long is mature, as in Anki."""
FORECAST_DAYS = 30
IN_REVIEW = 2
"""FSRS's state of an item that has left its learning steps."""


@dataclass(frozen=True, kw_only=True)
class Retained:
    """Reviews of learned items that were due, and what became of them."""

    recalled: Share
    """How many were recalled: rated better than `again`."""
    expected: float | None
    """The mean of what FSRS predicted at that moment, 0 to 1; below `desired` when reviews come late."""


@dataclass(frozen=True, kw_only=True)
class Retention:
    """True retention: of the items in review that were due, how many were recalled."""

    desired: float
    """What FSRS plans for."""
    all: Retained
    """Every such review."""
    young: Retained
    """After an interval below 21 days."""
    mature: Retained
    """After an interval of 21 days or more."""


@dataclass(frozen=True, kw_only=True)
class DueDay:
    """One day to come."""

    day: str
    """The learner's day, YYYY-MM-DD."""
    due: int
    """Items whose next review falls on it; the first day holds what is overdue too."""


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """When what is learned comes back, if nothing else is answered; neither new nor suspended items."""

    overdue: int
    """Items that were due before today; they are part of the first day."""
    days: tuple[DueDay, ...]
    """30 days from today."""
    later: int
    """Items that come back after that."""


@dataclass(frozen=True, kw_only=True)
class Mastery:
    """How much of something would be recalled now."""

    items: int
    """Its items in the bank."""
    seen: int
    """Those answered at least once."""
    recall: float
    """The mean over all its items of the recall FSRS predicts now; an unseen item counts as 0."""
    due: int
    """Items that are due."""


@dataclass(frozen=True, kw_only=True)
class Memories:
    """Everything that needs the schedule."""

    retention: Retention
    """Reviews that were due, and how many were recalled."""
    forecast: Forecast
    """Reviews to come."""
    topics: Mapping[str, Mastery]
    """By topic."""
    concepts: Mapping[str, Mastery]
    """By concept id; an item counts for every concept it names."""


def memories(
    reviews: Iterable[Review], bank: Bank, now: datetime, marked: Mapping[str, Marked] | None = None
) -> Memories:
    """What the schedule says. It replays every review: with 50,000 of them that takes seconds.

    now: in the learner's time zone. marked: what is on the items; suspended ones do not come back, and what
    is asleep is not due.
    """
    marked = marked or {}
    held: dict[str, Memory] = {}
    retention = _retention(reviews, held, now)
    known = {id_: memory for id_, memory in held.items() if id_ in bank.items}
    topics: dict[str, list[Item]] = defaultdict(list)
    concepts: dict[str, list[Item]] = {id_: [] for id_ in bank.concepts}
    for item in bank.items.values():
        topics[item.topic].append(item)
        for concept in dict.fromkeys(item.concepts):
            concepts.setdefault(concept, []).append(item)
    recalls = {id_: schedule.recall(memory, now) for id_, memory in known.items()}
    due = {
        id_
        for id_, memory in known.items()
        if schedule.is_due(memory, now) and not marked.get(id_, CLEAN).asleep(now)
    }
    awake = [memory for id_, memory in known.items() if not marked.get(id_, CLEAN).suspended]
    return Memories(
        retention=retention,
        forecast=forecast(awake, now),
        topics={topic: _mastery(items, recalls, due) for topic, items in sorted(topics.items())},
        concepts={id_: _mastery(items, recalls, due) for id_, items in concepts.items() if items},
    )


def _retention(reviews: Iterable[Review], held: dict[str, Memory], now: datetime) -> Retention:
    """True retention; `held` is filled with the memories as they stand."""
    found: dict[bool, list[tuple[bool, float]]] = {False: [], True: []}
    for review, before in schedule.replay(reviews, held):
        if before is None or before.state != IN_REVIEW:
            continue
        if schedule.is_due(before, review.at.astimezone(now.tzinfo)):
            mature = schedule.interval(before) >= MATURE
            found[mature].append((review.rating > 1, schedule.recall(before, review.at)))
    return Retention(
        desired=schedule.RETENTION,
        all=_retained(found[False] + found[True]),
        young=_retained(found[False]),
        mature=_retained(found[True]),
    )


def _retained(found: Sequence[tuple[bool, float]]) -> Retained:
    return Retained(
        recalled=share(sum(recalled for recalled, _ in found), len(found)),
        expected=sum(expected for _, expected in found) / len(found) if found else None,
    )


def forecast(known: Iterable[Memory], now: datetime) -> Forecast:
    """When memories fall due. Every memory is in exactly one of the days, or later."""
    today = schedule.day_of(now, now.tzinfo)
    counts: Counter[int] = Counter()
    overdue = later = 0
    for memory in known:
        # The app asks until the end of the day at 04:00, that minute included.
        ahead = (schedule.day_of(memory.due - timedelta.resolution, now.tzinfo) - today).days
        overdue += ahead < 0
        later += ahead >= FORECAST_DAYS
        counts[max(0, ahead)] += 1
    days = tuple(
        DueDay(day=(today + timedelta(days=ahead)).isoformat(), due=counts[ahead])
        for ahead in range(FORECAST_DAYS)
    )
    return Forecast(overdue=overdue, days=days, later=later)


def _mastery(items: Sequence[Item], recalls: Mapping[str, float], due: set[str]) -> Mastery:
    return Mastery(
        items=len(items),
        seen=sum(item.id in recalls for item in items),
        recall=sum(recalls.get(item.id, 0.0) for item in items) / len(items),
        due=sum(item.id in due for item in items),
    )
