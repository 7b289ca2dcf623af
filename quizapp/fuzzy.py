"""Which of many names somebody means who types a few of its letters. Pure.

The letters must occur in the name in this order. Letters that follow each other and letters that begin a
word count for more; of two equal fits the shorter name wins.
"""

from __future__ import annotations

from collections.abc import Iterable

FOLLOWS = 6.0
"""For a letter right after the one before it."""
BEGINS = 4.0
"""For a letter that begins a word, or the name."""
LETTER = 1.0
NEVER = float("-inf")


def folded(text: str) -> str:
    """How letters are compared."""
    return text.casefold()


def score(typed: str, name: str) -> float | None:
    """How well the letters typed fit a name; None when they do not occur in it in this order."""
    letters = "".join(folded(typed).split())
    name = folded(name)
    at = -1
    for letter in letters:
        at = name.find(letter, at + 1)
        if at < 0:
            return None
    if not letters:
        return 0.0
    worth = [LETTER + BEGINS * (not place or not name[place - 1].isalnum()) for place in range(len(name))]
    # ending[j]: the best fit of the letters so far whose last one stands at place j of the name.
    ending = [worth[j] if name[j] == letters[0] else NEVER for j in range(len(name))]
    for letter in letters[1:]:
        before, best, row = ending, NEVER, [NEVER]
        for j in range(1, len(name)):
            if name[j] == letter:
                row.append(worth[j] + max(best, before[j - 1] + FOLLOWS))
            else:
                row.append(NEVER)
            best = max(best, before[j - 1])
        ending = row
    return max(ending) - len(name) / 100


def rank(typed: str, names: Iterable[str], limit: int) -> list[str]:
    """The names that fit, best first, at most `limit`; those that fit equally well stay in their order."""
    fits = [
        (-fit, place, name) for place, name in enumerate(names) if (fit := score(typed, name)) is not None
    ]
    return [name for _, _, name in sorted(fits)[:limit]]
