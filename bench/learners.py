"""Simulated learners: what they truly remember, which no scheduler sees.

Every learner is drawn from a seed. `Fsrs` forgets as FSRS says, but with weights of its own; the others do
not: `Exponential` forgets exponentially, `Activation` by traces that decay as powers of time (in the manner
of Pavlik and Anderson, 2005), `Veteran` knew a part of the bank for good. Days are whole numbers.
"""

from __future__ import annotations

import math
import random
from typing import Protocol

from quizapp.forgetting import Fsrs as Formulas
from quizapp.forgetting import State, fsrs
from quizapp.model import Item

AGAIN, HARD, GOOD, EASY = 1, 2, 3, 4
TRACE_LIMIT = 1.5


class Trace(Protocol):
    """How one kind of learner remembers; a memory is whatever it likes."""

    def first(self, rating: int, day: int) -> object:
        """The memory after the first answer."""

    def after(self, memory: object, day: int, rating: int) -> object:
        """The memory after another answer."""

    def recall(self, memory: object, day: int) -> float:
        """The true chance of recall."""


class Fsrs:
    """FSRS with weights drawn around the defaults: log-normal, 20% (first stabilities and decay 35%)."""

    def __init__(self, draw: random.Random) -> None:
        weights = [
            weight * math.exp(draw.gauss(0, 0.35 if place in (0, 1, 2, 3, 20) else 0.2))
            for place, weight in enumerate(fsrs().weights)
        ]
        for place, low, high in ((4, 1, 10), (7, 0, 0.75), (9, 0, 0.8), (16, 1, 6), (20, 0.1, 0.8)):
            weights[place] = min(high, max(low, weights[place]))
        self.formulas = Formulas(tuple(weights))

    def first(self, rating: int, day: int) -> tuple[State, int]:
        return self.formulas.first(rating), day

    def after(self, memory: tuple[State, int], day: int, rating: int) -> tuple[State, int]:
        state, last = memory
        return self.formulas.after(state, day - last, rating), day

    def recall(self, memory: tuple[State, int], day: int) -> float:
        return self.formulas.recall(memory[0].stability, day - memory[1])


class Exponential:
    """Recall falls as exp(-days / strength); a look multiplies strength, the more the more was forgotten."""

    def __init__(self, draw: random.Random) -> None:
        self.right = math.exp(draw.gauss(math.log(5), 0.5))
        self.wrong = math.exp(draw.gauss(math.log(1.5), 0.4))
        self.growth = 1.5 * math.exp(draw.gauss(math.log(2), 0.3))
        self.lapse = draw.uniform(0.2, 0.6)

    def first(self, rating: int, day: int) -> tuple[float, int]:
        return (self.wrong, self.right * 0.6, self.right, self.right * 1.6)[rating - 1], day

    def after(self, memory: tuple[float, int], day: int, rating: int) -> tuple[float, int]:
        if rating == AGAIN:
            return max(self.wrong, memory[0] * self.lapse), day
        return memory[0] * (1.02 + self.growth * (1 - self.recall(memory, day))), day

    def recall(self, memory: tuple[float, int], day: int) -> float:
        return math.exp(-(day - memory[1]) / memory[0])


class Activation:
    """Every look leaves a trace that decays as a power of time, faster the fresher the item still was."""

    def __init__(self, draw: random.Random) -> None:
        self.crowding = 0.125 * math.exp(draw.gauss(0, 0.25))
        self.decay = draw.uniform(0.15, 0.25)
        self.threshold = draw.gauss(-0.9, 0.25)
        self.noise = draw.uniform(0.3, 0.5)

    def first(self, rating: int, day: int) -> tuple[tuple[float, float, float], ...]:
        return ((day, self.decay, 0.5 if rating == AGAIN else 1.0),)

    def after(
        self, memory: tuple[tuple[float, float, float], ...], day: int, rating: int
    ) -> tuple[tuple[float, float, float], ...]:
        decay = self.decay + self.crowding * math.exp(min(self._activation(memory, day), TRACE_LIMIT))
        return (*memory, (day, decay, 0.6 if rating == AGAIN else 1.0))

    def recall(self, memory: tuple[tuple[float, float, float], ...], day: int) -> float:
        return 1 / (1 + math.exp((self.threshold - self._activation(memory, day)) / self.noise))

    def _activation(self, memory: tuple[tuple[float, float, float], ...], day: int) -> float:
        # Half an hour at least: a trace left a moment ago is not infinitely strong.
        return math.log(sum(weight * (day - at + 0.02) ** -decay for at, decay, weight in memory))


class Veteran(Fsrs):
    """Like Fsrs, but what was right at first sight is known for good, with a slip in 33."""

    KNOWN = 0.97

    def first(self, rating: int, day: int) -> tuple[State, int] | None:
        return None if rating > AGAIN else super().first(rating, day)

    def after(self, memory: tuple[State, int] | None, day: int, rating: int) -> tuple[State, int] | None:
        return None if memory is None else super().after(memory, day, rating)

    def recall(self, memory: tuple[State, int] | None, day: int) -> float:
        return self.KNOWN if memory is None else super().recall(memory, day)


KINDS = {"fsrs": Fsrs, "exponential": Exponential, "activation": Activation, "veteran": Veteran}


class Learner:
    """Somebody with a memory, a pace and a past; the same for the same kind and seed."""

    def __init__(self, kind: str, seed: int, items: list[Item]) -> None:
        draw = random.Random(f"{kind} {seed}")
        self.kind = kind
        self.items = items
        self.memory: Trace = KINDS[kind](draw)
        self.level = math.log((share := draw.uniform(0.25, 0.75)) / (1 - share))
        pace = math.exp(draw.gauss(0, 0.25))
        self.seconds = [item.time_s * pace * math.exp(draw.gauss(0, 0.3)) for item in items]
        self._apt = [self.level - 0.4 * (item.difficulty - 3) + draw.gauss(0, 1) for item in items]
        self._seed = f"{kind} {seed}"

    def knows(self, number: int) -> float:
        """The chance to be right at first sight."""
        return 1 / (1 + math.exp(-self._apt[number]))

    def unseen(self, number: int) -> float:
        """What counts on the day for an item never asked: nothing, but for veterans what they know."""
        return Veteran.KNOWN * self.knows(number) if self.kind == "veteran" else 0.0

    def rating(self, number: int, look: int, chance: float) -> int:
        """The rating of the look-th answer; the same luck whatever was asked in between."""
        draw = random.Random(f"{self._seed} {number} {look}")
        if draw.random() > chance:
            return AGAIN
        return draw.choices((HARD, GOOD, EASY), (1, 8, 1))[0]
