"""Texts by strangers: which characters could play tricks on a terminal or a reader. Pure; knows no file."""

from __future__ import annotations

import re
import unicodedata

_TURNING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_BREAKING = frozenset("\u180e\u200b\u2028\u2029\u2060\u2061\u2062\u2063\u2064\ufeff\ufff9\ufffa\ufffb")
"""Joiners and soft hyphens are not among them: scripts and emoji need them."""
_HIDING = ((0x206A, 0x206F), (0x1D173, 0x1D17A), (0xE0000, 0xE01EF))
"""Old marks of form, marks of music, tags and the variants that nobody sees."""
_FINE = frozenset("\n\t")
UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff"
    f"{''.join(sorted(_TURNING | _BREAKING))}{''.join(f'{chr(low)}-{chr(high)}' for low, high in _HIDING)}]"
)
"""The same characters, all of them, to be replaced where a text is written into a file for others."""


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


def whole(text: str) -> str:
    """The text with a question mark for every half of a pair of characters, which no file can hold."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


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
    if character in _BREAKING or any(low <= ord(character) <= high for low, high in _HIDING):
        return "an invisible character"
    category = unicodedata.category(character)
    return {"Cc": "a control character", "Cs": "half of a pair of characters"}.get(category, "")
