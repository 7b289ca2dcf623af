"""What somebody needs: the inputs of the picker, how they are asked for, read and said. Knows no rules."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from typing import Any

from quizapp.amounts import number
from quizapp.errors import QuizError

RECALL = ("none", "some", "exact")
"""How exactly earlier tokens must be found again, by rising need."""
SHORTEST, LONGEST = 16, 2**27
FEWEST, MOST = 1e5, 1e14
SMALLEST, LARGEST = 2**13, 2**43


@dataclass(frozen=True, kw_only=True)
class Needs:
    """One situation. None: what the task or the device brings along."""

    task: str = "language"
    length: int | None = None
    device: str = "server"
    memory: float | None = None
    tokens: float = 1e9
    recall: str | None = None
    stream: bool = False
    throughput: str = "any"
    latency: str = "any"


@dataclass(frozen=True, kw_only=True)
class Question:
    """One input: what it is called, what is asked, and what it may be."""

    name: str
    asks: str
    choices: tuple[str, ...] = ()
    unit: str = ""
    low: float = 0.0
    high: float = math.inf


def questions(tasks: tuple[str, ...], devices: tuple[str, ...]) -> tuple[Question, ...]:
    """Every input, in the order it is asked for."""
    return (
        Question(name="task", asks="What is the task?", choices=tasks),
        Question(name="length", asks="How long is a sequence?", unit="tokens", low=SHORTEST, high=LONGEST),
        Question(name="device", asks="Where will it run?", choices=devices),
        Question(name="memory", asks="How much memory is there?", unit="bytes", low=SMALLEST, high=LARGEST),
        Question(name="tokens", asks="How many tokens to train on?", unit="tokens", low=FEWEST, high=MOST),
        Question(name="recall", asks="Must earlier tokens be found again exactly?", choices=RECALL),
        Question(name="stream", asks="An endless stream, in constant memory?", choices=("no", "yes")),
        Question(name="throughput", asks="Many tokens a second?", choices=("any", "high")),
        Question(name="latency", asks="Must the next token come fast?", choices=("any", "tight")),
    )


def moved(needs: Needs, name: str, value: Any) -> Needs:  # noqa: ANN401 - of any input
    """The needs with one input at another value."""
    return replace(needs, **{name: value})


def put(needs: Needs, question: Question, text: str) -> Needs:
    """The needs with an answer as it was typed. Raises QuizError when it is none."""
    return moved(needs, question.name, _read(question, text.strip()))


def _read(question: Question, text: str) -> Any:  # noqa: ANN401 - what the field holds
    if question.choices:
        begun = [choice for choice in question.choices if choice.startswith(text.lower())] if text else []
        if text.lower() in question.choices:
            begun = [text.lower()]
        if len(begun) != 1:
            raise QuizError(f"{question.name} is {text!r}", f"Use one of: {', '.join(question.choices)}.")
        return begun[0] == "yes" if question.name == "stream" else begun[0]
    if question.name == "memory" and not text:
        return None
    value = _amount(question, text)
    if value is None or not question.low <= value <= question.high:
        lowest, highest = said_number(question, question.low), said_number(question, question.high)
        example = "2 GB" if question.unit == "bytes" else "64K"
        todo = f"Write a number from {lowest} to {highest}, such as {example}."
        raise QuizError(f"{question.name} is {text[:40]!r}", todo)
    return round(value) if question.name == "length" else value


def _amount(question: Question, text: str) -> float | None:
    """What was typed, as a number; a K of a length is 1,024, as in 128K or 1.5K."""
    if question.name == "length" and re.fullmatch(r"[0-9.]+ ?[kK]", text):
        thousands = number(text[:-1])
        return None if thousands is None else 1024.0 * thousands
    return number(text, question.unit)


def said(question: Question, value: Any) -> str:  # noqa: ANN401 - of any input
    """A value as a person says it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return said_number(question, value) if isinstance(value, int | float) else str(value)


def said_number(question: Question, value: float) -> str:
    """A number with its unit."""
    if question.unit == "bytes":
        return size(value)
    return f"{count(value)} tokens"


def count(value: float) -> str:
    """A number of tokens: in full below a million, else in words."""
    for unit, word in ((1e12, "trillion"), (1e9, "billion"), (1e6, "million")):
        if value >= unit:
            return f"{value / unit:.4g} {word}"
    return f"{round(value):,}"


def size(value: float, digits: int = 3) -> str:
    """Bytes in a unit that fits, by thousands."""
    for unit, word in ((1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if value >= unit or f"{value / unit:.{digits}g}" == "1":
            return f"{value / unit:.{digits}g} {word}"
    return f"{round(value)} B"


def sizes(one: float, other: float) -> tuple[str, str]:
    """Two amounts of bytes, with as many digits as it takes to tell them apart."""
    for digits in range(3, 15):
        said = size(one, digits), size(other, digits)
        if one == other or said[0] != said[1]:
            break
    return said
