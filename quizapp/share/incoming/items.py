"""Notes as entries of a question file: cards, and what one of our exports was made of. Pure.

Whatever a note does not say is filled in the same way for all (level, difficulty, time); every entry is
checked as the app checks it, and a note that makes none is refused with the reason.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from quizapp.bank import Bank
from quizapp.errors import IncomingError
from quizapp.model import KINDS
from quizapp.pack_content import ENTRIES, ITEMS
from quizapp.share.incoming import own, sides
from quizapp.share.incoming.notes import Found, Note, Refused
from quizapp.share.incoming.plain import MARKER, clean, line, text
from quizapp.share.incoming.sides import UnfitError

if TYPE_CHECKING:
    from pydantic import TypeAdapter

TEXT = 4_000
"""The most characters of a front or a back."""
TAGS = 20
POINT = "says what is on the back"
"""What a card from elsewhere asks of an answer; it says nothing more precise."""
WORK, TAG, PLACE = 30_000_000, 50, 10
"""The most characters of all fronts and backs together; reading an HTML tag takes as long as so many of them,
and one of a template's places as so many."""
NAMED = 10
"""Decks that an error names."""
CUT = 200
"""Decks of one import that become concepts; the others share one."""


@dataclass(kw_only=True)
class Taken:
    """What became of a file."""

    source: str = ""
    """Its name."""
    entries: dict[str, dict[str, dict[str, Any]]] = field(
        default_factory=lambda: {"concepts": {}, "items": {}}
    )
    refused: list[Refused] = field(default_factory=list)
    here: list[str] = field(default_factory=list)
    """Ids of items that are among the questions here already."""
    losses: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    work: int = 0
    """Characters that were looked at."""

    def fill(self, templates: Iterable[tuple[str, str]]) -> None:
        """Count the tags of templates, which take time however little they show. Raises IncomingError."""
        self._spend(sum(PLACE * (front.count("{{") + back.count("{{")) for front, back in templates))

    def look(self, texts: Iterable[str]) -> None:
        """Count them. Raises IncomingError when they are more than any deck has."""
        self._spend(sum(len(text) + TAG * text.count("<") for text in texts))

    def _spend(self, work: int) -> None:
        self.work += work
        if self.work > WORK:
            what = (
                f"{self.source}: its cards come to more than {WORK:,} characters, with a tag counted as {TAG}"
            )
            raise IncomingError(what, "Import one deck at a time: --deck NAME")


def taken(
    found: Found,
    source: str,
    topic: str,
    around: Bank,
    *,
    known: AbstractSet[str] = frozenset(),
    deck: str = "",
) -> Taken:
    """The items of the notes. Raises IncomingError when there are too many.

    source: the name of the file. topic: of cards that say none. around: the built-in questions, to which
    items may refer. known: ids of all questions there are already; they are not taken again.
    deck: only the notes of this deck and those below it.
    """
    made = Taken(source=source, refused=[*found.refused], losses=Counter(found.losses))
    looks: set[str] = set()
    for note in _of_deck(source, found.notes, deck):
        if note.type.templates:
            looks.add(note.type.name)
        if own.is_own(note) and (id_ := own.id_of(note)) in known:
            made.here.append(id_)
            continue
        try:
            for entry, losses in _entries(made, note, source, topic, around):
                _put(made, entry, note)
                made.losses.update(losses)
        except UnfitError as why:
            made.refused.append(Refused(note.line, str(why), found.what))
    made.losses["templates"] += len(looks)
    made.refused.sort(key=lambda one: one.line)
    return made


def _of_deck(source: str, notes: list[Note], deck: str) -> list[Note]:
    """The notes of a deck and those below it. Raises IncomingError when there is no such deck."""
    if not deck:
        return notes
    kept = [note for note in notes if note.deck == deck or note.deck.startswith(f"{deck}::")]
    if not kept:
        decks = sorted({note.deck for note in notes if note.deck})
        named = ", ".join(repr(name) for name in decks[:NAMED])
        more = f" and {len(decks) - NAMED} more" if len(decks) > NAMED else ""
        todo = f"There are {named}{more}." if decks else "Its cards are in none; leave out --deck."
        raise IncomingError(f"{source} has no deck {deck!r}", todo)
    return kept


def _put(made: Taken, entry: dict[str, Any], note: Note) -> None:
    items = made.entries["items"]
    if entry["id"] in items:
        raise UnfitError("is the same as an earlier one")
    if len(items) >= ITEMS:
        raise IncomingError(
            f"{made.source} makes more than {ITEMS:,} items", "Import one deck at a time: --deck NAME"
        )
    entry["concepts"] = [_concept(made, note, entry["topic"])]
    _check(entry)
    items[entry["id"]] = entry
    made.kinds[entry["kind"]] += 1


