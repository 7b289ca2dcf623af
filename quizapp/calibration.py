"""Whether somebody is right as often as they were sure. Pure functions of reviews."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from quizapp.learner import SURE
from quizapp.model import Review
from quizapp.shares import Share, share
from quizapp.study import CONFIDENCES


@dataclass(frozen=True, kw_only=True)
class Sureness:
    """The answers given with one confidence."""

    confidence: float
    """How sure the learner said to be, 0.5 to 0.99."""
    right: Share
    """How many of these answers were right."""


@dataclass(frozen=True, kw_only=True)
class Brier:
    """The mean squared distance between confidence and outcome, in Murphy's three parts (1973).

    score = reliability - resolution + uncertainty, exactly, because confidences are few fixed values.
    """

    score: float
    """0 is perfect; always saying 50% gives 0.25."""
    reliability: float
    """What being more or less sure than right costs; 0 is perfect."""
    resolution: float
    """What telling apart what one knows from what one does not gains; at most `uncertainty`."""
    uncertainty: float
    """What always saying one's own share of right answers would score."""


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """Confidence against being right, over the answers that came with a confidence."""

    right: Share
    """All answers with a confidence, and how many were right."""
    confidence: float | None
    """The mean of what was said."""
    levels: tuple[Sureness, ...]
    """By confidence, lowest first; the five of the app are always there."""
    brier: Brier | None
    """None when no answer came with a confidence."""


def calibration(reviews: Sequence[Review]) -> Calibration:
    """The calibration over all answers that came with a confidence; what was crammed apart."""
    counts: dict[float, list[int]] = {said: [0, 0] for said in CONFIDENCES}
    for review in reviews:
        if review.confidence is not None and not review.cram:
            count = counts.setdefault(review.confidence, [0, 0])
            count[0] += review.correct
            count[1] += 1
    levels = tuple(
        Sureness(confidence=said, right=share(hits, n)) for said, (hits, n) in sorted(counts.items())
    )
    total = share(sum(level.right.hits for level in levels), sum(level.right.n for level in levels))
    said = sum(level.confidence * level.right.n for level in levels)
    return Calibration(
        right=total,
        confidence=said / total.n if total.n else None,
        levels=levels,
        brier=_brier(levels, total),
    )


def _brier(levels: Sequence[Sureness], total: Share) -> Brier | None:
    if total.share is None:
        return None
    score = reliability = resolution = 0.0
    for level in levels:
        if level.right.share is None:
            continue
        hits, n, said = level.right.hits, level.right.n, level.confidence
        score += hits * (1 - said) ** 2 + (n - hits) * said**2
        reliability += n * (said - level.right.share) ** 2
        resolution += n * (level.right.share - total.share) ** 2
    return Brier(
        score=score / total.n,
        reliability=reliability / total.n,
        resolution=resolution / total.n,
        uncertainty=total.share * (1 - total.share),
    )


@dataclass(frozen=True, kw_only=True)
class ConfidentError:
    """An item that was answered wrong by somebody who was sure."""

    item: str
    """Its id."""
    rev: int
    """Its revision when it was answered."""
    at: datetime
    """The last time it happened."""
    given: str
    """What was answered then, as JSON."""
    confidence: float
    """How sure the learner was then, at least 0.9."""
    times: int
    """How often it happened."""
    right_since: bool
    """Whether the item was answered right after that."""


def confident_errors(reviews: Sequence[Review]) -> tuple[ConfidentError, ...]:
    """Items answered wrong with a confidence of at least SURE: those not right since first, newest first."""
    last: dict[str, Review] = {}
    times: dict[str, int] = defaultdict(int)
    since: set[str] = set()
    for review in reviews:
        if review.confidence is not None and review.confidence >= SURE and not review.correct:
            last[review.item] = review
            times[review.item] += 1
            since.discard(review.item)
        elif review.correct and review.item in last:
            since.add(review.item)
    found = [
        ConfidentError(
            item=item,
            rev=review.rev,
            at=review.at,
            given=review.given,
            confidence=review.confidence or 0.0,
            times=times[item],
            right_since=item in since,
        )
        for item, review in last.items()
    ]
    found.sort(key=lambda error: error.at, reverse=True)
    return tuple(sorted(found, key=lambda error: error.right_since))
