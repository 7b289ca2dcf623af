"""The learner's file: SQLite, append-only. Nothing is ever updated or deleted.

An answer is one INSERT, committed before the app shows what was right. Changing a rating and undoing
are rows of their own. Memory is not stored: it is a fold over the reviews (schedule.fold).
"""

from __future__ import annotations

import dataclasses
import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quizapp import upgrade
from quizapp.errors import StoreError
from quizapp.marks import Mark
from quizapp.model import Review, VerdictName, build
from quizapp.safe_text import whole

if TYPE_CHECKING:
    from quizapp.evidence import Prediction, Run

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        """CREATE TABLE reviews (
            id INTEGER PRIMARY KEY, item TEXT NOT NULL, rev INTEGER NOT NULL, at TEXT NOT NULL,
            given TEXT NOT NULL, score REAL NOT NULL, correct INTEGER NOT NULL, confidence REAL,
            rating INTEGER NOT NULL CHECK (rating BETWEEN 1 AND 4), seconds REAL NOT NULL) STRICT""",
        """CREATE TABLE amendments (
            id INTEGER PRIMARY KEY, review INTEGER NOT NULL REFERENCES reviews (id), at TEXT NOT NULL,
            rating INTEGER CHECK (rating BETWEEN 1 AND 4)) STRICT""",
        """CREATE TABLE runs (
            id INTEGER PRIMARY KEY, experiment TEXT NOT NULL, device TEXT NOT NULL, at TEXT NOT NULL,
            status TEXT NOT NULL, body TEXT NOT NULL) STRICT""",
        "CREATE INDEX runs_newest ON runs (experiment, id)",
        """CREATE TABLE predictions (
            id INTEGER PRIMARY KEY, claim TEXT NOT NULL, at TEXT NOT NULL, predicted TEXT NOT NULL) STRICT""",
        """CREATE TABLE outcomes (
            id INTEGER PRIMARY KEY, prediction INTEGER NOT NULL REFERENCES predictions (id),
            at TEXT NOT NULL, measured TEXT NOT NULL) STRICT""",
    ),
    (
        """CREATE TABLE marks (
            id INTEGER PRIMARY KEY, item TEXT NOT NULL, kind TEXT NOT NULL, value TEXT NOT NULL,
            at TEXT NOT NULL) STRICT""",
    ),
    (
        "ALTER TABLE reviews ADD COLUMN cram INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE amendments ADD COLUMN correct INTEGER",
    ),
    (
        "CREATE INDEX reviews_of ON reviews (item)",
        "CREATE INDEX amendments_of ON amendments (review)",
    ),
    (
        """CREATE TABLE interviews (
            id INTEGER PRIMARY KEY, at TEXT NOT NULL, topic TEXT NOT NULL, minutes INTEGER NOT NULL,
            seed INTEGER NOT NULL) STRICT""",
        """CREATE TABLE interview_questions (
            id INTEGER PRIMARY KEY, interview INTEGER NOT NULL REFERENCES interviews (id), at TEXT NOT NULL,
            item TEXT NOT NULL, rev INTEGER NOT NULL, point TEXT NOT NULL, prompt TEXT NOT NULL,
            asker TEXT NOT NULL) STRICT""",
        """CREATE TABLE interview_answers (
            id INTEGER PRIMARY KEY, question INTEGER NOT NULL REFERENCES interview_questions (id),
            at TEXT NOT NULL, said TEXT NOT NULL, seconds REAL NOT NULL) STRICT""",
        """CREATE TABLE interview_hints (
            id INTEGER PRIMARY KEY, answer INTEGER NOT NULL REFERENCES interview_answers (id),
            at TEXT NOT NULL, asker TEXT NOT NULL, body TEXT NOT NULL) STRICT""",
        """CREATE TABLE interview_ends (
            id INTEGER PRIMARY KEY, interview INTEGER NOT NULL REFERENCES interviews (id),
            at TEXT NOT NULL) STRICT""",
        """CREATE TABLE interview_ticks (
            id INTEGER PRIMARY KEY, interview INTEGER NOT NULL REFERENCES interviews (id), at TEXT NOT NULL,
            item TEXT NOT NULL, ticked TEXT NOT NULL, band TEXT NOT NULL) STRICT""",
        """CREATE TABLE interview_consents (
            id INTEGER PRIMARY KEY, at TEXT NOT NULL, endpoint TEXT NOT NULL, model TEXT NOT NULL) STRICT""",
    ),
    (
        """CREATE TABLE workshop (
            id INTEGER PRIMARY KEY, exercise TEXT NOT NULL, act TEXT NOT NULL, at TEXT NOT NULL,
            said TEXT NOT NULL) STRICT""",
    ),
)
"""Each entry takes the file from version i to i + 1, in one transaction."""

