"""Tables and Anki's text files as notes: `#separator:` and its kin before the rows, or a first row of names.

Whatever cannot be read is refused with its line; the rest goes on.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from quizapp import files
from quizapp.errors import IncomingError
from quizapp.share.incoming.notes import FIELD, FIELDS, NOTES, TAGS, Found, Note, Refused, Type
from quizapp.share.incoming.plain import line

BYTES = 20_000_000
SEPARATORS = {"comma": ",", "semicolon": ";", "tab": "\t", "space": " ", "pipe": "|", "colon": ":"}
FRONTS = ("front", "question", "term", "prompt", "word", "q")
BACKS = ("back", "answer", "definition", "meaning", "a")
"""How a first row calls the two sides of a card."""
SEPARATOR = re.compile(r'[^"\w\x00-\x08\x0a-\x1f\x7f]')
PLACES = ("notetype", "deck", "tags", "guid")
PLAIN = "table"
HTML = re.compile(
    r"</?(?:a|b|br|code|div|em|font|h[1-6]|hr|i|img|li|ol|p|pre|s|span|strong|su[bp]|table|t[dhr]|u|ul)"
    r"(?:\s+[a-z-]+\s*=[^<>]*)?\s*/?>|&(?:[a-z]{2,8}|#\d{1,6});",
    re.IGNORECASE,
)
"""What makes a row HTML where the file does not say: a tag or an entity; `x<y` and `vector<int>` are none."""
NUMBERED = re.compile(r"#[\t,;|]")
"""How a first row begins whose first column, the number of the row, is called #."""
UNCLOSED = ("unexpected end of data", "field larger")
"""How csv says that a quotation mark was never closed, at the end of the file or after so many characters."""
LOOKED_AT = 20
"""Rows by which one guesses what separates the cells."""
AGAIN = 20
"""How often it goes on after such a mark; each may take long to find."""


@dataclass
class Head:
    """What is said before the rows."""

    separator: str = ""
    html: bool | None = None
    named: str = ""
    """The names of the columns, as they stand there."""
    columns: tuple[str, ...] = ()
    places: dict[str, int] = field(default_factory=dict)
    """notetype, deck, tags, guid -> its column, from 0."""
    always: dict[str, str] = field(default_factory=dict)
    """The same, where one holds for all rows."""
    lines: int = 0
    remarks: int = 0
    """How many of the lines say nothing of that kind."""


class _Lines(Iterator[str]):
    """The lines after the head; remembers how the row at hand begins."""

    def __init__(self, lines: list[str], done: int) -> None:
        self._lines = lines
        self.at = done
        self.first = ""

    def __next__(self) -> str:
        if self.at >= len(self._lines):
            raise StopIteration
        found = self._lines[self.at]
        self.at += 1
        self.first = self.first or found
        return found


def read(path: Path) -> Found:
    """The rows of a file. Raises IncomingError when it is no table at all."""
    lines = _decoded(path).split("\n")
    lines = [f"{one}\n" for one in (lines if lines[-1] else lines[:-1])]
    head = _head(path, lines)
    found = Found(what="row", losses=Counter(remarks=head.remarks))
    rows = _rows(path, lines, head, found)
    known: Type | None = None
    for number, cells in rows:
        if known is None and not head.columns and (names := _named(cells)):
            head.columns = names
            _own_places(head)
            known = _type(head, len(cells))
            continue
        known = known or _type(head, len(cells))
        note = _note(number, cells, head, known)
        if isinstance(note, Refused):
            found.refused.append(note)
        elif len(found.notes) >= NOTES:
            raise IncomingError(f"{path} has more than {NOTES:,} rows", "Import it in parts.")
        else:
            found.notes.append(note)
    return found


