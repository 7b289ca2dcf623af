"""What a member of a study group shares: evidence and, if they wish, the log of their answers. One file each.

The first line says whose it is; then runs, then answers, one JSON object a line. The same data give the same
bytes: there is no clock here. What was typed is never in it. Knows no folder and no screen.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from quizapp.errors import GroupError
from quizapp.evidence import Run
from quizapp.model import build
from quizapp.share import pack

if TYPE_CHECKING:
    from quizapp.store import Store

FORMAT = 1
MARK = "quizapp_group"
"""The key of the first line that says what the file is, and its format."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One answer as it is shared: whether it was right and how sure somebody was, not what they said."""

    item: str
    rev: int
    at: datetime
    correct: bool
    confidence: float | None
    """0.5 to 0.99; None: none was said."""
    score: float


@dataclass(frozen=True, kw_only=True)
class Member:
    """What one member shares."""

    id: str
    """Sixteen hex digits that stay the same as long as their answers do."""
    name: str
    """As they want to be called; empty: they do not say."""
    newest: datetime
    """When they last answered or measured anything, shared or not: of two files the newer one counts."""
    runs: tuple[Run, ...]
    answers: tuple[Answer, ...] | None
    """None: they share none."""

    @property
    def machines(self) -> tuple[str, ...]:
        """The devices of the runs, in words."""
        return tuple(sorted({f"{run.device}: {run.machine}" for run in self.runs}))

    @property
    def called(self) -> str:
        """Their name, or what stands for it."""
        return self.name or f"member-{self.id[:6]}"


def of_store(store: Store, name: str, *, reviews: bool) -> Member:
    """What the learner shares: the newest run of each experiment and device; with `reviews`, the answers.

    Crammed answers are left out: they repeat an item until it is right. Raises GroupError when there is
    nothing.
    """
    rows = store.rows(
        """SELECT body FROM runs WHERE id IN (SELECT max(id) FROM runs WHERE status IN ('ok', 'invalid')
           AND device <> '' GROUP BY experiment, device) ORDER BY experiment, device"""
    )
    runs = [dataclasses.replace(build(Run, json.loads(body)), id=0) for (body,) in rows]
    said = [review for review in store.reviews() if not review.cram] if reviews else []
    answers = [
        Answer(
            item=one.item,
            rev=one.rev,
            at=one.at.astimezone(UTC).replace(microsecond=0),
            correct=one.correct,
            confidence=one.confidence,
            score=one.score,
        )
        for one in said
    ]
    if not runs and not answers:
        todo = "Measure something first: quizapp prove --all" + ("" if reviews else "; or share --reviews.")
        raise GroupError("there is nothing to share yet", todo)
    return Member(
        id=identity(store),
        name=name,
        newest=max(_moment(store), *(one.at for one in answers), *(_at(run) for run in runs)),
        runs=tuple(runs),
        answers=tuple(answers) if reviews else None,
    )


def identity(store: Store) -> str:
    """A number for the learner, from the first thing they ever did here: rows are only ever added. Empty when
    they did nothing yet."""
    first = [
        *store.rows("SELECT at, 'run', body FROM runs ORDER BY id LIMIT 1"),
        *store.rows("SELECT at, item, given FROM reviews ORDER BY id LIMIT 1"),
    ]
    row = min(first, key=lambda row: datetime.fromisoformat(row[0]), default=None)
    if row is None:
        return ""
    return hashlib.sha256(json.dumps(row).encode()).hexdigest()[:16]


def _at(run: Run) -> datetime:
    return datetime.fromisoformat(run.at).astimezone(UTC).replace(microsecond=0)


def _moment(store: Store) -> datetime:
    found: list[tuple[str]] = []
    for table in ("runs", "reviews", "amendments"):
        found += store.rows(f"SELECT at FROM {table} ORDER BY id DESC LIMIT 1")
    moments = (datetime.fromisoformat(at) for (at,) in found)
    return max(moment.astimezone(UTC).replace(microsecond=0) for moment in moments)


def written(member: Member) -> bytes:
    """The file."""
    head = {
        MARK: FORMAT,
        "member": member.id,
        "name": member.name,
        "machines": list(member.machines),
        "newest": member.newest.isoformat(),
        "runs": len(member.runs),
        "reviews": None if member.answers is None else len(member.answers),
    }
    runs = b"".join(pack.line(run) for run in member.runs)
    return _line(head) + runs + b"".join(map(_line, _rows(member.answers or ())))


def _rows(answers: Iterable[Answer]) -> Iterable[dict[str, Any]]:
    for answer in answers:
        yield {**dataclasses.asdict(answer), "at": answer.at.isoformat()}


def _line(data: dict[str, Any]) -> bytes:
    return (json.dumps(data, allow_nan=False, ensure_ascii=False) + "\n").encode()
