"""What the plan asks today: pure, from memories, items, a clock, a day and minutes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from quizapp import plan, schedule
from quizapp.errors import QuizError
from quizapp.habits import Habits

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
TODAY = NOW.date()


@pytest.fixture
def items(all_kinds):
    """make("a", "b", ...): items of 60 seconds on two topics, easy before hard."""
    one = all_kinds.items["fix-choice"]

    def make(*ids, **changes):
        topics = ("attention", "scaling")
        made = (
            replace(
                one, id=id_, family="", time_s=60, difficulty=min(5, 1 + place // 2), topic=topics[place % 2]
            )
            for place, id_ in enumerate(ids)
        )
        return [replace(item, **changes) for item in made]

    return make


def memory(id_, *ratings, ago):
    """The memory after ratings a day apart, the last one so many days ago."""
    held = None
    for place, rating in enumerate(reversed(ratings)):
        held_at = NOW - timedelta(days=ago + len(ratings) - 1 - place)
        held = schedule.review(id_, held, rating, held_at)
    return held


def asked(pool, memories=None, days=10, minutes=30, known=None):
    day = TODAY + timedelta(days=days)
    return plan.today(pool, memories or {}, known or Habits(), NOW, day, minutes)


# ---- days -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("days", "said"),
    [(-1, "is past"), (0, "is today"), (plan.LONGEST_AHEAD + 1, "731 days away")],
)
def test_a_day_that_cannot_be_planned_is_said(days, said):
    with pytest.raises(QuizError, match=said) as raised:
        plan.days_left(NOW, TODAY + timedelta(days=days))
    assert raised.value.todo


def test_days_are_the_learners_and_end_at_four():
    zone = timezone(timedelta(hours=2))
    night = datetime(2026, 3, 3, 1, 0, tzinfo=zone)  # still 2 March
    assert plan.days_left(night, TODAY + timedelta(days=3)) == 3


# ---- what is asked --------------------------------------------------------------------------------


def test_somebody_new_gets_new_items_that_fit_topics_in_turn(items):
    pool = items(*(f"i{place}" for place in range(40)))
    load = asked(pool, days=4, minutes=5)
    assert (load.new, load.again, load.seconds) == (5, 0, 300.0)
    topics = [next(item.topic for item in pool if item.id == id_) for id_ in load.order]
    assert topics == ["attention", "scaling"] * 2 + ["attention"]


def test_new_items_keep_a_pace_and_leave_room_for_what_was_seen(items):
    pool = items(*(f"i{place}" for place in range(80)))
    memories = {f"i{place}": memory(f"i{place}", 1, ago=9) for place in range(40)}
    load = asked(pool, memories, days=20, minutes=10)
    assert (load.new, load.again) == (3, 7)
    assert asked(pool, days=20, minutes=10).new == 10  # nothing else to do


def test_when_time_is_short_what_takes_long_is_left_out(items):
    short, long = items("s1", "s2", "s3", "s4"), items("l1", "l2", time_s=600)
    load = asked([*long, *short], days=1, minutes=4)
    assert sorted(load.order) == ["s1", "s2", "s3", "s4"]


def test_what_was_practised_today_counts_and_who_goes_on_gets_more(items):
    pool = items(*(f"i{place}" for place in range(40)))
    assert len(asked(pool, days=2, minutes=10, known=Habits(spent=240)).order) == 6
    assert len(asked(pool, days=2, minutes=10, known=Habits(spent=600)).order) == 10


def test_the_learners_own_time_and_pace_count(items):
    pool = items(*(f"i{place}" for place in range(40)))
    assert len(asked(pool, days=2, minutes=10, known=Habits(pace=2.0)).order) == 5
    quick = Habits(seconds={item.id: 30.0 for item in pool})
    assert len(asked(pool, days=2, minutes=10, known=quick).order) == 20


def test_nothing_is_asked_twice_on_a_day(items):
    pool = items("a")
    assert asked(pool, {"a": memory("a", 1, ago=0)}).order == ()


def test_what_is_due_only_after_the_day_gets_a_last_look_before_it(items):
    pool = items("a")
    memories = {"a": memory("a", 3, 3, 3, ago=5)}
    assert memories["a"].due > NOW + timedelta(days=2)
    assert asked(pool, memories, days=1).order == ("a",)


def test_the_last_day_goes_to_what_is_weakest(items):
    pool = items("firm", "weak", "shaky")
    memories = {
        "firm": memory("firm", 3, 3, 3, ago=6),
        "weak": memory("weak", 1, ago=6),
        "shaky": memory("shaky", 3, ago=6),
    }
    assert asked(pool, memories, days=1, minutes=1).order == ("weak",)
    assert asked(pool, memories, days=1, minutes=2).order == ("weak", "shaky")


def test_what_is_firm_waits_while_there_is_time(items):
    pool = items("a")
    memories = {"a": memory("a", 4, 4, 4, ago=1)}
    assert asked(pool, memories, days=20).order == ()


def test_for_who_forgets_fast_early_looks_are_worth_little(items):
    (item,) = items("a")
    new = plan.Card(item, 60.0, None)

    def early(forgetting):
        worth = plan.Worth(20, 0.6, forgetting)
        return worth.gain(new, 0) / worth.gain(new, 19)

    assert early(6.0) < 0.5 * early(1.0)


def test_new_and_seen_are_mixed_evenly(items):
    pool = items("n1", "n2", "s1", "s2")
    memories = {id_: memory(id_, 1, ago=3) for id_ in ("s1", "s2")}
    load = asked(pool, memories, days=1, minutes=10)
    assert (load.new, load.again) == (2, 2)
    assert [id_[0] for id_ in load.order] == ["n", "s", "n", "s"]


def test_the_same_answers_give_the_same_order(items):
    pool = items(*(f"i{place}" for place in range(30)))
    memories = {f"i{place}": memory(f"i{place}", 1 + place % 4, ago=1 + place) for place in range(15)}
    assert asked(pool, memories).order == asked(pool, memories).order
