"""Files of cards that are broken or mean harm: each is refused with a message, or its bad rows are."""

from __future__ import annotations

import io
import json
import os
import sqlite3
import struct
import time
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import zstandard

from quizapp import bank
from quizapp.__main__ import main
from quizapp.bank import Bank
from quizapp.errors import IncomingError
from quizapp.share import incoming
from quizapp.share.incoming import collection, items, package, rows
from quizapp.share.incoming.items import Taken
from quizapp.share.incoming.plain import text

MODELS = {
    "1": {
        "name": "Basic",
        "type": 0,
        "flds": [{"name": "Front", "ord": 0}, {"name": "Back", "ord": 1}],
        "tmpls": [{"ord": 0, "qfmt": "{{Front}}", "afmt": "{{FrontSide}}<hr id=answer>{{Back}}"}],
    }
}
TABLES = (
    "CREATE TABLE col (id INTEGER PRIMARY KEY, models TEXT, decks TEXT)",
    "CREATE TABLE notes (id INTEGER PRIMARY KEY, guid, mid, tags, flds)",
    "CREATE TABLE cards (id INTEGER PRIMARY KEY, nid, did, ord, reps)",
)
ZEROS = b"\0" * 9_000_000


def database(folder: Path, *statements: str, models: Any = MODELS, tables: tuple[str, ...] = TABLES) -> bytes:
    """An old collection with one good note, and whatever is done to it."""
    path = folder / "made.sqlite3"
    path.unlink(missing_ok=True)
    said = models if isinstance(models, str) else json.dumps(models)
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        for statement in tables:
            db.execute(statement)
        if tables == TABLES:
            db.execute("INSERT INTO col VALUES (1, ?, ?)", (said, '{"1": {"name": "Deep"}}'))
            db.execute("INSERT INTO notes VALUES (1, 'g', 1, ' a ', 'front' || char(31) || 'back')")
            db.execute("INSERT INTO cards VALUES (1, 1, 1, 0, 0)")
        for statement in statements:
            db.execute(statement)
    return path.read_bytes()


def packed(folder: Path, **members: bytes) -> Path:
    """A package with these members; `__` in a name stands for a dot."""
    path = folder / "deck.apkg"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for name, body in members.items():
            made.writestr(name.replace("__", "."), body)
    return path


def of(folder: Path, *statements: str, **how: Any) -> Path:
    return packed(folder, collection__anki2=database(folder, *statements, **how))


def taken(path: Path) -> Taken:
    return items.taken(incoming.read(path), path.name, "glossary", Bank())


def said(made: Taken) -> list[str]:
    return [one.why for one in made.refused]


def view(folder: Path) -> Path:
    drop = "ALTER TABLE notes RENAME TO others"
    return of(folder, drop, "CREATE VIEW notes AS SELECT * FROM others")


def endless(folder: Path) -> Path:
    """A view that never ends, under the name of a table."""
    more = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x, x, x, x, x FROM n"
    return of(folder, "DROP TABLE cards", f"CREATE VIEW cards AS {more}")


def virtual(folder: Path) -> Path:
    return of(folder, "DROP TABLE notes", "CREATE VIRTUAL TABLE notes USING fts5(guid, mid, tags, flds)")


def computed(folder: Path) -> Path:
    sql = "CREATE TABLE notes (id, guid, mid, tags, flds AS (hex('a')))"
    return of(folder, "DROP TABLE notes", sql, "INSERT INTO notes VALUES (1, 'g', 1, '')")


def missing(folder: Path) -> Path:
    return of(folder, "DROP TABLE cards")


def other_columns(folder: Path) -> Path:
    return of(folder, "ALTER TABLE notes RENAME COLUMN flds TO fields")


def broken_pages(folder: Path) -> Path:
    body = bytearray(database(folder))
    body[4200:12000] = os.urandom(7800)
    return packed(folder, collection__anki2=bytes(body))


def cut(folder: Path) -> Path:
    path = of(folder)
    path.write_bytes(path.read_bytes()[:200])
    return path


def huge_value(folder: Path) -> Path:
    return of(folder, "UPDATE col SET models = hex(randomblob(4500000))")


def bomb(folder: Path) -> Path:
    return packed(folder, collection__anki2=ZEROS)


