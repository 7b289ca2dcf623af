"""What is asked, as it is shown while it is being answered, and the line above it. Draws only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from textual.content import Content

from quizapp import marks, model
from quizapp.bank import DELETION, pack_of
from quizapp.model import Item
from quizapp.steps import question
from quizapp.study import CRAM, Study
from quizapp.ui.look import bold, dim, lines


def asked(item: Item, replies: Sequence[Any] = (), *, opened: bool = False) -> Content:
    """What is asked, with its code; opened: with an answer to hold one's own against.

    replies: what was replied so far; the gaps of a cloze show it.
    """
    if isinstance(item, model.Cloze):
        return _gaps(item, replies)
    parts: list[Content | str] = [bold(question(item))]
    if isinstance(item, model.Code):
        parts += ["", *(_code_line(item, place, line) for place, line in _numbered(item.code))]
    if isinstance(item, model.PredictPlot):
        parts.append(
            dim(f"x: {item.axes.x.name} ({item.axes.x.scale}), y: {item.axes.y.name} ({item.axes.y.scale})")
        )
    if isinstance(item, model.Open) and opened:
        parts += ["", dim("A senior answer:"), item.model_answers.senior]
    return lines(*parts)


def _numbered(code: str) -> Iterator[tuple[int, str]]:
    return enumerate(code.rstrip().split("\n"), 1)


def _code_line(item: model.Code, place: int, line: str) -> Content:
    """A line of code, indented; those to look at have a sign before them."""
    looked_at = place in item.lines
    return Content.assemble(("  › " if looked_at else "    ", "bold"), (line, "bold" if looked_at else ""))


def _gaps(item: model.Cloze, replies: Sequence[Any]) -> Content:
    """A cloze with what was typed in its gaps, and the one at hand marked."""
    order = list(item.accept)
    found: list[Content | str] = []
    end = 0
    for gap in DELETION.finditer(item.text):
        found.append(Content.styled(item.text[end : gap.start()], "bold"))
        end = gap.end()
        place = order.index(gap[1]) if gap[1] in order else len(order)
        typed = str(replies[place]) if place < len(replies) else "____"
        style = (
            "bold underline" if place < len(replies) else "bold reverse" if place == len(replies) else "bold"
        )
        sign = "›" if place == len(replies) else ""
        found.append(Content.styled(f"[{sign}{gap[1][1:]}: {typed}]", style))
    return Content.assemble(*found, Content.styled(item.text[end:], "bold"))


def status(study: Study, item: Item | None) -> Content:
    """What this sitting would still ask, and what the item at hand is."""
    due, new = study.left()
    left = f"{CRAM}   {due} left" if study.cram else f"{due} due, {new} new"
    about = ""
    if item is not None:
        on = marks.words(study.marking.of(item.id), study.now())
        pack = (f"pack {name}",) if (name := pack_of(item.id)) else ()
        about = " · ".join((item.topic.replace("_", " "), item.kind, item.level, *pack, *on))
    return Content.assemble((left, "bold"), f"   {about}")
