"""A deck to print: questions first, then the answers, then what was measured. Pure; same deck, same bytes.

The date in the file is that of the newest measurement, so that the clock has no part in it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime

from quizapp.evidence import Evidence, Run
from quizapp.export import findings
from quizapp.export.deck import Deck, topic_name
from quizapp.export.pdf import proofs
from quizapp.export.pdf.paper import BODY, GREY, SMALL, Line, Paper
from quizapp.export.sheet import Part, Pick, Sheet, cited, sheet
from quizapp.model import Item

UNDATED = datetime(2025, 1, 1, tzinfo=UTC)
INDENT = 7.0
"""Of what can be picked, in millimetres."""
SHORT = 160
"""Letters of an answer that is still set in bold."""
TOGETHER = 8
"""So many lines of an answer begin on the same page."""


def render(deck: Deck) -> bytes:
    """The file."""
    paper = Paper(deck.title, dated(deck))
    written = {item.id: sheet(item, deck.numbers, deck.misconceptions) for item in deck.items}
    runs = proofs.runs(deck)
    _cover(paper, deck)
    parts = [deck.topics(), deck.topics(), deck.claims, runs]
    paper.contents(sum(1 + len(part) for part in parts if part), "Questions")
    for part, told, together in (("Questions", _question, None), ("Answers", _answer, TOGETHER)):
        paper.part(part)
        for topic, items in deck.topics().items():
            paper.part(topic_name(topic), 1)
            paper.running = f"{part} · {topic_name(topic)}"
            for number, item in enumerate(items, 1):
                lines = told(paper, deck, item, written[item.id], number)
                paper.place([*lines, Line(height=4.0)], together)
    proofs.write(paper, deck, runs)
    return bytes(paper.output())


def dated(deck: Deck) -> datetime:
    """When the newest measurement in it was made."""
    found: list[Run] = []
    pieces: Iterable[Evidence | None]
    for pieces in (deck.evidence.values(), *deck.references.values()):
        found += [run for evidence in pieces if evidence is not None for run in evidence.runs if run.at]
    newest = max((run.at for run in found), default="")
    return datetime.fromisoformat(newest).astimezone(UTC) if newest else UNDATED


def _cover(paper: Paper, deck: Deck) -> None:
    """What this is, and how to use it."""
    paper.begin_page()
    counts = [
        _count(len(deck.items), "question"),
        _count(len(deck.topics()), "topic"),
        _count(len(deck.claims), "claim"),
    ]
    whose = {
        "latest": "The evidence is yours, with the reference that came with quizapp beside it.",
        "group": "The evidence is yours; beside it the reference that came with quizapp, and what your study "
        "group measured.",
        "reference": "The evidence is the reference that came with quizapp; yours may come out otherwise.",
        "none": "This file was made without the evidence.",
    }[deck.kept]
    missing = [id_ for id_, claim in deck.claims.items() if claim.checks and deck.evidence.get(id_) is None]
    stale = [id_ for id_, evidence in deck.evidence.items() if evidence is not None and evidence.stale]
    lines = [
        Line(height=30.0),
        *paper.text_lines(deck.title, style="B", size=20.0, after=8.0),
        *paper.text_lines(f"{', '.join(counts)}.", size=11.0, after=4.0),
        *paper.text_lines(
            "Answer on paper or aloud, and only then look: the answers have the numbers of the questions. "
            "A click on a number goes from one to the other.",
            size=11.0,
            after=4.0,
        ),
        *paper.text_lines(whose, size=11.0, after=4.0),
    ]
    for said, ids in (("Not run yet", missing), ("Stale, as the bench has changed since", stale)):
        if ids:
            lines += paper.text_lines(f"{said}: {', '.join(ids)}.", size=SMALL, colour=GREY, after=3.0)
    paper.place(lines, 0)


def _count(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


# ---- an item --------------------------------------------------------------------------------------


def _head(paper: Paper, item: Item, number: int, here: str, there: str) -> list[Line]:
    about = f"{item.kind.replace('_', ' ')}, {item.level}, difficulty {item.difficulty} of 5, {item.time_s} s"
    (line,) = paper.text_lines(f"{topic_name(item.topic)} {number}", style="B", size=10.5, link=there)
    return [
        replace(line, mark=here),
        *paper.text_lines(f"{about} · {item.id}", size=SMALL, colour=GREY, after=1.2),
    ]


def _question(paper: Paper, deck: Deck, item: Item, written: Sheet, number: int) -> list[Line]:
    lines = _head(paper, item, number, f"question {item.id}", f"answer {item.id}")
    lines += paper.text_lines(written.question, after=1.0)
    if written.code:
        lines += paper.text_lines(written.code, style="M", size=SMALL, indent=4.0, after=1.5)
    for part in (part for part in written.parts if not part.later):
        lines += paper.text_lines(part.prompt + ("" if part.prompt.endswith("?") else ":"), after=0.6)
        for pick in part.picks:
            lines += _pick(paper, pick)
    return lines


def _pick(paper: Paper, pick: Pick) -> list[Line]:
    return paper.text_lines(
        pick.text,
        style="M" if pick.code else "",
        size=SMALL if pick.code else BODY,
        indent=INDENT,
        label=f"{pick.label}.",
        after=0.5,
    )


def _answer(paper: Paper, deck: Deck, item: Item, written: Sheet, number: int) -> list[Line]:
    lines = _head(paper, item, number, f"answer {item.id}", f"question {item.id}")
    for line in written.answer:
        lines += paper.text_lines(line, style="B" if len(line) < SHORT else "")
    lines.append(Line(height=1.0))
    for part in written.parts:
        for pick in part.picks if part.later else ():
            lines += _pick(paper, pick)
        lines += _reasons(paper, part)
    for block in written.blocks:
        lines += _list(paper, block.title, block.lines)
    lines += _list(paper, "Say it aloud", [item.answer_aloud] if item.answer_aloud else [])
    lines += _list(paper, "When it stops being true", item.caveats)
    lines += _list(paper, "Asked next", deck.asked_next(item))
    known = [deck.claims[id_] for id_ in item.claims if id_ in deck.claims]
    lines += paper.text_lines("Evidence", style="B", size=SMALL) if known else []
    for claim in known:
        said = f"{claim.id}: {findings.sentence(claim, deck.evidence.get(claim.id))}"
        lines += paper.text_lines(said, size=SMALL, indent=4.0, link=f"claim {claim.id}", after=0.8)
    sources = "; ".join(cited(one) for one in item.sources)
    return lines + (paper.text_lines(f"Sources: {sources}", size=SMALL, colour=GREY) if sources else [])


def _reasons(paper: Paper, part: Part) -> list[Line]:
    """Why each pick is right or wrong, and why the list as a whole is as it is."""
    lines = []
    for pick in part.picks:
        if pick.why:
            sign = "✓" if pick.right else "✗"
            lines += paper.text_lines(pick.why, indent=INDENT + 3.0, label=f"{sign} {pick.label}.", after=0.5)
    return lines + (paper.text_lines(f"{part.prompt} {part.why}", after=0.8) if part.why else [])


def _list(paper: Paper, title: str, entries: Iterable[str]) -> list[Line]:
    lines = [line for entry in entries for line in paper.text_lines(entry, indent=5.0, label="•", after=0.4)]
    return [*paper.text_lines(title, style="B", size=SMALL), *lines, Line(height=0.6)] if lines else []
