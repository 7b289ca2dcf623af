"""An Anki collection, an SQLite file by strangers, as notes.

It is opened for reading only, in a place of its own; no view, trigger, computed column or virtual table in it
is asked, and only as much work is done for it as an honest one needs. Old (JSON) and new (tables) forms.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from quizapp.errors import IncomingError
from quizapp.share.incoming.notes import CARDS, FIELD, FIELDS, NOTES, TAGS, Found, Note, Refused, Type
from quizapp.share.incoming.plain import line

VALUE = 8_000_000
"""The most bytes of one value."""
STEPS, PATIENCE = 100_000, 5_000
"""SQLite is stopped after so many times so many steps: some ten times what the largest honest deck takes."""
FIRST_STEPS, FIRST_PATIENCE = 1_000, 200
"""The same while it reads the list of tables: thousands of them take it longer and longer."""
TYPES = 2_000
SEEN = 1_000_000
"""The most cards that are looked at."""
WANTED: dict[str, tuple[str, ...]] = {
    "notes": ("id", "guid", "mid", "tags", "flds"),
    "cards": ("nid", "did", "ord", "reps"),
    "col": ("models", "decks"),
    "notetypes": ("id", "name", "config"),
    "fields": ("ntid", "ord", "name"),
    "templates": ("ntid", "ord", "config"),
    "decks": ("id", "name"),
}
"""The only columns that are read."""
AGAIN = "Export the deck from Anki once more; `Check database` in its Tools menu mends what is damaged."
Types = dict[int, Type]


def read(database: Path, shown: str) -> Found:
    """The notes in a collection. shown: what to call the file. Raises IncomingError."""
    try:
        with closing(_opened(database)) as db:
            tables = _tables(db, shown)
            _patient(db, STEPS, PATIENCE)
            _sound(db, shown)
            db.set_authorizer(_allowed)
            new = {"notetypes", "fields", "templates", "decks"} <= tables
            types, decks = _described(db) if new else _told(db, shown)
            return _found(db, types, decks)
    except (sqlite3.Error, OverflowError, UnicodeError) as error:
        why = "it asks for too much work" if "interrupted" in str(error) else str(error)
        raise IncomingError(f"the collection in {shown} cannot be read: {why}", AGAIN) from error


def _opened(database: Path) -> sqlite3.Connection:
    db = sqlite3.connect(
        f"{database.absolute().as_uri()}?mode=ro&immutable=1", uri=True, isolation_level=None
    )
    db.text_factory = _text
    for limit, most in (
        (sqlite3.SQLITE_LIMIT_LENGTH, VALUE),
        (sqlite3.SQLITE_LIMIT_SQL_LENGTH, 100_000),
        (sqlite3.SQLITE_LIMIT_ATTACHED, 0),
        (sqlite3.SQLITE_LIMIT_TRIGGER_DEPTH, 0),
        (sqlite3.SQLITE_LIMIT_EXPR_DEPTH, 100),
    ):
        db.setlimit(limit, most)
    _patient(db, FIRST_STEPS, FIRST_PATIENCE)
    for pragma in ("trusted_schema = OFF", "query_only = ON", "cell_size_check = ON", "mmap_size = 0"):
        db.execute(f"PRAGMA {pragma}")
    db.create_collation("unicase", lambda one, other: (one > other) - (one < other))
    return db


def _patient(db: sqlite3.Connection, steps: int, patience: int) -> None:
    """Stop whatever takes more than so many times so many steps."""
    left = iter(range(patience))
    db.set_progress_handler(lambda: int(next(left, None) is None), steps)


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", errors="replace")


def _allowed(action: int, first: str | None, second: str | None, base: str | None, inner: str | None) -> int:
    """SQLite asks before it does anything: only reading the wanted columns is allowed."""
    if action == sqlite3.SQLITE_SELECT:
        return sqlite3.SQLITE_OK
    if (
        action == sqlite3.SQLITE_READ
        and inner is None
        and (second or "") in ("", *WANTED.get(first or "", ()))
    ):
        return sqlite3.SQLITE_OK
    return sqlite3.SQLITE_DENY


def _sound(db: sqlite3.Connection, shown: str) -> None:
    said = db.execute("PRAGMA quick_check(1)").fetchone()
    if said is None or said[0] != "ok":
        raise IncomingError(f"the collection in {shown} is damaged: {line(str(said and said[0]))}", AGAIN)


def _tables(db: sqlite3.Connection, shown: str) -> set[str]:
    """The wanted tables that are there and are tables: neither views nor virtual ones."""
    rows = db.execute("SELECT type, name, rootpage, sql FROM sqlite_master LIMIT 2000").fetchall()
    found = set()
    for kind, name, page, sql in rows:
        if kind == "index" or name not in WANTED:
            continue
        if kind != "table" or not page or not str(sql).upper().startswith("CREATE TABLE"):
            what = "a view" if kind == "view" else "no plain table" if kind == "table" else f"a {kind}"
            raise IncomingError(
                f"the collection in {shown} is none of Anki's: `{name}` is {line(what)}", AGAIN
            )
        if any(row[-1] for row in db.execute(f"PRAGMA table_xinfo({name})")):
            what = f"the collection in {shown} is none of Anki's: `{name}` has computed columns"
            raise IncomingError(what, AGAIN)
        found.add(name)
    if missing := {"notes", "cards", "col"} - found:
        what = f"the collection in {shown} is none of Anki's: it has no table {sorted(missing)[0]}"
        raise IncomingError(what, AGAIN)
    return found


# ---- note types and decks -------------------------------------------------------------------------


def _told(db: sqlite3.Connection, shown: str) -> tuple[Types, dict[int, str]]:
    """As older collections have it: JSON in the one row of `col`."""
    row = db.execute("SELECT models, decks FROM col").fetchone()
    try:
        models, decks = (json.loads(value) for value in row or ("{}", "{}"))
        types = {int(id_): _model(model) for id_, model in list(models.items())[:TYPES]}
        names = {int(id_): line(str(deck["name"])) for id_, deck in decks.items()}
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        what = f"the note types in {shown} cannot be read: {line(str(error))}"
        raise IncomingError(what, AGAIN) from error
    return types, names


def _model(model: Any) -> Type:  # noqa: ANN401 - JSON by strangers
    fields = sorted(model["flds"], key=lambda one: int(one["ord"]))
    templates = sorted(model["tmpls"], key=lambda one: int(one["ord"]))
    return Type(
        name=line(str(model["name"])),
        fields=tuple(str(one["name"]) for one in fields[:FIELDS]),
        templates=tuple((str(one["qfmt"]), str(one["afmt"])) for one in templates),
        cloze=model.get("type") == 1,
    )


def _described(db: sqlite3.Connection) -> tuple[Types, dict[int, str]]:
    """As newer collections have it: tables, with the templates in protocol buffers."""
    fields: dict[int, list[tuple[int, str]]] = {}
    for type_, order, name in db.execute("SELECT ntid, ord, name FROM fields").fetchmany(TYPES * 10):
        fields.setdefault(_int(type_), []).append((_int(order), str(name)))
    templates: dict[int, list[tuple[int, str, str]]] = {}
    for type_, order, config in db.execute("SELECT ntid, ord, config FROM templates").fetchmany(TYPES * 10):
        parts = dict(_parts(config))
        templates.setdefault(_int(type_), []).append((_int(order), _said(parts, 1), _said(parts, 2)))
    types = {
        _int(id_): Type(
            name=line(str(name)),
            fields=tuple(name for _, name in sorted(fields.get(_int(id_), ()))[:FIELDS]),
            templates=tuple((front, back) for _, front, back in sorted(templates.get(_int(id_), ()))),
            cloze=dict(_parts(config)).get(1) == 1,
        )
        for id_, name, config in db.execute("SELECT id, name, config FROM notetypes").fetchmany(TYPES)
    }
    rows = db.execute("SELECT id, name FROM decks").fetchmany(TYPES * 10)
    return types, {_int(id_): line(str(name).replace("\x1f", "::")) for id_, name in rows}


def _int(value: object) -> int:
    return value if isinstance(value, int) else -1


def _said(parts: dict[int, int | bytes], number: int) -> str:
    value = parts.get(number, b"")
    return _text(value) if isinstance(value, bytes) else ""


def _parts(raw: object) -> Iterator[tuple[int, int | bytes]]:
    """(number, value) of a message in protocol buffers, as far as it can be read."""
    if not isinstance(raw, bytes):
        return
    at = 0

    def number() -> int:
        nonlocal at
        value, shift = 0, 0
        while at < len(raw) and shift < 70:
            byte = raw[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                break
        return value

    while at < len(raw):
        key = number()
        if key & 7 == 0:
            yield key >> 3, number()
        elif key & 7 == 2:
            length = number()
            yield key >> 3, raw[at : at + length]
            at += length
        elif key & 7 in (1, 5):
            at += 8 if key & 7 == 1 else 4
        else:
            return


# ---- notes ----------------------------------------------------------------------------------------


def _found(db: sqlite3.Connection, types: Types, decks: dict[int, str]) -> Found:
    found = Found(what="note")
    cards: dict[int, dict[int, str]] = {}
    rows = db.execute("SELECT nid, did, ord, reps FROM cards")
    for count, (note, deck, order, reps) in enumerate(rows, 1):
        if count > SEEN:
            raise IncomingError(f"there are more than {SEEN:,} cards in it", "Export one deck at a time.")
        there = cards.setdefault(_int(note), {})
        if len(there) < CARDS:
            there.setdefault(_int(order), decks.get(_int(deck), ""))
        found.losses["scheduled"] += isinstance(reps, int) and reps > 0
        if len(cards) > NOTES:
            raise IncomingError(f"there are more than {NOTES:,} notes in it", "Export one deck at a time.")
    rows = db.execute("SELECT id, guid, mid, tags, flds FROM notes ORDER BY id")
    for place, row in enumerate(rows, 1):
        if place > NOTES:
            raise IncomingError(f"there are more than {NOTES:,} notes in it", "Export one deck at a time.")
        note = _note(place, row, types, cards)
        (found.refused if isinstance(note, Refused) else found.notes).append(note)  # type: ignore[arg-type]
    return found


def _note(place: int, row: tuple[Any, ...], types: Types, cards: dict[int, dict[int, str]]) -> Note | Refused:
    id_, guid, type_, tags, fields = row
    refused: Callable[[str], Refused] = lambda why: Refused(place, why, "note")  # noqa: E731 - says it shorter
    if not (isinstance(guid, str) and isinstance(tags, str) and isinstance(fields, str)):
        return refused("is not made of texts")
    known = types.get(_int(type_))
    if known is None:
        return refused("is of a note type that is not in the package")
    values = tuple(fields.split("\x1f"))
    if len(values) > FIELDS or any(len(value) > FIELD for value in values):
        return refused(f"has more than {FIELDS} fields, or one of more than {FIELD:,} characters")
    there = sorted(cards.get(_int(id_), {}).items())
    return Note(
        line=place,
        key=guid,
        type=known,
        fields=values,
        tags=tuple(tags.split(maxsplit=TAGS)[:TAGS]),
        deck=there[0][1] if there else "",
        cards=tuple(order for order, _ in there),
    )
