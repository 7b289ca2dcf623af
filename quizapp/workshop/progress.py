"""What the learner did with the exercises, as it is kept: rows that are only added, folded when asked."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from quizapp.store import Store

Act = Literal["start", "check", "hint", "solution"]
State = Literal["not begun", "begun", "solved"]


@dataclass(frozen=True, kw_only=True)
class Progress:
    """Where one exercise stands."""

    begun: bool = False
    tries: int = 0
    """How often it was checked, not counting a file that was still as it came."""
    hints: int = 0
    """How many were shown."""
    solved: datetime | None = None
    """When it was solved first."""
    looked: bool = False
    """Whether our solution was shown before that."""

    @property
    def state(self) -> State:
        """In two words or one."""
        return "solved" if self.solved else "begun" if self.begun else "not begun"


def add(store: Store, exercise: str, act: Act, at: datetime, **said: str) -> None:
    """Keep an act; it is on disk when this returns."""
    store.insert(
        "workshop", exercise=exercise, act=act, at=at.isoformat(), said=json.dumps(said) if said else ""
    )


def of(store: Store) -> dict[str, Progress]:
    """Where every exercise stands that was ever touched."""
    return fold(store.rows("SELECT exercise, act, at, said FROM workshop ORDER BY id"))


def fold(rows: Iterable[tuple[str, str, str, str]]) -> dict[str, Progress]:
    """Rows (exercise, act, at, said), in order, as progress."""
    found: dict[str, Progress] = {}
    for exercise, act, at, said in rows:
        now = replace(found.get(exercise, Progress()), begun=True)
        if act == "check":
            state = json.loads(said)["state"]
            now = replace(now, tries=now.tries + (state != "unfinished"))
            if now.solved is None and state == "solved":
                now = replace(now, solved=datetime.fromisoformat(at))
        elif act == "hint":
            now = replace(now, hints=now.hints + 1)
        elif act == "solution" and now.solved is None:
            now = replace(now, looked=True)
        found[exercise] = now
    return found
