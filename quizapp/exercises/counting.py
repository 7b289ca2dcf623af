"""Things that count: elements that know their stretch, and numbers that know how long they had to wait.

For checks that look at depth and work, which no clock shows. Runs in the judge's process.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import kit  # type: ignore[import-not-found] # a file beside this one, which is no package


@dataclass
class Tally:
    """What was done to things that count."""

    work: int = 0
    fault: str = ""
    """The first thing that was done wrongly."""


@dataclass(frozen=True)
class Span:
    """Elements start..stop-1, combined; `depth` combines had to come before it, one after the other."""

    start: int
    stop: int
    tally: Tally = field(repr=False, compare=False)
    depth: int = field(default=0, compare=False)

    def __str__(self) -> str:
        if self.start == self.stop:
            return "the identity"
        return f"element {self.start}" if self.stop - self.start == 1 else f"{self.start}..{self.stop - 1}"


def spans(count: int) -> tuple[list[Span], Tally]:
    """So many elements, each by itself."""
    tally = Tally()
    return [Span(place, place + 1, tally) for place in range(count)], tally


def join(earlier: Span, later: Span) -> Span:
    """Combine two neighbours. What are no neighbours, or in the wrong order, is kept as the fault."""
    left, right = earlier, later
    if not (isinstance(left, Span) and isinstance(right, Span)):
        came = f"{kit.shown(left)} and {kit.shown(right)}"
        kit.wrong("combine was given something that is no element", came=came)
    tally = left.tally
    tally.work += 1
    depth = 1 + max(left.depth, right.depth)
    for one, other in ((left, right), (right, left)):
        if one.start == one.stop:  # the identity
            return Span(other.start, other.stop, tally, depth)
    if left.stop != right.start and not tally.fault:
        tally.fault = f"combine({left}, {right})"
        if right.stop == left.start:
            tally.fault += ": the earlier one goes to the left"
        elif left.start < right.stop and right.start < left.stop:
            tally.fault += ": they overlap, so something would count twice"
        else:
            tally.fault += ": they are no neighbours, so what lies between would be left out"
    return Span(min(left.start, right.start), max(left.stop, right.stop), tally, depth)


@dataclass(frozen=True)
class Counted:
    """A number that knows how many operations had to come before it."""

    value: float
    depth: int = 0

    def _after(self, value: float, other: Counted | float) -> Counted:
        return Counted(value, 1 + max(self.depth, other.depth if isinstance(other, Counted) else 0))

    def __add__(self, other: Counted | float) -> Counted:
        return self._after(self.value + _plain(other), other)

    def __mul__(self, other: Counted | float) -> Counted:
        return self._after(self.value * _plain(other), other)

    def __sub__(self, other: Counted | float) -> Counted:
        return self._after(self.value - _plain(other), other)

    def __rsub__(self, other: float) -> Counted:
        return self._after(other - self.value, other)

    def __truediv__(self, other: Counted | float) -> Counted:
        return self._after(self.value / _plain(other), other)

    def __neg__(self) -> Counted:
        return Counted(-self.value, self.depth)

    __radd__ = __add__
    __rmul__ = __mul__


def _plain(number: Counted | float) -> float:
    return number.value if isinstance(number, Counted) else number
