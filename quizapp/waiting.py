"""What waits to be asked: due and new, how much, and until when. Pure; knows no store and no screen."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from quizapp import schedule
from quizapp.model import Item, Memory


@dataclass(frozen=True, kw_only=True)
class Count:
    """How much there is to do in one topic."""

    due: int = 0
    new: int = 0
    learned: int = 0


@dataclass(frozen=True, kw_only=True)
class Left:
    """What is to be asked today, and what the limits of a day leave for later."""

    due: int
    new: int
    due_over: int
    new_over: int


@dataclass(frozen=True)
class Waiting:
    """The items that could be asked, whatever the limits of a day."""

    due: Sequence[Item]
    """The longest due first."""
    new: Sequence[Item]
    """The easiest first."""
    until: datetime
    """When this may become another, if nothing is answered: something falls due, or a day ends."""


def waiting(
    pool: Iterable[Item], memories: Mapping[str, Memory], now: datetime, missed: Container[str] = ()
) -> Waiting:
    """What of a pool waits. missed: items that are left out. now: in the learner's time zone.

    One pass over everything there is, which takes its time with thousands of items: see who calls it.
    """
    ends = until = schedule.day_end(now)
    due: list[tuple[datetime, Item]] = []
    new: list[Item] = []
    for item in pool:
        memory = memories.get(item.id)
        if item.id in missed:
            continue
        if memory is None:
            new.append(item)
        elif schedule.is_due(memory, now, ends):
            due.append((memory.due, item))
        elif now < memory.due < until:
            until = memory.due
    due.sort(key=lambda pair: pair[0])
    new.sort(key=lambda item: item.difficulty)
    return Waiting([item for _, item in due], new, until)


def counted(
    items: Iterable[Item], memories: Mapping[str, Memory], asleep: Container[str], now: datetime
) -> dict[str, Count]:
    """Topic -> what is due, new and learned. asleep: items that practice leaves out."""
    ends = schedule.day_end(now)
    found: dict[str, list[int]] = {}
    for item in items:
        row = found.setdefault(item.topic, [0, 0, 0])
        memory, awake = memories.get(item.id), item.id not in asleep
        row[0] += awake and memory is not None and schedule.is_due(memory, now, ends)
        row[1] += awake and memory is None
        row[2] += memory is not None
    return {topic: Count(due=due, new=new, learned=learned) for topic, (due, new, learned) in found.items()}
