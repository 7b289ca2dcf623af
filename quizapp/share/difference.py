"""What is new, changed and gone between two sets of entries, by id and field. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from quizapp.bank import PARTS
from quizapp.share.written import Entries

WIDTH = 40
SINGULAR = {part: part.removesuffix("s") for part in PARTS}


@dataclass(frozen=True, kw_only=True)
class Change:
    """One entry that is not as it was."""

    part: str
    id: str
    kind: Literal["new", "changed", "removed"]
    fields: tuple[tuple[str, Any, Any], ...] = ()
    """(field, before, after) of a changed entry; None: the field is not there."""
    about: str = ""
    """What a new or removed entry says, to know it by."""


def changes(before: Entries, after: Entries) -> list[Change]:
    """Every difference: parts in the order of a bank, ids in the order of the newer set, then those gone."""
    found = []
    for part in PARTS:
        old, new = before.get(part, {}), after.get(part, {})
        for id_, entry in new.items():
            if id_ not in old:
                found.append(Change(part=part, id=id_, kind="new", about=_about(entry)))
            elif fields := _fields(old[id_], entry):
                found.append(Change(part=part, id=id_, kind="changed", fields=fields))
        gone = (id_ for id_ in old if id_ not in new)
        found += [Change(part=part, id=id_, kind="removed", about=_about(old[id_])) for id_ in gone]
    return found


def _fields(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[tuple[str, Any, Any], ...]:
    names = [*new, *(name for name in old if name not in new)]
    both = ((name, old.get(name), new.get(name)) for name in names)
    return tuple((name, before, after) for name, before, after in both if not alike(before, after))


def alike(one: Any, other: Any) -> bool:  # noqa: ANN401 - plain data
    """Whether two values say the same. To Python 1, 1.0 and true are equal; in a question file not."""
    if type(one) is not type(other):
        return False
    if isinstance(one, Mapping):
        return one.keys() == other.keys() and all(alike(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(alike, one, other))
    return bool(one == other)


def _about(entry: Mapping[str, Any]) -> str:
    names = ("stem", "statement", "front", "prompt", "text", "says", "concept")
    return next((str(entry[name]) for name in names if entry.get(name)), "")


def told(found: Sequence[Change], most: int = 60) -> list[str]:
    """The changes as lines to read; at most so many of them."""
    rows: list[str] = []
    for change in found:
        sign = {"new": "+", "changed": "~", "removed": "-"}[change.kind]
        about = f"  {brief(change.about, 56)}" if change.about else ""
        rows.append(f"{sign} {change.kind} {SINGULAR[change.part]} {change.id}{about}")
        rows += [f"    {name}: {brief(old)} -> {brief(new)}" for name, old, new in change.fields]
    if len(rows) > most:
        rows = [*rows[:most], f"... and {len(rows) - most:,} more lines; `quizapp pack diff` shows all"]
    return rows


def counted(found: Sequence[Change]) -> str:
    """How many, in a line: `3 new items, 1 changed claim`."""
    said = []
    for part in PARTS:
        for kind in ("new", "changed", "removed"):
            if count := sum(change.part == part and change.kind == kind for change in found):
                said.append(f"{count} {kind} {part if count != 1 else SINGULAR[part]}")
    return ", ".join(said) or "no question changes"


def brief(value: Any, width: int = WIDTH) -> str:  # noqa: ANN401 - plain data
    """A value in a few characters."""
    if value is None:
        return "(none)"
    text = " ".join(str(value).split())
    return text if len(text) <= width else f"{text[: width - 1]}…"
