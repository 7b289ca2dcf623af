"""Interviews as text and as plain data, for people without the app and for machines. Pure."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from datetime import tzinfo
from typing import Any

from quizapp.bank import Bank
from quizapp.interviews import RULES, Interview
from quizapp.mock import bands, proposals, review
from quizapp.mock.review import Judged

WIDTH = 78
STATES = {"talk": "broken off", "debrief": "not gone through yet", "done": "done"}
MARK = {True: "[x]", False: "[ ]"}


def ladder(band: str) -> str:
    """The bands in a row, with the one that was reached in brackets."""
    return " - ".join(f"[{name.upper()}]" if name == band else name for name in bands.LADDER)


def topic_name(topic: str) -> str:
    """A topic as one says it."""
    return topic.replace("_", " ") or "any topic"


def minutes(seconds: float) -> str:
    """Time spent, in minutes."""
    return f"{round(seconds / 60)} min"


def band_of(interview: Interview) -> str:
    """The overall band of one that is done, else where it stands."""
    if interview.state != "done":
        return STATES[interview.state]
    kept = [ticks.band for ticks in interview.ticks.values() if ticks.band in bands.LADDER]
    return bands.overall(kept) if kept else "nothing said"


def row(interview: Interview, zone: tzinfo | None) -> str:
    """An interview in one line."""
    asked = len(interview.questions)
    return (
        f"{interview.id:>4}  {interview.at.astimezone(zone):%Y-%m-%d %H:%M}  {band_of(interview):<20}  "
        f"{asked} question{'s' * (asked != 1)}, {minutes(interview.seconds)}, {topic_name(interview.topic)}"
    )


def text(bank: Bank, interview: Interview, zone: tzinfo | None) -> str:
    """An interview with all that was said, its bands, and what would have lifted them."""
    lines = [f"Mock interview {row(interview, zone).strip()}", ""]
    found = review.judged(bank, interview)
    if interview.state == "done" and found:
        lines += [f"Overall: {ladder(review.overall(found))}", *wrap(bands.RULE), ""]
    for number, question in enumerate(interview.questions, 1):
        asked = "" if question.asker == RULES else f" (worded by {question.asker})"
        lines += [
            f"{number}. {'Follow-up' if question.point else 'Question'}{asked}",
            *wrap(question.prompt, "   "),
        ]
        said = question.answer.said if question.answer else None
        lines += [*wrap(said or ("(passed)" if said is not None else "(not answered)"), "   > "), ""]
    for one in found:
        lines += [*judged_lines(one), ""]
    if interview.state == "done" and found:
        lines += list(next_lines(bank, found))
    elif interview.state != "done":
        lines.append("Go on with: quizapp mock --resume")
    return "\n".join(lines).rstrip()


def judged_lines(one: Judged) -> Iterator[str]:
    """A question's rubric with its ticks, and what would have lifted it."""
    yield f"{one.item.id}: {ladder(one.band)}"
    for name in bands.LADDER[1:]:
        yield f"   {name}: {bands.described(one.item, name)}"
    for key in proposals.keys(one.item):
        ticked = key in one.ticked
        if not key.startswith("flag"):
            yield from wrap(f"{MARK[ticked]} {key} {proposals.meaning(one.item, key)}", "   ")
        elif ticked:
            yield from wrap(f"[!] red flag: {proposals.meaning(one.item, key)}", "   ")
    yield from lift_lines(one)


def lift_lines(one: Judged) -> Iterator[str]:
    """What would have made it the band above."""
    if one.flags:
        yield "   A red flag holds it here, whatever else was said."
    if one.above is None:
        yield "   Nothing above: this is the top of the ladder."
        return
    if one.lifts:
        yield f"   It would have been {one.above} with:"
    for sentence in dict.fromkeys(lift.sentence for lift in one.lifts):
        yield from wrap(f"“{sentence}”", "     ")


def next_lines(bank: Bank, found: Sequence[Judged]) -> Iterator[str]:
    """What to practise."""
    items, claims = review.practise(bank, found), review.claims(bank, found)
    if items or claims:
        yield "To practise next:"
    if items:
        yield "   quizapp study --filter " + f'"{" or ".join(f"id:{item.id}" for item in items[:4])}"'
    for claim in claims:
        yield f"   quizapp prove {claim}"


def wrap(text: str, indent: str = "") -> list[str]:
    """Text in lines of at most 78 characters; its own lines stay."""
    found: list[str] = []
    hanging = " " * len(indent)
    for line in text.splitlines() or [""]:
        found += textwrap.wrap(
            line, WIDTH, initial_indent=indent if not found else hanging, subsequent_indent=hanging
        )
    return found


def data(bank: Bank, interview: Interview) -> dict[str, Any]:
    """An interview as plain data."""
    found = review.judged(bank, interview)
    return {
        "id": interview.id,
        "at": interview.at.isoformat(),
        "topic": interview.topic or None,
        "minutes": interview.minutes,
        "seed": interview.seed,
        "state": interview.state,
        "seconds": round(interview.seconds, 1),
        "band": review.overall(found) if interview.state == "done" and found else None,
        "questions": [
            {
                "item": question.item,
                "point": question.point or None,
                "prompt": question.prompt,
                "asker": question.asker,
                "said": question.answer.said if question.answer else None,
                "seconds": question.answer.seconds if question.answer else None,
            }
            for question in interview.questions
        ],
        "items": [
            {
                "item": one.item.id,
                "band": one.band,
                "ticked": list(one.ticked),
                "above": one.above,
                "lift": [{"point": lift.point.id, "sentence": lift.sentence} for lift in one.lifts],
            }
            for one in found
        ],
        "practise": [item.id for item in review.practise(bank, found)],
        "claims": list(review.claims(bank, found)),
    }
