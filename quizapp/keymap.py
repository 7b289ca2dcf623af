"""Keys that the learner gave to actions: what is wrong with them, and where in settings.yaml.

Pure but for reading that file. Knows no Textual: the actions with their own keys are handed in.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from quizapp.errors import Problem

NAMED = frozenset(
    (
        *("enter", "escape", "space", "tab", "backspace", "delete", "insert"),
        *("home", "end", "pageup", "pagedown", "up", "down", "left", "right"),
        *(f"f{number}" for number in range(1, 25)),
    )
)
"""Keys that write no character."""
SHORTER = {"slash", "backslash", "at", "minus", "plus", "underscore"}
"""Names of characters that are shorter than Unicode's."""
MODIFIERS = frozenset(("ctrl", "alt", "shift", "super", "meta", "hyper"))
SAME = {"ctrl+i": "tab", "ctrl+m": "enter", "ctrl+left_square_bracket": "escape"}
"""What terminals send for some keys: these never arrive."""
EVERYWHERE = "app"
"""The screen of the actions that work everywhere, also while somebody types."""
WRITE = "Write a letter or a sign, a name such as f5, home or space, or one with ctrl+ or alt+ before it."


@dataclass(frozen=True, kw_only=True)
class Action:
    """Something with a name that keys do."""

    id: str
    """SCREEN.ACTION; of the screen `every` when all of them have it."""
    what: str
    keys: tuple[str, ...]
    """Its own keys, by Textual's names: question_mark, not `?`."""


@dataclass(frozen=True, kw_only=True)
class Table:
    """What keys do, screen by screen."""

    screens: Mapping[str, tuple[Action, ...]]
    """Screen -> its actions, with those that every screen has."""
    fixed: Mapping[str, frozenset[str]]
    """Screen -> keys that no other action may have."""

    @property
    def actions(self) -> dict[str, Action]:
        """Every action once, by its id."""
        return {action.id: action for actions in self.screens.values() for action in actions}


def misnamed(key: str) -> str:
    """What is wrong with the name of a key; empty when terminals send it."""
    if key in SAME:
        return f"Terminals send {SAME[key]} for it; write {SAME[key]}."
    *modifiers, name = key.split("+") if len(key) > 1 else [key]
    if not MODIFIERS.issuperset(modifiers) or len(set(modifiers)) != len(modifiers):
        return WRITE
    letter = len(name) == 1 and name.isprintable() and not name.isspace()
    if letter and name.isalpha() and "shift" in modifiers:
        return f"Write it as the letter it gives: {name.upper()}."
    return "" if letter or name in NAMED or name in SHORTER or _is_sign(name) else WRITE


def _is_sign(name: str) -> bool:
    """Whether it is the name of a sign, such as question_mark."""
    try:
        found = unicodedata.lookup(name.replace("_", " "))
    except KeyError:
        return name in ("hyphen_minus", "less_than_sign", "greater_than_sign")
    return found.isprintable() and not found.isalnum() and not found.isspace()


def wrong(asked: Mapping[str, Sequence[str]], table: Table) -> dict[str, tuple[str, str]]:
    """Action id -> what is wrong with the keys asked for it and what to do; the rest is in order."""
    found: dict[str, tuple[str, str]] = {}
    for id_, keys in asked.items():
        for said in _alone(id_, keys, table):
            found.setdefault(id_, said)
    good = {id_: keys for id_, keys in asked.items() if id_ not in found}
    for screen, actions in table.screens.items():
        for id_, said in _clashes(screen, actions, good, table.fixed.get(screen, frozenset())):
            found.setdefault(id_, said)
    return found


def _alone(id_: str, keys: Sequence[str], table: Table) -> Iterator[tuple[str, str]]:
    """What is wrong with one line, whatever the others say."""
    if id_ not in table.actions:
        near = difflib.get_close_matches(id_, table.actions, 1)
        meant = f"Did you mean `{near[0]}`? " if near else ""
        yield f"there is no action {id_!r}", f"{meant}`quizapp keys` lists them all."
        return
    for key in keys:
        if todo := misnamed(key):
            yield f"there is no key {key!r}", todo
        elif id_.startswith(f"{EVERYWHERE}.") and "+" not in key and not re.fullmatch(r"f\d+", key):
            yield f"{key!r} would be lost to everything else", "Give it a key such as f5 or ctrl+t."


def _clashes(
    screen: str, actions: Sequence[Action], asked: Mapping[str, Sequence[str]], fixed: frozenset[str]
) -> Iterator[tuple[str, tuple[str, str]]]:
    """The lines that give a key to a second action of a screen."""
    holders: dict[str, str] = {}
    for action in sorted(actions, key=lambda one: one.id in asked):  # those that have their own keys first
        for key in asked.get(action.id, action.keys):
            if key in fixed and key not in action.keys:
                yield action.id, (f"{key!r} has a fixed meaning on the screen {screen}", "Take another key.")
            elif (other := holders.setdefault(key, action.id)) != action.id and action.id in asked:
                todo = f"Take another key, or give {other} another one too."
                yield action.id, (f"{key!r} is the key of {other} already", todo)


def located(path: Path, found: Mapping[str, tuple[str, str]]) -> list[Problem]:
    """The same with the places in the settings file."""
    from quizapp import strict_yaml

    document = strict_yaml.read(path, str(path))
    if isinstance(document, Problem):
        return [document]
    return sorted(document.problem(["keys", id_], what, todo) for id_, (what, todo) in found.items())
