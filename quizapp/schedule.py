"""When to ask again: py-fsrs behind one pure function. No clock, no I/O."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta, tzinfo
from functools import cache
from typing import Any

from quizapp.model import Memory, Review

RATINGS = {1: "again", 2: "hard", 3: "good", 4: "easy"}
RETENTION = 0.9
DAY_STARTS = time(4, 0)
"""Somebody who practises after midnight is still on yesterday's day."""


@cache
def _scheduler() -> Any:  # noqa: ANN401 - fsrs has no types and is imported late
    from fsrs import Scheduler

    # Fuzz draws from the global generator; without it the same answers give the same plan.
    return Scheduler(desired_retention=RETENTION, enable_fuzzing=False)


def weights() -> tuple[float, ...]:
    """The 21 weights of FSRS that the schedule uses."""
    return tuple(_scheduler().parameters)


def review(item: str, memory: Memory | None, rating: int, now: datetime) -> Memory:
    """The memory of an item after a rating (1 to 4) at `now`, which must be in UTC."""
    from fsrs import Card, Rating, State

    if memory is None:
        card = Card(card_id=1, due=now)  # an id of its own: without one fsrs sleeps for a millisecond
    else:
        card = Card(
            card_id=1,
            state=State(memory.state),
            step=memory.step,
            stability=memory.stability,
            difficulty=memory.difficulty,
            due=memory.due,
            last_review=memory.last,
        )
    after, _ = _scheduler().review_card(card, Rating(rating), now)
    lapsed = memory is not None and memory.state == State.Review and rating == 1
    return Memory(
        item=item,
        stability=after.stability,
        difficulty=after.difficulty,
        due=after.due,
        last=now,
        state=int(after.state),
        step=after.step,
        reps=(memory.reps if memory else 0) + 1,
        lapses=(memory.lapses if memory else 0) + lapsed,
    )


def fold(reviews: Iterable[Review]) -> dict[str, Memory]:
    """Item id -> memory, from reviews in the order they happened; what was crammed leaves no trace."""
    memories: dict[str, Memory] = {}
    for _ in replay(reviews, memories):
        pass
    return memories


def replay(reviews: Iterable[Review], memories: dict[str, Memory]) -> Iterator[tuple[Review, Memory | None]]:
    """Every review with the memory of its item before it; `memories` is filled as `fold` would."""
    for done in reviews:
        if done.cram:
            continue
        before = memories.get(done.item)
        memories[done.item] = review(done.item, before, done.rating, done.at)
        yield done, before


def recall(memory: Memory, now: datetime) -> float:
    """The chance of recall now, 0 to 1, as FSRS predicts it: by whole days since the last time."""
    from fsrs import Card

    card = Card(card_id=1, stability=memory.stability, due=memory.due, last_review=memory.last)
    return float(_scheduler().get_card_retrievability(card, now))


def day_end(now: datetime) -> datetime:
    """The end of the learner's day: the next 04:00 in the time zone of `now`."""
    today = now.replace(hour=DAY_STARTS.hour, minute=0, second=0, microsecond=0)
    return today if now < today else today + timedelta(days=1)


def day_of(at: datetime, zone: tzinfo | None) -> date:
    """The learner's day that a moment belongs to, in a time zone: until 04:00 it is still the day before."""
    return (at.astimezone(zone) - timedelta(hours=DAY_STARTS.hour)).date()


def is_due(memory: Memory, now: datetime, ends: datetime | None = None) -> bool:
    """Learning steps count in minutes, everything else in whole days. `now` is in the learner's zone.

    ends: the end of the day, for who asks about thousands.
    """
    learning = memory.state != 2
    return memory.due <= (now if learning else ends or day_end(now))


def interval(memory: Memory) -> timedelta:
    """How long until the item comes back."""
    return memory.due - memory.last
