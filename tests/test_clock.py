"""The machine's zone: days stay what they were when the clocks change."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta

import pytest

from quizapp import clock, schedule


@pytest.fixture
def central_europe(monkeypatch):
    """Summer time from 29 March 2026, 01:00 UTC, to 25 October 2026, 01:00 UTC; no zone data is needed."""
    monkeypatch.setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def at(month: int, day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


@pytest.mark.usefixtures("central_europe")
def test_a_past_answer_keeps_its_day_over_the_year():
    winter = at(1, 15, 2, 30)  # 03:30 here: before four, so still on the day before
    assert schedule.day_of(winter, clock.HERE) == date(2026, 1, 14)
    assert schedule.day_of(at(7, 15, 1, 30), clock.HERE) == date(2026, 7, 14)
    assert schedule.day_of(at(7, 15, 2, 30), clock.HERE) == date(2026, 7, 15)


@pytest.mark.usefixtures("central_europe")
@pytest.mark.parametrize(("now", "hour"), [(at(3, 28, 19), 2), (at(10, 24, 18), 3), (at(7, 1, 18), 2)])
def test_a_day_ends_at_four_also_when_the_clocks_change(now: datetime, hour: int):
    end = schedule.day_end(now.astimezone(clock.HERE)).astimezone(UTC)
    assert end == datetime.combine(now.date() + timedelta(days=1), datetime.min.time(), UTC).replace(
        hour=hour
    )


@pytest.mark.usefixtures("central_europe")
def test_the_hour_that_comes_twice_is_told_apart():
    moments = [at(10, 25, 0, 30), at(10, 25, 1, 30)]
    here = [moment.astimezone(clock.HERE) for moment in moments]
    assert [f"{one:%H:%M %z}" for one in here] == ["02:30 +0200", "02:30 +0100"]
    assert [one.astimezone(UTC) for one in here] == moments


def test_it_is_now():
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(minutes=1)
