"""What to ask next, answering, changing a rating, undoing. Knows no Textual."""

from __future__ import annotations

import json
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from quizapp import schedule
from quizapp.bank import Bank
from quizapp.grade import Numbers, grade, unknown_numbers
from quizapp.marking import Marking
from quizapp.model import Card, Grade, Item, Memory, Review
from quizapp.store import Store

NEW_PER_DAY = 20
CONFIDENCES = (0.5, 0.6, 0.75, 0.9, 0.99)
"""What the keys 1 to 5 say, before the answer is shown."""


@dataclass(frozen=True, kw_only=True)
class Answered:
    """What came of one answer."""

    item: Item
    grade: Grade
    rating: int
    review: int
    memory: Memory


@dataclass(frozen=True, kw_only=True)
class Count:
    """How much there is to do in one topic."""

    due: int = 0
    new: int = 0
    learned: int = 0


def propose(item: Item, judged: Grade, given: Any, confidence: float | None, seconds: float) -> int:  # noqa: ANN401
    """The FSRS rating an answer deserves; the learner may change it."""
    if isinstance(item, Card):
        return int(given)
    if not judged.correct:
        return 1
    if confidence is not None and confidence < 0.7:
        return 2
    return 4 if confidence is not None and confidence >= 0.99 and seconds <= item.time_s / 2 else 3


