"""What the practice so far comes to: plain numbers from reviews, predictions, the bank and a clock.

Pure functions of what they are handed; knows no store and no screen. What needs the schedule is in
`memories`. The fields of the records are the keys of `quizapp stats --json`; docs/statistics.md lists them.
"""

from __future__ import annotations

import dataclasses
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median
from typing import Any

from quizapp import schedule
from quizapp.bank import Bank
from quizapp.calibration import Calibration, ConfidentError, calibration, confident_errors
from quizapp.evidence import Prediction
from quizapp.memories import Memories
from quizapp.mistakes import Mistakes, mistakes
from quizapp.model import Review
from quizapp.shares import Share, share

SPANS = (None, 30, 7)
"""Over how many of the learner's days, today among them; None: all of them."""
LONGEST = 900.0
"""Seconds one answer counts for at most: somebody went for a walk. No item asks for more."""
VERDICTS = ("holds", "depends", "fails")
"""What can be predicted, and what a measurement can decide."""


@dataclass(frozen=True, kw_only=True)
class Span:
    """The answers of the last so many days."""

    days: int | None
    """How many of the learner's days, today among them; null: all."""
    items: int
    """How many different items were answered."""
    crammed: int
    """How many of the answers were crammed."""
    right: Share
    """How many answers were right."""
    seconds: float
    """The time they took, each at most 15 minutes."""


@dataclass(frozen=True, kw_only=True)
class ItemTime:
    """The time one item took."""

    item: str
    """Its id."""
    answers: int
    """How often it was answered."""
    seconds: float
    """The time in all, each answer at most 15 minutes."""
    median: float
    """The seconds of the answer in the middle."""
    planned: int | None
    """The seconds a prepared candidate needs; null when the item is no longer there."""


@dataclass(frozen=True, kw_only=True)
class Time:
    """Where the time went."""

    seconds: float
    """All of it, each answer at most 15 minutes."""
    median: float | None
    """The seconds of the answer in the middle."""
    items: tuple[ItemTime, ...]
    """By item, what took longest in all first."""


@dataclass(frozen=True, kw_only=True)
class Predictions:
    """Verdicts predicted before the run."""

    right: Share
    """Those whose claim was decided, and how many were right."""
    open: int
    """Those whose run decided nothing, or never came to its end."""
    pairs: Mapping[str, Mapping[str, int]]
    """What was predicted -> what was measured -> how often."""


@dataclass(frozen=True, kw_only=True)
class Overruled:
    """An answer whose judgement the learner turned around: what a bank could accept, or should not."""

    item: str
    """Its id."""
    rev: int
    """The item's meaning it was an answer to."""
    at: datetime
    """When it was answered."""
    given: str
    """What was typed, as JSON."""
    correct: bool
    """What the learner says; the app said the opposite."""


@dataclass(frozen=True, kw_only=True)
class Answers:
    """Everything that the answers say without the schedule."""

    at: datetime
    """When these numbers were drawn up."""
    items: int
    """Items in the bank."""
    items_seen: int
    """Items in the bank that were answered."""
    spans: tuple[Span, ...]
    """All answers, those of 30 days, those of 7."""
    days: Mapping[str, int]
    """The learner's day (it ends at 04:00) as YYYY-MM-DD -> answers; days without any are left out."""
    calibration: Calibration
    """Confidence against being right."""
    confident_errors: tuple[ConfidentError, ...]
    """Items answered wrong by somebody at least 90% sure: those not right since first, newest first."""
    mistakes: Mistakes
    """The misconceptions behind wrong answers."""
    time: Time
    """Where the time went."""
    predictions: Predictions
    """Verdicts of claims, predicted before the run."""
    overruled: tuple[Overruled, ...]
    """Typed answers whose judgement the learner turned around, newest first."""


def answers(
    reviews: Sequence[Review], predictions: Iterable[Prediction], bank: Bank, now: datetime
) -> Answers:
    """What the answers say. `now` is in the learner's time zone; reviews are in order and in UTC."""
    days = [schedule.day_of(review.at, now.tzinfo) for review in reviews]
    counted = Counter(days)
    return Answers(
        at=now,
        items=len(bank.items),
        items_seen=len({review.item for review in reviews} & set(bank.items)),
        spans=tuple(_span(reviews, days, span, schedule.day_of(now, now.tzinfo)) for span in SPANS),
        days={day.isoformat(): count for day, count in sorted(counted.items())},
        calibration=calibration(reviews),
        confident_errors=confident_errors(reviews),
        mistakes=mistakes(reviews, bank),
        time=_time(reviews, bank),
        predictions=_predictions(predictions),
        overruled=tuple(
            Overruled(item=one.item, rev=one.rev, at=one.at, given=one.given, correct=one.correct)
            for one in reversed(reviews)
            if one.overruled
        ),
    )


def _counted(review: Review) -> float:
    return min(max(review.seconds, 0.0), LONGEST)


def _span(reviews: Sequence[Review], days: Sequence[date], span: int | None, today: date) -> Span:
    since = date.min if span is None else today - timedelta(days=span - 1)
    inside = [review for review, day in zip(reviews, days, strict=True) if day >= since]
    return Span(
        days=span,
        items=len({review.item for review in inside}),
        crammed=sum(review.cram for review in inside),
        right=share(sum(review.correct for review in inside), len(inside)),
        seconds=sum(map(_counted, inside)),
    )


def _time(reviews: Iterable[Review], bank: Bank) -> Time:
    took: dict[str, list[float]] = defaultdict(list)
    for review in reviews:
        took[review.item].append(_counted(review))
    items = [
        ItemTime(
            item=id_,
            answers=len(seconds),
            seconds=sum(seconds),
            median=median(seconds),
            planned=bank.items[id_].time_s if id_ in bank.items else None,
        )
        for id_, seconds in took.items()
    ]
    items.sort(key=lambda item: (-item.seconds, item.item))
    every = [second for seconds in took.values() for second in seconds]
    return Time(seconds=sum(every), median=median(every) if every else None, items=tuple(items))


def _predictions(made: Iterable[Prediction]) -> Predictions:
    made = list(made)
    decided = [one for one in made if one.measured in VERDICTS]
    pairs: Counter[tuple[str, str]] = Counter((one.predicted, one.measured) for one in decided)
    return Predictions(
        right=share(sum(one.predicted == one.measured for one in decided), len(decided)),
        open=len(made) - len(decided),
        pairs={said: {found: pairs[said, found] for found in VERDICTS} for said in VERDICTS},
    )


# ---- as plain data --------------------------------------------------------------------------------


def data(found: Answers, held: Memories) -> dict[str, Any]:
    """Both as plain data: numbers, text, lists and mappings; times as ISO 8601."""
    return {**_plain(found), **_plain(held)}


def _plain(value: Any) -> Any:  # noqa: ANN401 - what the records hold
    if dataclasses.is_dataclass(value):
        return {entry.name: _plain(getattr(value, entry.name)) for entry in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    return value.isoformat() if isinstance(value, datetime) else value