NO_ID = 2**63 - 1
"""SQLite's largest: no row has it."""
BELONGINGS = "belongings"
"""A table that backups have besides, and so has the file of answers of somebody who put one there by hand."""


class Store:
    """One connection, usable from any thread, one writer at a time; other copies of the app may write too."""

    def __init__(self, path: Path) -> None:
        """Open or create the file. Raises StoreError when it cannot be used."""
        self.path = path
        self._lock = threading.Lock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = upgrade.connect(path)
            try:
                upgrade.migrate(self._db, path, MIGRATIONS)
            except BaseException:
                self._db.close()
                raise
        except (OSError, sqlite3.Error) as error:
            raise StoreError(
                f"{path} cannot be used as the file of answers: {error}",
                "Check the space and the permissions of its folder, or set QUIZAPP_HOME to another one; "
                "`quizapp restore` takes a backup.",
            ) from error

    def close(self) -> None:
        """Close the file, once nobody reads or writes: closing it under a thread that does is a crash."""
        with self._lock:
            self._db.close()

    @property
    def version(self) -> int:
        """The file's schema version."""
        return upgrade.version(self._db)

    @contextmanager
    def _write(self) -> Iterator[sqlite3.Connection]:
        """One transaction. IMMEDIATE, because a plain BEGIN fails when two copies write at once."""
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:  # on a full disk SQLite has ended it itself
                    self._db.execute("ROLLBACK")
                raise

    def _insert(self, table: str, **values: str | int | float | None) -> int:
        names = ", ".join(values)
        marks = ", ".join("?" * len(values))
        row = [whole(value) if isinstance(value, str) else value for value in values.values()]
        try:
            with self._write() as db:
                cursor = db.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", row)
                return int(cursor.lastrowid or 0)
        except (sqlite3.Error, OverflowError) as error:
            raise StoreError(
                f"could not write to {self.path}: {error}", "Free some space, or close what locks the file."
            ) from error

    def _rows(self, query: str, *arguments: str | int) -> list[tuple[Any, ...]]:
        try:
            with self._lock:
                return self._db.execute(query, arguments).fetchall()
        except sqlite3.Error as error:
            raise StoreError(
                f"could not read {self.path}: {error}", "Restore it from a backup, or move it away."
            ) from error

    # ---- for what keeps its tables in a module of its own

    def insert(self, table: str, **values: str | int | float | None) -> int:
        """One row, on disk when this returns. Returns its id."""
        return self._insert(table, **values)

    def rows(self, query: str, *arguments: str | int) -> list[tuple[Any, ...]]:
        """What a query finds."""
        return self._rows(query, *arguments)

    def tables(self) -> dict[str, list[dict[str, Any]]]:
        """Every row of every table, as of one moment, whatever another copy of the app writes meanwhile."""
        try:
            with self._lock:
                self._db.execute("BEGIN")
                try:
                    names = self._db.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY 1")
                    return {name: self._table(name) for (name,) in names.fetchall() if name != BELONGINGS}
                finally:
                    self._db.execute("ROLLBACK")
        except sqlite3.Error as error:
            raise StoreError(
                f"could not read {self.path}: {error}", "Restore it from a backup, or move it away."
            ) from error

    def _table(self, name: str) -> list[dict[str, Any]]:
        cursor = self._db.execute(f'SELECT * FROM "{name}" ORDER BY rowid')
        columns = [column[0] for column in cursor.description]
        return [dict(zip(columns, row, strict=True)) for row in cursor]

    # ---- reviews

    def add_review(self, review: Review) -> int:
        """Keep an answer; it is on disk when this returns. Returns its id."""
        return self._insert(
            "reviews",
            item=review.item,
            rev=review.rev,
            at=review.at.isoformat(),
            given=review.given,
            score=review.score,
            correct=int(review.correct),
            confidence=review.confidence,
            rating=review.rating,
            seconds=review.seconds,
            cram=int(review.cram),
        )

    def amend(self, review: int, rating: int | None, at: datetime, correct: bool | None = None) -> None:
        """Change the rating of an answer, or take the answer back (None).

        correct: whether it was right, in place of what was judged; None leaves that as it stands.
        """
        said = None if correct is None else int(correct)
        self._insert("amendments", review=review, at=at.isoformat(), rating=rating, correct=said)

    def newest(self) -> tuple[int, int]:
        """The ids of the newest answer and the newest amendment; 0 where there is none. Ids only grow."""
        rows = self._rows("SELECT (SELECT max(id) FROM reviews), (SELECT max(id) FROM amendments)")
        return rows[0][0] or 0, rows[0][1] or 0

    def signature(self, review: int, amendment: int) -> str:
        """What these two rows say: no other file of answers has the same, whatever its ids."""
        rows = self._rows("SELECT item, at, given, rating FROM reviews WHERE id = ?", review)
        rows += self._rows("SELECT review, at, rating FROM amendments WHERE id = ?", amendment)
        return json.dumps(rows)

    def amended(self, after: int, upto: int) -> dict[int, str]:
        """The answers that were amended by the rows `after` < id <= `upto`: id -> item."""
        return dict(
            self._rows(
                """SELECT r.id, r.item FROM amendments a JOIN reviews r ON r.id = a.review
                   WHERE a.id > ? AND a.id <= ?""",
                after,
                upto,
            )
        )

    def reviews(self, item: str | None = None, *, after: int = 0, upto: int | None = None) -> list[Review]:
        """Every answer that was not taken back, in order, with its last rating and its last judgement.

        item: those to this item alone. after, upto: those with an id above the first, up to the second.
        """
        only = "" if item is None else "AND r.item = ?"
        rows = self._rows(
            """SELECT r.id, r.item, r.rev, r.at, r.given, r.score, r.correct, r.confidence,
                      CASE WHEN a.id IS NULL THEN r.rating ELSE a.rating END AS final, r.seconds, r.cram,
                      coalesce((SELECT correct FROM amendments WHERE review = r.id AND correct IS NOT NULL
                                ORDER BY id DESC LIMIT 1), r.correct) AS judged
               FROM reviews r LEFT JOIN amendments a
                 ON a.id = (SELECT max(id) FROM amendments WHERE review = r.id)
               WHERE final IS NOT NULL AND r.id > ? AND r.id <= ? """
            f"{only} ORDER BY r.at, r.id",
            after,
            NO_ID if upto is None else upto,
            *(() if item is None else (item,)),
        )
        return [
            Review(
                id=row[0],
                item=row[1],
                rev=row[2],
                at=datetime.fromisoformat(row[3]),
                given=row[4],
                score=row[5],
                correct=bool(row[11]),
                confidence=row[7],
                rating=row[8],
                seconds=row[9],
                cram=bool(row[10]),
                overruled=row[11] != row[6],
            )
            for row in rows
        ]

    # ---- marks

    def add_mark(self, mark: Mark) -> int:
        """Keep what was put on an item or taken off it; on disk when this returns. Returns its id."""
        return self._insert("marks", item=mark.item, kind=mark.kind, value=mark.value, at=mark.at.isoformat())

    def marks(self) -> list[Mark]:
        """Every mark, in order; of each kind on an item the last one counts (see marks.fold)."""
        rows = self._rows("SELECT item, kind, value, at FROM marks ORDER BY id")
        return [
            Mark(item=row[0], kind=row[1], value=row[2], at=datetime.fromisoformat(row[3])) for row in rows
        ]

    # ---- evidence

    def add_run(self, run: Run) -> int:
        """Keep what an experiment measured. Returns its id."""
        body = json.dumps(dataclasses.asdict(run))
        return self._insert(
            "runs", experiment=run.experiment, device=run.device, at=run.at, status=run.status, body=body
        )

    def newest_runs(self) -> dict[str, Run]:
        """Experiment -> its newest run that came to an end (`ok` or `invalid`)."""
        rows = self._rows(
            """SELECT id, experiment, body FROM runs WHERE id IN
               (SELECT max(id) FROM runs WHERE status IN ('ok', 'invalid') GROUP BY experiment)"""
        )
        if not rows:
            return {}
        from quizapp.evidence import Run

        return {row[1]: dataclasses.replace(build(Run, json.loads(row[2])), id=row[0]) for row in rows}

    # ---- predictions

    def add_prediction(self, claim: str, predicted: VerdictName, at: datetime) -> int:
        """Lock a prediction. Returns its id."""
        return self._insert("predictions", claim=claim, at=at.isoformat(), predicted=predicted)

    def add_outcome(self, prediction: int, measured: str, at: datetime) -> None:
        """Keep the verdict that a prediction met."""
        self._insert("outcomes", prediction=prediction, at=at.isoformat(), measured=measured)

    def predictions(self) -> list[Prediction]:
        """Every prediction, in order, with what was measured if the run came to an end."""
        from quizapp.evidence import Prediction

        rows = self._rows(
            """SELECT p.claim, p.at, p.predicted, coalesce(o.measured, '') FROM predictions p
               LEFT JOIN outcomes o ON o.prediction = p.id ORDER BY p.id"""
        )
        return [
            Prediction(claim=row[0], at=datetime.fromisoformat(row[1]), predicted=row[2], measured=row[3])
            for row in rows
        ]


def utc_now() -> datetime:
    """The time, as it is kept."""
    return datetime.now(UTC)
