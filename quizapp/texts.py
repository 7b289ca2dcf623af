"""Everything an item says, as one text to search in. Knows no query and no screen."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from functools import cache

from quizapp.bank import DELETION
from quizapp.model import Item
from quizapp.parts import Frozen

NO_TEXT = frozenset(
    {
        *("kind", "topic", "rev", "concepts", "claims", "family", "level", "bloom", "difficulty", "time_s"),
        *("verify", "lint_allow", "review", "misconception", "misconceptions", "evidence", "seen", "lang"),
        *("speaker", "deletion", "lines", "scale"),
    }
)
"""Fields that name and classify."""
_LONG_WORD = re.compile(r"[^\W\d_]{5,}")
"""One letter less than a word must have for one of them to be wrong (spelling.LONG)."""


def plain(text: str) -> str:
    """How texts are compared: without case, a line end like any space."""
    return " ".join(text.casefold().split())


@cache
def _fields(cls: type) -> tuple[str, ...]:
    part = not issubclass(cls, Item)  # the id of a part is no name anybody would look for
    skipped = NO_TEXT | {"id"} if part else NO_TEXT
    return tuple(entry.name for entry in dataclasses.fields(cls) if entry.name not in skipped)


def _gather(value: object, found: list[str]) -> None:
    if isinstance(value, str):
        if value:
            found.append(value)
    elif isinstance(value, tuple):
        for part in value:
            _gather(part, found)
    elif isinstance(value, Frozen):
        for name in _fields(type(value)):  # type: ignore[arg-type] # classes can be hashed
            _gather(getattr(value, name), found)
    elif isinstance(value, Mapping):
        for part in value.values():
            _gather(part, found)


def of(item: Item) -> str:
    """What an item says, ready to be compared: its fields line by line, gaps filled in."""
    found: list[str] = []
    _gather(item, found)
    if item.kind == "cloze":
        found = [DELETION.sub(r"\2", text) if "{{" in text else text for text in found]
    return "\n".join([plain(text) for text in found])


class Texts:
    """The texts of items, each worked out once."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[Item, str]] = {}

    def of(self, item: Item) -> str:
        """The text of an item; an item that was edited has a new one."""
        known = self._known.get(item.id)
        if known is None or known[0] is not item:
            known = self._known[item.id] = (item, of(item))
        return known[1]


class Vocabulary:
    """The long words of the terms in a bank: whoever types one of them means it. Looked up late.

    They are those of the glossary and of every card and cloze.
    """

    def __init__(self, items: Callable[[], Iterable[Item]]) -> None:
        self._items = items
        self._words: dict[str, set[str]] | None = None

    def __contains__(self, word: object) -> bool:
        return isinstance(word, str) and word in self.beginning(word[:1])

    def beginning(self, letter: str) -> AbstractSet[str]:
        """Those that begin with a letter."""
        if self._words is None:
            self._words = {}
            terms = (i for i in self._items() if i.topic == "glossary" or i.kind in ("card", "cloze"))
            for found in {found for item in terms for found in _LONG_WORD.findall(of(item))}:
                self._words.setdefault(found[0], set()).add(found)
        return self._words.get(letter, frozenset())
