"""A deck as rows for Anki's text import, separated by tabs or commas. Pure; same deck, same bytes.

The rows are the notes of the Anki package: the same fields, tags, decks and guids, so that one can follow
the other. A row brings no note type: where the package has never been imported, Anki knows no `quizapp`
and skips the rows, and a remark in the file says so. Nor does it bring pictures; it names the package's.
The item's id comes first, so that people find it in a spreadsheet.
"""

from __future__ import annotations

import csv
import io
from typing import Literal

from quizapp.export import anki
from quizapp.export.deck import Deck, topic_name

NOTE_TYPE = "quizapp"
FIELDS = tuple(name for name in anki.FIELDS if not name.startswith("Spare"))
COLUMNS = (*FIELDS, "Note type", "Deck", "Tags", "Guid")
FIRST = "Import an .apkg export once before this: it brings the note type; rows without it are skipped."
FORMULA = ("=", "+", "-", "@", "\t", "\r")
SEPARATORS: dict[Literal["tab", "comma"], str] = {"tab": "\t", "comma": ","}


def tabs(deck: Deck) -> bytes:
    """The rows separated by tabs."""
    return _rows(deck, "tab")


def commas(deck: Deck) -> bytes:
    """The rows separated by commas."""
    return _rows(deck, "comma")


def _rows(deck: Deck, separator: Literal["tab", "comma"]) -> bytes:
    out = io.StringIO()
    out.write("".join(f"{line}\n" for line in _head(separator)))
    # Quoted throughout: Anki takes a row that begins with # for a remark.
    rows = csv.writer(out, delimiter=SEPARATORS[separator], quoting=csv.QUOTE_ALL, lineterminator="\n")
    pictures = anki.pictures(deck)
    for item in deck.items:
        fields = [_inert(field) for field in anki.fields(deck, item, pictures)[: len(FIELDS)]]
        where = (NOTE_TYPE, f"quizapp::{topic_name(item.topic)}", " ".join(anki.tags(deck, item)))
        rows.writerow([*fields, *where, anki.guid(item)])
    return out.getvalue().encode()


def _inert(field: str) -> str:
    """A field that no spreadsheet takes for a formula: what one begins with is written as HTML says it."""
    return f"&#{ord(field[0])};{field[1:]}" if field.startswith(FORMULA) else field


def _head(separator: Literal["tab", "comma"]) -> list[str]:
    """What Anki reads before the rows, and a line for people, which it passes over."""
    place = {name: COLUMNS.index(name) + 1 for name in ("Note type", "Deck", "Tags", "Guid")}
    return [
        f"#separator:{separator}",
        "#html:true",
        f"#notetype column:{place['Note type']}",
        f"#deck column:{place['Deck']}",
        f"#tags column:{place['Tags']}",
        f"#guid column:{place['Guid']}",
        f"#columns:{SEPARATORS[separator].join(COLUMNS)}",
        f"# {FIRST}",
    ]
