"""A number that counts: what a function of plain Python computes, in operations and in chains of them.

The function runs as it is, on numbers that keep a tally. An operation counts when it touches such a number.
Standard library only; kernels of torch are counted by `measure` and `depth`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Tally:
    """Operations made so far."""

    adds: int = 0
    multiplies: int = 0
    divides: int = 0


@dataclass(frozen=True)
class Counting:
    """A number that counts what is done with it and how many operations had to come before it."""

    value: float
    tally: Tally = field(repr=False)
    depth: int = 0

    def _next(self, value: float, other: Counting | float) -> Counting:
        before = max(self.depth, other.depth) if isinstance(other, Counting) else self.depth
        return Counting(value, self.tally, before + 1)

    def __add__(self, other: Counting | float) -> Counting:
        self.tally.adds += 1
        return self._next(self.value + plain(other), other)

    def __mul__(self, other: Counting | float) -> Counting:
        self.tally.multiplies += 1
        return self._next(self.value * plain(other), other)

    def __truediv__(self, other: Counting | float) -> Counting:
        self.tally.divides += 1
        return self._next(self.value / plain(other), other)

    __radd__ = __add__
    __rmul__ = __mul__


def plain(number: Counting | float) -> float:
    """The float in a number that may be counting."""
    return number.value if isinstance(number, Counting) else number


def counted(function: Callable[[Sequence[Any]], Any], xs: Sequence[float]) -> tuple[Tally, int]:
    """What the function does to these numbers: its operations, and the longest chain of them."""
    tally = Tally()
    return tally, function([Counting(x, tally) for x in xs]).depth
