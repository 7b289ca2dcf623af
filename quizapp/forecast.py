"""What the plan comes to: day by day until the interview, by topic, and what has to be left out.

The days to come are played through with the plan's own choices. A look has the outcome to be expected,
not a drawn one, so the same answers always give the same forecast. Pure functions; knows no store.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from quizapp import plan, schedule
from quizapp.errors import QuizError
from quizapp.habits import Habits
from quizapp.model import Item, Memory
from quizapp.plan import Card, Load, Worth

GROUPS = ("kind", "level", "topic", "family")
"""What items are left out by."""
BLOCKS = 20
"""Days far ahead are played in blocks: each at most this part of what is left."""


@dataclass(frozen=True, kw_only=True)
class Stretch:
    """Days of practice that are much alike: one of them, or a few when the interview is far away."""

    day: str
    """The first of the learner's days, YYYY-MM-DD."""
    days: int
    """How many there are."""
    new: int
    """Items met for the first time, on all of them."""
    again: int
    """Items seen before."""
    minutes: float
    """What all of them take."""


@dataclass(frozen=True, kw_only=True)
class Glance:
    """Today, in few numbers."""

    days_left: int
    """Days to practise on, today among them."""
    stopped: float
    """Recall on the day if nothing more is practised, 0 to 1."""
    after_today: float
    """Recall on the day if today's load is done, and nothing after it."""
    load: Load
    """What there is to do today."""
    done: bool
    """Whether today's minutes are used up; the load is what could be done on top."""


@dataclass(frozen=True, kw_only=True)
class Recall:
    """The share of some items that is recalled on the day, 0 to 1; one never seen counts as 0."""

    items: int
    """How many items there are."""
    met: int
    """How many of them will have been seen by the day."""
    stopped: float
    """Recall on the day if nothing more is practised."""
    planned: float
    """Recall on the day with the plan."""


@dataclass(frozen=True, kw_only=True)
class LeftOut:
    """Items of one sort that the time is too short for."""

    by: str
    """kind, level, topic or family."""
    name: str
    """Which one."""
    items: int
    """How many are left out."""
    of: int
    """How many items of this sort there are."""
    minutes: float
    """What one look at each of them takes."""
    worth: float
    """Items recalled on the day for a minute spent on them, halfway to the day."""


@dataclass(frozen=True, kw_only=True)
class Shortfall:
    """What the time is too short for."""

    items: int
    """How many items are left out: they are new, and stay so."""
    minutes: float
    """What one look at each of them takes."""
    worth: float
    """Items recalled on the day for a minute spent on a new item that is in the plan; 0: none is."""
    needed: float
    """Minutes a day that one look at every new item takes at least."""
    groups: tuple[LeftOut, ...]
    """By kind, level, topic and family, in each the least worth first."""


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """Everything a learner may want to know of a plan."""

    day: str
    """The day of the interview, YYYY-MM-DD."""
    days_left: int
    """Days to practise on, today among them."""
    minutes: float
    """Minutes on each of them."""
    all: Recall
    """All items that were asked about."""
    now: float
    """Recall now."""
    after_today: float
    """Recall on the day if today's load is done, and nothing after it."""
    topics: Mapping[str, Recall]
    """By topic."""
    stretches: tuple[Stretch, ...]
    """What there is to do until then; the first one is what is left of today."""
    shortfall: Shortfall | None
    """What is left out; null: nothing is."""


def forecast(
    items: Iterable[Item],
    memories: Mapping[str, Memory],
    known: Habits,
    now: datetime,
    day: date,
    minutes: float,
) -> Forecast:
    """Play the plan through. Raises QuizError when there is nothing to plan with.

    now: in the learner's time zone.
    """
    left = plan.days_left(now, day)
    pool = _some(plan.cards(items, memories, known, now))
    start = [copy(card) for card in pool]
    worth = Worth(left, known.first_right, known.forgetting)
    stretches, after_today = _play(pool, worth, plan.left_today(known, minutes), minutes * 60, now)
    pairs = list(zip(start, pool, strict=True))
    topics = sorted({card.item.topic for card in pool})
    return Forecast(
        day=day.isoformat(),
        days_left=left,
        minutes=minutes,
        all=_recall(pairs, worth),
        now=_mean(
            schedule.recall(memory, now) ** known.forgetting
            if (memory := memories.get(card.item.id))
            else 0.0
            for card in start
        ),
        after_today=after_today,
        topics={
            name: _recall([pair for pair in pairs if pair[0].item.topic == name], worth) for name in topics
        },
        stretches=tuple(stretches),
        shortfall=_shortfall(pairs, worth),
    )


