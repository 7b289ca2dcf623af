"""A file that a member of a study group shared, read with suspicion: every line is data by a stranger.

Reads within limits and runs nothing. What its numbers amount to is `group_judge`'s matter.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

from quizapp import files, strict_json
from quizapp.errors import GroupError, Problem
from quizapp.evidence import Run
from quizapp.pack_content import is_moment, run_of
from quizapp.safe_text import trick
from quizapp.share.group import FORMAT, MARK, Answer, Member

BYTES = 32_000_000
RUNS = 500
ANSWERS = 200_000
LINE = 4_000
"""The most bytes of the first line, and of an answer."""
NAME = 40
AHEAD = timedelta(days=2)
"""Clocks differ by no more than that."""
ID = re.compile(r"[0-9a-f]{16}")
ITEM = re.compile(r"([a-z0-9][a-z0-9-]{0,39}:)?[A-Za-z0-9][A-Za-z0-9_.-]{0,79}")
HEAD = {MARK, "member", "name", "machines", "newest", "runs", "reviews"}
FIELDS = {"item", "rev", "at", "correct", "confidence", "score"}
AGAIN = "Have it made again with `quizapp group make`; take nothing that does not come from there."


def load(path: Path) -> bytes:
    """The bytes of a file. Raises GroupError."""
    try:
        with files.opened(path) as file:
            raw = file.read(BYTES + 1)
    except IsADirectoryError as error:
        raise GroupError(f"{path} is no file", "Name the file you were sent, such as anna.jsonl.") from error
    except OSError as error:
        todo = "Check the path and its permissions."
        raise GroupError(f"{path} cannot be read: {error.strerror or error}", todo) from error
    if len(raw) > BYTES:
        raise GroupError(f"{path} is larger than {BYTES:,} bytes", AGAIN)
    return raw


def is_one(raw: bytes) -> bool:
    """Whether it begins as such a file does, in order or not."""
    return f'"{MARK}"'.encode() in raw[:200]


def read(raw: bytes, shown: str, now: datetime) -> Member:
    """What somebody shares. shown: what to call the file. Raises GroupError with every problem in it."""
    if (count := raw.count(b"\n")) > 1 + RUNS + ANSWERS:
        raise GroupError(f"{shown} has {count:,} lines, more than {1 + RUNS + ANSWERS:,}", AGAIN)
    lines = raw.split(b"\n")
    if lines.pop() != b"":
        raise GroupError(f"{shown} ends in the middle of a line", "Copy it again; it was cut off on the way.")
    try:
        head = _head(lines[0] if lines else b"", now)
    except ValueError as error:
        raise _refused(shown, [Problem(shown, 1, 1, str(error), AGAIN)]) from error
    runs: list[Run] = []
    answers: list[Answer] = []
    problems = []
    for number, line in enumerate(lines[1:], 2):
        try:
            if number <= 1 + head["runs"]:
                runs.append(_run(line))
            else:
                answers.append(_answer(line))
        except ValueError as error:
            problems.append(Problem(shown, number, 1, str(error), "Have it made again, without this line."))
    problems += [
        Problem(shown, 1, 1, what, AGAIN) for what in ([] if problems else _amiss(head, runs, answers))
    ]
    if problems:
        raise _refused(shown, problems)
    return Member(
        id=head["member"],
        name=head["name"],
        newest=head["newest"],
        runs=tuple(runs),
        answers=None if head["reviews"] is None else tuple(answers),
    )


def _refused(shown: str, problems: list[Problem]) -> GroupError:
    return GroupError(f"{shown} is not taken:", "What was here before is as it was.", problems)


# ---- the first line -------------------------------------------------------------------------------


def _head(line: bytes, now: datetime) -> dict[str, Any]:
    """Whose file it is. Raises ValueError saying what is wrong."""
    if not line.strip():
        raise ValueError("is empty: it is no file of a study group")
    data = _mapping(line)
    if MARK not in data:
        raise ValueError(f"does not begin with a line that says {MARK!r}: it is no file of a study group")
    form = data[MARK]
    if type(form) is int and form > FORMAT:
        raise ValueError(f"was made by a newer quizapp (format {form}); upgrade this one")
    if type(form) is not int or form != FORMAT:
        raise ValueError(f"has a format that does not exist: {str(form)[:40]!r}")
    _keys(data, HEAD)
    if not isinstance(data["member"], str) or not ID.fullmatch(data["member"]):
        raise ValueError("`member` is not sixteen hexadecimal digits")
    named(data["name"])
    machines = data["machines"]
    if not isinstance(machines, list) or not all(isinstance(one, str) for one in machines):
        raise ValueError("`machines` is not a list of texts")
    data["newest"] = _time(data["newest"], "newest")
    if data["newest"] > now + AHEAD:
        raise ValueError(f"`newest` lies in the future: {data['newest'].isoformat()}")
    _count(data["runs"], "runs", RUNS)
    if data["reviews"] is not None:
        _count(data["reviews"], "reviews", ANSWERS)
    return data


def named(name: object) -> str:
    """A name as somebody wants to be called, maybe empty. Raises ValueError."""
    if not isinstance(name, str) or len(name) > NAME or name != " ".join(name.split()):
        raise ValueError(f"`name` is no line of at most {NAME} characters")
    if what := trick(name):
        raise ValueError(f"`name` {what}")
    return name


def _amiss(head: dict[str, Any], runs: list[Run], answers: list[Answer]) -> Iterator[str]:
    """What the first line says and the rest does not."""
    said = head["runs"], head["reviews"] or 0
    if said != (len(runs), len(answers)):
        yield f"promises {said[0]} runs and {said[1]} answers, and there are {len(runs)} and {len(answers)}"
    keys = sorted((run.experiment, run.device) for run in runs)
    if twice := [one for one, other in pairwise(keys) if one == other]:
        yield f"holds two runs of {twice[0][0]} on {twice[0][1]}"
    machines = sorted({f"{run.device}: {run.machine}" for run in runs})
    if head["machines"] != machines:
        yield "names other machines than its runs do"
    latest = [datetime.fromisoformat(run.at) for run in runs] + [answer.at for answer in answers]
    if latest and max(latest) > head["newest"] + timedelta(seconds=1):
        yield "holds something newer than the `newest` it names"


# ---- runs and answers -----------------------------------------------------------------------------


def _run(line: bytes) -> Run:
    """One run. Raises ValueError saying what is wrong with it."""
    try:
        run = run_of(line)
    except ValueError as error:
        raise ValueError(f"is not a run: {error}") from error
    names = [check.name for check in run.checks]
    if len(set(names)) < len(names):
        raise ValueError("is not a run: it has a check twice")
    for check in run.checks:
        if not check.values:
            raise ValueError(f"is not a run: {check.name!r} has no values")
        if check.low > check.high:
            raise ValueError(f"is not a run: the interval of {check.name!r} ends before it begins")
        low, high = check.bounds
        if low is not None and high is not None and not low <= high:
            raise ValueError(f"is not a run: the bounds of {check.name!r} end before they begin")
        if (check.arm == "control") != (check.must in ("pass", "fail")) or check.must not in (
            "",
            "pass",
            "fail",
        ):
            raise ValueError(f"is not a run: {check.name!r} says it is a {check.arm} and must {check.must!r}")
    return run


def _answer(line: bytes) -> Answer:
    """One answer. Raises ValueError saying what is wrong with it."""
    try:
        data = _mapping(line)
        _keys(data, FIELDS)
        if not isinstance(data["item"], str) or not ITEM.fullmatch(data["item"]):
            raise ValueError("`item` is no id of an item")
        _count(data["rev"], "rev", 1_000_000)
        if type(data["correct"]) is not bool:
            raise ValueError("`correct` is neither true nor false")
        if data["confidence"] is not None:
            _between(data["confidence"], "confidence", 0.5, 0.99)
        _between(data["score"], "score", 0.0, 1.0)
        return Answer(**{**data, "at": _time(data["at"], "at")})
    except ValueError as error:
        raise ValueError(f"is not an answer: {error}") from error


def _mapping(line: bytes) -> dict[str, Any]:
    if len(line) > LINE:
        raise ValueError(f"is {len(line):,} bytes long, more than {LINE:,}")
    data = strict_json.loads(line)
    if not isinstance(data, dict):
        raise ValueError(f"is {type(data).__name__}, not a mapping")
    return data


def _keys(data: dict[str, Any], wanted: set[str]) -> None:
    for key in data.keys() - wanted:
        raise ValueError(f"{key[:40]!r} has no place in it")
    for key in sorted(wanted - data.keys()):
        raise ValueError(f"`{key}` is missing")


def _count(value: object, name: str, most: int) -> None:
    if type(value) is not int or not 0 <= value <= most:
        raise ValueError(f"`{name}` is no whole number from 0 to {most:,}")


def _between(value: object, name: str, low: float, high: float) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"`{name}` is no number")
    if not low <= value <= high:
        raise ValueError(f"`{name}` is {value:.4g}, not from {low:g} to {high:g}")


def _time(value: object, name: str) -> datetime:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) and len(value) < 40 else None
    except ValueError:
        moment = None
    if moment is None or not is_moment(moment):
        raise ValueError(f"`{name}` is {str(value)[:40]!r}, not a time with its zone")
    return moment
