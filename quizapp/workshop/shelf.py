"""The exercises that came with quizapp: a folder each, in `quizapp/exercises`. Reads them, runs nothing."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from quizapp import paths
from quizapp.errors import BankError, Problem, QuizError

FOLDER = paths.PACKAGE / "exercises"
LEVELS = ("junior", "senior", "staff")
FIELDS = {"title", "level", "minutes", "torch", "claims", "items", "hints"}


@dataclass(frozen=True, kw_only=True)
class Exercise:
    """One exercise."""

    id: str
    """For good: progress is kept under it, and the learner's file is named by it."""
    number: int
    title: str
    level: str
    """junior, senior or staff."""
    minutes: int
    """How long it takes, about."""
    torch: bool
    """Whether its check needs torch."""
    claims: tuple[str, ...]
    items: tuple[str, ...]
    hints: tuple[str, ...]
    """From a nudge to nearly everything."""
    folder: Path

    @property
    def file(self) -> Path:
        """What the learner begins with."""
        return self.folder / "exercise.py"

    @property
    def task(self) -> str:
        """What is to be done."""
        return _docstring(self.file)

    @property
    def solution(self) -> str:
        """Our way, as code."""
        return (self.folder / "solution.py").read_text(encoding="utf-8")

    @property
    def why(self) -> str:
        """Why it works."""
        return _docstring(self.folder / "solution.py")


def _docstring(file: Path) -> str:
    return ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""


@cache
def load(folder: Path = FOLDER) -> tuple[Exercise, ...]:
    """Every exercise, from easy to hard. Raises BankError when one is not in order."""
    read = [_read(each) for each in sorted(folder.glob("[0-9][0-9]_*"))]
    if problems := [one for one in read if isinstance(one, Problem)]:
        raise BankError(problems)
    return tuple(one for one in read if isinstance(one, Exercise))


def _read(folder: Path) -> Exercise | Problem:
    from quizapp import strict_yaml

    document = strict_yaml.read(folder / "meta.yaml", str(folder / "meta.yaml"))
    if isinstance(document, Problem):
        return document
    data = document.data
    if not isinstance(data, Mapping) or FIELDS - {"torch"} - data.keys() or data.keys() - FIELDS:
        return document.problem([], "has other fields", f"There are: {', '.join(sorted(FIELDS))}.")
    if data["level"] not in LEVELS:
        return document.problem(["level"], "is no level", f"Write {', '.join(LEVELS)}.")
    number, _, id_ = folder.name.partition("_")
    return Exercise(
        id=id_,
        number=int(number),
        folder=folder,
        title=data["title"],
        level=data["level"],
        minutes=data["minutes"],
        torch=bool(data.get("torch")),
        claims=_words(data["claims"]),
        items=_words(data["items"]),
        hints=_words(data["hints"]),
    )


def _words(value: Any) -> tuple[str, ...]:  # noqa: ANN401 - whatever YAML holds
    return tuple(str(one) for one in value or ())


def named(said: str, exercises: Sequence[Exercise]) -> Exercise:
    """The exercise that somebody means: its number, its id, or the beginning of it. Raises QuizError."""
    plain = said.strip().removesuffix(".py").replace("-", "_")
    if plain.isdecimal():
        fitting = [one for one in exercises if one.number == int(plain)]
    else:
        fitting = [one for one in exercises if one.id == plain]
        fitting = fitting or [one for one in exercises if one.id.startswith(plain)]
    if len(fitting) == 1:
        return fitting[0]
    near = fitting or [one for one in exercises if plain in one.id]
    todo = (
        f"Did you mean {' or '.join(one.id for one in near)}?"
        if near
        else "`quizapp exercise list` has them all."
    )
    raise QuizError(f"there is no exercise {said!r}", todo)
