"""The learner's copies of the exercises. What they edited is never overwritten without a word, nor lost."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from quizapp import files, paths
from quizapp.errors import QuizError
from quizapp.workshop.shelf import Exercise


def folder() -> Path:
    """Where they are, unless the learner names another folder."""
    return paths.home() / "exercises"


def file_of(exercise: Exercise, place: Path | None = None) -> Path:
    """The learner's file of an exercise, there or not."""
    return (place or folder()) / f"{exercise.id}.py"


def begun(exercise: Exercise, place: Path | None = None) -> bool:
    """Whether there is such a file."""
    return file_of(exercise, place).exists()


def start(exercise: Exercise, place: Path | None = None, *, again: bool = False) -> tuple[Path, Path | None]:
    """Put a copy there, unless there is one. Returns (file, backup of what it replaced).

    again: begin anew; what was there is kept beside it. Raises QuizError.
    """
    file, backup = file_of(exercise, place), None
    fresh = exercise.file.read_bytes()
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        if file.exists():
            if not again or file.read_bytes() == fresh:
                return file, None
            backup = _free(file)
            file.replace(backup)
        try:
            files.replace(file, fresh)
        except OSError:
            if backup is not None:
                with suppress(OSError):
                    backup.replace(file)
            raise
    except OSError as error:
        raise QuizError(
            f"{file} cannot be written: {error.strerror or error}",
            "Name another folder with --dir, or set QUIZAPP_HOME to one you can write to.",
        ) from error
    return file, backup


def _free(file: Path) -> Path:
    number = 1
    while (place := file.with_name(f"{file.stem}.{number}.py")).exists():
        number += 1
    return place


def place_of_stub(file: Path) -> int:
    """The line where an editor should open: the first that is not done yet, or the first."""
    with suppress(OSError, UnicodeDecodeError):
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
            if line.strip() == "raise NotImplementedError":
                return number
    return 1
