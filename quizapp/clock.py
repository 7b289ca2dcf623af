"""The time here. Knows nothing of days or schedules."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo


class _Local(tzinfo):
    """The machine's zone at every moment, summer and winter: `astimezone()` alone keeps the offset of now."""

    def utcoffset(self, at: datetime | None) -> timedelta | None:
        return None if at is None else at.replace(tzinfo=None).astimezone().utcoffset()

    def dst(self, at: datetime | None) -> None:
        return None

    def tzname(self, at: datetime | None) -> str | None:
        return None if at is None else at.replace(tzinfo=None).astimezone().tzname()

    def fromutc(self, at: datetime) -> datetime:
        here = at.replace(tzinfo=UTC).astimezone()
        first = here.replace(tzinfo=None).astimezone()  # of two moments with one name, when clocks go back
        return here.replace(tzinfo=self, fold=int(first.utcoffset() != here.utcoffset()))


HERE = _Local()


def now() -> datetime:
    """The time, in the machine's zone."""
    return datetime.now(HERE)
