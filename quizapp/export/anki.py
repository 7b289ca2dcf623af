"""A deck as an Anki package. Pure: no clock, no files; the same deck gives the same bytes.

What Anki does with a package it has seen before decides the form: ids are constants, a note's guid comes
from its item's id, and a note's date is that of its last change (see changes), so that importing again
adds nothing twice and overwrites no edit of the learner's. The field list is frozen: Anki answers a
field more with a second note type, so new content goes into the spare fields.
"""

from __future__ import annotations

import hashlib
import html
import io
import itertools
import json
import re
import sqlite3
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import genanki

from quizapp.evidence import Evidence, Run
from quizapp.export import changes, findings, picture
from quizapp.export.deck import Deck, topic_name
from quizapp.export.sheet import Part, Pick, Sheet, sheet
from quizapp.model import Claim, Item
from quizapp.report import reference_text
from quizapp.safe_text import UNPRINTABLE

MODEL_ID = 1_482_907_311
DECK_IDS = {
    "parallelism": 1_739_204_101,
    "path_length": 1_739_204_102,
    "attention": 1_739_204_103,
    "positional_encoding": 1_739_204_104,
    "stability": 1_739_204_105,
    "quadratic_cost": 1_739_204_106,
    "choosing": 1_739_204_107,
    "scaling": 1_739_204_108,
    "glossary": 1_739_204_109,
    "synthesis": 1_739_204_110,
}
"""Between 2^30 and 2^31, and never to be changed."""
FIELDS = (
    *("Item", "Question", "Options", "Answer", "Why", "Aloud", "Caveats", "Sources", "Evidence"),
    *("Spare 1", "Spare 2", "Spare 3"),
)
TEMPLATE_DATE = 1_735_689_600
"""2025-01-01. Make it newer when the templates or the style change, so that Anki takes them over."""
LOOK = Path(__file__).with_name("anki.css")
FRONT = """<div class="ask">{{Question}}</div>
{{#Options}}<div class="options">{{Options}}</div>{{/Options}}
"""
BACK = """<div class="ask">{{Question}}</div>
<hr id="answer">
<div class="answer">{{Answer}}</div>
{{#Why}}<div class="why">{{Why}}</div>{{/Why}}
{{#Aloud}}<h2>Say it aloud</h2><div class="aloud">{{Aloud}}</div>{{/Aloud}}
{{#Caveats}}<h2>When it stops being true</h2>{{Caveats}}{{/Caveats}}
{{#Evidence}}<h2>Evidence</h2><div class="evidence">{{Evidence}}</div>{{/Evidence}}
{{#Sources}}<h2>Sources</h2><div class="sources">{{Sources}}</div>{{/Sources}}
"""
PNG = b"\x89PNG"
"""How a picture begins; it is packed already."""
QUICK = 1
"""The level at which packing costs little beside the rest."""


class _Note(genanki.Note):  # type: ignore[misc]
    """A note with a date of its own."""

    at: int

    def write_to_db(
        self, cursor: sqlite3.Cursor, timestamp: float, deck_id: int, id_gen: Iterator[int]
    ) -> None:
        super().write_to_db(cursor, float(self.at), deck_id, id_gen)


def render(deck: Deck) -> bytes:
    """The package."""
    names = pictures(deck)
    model = _model()
    decks = []
    for topic, items in deck.topics().items():
        made = genanki.Deck(DECK_IDS[topic], f"quizapp::{topic_name(topic)}")
        for item in items:
            made.add_note(_note(deck, item, model, names))
        decks.append(made)
    runs = sorted(_runs(deck), key=lambda run: run.experiment)
    media = [(names[run.experiment], picture.draw(run)) for run in runs if run.experiment in names]
    return _zipped(_database(decks), media)


def _model() -> genanki.Model:
    return genanki.Model(
        MODEL_ID,
        "quizapp",
        fields=[{"name": name} for name in FIELDS],
        templates=[{"name": "Question", "qfmt": FRONT, "afmt": BACK}],
        css=LOOK.read_text(encoding="utf-8"),
    )


def _note(deck: Deck, item: Item, model: genanki.Model, media: dict[str, str]) -> _Note:
    note = _Note(
        model=model,
        fields=fields(deck, item, media),
        tags=tags(deck, item),
        guid=guid(item),
    )
    note.at = deck.changed.get(item.id, changes.first(item))
    return note