def _decoded(path: Path) -> str:
    try:
        with files.opened(path) as file:
            raw = file.read(BYTES + 1)
    except OSError as error:
        todo = "Check the path and its permissions."
        raise IncomingError(f"{path} cannot be read: {error.strerror or error}", todo) from error
    if len(raw) > BYTES:
        raise IncomingError(f"{path} is larger than {BYTES:,} bytes", "Import it in parts.")
    if raw.startswith((b"PK\x03\x04", b"SQLite format 3", b"\x28\xb5\x2f\xfd")):
        raise IncomingError(f"{path} is no text", "If it is an Anki package, let its name end in .apkg.")
    wide = raw.startswith((b"\xff\xfe", b"\xfe\xff"))
    try:
        text = raw.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        at = raw[: error.start].count(b"\n") + 1
        raise IncomingError(f"{path}:{at}: is not UTF-8 here", "Save the file as UTF-8.") from error
    return text.replace("\r\n", "\n").replace("\r", "\n")


# ---- what stands before the rows ------------------------------------------------------------------


def _head(path: Path, lines: list[str]) -> Head:
    head = Head()
    for text in lines:
        if not _remark(text):
            break
        head.lines += 1
        name, _, value = text[1:].rstrip("\n").partition(":")
        name = name.strip().lower()
        if name == "separator":
            head.separator = SEPARATORS.get(value.strip().lower(), value)
            if not SEPARATOR.fullmatch(head.separator):
                todo = f"Write one character, or one of: {', '.join(SEPARATORS)}."
                raise IncomingError(f"{path}:{head.lines}: there is no separator {line(value)!r}", todo)
        elif name == "html":
            head.html = value.strip().lower() == "true"
        elif name == "columns":
            head.named = value[:FIELD]
        elif name in PLACES:
            head.always[name] = line(value)
        elif (place := name.removesuffix(" column")) in PLACES and name != place:
            if not re.fullmatch(r"[1-9]\d{0,2}", value.strip()):
                what = f"{path}:{head.lines}: `{place} column` is {line(value, 40)!r}"
                raise IncomingError(what, "Write the number of a column, from 1.")
            head.places[place] = int(value.strip()) - 1
        else:
            head.remarks += 1
    head.separator = head.separator or _guessed(lines[head.lines :], path)
    if head.named:
        cells = next(csv.reader([head.named], delimiter=head.separator))
        head.columns = _unlike(cells[:FIELDS])
    return head


def _unlike(names: Iterable[str]) -> tuple[str, ...]:
    """Names of columns; one that is there already gets a number."""
    found: dict[str, None] = {}
    for place, name in enumerate(map(line, names), 1):
        name = name or f"Field {place}"
        while name in found:
            name += f" {place}"
        found[name] = None
    return tuple(found)


def _guessed(lines: list[str], path: Path) -> str:
    """What separates the cells: what is there equally often in every row; commas in sentences are not."""
    usual = ("\t", ",") if path.suffix.lower() == ".csv" else ("\t",)
    first = next((text for text in lines if text.strip() and not _remark(text)), "")
    bare = re.sub(r'"[^"]*"', "", first)

    def fits(sign: str) -> tuple[bool, bool, int, bool]:
        widths = {len(row) for row in _sample(lines, sign)}
        even = len(widths) == 1 and widths != {1}
        return even, even and sign in usual, bare.count(sign), sign in usual

    return max(("\t", ";", "|", ","), key=fits)


def _sample(lines: list[str], sign: str) -> Iterator[list[str]]:
    """The first rows, as far as they can be read."""
    reader = csv.reader(lines[: 10 * LOOKED_AT], delimiter=sign, strict=True)
    with suppress(csv.Error):
        rows = (row for row in reader if any(map(str.strip, row)) and not _remark(row[0]))
        yield from islice(rows, LOOKED_AT)


def _remark(text: str) -> bool:
    """Whether a row that begins so is a remark, as in Anki's files."""
    return text.startswith("#") and text.strip() != "#" and not NUMBERED.match(text)


