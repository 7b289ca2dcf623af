"""What to ask next, answering, changing a rating, undoing. Knows no Textual."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from quizapp import schedule
from quizapp.answered import Answered, propose
from quizapp.bank import Bank
from quizapp.grade import Numbers, grade, unknown_numbers
from quizapp.kept import Kept
from quizapp.learner import Learner
from quizapp.marking import Marking
from quizapp.model import Item, Memory, Review
from quizapp.queues import APART, Queues, forgotten, interleaved, pick
from quizapp.settings import Settings
from quizapp.store import Store
from quizapp.texts import Vocabulary
from quizapp.waiting import Count, Left, Waiting, counted, waiting

CRAM = "cram: the schedule does not change"
CONFIDENCES = (0.5, 0.6, 0.75, 0.9, 0.99)
"""What the keys 1 to 5 say, before the answer is shown."""


class Study:
    """One sitting: counts, the next item, and the answers, written as they come.

    Suspended and buried items are neither counted as due or new nor asked.
    now: the clock, in the learner's time zone. learner: shared by the sittings of an app.
    cram: ask everything, weakest recall first, each until it is right, and leave the schedule alone.
    """

    def __init__(
        self,
        bank: Bank,
        store: Store,
        now: Callable[[], datetime],
        *,
        topic: str | None = None,
        numbers: Numbers | None = None,
        learner: Learner | None = None,
        settings: Settings | None = None,
        cram: bool = False,
    ) -> None:
        self.bank = bank
        self.store = store
        self.topic = topic
        self.only: AbstractSet[str] | None = None
        """The items this sitting asks, as a query selected them; None: all of them."""
        self.order: Sequence[str] | None = None
        """The items that a plan asks, in its order; None: what is due, then what is new."""
        self.cram = cram
        self.settings = settings or Settings()
        self.learner = learner or Learner(store)
        self.learner.refresh()
        self.marking = Marking(store, now)
        self._terms = Vocabulary(lambda: self.bank.items.values())
        self.numbers: Numbers = numbers or {}
        self._looked_at: tuple[Bank | None, Numbers] = (None, self.numbers)
        self._unknown: AbstractSet[str] = frozenset()
        self.began = now()
        self._ends = self._box()
        self._now = now
        self._answers: tuple[Answered, ...] = ()
        self._open: Kept[list[Item]] = Kept()
        self._queued: Kept[Queues] = Kept()
        self._waited: Kept[Waiting] = Kept()
        self._turned: list[Answered] = []
        """The last answer as it stood before each time that it was overruled."""

    @property
    def memories(self) -> Mapping[str, Memory]:
        """What the schedule believes, item by item."""
        return self.learner.memories

    @property
    def wrong(self) -> AbstractSet[str]:
        """Items whose newest answer was wrong."""
        return self.learner.wrong

    # ---- the time box

    def _box(self) -> datetime | None:
        minutes = self.settings.minutes
        return None if minutes is None else self.began + timedelta(minutes=minutes)

    @property
    def time_is_up(self) -> bool:
        """Whether the minutes that were set are over before the items; the one at hand may be answered."""
        if self._ends is None or not self._answers or self._now() < self._ends:
            return False
        return self.next() is not None

    def go_on(self) -> None:
        """As many minutes once more, from now."""
        if self.settings.minutes is not None:
            self._ends = self._now() + timedelta(minutes=self.settings.minutes)

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
        asleep = self.marking.asleep(self._now())
        return [item for item in self._pool() if item.id not in asleep]

    @property
    def has_items(self) -> bool:
        """Whether there is anything to ask at all, now or later."""
        return bool(self._pool())

    def counts(self) -> dict[str, Count]:
        """Topic -> what is due, new and learned, over the whole bank."""
        now = self._now()
        return counted(self.bank.items.values(), self.memories, self.marking.asleep(now), now)

    def left(self) -> tuple[int, int]:
        """(due, new) that this sitting would still ask; all that is crammed counts as due."""
        queues = self._queues()
        met = 0 if self.order is None or self.cram else self._unseen(queues.due)
        return queues.again - met, len(queues.new) + met

    def today(self) -> Left:
        """What the limits of a day let this sitting ask, and what they leave for another day."""
        if self.order is not None and not self.cram:
            due, new = self.left()
            return Left(due=due, new=new, due_over=0, new_over=0)
        queues, found = self._queues(), self._waiting()
        return Left(
            due=queues.again,
            new=len(queues.new),
            due_over=len(found.due) - len(queues.urgent) - len(queues.due),
            new_over=len(found.new) - len(queues.new),
        )

    def next(self) -> Item | None:
        """The next item: due before new, what one was wrongly sure of first; topics and families apart."""
        return pick(self._queues(), [done.item for done in self._answers], mixed=not self.cram)

    def _askable(self) -> list[Item]:
        """What this sitting may ask and somebody has measured; no answer changes it."""
        now = self._now()

        def make() -> tuple[list[Item], datetime]:
            unmeasured = self._unmeasured()
            return [item for item in self.awake() if item.id not in unmeasured], self._until(now)

        source = (self.topic, self.only, self.bank, self.numbers, self.marking.rests)
        return self._open.get(source, now, make)

    def _unmeasured(self) -> AbstractSet[str]:
        """Items that ask for what nobody has measured; looked for again when either side is another one."""
        bank, numbers = self._looked_at
        if bank is not self.bank or numbers is not self.numbers:
            self._looked_at = self.bank, self.numbers
            found = (id_ for id_, item in self.bank.items.items() if unknown_numbers(item, self.numbers))
            self._unknown = frozenset(found)
        return self._unknown

    def _source(self) -> tuple[object, ...]:
        """Everything, but the time, that decides what is asked; each is replaced when it changes."""
        mine = (self.topic, self.only, self.order, self.cram, self.settings, self._answers)
        return (*mine, self.bank, self.numbers, self.marking.rests, self.learner.standings)

    def _until(self, now: datetime) -> datetime:
        """When another day begins, or something that was buried is dug up."""
        ends = schedule.day_end(now)
        return min(ends, self.marking.wakes(now) or ends)

    def _waiting(self) -> Waiting:
        """What is due and what is new, whatever the limits; what was missed in this sitting apart."""
        now = self._now()

        def make() -> tuple[Waiting, datetime]:
            found = waiting(self._askable(), self.memories, now, self._missed())
            return found, min(found.until, self._until(now))

        return self._waited.get(self._source(), now, make)

    def _missed(self) -> dict[str, int]:
        """Item missed in this sitting and not recalled since -> how many answers ago; longest ago first."""
        newest = {done.item.id: (place, done.rating) for place, done in enumerate(self._answers)}
        count = len(self._answers)
        missed = {id_: count - place - 1 for id_, (place, rating) in newest.items() if rating == 1}
        return dict(sorted(missed.items(), key=lambda pair: -pair[1]))

    def _queues(self) -> Queues:
        """What this sitting would still ask. Looked through once for each answer, not for each key."""
        now = self._now()
        return self._queued.get(self._source(), now, lambda: self._ordered(now))

    def _ordered(self, now: datetime) -> tuple[Queues, datetime]:
        apart, until = APART, self._until(now)
        if self.cram:
            urgent, due, new = self._crammed()
        elif self.order is not None:  # what was missed gains little on the same day: it comes last
            (urgent, due, new), apart = self._planned(), len(self._answers)
        else:
            urgent, due, new = self._limited()
            until = min(until, self._waiting().until)
        missed = self._missed()
        back = {item.id: item for item in self._askable() if item.id in missed} if missed else {}
        queues = Queues(
            returning=[back[id_] for id_, ago in missed.items() if id_ in back and ago >= apart],
            urgent=urgent,
            due=due,
            new=new,
            waiting=[back[id_] for id_, ago in missed.items() if id_ in back and ago < apart],
        )
        return queues, until

    def _limited(self) -> tuple[list[Item], list[Item], list[Item]]:
        """(urgent, due, new) of today, topics taken in turn. What was asked today counts but once."""
        found = self._waiting()
        met, asked = self.learner.today(self._now())
        most = self.settings.reviews_per_day
        surely = self.learner.surely_wrong
        urgent = [item for item in found.due if item.id in surely]
        rest = interleaved(item for item in found.due if item.id not in surely)
        if most is not None:
            room = max(0, most - len(asked))
            fresh = [item.id for item in (*urgent, *rest) if item.id not in asked and item.id not in met]
            over = set(fresh[room:])
            urgent = [item for item in urgent if item.id not in over]
            rest = [item for item in rest if item.id not in over]
        return urgent, rest, interleaved(found.new)[: max(0, self.settings.new_per_day - len(met))]

    def _planned(self) -> tuple[list[Item], list[Item], list[Item]]:
        """What the plan asks and was not answered in this sitting yet, new or not, as if it were due."""
        done = {answered.item.id for answered in self._answers}
        there = {item.id: item for item in self._askable() if item.id not in done}
        return [], [there[id_] for id_ in self.order or () if id_ in there], []

    def _unseen(self, items: Iterable[Item]) -> int:
        return sum(item.id not in self.memories for item in items)

    def _crammed(self) -> tuple[list[Item], list[Item], list[Item]]:
        """Everything that was not answered in this sitting yet, as if it were due; weakest recall first."""
        now, done = self._now(), {done.item.id for done in self._answers}
        pool = sorted(self._askable(), key=lambda item: item.difficulty)
        left = interleaved(item for item in pool if item.id not in done)
        left.sort(key=lambda item: -forgotten(self.memories.get(item.id), now))
        return [], left, []

    # ---- answering

    def answer(self, item: Item, given: Any, confidence: float | None, seconds: float) -> Answered:  # noqa: ANN401
        """Grade an answer and keep it; it is on disk when this returns."""
        judged = grade(item, given, self.numbers, self._terms)
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
            cram=self.cram,
        )
        before = self.memories.get(item.id)
        id_ = self.store.add_review(review)
        self.learner.refresh()
        memory = self.memories.get(item.id)
        done = Answered(
            item=item,
            grade=judged,
            rating=rating,
            review=id_,
            confidence=confidence,
            before=before,
            memory=memory,
        )
        self._answers = (*self._answers, done)
        self._turned.clear()
        return done

    def rerate(self, rating: int) -> Answered:
        """Change the rating of the last answer. Raises IndexError when there is none."""
        last = self._answers[-1]
        self.store.amend(last.review, rating, self._now().astimezone(UTC))
        self.learner.refresh()
        changed = replace(last, rating=rating, memory=self.memories.get(last.item.id))
        self._answers = (*self._answers[:-1], changed)
        self._turned.clear()
        return changed

    def overrule(self) -> Answered:
        """Turn the judgement of the last answer around; the rating follows. Raises IndexError without one."""
        last = self._answers[-1]
        correct = not last.grade.correct
        kept = next(row for row in self.store.reviews(last.item.id) if row.id == last.review)
        judged = replace(last.grade, correct=correct)
        rating = propose(last.item, judged, json.loads(kept.given), kept.confidence, kept.seconds)
        changed = self._judge(replace(last, grade=judged, rating=rating, overruled=not last.overruled))
        self._turned.append(last)
        return changed

    def restore(self) -> Answered | None:
        """Take the last overruling back; None when there was none since the last answer."""
        if not self._turned:
            return None
        before = self._judge(self._turned[-1])
        self._turned.pop()  # only now: what could not be kept can be undone once more
        return before

    def _judge(self, done: Answered) -> Answered:
        """Keep a judgement and a rating of the last answer in the place of what stood there."""
        at = self._now().astimezone(UTC)
        self.store.amend(done.review, done.rating, at, correct=done.grade.correct)
        self.learner.refresh()
        self._answers = (*self._answers[:-1], replace(done, memory=self.memories.get(done.item.id)))
        return self._answers[-1]

    def undo(self) -> Item | None:
        """Take the last answer of this sitting back; returns its item, to be asked again."""
        if not self._answers:
            return None
        last = self._answers[-1]
        self.store.amend(last.review, None, self._now().astimezone(UTC))
        self.learner.refresh()
        self._turned.clear()
        self._answers = self._answers[:-1]  # only now: what could not be kept can be undone once more
        return last.item

    @property
    def answers(self) -> tuple[Answered, ...]:
        """The answers of this sitting."""
        return self._answers
