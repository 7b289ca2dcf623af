"""Is everything there? Versions, the bench, the learner's folder, the banks; and what to do if not.

Looks, and changes nothing. torch is never imported here: the bench is asked in a process of its own.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from quizapp import __version__, paths
from quizapp.errors import Problem, QuizError, SettingsError

PACKAGES = (
    *("textual", "textual-serve", "torch", "numpy", "pyyaml", "pydantic"),
    *("click", "fsrs", "platformdirs", "genanki", "matplotlib"),
)
ASK_BENCH = (
    "from quizapp.verifiers import engine; device = engine.pick_device('auto');"
    "print(f'{device} ({engine.machine(device)})')"
)
STALE = 2 * 86_400.0
"""Seconds that answers may be newer than the last backup."""
PATIENCE = 120.0
"""Seconds that a cold disk may take to load torch."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that was looked at."""

    name: str
    value: str
    ok: bool = True
    todo: str = ""

    def __str__(self) -> str:
        mark = "ok" if self.ok else "!!"
        return f"{mark}  {self.name:<14} {self.value}" + (f"\n      {self.todo}" if self.todo else "")


KeyCheck = Callable[[Path, Mapping[str, str]], list[Problem]]
"""(settings file, action id -> keys) -> what is wrong with them."""


def examine(check_keys: KeyCheck | None = None) -> list[Finding]:
    """Everything worth knowing about this installation. check_keys: who knows which keys there are."""
    here = [_python(), *_packages(), _bench(), _cores(), _terminal()]
    return [*here, _data(), _backups(), *_settings(check_keys), _banks(), _experiments()]


def _python() -> Finding:
    ok = sys.version_info >= (3, 11)
    return Finding(
        name="quizapp",
        value=f"{__version__} on Python {platform.python_version()}, {platform.platform()}",
        ok=ok,
        todo="" if ok else "Install Python 3.11 or newer.",
    )


def _packages() -> list[Finding]:
    there, missing = [], []
    for name in PACKAGES:
        try:
            there.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            missing.append(name)
    found = [Finding(name="packages", value=", ".join(there))]
    if missing:
        todo = f"{sys.executable} -m pip install {' '.join(missing)}"
        found.append(Finding(name="missing", value=", ".join(missing), ok=False, todo=todo))
    return found


def _bench() -> Finding:
    """What the bench would measure on."""
    root = str(paths.PACKAGE.parent)
    path = os.pathsep.join([root, *filter(None, [os.environ.get("PYTHONPATH")])])
    try:
        asked = subprocess.run(
            [sys.executable, "-c", ASK_BENCH],
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            stdin=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1"},
            check=True,
        )
    except subprocess.CalledProcessError as error:
        said = [line for line in error.stderr.splitlines() if line.strip()]
        why = said[-1] if said else f"its process ended with code {error.returncode}"
    except (OSError, subprocess.TimeoutExpired) as error:
        why = str(error)
    else:
        return Finding(name="device", value=asked.stdout.strip())
    todo = "Nothing can be proved without it; reinstall torch."
    return Finding(name="device", value=f"the bench does not start: {why}", ok=False, todo=todo)


def _cores() -> Finding:
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return Finding(name="cores", value=f"{usable} usable of {os.cpu_count()}")


def _terminal() -> Finding:
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return Finding(name="terminal", value="none here; the app needs one, the other commands do not")
    size = os.get_terminal_size(sys.stdout.fileno())
    return Finding(name="terminal", value=f"{size.columns} x {size.lines}, TERM={os.environ.get('TERM', '')}")


def _data() -> Finding:
    """Whether answers can be kept. Nothing is created that was not there."""
    home = paths.home()
    there = next(folder for folder in (home, *home.absolute().parents) if folder.exists())
    todo = "Set QUIZAPP_HOME to a folder you can write to."
    try:
        with tempfile.TemporaryFile(dir=there):
            pass
    except OSError as error:
        value = f"{home} cannot be written to: {error.strerror}"
        return Finding(name="answers", value=value, ok=False, todo=todo)
    if not paths.answers().exists():
        return Finding(name="answers", value=f"{paths.answers()} (will be made at the first start)")
    from quizapp.store import Store

    try:
        store = Store(paths.answers())
        count = len(store.reviews())
        store.close()
    except QuizError as error:
        return Finding(name="answers", value=error.what, ok=False, todo=error.todo or todo)
    return Finding(name="answers", value=f"{paths.answers()} ({count} kept)")


def _backups() -> Finding:
    """When the last backup was made, and whether there are answers that it may not hold."""
    from quizapp import backups

    folder = paths.backups()
    try:
        last, count = backups.newest(folder), backups.count(folder)
        written = paths.answers().stat().st_mtime if paths.answers().exists() else 0.0
    except OSError as error:
        return Finding(name="backups", value=f"{folder} cannot be read: {error.strerror}", ok=False)
    if last is None:
        return Finding(name="backups", value="none yet; one is made on every day of practice")
    path, at = last
    value = f"the last {at.astimezone():%Y-%m-%d %H:%M}, {path.name}; {count} in {folder}"
    if written - at.timestamp() > STALE:
        return Finding(
            name="backups", value=value, ok=False, todo="`quizapp backup` makes one, or says why not."
        )
    return Finding(name="backups", value=value)


def _settings(check_keys: KeyCheck | None) -> list[Finding]:
    """What the learner set, with every problem in it."""
    from quizapp import settings

    path = paths.settings()
    try:
        found = settings.load(path)
        problems = check_keys(path, found.keys) if check_keys and found.keys else []
    except SettingsError as error:
        problems = error.problems
    except ImportError:
        problems = []  # a package is missing, which is said already
    if problems:
        return [
            Finding(name="settings", value=f"{one.file}:{one.line}: {one.what}", ok=False, todo=one.todo)
            for one in problems
        ]
    return [Finding(name="settings", value=str(path) if path.exists() else "none, so all as it comes")]


def _banks() -> Finding:
    folder = paths.questions()
    files = sorted(folder.glob("*.yaml"))
    if not files:
        todo = "Install quizapp again: its questions are not where they should be."
        return Finding(name="questions", value=f"none in {folder}", ok=False, todo=todo)
    try:
        from quizapp import bank

        found, problems = bank.read(files)
    except ImportError as error:
        return Finding(name="questions", value=f"cannot be read: {error}", ok=False, todo="See `missing`.")
    value = f"{len(found.items)} items and {len(found.claims)} claims in {len(files)} files of {folder}"
    if problems:
        value += f", {len(problems)} problem{'s' if len(problems) > 1 else ''}"
        return Finding(name="questions", value=value, ok=False, todo="`quizapp check` shows where.")
    return Finding(name="questions", value=value)


def _experiments() -> Finding:
    from quizapp.verifiers import catalogue

    broken = []
    names = catalogue.names()
    for name in names:
        try:
            catalogue.read(name)
        except ValueError as error:
            broken.append(f"{name}: {error}")
    if broken or not names:
        value = "; ".join(broken) or f"none in {Path(catalogue.BENCH)}"
        return Finding(
            name="experiments", value=value, ok=False, todo="Correct the file, or install quizapp again."
        )
    return Finding(name="experiments", value=f"{len(names)}: {', '.join(names)}")
