"""Where every item stands with the learner: its memory and its newest answer, in step with the store.

Folding 50,000 answers takes more than a second, so it is done once: later rows are folded on top, an
amendment refolds its item alone, and a snapshot beside the answers spares the next start the rest. The order
is that of time, then id, as in a fold from scratch. Knows neither bank nor screen; any thread may call it.
"""

from __future__ import annotations

import importlib.util
import json
import threading
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from contextlib import suppress
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from quizapp import files, model, schedule
from quizapp.model import Memory, Review
from quizapp.store import Store

SURE = 0.9
"""From here on an error is a confident one."""
KEPT_EVERY = 500
"""A snapshot is renewed when so many rows are not in it; folding as many takes about 20 ms."""
DAY = timedelta(days=1)

_MEMORY = tuple(entry.name for entry in fields(Memory) if entry.name != "item")
_TIMES = tuple(_MEMORY.index(name) for name in ("due", "last"))


@dataclass(frozen=True, slots=True)
class Standing:
    """Where one item stands."""

    memory: Memory | None
    """None: it was only crammed."""
    first: datetime | None
    """The first answer that the schedule saw."""
    newest: tuple[datetime, int]
    """When the newest answer was given, and its id."""
    correct: bool
    """Whether that one was right."""
    confidence: float | None
    """How sure the learner was then."""


def after(standing: Standing | None, review: Review) -> Standing:
    """Where an item stands after one more answer; what was crammed leaves its memory as it is."""
    memory, first = (standing.memory, standing.first) if standing else (None, None)
    if not review.cram:
        memory = schedule.review(review.item, memory, review.rating, review.at)
        first = first or review.at
    return Standing(memory, first, (review.at, review.id), review.correct, review.confidence)


def fold(reviews: Iterable[Review]) -> dict[str, Standing]:
    """Item -> where it stands, from scratch; reviews in order."""
    found: dict[str, Standing] = {}
    for review in reviews:
        found[review.item] = after(found.get(review.item), review)
    return found


