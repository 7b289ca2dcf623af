"""A typed line as the reply to one step of an item; what is expected where it is none. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from quizapp.steps import Step, amiss
from quizapp.study import CONFIDENCES

RATINGS = {"again": 1, "hard": 2, "good": 3, "easy": 4}


class Expected(Exception):  # noqa: N818 - it is said, and asked again
    """What should have been typed."""


def prompt(step: Step) -> str:
    """What to type for a step."""
    count = len(step.options)
    match step.mode:
        case "one":
            return f"Your answer, 1 to {count}:"
        case "many":
            return "Your answers, such as 1 3; 0 for none:"
        case "rank":
            return f"All {count} in order, first to last, such as {' '.join(map(str, range(count, 0, -1)))}:"
        case "reveal":
            return "Enter when you have said it:"
    return f"{step.prompt}:"


def reply(taken: Sequence[Step], replies: Sequence[Any], line: str) -> Any:  # noqa: ANN401 - by mode
    """The reply to the next step, as steps.given() wants it. Raises Expected."""
    step = taken[len(replies)]
    if step.mode == "reveal":
        return None
    if step.mode == "text":
        if wanted := amiss(taken, replies, line):
            raise Expected(wanted)
        return line
    if step.mode == "one":
        return _one(step, line)
    places = _places(step, line)
    if step.mode == "rank" and len(places) != len(step.options):
        missing = [str(place + 1) for place in range(len(step.options)) if place not in places]
        raise Expected(f"Type every number once; {', '.join(missing)} is missing.")
    return places


def _one(step: Step, line: str) -> int:
    words = [option.casefold() for option in step.options]
    if line.casefold() in words:
        return words.index(line.casefold())
    begun = [place for place, word in enumerate(words) if len(line) > 1 and word.startswith(line.casefold())]
    if len(begun) == 1:
        return begun[0]
    if line.rstrip(".)").isdecimal() and 1 <= int(line.rstrip(".)")) <= len(words):
        return int(line.rstrip(".)")) - 1
    raise Expected(f"Type one number from 1 to {len(words)}. ? lists the commands.")


def _places(step: Step, line: str) -> list[int]:
    words = re.split(r"[\s,;>]+", line.strip(" ,;>"))
    if len(words) == 1 and len(words[0]) > 1 and words[0].isdecimal() and len(step.options) < 10:
        words = list(words[0])  # `213` for `2 1 3`
    if words == ["0"] and step.mode == "many":
        return []
    wanted = f"Type numbers from 1 to {len(step.options)}, with spaces between them. ? lists the commands."
    if not all(word.isdecimal() and 1 <= int(word) <= len(step.options) for word in words):
        raise Expected(wanted)
    if len(set(map(int, words))) < len(words):
        raise Expected(f"A number is there twice. {wanted}")
    return [int(word) - 1 for word in words]


SURE = "How sure are you? " + ", ".join(f"{key}: {share:.0%}" for key, share in enumerate(CONFIDENCES, 1))
"""Asked before anything is told."""


def confidence(line: str) -> float | None:
    """How sure somebody is; None when they do not say. Raises Expected."""
    typed = line.rstrip("% ")
    if not typed:
        return None
    shares = {f"{share:.0%}".rstrip("%"): share for share in CONFIDENCES}
    if typed.isdecimal() and 1 <= int(typed) <= len(CONFIDENCES):
        return CONFIDENCES[int(typed) - 1]
    if typed in shares:
        return shares[typed]
    raise Expected("Type a number from 1 to 5, or nothing if you do not want to say.")


def rating(line: str) -> int:
    """A rating, 1 to 4. Raises Expected."""
    if line.casefold() in RATINGS:
        return RATINGS[line.casefold()]
    if line in ("1", "2", "3", "4"):
        return int(line)
    raise Expected("Type 1 again, 2 hard, 3 good or 4 easy.")
