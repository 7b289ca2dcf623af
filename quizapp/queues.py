"""Whose turn it is: the next of the items that a sitting may ask. Pure; knows no store and no screen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from quizapp.model import Item, Memory

APART = 3
"""So many others come between two of one family, and before what was missed returns, if there are any."""


@dataclass(frozen=True, kw_only=True)
class Queues:
    """What a sitting would still ask. An item is in one of them; the first that can give one does."""

    returning: Sequence[Item] = ()
    """Missed in this sitting, with enough others since."""
    urgent: Sequence[Item] = ()
    """Due, and the newest answer was wrong by somebody who was sure."""
    due: Sequence[Item] = ()
    new: Sequence[Item] = ()
    waiting: Sequence[Item] = ()
    """Missed a moment ago: asked only when nothing else is left."""

    @property
    def tiers(self) -> tuple[Sequence[Item], ...]:
        """All of them, in the order in which they are asked."""
        return (self.returning, self.urgent, self.due, self.new, self.waiting)

    @property
    def again(self) -> int:
        """How many there are that were seen before."""
        return sum(map(len, self.tiers)) - len(self.new)


def pick(queues: Queues, asked: Sequence[Item], *, mixed: bool = True) -> Item | None:
    """The next item; asked: those of this sitting so far.

    The first queue wins that has an item whose family was not asked just now; mixed: topics take turns in it.
    When all that is left is too near, the family that rested longest is asked.
    """
    last = asked[-1] if asked else None
    turns = {item.topic: place for place, item in enumerate(asked)} if mixed else {}
    families = {item.family for item in asked[-APART:] if item.family}
    for tier in queues.tiers:
        apart = [
            item for item in tier if item.family not in families and (last is None or item.id != last.id)
        ]
        if apart:
            return min(apart, key=lambda item: turns.get(item.topic, -1))
    rest = [item for tier in queues.tiers for item in tier]
    return max(rest, key=lambda item: _rested(item, asked), default=None)


def _rested(item: Item, asked: Sequence[Item]) -> int:
    """How many items ago it, or one of its family, was asked."""
    for ago, other in enumerate(reversed(asked)):
        if other.id == item.id or (item.family and item.family == other.family):
            return ago
    return len(asked)


def interleaved(items: Iterable[Item]) -> list[Item]:
    """The items with their topics taken in turn; within a topic they stay in order."""
    by_topic: dict[str, list[Item]] = {}
    for item in items:
        by_topic.setdefault(item.topic, []).append(item)
    turns = max((len(queue) for queue in by_topic.values()), default=0)
    return [queue[turn] for turn in range(turns) for queue in by_topic.values() if turn < len(queue)]


def forgotten(memory: Memory | None, now: datetime) -> float:
    """Grows as recall falls: the time since the last answer over the stability. Never answered: infinite.

    FSRS's recall is a falling function of this ratio alone, so that no curve is needed to put items in order.
    """
    if memory is None:
        return float("inf")
    return max(0.0, (now - memory.last).total_seconds()) / max(memory.stability, 1e-9)
