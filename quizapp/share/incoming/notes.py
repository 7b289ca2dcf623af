"""What every file of cards is read into: notes, and what is known to be left behind. Knows no format."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

NOTES = 20_000
"""The most notes of one file."""
FIELDS = 60
CARDS = 50
"""The most cards of one note."""
TAGS = 200
"""Tags of one note that are looked at."""
FIELD = 60_000
"""The most characters of a field, as HTML."""


@dataclass(frozen=True)
class Type:
    """What a note is made of."""

    name: str
    fields: tuple[str, ...]
    templates: tuple[tuple[str, str], ...] = ()
    """Front and back of each of its cards, in Anki's words; none: the first field, and all the others."""
    cloze: bool = False


@dataclass(frozen=True, kw_only=True)
class Note:
    """One note as it stood in the file."""

    line: int
    """Where: the line of a text, the number of the note in a package."""
    key: str
    """What stays the same when the note is edited; empty when the file has nothing of the kind."""
    type: Type
    fields: tuple[str, ...]
    html: bool = True
    tags: tuple[str, ...] = ()
    deck: str = ""
    cards: tuple[int, ...] | None = None
    """Which of its cards there are, from 0; None: all that it can have."""

    def field(self, name: str) -> str:
        """What stands in a field; empty when it has none of that name."""
        return dict(zip(self.type.fields, self.fields, strict=False)).get(name, "")


@dataclass(frozen=True)
class Refused:
    """What was not taken, where it stands, and why."""

    line: int
    why: str
    what: str = "row"


@dataclass(kw_only=True)
class Found:
    """What a file holds."""

    what: str
    """What its lines are called: row, or note."""
    notes: list[Note] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    losses: Counter[str] = field(default_factory=Counter)
    """What is left behind (see report.SAID) -> how many."""