class Learner:
    """Every item that was ever answered. Its mappings are replaced, never changed: who reads one may go on.

    snapshot: where to keep what was folded; it is safe to delete.
    """

    def __init__(self, store: Store, snapshot: Path | None = None) -> None:
        self._store = store
        self._snapshot = snapshot
        self._lock = threading.Lock()
        self._restored = snapshot is None
        self._upto = self._kept = (0, 0)
        """The newest answer and the newest amendment that were folded; those in the snapshot."""
        self.standings: Mapping[str, Standing] = {}
        self.memories: Mapping[str, Memory] = {}
        self.wrong: AbstractSet[str] = frozenset()
        """Items whose newest answer was wrong."""
        self.surely_wrong: AbstractSet[str] = frozenset()
        """Those of them where the learner was sure."""

    def behind(self) -> int:
        """How many rows a refresh would have to read."""
        with self._lock:
            self._restore()
            return sum(self._store.newest()) - sum(self._upto)

    def refresh(self) -> None:
        """Take in what was answered, amended or undone since, by this copy of the app or another."""
        with self._lock:
            self._restore()
            upto = self._store.newest()
            if upto == self._upto:
                return
            self._take(self._changed(upto))
            self._upto = upto

    def _changed(self, upto: tuple[int, int]) -> dict[str, Standing | None]:
        """What rows up to these ids change. Rows that are written meanwhile are for the next time."""
        seen, amendment = self._upto
        amended = self._store.amended(amendment, upto[1]) if upto[1] > amendment else {}
        again = {item for review, item in amended.items() if review <= seen}
        changed: dict[str, Standing | None] = {}
        for review in self._store.reviews(after=seen, upto=upto[0]):
            before = changed.get(review.item) or self.standings.get(review.item)
            if before is not None and (review.at, review.id) < before.newest:
                again.add(review.item)  # another clock wrote it: it belongs between earlier ones
            elif review.item not in again:
                changed[review.item] = after(before, review)
        for item in again:
            changed[item] = fold(self._store.reviews(item, upto=upto[0])).get(item)
        return changed

    def _take(self, changed: Mapping[str, Standing | None]) -> None:
        standings, memories = dict(self.standings), dict(self.memories)
        wrong, surely = set(self.wrong), set(self.surely_wrong)
        for item, standing in changed.items():
            standings.pop(item, None)
            memories.pop(item, None)
            wrong.discard(item)
            surely.discard(item)
            if standing is None:
                continue
            standings[item] = standing
            if standing.memory is not None:
                memories[item] = standing.memory
            if not standing.correct:
                wrong.add(item)
                if standing.confidence is not None and standing.confidence >= SURE:
                    surely.add(item)
        self.standings, self.memories = standings, memories
        self.wrong, self.surely_wrong = wrong, surely

    # ---- what follows

    def today(self, now: datetime) -> tuple[frozenset[str], frozenset[str]]:
        """(items met for the first time today, items met before and asked today), crammed ones apart.

        now: in the learner's time zone; the day ends at 04:00.
        """
        end = schedule.day_end(now)
        begin = end - DAY
        met: set[str] = set()
        asked: set[str] = set()
        for item, memory in self.memories.items():
            if begin <= memory.last < end:
                first = self.standings[item].first
                (met if first is not None and first >= begin else asked).add(item)
        return frozenset(met), frozenset(asked)

    # ---- the snapshot

    def keep(self) -> None:
        """Renew the snapshot when it is worth it. One that cannot be written only costs time."""
        with self._lock:
            upto, standings = self._upto, self.standings
            if self._snapshot is None or sum(upto) - sum(self._kept) < KEPT_EVERY:
                return
            self._kept = upto
        body = {
            "key": _key(),
            "upto": upto,
            "signature": self._store.signature(*upto),
            "items": [_row(item, standing) for item, standing in standings.items()],
        }
        with suppress(OSError):
            files.replace(self._snapshot, json.dumps(body).encode())

    def _restore(self) -> None:
        """Begin with the snapshot, if it was made by this code from these answers."""
        if self._restored or self._snapshot is None:
            return
        self._restored = True
        try:
            body = json.loads(self._snapshot.read_bytes())
            review, amendment = body["upto"]
            same = body["key"] == _key() and body["signature"] == self._store.signature(review, amendment)
            standings = dict(map(_standing, body["items"])) if same else {}
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return
        if same:
            self._take(standings)
            self._upto = self._kept = (review, amendment)


def _key() -> list[Any]:
    """What must be unchanged for a snapshot to count: the code that folds."""
    spec = importlib.util.find_spec("fsrs")
    paths = [__file__, schedule.__file__, model.__file__, (spec and spec.origin) or __file__]
    stats = [(path, Path(path).stat()) for path in paths]
    return [[path, stat.st_mtime_ns, stat.st_size] for path, stat in stats]


def _row(item: str, standing: Standing) -> list[Any]:
    memory: list[Any] | None = None
    if standing.memory is not None:
        memory = [getattr(standing.memory, name) for name in _MEMORY]
        for place in _TIMES:
            memory[place] = memory[place].isoformat()
    at, id_ = standing.newest
    first = standing.first and standing.first.isoformat()
    return [item, memory, first, at.isoformat(), id_, standing.correct, standing.confidence]


def _standing(row: list[Any]) -> tuple[str, Standing]:
    item, kept, first, at, id_, correct, confidence = row
    memory = None
    if kept is not None:
        for place in _TIMES:
            kept[place] = datetime.fromisoformat(kept[place])
        memory = Memory(item=item, **dict(zip(_MEMORY, kept, strict=True)))
    since = None if first is None else datetime.fromisoformat(first)
    return item, Standing(memory, since, (datetime.fromisoformat(at), id_), correct, confidence)
