"""A check of a learner's file in a process of its own, with limits. Whatever the file does, it is answered.

The process is exercises/judge.py. Nothing of the learner's is ever imported here.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any, Literal

from quizapp.errors import QuizError
from quizapp.workshop.shelf import FOLDER, Exercise

State = Literal["solved", "wrong", "unfinished", "broken", "stopped"]
KEPT = 4_000
"""Characters of what it prints that are kept."""
ENDLESS = 1_000_000
"""Bytes that no exercise has a reason to print."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What a check may take."""

    cpu: float = 5.0
    """Seconds of the processor."""
    wall: float = 20.0
    """Seconds."""
    memory: int = 2 * 1024**3
    """Bytes beyond what Python and torch take themselves."""


@dataclass(frozen=True, kw_only=True)
class Checked:
    """What came of a check. Everything in it may hold text of the learner's."""

    state: State
    what: str = ""
    given: str = ""
    expected: str = ""
    came: str = ""
    smells: str = ""
    """What it looks like, or what to do."""
    at: str = ""
    """The case it happened in."""
    where: tuple[tuple[int, str], ...] = ()
    """Lines of the learner's file, with their numbers; the last is where it happened."""
    passed: tuple[str, ...] = ()
    measured: tuple[str, ...] = ()
    printed: str = ""
    count: int = 0
    """Characters that were printed."""
    seconds: float = 0.0

    @property
    def solved(self) -> bool:
        """Whether every case passed."""
        return self.state == "solved"


def check(
    exercise: Exercise, file: Path, *, limits: Limits | None = None, cancelled: threading.Event | None = None
) -> Checked:
    """Check a file. Raises QuizError when it is not there, or the judge cannot be started."""
    if not file.is_file():
        raise QuizError(f"there is no {file}", f"`quizapp exercise start {exercise.id}` begins it.")
    return check_all([(exercise, file)], limits=limits, cancelled=cancelled)[0]


def check_all(
    jobs: Sequence[tuple[Exercise, Path]],
    *,
    limits: Limits | None = None,
    cancelled: threading.Event | None = None,
) -> list[Checked]:
    """Check several, one after the other, each in a process of its own; torch is loaded once for all.

    cancelled: ends everything when it is set. Raises QuizError when the judge cannot be started.
    """
    chosen = limits or Limits()
    asked = "".join(json.dumps(_job(exercise, file, chosen)) + "\n" for exercise, file in jobs)
    most = 30 + len(jobs) * (chosen.wall + 5)
    with tempfile.TemporaryDirectory(prefix="quizapp-", ignore_cleanup_errors=True) as scratch:
        results, printed, count, seconds = _judge(asked, Path(scratch), most, cancelled)
    found = [_checked(line) for line in results]
    if len(found) < len(jobs):  # the judge itself was killed
        gone = (
            "it was cancelled"
            if cancelled is not None and cancelled.is_set()
            else "the check ended before it was done"
        )
        found += [Checked(state="stopped", what=gone)] * (len(jobs) - len(found))
    if len(jobs) == 1:
        one = replace(found[0], printed=printed, count=count, seconds=seconds)
        if one.state == "stopped" and count > ENDLESS:
            one = replace(one, smells="it prints without end: a loop that never ends?")
        found = [one]
    return found


def _job(exercise: Exercise, file: Path, limits: Limits) -> dict[str, Any]:
    return {
        "folder": str(exercise.folder.resolve()),
        "file": str(file.resolve()),
        "torch": exercise.torch,
        "cpu": limits.cpu,
        "wall": limits.wall,
        "memory": limits.memory,
    }


def _judge(
    asked: str, scratch: Path, most: float, cancelled: threading.Event | None
) -> tuple[list[dict[str, Any]], str, int, float]:
    """Its results, the beginning of what was printed, the length of all that, and the seconds it took."""
    reading, writing = os.pipe()
    began = time.monotonic()
    environment = {
        **os.environ,
        "OMP_NUM_THREADS": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "TMPDIR": str(scratch),
    }
    try:
        process = subprocess.Popen(
            [sys.executable, "-I", "-B", str(FOLDER / "judge.py"), str(writing)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=scratch,
            env=environment,
            pass_fds=[writing],
            start_new_session=True,
        )
    except OSError as error:
        os.close(reading)
        os.close(writing)
        raise QuizError(f"the check cannot be started: {error}", "Try `quizapp doctor`.") from error
    os.close(writing)
    lines: list[bytes] = []
    output = _Output()
    readers = [
        threading.Thread(target=_read_lines, args=(reading, lines), daemon=True),
        threading.Thread(target=output.read, args=(process.stdout,), daemon=True),
    ]
    for reader in readers:
        reader.start()
    try:
        assert process.stdin is not None
        with suppress(BrokenPipeError):
            process.stdin.write(asked.encode())
            process.stdin.close()
        while time.monotonic() - began < most and not (cancelled is not None and cancelled.is_set()):
            with suppress(subprocess.TimeoutExpired):
                process.wait(0.05)
                break
    finally:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)  # with everything that it started
        process.wait()
        for reader in readers:
            reader.join(2.0)
    found = []
    for line in lines:
        with suppress(ValueError):
            found.append(json.loads(line))
    return found, output.text(), output.count, time.monotonic() - began


def _read_lines(pipe: int, lines: list[bytes]) -> None:
    with suppress(OSError), os.fdopen(pipe, "rb") as file:
        lines.extend(file)


class _Output:
    """The beginning of what is printed; the rest is read and forgotten, since a full pipe would block."""

    def __init__(self) -> None:
        self.body = b""
        self.count = 0

    def read(self, pipe: IO[bytes]) -> None:
        with suppress(OSError), pipe:
            while chunk := os.read(pipe.fileno(), 65536):
                self.count += len(chunk)
                if len(self.body) < KEPT:
                    self.body += chunk[: KEPT - len(self.body)]

    def text(self) -> str:
        return self.body.decode(errors="replace")


def _checked(said: dict[str, Any]) -> Checked:
    """A result as it came over the pipe."""

    def text(name: str) -> str:
        return str(said.get(name) or "")

    return Checked(
        state=said["state"],
        what=text("what"),
        given=text("given"),
        expected=text("expected"),
        came=text("came"),
        smells=text("smells"),
        at=text("at"),
        where=tuple((int(line), str(code)) for line, code in said.get("where") or ()),
        passed=tuple(map(str, said.get("passed") or ())),
        measured=tuple(map(str, said.get("measured") or ())),
        seconds=float(said.get("seconds") or 0.0),
    )
