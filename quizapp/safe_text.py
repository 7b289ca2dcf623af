"""Texts by strangers: which characters could play tricks on a terminal or a reader. Pure; knows no file."""

from __future__ import annotations

import unicodedata

_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_BREAKING = frozenset("\u2028\u2029\ufeff")
_FINE = frozenset("\n\t")


def trick(text: str) -> str:
    """What is wrong with the first character that should not be in a text; empty when all are fine.

    Escape sequences and other control characters move a terminal's cursor or change its title, marks of
    direction make a text read otherwise than it is, invisible tags hide some, half a pair cannot be written.
    """
    if text.isascii() and text.isprintable():
        return ""
    for place, character in enumerate(text):
        if (name := _trick(character)) != "":
            return f"holds {name} (U+{ord(character):04X}) at character {place + 1}"
    return ""


def visible(text: str) -> str:
    """The text with such characters written out, fit for any terminal."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        character if _trick(character) == "" else character.encode("unicode_escape").decode("ascii")
        for character in text
    )


def _trick(character: str) -> str:
    if character in _FINE:
        return ""
    if character in _TURNING:
        return "a mark that turns the direction of the text"
    if character in _BREAKING or 0xE0000 <= ord(character) <= 0xE007F:
        return "an invisible character"
    category = unicodedata.category(character)
    return {"Cc": "a control character", "Cs": "half of a pair of characters"}.get(category, "")
