"""Opening the learner's file, and bringing one that an older version wrote up to this one.

Several copies of the app may do so at the same moment. A kill in the middle leaves the file as it was. Knows
no rows: what a version adds is handed in.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Sequence
from pathlib import Path

from quizapp.errors import StoreError

PATIENCE = 5.0
"""Seconds to wait for another copy of the app."""
AGAIN = 0.02
"""Seconds between two tries, where SQLite does not wait by itself."""


def connect(path: Path) -> sqlite3.Connection:
    """Open or create a file. Raises sqlite3.Error."""
    db = sqlite3.connect(path, timeout=PATIENCE, isolation_level=None, check_same_thread=False)
    try:
        _log_ahead(db)
        db.execute("PRAGMA synchronous = FULL")
        db.execute("PRAGMA foreign_keys = ON")
    except BaseException:
        db.close()
        raise
    return db


def _log_ahead(db: sqlite3.Connection) -> None:
    """Have the file written by way of a log. While another copy turns that on, SQLite says no at once."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            db.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > until:
                raise
        time.sleep(AGAIN)


def version(db: sqlite3.Connection) -> int:
    """The version of a file."""
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def migrate(db: sqlite3.Connection, path: Path, migrations: Sequence[Sequence[str]]) -> None:
    """Take a file to the version that the migrations lead to, all of them or none; it is kept as it was.

    Raises StoreError for a file of a later version, else sqlite3.Error or OSError.
    """
    before, wanted = version(db), len(migrations)
    if before > wanted:
        raise StoreError(
            f"{path} was written by a newer quizapp (its version is {before})",
            "Upgrade quizapp; this one would not understand what is in it.",
        )
    if before == wanted:
        return
    if before:
        _keep(db, path.with_name(f"{path.name}.v{before}"), before)
    db.execute("BEGIN IMMEDIATE")
    try:
        # Asked again inside the transaction: another copy of the app may have been faster.
        if (now := version(db)) < wanted:
            for statements in migrations[now:]:
                for statement in statements:
                    db.execute(statement)
            db.execute(f"PRAGMA user_version = {wanted}")
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


def _keep(db: sqlite3.Connection, backup: Path, before: int) -> None:
    """Put what an older version wrote beside the file, whole or not at all."""
    if backup.exists():
        return
    part = backup.with_name(f".{backup.name}.{os.getpid()}.part")
    try:
        part.unlink(missing_ok=True)
        db.execute("VACUUM INTO ?", (str(part),))
        with part.open("rb") as file:
            kept = int.from_bytes(file.read(64)[60:])  # where SQLite has user_version
        if kept == before:  # else another copy of the app was faster
            part.replace(backup)
    finally:
        part.unlink(missing_ok=True)
