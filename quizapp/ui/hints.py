"""The row of hints at the foot of a screen: laid out hint by hint. Knows no keys and no screen. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual.content import Content

GAP = "  "
ROOMY = 14
"""Rows of a terminal from which hints may take two of them."""


@dataclass(frozen=True)
class Hint:
    """A key with what it does."""

    shown: Content
    rank: int
    """What there is no place for goes; the highest rank first."""


def rows(height: int) -> int:
    """The rows that hints may take in a terminal of so many."""
    return 2 if height >= ROOMY else 1


def laid_out(hints: Sequence[Hint], width: int, most: int) -> Content:
    """In at most `most` lines of `width` characters: no hint is broken, and the most important stay."""
    widths = [hint.shown.cell_length for hint in hints]
    kept: list[int] = []
    for place in sorted(range(len(hints)), key=lambda place: (hints[place].rank, place)):
        with_it = sorted([*kept, place])
        if not kept or (widths[place] <= width and len(_lines(with_it, widths, width)) <= most):
            kept = with_it
    lines = _even(kept, widths, width)
    return Content("\n").join([Content(GAP).join([hints[one].shown for one in line]) for line in lines])


def _even(places: Sequence[int], widths: Sequence[int], width: int) -> list[list[int]]:
    """In as few lines as it takes, none of them much longer than another."""
    lines = _lines(places, widths, width)
    narrow = (_lines(places, widths, less) for less in range(width // 2, width) if len(lines) > 1)
    return next((even for even in narrow if len(even) == len(lines)), lines)


def _lines(places: Sequence[int], widths: Sequence[int], width: int) -> list[list[int]]:
    """As many to a line as there is room for."""
    lines: list[list[int]] = []
    left = 0
    for place in places:
        left -= len(GAP) + widths[place]
        if not lines or left < 0:
            lines.append([])
            left = width - widths[place]
        lines[-1].append(place)
    return lines
