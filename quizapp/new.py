"""Begin an item: on paper, or at the end of a question file, which is otherwise left as it is.

What it looks like is the skeleton's affair; this finds an id that is free and a place to put it.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from errno import EACCES
from itertools import count
from pathlib import Path
from typing import get_args

from quizapp import files, paths, skeleton, strict_yaml
from quizapp.bank import PARTS, SCHEMA, refused
from quizapp.errors import Problem, QuizError
from quizapp.model import KINDS, Topic
from quizapp.strict_yaml import Document

ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)+")
ID_LIMIT = 80
HEADER = f"schema: {SCHEMA}\nitems:\n"


@dataclass(frozen=True)
class Entry:
    """An id that is in use."""

    place: str
    """file:line:column"""
    topic: str
    """The topic, where it is an item's."""


def item(kind: str, topic: str, id_: str | None = None) -> str:
    """A new item to fill in, as YAML. Raises QuizError for what there is not, and for an id in use."""
    _known("kind", kind, KINDS)
    _known("topic", topic, get_args(Topic))
    return skeleton.item(kind, topic, _id(kind, topic, id_, _entries(_built_in())))


def append(file: Path, kind: str, topic: str, id_: str | None = None) -> tuple[int, str]:
    """Put a new item at the end of a question file, which is made if it is not there; (line, id).

    Raises QuizError when that cannot be done; the file is then as it was.
    """
    _known("kind", kind, KINDS)
    _known("topic", topic, get_args(Topic))
    if file.suffix != ".yaml":
        todo = "Name a file that does, such as my-bank.yaml."
        raise QuizError(f"{file} does not end in .yaml, so nothing would read it", todo)
    document, before = _begun(file)
    used = _entries([*_built_in(), *sorted(file.parent.glob("*.yaml"))])
    id_ = _id(kind, topic, id_, used)
    after = before + _written(document, before, kind, topic, id_)
    line = _line(document, after, id_)
    try:
        if file.exists() and not os.access(file, os.W_OK):
            raise PermissionError(EACCES, "it is write-protected")
        files.replace(file, after)
    except OSError as error:
        what = f"{file} cannot be written: {error.strerror or error}"
        raise QuizError(what, "Check that its folder exists and that you may write there.") from error
    return line, id_


def _known(what: str, name: str, names: Iterable[str]) -> None:
    if name not in names:
        raise QuizError(f"there is no {what} {name!r}", f"Use one of: {', '.join(names)}.")


# ---- an id that is free ---------------------------------------------------------------------------


def _built_in() -> list[Path]:
    return sorted(paths.questions().glob("*.yaml"))


def _entries(around: Iterable[Path]) -> dict[str, Entry]:
    """Every id in the files, also of entries that are not in order; files that cannot be read have none."""
    found: dict[str, Entry] = {}
    for path in around:
        document = strict_yaml.read(path, str(path))
        if isinstance(document, Problem) or refused(document) is not None:
            continue
        for part in PARTS:
            body = document.data.get(part)
            entries = body.items() if isinstance(body, dict) else enumerate(body or [])
            for place, entry in entries:
                if isinstance(entry, dict):
                    id_ = str(place) if part == "misconceptions" else str(entry.get("id", ""))
                    topic = str(entry.get("topic", "")) if part == "items" else ""
                    found.setdefault(id_, Entry(_place(document.problem([part, place], "", "")), topic))
    return found


def _place(problem: Problem) -> str:
    return f"{problem.file}:{problem.line}:{problem.column}"


def _id(kind: str, topic: str, asked: str | None, used: Mapping[str, Entry]) -> str:
    """The id that was asked for, if it can be had; else a free one that begins as others of its topic."""
    if asked is None:
        others = (id_ for id_, entry in used.items() if entry.topic == topic and ID.fullmatch(id_))
        first = Counter(id_.partition("-")[0] for id_ in others)
        prefix = first.most_common(1)[0][0] if first else topic.replace("_", "-")
        names = (f"{prefix}-{kind.replace('_', '-')}-{number}" for number in count(1))
        return next(name for name in names if name not in used)
    if not ID.fullmatch(asked) or len(asked) > ID_LIMIT:
        todo = f"Use small letters and digits with hyphens between them, at most {ID_LIMIT} characters."
        raise QuizError(f"{asked!r} cannot be an id", f"{todo} Example: att-probe-reads.")
    if asked in used:
        todo = "Choose another, or leave --id out for one that is free."
        raise QuizError(f"the id {asked!r} is taken: {used[asked].place}", todo)
    return asked


# ---- a place to put it ----------------------------------------------------------------------------


def _begun(file: Path) -> tuple[Document, bytes]:
    """A question file and its bytes; with a header when there is nothing yet. Raises QuizError for others."""
    name = str(file)
    try:
        before = file.read_bytes()
    except FileNotFoundError:
        before = b""
    except OSError:
        before = b"?"  # what is wrong with it is said below
    if before.strip():
        document = strict_yaml.read(file, name)
    else:
        before += HEADER.encode()
        document = strict_yaml.parse(HEADER, name)
    problem = document if isinstance(document, Problem) else refused(document)
    if problem is not None:
        raise QuizError(f"{_place(problem)}: {problem.what}", problem.todo)
    assert isinstance(document, Document)
    return document, before


def _written(document: Document, before: bytes, kind: str, topic: str, id_: str) -> bytes:
    """What to put behind a file's bytes so that its items have one more."""
    pairs = document.node.value if document.node is not None else ()
    node = next((value for key, value in pairs if key.value == "items"), None)
    begin = "" if before.endswith(b"\n") else "\n"
    begin += "items:\n" if node is None else ""
    # Entries stand below `items`, or further to the right, and all of them alike.
    column = node.start_mark.column if node is not None and node.id == "sequence" and node.value else 0
    added = begin + skeleton.item(kind, topic, id_, " " * column)
    return added.replace("\n", "\r\n" if b"\r\n" in before else "\n").encode()


def _line(document: Document, after: bytes, id_: str) -> int:
    """The line of the new item. Raises QuizError when the file would not be what it was and one item more."""
    grown = strict_yaml.parse(after.decode("utf-8"), document.file)
    old = document.data
    if isinstance(grown, Document) and isinstance(grown.data, dict):
        *others, new = grown.data.get("items") or [{}]
        same = {**grown.data, "items": others} == {**old, "items": old.get("items") or []}
        if same and new.get("id") == id_:
            return grown.problem(["items", len(others)], "", "").line
    raise QuizError(
        f"{document.file} does not end in a list of items that another can be put under",
        "Make `items:` its last part, with entries that begin with `- `; or leave FILE out and paste.",
    )
