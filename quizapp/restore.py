"""A backup in the place of the learner's file: looked through first, and what is there is backed up before.

Whether another copy of the app has the file open is SQLite's to say: only the one connection there is may
take the file out of its write-ahead mode, and then nobody else can open it until the exchange is over. The
exchange is one transaction, so a kill in the middle leaves what was there. Knows no screen.
"""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from quizapp import backups, belongings, marks
from quizapp.errors import BackupError, StoreError
from quizapp.interviews import Interviews
from quizapp.store import MIGRATIONS, Store
from quizapp.workshop import progress

_OTHER = "Take another backup; `quizapp doctor` says where they are."
SIDECARS = ("-wal", "-shm", "-journal")


@dataclass(frozen=True, kw_only=True)
class Held:
    """What a file of answers holds."""

    answers: int
    newest: datetime | None
    """When the newest answer was given."""
    files: belongings.Belongings = field(default_factory=dict)
    """What the learner wrote beside them."""

    def __str__(self) -> str:
        count = f"{self.answers:,} answer{'s' if self.answers != 1 else ''}"
        last = f", the newest of {self.newest.astimezone():%Y-%m-%d %H:%M}" if self.newest else ""
        count_files = f", and {len(self.files):,} file{'s' if len(self.files) != 1 else ''} of yours"
        return count + last + (count_files if self.files else "")


def held(path: Path) -> Held:
    """What a backup holds, once it was looked through. Raises BackupError for what cannot be restored."""
    with _looked_through(path) as (_, found):
        return found


@contextmanager
def _looked_through(path: Path) -> Iterator[tuple[Path, Held]]:
    """A copy of a backup, brought up to this version, in a folder that goes again; and what it holds."""
    with tempfile.TemporaryDirectory(prefix="quizapp-restore-") as folder:
        copy = Path(folder) / "answers.sqlite3"
        try:
            shutil.copyfile(path, copy)
            for more in ("-wal", "-journal"):
                if (log := path.with_name(path.name + more)).exists():
                    shutil.copyfile(log, copy.with_name(copy.name + more))
        except OSError as error:
            raise BackupError(f"{path} cannot be read: {error.strerror or error}", _OTHER) from error
        try:
            kept = _sound(path, copy)
            found = replace(_read(path, copy), files=kept)
            with closing(sqlite3.connect(copy, isolation_level=None)) as db:
                db.execute("PRAGMA journal_mode = DELETE")  # one file, without a log beside it
        except sqlite3.Error as error:
            raise BackupError(f"{path} is no backup of quizapp: {error}", _OTHER) from error
        yield copy, found


def _sound(path: Path, copy: Path) -> dict[str, bytes]:
    """The files in a backup, taken out of it. Raises BackupError for one that is damaged, or none of ours."""
    with closing(sqlite3.connect(copy, isolation_level=None)) as db:
        db.execute("PRAGMA trusted_schema = OFF")
        said = [row[0] for row in db.execute("PRAGMA integrity_check(3)")]
        if said != ["ok"]:
            raise BackupError(f"{path} is damaged: {'; '.join(map(str, said))}", _OTHER)
        version = int(db.execute("PRAGMA user_version").fetchone()[0])
        if version > len(MIGRATIONS):
            raise BackupError(
                f"{path} was written by a newer quizapp (its version is {version})", "Upgrade quizapp first."
            )
        try:
            kept = belongings.taken_out(db)
        except ValueError as error:
            raise BackupError(f"{path} is no backup of quizapp: {error}", _OTHER) from error
        if version < 1 or _shape(db) != _known_shape(version):
            raise BackupError(f"{path} is no backup of quizapp: it holds other tables", _OTHER)
        if loose := db.execute("PRAGMA foreign_key_check").fetchone():
            raise BackupError(f"{path} is damaged: a row of {loose[0]} is about none there is", _OTHER)
    return kept


def _shape(db: sqlite3.Connection) -> list[tuple[object, ...]]:
    """Every table with its columns, and the kind and name of everything else."""
    found: list[tuple[object, ...]] = []
    rows = db.execute(
        "SELECT type, name FROM sqlite_master WHERE name NOT LIKE 'sqlite~_%' ESCAPE '~' ORDER BY 1, 2"
    )
    for kind, name in rows.fetchall():
        found.append((kind, name))
        if kind == "table":
            quoted = str(name).replace('"', '""')
            found += [row[1:] for row in db.execute(f'PRAGMA table_xinfo("{quoted}")')]
    return found


def _known_shape(version: int) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as db:
        for migration in MIGRATIONS[:version]:
            for statement in migration:
                db.execute(statement)
        return _shape(db)