def guid(item: Item) -> str:
    """What Anki knows a note by. It comes from the id alone, so that an edit makes no second note."""
    return str(genanki.guid_for("quizapp", item.id))


def _runs(deck: Deck) -> list[Run]:
    """The runs behind the evidence that some item shows, each once."""
    shown = {id_ for item in deck.items for id_ in item.claims}
    found = [evidence for id_, evidence in deck.evidence.items() if evidence is not None and id_ in shown]
    return list({run.experiment: run for evidence in found for run in evidence.runs}.values())


def pictures(deck: Deck) -> dict[str, str]:
    """Experiment -> the name of its picture. Another picture has another name; none is drawn for it."""
    return {run.experiment: _named(run) for run in _runs(deck) if picture.drawable(run.plot)}


def _named(run: Run) -> str:
    drawn = Path(picture.__file__).read_bytes() + repr(run.plot).encode()
    name = re.sub(r"[^a-z0-9_]", "-", run.experiment.lower())
    return f"quizapp_{name}_{hashlib.sha256(drawn).hexdigest()[:12]}.png"


def _database(decks: list[genanki.Deck]) -> bytes:
    """The collection, made in memory."""
    with sqlite3.connect(":memory:") as db:
        ids = itertools.count(TEMPLATE_DATE * 1000)
        genanki.Package(decks).write_to_db(db.cursor(), float(TEMPLATE_DATE), ids)
        db.commit()
        body = bytes(db.serialize())
    db.close()
    return body


def _zipped(database: bytes, media: list[tuple[str, bytes]]) -> bytes:
    names = json.dumps({str(place): name for place, (name, _) in enumerate(media)})
    members = [("collection.anki2", database), ("media", names.encode())]
    members += [(str(place), body) for place, (_, body) in enumerate(media)]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        for name, body in members:
            entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            packed = zipfile.ZIP_STORED if body.startswith(PNG) else zipfile.ZIP_DEFLATED
            entry.compress_type, entry.external_attr = packed, 0o644 << 16
            entry.create_system = 3
            package.writestr(entry, body, compresslevel=QUICK)
    return out.getvalue()


# ---- fields ---------------------------------------------------------------------------------------


def text(value: str) -> str:
    """A text as HTML that means itself. Square brackets too: Anki reads sound and LaTeX into them."""
    clean = html.escape(UNPRINTABLE.sub("\ufffd", value.strip()))
    return clean.replace("[", "&#91;").replace("]", "&#93;").replace("\n", "<br>")


def pre(value: str) -> str:
    """Code as HTML."""
    clean = html.escape(UNPRINTABLE.sub("\ufffd", value.rstrip("\n")))
    return f"<pre>{clean.replace('[', '&#91;').replace(']', '&#93;')}</pre>"


def fields(deck: Deck, item: Item, media: dict[str, str]) -> list[str]:
    """The fields of a note. media: experiment -> the name of its picture."""
    written = sheet(item, deck.numbers, deck.misconceptions)
    question = text(written.question) + (pre(written.code) if written.code else "")
    aloud = f"<p>{text(item.answer_aloud)}</p>" if item.answer_aloud else ""
    if item.followups:
        aloud += f"<p>Asked next:</p>{_list(deck.asked_next(item))}"
    sources = [f"{s.ref}{', ' if s.locator else ''}{s.locator} (read: {s.seen})" for s in item.sources]
    known = [deck.claims[id_] for id_ in item.claims if id_ in deck.claims]
    return [
        text(item.id),
        question,
        "".join(_options(part) for part in written.parts if not part.later),
        "".join(f"<p>{text(line)}</p>" for line in written.answer),
        _why(written),
        aloud,
        _list(item.caveats),
        _list(sources),
        _evidence(deck, known, media),
        *("", "", ""),
    ]


def _list(lines: Iterable[str]) -> str:
    items = "".join(f"<li>{text(line)}</li>" for line in lines)
    return f"<ul>{items}</ul>" if items else ""


def _said(pick: Pick) -> str:
    return pre(pick.text) if pick.code else text(pick.text)


def _options(part: Part) -> str:
    picks = "".join(f"<li><b>{text(pick.label)}</b> {_said(pick)}</li>" for pick in part.picks)
    return f"<p>{text(part.prompt)}</p><ul>{picks}</ul>"