class Study:
    """The learner's day: counts, the next item, and the answers, written as they come.

    Suspended and buried items are neither counted as due or new nor asked.
    now: the clock, in the learner's time zone.
    """

    def __init__(
        self,
        bank: Bank,
        store: Store,
        now: Callable[[], datetime],
        *,
        topic: str | None = None,
        numbers: Numbers | None = None,
    ) -> None:
        self.bank = bank
        self.store = store
        self.topic = topic
        self.only: AbstractSet[str] | None = None
        """The items this sitting asks, as a query selected them; None: all of them."""
        self.marking = Marking(store, now)
        self.numbers: Numbers = numbers or {}
        self._now = now
        self._last: Item | None = None
        self._answers: list[Answered] = []
        self._again: list[str] = []
        """Items answered wrong in this sitting, oldest first: they come back before it ends."""
        self._refold()

    def _refold(self) -> None:
        reviews = self.store.reviews()
        self.memories = schedule.fold(reviews)
        newest = {review.item: review.correct for review in reviews}
        self.wrong = {item for item, correct in newest.items() if not correct}
        """Items whose newest answer was wrong."""
        end = schedule.day_end(self._now())
        self._introduced = _introduced_today(reviews, end)

    # ---- what there is to do

    def now(self) -> datetime:
        """The time, in the learner's time zone."""
        return self._now()

    def _pool(self) -> list[Item]:
        return [
            item
            for item in self.bank.items.values()
            if self.topic in (None, item.topic) and (self.only is None or item.id in self.only)
        ]

    def awake(self) -> list[Item]:
        """What this sitting may ask, now or later: neither suspended nor buried."""
        now = self._now()
        return [item for item in self._pool() if not self.marking.asleep(item.id, now)]

    @property
    def has_items(self) -> bool:
        """Whether there is anything to ask at all, now or later."""
        return bool(self._pool())

    def counts(self) -> dict[str, Count]:
        """Topic -> what is due, new and learned, over the whole bank."""
        now = self._now()
        counts: dict[str, Count] = {}
        for item in self.bank.items.values():
            old = counts.get(item.topic, Count())
            memory = self.memories.get(item.id)
            awake = not self.marking.asleep(item.id, now)
            due = awake and memory is not None and schedule.is_due(memory, now)
            counts[item.topic] = Count(
                due=old.due + due,
                new=old.new + (awake and memory is None),
                learned=old.learned + (memory is not None),
            )
        return counts

    def left(self) -> tuple[int, int]:
        """(due, new) that this sitting would still ask."""
        due, new = self._queues()
        return len(due), len(new)

    def _queues(self) -> tuple[list[Item], list[Item]]:
        """What is due, most overdue first, and what is new, topics taken in turn."""
        now = self._now()
        pool = [item for item in self.awake() if not unknown_numbers(item, self.numbers)]
        known = [item for item in pool if item.id in self.memories]
        due = [
            item for item in known if schedule.is_due(self.memories[item.id], now) or item.id in self._again
        ]
        due.sort(key=lambda item: self.memories[item.id].due)
        new = _interleaved([item for item in pool if item.id not in self.memories])
        return due, new[: max(0, NEW_PER_DAY - self._introduced)]

    def next(self) -> Item | None:
        """The next item: due before new, another topic and another family than the last if there is one."""
        due, new = self._queues()
        return self._apart(due) or self._apart(new) or next(iter(due + new), None)

    def _apart(self, queue: list[Item]) -> Item | None:
        last = self._last
        if last is None:
            return queue[0] if queue else None
        others = [
            item for item in queue if item.id != last.id and not (item.family and item.family == last.family)
        ]
        return next((item for item in others if item.topic != last.topic), others[0] if others else None)

    # ---- answering

    def answer(self, item: Item, given: Any, confidence: float | None, seconds: float) -> Answered:  # noqa: ANN401
        """Grade an answer and keep it; it is on disk when this returns."""
        judged = grade(item, given, self.numbers)
        rating = propose(item, judged, given, confidence, seconds)
        now = self._now()
        review = Review(
            item=item.id,
            rev=item.rev,
            at=now.astimezone(UTC),
            given=json.dumps(given),
            score=judged.score,
            correct=judged.correct,
            confidence=confidence,
            rating=rating,
            seconds=round(seconds, 1),
        )
        before = self.memories.get(item.id)
        memory = schedule.review(item.id, before, rating, review.at)
        done = Answered(
            item=item, grade=judged, rating=rating, review=self.store.add_review(review), memory=memory
        )
        self.memories[item.id] = memory
        (self.wrong.discard if judged.correct else self.wrong.add)(item.id)
        self._introduced += before is None
        self._last = item
        self._answers.append(done)
        self._remember(item.id, rating)
        return done

    def _remember(self, item: str, rating: int) -> None:
        """Have an item come back in this sitting after an `again`, and no more after anything else."""
        self._again = [other for other in self._again if other != item]
        if rating == 1:
            self._again.append(item)

    def rerate(self, rating: int) -> Answered:
        """Change the rating of the last answer. Raises IndexError when there is none."""
        last = self._answers[-1]
        self.store.amend(last.review, rating, self._now().astimezone(UTC))
        self._refold()
        self._remember(last.item.id, rating)
        changed = Answered(
            item=last.item,
            grade=last.grade,
            rating=rating,
            review=last.review,
            memory=self.memories[last.item.id],
        )
        self._answers[-1] = changed
        return changed

    def undo(self) -> Item | None:
        """Take the last answer of this sitting back; returns its item, to be asked again."""
        if not self._answers:
            return None
        last = self._answers.pop()
        self.store.amend(last.review, None, self._now().astimezone(UTC))
        self._refold()
        self._again = [item for item in self._again if item != last.item.id]
        if self._answers:
            self._remember(self._answers[-1].item.id, self._answers[-1].rating)
        self._last = self._answers[-1].item if self._answers else None
        return last.item

    @property
    def answers(self) -> tuple[Answered, ...]:
        """The answers of this sitting."""
        return tuple(self._answers)


def _interleaved(items: list[Item]) -> list[Item]:
    """The items with topics taken in turn, easy before hard within each."""
    by_topic: dict[str, list[Item]] = {}
    for item in sorted(items, key=lambda item: item.difficulty):
        by_topic.setdefault(item.topic, []).append(item)
    turns = max((len(queue) for queue in by_topic.values()), default=0)
    return [queue[turn] for turn in range(turns) for queue in by_topic.values() if turn < len(queue)]


def _introduced_today(reviews: list[Review], end: datetime) -> int:
    """How many items were seen for the first time in the 24 hours before `end`."""
    first: dict[str, datetime] = {}
    for review in reviews:
        first.setdefault(review.item, review.at)
    return sum(0 < (end - at).total_seconds() <= 86_400 for at in first.values())