def _named(cells: list[str]) -> tuple[str, ...]:
    """The names of the columns, when the first row says them; front and back are called so."""
    names = [line(cell).lower() for cell in cells]
    front = next((name for name in FRONTS if name in names), None)
    back = next((name for name in BACKS if name in names), None)
    if front is None or back is None:
        return ()
    called = {front: "Front", back: "Back", "id": "guid", "#": "guid", "note type": "notetype"}
    return _unlike(called.get(name, name) for name in names)


def _own_places(head: Head) -> None:
    """Columns that a first row calls deck, tags, guid or notetype are those."""
    for place in PLACES:
        if place in head.columns:
            head.places.setdefault(place, head.columns.index(place))


def _type(head: Head, width: int) -> Type:
    """What a row is made of: every column that is no deck, tags, guid or note type; front and back first."""
    names = head.columns or tuple(f"Field {place + 1}" for place in range(width))
    fields = [name for place, name in enumerate(names) if place not in head.places.values()]
    if "Front" in fields:
        fields = sorted(fields, key=lambda name: {"Front": 0, "Back": 1}.get(name, 2))
    return Type(head.always.get("notetype", PLAIN), tuple(fields))


# ---- rows -----------------------------------------------------------------------------------------


def _rows(path: Path, lines: list[str], head: Head, found: Found) -> Iterator[tuple[int, list[str]]]:
    """(line, cells) of every row that is one; empty lines are passed over, remarks counted."""
    source, unclosed = _Lines(lines, head.lines), 0
    reader = csv.reader(source, delimiter=head.separator, strict=True)
    while True:
        if len(found.refused) > NOTES:
            raise IncomingError(f"{path} has more than {NOTES:,} rows that are none", "Is it a table?")
        begin, source.first = source.at + 1, ""
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            why = f"cannot be read as a row: {error}"
            if source.at > begin or str(error).startswith(UNCLOSED):
                why, unclosed = "opens a quotation mark that is not closed as it should be", unclosed + 1
                if unclosed <= AGAIN:  # as if the line were a row of its own: the next may be in order
                    source.at = begin
                    reader = csv.reader(source, delimiter=head.separator, strict=True)
                else:
                    why += f"; lines passed over after it: {source.at - begin}"
            found.refused.append(Refused(begin, why))
            continue
        if _remark(source.first):
            found.losses["remarks"] += 1
        elif any(cell.strip() for cell in cells):
            yield begin, cells


def _note(number: int, cells: list[str], head: Head, known: Type) -> Note | Refused:
    if len(cells) > FIELDS:
        return Refused(number, f"has {len(cells)} cells, more than {FIELDS}")
    if any(len(cell) > FIELD for cell in cells):
        return Refused(number, f"has a cell of more than {FIELD:,} characters")

    def at(place: str) -> str:
        where = head.places.get(place, -1)
        return cells[where].strip() if 0 <= where < len(cells) else head.always.get(place, "")

    names = head.columns or tuple(f"Field {place + 1}" for place in range(len(cells)))
    by_name = {
        name: cells[place]
        for place, name in enumerate(names)
        if place < len(cells) and place not in head.places.values()
    }
    fields = known.fields if head.columns else tuple(by_name)
    values = tuple(by_name.get(name, "") for name in fields)
    placed = head.places.values()
    more = [
        cell
        for place, cell in enumerate(cells)
        if place >= len(names) and place not in placed and cell.strip()
    ]
    if more:
        return Refused(number, f"has {len(more)} cells more than there are columns")
    name = line(at("notetype")) or known.name
    key = at("guid")
    if key.isdecimal():  # the number of the row, which other files have too
        key = ""
    html = any(HTML.search(value) for value in values) if head.html is None else head.html
    return Note(
        line=number,
        key=key,
        type=Type(name, fields, cloze="cloze" in name.lower()),
        fields=values,
        html=html,
        tags=tuple(at("tags").split(maxsplit=TAGS)[:TAGS]),
        deck=line(at("deck")),
    )
