"""Every text of a deck set to something that means harm, in every format: it stays a text."""

# ruff: noqa: F811 - fixtures are imported and then asked for by name

from __future__ import annotations

import csv
import dataclasses
import html
import io
import json
import re
import sqlite3
import zipfile
from contextlib import closing
from html.parser import HTMLParser

import pytest
from markdown_it import MarkdownIt

from quizapp import export
from quizapp.export import anki_text, markdown
from quizapp.export.deck import Deck
from tests.decks import deck, hostile, run  # noqa: F401

HARM = (
    "<script>alert(1)</script><img src=x onerror=alert(1)></style></textarea>--><!--",
    "]]> {{c1::x}} {{Front}} ${7*7} {% x %} {nb} {=html} \\",
    "=cmd|'/c calc'!A0",
    "@SUM(1+1)",
    "+1+1",
    "-2+3",
    "2024. [a](javascript:alert(1)) ![b](c) www.evil.example http://evil.example",
    "123456789) ~a =b #c {d} :e \\f -> =x $CATEGORY: x // ::y::",
    "\x1b[2J\x1b]0;owned\x07\x9b31m\x85\x00\x7f",
    "\u202eevil\u2066\u200f\u061c\u2028x\ufeff\u200b\u2060\U000e0041\U000e0101\ufff9",
    "[sound:x.mp3] [$]x[/$] [latex]x[/latex] %TAG &#x3c;script&#x3e; &lt;b&gt;",
    "=== *** ``` ~~~ |a|b| #1 @someone :smile: mailto:a@b.c '\"`",
)
STEERING = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9\U000e0000-\U000e01ef]"
)
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def spoilt(deck: Deck, text: str) -> Deck:
    """The deck with every text of items, claims, beliefs and runs replaced."""
    made = hostile(deck, text)
    beliefs = {
        id_: dataclasses.replace(one, says=text, refute=text) for id_, one in made.misconceptions.items()
    }
    evidence = {}
    for id_, one in made.evidence.items():
        runs = tuple(_run(run, text) for run in one.runs) if one is not None else ()
        evidence[id_] = one and dataclasses.replace(one, runs=runs, reason=text, conditions=(text,))
    items = tuple(dataclasses.replace(item, tags=(text,)) for item in made.items)
    return dataclasses.replace(made, items=items, misconceptions=beliefs, evidence=evidence)


def _run(run, text):
    plot = dataclasses.replace(
        run.plot,
        **{"title": text, "x": text, "y": text},
        curves=tuple(dataclasses.replace(curve, name=text) for curve in run.plot.curves),
    )
    return dataclasses.replace(
        run,
        **{"machine": text, "reason": text, "notes": (text,), "versions": {text: text}, "plot": plot},
        checks=tuple(dataclasses.replace(check, unit=text, meaning=text) for check in run.checks),
    )


@pytest.fixture(params=range(len(HARM)), ids=lambda place: f"harm {place}")
def harm(request, deck):
    return spoilt(deck, HARM[request.param])


class Tags(HTMLParser):
    """The tags, and their attributes, that a browser would see."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: set[str] = set()
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.add(tag)
        self.found |= {f"@{name}" for name, _ in attrs if name.startswith("on")}

    def handle_comment(self, data: str) -> None:
        self.found.add("comment")


@pytest.mark.parametrize("suffix", [".md", ".gift", ".txt", ".csv", ".json", ".html"])
def test_the_bytes_steer_no_terminal_and_are_the_same_again(harm, suffix):
    made = export.render(harm, suffix)
    assert made == export.render(harm, suffix)
    assert not STEERING.search(made.decode())


def test_no_cell_is_a_formula(harm):
    for suffix, delimiter in ((".csv", ","), (".txt", "\t")):
        lines = io.StringIO(export.render(harm, suffix).decode())
        rows = [row for row in csv.reader(lines, delimiter=delimiter) if not row[0].startswith("#")]
        assert len(rows) == len(harm.items)
        for row in rows:
            assert not any(cell.startswith(FORMULA) for cell in row[:-1])  # the last is Anki's own number
            assert not Tags("".join(row)).found & {"script", "comment", "style", "@onerror"}


def test_a_note_and_a_row_say_the_same_to_a_reader_of_html(harm):
    rows = csv.reader(io.StringIO(export.render(harm, ".csv").decode()))
    row = next(row for row in rows if row[0] == "fix-card")
    note = next(fields for fields in _notes(harm) if fields[0] == "fix-card")
    count = len(anki_text.FIELDS)
    assert [html.unescape(cell) for cell in row[:count]] == [html.unescape(field) for field in note[:count]]


def _notes(deck: Deck) -> list[list[str]]:
    with zipfile.ZipFile(io.BytesIO(export.render(deck, ".apkg"))) as package:
        body = package.read("collection.anki2")
    with closing(sqlite3.connect(":memory:")) as db:
        db.deserialize(body)
        return [fields.split("\x1f") for (fields,) in db.execute("SELECT flds FROM notes")]


def test_a_note_of_anki_has_no_markup_but_ours(harm):
    for fields in _notes(harm):
        whole = "".join(fields)
        assert not STEERING.search(whole)
        assert not Tags(whole).found & {"script", "comment", "style", "textarea", "@onerror"}
        assert not re.search(r"\[sound:|\[latex\]|\[\$\]", whole)


def test_markdown_has_no_markup_but_ours(harm):
    body = export.render(harm, ".md").decode()
    shown = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render(body)
    ours = {
        "details",
        "summary",
        "br",
        "span",
        "p",
        "h1",
        "h2",
        "h3",
        "ul",
        "li",
        "strong",
        "em",
        "code",
        "pre",
        "a",
    }
    ours |= {"table", "thead", "tbody", "tr", "th", "td", "blockquote"}
    assert Tags(shown).found <= ours
    assert set(re.findall(r'href="([^"#]*)', shown)) <= {""}
    assert not re.search(r"(?<!`)www\.", re.sub(r"(?s)```.*?```|`[^`\n]*`", "", body))


def test_the_page_holds_its_deck_as_json_that_cannot_end_its_script(harm):
    page = export.render(harm, ".html").decode()
    held = page.partition('id="deck">')[2].partition("</script>")[0]
    assert not set("<>&") & set(held)
    assert len(json.loads(held)["items"]) == len(harm.items)
    assert page.count("<script") == 2


def test_json_gives_back_what_was_there(harm):
    found = json.loads(export.render(harm, ".json"))
    assert found["title"] == harm.title


@pytest.mark.parametrize("text", ["1. x", "2024. x", "123456789) x", "- x", "+ x", "= x", "www.x.y", "WWW.x"])
def test_what_begins_a_list_or_a_link_is_escaped(text):
    assert "\\" in markdown.text(text)


@pytest.mark.parametrize("text", ["1234567890. x", "12.5 is", "x. y", "awww.x"])
def test_what_begins_none_is_left_alone(text):
    assert markdown.text(text) == text