def squeezed_bomb(folder: Path) -> Path:
    return packed(folder, meta=b"\x08\x03", collection__anki21b=zstandard.compress(ZEROS))


def wide_window(folder: Path) -> Path:
    """A frame that asks for two gigabytes to be unpacked in."""
    return packed(folder, meta=b"\x08\x03", collection__anki21b=b"\x28\xb5\x2f\xfd\x00\xa8" + b"\0" * 60)


def no_frame(folder: Path) -> Path:
    return packed(folder, meta=b"\x08\x03", collection__anki21b=b"not packed at all")


def newer(folder: Path) -> Path:
    return packed(folder, meta=b"\x08\x09", collection__anki2=database(folder))


def twice(folder: Path) -> Path:
    path = of(folder)
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(path, "a") as more:
        more.writestr("collection.anki2", b"another")
    return path


def many(folder: Path) -> Path:
    path = folder / "deck.apkg"
    path.write_bytes(b"PK\x05\x06" + struct.pack("<4H2LH", 0, 0, 60000, 60000, 46 * 60000, 0, 0))
    return path


def crowded(folder: Path) -> Path:
    insert = "WITH RECURSIVE n(x) AS (SELECT 2 UNION ALL SELECT x + 1 FROM n WHERE x < 20002)"
    return of(folder, f"{insert} INSERT INTO notes SELECT x, 'g' || x, 1, '', 'a' || char(31) || 'b' FROM n")


def method(how: int) -> Callable[[Path], Path]:
    """Packed in a way that Anki does not use: such unpackers take memory as the file says."""

    def make(folder: Path) -> Path:
        path = folder / "deck.apkg"
        with zipfile.ZipFile(path, "w", how) as made:
            made.writestr("collection.anki2", database(folder))
        return path

    return make


def elsewhere(folder: Path) -> Path:
    """An honest end, and before it the place of a list of a million members."""
    path = of(folder)
    body = path.read_bytes()
    path.write_bytes(body[:-22] + b"PK\x06\x07" + bytes(16) + body[-22:])
    return path


def many_tables(folder: Path) -> Path:
    """The list of tables alone would take minutes: it takes longer with each."""
    database(folder)
    path = folder / "made.sqlite3"
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA writable_schema = ON")
        insert = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 30000)"
        page = db.execute("SELECT rootpage FROM sqlite_master WHERE name = 'notes'").fetchone()[0]
        sql = f"INSERT INTO sqlite_master {insert} SELECT 'table', 't' || x, 't' || x, {page}, "
        db.execute(sql + "'CREATE TABLE t' || x || '(a)' FROM n")
    return packed(folder, collection__anki2=path.read_bytes())


def no_name(folder: Path) -> Path:
    database(folder)
    path = folder / "made.sqlite3"
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA writable_schema = ON")
        db.execute("UPDATE sqlite_master SET name = x'6e6f746573ff' WHERE name = 'notes'")
    return packed(folder, collection__anki2=path.read_bytes())


def link(folder: Path) -> Path:
    path = folder / "deck.apkg"
    with zipfile.ZipFile(path, "w") as made:
        member = zipfile.ZipInfo("collection.anki2")
        member.external_attr = 0o120777 << 16
        made.writestr(member, "/etc/passwd")
    return path


