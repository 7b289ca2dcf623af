"""What the learner wrote beside their answers: settings, drafts, exercises, packs. Into a backup, and back.

A backup holds them in a table of its own, so that it stays one file. Names come from `_OURS` alone, so that
what somebody put into a backup can write nowhere else. Knows no screen.
"""

from __future__ import annotations

import base64
import re
import sqlite3
from collections.abc import Mapping
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from quizapp import files, packs
from quizapp.errors import BackupError
from quizapp.store import BELONGINGS as TABLE

_CREATE = f"CREATE TABLE {TABLE} (path TEXT PRIMARY KEY, body BLOB NOT NULL) STRICT"
_OURS = re.compile(
    r"settings\.yaml|exported(?:-reference|-none)?\.json|drafts/question-\d{1,18}\.json"
    r"|exercises/[^/\\\x00-\x1f.][^/\\\x00-\x1f]{0,99}\.py"
    rf"|packs/{packs.NAME.pattern}/(?:{re.escape(packs.MANIFEST)}|{packs.MEMBER.pattern})"
)
MOST = 30_000_000
"""Bytes in a backup; what comes after is left out: packs, the last by name first."""

Belongings = Mapping[str, bytes]
"""Path below the folder of data -> what stands there."""


def here(home: Path) -> tuple[dict[str, bytes], list[str]]:
    """What there is, and what cannot be read or is too much; of a pack all or nothing."""
    found: dict[str, bytes] = {}
    left_out: list[str] = []
    for unit, paths in _units(home).items():
        try:
            read = {path.relative_to(home).as_posix(): path.read_bytes() for path in paths}
        except OSError:
            left_out.append(unit)
            continue
        if sum(map(len, (*found.values(), *read.values()))) > MOST:
            left_out.append(unit)
        else:
            found |= read
    return found, left_out


def _units(home: Path) -> dict[str, list[Path]]:
    """What belongs together -> its files; what is written by hand before what was opened."""
    units: dict[str, list[Path]] = {}
    for pattern in ("settings.yaml", "exported*.json", "drafts/question-*.json", "exercises/*.py"):
        for path in sorted(home.glob(pattern)):
            if _is_ours(path, home):
                units[path.relative_to(home).as_posix()] = [path]
    for folder in packs.folders(home / "packs"):
        members = [
            folder / packs.MANIFEST,
            *folder.glob("questions/*.yaml"),
            *folder.glob("evidence/*.jsonl"),
        ]
        kept = sorted(path for path in members if _is_ours(path, home) and not path.is_symlink())
        units[folder.relative_to(home).as_posix()] = kept
    return units


def _is_ours(path: Path, home: Path) -> bool:
    return path.is_file() and _OURS.fullmatch(path.relative_to(home).as_posix()) is not None


def plain(found: Belongings) -> dict[str, Any]:
    """The same as JSON can say it: texts, and bytes that are none as {"base64": ...}."""
    return {name: _text(body) for name, body in found.items()}


def _text(body: bytes) -> str | dict[str, str]:
    try:
        return body.decode()
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(body).decode()}


# ---- in a backup ----------------------------------------------------------------------------------


def put_in(db: sqlite3.Connection, found: Belongings) -> None:
    """Put them into a backup, in the place of what it held of the kind. Raises sqlite3.Error."""
    db.execute("BEGIN")
    db.execute(f"DROP TABLE IF EXISTS {TABLE}")
    if found:
        db.execute(_CREATE)
        db.executemany(f"INSERT INTO {TABLE} VALUES (?, ?)", sorted(found.items()))
    db.execute("COMMIT")


def taken_out(db: sqlite3.Connection) -> dict[str, bytes]:
    """What a backup holds of them; the table is gone then. Raises ValueError for what is none of ours."""
    made = db.execute("SELECT type, sql FROM sqlite_master WHERE name = ?", (TABLE,)).fetchone()
    if made is None:
        return {}
    if made != ("table", _CREATE):
        raise ValueError(f"its table of files ({TABLE}) is another one")
    if (db.execute(f"SELECT sum(length(body)) FROM {TABLE}").fetchone()[0] or 0) > MOST:
        raise ValueError(f"its files come to more than {MOST:,} bytes")
    found = dict(db.execute(f"SELECT path, body FROM {TABLE} ORDER BY path").fetchall())
    for name in found:
        if not _OURS.fullmatch(str(name)):
            raise ValueError(f"it holds {str(name)[:60]!r}, which is no file of quizapp's")
    db.execute(f"DROP TABLE {TABLE}")
    return found


# ---- back in the folder of data -------------------------------------------------------------------


def keep(home: Path, safe: Path) -> Path | None:
    """Keep what is here in the backup `safe`, and what has no place there as plain files beside it.

    Returns the folder with those, if it came to that. Raises OSError.
    """
    found, left_out = here(home)
    beside = [path for unit, paths in _units(home).items() if unit in left_out for path in paths]
    folder = safe.with_suffix("")
    for path in beside:
        _write(folder / path.relative_to(home), path.read_bytes())
    if safe.exists():
        with suppress(sqlite3.DatabaseError), closing(sqlite3.connect(safe, isolation_level=None)) as db:
            put_in(db, found)
            return folder if beside else None
    for name, body in found.items():
        _write(folder / name, body)
    return folder if found or beside else None


def put_back(home: Path, found: Belongings) -> None:
    """Put them where they were. Raises BackupError.

    What a backup does not hold stays, except drafts, which belong to the questions of its interviews, and
    other files of a pack that it holds. Keep what is here before.
    """
    folders = {"/".join(name.split("/")[:2]) for name in found if name.startswith("packs/")}
    try:
        for unit, paths in _units(home).items():
            for path in paths if unit in folders or unit.startswith("drafts/") else ():
                if path.relative_to(home).as_posix() not in found:
                    path.unlink()
        for name, body in found.items():
            if name.startswith("packs/") and (home / name).is_symlink():
                (home / name).unlink()  # what it leads to is somebody's own
            _write(home / name, body)
    except OSError as error:
        what = f"the answers are restored, and not all files: {error.filename}: {error.strerror}"
        raise BackupError(what, "Check the permissions of its folder, then restore again.") from error


def _write(path: Path, body: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    files.replace(path, body)
