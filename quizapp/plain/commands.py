"""What can be said in place of an answer: words and letters; where they may be an answer, with a slash."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

ALWAYS = ("help", "undo", "suspend", "bury", "flag", "note", "repeat", "quit")
TOLD = (*ALWAYS, "prove", "overrule")
"""Commands after an answer; before it, an experiment would give it away."""


@dataclass(frozen=True, kw_only=True)
class Command:
    """A command and what stood behind it."""

    name: str
    text: str = ""


LETTERS = {
    "help": "?",
    "undo": "u",
    "suspend": "s",
    "bury": "b",
    "flag": "f",
    "note": "n",
    "prove": "p",
    "overrule": "o",
    "repeat": "r",
    "quit": "q",
}
WHAT = {
    "help": "this help",
    "undo": "take the last answer or mark back; an item is asked again",
    "suspend": "suspend the item: practice leaves it out; again: take it in",
    "bury": "bury the item until tomorrow; again: dig it up",
    "flag": "flag the item, or take the flag off",
    "note": "n TEXT: write a note on the item; n - takes it off; n alone reads it",
    "prove": "put the claim behind the item to the test (after an answer)",
    "overrule": "turn the judgement of the last answer around (after an answer)",
    "repeat": "read the question and the options again",
    "quit": "end the sitting; everything answered is kept",
}
_NAMES = {letter: name for name, letter in LETTERS.items()} | {name: name for name in LETTERS}
_NAMES |= {"exit": "quit", "h": "help"}


def parse(line: str, *, open_: bool) -> Command | None:
    """The command of a line, if it is one.

    open_: any word may be an answer here, so that a command needs a slash before it; only `?` does not.
    """
    slash = line.startswith("/")
    word, _, text = line.removeprefix("/").strip().partition(" ")
    name = _NAMES.get(word.lower())
    if name is None or (open_ and not slash and word != "?"):
        return None
    if text and name != "note":
        return None
    return Command(name=name, text=text.strip())


def listed(names: Collection[str]) -> list[str]:
    """The commands, one a line."""
    return [f"{LETTERS[name]} or {name}: {WHAT[name]}." for name in LETTERS if name in names]
