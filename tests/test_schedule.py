"""The schedule is py-fsrs, given what it needs and nothing else."""

from datetime import UTC, datetime, timedelta

import fsrs
import pytest

from quizapp import schedule
from quizapp.model import Review

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def review(item, rating, at):
    return Review(
        item=item, rev=1, at=at, given="0", score=1, correct=True, confidence=None, rating=rating, seconds=1
    )


@pytest.mark.parametrize("ratings", [(3, 3, 3), (4, 3, 1, 3), (1, 1, 2, 3, 4), (3, 3, 3, 1, 3, 3)])
def test_it_agrees_with_fsrs_itself(ratings):
    scheduler, card = fsrs.Scheduler(enable_fuzzing=False), fsrs.Card(card_id=1, due=NOW)
    memory, at = None, NOW
    for rating in ratings:
        card, _ = scheduler.review_card(card, fsrs.Rating(rating), at)
        memory = schedule.review("a", memory, rating, at)
        assert (memory.stability, memory.difficulty, memory.due) == (
            card.stability,
            card.difficulty,
            card.due,
        )
        at = max(card.due, at + timedelta(minutes=1))
    assert memory.reps == len(ratings)


def test_a_fold_is_the_reviews_one_by_one():
    reviews = [review("a", 3, NOW), review("b", 1, NOW), review("a", 3, NOW + timedelta(minutes=10))]
    folded = schedule.fold(reviews)
    by_hand = schedule.review("a", schedule.review("a", None, 3, NOW), 3, NOW + timedelta(minutes=10))
    assert folded["a"] == by_hand
    assert set(folded) == {"a", "b"}


def test_forgetting_a_learned_item_is_a_lapse():
    memory, at = None, NOW
    for rating in (4, 3, 1):
        memory = schedule.review("a", memory, rating, at)
        at = memory.due
    assert memory.lapses == 1


def test_the_day_ends_at_four():
    evening = datetime(2026, 3, 2, 23, 30, tzinfo=UTC)
    night = datetime(2026, 3, 3, 3, 59, tzinfo=UTC)
    morning = datetime(2026, 3, 3, 4, 0, tzinfo=UTC)
    assert schedule.day_end(evening) == schedule.day_end(night) == morning
    assert schedule.day_end(morning) == morning + timedelta(days=1)


def test_a_learned_item_is_due_all_day_and_a_learning_one_to_the_minute():
    learning = schedule.review("a", None, 3, NOW)
    assert not schedule.is_due(learning, NOW + timedelta(minutes=9))
    assert schedule.is_due(learning, NOW + timedelta(minutes=10))
    learned = schedule.review("a", None, 4, NOW)
    due = learned.due
    assert schedule.is_due(learned, due - timedelta(hours=6))
    assert not schedule.is_due(learned, due - timedelta(days=1, hours=10))
