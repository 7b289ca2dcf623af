"""What a page of the statistics is made of."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from quizapp.figures import wrapped

SHOWN = 5
"""So many of a long list; `quizapp stats --json` has all."""


@dataclass(frozen=True, kw_only=True)
class Section:
    """A plot or a table with its title, and what it means."""

    title: str
    lines: tuple[str, ...]
    notes: tuple[str, ...] = ()
    """How to read it; may recede."""


@dataclass(frozen=True, kw_only=True)
class Page:
    """What belongs together."""

    name: str
    sections: tuple[Section, ...]


def table(title: str, rows: Iterable[str], width: int, *notes: str) -> Section:
    """A section whose rows stand in columns and are cut at the width; the notes are wrapped."""
    prose = [line for note in notes if note for line in wrapped(note, width)]
    return Section(
        title=title,
        lines=tuple(row[:width].rstrip() for row in rows),
        notes=("", *prose) if prose else (),
    )


def said(title: str, text: str, width: int) -> Section:
    """A section of prose alone."""
    return Section(title=title, lines=tuple(wrapped(text, width)))


def plural(count: int, noun: str) -> str:
    """The noun for so many."""
    return noun if count == 1 else f"{noun}s"