def _concept(made: Taken, note: Note, topic: str) -> str:
    """The id of the concept that stands for the note's deck and topic."""
    concepts = made.entries["concepts"]
    name = note.deck if len(concepts) < CUT else ""
    slug = re.sub(r"[^a-z0-9]+", "-", f"{name} {topic}".lower()).strip("-")[:40].strip("-")
    id_ = f"imported-{slug}-{hashlib.sha256(f'{line(made.source)} {name} {topic}'.encode()).hexdigest()[:6]}"
    said = f"Imported: {name}" if name else "Imported cards"
    concepts.setdefault(id_, {"id": id_, "topic": topic, "concept": said})
    return id_


def _check(entry: dict[str, Any]) -> None:
    """Raises UnfitError, saying what the types of the items say."""
    from pydantic import ValidationError

    try:
        _reader(entry["kind"]).validate_python(entry)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise UnfitError(f"makes no {entry['kind']}: `{where}`: {first['msg']}") from error


@cache
def _reader(kind: str) -> TypeAdapter[Any]:
    """What checks entries of a kind: dear to make, cheap to use."""
    from pydantic import TypeAdapter

    return TypeAdapter(KINDS[kind])


# ---- one note -------------------------------------------------------------------------------------


def _entries(
    made: Taken, note: Note, source: str, topic: str, around: Bank
) -> Iterator[tuple[dict[str, Any], set[str]]]:
    """The items of a note, each with what it lost. Raises UnfitError, IncomingError."""
    if own.is_own(note):
        made.look(note.fields)
        entry = own.item(note)
        if entry is None:
            raise UnfitError("has the fields of a quizapp export, and no id or question in them")
        entry.setdefault("topic", topic)
        yield _own(entry, note, around)
        return
    cards = sides.of(note)
    made.fill(note.type.templates)
    shared = {"overlaps"} if cards.overlaps else set()
    for side in cards.cards:
        made.look((side.front, side.back))
        front, lost = text(side.front, note.html)
        back, more = text(side.back, note.html)
        _sides(front, back)
        entry = {
            **{"id": _id(note, front, side.card), "kind": "card", "topic": topic, "level": "all"},
            **{"bloom": "remember", "difficulty": 2, "time_s": 30, "front": front, "back": back},
            "grade_yourself": [POINT],
            "sources": [
                {"ref": f"Imported from {line(source)}{f', {note.deck}' if note.deck else ''}", "seen": "no"}
            ],
        }
        if tags := _tags(note.tags):
            entry["tags"] = tags
        yield entry, lost | more | shared


def _own(entry: dict[str, Any], note: Note, around: Bank) -> tuple[dict[str, Any], set[str]]:
    """An item of ours that came back, and what it lost."""
    losses = {"parts"}
    if own.kind_of(note) not in ("", entry["kind"]):
        losses.add("printed")
    if "<img" in note.field("Evidence"):
        losses.add("pictures")
    claims = [id_ for id_ in entry.pop("claims", ()) if id_ in around.claims]
    if claims:
        entry["claims"] = claims
    if entry["kind"] == "card":
        _sides(entry.get("front", ""), entry.get("back", ""))
    if any(len(entry.get(name, ())) > ENTRIES for name in ("tags", "sources", "followups", "caveats")):
        raise UnfitError(f"has a list of more than {ENTRIES} entries")
    return entry, losses


def _sides(front: str, back: str) -> None:
    for name, said in (("front", front), ("back", back)):
        if not said:
            raise UnfitError(f"has an empty {name}")
        if not MARKER.sub("", said).strip():
            raise UnfitError(f"has a {name} of pictures or sounds alone, and they are not carried over")
        if len(said) > TEXT:
            raise UnfitError(f"has a {name} of {len(said):,} characters, more than {TEXT:,}")


def _id(note: Note, front: str, card: int) -> str:
    """An id that stays when the note is edited; without a key, as long as its front stays."""
    known = f"guid {note.key}" if note.key else f"front {front}"
    stem = hashlib.sha256(known.encode()).hexdigest()[:12]
    return f"imp-{stem}" + (f"-{card + 1}" if card else "")


def _tags(tags: tuple[str, ...]) -> list[str]:
    kept = dict.fromkeys(line(clean(tag)[0], 60) for tag in tags)
    return [tag for tag in kept if tag][:TAGS]
