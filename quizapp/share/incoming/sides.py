"""A note as fronts and backs, the way Anki's templates and clozes say. Pure; the sides are HTML still."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from quizapp.share.incoming.notes import CARDS, Note

SIDE = 60_000
"""The most characters of one side."""
TEMPLATE = 50_000
TAG = re.compile(r"\{\{([^{}]{0,200})\}\}")
ANSWER = re.compile(r"<hr[^>]{0,100}\bid\s*=\s*[\"']?answer[^>]{0,100}>", re.IGNORECASE)
GAP = re.compile(r"\{\{c(\d{1,3}(?:,\d{1,3})*)::|\}\}")
NESTED = 8
OCCLUSION = re.compile(r"\{\{c\d+::image-occlusion:")


class UnfitError(Exception):
    """Why a note cannot become cards, in words."""


@dataclass(frozen=True)
class Side:
    """One card: which of its note, from 0, and its two sides."""

    card: int
    front: str
    back: str


@dataclass(frozen=True)
class Sides:
    """The cards of a note."""

    cards: Iterable[Side]
    """Made one by one, as they are asked for."""
    overlaps: int = 0
    """Cards with a gap within a gap, or with several gaps."""


def of(note: Note) -> Sides:
    """The cards of a note. Raises UnfitError for one that has none."""
    if any(OCCLUSION.search(value) for value in note.fields):
        raise UnfitError("hides parts of a picture, and pictures are not carried over")
    text = next((value for value in note.fields if GAP.search(value) and "{{c" in value), None)
    if text is not None and (note.type.cloze or not note.type.templates):
        return _clozes(note, text)
    if not note.type.templates:
        rest = [value for value in note.fields[1:] if value.strip()]
        joint = "<br>" if note.html else "\n"
        return Sides((Side(0, note.fields[0] if note.fields else "", joint.join(rest)),))
    if note.type.cloze:
        raise UnfitError("is a cloze without a gap such as {{c1::word}}")
    wanted = range(len(note.type.templates)) if note.cards is None else note.cards
    there = [card for card in wanted if 0 <= card < len(note.type.templates)][:CARDS]
    if not there:
        raise UnfitError("has no cards")
    return Sides(_rendered(note, card) for card in there)


# ---- templates ------------------------------------------------------------------------------------


def _rendered(note: Note, card: int) -> Side:
    front, back = note.type.templates[card]
    values = dict(zip(note.type.fields, note.fields, strict=False))
    whole = _filled(back, values, asked=False)
    parts = ANSWER.split(whole, maxsplit=1)
    return Side(card, _filled(front, values, asked=True), parts[-1])


def _filled(template: str, values: dict[str, str], *, asked: bool) -> str:
    """A template with the fields in their places. asked: it is the front, where nothing is typed yet."""
    if len(template) > TEMPLATE:
        raise UnfitError(f"has a template of {len(template):,} characters, more than {TEMPLATE:,}")
    out: list[str] = []
    length, at = 0, 0
    shown: list[tuple[str, bool]] = []  # open conditions, innermost last
    for found in TAG.finditer(template):
        pieces = [template[at : found.start()]]
        at = found.end()
        name = found[1].strip()
        if name[:1] in ("#", "^"):
            filled = bool(values.get(name[1:].strip(), "").strip())
            shown.append((name[1:].strip(), filled == (name[0] == "#")))
            pieces_shown = all(on for _, on in shown[:-1])
        elif name[:1] == "/":
            pieces_shown = all(on for _, on in shown)
            if shown and shown[-1][0] == name[1:].strip():
                shown.pop()
        else:
            pieces_shown = all(on for _, on in shown)
            pieces.append(_value(name, values, asked))
        if pieces_shown:
            out += pieces
            length += sum(map(len, pieces))
        if length > SIDE or len(shown) > 50:
            raise UnfitError(f"would have a side of more than {SIDE:,} characters")
    if all(on for _, on in shown):
        out.append(template[at:])
    return "".join(out)


def _value(name: str, values: dict[str, str], asked: bool) -> str:
    *filters, field = (part.strip() for part in name.split(":"))
    if "type" in filters and asked:
        return ""
    return values.get(field, "")  # FrontSide too: the back is what the front does not say


# ---- clozes ---------------------------------------------------------------------------------------


def _clozes(note: Note, text: str) -> Sides:
    """A card for every number of a gap, as in Anki: its gaps are asked, the others are filled in."""
    whole, numbers, overlapping = _gaps(text, -1)
    if not numbers:
        raise UnfitError("is a cloze whose gaps are not closed")
    rest = [value for value in note.fields if value is not text and value.strip()]
    joint = "<br>" if note.html else "\n"
    wanted = sorted(numbers)[:CARDS]
    if note.cards is not None:
        wanted = [number for number in wanted if number - 1 in note.cards]
    if not wanted:
        raise UnfitError("has no cards")
    back = joint.join([whole, *rest])
    return Sides((Side(number - 1, _gaps(text, number)[0], back) for number in wanted), overlapping)


def _gaps(text: str, asked: int) -> tuple[str, set[int], int]:
    """The text with the gaps of one number open and the others filled; all numbers; how many overlap."""
    open_: list[tuple[set[int], list[str]]] = []
    out: list[str] = []
    counts: dict[int, int] = {}
    nested, at = 0, 0
    for found in GAP.finditer(text):
        into = open_[-1][1] if open_ else out
        into.append(text[at : found.start()])
        at = found.end()
        if found[1] is not None:
            if len(open_) >= NESTED:
                raise UnfitError(f"is a cloze with gaps nested more than {NESTED} deep")
            nested += bool(open_)
            open_.append(({int(number) for number in found[1].split(",")}, []))
        elif open_:
            numbers, pieces = open_.pop()
            content, _, hint = "".join(pieces).partition("::")
            for number in numbers:
                counts[number] = counts.get(number, 0) + 1
            into = open_[-1][1] if open_ else out
            into.append(f"[{hint or '...'}]" if asked in numbers else content)
        else:
            into.append("}}")
    if open_:
        raise UnfitError("is a cloze whose gaps are not closed")
    out.append(text[at:])
    several = sum(count > 1 for count in counts.values())
    return "".join(out), {number for number in counts if number > 0}, nested + several
