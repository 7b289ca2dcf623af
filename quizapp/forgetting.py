"""FSRS in plain numbers, for looking ahead: thousands of reviews that nobody has given yet.

The schedule itself is py-fsrs (see `schedule`); a test holds every formula here against it. Time is in
whole days, stability in days, difficulty 1 to 10, as FSRS counts them. Knows no items and no clock.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import cache
from typing import NamedTuple

AGAIN, GOOD = 1, 3
USUAL = 0.3
"""The spread of the logarithm of `speed` that is expected before anything is known."""
SPEEDS = tuple(math.exp(step / 20) for step in range(-14, 61))
"""What `speed` may be: 0.5 to 20, 5% apart."""


class State(NamedTuple):
    """What FSRS believes about one item."""

    stability: float
    """Days until recall falls to 90%."""
    difficulty: float
    """1 to 10."""


class Fsrs:
    """The formulas of FSRS 6 with one set of 21 weights (Ye and others, as in py-fsrs 6)."""

    def __init__(self, weights: tuple[float, ...]) -> None:
        self.weights = weights
        self.decay = -weights[20]
        self.factor = 0.9 ** (1 / self.decay) - 1
        self._growth = math.exp(weights[8])
        self._easiest = weights[4] - math.exp(weights[5] * 3) + 1
        self._same_day = math.exp(weights[17] * weights[18])

    def recall(self, stability: float, days: float) -> float:
        """The chance of recall so many days after the last review, 0 to 1."""
        return float((1 + self.factor * days / stability) ** self.decay)

    def stability(self, recall: float, days: float) -> float:
        """The stability with which recall is so high after so many days: the inverse of `recall`."""
        return float(self.factor * days / (min(recall, 1 - 1e-9) ** (1 / self.decay) - 1))

    def first(self, rating: int) -> State:
        """The state after the first review."""
        w = self.weights
        difficulty = w[4] - math.exp(w[5] * (rating - 1)) + 1
        return State(max(w[rating - 1], 0.001), min(10.0, max(1.0, difficulty)))

    def after(self, state: State, days: int, rating: int) -> State:
        """The state after a review so many whole days after the last one."""
        w, (stability, difficulty) = self.weights, state
        forgotten = 1 - self.recall(stability, days)
        if days == 0:
            grown = math.exp(w[17] * (rating - 3 + w[18])) * stability ** -w[19]
            grown = stability * (grown if rating == AGAIN else max(grown, 1.0))
        elif rating == AGAIN:
            long = w[11] * difficulty ** -w[12] * ((stability + 1) ** w[13] - 1) * math.exp(forgotten * w[14])
            grown = min(long, stability / self._same_day)
        else:
            grown = stability * (
                1
                + self._growth
                * (11 - difficulty)
                * stability ** -w[9]
                * (math.exp(forgotten * w[10]) - 1)
                * (w[15] if rating == 2 else 1)
                * (w[16] if rating == 4 else 1)
            )
        moved = difficulty - (10 - difficulty) * w[6] * (rating - 3) / 9
        moved = w[7] * self._easiest + (1 - w[7]) * moved
        return State(max(grown, 0.001), min(10.0, max(1.0, moved)))


@cache
def fsrs() -> Fsrs:
    """The formulas with the weights that the schedule uses."""
    from quizapp import schedule

    return Fsrs(schedule.weights())


def speed(looks: Iterable[tuple[float, bool]]) -> float:
    """How much faster somebody forgets than predicted: their recall is the predicted one to this power.

    looks: for every item seen again, the recall that was predicted and whether it was recalled. The likeliest
    power, drawn to 1 while there are few: a log-normal prior around 1.
    """
    counts: dict[int, list[int]] = {}
    for predicted, recalled in looks:
        counts.setdefault(min(99, max(1, round(100 * predicted))), [0, 0])[recalled] += 1

    def likelihood(power: float) -> float:
        found = -((math.log(power) / USUAL) ** 2) / 2
        for hundredths, (forgotten, recalled) in counts.items():
            chance = (hundredths / 100) ** power
            found += recalled * math.log(max(chance, 1e-9)) + forgotten * math.log(max(1 - chance, 1e-9))
        return found

    return max(SPEEDS, key=likelihood)