def encrypted(folder: Path) -> Path:
    path = of(folder)
    body = bytearray(path.read_bytes())
    body[6] |= 1
    body[body.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(bytes(body))
    return path


PACKAGES: dict[str, tuple[Callable[[Path], Path], str]] = {
    "view": (view, "`notes` is a view"),
    "endless": (endless, "`cards` is a view"),
    "virtual": (virtual, "`notes` is no plain table"),
    "computed": (computed, "`notes` has computed columns"),
    "missing": (missing, "it has no table cards"),
    "other columns": (other_columns, "no such column: flds"),
    "broken pages": (broken_pages, "damaged|malformed|cannot be read"),
    "cut": (cut, "no zip, or cut short"),
    "huge value": (huge_value, "too big"),
    "bomb": (bomb, "more than 200 times its size"),
    "squeezed bomb": (squeezed_bomb, "more than 200 times its size"),
    "wide window": (wide_window, "cannot be unpacked"),
    "no frame": (no_frame, "cannot be unpacked"),
    "newer": (newer, "newer than this quizapp knows.*version is 9"),
    "twice": (twice, "has a member twice"),
    "many": (many, "more than 50,000 members"),
    "crowded": (crowded, "more than 20,000 notes"),
    "encrypted": (encrypted, "is encrypted"),
    "bzip2": (method(zipfile.ZIP_BZIP2), "in a way that Anki does not use"),
    "lzma": (method(zipfile.ZIP_LZMA), "in a way that Anki does not use"),
    "list elsewhere": (elsewhere, "more than 50,000 members"),
    "many tables": (many_tables, "too much work"),
    "a name that is none": (no_name, "cannot be read"),
    "link": (link, "not a database"),
    "package in a package": (
        lambda folder: packed(folder, collection__anki2=of(folder).read_bytes()),
        "not a database",
    ),
    "no collection": (lambda folder: packed(folder, media=b"{}"), "it has no collection"),
    "no database": (lambda folder: packed(folder, collection__anki2=b"x" * 5000), "not a database"),
    "no JSON": (lambda folder: of(folder, models="{"), "note types .* cannot be read"),
    "deep JSON": (lambda folder: of(folder, models="[" * 100_000), "note types .* cannot be read"),
    "odd JSON": (lambda folder: of(folder, models={"1": {"flds": 3}}), "note types .* cannot be read"),
    "no type": (lambda folder: of(folder, models={"x": {}}), "note types .* cannot be read"),
}


@pytest.mark.parametrize("how", PACKAGES)
def test_a_package_that_means_harm_is_refused(tmp_path: Path, how: str):
    make, message = PACKAGES[how]
    path = make(tmp_path)
    began = time.monotonic()
    with pytest.raises(IncomingError, match=f"(?s){message}") as refused:
        taken(path)
    assert time.monotonic() - began < 5
    assert refused.value.todo
    assert {one.name for one in tmp_path.iterdir()} <= {"deck.apkg", "made.sqlite3"}


def test_too_much_work_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(collection, "PATIENCE", 2)
    monkeypatch.setattr(collection, "STEPS", 10)
    with pytest.raises(IncomingError, match="too much work"):
        taken(of(tmp_path))


def test_a_note_with_a_hundred_thousand_cards_is_one_note(tmp_path: Path):
    insert = "WITH RECURSIVE n(x) AS (SELECT 2 UNION ALL SELECT x + 1 FROM n WHERE x < 100000)"
    long = "UPDATE notes SET flds = hex(zeroblob(20000)) || char(31) || 'b'"
    began = time.monotonic()
    made = taken(of(tmp_path, f"INSERT INTO cards {insert} SELECT x, 1, 1, x % 2, 0 FROM n", long))
    assert said(made) == ["has a front of 40,000 characters, more than 4,000"]
    assert time.monotonic() - began < 5


def test_cards_are_not_counted_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(collection, "SEEN", 1_000)
    insert = "WITH RECURSIVE n(x) AS (SELECT 2 UNION ALL SELECT x + 1 FROM n WHERE x < 1002)"
    with pytest.raises(IncomingError, match="more than 1,000 cards"):
        taken(of(tmp_path, f"INSERT INTO cards {insert} SELECT x, 1, 1, 0, 0 FROM n"))


def test_reading_ends_where_there_is_more_than_any_deck_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(items, "WORK", 2_000)
    with pytest.raises(IncomingError, match="come to more than 2,000 characters"):
        sided(tmp_path, "<b>x</b>" * 40)
    assert len(sided(tmp_path, "x" * 1_500).entries["items"]) == 1


def test_a_note_has_so_many_tags_and_no_more(tmp_path: Path):
    found = incoming.read(of(tmp_path, "UPDATE notes SET tags = replace(hex(zeroblob(9000)), '00', ' ab')"))
    assert len(found.notes[0].tags) == 200


def test_a_name_that_steers_a_terminal_stays_a_name(home: Path, tmp_path: Path, capsys):
    path = tmp_path / "\x1b]0;owned\x07\udcff.csv"
    path.write_text("front,back\na,b\n", encoding="utf-8")
    assert main(["import", str(path), "-o", str(home / "x.yaml")]) == 0
    assert "ref: Imported from .csv" in (home / "x.yaml").read_text(encoding="utf-8")
    assert main(["import", str(path) + "x", "-o", str(home / "y.yaml")]) == 2
    said = capsys.readouterr()
    assert "is not there" in said.err
    assert "\x1b" not in said.err


def test_what_is_no_file_by_the_time_it_is_opened_is_not_waited_for(tmp_path: Path):
    os.mkfifo(tmp_path / "pipe.csv")
    with pytest.raises(IncomingError, match="is no file"):
        incoming.read(tmp_path / "pipe.csv")
    for read in (rows.read, package.read):
        with pytest.raises(IncomingError, match="cannot be read"):
            read(tmp_path / "pipe.csv")


def test_triggers_and_paths_in_a_package_do_nothing(tmp_path: Path):
    trigger = "CREATE TRIGGER t AFTER INSERT ON notes BEGIN DELETE FROM notes; END"
    path = packed(
        tmp_path, collection__anki2=database(tmp_path, trigger), **{"../../evil__txt": b"x", "/abs": b"y"}
    )
    made = taken(path)
    assert [entry["front"] for entry in made.entries["items"].values()] == ["front"]
    assert not list(tmp_path.parent.glob("evil*"))


NOTES = {
    "a number": ("INSERT INTO notes VALUES (2, 7, 1, '', 'a')", "is not made of texts"),
    "a blob": ("INSERT INTO notes VALUES (2, 'h', 1, '', zeroblob(9))", "is not made of texts"),
    "null": ("INSERT INTO notes VALUES (2, NULL, 1, NULL, NULL)", "is not made of texts"),
    "no type": (
        "INSERT INTO notes VALUES (2, 'h', 99, '', 'a')",
        "is of a note type that is not in the package",
    ),
    "a huge type": ("INSERT INTO notes VALUES (2, 'h', 1e300, '', 'a')", "is of a note type that is not"),
    "no cards": ("INSERT INTO notes VALUES (2, 'h', 1, '', 'a' || char(31) || 'b')", "has no cards"),
    "fields": (
        "INSERT INTO notes VALUES (2, 'h', 1, '', replace(hex(zeroblob(50)), '0', char(31)))",
        "60 fields",
    ),
    "long": ("INSERT INTO notes VALUES (2, 'h', 1, '', hex(zeroblob(40000)))", "more than 60,000 characters"),
}


@pytest.mark.parametrize("how", NOTES)
def test_a_note_that_is_none_is_refused_alone(tmp_path: Path, how: str):
    statement, message = NOTES[how]
    made = taken(of(tmp_path, statement))
    assert len(made.entries["items"]) == 1
    assert message in said(made)[0]
    assert made.refused[0].line == 2


def sided(folder: Path, front: str, back: str = "back", **template: str) -> Taken:
    models = json.loads(json.dumps(MODELS))
    models["1"]["tmpls"][0] |= template
    escaped = [value.replace("'", "''") for value in (front, back)]
    update = f"UPDATE notes SET flds = '{escaped[0]}' || char(31) || '{escaped[1]}'"
    return taken(of(folder, update, models=models))


def test_a_template_cannot_blow_up(tmp_path: Path):
    made = sided(tmp_path, "x" * 50_000, qfmt="{{Front}}" * 5000)
    assert said(made) == ["would have a side of more than 60,000 characters"]
    made = sided(tmp_path, "x", qfmt="{{#Front}}" * 4000)
    assert said(made) == ["would have a side of more than 60,000 characters"]
    made = sided(tmp_path, "x", qfmt="{{Front}}" * 50_000)
    assert said(made) == ["has a template of 450,000 characters, more than 50,000"]


def test_templates_that_show_nothing_are_work_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    empty = "{{#None}}{{/None}}" * 2000
    assert said(sided(tmp_path, "x", qfmt=empty)) == ["has an empty front"]
    monkeypatch.setattr(items, "WORK", 8_000)
    with pytest.raises(IncomingError, match="come to more than 8,000 characters"):
        sided(tmp_path, "x", qfmt=empty)


SIDES = {
    "empty": ("  <br> ", "has an empty front"),
    "a picture": ("<img src=../../etc/passwd>", "has a front of pictures or sounds alone"),
    "a script": ("<script>alert(1)</script>", "has an empty front"),
    "an open script": ("<script>alert(1)", "has an empty front"),
    "long": ("x" * 5000, "has a front of 5,000 characters, more than 4,000"),
    "occlusion": ("{{c1::image-occlusion:rect:left=.1}}", "hides parts of a picture"),
}


@pytest.mark.parametrize("how", SIDES)
def test_a_side_that_says_nothing_is_refused(tmp_path: Path, how: str):
    front, message = SIDES[how]
    assert message in said(sided(tmp_path, front))[0]


def test_what_is_written_is_plain_whatever_was_read(tmp_path: Path, home: Path):
    hostile = (
        "<b onclick=x>a</b>\x1b]0;title\x07\x1b[2J\u202e\u0085\ufffe\U000e0041 [red]x[/red] {{c9 "
        "!!python/object: &a *a - [ ] # : | > ' \" \\ \t end"
    )
    package_ = of(
        tmp_path,
        "UPDATE notes SET flds = ?1".replace(
            "?1", f"'{hostile.replace(chr(39), chr(39) * 2)}' || char(31) || '*x: &y'"
        ),
    )
    out = home / "x.yaml"
    assert main(["import", str(package_), "-o", str(out)]) == 0
    written = out.read_text(encoding="utf-8")
    assert not any(sign in written for sign in "\x1b\x07\u202e\x85\ufffe\U000e0041")
    found, problems = bank.read([*sorted(bank.paths.questions().glob("*.yaml")), out])
    assert problems == []
    (item,) = (item for item in found.items.values() if item.id.startswith("imp-"))
    assert item.front == ("a\n [red]x[/red] {{c9 !!python/object: &a *a - [ ] # : | > ' \" \\ end")
    assert item.back == "*x: &y"


def test_deck_and_type_names_are_cleaned(tmp_path: Path):
    made = taken(
        of(
            tmp_path,
            "UPDATE col SET decks = json_object('1', json_object('name',"
            " char(27) || '[31mred' || char(8238)))",
        )
    )
    assert [one["concept"] for one in made.entries["concepts"].values()] == ["Imported: red"]


# ---- tables ---------------------------------------------------------------------------------------

ROWS = {
    "open quote": (b'a,b\n"c,d\ne,f\n', "2: opens a quotation mark that is not closed"),
    "a quote within": (b'a,b\n"c"d,e\nf,g\n', "2: cannot be read as a row"),
    "one cell": (b"a,b\nc\n", "2: has an empty back"),
    "cells": (b"a,b\n" + b"c," * 70 + b"\n", "2: has 71 cells, more than 60"),
    "a long cell": (b"a,b\nc," + b"x" * 70_000 + b"\n", "2: has a cell of more than 60,000"),
    "a longer cell": (b"a,b\nc," + b"x" * 200_000 + b"\nd,e\n", "2: "),
    "twice": (b"a,b\na,b\n", "2: is the same as an earlier one"),
    "more cells": (b"front,back\na,b\na,b,c\n", "3: has 1 cells more than there are columns"),
    "zero": (b"a,b\n\0,\0\n", "2: has an empty front"),
    "a gap": (b"a,b\n{{c1::x,y\n", "2: is a cloze whose gaps are not closed"),
    "deep gaps": (
        b"a,b\n" + b"{{c1::" * 20 + b"}}" * 20 + b",y\n",
        "2: is a cloze with gaps nested more than 8",
    ),
}


@pytest.mark.parametrize("how", ROWS)
def test_a_row_that_is_none_is_refused_with_its_line(tmp_path: Path, how: str):
    body, message = ROWS[how]
    path = tmp_path / "t.csv"
    path.write_bytes(body)
    made = taken(path)
    assert message in f"{made.refused[0].line}: {made.refused[0].why}"
    assert next(entry["front"] for entry in made.entries["items"].values()) == "a"


def test_it_goes_on_after_a_quotation_mark_that_is_not_closed_but_not_for_ever(tmp_path: Path):
    path = tmp_path / "t.csv"
    path.write_text('a,b\n"c,d\ne,f\n"g,h\ni,j', encoding="utf-8")
    made = taken(path)
    assert [entry["front"] for entry in made.entries["items"].values()] == ["a", "e", "i"]
    assert [one.line for one in made.refused] == [2, 4]
    path.write_text('"a,b\n' * 31, encoding="utf-8")
    made = taken(path)
    assert made.entries["items"] == {}
    assert [one.line for one in made.refused][:22] == [*range(1, 22), 23]
    assert "lines passed over after it: 1" in made.refused[20].why
    path.write_text('"a"b\n' * 20_005, encoding="utf-8")
    with pytest.raises(IncomingError, match="more than 20,000 rows that are none"):
        taken(path)


FILES = {
    "t.csv": (b"a,b\n\xff\xfe,c\n", "t.csv:2: is not UTF-8 here"),
    "big.csv": (b"a,b\n" * 5_000_001, "larger than 20,000,000 bytes"),
    "rows.csv": (b"".join(b"%d,b\n" % n for n in range(20_001)), "more than 20,000 rows"),
    "null.txt": (b"#separator:\0\na\tb\n", "there is no separator"),
    "zip.csv": (b"PK\x03\x04", "is no text"),
    "sep.txt": (b"#separator:bla\na\tb\n", "there is no separator 'bla'"),
    "col.txt": (b"#guid column:first\na\tb\n", "`guid column` is 'first'"),
    "t.pdf": (b"x", "ends in '.pdf'"),
    "t": (b"x", "ends in 'nothing'"),
    "empty.apkg": (b"", "no zip, or cut short"),
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_none_is_refused(tmp_path: Path, name: str):
    body, message = FILES[name]
    (tmp_path / name).write_bytes(body)
    with pytest.raises(IncomingError, match=message):
        taken(tmp_path / name)


def test_what_is_not_there_or_holds_nothing_is_said(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    assert main(["import", str(tmp_path / "no.csv"), "-o", str(home / "x.yaml")]) == 2
    assert "is not there" in capsys.readouterr().err
    assert main(["import", str(tmp_path), "-o", str(home / "x.yaml")]) == 2
    assert "is no file" in capsys.readouterr().err
    (tmp_path / "e.csv").write_text("\n", encoding="utf-8")
    assert main(["import", str(tmp_path / "e.csv"), "-o", str(home / "x.yaml")]) == 2
    assert "holds no card to take" in capsys.readouterr().err
    assert not (home / "x.yaml").exists()
    (tmp_path / "f.csv").write_text("a,b\n", encoding="utf-8")
    for out in ("x.txt", "no/x.yaml"):
        assert main(["import", str(tmp_path / "f.csv"), "-o", str(home / out)]) == 2
    assert "cannot be written" in capsys.readouterr().err


def test_own_notes_that_were_spoilt_become_cards_or_are_refused(tmp_path: Path):
    head = "#separator:comma\n#html:true\n#columns:Item,Question,Options,Answer,Why\n#tags column:6\n"
    kind = "quizapp::kind::choice quizapp::topic::nowhere quizapp::level::god"
    lines = [
        f"att-a,Q,,<p>A</p>,<h2>Why</h2><ul><li class=right>x,{kind}",
        f"att-c,Q,,,<ul><li><h2>x<p>y</li>z</p>,{kind}",
        f"../evil,Q,,<p>A</p>,x,{kind}",
        f"att-b,,,<p>A</p>,x,{kind}",
    ]
    path = tmp_path / "own.txt"
    path.write_text(head + "\n".join(lines) + "\n", encoding="utf-8")
    made = taken(path)
    (entry,) = made.entries["items"].values()
    assert (entry["kind"], entry["topic"], entry["level"]) == ("card", "glossary", "all")
    assert said(made) == [
        "has an empty back",
        *["has the fields of a quizapp export, and no id or question in them"] * 2,
    ]


@pytest.mark.parametrize(
    "piece", ["<!--", "<a ", "</", "<", '<a href="', "<!", "<?", "<![CDATA[", "&#", "<div>"]
)
def test_no_text_takes_long(piece: str):
    began = time.monotonic()
    text(piece * (60_000 // len(piece)))
    assert time.monotonic() - began < 2


def test_the_limits_are_what_the_messages_say():
    assert (package.MEMBERS, package.RATIO, rows.BYTES) == (50_000, 200, 20_000_000)
    assert io.DEFAULT_BUFFER_SIZE < package.CHUNK