def _why(written: Sheet) -> str:
    shown = [part for part in written.parts if part.judged or part.why]
    parts = "".join(_judged(part, part.prompt if len(shown) > 1 else "Why") for part in shown)
    blocks = "".join(f"<h2>{text(block.title)}</h2>{_list(block.lines)}" for block in written.blocks)
    return parts + blocks


def _judged(part: Part, title: str) -> str:
    """Every pick with the sign of right or wrong, and why."""
    picks = "".join(
        f'<li class="{"right" if pick.right else "wrong"}"><b>{"✓" if pick.right else "✗"} '
        f"{text(pick.label)}</b> {_said(pick)}{f'<p>{text(pick.why)}</p>' if pick.why else ''}</li>"
        for pick in part.picks
        if part.judged
    )
    whole = f"<p>{text(part.why)}</p>" if part.why else ""
    return f"<h2>{text(title)}</h2>{f'<ul>{picks}</ul>' if picks else ''}{whole}"


def _evidence(deck: Deck, known: Iterable[Claim], media: dict[str, str]) -> str:
    """What was claimed and what was found, claim by claim; then the runs, each once."""
    said = ""
    runs: dict[str, Run] = {}
    for claim in known:
        evidence = deck.evidence.get(claim.id)
        said += _claim(claim, evidence, deck.references.get(claim.id, ()))
        if evidence is not None:
            runs |= {run.experiment: run for run in evidence.runs}
    return said + "".join(_run(run, media) for run in runs.values())


def _claim(claim: Claim, evidence: Evidence | None, references: Iterable[Evidence]) -> str:
    said = f"<p>“{text(claim.says)}”</p><p><b>{text(findings.sentence(claim, evidence))}</b></p>"
    said += "".join(f"<p>{text(reference_text(reference))}</p>" for reference in references)
    said += f"<p>Better said: {text(claim.correct)}</p>"
    if evidence is None:
        return said
    rows = findings.rows(claim, evidence, every=False)
    controls = [row for row in rows if row.role == "control"]
    shown = "".join(_row(row) for row in rows if row.role != "control" or not row.tripped)
    said += f"<table><tr><th>Check</th><th>Measured</th><th>Outcome</th></tr>{shown}</table>"
    said += (
        f"<p>Controls: {sum(row.tripped for row in controls)} of {len(controls)} came out as they must.</p>"
    )
    return f'{said}<p class="facts">Again: <code>{text(findings.command(claim, evidence))}</code></p>'


def _run(run: Run, media: dict[str, str]) -> str:
    """The picture of a run, and the circumstances it was made under."""
    alt = text(" ".join((run.plot.title or run.experiment).split()))
    image = f'<img src="{media[run.experiment]}" alt="{alt}">' if run.experiment in media else ""
    facts = " · ".join(f"{name.lower()} {text(value)}" for name, value in findings.facts(run))
    notes = "".join(f"<p>{text(note)}</p>" for note in run.notes)
    return f'{image}<div class="facts"><p>{facts}</p>{notes}</div>'


def _row(row: findings.Row) -> str:
    name = re.sub(r"(?<=[._])", "<wbr>", text(row.name))  # where a long name may be broken
    role = f"{row.role}, must {row.must}" if row.must else row.role
    return (
        f"<tr><td><code>{name}</code><br>{text(role)}</td>"
        f"<td>{text(row.estimate)}<br>{text(row.interval)}<br>bounds: {text(row.bounds)}</td>"
        f"<td>{text(row.outcome)}</td></tr>"
    )


# ---- tags -----------------------------------------------------------------------------------------


def tags(deck: Deck, item: Item) -> list[str]:
    """Topic, kind, level, the author's tags, claims, and what is known about them."""
    found = {f"topic::{item.topic}", f"kind::{item.kind}", f"level::{item.level}"}
    found |= {f"tag::{tag}" for tag in item.tags}
    for claim in (deck.claims[id_] for id_ in item.claims if id_ in deck.claims):
        found.add(f"claim::{claim.id}")
        found.add(f"verdict::{findings.state(claim, deck.evidence.get(claim.id))}")
    return sorted(f"quizapp::{re.sub(r'[^0-9A-Za-z_:.-]', '-', tag)}" for tag in found)
