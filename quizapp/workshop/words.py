"""What is said about exercises: lines of plain text, for the command line and the screen. Draws nothing."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from pathlib import Path

from quizapp.safe_text import visible
from quizapp.workshop.checking import Checked
from quizapp.workshop.progress import Progress
from quizapp.workshop.shelf import Exercise

MARKS = {"solved": "✓", "begun": "…", "not begun": "·"}
PRINTED = 12
"""Lines of what it printed that are shown."""
LONGEST = 200
"""Characters of a line it printed that are shown."""
WIDTH = 10
"""Columns of the labels."""
NARROWEST = 40
"""Columns below which nothing is wrapped or cut any more."""

Row = tuple[str, str]
"""A label, or none, and what it says."""


def headline(checked: Checked) -> str:
    """What came of it, in a line."""
    took = f"{checked.seconds:.1f} s"
    if checked.state == "solved":
        count = len(checked.passed)
        return f"✓ solved: {count} case{'s pass' if count != 1 else ' passes'} ({took})"
    sign, said = {
        "wrong": ("✗", "not yet"),
        "unfinished": ("…", "to do"),
        "broken": ("!", "an error"),
        "stopped": ("!", "stopped"),
    }[checked.state]
    return visible(f"{sign} {said}: {checked.what} ({took})")


def rows(checked: Checked, file: Path) -> list[Row]:
    """Everything else about it."""
    found: list[Row] = []
    found += [
        ("line" if place == 0 else "", f"{file.name}:{line}  {text}")
        for place, (line, text) in enumerate(checked.where)
    ]
    if checked.state != "solved":
        found += [("→", checked.smells), ("case", checked.at)]
        found += [("given", checked.given if checked.given != checked.at else "")]
        found += [("expected", checked.expected), ("came", checked.came)]
    found += [("passed" if place == 0 else "", name) for place, name in enumerate(checked.passed)]
    found += [("measured" if place == 0 else "", line) for place, line in enumerate(checked.measured)]
    printed = checked.printed.splitlines()
    found += [
        ("printed" if place == 0 else "", f"{line[:LONGEST]}..." if len(line) > LONGEST else line)
        for place, line in enumerate(printed[:PRINTED])
    ]
    if len(printed) > PRINTED or checked.count > len(checked.printed.encode()):
        found.append(("", f"... {checked.count:,} bytes in all"))
    return [(label, visible(text)) for label, text in found if text.strip()]


def result(checked: Checked, file: Path, width: int | None = None, name: str = "") -> str:
    """A check as text, its lines no wider than `width` where they can be broken; `name` goes before it."""
    lines = wrapped(f"{name}  {headline(checked)}" if name else headline(checked), width)
    for label, text in rows(checked, file):
        lines += wrapped(text, width, f"  {label:<{WIDTH}}")
    return "\n".join(lines)


def wrapped(text: str, width: int | None, lead: str = "") -> list[str]:
    """Lines of a width that hang below one another; without one, a single line."""
    if width is None or len(lead) + len(text) <= width:
        return [lead + text]
    hung = " " * len(lead)
    return textwrap.wrap(
        text,
        max(NARROWEST, width),
        initial_indent=lead,
        subsequent_indent=hung,
        break_long_words=False,
        break_on_hyphens=False,
    )


def about(exercise: Exercise) -> str:
    """Its place among the others."""
    return f"exercise {exercise.number} · {exercise.level} · about {exercise.minutes} minutes"


def listed(exercises: Sequence[Exercise], known: dict[str, Progress], width: int | None = None) -> list[str]:
    """Every exercise in a line of that width, from easy to hard, and how many are solved."""
    lines = []
    for one in exercises:
        progress = known.get(one.id, Progress())
        state = f"{MARKS[progress.state]} {progress.state}"
        line = f"{one.number:>3}  {one.id:<20} {state:<12} {one.level:<7} {one.title}"
        room = max(NARROWEST, width) if width else len(line)
        lines.append(line if len(line) <= room else f"{line[: room - 1].rstrip()}…")
    solved = sum(known.get(one.id, Progress()).solved is not None for one in exercises)
    return [*lines, f"     {solved} of {len(exercises)} solved"]


def next_hint(exercise: Exercise, shown: int) -> str:
    """The hint after those that were shown; after the last one, all of them."""
    count = len(exercise.hints)
    if shown < count:
        return f"hint {shown + 1} of {count}: {exercise.hints[shown]}"
    return "\n".join(f"hint {number} of {count}: {text}" for number, text in enumerate(exercise.hints, 1))


def links(exercise: Exercise) -> list[str]:
    """What to prove and to practise beside it."""
    found = [f"prove it: quizapp prove {claim}" for claim in exercise.claims]
    if exercise.items:
        found.append(
            f'practise: quizapp study --filter "{" or ".join(f"id:{item}" for item in exercise.items)}"'
        )
    return found
