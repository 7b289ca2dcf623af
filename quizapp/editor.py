"""The command that opens an item in the learner's editor. Knows no screen and starts nothing."""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from quizapp import paths, served
from quizapp.errors import QuizError

FALLBACKS = ("nano", "vim", "vi")
GOTO = ("code", "code-insiders", "codium", "cursor", "windsurf")
"""Editors that take `--goto file:line`, and return at once unless told to wait."""
COLON = ("hx", "helix", "subl", "zed")
"""Editors that take `file:line`."""


def locate(place: str, id_: str) -> tuple[Path, int]:
    """(file, line from 1) where an entry stands now.

    place: file:line:column as the bank was read; the file may have been edited since, so its id is looked up.
    """
    name, line, _ = place.rsplit(":", 2)
    own = paths.questions() / Path(name).name
    file = own if own.is_file() and ":" not in id_ else Path(name)  # `pack:id` stands in the pack's own file
    bare = re.escape(id_.rpartition(":")[2])
    entry = re.compile(rf"^\s*(?:-\s+)?id:\s*['\"]?{bare}['\"]?\s*(?:#.*)?$")
    with suppress(OSError, UnicodeDecodeError):
        for number, text in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
            if entry.match(text):
                return file, number
    return file, int(line)


def command(environment: Mapping[str, str], file: Path, line: int) -> list[str]:
    """What to run, from $VISUAL, $EDITOR, or an editor that is there. Raises QuizError when there is none."""
    if served.VARIABLE in environment:
        raise QuizError("no editor is opened for a visitor", "Ask your host.")
    chosen = environment.get("VISUAL") or environment.get("EDITOR")
    try:
        words = shlex.split(chosen) if chosen else []
    except ValueError as error:
        raise QuizError(f"the editor {chosen!r} cannot be understood: {error}", "Correct $VISUAL.") from error
    if not words:
        there = next((name for name in FALLBACKS if shutil.which(name)), None)
        if there is None:
            raise QuizError("there is no editor", "Set VISUAL or EDITOR to the one you use.")
        words = [there]
    if shutil.which(words[0]) is None:
        raise QuizError(f"there is no editor {words[0]!r}", "Set VISUAL or EDITOR to one that is installed.")
    program = Path(words[0]).name
    if program in GOTO:
        return [
            *words,
            *([] if "--wait" in words or "-w" in words else ["--wait"]),
            "--goto",
            f"{file}:{line}",
        ]
    if program in COLON:
        waits = program in ("subl", "zed") and "--wait" not in words
        return [*words, *(["--wait"] if waits else []), f"{file}:{line}"]
    return [*words, f"+{line}", str(file)]
