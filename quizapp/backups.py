"""Backups of the learner's data: made whole or not at all, one a day by itself, and thinned out with age.

A backup is an SQLite file like the one it was made of, as of one moment, whatever other copies of the app
write meanwhile, and holds what the learner wrote beside it (see belongings). A kill in the middle leaves the
earlier ones as they were. Knows no screen.
"""

from __future__ import annotations

import os
import re
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import closing, suppress
from datetime import UTC, date, datetime
from pathlib import Path

from quizapp import belongings, schedule
from quizapp.errors import BackupError, QuizError

FOLDER = "backups"
DAYS, WEEKS, MONTHS = 7, 4, 12
"""So many are kept: of the last days, the last weeks and the last months in which there were any."""
AUTOMATIC = re.compile(r"answers-(\d{4}-\d{2}-\d{2})\.sqlite3")
"""The name of a backup that made itself; others in the folder are never removed."""
BEFORE = "before-restore"
"""How the name of a file begins that a backup took the place of."""
LEFTOVER = 3600.0
"""Seconds after which an unfinished backup is taken for one that was killed."""
PATIENCE = 30.0
"""Seconds to wait for another copy of the app that is writing."""


def kept(days: Iterable[date]) -> set[date]:
    """Those days whose backups stay: the newest few, and the last of each recent week and month."""
    newest = sorted(set(days), reverse=True)
    weeks: dict[tuple[int, int], date] = {}
    months: dict[tuple[int, int], date] = {}
    for day in newest:
        weeks.setdefault(day.isocalendar()[:2], day)
        months.setdefault((day.year, day.month), day)
    return {*newest[:DAYS], *[*weeks.values()][:WEEKS], *[*months.values()][:MONTHS]}


def copy(source: Path, target: Path, beside: belongings.Belongings | None = None) -> None:
    """Put a copy of the learner's file, as of now, at `target`. Raises BackupError; nothing is changed then.

    It is written beside the target, read back, and only then put in its place. beside: files to go into it.
    """
    part = target.with_name(f".{target.name}.{os.getpid()}-{threading.get_ident()}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with closing(_opened(source)) as db:
            db.execute("VACUUM INTO ?", (str(part),))
        with closing(_opened(part)) as db:
            if beside is not None:
                belongings.put_in(db, beside)
            said = db.execute("PRAGMA quick_check(1)").fetchone()[0]
        if said != "ok":
            raise BackupError(f"{source} is damaged, so it was not backed up: {said}", _DAMAGED)
        _settle(part)
        part.replace(target)
        _settle(target.parent)
    except (OSError, sqlite3.Error) as error:
        raise BackupError(f"{source} cannot be backed up to {target}: {error}", _ELSEWHERE) from error
    finally:
        with suppress(OSError):
            part.unlink()


_DAMAGED = "Earlier backups are as they were: `quizapp restore FILE` takes one of them."
_ELSEWHERE = "Name a file in a folder you can write to, with enough space."


def _opened(path: Path) -> sqlite3.Connection:
    """A connection to a file that must be there."""
    return sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=PATIENCE, isolation_level=None
    )


def _settle(path: Path) -> None:
    """Have a file or a folder on disk when this returns."""
    with suppress(PermissionError):  # some systems open no folders
        at = os.open(path, os.O_RDONLY)
        try:
            os.fsync(at)
        finally:
            os.close(at)


def asked(answers: Path, folder: Path, target: Path | None, now: datetime) -> Path:
    """A backup because somebody asked for one; returns where it is. Raises BackupError.

    target: a file, or a folder to put it into; None: `folder`, under a name that keeps it for good.
    """
    if not answers.exists():
        raise BackupError(f"there is nothing to back up: no {answers}", "It is made at the first start.")
    name = f"backup-{now:%Y-%m-%d-%H%M%S}.sqlite3"
    path = folder / name if target is None else target / name if target.is_dir() else target
    if path.exists():
        if path.samefile(answers):
            raise BackupError(f"{path} is the file of answers itself", "Name another file.")
        if not _ours(path):
            raise BackupError(f"{path} is there already, and is no backup", "Name another file.")
    copy(answers, path, belongings.here(answers.parent)[0])
    return path


def _ours(path: Path) -> bool:
    """Whether a file is a backup of quizapp, and none that is in the middle of something."""
    if Path(f"{path}-wal").exists() or Path(f"{path}-journal").exists():
        return False
    try:
        with path.open("rb") as file:
            if file.read(20)[18:] != b"\1\1":  # a file of answers is written by way of a log
                return False
        with closing(_opened(path)) as db:
            return db.execute("SELECT 1 FROM sqlite_master WHERE name = 'amendments'").fetchone() is not None
    except (OSError, sqlite3.Error):
        return False


# ---- by itself, once a day ------------------------------------------------------------------------


def daily(answers: Path, folder: Path, now: datetime) -> Path | None:
    """The backup of the learner's day, if it is still to be made and there is anything to keep.

    now: in the learner's zone. Older ones are thinned out then. Returns the new backup; None when none was
    needed. Raises BackupError.
    """
    target = folder / f"answers-{schedule.day_of(now, now.tzinfo)}.sqlite3"
    if target.exists() or not answers.exists() or _empty(answers):
        return None
    copy(answers, target, belongings.here(answers.parent)[0])
    thin(folder)
    return target


def _empty(answers: Path) -> bool:
    with suppress(sqlite3.Error), closing(_opened(answers)) as db:
        tables = db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        return not any(
            db.execute(f'SELECT EXISTS (SELECT 1 FROM "{name}")').fetchone()[0] for (name,) in tables
        )
    return False


def thin(folder: Path) -> None:
    """Remove the automatic backups that need not be kept, and what a kill left unfinished."""
    days = {day: path for path in _files(folder) if (day := _day(path)) is not None}
    for day in days.keys() - kept(days):
        with suppress(OSError):
            days[day].unlink()
    for path in folder.glob(".*.part*"):
        with suppress(OSError):
            if time.time() - path.stat().st_mtime > LEFTOVER:
                path.unlink()


def begin(answers: Path, now: Callable[[], datetime]) -> threading.Thread:
    """Make the day's backup in a thread that holds nobody up, not even the end of the program.

    It goes to the folder `backups` beside the answers. What goes wrong is not said in the middle of a
    sitting; `quizapp doctor` says it.
    """

    def run() -> None:
        with suppress(QuizError, OSError):
            daily(answers, answers.parent / FOLDER, now())

    thread = threading.Thread(target=run, name="backup", daemon=True)
    thread.start()
    return thread


# ---- what there is --------------------------------------------------------------------------------


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*.sqlite3") if not path.name.startswith("."))


def _day(path: Path) -> date | None:
    named = AUTOMATIC.fullmatch(path.name)
    with suppress(ValueError):
        return date.fromisoformat(named[1]) if named else None
    return None


def newest(folder: Path) -> tuple[Path, datetime] | None:
    """The newest backup in a folder, and when it was made (in UTC); what was replaced by one is none."""
    files = (path for path in _files(folder) if not path.name.startswith(BEFORE))
    found = [(path.stat().st_mtime, path) for path in files]
    if not found:
        return None
    at, path = max(found)
    return path, datetime.fromtimestamp(at, UTC)


def count(folder: Path) -> int:
    """How many backups there are."""
    return len(_files(folder))
