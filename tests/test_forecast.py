"""The plan played through: by day, by topic, what is left out; and as text."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta

import pytest

from quizapp import bank, forecast, schedule
from quizapp.errors import QuizError
from quizapp.habits import Habits
from quizapp.summary import plan as text

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
TODAY = NOW.date()


@pytest.fixture(scope="module")
def shipped():
    return list(bank.load().items.values())


def ahead(pool, memories=None, days=14, minutes=30, known=None):
    return forecast.forecast(
        pool, memories or {}, known or Habits(), NOW, TODAY + timedelta(days=days), minutes
    )


def learned(items, ago=3):
    at = NOW - timedelta(days=ago)
    return {item.id: schedule.review(item.id, None, 3, at) for item in items}


def test_too_little_time_is_said_with_what_is_left_out(shipped):
    found = ahead(shipped, days=14, minutes=30)
    short = found.shortfall
    assert short is not None
    assert short.items == found.all.items - found.all.met > 20
    assert short.needed > 30
    first = next(group for group in short.groups if group.by == "kind")
    assert first.name == "open"  # what takes longest
    assert first.worth < short.worth
    for by in forecast.GROUPS[:3]:
        groups = [group for group in short.groups if group.by == by]
        assert sum(group.items for group in groups) == short.items
        assert [group.worth for group in groups] == sorted(group.worth for group in groups)


def test_more_time_gives_more_and_enough_leaves_nothing_out(shipped):
    shares = [
        ahead(shipped, days=days, minutes=minutes).all.planned
        for days, minutes in ((7, 15), (7, 60), (30, 60))
    ]
    assert shares == sorted(shares)
    assert ahead(shipped, days=30, minutes=60).shortfall is None


def test_days_hold_no_more_than_their_minutes(shipped):
    found = ahead(shipped, days=60, minutes=30)
    assert sum(one.days for one in found.stretches) == 60
    assert found.stretches[0].days == 1
    assert all(one.minutes <= 30 * one.days + 3 for one in found.stretches)
    assert sum(one.new for one in found.stretches) == found.all.met


def test_recall_without_practice_is_what_the_schedule_predicts(shipped):
    pool = shipped[:10]
    memories = learned(pool[:5])
    found = ahead(pool, memories, days=14)
    at = NOW + timedelta(days=14)
    assert found.all.stopped == pytest.approx(sum(schedule.recall(one, at) for one in memories.values()) / 10)
    assert found.now == pytest.approx(sum(schedule.recall(one, NOW) for one in memories.values()) / 10)
    assert found.all.stopped < found.after_today < found.all.planned
    assert sum(one.items for one in found.topics.values()) == 10


def test_a_glance_says_what_the_forecast_says_of_today(shipped):
    memories = learned(shipped[:60])
    long = ahead(shipped, memories)
    short = forecast.glance(shipped, memories, Habits(), NOW, TODAY + timedelta(days=14), 30)
    assert (short.stopped, short.after_today) == pytest.approx((long.all.stopped, long.after_today))
    assert (short.load.new, short.load.again) == (long.stretches[0].new, long.stretches[0].again)
    assert not short.done


def test_who_forgets_faster_is_promised_less(shipped):
    memories = learned(shipped[:60])
    slow, usual, fast = (
        ahead(shipped, memories, known=Habits(forgetting=power)) for power in (0.7, 1.0, 3.0)
    )
    assert slow.now > usual.now > fast.now
    assert slow.all.stopped > usual.all.stopped > fast.all.stopped
    assert slow.all.planned > usual.all.planned > fast.all.planned


def test_nothing_selected_and_no_day_to_plan_are_said(shipped):
    with pytest.raises(QuizError, match="no item is selected"):
        ahead([])
    with pytest.raises(QuizError, match="is past"):
        ahead(shipped, days=-3)


@pytest.mark.parametrize("width", [60, 80, 120])
def test_the_text_fits_and_says_it_all(shipped, width):
    found = ahead(shipped, learned(shipped[:60]), known=Habits(first_right=0.5))
    said = text.text(found, width)
    assert max(map(len, said.splitlines())) <= width
    flat = " ".join(said.split())
    for part in ("Interview on 2026-03-16", "14 days", "Too short", "open", "without"):
        assert part in flat
    assert "Too short" not in text.text(ahead(shipped[:5]), width)


def test_the_line_at_home(shipped):
    glance = forecast.glance(shipped, {}, Habits(), NOW, TODAY + timedelta(days=14), 30)
    said = text.line(glance)
    assert said.startswith("Interview in 14 days: 0% recalled then, ")
    assert f"with today's {glance.load.new} new (" in said
    assert "Done for today" in text.line(replace(glance, done=True))
    resting = replace(glance, load=replace(glance.load, order=()))
    assert "Nothing is worth asking today" in text.line(resting)


def test_it_is_plain_data(shipped):
    found = asdict(ahead(shipped))
    assert json.loads(json.dumps(found))["days_left"] == 14


def test_days_far_away_are_put_together(shipped):
    found = ahead(shipped[:50], days=700, minutes=15)
    assert sum(one.days for one in found.stretches) == 700
    assert len(found.stretches) < 120
    assert len(text.text(found, 80).splitlines()) < 60
