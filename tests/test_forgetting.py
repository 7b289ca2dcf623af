"""The formulas for looking ahead give what py-fsrs gives."""

import random
from datetime import UTC, datetime, timedelta

import pytest
from fsrs import Card, Rating, Scheduler

from quizapp.forgetting import Fsrs, fsrs

START = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
OTHERS = tuple(weight * 1.1 for weight in Scheduler().parameters)


@pytest.mark.parametrize("weights", [Scheduler().parameters, OTHERS], ids=["defaults", "others"])
def test_any_history_gives_the_state_and_the_recall_of_py_fsrs(weights):
    draw = random.Random(0)
    scheduler = Scheduler(weights, enable_fuzzing=False)
    formulas = Fsrs(weights)
    for _ in range(100):
        now, rating = START, draw.randint(1, 4)
        card, _ = scheduler.review_card(Card(card_id=1, due=now), Rating(rating), now)
        state = formulas.first(rating)
        for _ in range(8):
            days, rating = draw.choice((0, 1, 2, 5, 20, 90)), draw.randint(1, 4)
            now += timedelta(days=days)
            recall = formulas.recall(state.stability, days)
            assert recall == pytest.approx(scheduler.get_card_retrievability(card, now))
            card, _ = scheduler.review_card(card, Rating(rating), now)
            state = formulas.after(state, days, rating)
            assert state == pytest.approx((card.stability, card.difficulty))


def test_stability_is_the_inverse_of_recall():
    for stability in (0.2, 3.0, 400.0):
        assert fsrs().stability(fsrs().recall(stability, 9), 9) == pytest.approx(stability)
    assert fsrs().stability(1.0, 9) > 1e6


def test_the_weights_are_those_of_the_schedule():
    assert fsrs().weights == tuple(Scheduler().parameters)
