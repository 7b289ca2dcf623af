"""What the answers say about the learner besides memory."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from quizapp import habits
from quizapp.forgetting import speed
from quizapp.habits import Habits
from quizapp.model import Review

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def review(item, *, at=NOW, seconds=10.0, rating=3, cram=False):
    return Review(
        **{"item": item, "rev": 1, "at": at, "given": "1", "score": 1.0, "correct": rating > 1},
        **{"confidence": None, "rating": rating, "seconds": seconds, "cram": cram},
    )


def test_somebody_new():
    assert habits.habits([], {}, NOW) == Habits()


def test_times_first_answers_and_today(all_kinds):
    one = all_kinds.items["fix-choice"]
    items = {id_: replace(one, id=id_, time_s=60) for id_ in "ab"}
    reviews = [
        review("a", at=NOW - timedelta(days=1), seconds=20, rating=1),
        review("a", seconds=40),
        review("a", seconds=5_000),  # went for a walk
        review("gone", seconds=30),
    ]
    known = habits.habits(reviews, items, NOW)
    assert known.seconds == {"a": 40.0, "gone": 30.0}
    assert known.spent == 40 + habits.LONGEST + 30
    assert known.first_right == pytest.approx((0.6 * 10 + 1) / 12)
    assert known.pace == pytest.approx((habits.PACE_WEIGHT + 40) / (habits.PACE_WEIGHT + 60))


def test_the_power_that_made_the_answers_is_found():
    draw = random.Random(0)
    for power in (0.6, 1.0, 3.0):
        looks = [
            (recall, draw.random() < recall**power)
            for recall in (draw.uniform(0.3, 0.95) for _ in range(3_000))
        ]
        assert speed(looks) == pytest.approx(power, rel=0.11)


def test_a_few_looks_move_it_a_little():
    assert speed([]) == 1.0
    assert 1.0 < speed([(0.9, False)]) < speed([(0.9, False)] * 10)
    assert speed([(0.9, True)] * 200) < 1.0
    assert speed([(0.0, True), (1.0, False)] * 50) > 0  # nothing is impossible


def test_forgetting_is_read_off_looks_on_other_days():
    def answers(rating, **more):
        first = [review(f"i{place}", at=NOW - timedelta(days=9)) for place in range(40)]
        return first + [review(f"i{place}", rating=rating, **more) for place in range(40)]

    assert habits.habits(answers(1), {}, NOW).forgetting > 2
    assert habits.habits(answers(3), {}, NOW).forgetting < 0.8
    assert habits.habits(answers(1, cram=True), {}, NOW).forgetting == 1.0
    assert habits.habits(answers(1, at=NOW - timedelta(days=8, hours=23)), {}, NOW).forgetting == 1.0
