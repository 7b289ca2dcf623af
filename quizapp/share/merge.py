"""Three-way merge of questions, by id and field: what one side changed is taken, what both changed conflicts.

Deleted here and changed there is a conflict, and so is the same id added twice with different words. Lists
are merged by the key of their elements (`id`, `text`, `code`, `value`) where that is sure, else they conflict
whole. Pure: plain data in, plain data out.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final

from quizapp.bank import PARTS
from quizapp.share.difference import alike
from quizapp.share.written import Entries

KEYS = ("id", "text", "code", "value")


class Missing(Enum):
    """What stands where there is nothing."""

    VALUE = "(not there)"


MISSING: Final = Missing.VALUE
Path = tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Conflict:
    """Something that both sides changed, each in its own way."""

    part: str
    id: str
    path: Path
    """The field, and what in it; empty: the whole entry."""
    base: Any
    mine: Any
    theirs: Any

    @property
    def about(self) -> str:
        """What it is about, in words."""
        return (
            f"{self.part.removesuffix('s')} {self.id}, {'.'.join(map(str, self.path)) or 'the whole of it'}"
        )


@dataclass(kw_only=True)
class Merged:
    """The merge so far. Where there is a conflict, `entries` says what `mine` says, until it is settled."""

    entries: dict[str, dict[str, dict[str, Any]]]
    conflicts: list[Conflict] = field(default_factory=list)

    def settle(self, conflict: Conflict, value: Any) -> None:  # noqa: ANN401 - plain data
        """Let a conflict come out as `value`; MISSING: as nothing."""
        holder: dict[str, Any] = self.entries[conflict.part]
        *way, last = (conflict.id, *conflict.path)
        for step in way:
            holder = holder[step]
        if value is MISSING:
            holder.pop(last, None)
        else:
            holder[last] = copy.deepcopy(value)
        self.conflicts.remove(conflict)


def merge(base: Entries, mine: Entries, theirs: Entries) -> Merged:
    """Both sides together, in the order of `mine`; what only `theirs` has stands where it stands there."""
    merged = Merged(entries={})
    for part in PARTS:
        old, one, other = base.get(part, {}), mine.get(part, {}), theirs.get(part, {})
        found: dict[str, dict[str, Any]] = {}
        for id_ in woven(one, other):
            value, clashes = _both(
                old.get(id_, MISSING), one.get(id_, MISSING), other.get(id_, MISSING), top=True
            )
            merged.conflicts += [
                Conflict(part=part, id=id_, path=path, base=was, mine=left, theirs=right)
                for path, was, left, right in clashes
            ]
            if value is not MISSING:
                found[id_] = copy.deepcopy(value)
        merged.entries[part] = found
    return merged


Clash = tuple[Path, Any, Any, Any]


def _both(base: Any, mine: Any, theirs: Any, *, top: bool = False) -> tuple[Any, list[Clash]]:  # noqa: ANN401
    """(the value that comes of it, conflicts inside it); with a conflict, the value is mine."""
    if alike(mine, theirs) or alike(theirs, base):
        return mine, []
    if alike(mine, base):
        return theirs, []
    if isinstance(mine, Mapping) and isinstance(theirs, Mapping) and isinstance(base, Mapping):
        return _mappings(base, mine, theirs)
    if isinstance(mine, list) and isinstance(theirs, list) and isinstance(base, list) and not top:
        found = _lists(base, mine, theirs)
        if found is not None:
            return found, []
    return mine, [((), base, mine, theirs)]


def _mappings(
    base: Mapping[str, Any], mine: Mapping[str, Any], theirs: Mapping[str, Any]
) -> tuple[dict[str, Any], list[Clash]]:
    found: dict[str, Any] = {}
    clashes: list[Clash] = []
    for key in woven(mine, theirs):
        value, inner = _both(base.get(key, MISSING), mine.get(key, MISSING), theirs.get(key, MISSING))
        clashes += [((key, *path), was, left, right) for path, was, left, right in inner]
        if value is not MISSING:
            found[key] = value
    return found, clashes


def _lists(base: list[Any], mine: list[Any], theirs: list[Any]) -> list[Any] | None:
    """Both lists as one, or None where that is not sure."""
    keyed = _keyed(base, mine, theirs)
    if keyed is None:
        return None
    old, one, other = keyed
    found, clashes = _mappings(old, one, other)
    order = _order(list(old), list(one), list(other), found)
    return None if clashes or order is None else [found[key] for key in order]


def _keyed(*lists: list[Any]) -> list[dict[str, Any]] | None:
    """Each list as key -> element; None unless every element of all has a key of its own."""
    every = [one for elements in lists for one in elements]
    if all(isinstance(one, str) for one in every):
        keyed = [{str(one): one for one in elements} for elements in lists]
    elif all(isinstance(one, dict) for one in every):
        key = next((key for key in KEYS if all(one.get(key, "") != "" for one in every)), None)
        if key is None:
            return None
        keyed = [{repr(one[key]): one for one in elements} for elements in lists]
    else:
        return None
    sure = all(len(one) == len(elements) for one, elements in zip(keyed, lists, strict=True))
    return keyed if sure else None


def _order(base: Sequence[str], mine: Sequence[str], theirs: Sequence[str], kept: Iterable[str]) -> Any:  # noqa: ANN401
    """The keys that are kept, in an order that neither side contradicts; None when both moved them."""
    kept = set(kept)
    common = kept & set(base) & set(mine) & set(theirs)
    was, left, right = ([key for key in keys if key in common] for keys in (base, mine, theirs))
    if right in (was, left):
        ordered = woven(mine, theirs)
    elif left == was:
        ordered = woven(theirs, mine)
    else:
        return None
    return [key for key in ordered if key in kept]


def woven(first: Iterable[str], second: Iterable[str]) -> list[str]:
    """The first in its order, with what only the second has after what it stands behind there."""
    found = list(first)
    known = set(found)
    before: str | None = None
    for key in second:
        if key not in known:
            found.insert(found.index(before) + 1 if before is not None else 0, key)
            known.add(key)
        before = key
    return found
