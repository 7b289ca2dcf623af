"""What a learner puts on an item: suspended, buried until a moment, flagged, a note.

Pure: it knows no clock and no store. Every mark is a row that never changes; the newest of its kind counts.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal, get_args

from quizapp import schedule

MarkKind = Literal["suspend", "bury", "flag", "note"]
KINDS: tuple[MarkKind, ...] = get_args(MarkKind)
ON = "on"
SAID: dict[MarkKind, tuple[str, str]] = {
    "suspend": ("Practice asks it again.", "Suspended: practice leaves it out."),
    "bury": ("No longer buried.", "Buried until tomorrow."),
    "flag": ("The flag is off.", "Flagged."),
    "note": ("The note is off.", "Noted."),
}


@dataclass(frozen=True, kw_only=True)
class Mark:
    """One row: what was put on an item, or taken off it."""

    item: str
    kind: MarkKind
    value: str
    """Empty when it was taken off. bury: until when, ISO 8601; note: its text; else `on`."""
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Marked:
    """What is on one item."""

    suspended: bool = False
    buried: datetime | None = None
    """Until when."""
    flagged: bool = False
    note: str = ""

    def buried_at(self, now: datetime) -> bool:
        """Whether it is still buried."""
        return self.buried is not None and now < self.buried

    def asleep(self, now: datetime) -> bool:
        """Whether practice leaves it out."""
        return self.suspended or self.buried_at(now)

    def value(self, kind: MarkKind) -> str:
        """The value of the newest mark of a kind."""
        match kind:
            case "suspend":
                return ON if self.suspended else ""
            case "bury":
                return self.buried.isoformat() if self.buried else ""
            case "flag":
                return ON if self.flagged else ""
        return self.note


CLEAN = Marked()


def put(marked: Marked, kind: str, value: str) -> Marked:
    """What is on an item after one more mark. A kind that is not known changes nothing."""
    match kind:
        case "suspend":
            return replace(marked, suspended=bool(value))
        case "bury":
            return replace(marked, buried=datetime.fromisoformat(value) if value else None)
        case "flag":
            return replace(marked, flagged=bool(value))
        case "note":
            return replace(marked, note=value)
    return marked


def fold(marks: Iterable[Mark]) -> dict[str, Marked]:
    """Item -> what is on it, from marks in the order they were made."""
    found: dict[str, Marked] = {}
    for mark in marks:
        found[mark.item] = put(found.get(mark.item, CLEAN), mark.kind, mark.value)
    return found


def toggled(marked: Marked, kind: MarkKind, now: datetime) -> str:
    """The value that turns a mark around. `now` is in the learner's zone: buried is until the day ends."""
    if kind == "bury":
        return "" if marked.buried_at(now) else schedule.day_end(now).astimezone(UTC).isoformat()
    return "" if marked.value(kind) else ON


def words(on: Marked, now: datetime) -> tuple[str, ...]:
    """What is on an item, in words, without its note."""
    states = (("suspended", on.suspended), ("buried", on.buried_at(now)), ("flagged", on.flagged))
    return tuple(word for word, is_on in states if is_on)


def said(kind: MarkKind, on: bool) -> str:
    """What to say after a mark was put on or taken off."""
    return SAID[kind][on]


def taken_back(mark: Mark) -> str:
    """What to say after an undo that left this mark."""
    if mark.kind == "note" and mark.value:
        return "The note is as it was before."
    return said(mark.kind, bool(mark.value))