def glance(
    items: Iterable[Item],
    memories: Mapping[str, Memory],
    known: Habits,
    now: datetime,
    day: date,
    minutes: float,
) -> Glance:
    """Today alone, which is quick with thousands of items. Raises QuizError as `forecast` does."""
    worth = Worth(plan.days_left(now, day), known.first_right, known.forgetting)
    pool = _some(plan.cards(items, memories, known, now))
    stopped = _mean(map(worth.kept, pool))
    chosen = plan.choose(pool, 0, worth, plan.left_today(known, minutes), minutes * 60)
    load = plan.load(chosen)
    for card in chosen:
        worth.see(card, 0)
    return Glance(
        days_left=worth.day,
        stopped=stopped,
        after_today=_mean(map(worth.kept, pool)),
        load=load,
        done=known.spent > minutes * 60 - plan.NOTHING_LEFT,
    )


def _some(pool: list[Card]) -> list[Card]:
    if pool:
        return pool
    todo = "Select others, or leave the selection out."
    raise QuizError("no item is selected, so there is nothing to plan", todo)


def _play(
    pool: Sequence[Card], worth: Worth, budget: float, daily: float, now: datetime
) -> tuple[list[Stretch], float]:
    """Go through all days, and have the cards seen; also returns recall on the day after today's load alone.

    budget, daily: the seconds left today, and of every later day.
    """
    today = schedule.day_of(now, now.tzinfo)
    stretches: list[Stretch] = []
    at, after_today = 0, 0.0
    while at < worth.day:
        days = max(1, (worth.day - at) // BLOCKS) if at else 1
        chosen = plan.choose(pool, at, worth, days * daily if at else budget, daily, days)
        load = plan.load(chosen)
        day = (today + timedelta(days=at)).isoformat()
        stretches.append(
            Stretch(day=day, days=days, new=load.new, again=load.again, minutes=load.seconds / 60)
        )
        for card in chosen:
            worth.see(card, at)
        if at == 0:
            after_today = _mean(map(worth.kept, pool))
        at += days
    return stretches, after_today


def _mean(values: Iterable[float]) -> float:
    found = list(values)
    return sum(found) / len(found)


def _recall(pairs: Sequence[tuple[Card, Card]], worth: Worth) -> Recall:
    return Recall(
        items=len(pairs),
        met=sum(after.state is not None for _, after in pairs),
        stopped=_mean(worth.kept(before) for before, _ in pairs),
        planned=_mean(worth.kept(after) for _, after in pairs),
    )


def _shortfall(pairs: Sequence[tuple[Card, Card]], worth: Worth) -> Shortfall | None:
    """What is new and stays so, by every sort of item."""
    out = [before for before, after in pairs if after.state is None]
    if not out:
        return None
    halfway = worth.day - max(1, worth.day // 2)
    new = [before for before, _ in pairs if before.state is None]
    gains = {card.item.id: worth.gain(card, halfway) for card in new}
    groups = []
    for by in GROUPS:
        names = sorted({name for card in out if (name := getattr(card.item, by))})
        found = [_left_out(by, name, out, pairs, gains) for name in names]
        groups += sorted(found, key=lambda group: group.worth)
    left_out = {card.item.id for card in out}
    return Shortfall(
        items=len(out),
        minutes=sum(card.seconds for card in out) / 60,
        worth=_worth([card for card in new if card.item.id not in left_out], gains),
        needed=sum(card.seconds for card in new) / 60 / worth.day,
        groups=tuple(groups),
    )


def _left_out(
    by: str, name: str, out: Sequence[Card], pairs: Sequence[tuple[Card, Card]], gains: Mapping[str, float]
) -> LeftOut:
    """The items of one sort that are left out."""
    mine = [card for card in out if getattr(card.item, by) == name]
    return LeftOut(
        by=by,
        name=name,
        items=len(mine),
        of=sum(getattr(before.item, by) == name for before, _ in pairs),
        minutes=sum(card.seconds for card in mine) / 60,
        worth=_worth(mine, gains),
    )


def _worth(some: Sequence[Card], gains: Mapping[str, float]) -> float:
    """What these cards gain a minute."""
    seconds = sum(card.seconds for card in some)
    return 60 * sum(gains[card.item.id] for card in some) / seconds if some else 0.0
