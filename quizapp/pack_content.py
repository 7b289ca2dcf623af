"""What the files of a pack say, read with suspicion: banks and runs by strangers, and every problem in them.

One path for packs that are about to be opened and for those that were. Runs nothing and writes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from quizapp import bank, strict_json, strict_yaml
from quizapp.bank import Bank
from quizapp.errors import Problem
from quizapp.evidence import Run
from quizapp.safe_text import trick
from quizapp.strict_yaml import Document

if TYPE_CHECKING:
    from pydantic import TypeAdapter

ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{1,79}")
DEVICES = ("cpu", "cuda", "mps")
ENDED = ("ok", "invalid")
"""Runs that came to their end; others are no evidence."""
ITEMS = 5_000
IN_ALL = 12_000
"""The most entries of all kinds."""
ENTRIES = 200
"""The most that a list or a mapping inside an entry holds."""
DEPTH = 30
LETTERS = 8_000
SHORT = 200
"""Letters of what names an experiment, a device or a version."""
POINTS = 5_000
LARGEST = 1e100
WHOLE = 2**53
RUNS = 1_000
RUN_BYTES = 200_000
VALUES = 100
"""So many values, one per seed, has a check at most: an interval is drawn from them again."""
CHECKS = 100
YEARS = (2000, 9000)

Loc = tuple[str | int, ...]
Flaw = tuple[Loc, str, str]


@dataclass(frozen=True, kw_only=True)
class Content:
    """What a pack holds, by its own ids, and what is wrong with it."""

    bank: Bank = field(default_factory=Bank)
    entries: Mapping[str, Mapping[str, Mapping[str, Any]]] = field(default_factory=dict)
    """items, claims, misconceptions, concepts -> id -> the entry as it stands in the file."""
    runs: tuple[Run, ...] = ()
    problems: tuple[Problem, ...] = ()


def examine(files: Mapping[str, bytes], shown: str, around: Bank) -> Content:
    """What the question files and evidence of a pack say.

    shown: what stands before the names of its files in messages. around: the built-in banks, which the
    pack may refer to.
    """
    names = sorted(files)
    documents: list[Document] = []
    problems: list[Problem] = []
    left = IN_ALL
    for name in (name for name in names if name.endswith(".yaml")):
        read = _document(files[name], f"{shown}{name}")
        if isinstance(read, Problem):
            problems.append(read)
            continue
        left -= sum(len(read.data.get(part) or ()) for part in bank.PARTS)
        if left < 0:  # before each is looked at: a million of nothing takes long
            what = f"with it there are more than {IN_ALL:,} entries"
            return Content(problems=(read.problem([], what, "Make several packs."),))
        documents.append(read)
    problems += [problem for document in documents for problem in _flaws(document)]
    found, amiss = bank.understood(documents, around)
    problems += amiss
    if len(found.items) > ITEMS:
        what = f"{len(found.items):,} items are more than {ITEMS:,}"
        problems.append(Problem(shown, 1, 1, what, "Make several packs."))
    runs: list[Run] = []
    for name in names:
        if name.endswith(".jsonl"):
            more, amiss = read_runs(files[name], f"{shown}{name}")
            runs += more
            problems += amiss
    return Content(
        bank=found, entries=_entries(documents), runs=tuple(runs), problems=tuple(sorted(problems))
    )


def _document(raw: bytes, name: str) -> Document | Problem:
    if raw.startswith(b"\xef\xbb\xbf"):
        return Problem(name, 1, 1, "begins with a byte order mark", "Save the file as UTF-8 without one.")
    read = strict_yaml.decoded(raw, name)
    if isinstance(read, Document) and (unfit := bank.refused(read)) is not None:
        return unfit
    return read


def _entries(documents: Sequence[Document]) -> dict[str, dict[str, dict[str, Any]]]:
    found: dict[str, dict[str, dict[str, Any]]] = {part: {} for part in bank.PARTS}
    for document in documents:
        for part, _, id_, entry in listed(document):
            found[part][id_] = entry
    return found


def listed(document: Document) -> Iterator[tuple[str, Loc, str, dict[str, Any]]]:
    """Every entry of a bank: (part, where, id, entry)."""
    for part in bank.PARTS:
        body = document.data.get(part) or []
        for place, entry in body.items() if isinstance(body, dict) else enumerate(body):
            if isinstance(entry, dict):
                id_ = place if part == "misconceptions" else entry.get("id")
                yield part, (part, place), str(id_), entry


# ---- texts, numbers, ids --------------------------------------------------------------------------


def _flaws(document: Document) -> Iterator[Problem]:
    for _, loc, id_, entry in listed(document):
        if not ID.fullmatch(id_):
            todo = "Use 2 to 80 letters, digits, `_`, `-` and `.`, the first one a letter or digit."
            yield document.problem([*loc, "id"], f"the id {id_[:90]!r} is not accepted in a pack", todo)
        for inner, what, todo in flaws(entry, loc):
            yield document.problem(inner, what, todo)


def flaws(value: Any, loc: Loc = ()) -> Iterator[Flaw]:  # noqa: ANN401 - plain data
    """What is not accepted from strangers in plain data: (where, what, what to do)."""
    if len(loc) > DEPTH:
        yield loc[:2], f"is nested more than {DEPTH} deep", "Flatten it."
    elif isinstance(value, dict | list):
        if len(value) > ENTRIES and isinstance(value, dict):
            yield loc, f"holds {len(value):,} entries, more than {ENTRIES}", "Shorten it."
            return
        if len(value) > POINTS or (len(value) > ENTRIES and not _numbers(value)):
            yield loc, f"holds {len(value):,} entries, more than {ENTRIES}", "Shorten it."
            return
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            if isinstance(key, str) and (what := trick(key)):
                yield loc, f"a key {what}", "Remove that character."
            yield from flaws(inner, (*loc, key))
    elif isinstance(value, str):
        if len(value) > LETTERS:
            yield loc, f"is {len(value):,} characters long, more than {LETTERS:,}", "Shorten it."
        elif what := trick(value):
            yield loc, what, "Remove that character."
    elif isinstance(value, float):
        if not abs(value) <= LARGEST:
            yield loc, f"{value!r} is too large a number", "Write one a person can read."
    elif isinstance(value, int) and abs(value) > WHOLE:
        yield loc, "is too large a number", "Write one a person can read."


def _numbers(values: Any) -> bool:  # noqa: ANN401 - a list
    return all(isinstance(one, int | float) or one in ("nan", "inf", "-inf") for one in values)


# ---- evidence -------------------------------------------------------------------------------------


def read_runs(raw: bytes, name: str) -> tuple[list[Run], list[Problem]]:
    """The runs in a file of one JSON object per line, and what is wrong with the others."""
    runs, problems = [], []
    if raw.count(b"\n") >= RUNS:
        todo = "A pack holds one run for each experiment and device."
        return [], [Problem(name, 1, 1, f"holds more than {RUNS:,} lines", todo)]
    for number, line in enumerate(raw.split(b"\n"), 1):
        if not line.strip():
            continue
        try:
            runs.append(run_of(line))
        except ValueError as error:
            what = f"is not a run: {error}"
            problems.append(Problem(name, number, 1, what, "Have the pack made again, without this line."))
    return runs, problems


@cache
def _reader() -> TypeAdapter[Run]:
    from pydantic import TypeAdapter

    return TypeAdapter(Run)


def is_moment(at: datetime) -> bool:
    """Whether somebody can have measured or answered then, whatever the zone one looks at it from."""
    return at.tzinfo is not None and YEARS[0] <= at.year <= YEARS[1]


def run_of(line: bytes) -> Run:
    """One run. Raises ValueError saying what is wrong with it."""
    from pydantic import ValidationError

    if len(line) > RUN_BYTES:
        raise ValueError(f"it is {len(line):,} bytes long, more than {RUN_BYTES:,}")
    data = strict_json.loads(line)
    if not isinstance(data, dict):
        raise ValueError(f"it is {type(data).__name__}, not a mapping")
    for loc, what, _ in flaws(data):
        raise ValueError(f"{'.'.join(map(str, loc))} {what}".strip())
    try:
        run = _reader().validate_python(data)
    except ValidationError as error:
        first = error.errors()[0]
        raise ValueError(f"`{'.'.join(map(str, first['loc']))}`: {first['msg']}") from error
    names: tuple[str, ...] = (run.experiment, run.profile, run.machine, run.fingerprint)
    names += (*run.versions, *run.versions.values())
    names += tuple(word for check in run.checks for word in (check.name, check.unit))
    names += tuple(word for figure in run.figures for word in (figure.name, figure.unit))
    names += tuple(curve.name for curve in run.plot.curves)
    if any(len(name) > SHORT or "\n" in name or "\t" in name for name in names):
        raise ValueError(f"a name in it is no line of at most {SHORT} characters")
    if run.device not in DEVICES or run.status not in ENDED:
        raise ValueError(f"it came to {run.status!r} on {run.device!r}")
    if len(run.checks) > CHECKS or any(len(check.values) > VALUES for check in run.checks):
        raise ValueError(f"it has more than {CHECKS} checks or {VALUES} values in one")
    wrong = [check.name for check in run.checks if check.outcome not in ("pass", "fail", "unclear")]
    wrong += [check.name for check in run.checks if check.arm not in ("claim", "control")]
    if wrong:
        raise ValueError(f"the check {wrong[0]!r} has an outcome or an arm that does not exist")
    if any(len(curve.x) != len(curve.y) for curve in run.plot.curves):
        raise ValueError("a curve has not as many x as y")
    try:
        if not is_moment(datetime.fromisoformat(run.at)):
            raise ValueError(run.at)
    except ValueError as error:
        raise ValueError(f"`at` is {run.at[:40]!r}, not a time with its zone") from error
    return run
