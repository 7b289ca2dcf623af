"""What the mock interview shows: its first page, its questions, and the end of it. Draws only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import tzinfo

from textual.content import Content

from quizapp.interviews import RULES, Interview, Question
from quizapp.mock import bands, choice, report, review
from quizapp.mock.review import Judged
from quizapp.mock.talk import Talk
from quizapp.model import Claim
from quizapp.ui.look import bold, dim, hang, lines

START, STEP = 5, 13
"""The column of the first rung of the ladder, and the columns from one to the next."""

SHORT = 14
"""Rows of a terminal below which only what is needed is shown."""

WELCOME = (
    "An interviewer asks, listens, follows up on what you left unsaid, and leads on to something related. "
    "You type. Nothing hurries you, and what you type is kept as you go.",
    "Afterwards you go through the rubrics. What was heard is proposed, with your own words beside it; only "
    "what you confirm counts. In the end there is a band, and the sentences that would have lifted it.",
)


def welcome() -> Content:
    """What this is."""
    return lines(bold("Mock interview"), "", *[part for text in WELCOME for part in (text, "")][:-1])


def wish(topic: str, minutes: int) -> Content:
    """The row that begins a new interview."""
    count = choice.planned(minutes)
    return Content.assemble(
        ("Begin   ", "bold"),
        f"‹ {report.topic_name(topic)} ›   {minutes} minutes, {count} questions or fewer",
    )


def earlier(interview: Interview, zone: tzinfo | None) -> Content:
    """One interview in a row of the list."""
    when = f"{interview.at.astimezone(zone):%d %b %Y}"
    if interview.state == "done":
        state = f"{report.band_of(interview):<10}"
    else:
        state = "take up   " if interview.state == "talk" else "debrief   "
    asked = len(interview.questions)
    about = f"{asked} question{'s' * (asked != 1)}, {report.minutes(interview.seconds)}"
    return Content.assemble(
        (f"{interview.id:>5}   ", "dim"),
        (state, "bold"),
        f"{when}   {about}, {report.topic_name(interview.topic)}",
    )


def status(talk: Talk | None, seconds: float = 0, part: str = "") -> Content:
    """Where one is, and the minutes: they count, and nothing comes of them but the end of the questions."""
    if talk is None:
        return Content.assemble(("mock interview", "bold"), f"   {part}")
    spent, planned = int(seconds // 60), talk.interview.minutes
    time = f"{spent} of {planned} min" if spent < planned else f"{spent} min, finish in your own time"
    return Content.assemble(("mock interview", "bold"), f"   {part}", (f"   {time}", "dim"))


def part(talk: Talk, question: Question) -> str:
    """`question 2 of 4 · follow-up · attention`."""
    item = talk.item(question.item)
    words = [f"question {len(talk.interview.questions)} of {talk.planned}"]
    words += ["follow-up"] if question.point else []
    words += [report.topic_name(item.topic)] if item else []
    return " · ".join(words)


def asked(talk: Talk, question: Question, short: bool) -> Content:
    """The question; over a follow-up, what it goes back to."""
    rows: list[Content | str] = []
    if question.point and not short:
        opening = next(one.prompt for one in talk.interview.questions if one.item == question.item)
        rows += [dim(" ".join(opening.split())), ""]
    if question.asker != RULES:
        rows.append(dim(f"Worded by the model {question.asker}:"))
    return lines(*rows, bold(" ".join(question.prompt.split())))


def answers(questions: Sequence[Question]) -> Content:
    """What was said about one item, question by question."""
    rows: list[Content | str] = []
    for question in questions:
        rows += [dim(" ".join(question.prompt.split())), ""]
        rows += [question.answer.said if question.answer and question.answer.said else dim("(passed)"), ""]
    return lines(*rows[:-1])


# ---- the end


def ladder(band: str, width: int) -> Content:
    """The rungs as a line, filled up to the band that was reached; readable without colours."""
    place = bands.LADDER.index(band)
    if width < START + STEP * len(bands.LADDER):
        return bold(f"{small(band)} {band.upper()}")
    line, names = Content(" " * START), Content("")
    for rung, name in enumerate(bands.LADDER):
        style = "bold $text-success" if rung <= place else "dim"
        line += Content.styled(_sign(rung, place), style)
        if rung + 1 < len(bands.LADDER):
            reached = rung < place
            line += Content.styled(("━" if reached else "┄") * (STEP - 1), style if reached else "dim")
        begins = START + STEP * rung - len(name) // 2
        names += Content(" " * (begins - len(names)))
        names += Content.styled(name.upper(), "bold") if rung == place else dim(name)
    return lines(line, names)


def _sign(rung: int, place: int) -> str:
    return "◆" if rung == place else "●" if rung < place else "○"


def small(band: str) -> str:
    """The ladder in seven characters."""
    place = bands.LADDER.index(band)
    return "─".join(_sign(rung, place) for rung in range(len(bands.LADDER)))


def result(found: Sequence[Judged], width: int) -> Content:
    """The bands, and what would have lifted them."""
    if not found:
        return lines(
            bold("Nothing was said, so there is no band."), "", dim("Begin again whenever you like.")
        )
    rows: list[Content | str] = [bold("Overall"), "", ladder(review.overall(found), width), ""]
    for number, one in enumerate(found, 1):
        rows += [*_judged(number, one, width), ""]
    return lines(*rows, dim(bands.RULE))


def _judged(number: int, one: Judged, width: int) -> Iterator[Content | str]:
    points = f"{one.said} of {len(one.item.rubric)} points"
    about = f"{report.topic_name(one.item.topic)}, {points}"
    yield Content.assemble((f"{number}  {small(one.band)}  {one.band}", "bold"), (f"   {about}", "dim"))
    yield hang("   ", dim(" ".join(one.item.prompt.split())), width)
    for flag in one.flags:
        yield hang(Content.styled("   ! red flag: ", "bold $text-error"), flag, width)
    if one.flags:
        yield "   It holds the band down, whatever else was said."
    sentences = list(dict.fromkeys(lift.sentence for lift in one.lifts))
    if one.above is None:
        yield "   The top of the ladder; nothing is missing."
    elif sentences:
        yield Content.assemble("   It would have been ", (one.above, "bold"), " with:")
    for sentence in sentences:
        yield hang(dim("    “"), Content.assemble(sentence, ("”", "dim")), width)


def onward(count: int, claims: Sequence[str], known: Mapping[str, Claim], width: int) -> Content:
    """What to practise next, each with its key."""
    rows: list[Content | str] = []
    if count:
        what = "question" if count == 1 else "questions"
        rows.append(
            Content.assemble(("  s  ", "bold"), f"{count} {what} on what was missing (the schedule stays)")
        )
    for number, claim in enumerate(claims, 1):
        rows.append(hang(bold(f"  {number}  "), f"prove: {known[claim].says}", width))
    return lines(bold("To practise next"), *rows) if rows else Content("")


def consent(promise: Sequence[str], agree: str, alone: str) -> Content:
    """What would be sent, before anything is; agree, alone: the keys that say so."""
    return lines(
        bold("A model is set up to help with this interview."),
        "",
        *promise,
        "",
        f"{agree} agrees, {alone} goes on without it.",
    )
