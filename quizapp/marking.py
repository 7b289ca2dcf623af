"""The marks of a sitting: put on, taken off, taken back. One row each, on disk when a function returns."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from quizapp import marks
from quizapp.marks import CLEAN, Mark, Marked, MarkKind
from quizapp.store import Store

RESTS = ("suspend", "bury")
"""The marks that keep practice from asking an item."""


class Marking:
    """What is on every item, and what this sitting put there.

    now: the clock, in the learner's time zone.
    """

    def __init__(self, store: Store, now: Callable[[], datetime]) -> None:
        self._store = store
        self._now = now
        self.marked: Mapping[str, Marked] = marks.fold(store.marks())
        """Item -> what is on it; replaced, never changed."""
        self.rests = object()
        """Another object as soon as another item is left out, or one no longer is."""
        self._made: list[tuple[int, Mark]] = []
        """What was there before each mark of this sitting, with the number of answers given before it."""

    def of(self, item: str) -> Marked:
        """What is on an item."""
        return self.marked.get(item, CLEAN)

    def asleep(self, now: datetime) -> frozenset[str]:
        """The items that practice leaves out."""
        return frozenset(item for item, on in self.marked.items() if on.asleep(now))

    def wakes(self, now: datetime) -> datetime | None:
        """When the first of the buried items is dug up; None when none is."""
        return min((on.buried for on in self.marked.values() if on.buried and on.buried > now), default=None)

    def toggle(self, item: str, kind: MarkKind, after: int = 0) -> bool:
        """Put a mark on, or take it off; whether it is on now. Raises StoreError when it cannot be kept.

        after: how many answers of this sitting come before it.
        """
        value = marks.toggled(self.of(item), kind, self._now())
        self._put(item, kind, value, after)
        return bool(value)

    def write(self, item: str, note: str, after: int = 0) -> None:
        """Write a note in the place of the one that is there; an empty one takes it off."""
        if note.strip() != self.of(item).note:
            self._put(item, "note", note.strip(), after)

    def undo(self, after: int = 0) -> Mark | None:
        """Take back the last mark made since `after` answers; returns what is there now, None without one."""
        if not self._made or self._made[-1][0] < after:
            return None
        _, before = self._made[-1]
        mark = self._row(before.item, before.kind, before.value)
        self._made.pop()  # only now: what could not be kept can be undone once more
        return mark

    def _put(self, item: str, kind: MarkKind, value: str, after: int) -> None:
        before = self.of(item).value(kind)
        row = self._row(item, kind, value)
        self._made.append((after, Mark(item=item, kind=kind, value=before, at=row.at)))

    def _row(self, item: str, kind: MarkKind, value: str) -> Mark:
        mark = Mark(item=item, kind=kind, value=value, at=self._now().astimezone(UTC))
        self._store.add_mark(mark)
        self.marked = {**self.marked, item: marks.put(self.of(item), kind, value)}
        if kind in RESTS:
            self.rests = object()
        return mark
