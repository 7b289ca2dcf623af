"""One answer of a sitting, with what came of it. Pure; knows neither sitting nor screen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from quizapp.model import Card, Cloze, Estimate, Grade, Item, Memory, Numeric, PredictNumber

SLIPS = 3
"""From so many lapses on, asking an item again is not all there is to do about it."""


@dataclass(frozen=True, kw_only=True)
class Answered:
    """What came of one answer."""

    item: Item
    grade: Grade
    rating: int
    review: int
    confidence: float | None
    """How sure the learner was."""
    before: Memory | None
    """What the schedule believed before it."""
    memory: Memory | None
    """What it believes now; what was crammed leaves it as it was."""
    overruled: bool = False
    """The learner turned the judgement around."""

    @property
    def slips(self) -> int:
        """How often the item has slipped, if it did so with this answer and SLIPS times at least; else 0."""
        if self.memory is None or self.before is None or self.memory.lapses <= self.before.lapses:
            return 0
        return self.memory.lapses if self.memory.lapses >= SLIPS else 0


def propose(item: Item, judged: Grade, given: Any, confidence: float | None, seconds: float) -> int:  # noqa: ANN401
    """The FSRS rating an answer deserves; the learner may change it."""
    if isinstance(item, Card):
        return int(given)
    if not judged.correct:
        return 1
    if confidence is not None and confidence < 0.7:
        return 2
    return 4 if confidence is not None and confidence >= 0.99 and seconds <= item.time_s / 2 else 3


def typed(item: Item) -> bool:
    """Whether the answer is typed, so that the learner may know better than the app that judged it."""
    return isinstance(item, Numeric | Estimate | Cloze | PredictNumber)