def _read(path: Path, copy: Path) -> Held:
    """Read everything as the app would. Raises BackupError for what it would stumble over."""
    try:
        with closing(Store(copy)) as store:
            reviews = store.reviews()
            times = [review.at for review in reviews]
            times += [mark.at for mark in store.marks()] + [one.at for one in store.predictions()]
            marks.fold(store.marks())
            times += [interview.at for interview in Interviews(store).all()]
            store.newest_runs()
            progress.of(store)
            if any(at.tzinfo is None for at in times):
                raise ValueError("a time without its zone")
    except (StoreError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BackupError(f"{path} holds what quizapp cannot read: {error}", _OTHER) from error
    return Held(answers=len(reviews), newest=max((review.at for review in reviews), default=None))


# ---- the exchange ---------------------------------------------------------------------------------


def restore(path: Path, answers: Path, folder: Path, now: datetime) -> Path | None:
    """Put a backup in the place of the learner's file, and its files in theirs; returns where what was there
    is kept now.

    folder: where backups are. Raises BackupError, and what was there is then as it was: for a backup that
    cannot be restored, and while another copy of quizapp has the file open.
    """
    with _looked_through(path) as (copy, found):
        safe = _free(folder, f"{backups.BEFORE}-{now:%Y-%m-%d-%H%M%S}")
        there = answers.exists()
        try:
            _exchange(copy, answers, safe)
            _logged(answers)
        except OSError as error:
            raise BackupError(f"{answers} could not be replaced: {error}", _STILL) from error
        try:
            beside = belongings.keep(answers.parent, safe)
        except OSError as error:
            before = f" (before: {safe})" if there else ""
            what = f"the answers are restored{before}, and no other file: {error}"
            raise BackupError(what, "Check the space and the permissions, then restore again.") from error
        belongings.put_back(answers.parent, found.files)
        return safe if there else beside


def _exchange(copy: Path, answers: Path, safe: Path) -> None:
    """Put the copy in the place of the learner's file, and what was there at `safe`."""
    if not answers.exists():
        answers.parent.mkdir(parents=True, exist_ok=True)
        _sidecars_aside(answers, safe)  # the log of a file that was moved away would be taken for this one's
        backups.copy(copy, answers)
        return
    try:
        with closing(_alone(answers)) as db:
            _keep(db, safe)
            with closing(sqlite3.connect(copy)) as source:
                source.backup(db)
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError):
            raise BackupError(f"{answers} could not be replaced: {error}", _STILL) from error
        _set_aside(answers, safe)  # it is no database any more: nobody can have it open
        backups.copy(copy, answers)


def _logged(answers: Path) -> None:
    """Back to a log, as every file of answers has one: `quizapp backup` tells those from backups by it."""
    with suppress(sqlite3.Error), closing(sqlite3.connect(answers, isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode = WAL")


def _free(folder: Path, name: str) -> Path:
    """A name in the folder that nothing has yet."""
    names = (f"{name}{more}.sqlite3" for more in ("", *(f"-{number}" for number in range(2, 1000))))
    return next(path for path in map(folder.joinpath, names) if not path.exists())


_STILL = "Nothing was changed. Check the space and the permissions of its folder."


def _alone(answers: Path) -> sqlite3.Connection:
    """A connection to the learner's file while there is no other. Raises BackupError when there is one."""
    db = sqlite3.connect(answers, timeout=1.0, isolation_level=None)
    try:
        db.execute("PRAGMA locking_mode = EXCLUSIVE")
        db.execute("PRAGMA journal_mode = DELETE")
        db.execute("BEGIN EXCLUSIVE")
        db.execute("COMMIT")  # the lock stays until the connection closes
    except sqlite3.OperationalError as error:
        db.close()
        if "locked" not in str(error):
            raise
        todo = "Close the app (and `quizapp serve`), then try again. Nothing was changed."
        raise BackupError(f"another quizapp has {answers} open", todo) from error
    except BaseException:
        db.close()
        raise
    return db


def _keep(db: sqlite3.Connection, safe: Path) -> None:
    """Keep what is there: as a backup, or byte by byte where it is too damaged for one."""
    safe.parent.mkdir(parents=True, exist_ok=True)
    try:
        db.execute("VACUUM INTO ?", (str(safe),))
    except sqlite3.DatabaseError:
        safe.write_bytes(db.serialize())  # not from the file: closing it would take SQLite's locks away


def _set_aside(answers: Path, safe: Path) -> None:
    """Move a file that is no database out of the way, with what stands beside it."""
    safe.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(answers, safe)
    _sidecars_aside(answers, safe)


def _sidecars_aside(answers: Path, safe: Path) -> None:
    safe.parent.mkdir(parents=True, exist_ok=True)
    for sidecar in SIDECARS:
        with suppress(FileNotFoundError):
            Path(f"{answers}{sidecar}").replace(f"{safe}{sidecar}")
