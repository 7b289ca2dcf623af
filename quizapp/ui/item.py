"""How an item is shown apart from a sitting: what is asked, its answer, its state and its history. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from textual.content import Content

from quizapp import model, schedule
from quizapp.export.sheet import Part, Sheet
from quizapp.figures import how_long
from quizapp.marks import Marked
from quizapp.model import Item, Memory, Review
from quizapp.steps import brief
from quizapp.ui.look import bold, dim, hang, lines

STAND, STAND_FROM = 15, 34
"""Columns of a row before its id, and of a row that has room for where an item stands."""
ID, ID_FROM = 26, 72
"""Columns of an id at most, and of a row that has room for one."""


def state(memory: Memory | None, marked: Marked, now: datetime) -> str:
    """Where an item stands, in at most nine characters."""
    if marked.suspended:
        return "suspended"
    if marked.buried_at(now):
        return "buried"
    if memory is None:
        return "new"
    return "due" if schedule.is_due(memory, now) else f"in {_short(memory, now)}"


def _short(memory: Memory, now: datetime) -> str:
    return how_long(memory.due - now).replace(" days", " d")


def row(item: Item, state: str, marked: Marked, here: bool, width: int) -> Content:
    """An item in one line: question, before it state, flag and note, id. The question has most of the room.

    state: where it stands, or nothing while that is not known.
    """
    signs = ("*" if marked.flagged else " ") + ("n" if marked.note else " ")
    text = brief(item)
    stand = f"{state:<9} " if width >= STAND_FROM else ""
    id_ = min(ID, (width - STAND) // 3) if width >= ID_FROM else 0
    shown = Content.assemble(
        "› " if here else "  ", stand, f"{signs} ", (f"{item.id:<{id_}.{id_}} " if id_ else "", "dim"), text
    )
    return shown.stylize("bold") if here else shown


def history(memory: Memory | None, reviews: Sequence[Review], now: datetime) -> list[Content | str]:
    """The schedule of an item and its answers, newest first."""
    if memory is None:
        return [dim("Never answered.")]
    when = "due now" if schedule.is_due(memory, now) else f"due in {how_long(memory.due - now)}"
    lapses = f", {memory.lapses} lapse{'s' * (memory.lapses != 1)}" if memory.lapses else ""
    rows: list[Content | str] = [
        Content.assemble(
            (when, "bold"),
            f" ({memory.due.astimezone(now.tzinfo):%d %b %Y}), stability {memory.stability:.1f} days,"
            f" difficulty {memory.difficulty:.1f} of 10{lapses}",
        )
    ]
    return [*rows, *(_answer(review, now) for review in reversed(reviews))]


def _answer(review: Review, now: datetime) -> Content:
    sign = ("✓ right", "$text-success") if review.correct else ("✗ wrong", "$text-error")
    sure = "" if review.confidence is None else f", {review.confidence:.0%} sure"
    cram = ", crammed" if review.cram else ""
    when = f"{review.at.astimezone(now.tzinfo):%d %b %Y %H:%M}"
    return Content.assemble(
        (f"  {when}  ", "dim"),
        sign,
        " (overruled by you)" if review.overruled else "",
        f", {schedule.RATINGS[review.rating]}{sure}, {review.seconds:.0f} s{cram}",
        ("" if review.score in (0, 1) else f", {review.score:.0%} of the points", "dim"),
    )


def written(item: Item, sheet: Sheet, width: int, *, revealed: bool) -> list[Content | str]:
    """The question with what there is to pick from, and the answer only when it is revealed.

    width: of a line; what is picked from keeps to its column.
    """
    head = lines(bold(sheet.question), *(["", sheet.code.rstrip()] if sheet.code else []))
    parts = sheet.parts[:1] if isinstance(item, model.Flaw) and not revealed else sheet.parts
    rows: list[Content | str] = [head]
    for part in parts:
        rows += _part(part, width, revealed)
    if not revealed:
        return [*rows, "", dim("space shows the answer")]
    if any(part.judged for part in sheet.parts) and not isinstance(item, model.TrueFalse | model.PredictPlot):
        answer: list[Content | str] = []
    else:
        answer = ["", bold("Answer"), *(f"  {text}" for text in sheet.answer)]
    rows += answer
    for block in sheet.blocks:
        rows += ["", bold(block.title), *(f"  {text}" for text in block.lines)]
    if item.answer_aloud:
        rows += ["", Content.assemble(("Say aloud: ", "bold"), item.answer_aloud)]
    return rows + [Content.assemble(("But: ", "bold"), caveat) for caveat in item.caveats]


def _part(part: Part, width: int, revealed: bool) -> list[Content | str]:
    rows: list[Content | str] = ["", dim(part.prompt)]
    for pick in part.picks:
        text, told = Content(pick.text.rstrip()), revealed and part.judged
        sign, style = ("✓", "$text-success") if pick.right else ("✗", "$text-error")
        head = Content.assemble((sign, style) if told else " ", f" {pick.label}. ")
        rows.append(hang(head, text.stylize("bold") if told and pick.right else text, width))
        if told and pick.why:
            rows.append(hang("     ", dim(pick.why), width))
    return rows + ([dim(f"  {part.why}")] if revealed and part.why else [])
