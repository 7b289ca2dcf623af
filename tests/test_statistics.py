"""The statistics against numbers worked by hand, and against what must hold of any."""

from __future__ import annotations

import dataclasses
import json
import random
import time
from datetime import UTC, datetime, timedelta, timezone

import pytest

from quizapp import memories, schedule, statistics, summary
from quizapp.bank import Bank
from quizapp.calibration import calibration, confident_errors
from quizapp.evidence import Prediction
from quizapp.figures import percent
from quizapp.marks import Marked
from quizapp.mistakes import mistakes, shown
from quizapp.model import Memory, Review
from quizapp.shares import share
from quizapp.study import CONFIDENCES

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def review(item="a", correct=True, confidence=None, rating=None, ago=timedelta(0), **rest):
    values = {"rev": 1, "at": NOW - ago, "given": "0", "score": float(correct), "seconds": 10.0} | rest
    rating = rating or (3 if correct else 1)
    return Review(item=item, correct=correct, confidence=confidence, rating=rating, **values)


def many(n=400, seed=1):
    """Reviews of thirty items over a hundred days."""
    chance = random.Random(seed)
    found = []
    for index in range(n):
        correct = chance.random() < 0.75
        said = chance.choice([None, *CONFIDENCES])
        ago = timedelta(days=100) * (1 - index / n)
        found.append(
            review(f"i{chance.randrange(30)}", correct, said, ago=ago, seconds=chance.uniform(1, 99))
        )
    return found


# ---- shares ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    # Newcombe (1998), Statistics in Medicine 17, table I, method 3: the score method without correction.
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_intervals_are_those_of_newcombe(hits, n, low, high):
    one = share(hits, n)
    assert (one.low, one.high) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))


def test_an_interval_holds_its_share_and_lies_between_0_and_1():
    for n in range(1, 60):
        for hits in range(n + 1):
            one = share(hits, n)
            assert 0 <= one.low <= one.share <= one.high <= 1
    assert share(0, 0).share is None
    with pytest.raises(ValueError, match="no share"):
        share(2, 1)


# ---- calibration ----------------------------------------------------------------------------------


def test_the_brier_score_worked_by_hand():
    reviews = [review(confidence=0.9, correct=correct) for correct in (True, True, True, False)]
    reviews += [review(confidence=0.5, correct=correct) for correct in (True, False)]
    reviews += [review(correct=False)]  # without a confidence: does not count
    found = calibration(reviews)
    # (3 * 0.1² + 0.9² + 2 * 0.5²) / 6; shares right: 3/4, 1/2, in all 4/6
    assert found.brier.score == pytest.approx((0.03 + 0.81 + 0.5) / 6)
    assert found.brier.reliability == pytest.approx((4 * 0.15**2 + 0) / 6)
    assert found.brier.resolution == pytest.approx((4 * (1 / 12) ** 2 + 2 * (1 / 6) ** 2) / 6)
    assert found.brier.uncertainty == pytest.approx(2 / 9)
    assert found.confidence == pytest.approx(4.6 / 6)
    assert [(level.confidence, level.right.hits, level.right.n) for level in found.levels] == [
        (0.5, 1, 2),
        (0.6, 0, 0),
        (0.75, 0, 0),
        (0.9, 3, 4),
        (0.99, 0, 0),
    ]


@pytest.mark.parametrize("seed", range(20))
def test_the_parts_of_the_brier_score_add_up(seed):
    reviews = many(random.Random(seed).randrange(1, 300), seed)
    said = [one for one in reviews if one.confidence is not None]
    brier = calibration(reviews).brier
    if not said:
        assert brier is None
        return
    direct = sum((one.confidence - one.correct) ** 2 for one in said) / len(said)
    assert brier.score == pytest.approx(direct)
    assert brier.reliability - brier.resolution + brier.uncertainty == pytest.approx(direct)
    assert min(brier.reliability, brier.resolution) >= 0
    assert brier.resolution <= brier.uncertainty + 1e-12


def test_confident_errors_are_the_sure_and_wrong_ones():
    reviews = [
        review("old", False, 0.99, ago=timedelta(days=9)),
        review("unsure", False, 0.75, ago=timedelta(days=8)),
        review("mended", False, 0.9, ago=timedelta(days=7)),
        review("mended", True, 0.5, ago=timedelta(days=6)),
        review("again", True, 0.99, ago=timedelta(days=5)),
        review("again", False, 0.9, ago=timedelta(days=4)),
        review("again", True, 0.9, ago=timedelta(days=3)),
        review("again", False, 0.99, ago=timedelta(days=2)),
    ]
    found = confident_errors(reviews)
    assert [(one.item, one.times, one.confidence, one.right_since) for one in found] == [
        ("again", 2, 0.99, False),
        ("old", 1, 0.99, False),
        ("mended", 1, 0.9, True),
    ]


# ---- answers --------------------------------------------------------------------------------------


def test_spans_are_whole_days_of_the_learner():
    zone = timezone(timedelta(hours=2))
    now = datetime(2026, 3, 2, 3, 0, tzinfo=zone)  # still the 1st of March
    at = {
        "today": datetime(2026, 3, 1, 4, 0, tzinfo=zone),
        "day 7": datetime(2026, 2, 23, 4, 0, tzinfo=zone),
        "day 8": datetime(2026, 2, 23, 3, 59, tzinfo=zone),
        "day 30": datetime(2026, 1, 31, 4, 0, tzinfo=zone),
        "day 31": datetime(2026, 1, 31, 3, 59, tzinfo=zone),
    }
    reviews = [review(name, at=moment.astimezone(UTC)) for name, moment in reversed(at.items())]
    found = statistics.answers(reviews, [], Bank(), now)
    assert [(span.days, span.right.n) for span in found.spans] == [(None, 5), (30, 4), (7, 2)]
    assert list(found.days) == ["2026-01-30", "2026-01-31", "2026-02-22", "2026-02-23", "2026-03-01"]
    assert sum(found.days.values()) == 5


def test_time_counts_a_walk_as_a_quarter_of_an_hour(all_kinds):
    item = next(iter(all_kinds.items))
    reviews = [review(item, seconds=30.0), review(item, seconds=9999.0), review("gone", seconds=60.0)]
    spent = statistics.answers(reviews, [], all_kinds, NOW).time
    assert (spent.seconds, spent.median) == (990.0, 60.0)
    first, second = spent.items
    assert (first.item, first.answers, first.seconds, first.median) == (item, 2, 930.0, 465.0)
    assert (first.planned, second.planned) == (all_kinds.items[item].time_s, None)


def test_predictions_count_when_the_claim_was_decided():
    made = [
        ("holds", "holds"),
        ("holds", "depends"),
        ("fails", "fails"),
        ("fails", "unclear"),
        ("depends", ""),
    ]
    found = statistics.answers(
        [], [Prediction(claim="c", at=NOW, predicted=p, measured=m) for p, m in made], Bank(), NOW
    ).predictions
    assert (found.right.hits, found.right.n, found.open) == (2, 3, 2)
    assert found.pairs["holds"] == {"holds": 1, "depends": 1, "fails": 0}


# ---- the schedule ---------------------------------------------------------------------------------


def test_retention_counts_learned_items_that_were_due():
    def at(**ago):
        return timedelta(**ago)

    reviews = [
        review("a", rating=4, ago=at(days=60)),  # learned at once; new: does not count
        review("a", rating=3, ago=at(days=60, hours=-1)),  # not due yet: does not count
        review("a", rating=1, correct=False, ago=at(days=20)),  # young, due: forgotten
        review("a", rating=3, ago=at(days=20, minutes=-10)),  # relearning: does not count
        review("b", rating=4, ago=at(days=90)),
        review("b", rating=2, correct=False, ago=at(days=75)),  # young, due: recalled, though wrong
    ]
    reviews.sort(key=lambda one: one.at)
    held: dict[str, Memory] = {}
    for _ in schedule.replay(reviews, held):
        pass
    assert held == schedule.fold(reviews)
    late = held["b"].due + timedelta(days=30)
    assert schedule.interval(held["b"]) >= memories.MATURE
    reviews.append(review("b", rating=3, at=late))
    found = memories.memories(reviews, Bank(), late + timedelta(days=1)).retention
    assert (found.young.recalled.hits, found.young.recalled.n) == (1, 2)
    assert (found.mature.recalled.hits, found.mature.recalled.n) == (1, 1)
    assert (found.all.recalled.hits, found.all.recalled.n) == (2, 3)
    assert found.mature.expected == schedule.recall(held["b"], late) < found.desired == 0.9


def memory(due, state=2):
    return Memory(
        item="a", stability=5.0, difficulty=5.0, due=due, last=NOW - timedelta(days=5), state=state, step=None
    )


def test_the_forecast_puts_every_memory_into_its_day():
    end = schedule.day_end(NOW)
    dues = [
        NOW - timedelta(days=3),  # overdue
        NOW + timedelta(hours=1),
        end,  # the last moment of today
        end + timedelta(seconds=1),  # tomorrow
        end + timedelta(days=29),  # the last moment of the 30th day
        end + timedelta(days=29, seconds=1),  # after it
    ]
    found = memories.forecast([memory(due) for due in dues], NOW)
    due = [day.due for day in found.days]
    assert (found.overdue, due[0], due[1], due[29], found.later, len(due)) == (1, 3, 1, 1, 1, 30)
    assert (found.days[0].day, found.days[29].day) == ("2026-03-02", "2026-03-31")


def test_the_forecast_adds_up_and_agrees_with_what_is_due():
    held = list(schedule.fold(many()).values())
    found = memories.forecast(held, NOW)
    inside = [one for one in held if one.due <= schedule.day_end(NOW) + timedelta(days=29)]
    assert sum(day.due for day in found.days) == len(inside)
    assert len(inside) + found.later == len(held)
    tonight = schedule.day_end(NOW) - timedelta(seconds=1)
    assert found.days[0].due == sum(schedule.is_due(one, tonight) for one in held)


def test_mastery_is_the_mean_recall_with_unseen_as_nothing(all_kinds):
    seen = next(iter(all_kinds.items.values()))
    reviews = [review(seen.id, rating=4, ago=timedelta(days=10))]
    found = memories.memories(reviews, all_kinds, NOW)
    recall = schedule.recall(schedule.fold(reviews)[seen.id], NOW)
    others = [item for item in all_kinds.items.values() if item.topic == seen.topic]
    mastery = found.topics[seen.topic]
    assert 0.5 < recall < 1
    assert mastery.recall == pytest.approx(recall / len(others))
    assert (mastery.items, mastery.seen) == (len(others), 1)
    of_concept = [item for item in all_kinds.items.values() if seen.concepts[0] in item.concepts]
    assert found.concepts[seen.concepts[0]].recall == pytest.approx(recall / len(of_concept))
    assert sum(one.items for one in found.topics.values()) == len(all_kinds.items)


def test_recall_is_that_of_fsrs():
    learned = schedule.review("a", None, 4, NOW)
    assert schedule.recall(learned, NOW) == 1.0
    assert schedule.recall(learned, NOW + timedelta(days=1)) < 1.0
    rested = dataclasses.replace(learned, stability=7.0)
    assert schedule.recall(rested, NOW + timedelta(days=7)) == pytest.approx(0.9)


def test_suspended_items_do_not_come_back(all_kinds):
    item = next(iter(all_kinds.items.values()))
    reviews = [review(item.id, rating=4, ago=timedelta(days=90)), review("gone", ago=timedelta(days=9))]
    awake = memories.memories(reviews, all_kinds, NOW)
    asleep = memories.memories(reviews, all_kinds, NOW, {item.id: Marked(suspended=True)})
    assert (awake.forecast.overdue, awake.topics[item.topic].due) == (1, 1)
    assert (asleep.forecast.overdue, asleep.topics[item.topic].due) == (0, 0)


# ---- misconceptions -------------------------------------------------------------------------------


def test_a_wrong_choice_shows_its_misconception(all_kinds):
    shows = 0
    for item in all_kinds.items.values():
        for options, wrap in (
            (getattr(item, "options", ()), lambda i, kind: [i] if kind == "multi" else i),
            (getattr(item, "reasons", ()), lambda i, kind: [True, i]),
            (getattr(item, "fixes", ()), lambda i, kind: [0, i]),
        ):
            for index, option in enumerate(options):
                expected = [option.misconception] if option.misconception and not option.correct else []
                assert shown(item, wrap(index, item.kind)) == expected
                shows += bool(expected)
        for trap in getattr(item, "traps", ()):
            given = str(trap.value)
            reply = ["0", given, "1e99"] if item.kind == "estimate" else given
            assert trap.misconception in shown(item, reply)
            shows += 1
        for reject in getattr(item, "reject", ()):
            assert shown(item, {reject.deletion: reject.value}) == [reject.misconception]
            shows += 1
        for index, flag in enumerate(getattr(item, "red_flags", ())):
            assert shown(item, [f"flag{index}"]) == [flag.misconception]
            shows += 1
        if item.kind == "order" and item.swaps:
            right = sorted(range(len(item.sequence)), key=lambda index: item.sequence[index].value)
            assert shown(item, right) == []
            one, other = item.swaps[0].pair
            right[one], right[other] = right[other], right[one]
            assert item.swaps[0].misconception in shown(item, right)
            shows += 1
    assert shows >= 6


def test_costs_are_confidences_and_only_the_item_as_it_is_counts(all_kinds):
    item = next(item for item in all_kinds.items.values() if item.kind == "choice")
    wrong = next(index for index, option in enumerate(item.options) if option.misconception)
    id_ = item.options[wrong].misconception
    given = json.dumps(wrong)
    reviews = [
        review(item.id, False, 0.9, given=given, rev=item.rev, ago=timedelta(days=2)),
        review(item.id, False, None, given=given, rev=item.rev, ago=timedelta(days=1)),
        review(item.id, False, 0.99, given=given, rev=item.rev + 1),  # another meaning then
        review("gone", False, 0.99, given=given),
        review(item.id, False, 0.99, given="17", rev=item.rev),  # no such option any more
        review(item.id, True, 0.99, given=given, rev=item.rev),
    ]
    found = mistakes(reviews, all_kinds)
    assert (found.wrong, found.named, found.outdated) == (5, 2, 3)
    (costly,) = found.costly
    assert (costly.misconception, costly.times, costly.items) == (id_, 2, (item.id,))
    assert costly.cost == pytest.approx(1.4)
    assert costly.at == NOW - timedelta(days=1)
    assert costly.says == all_kinds.misconceptions[id_].says


def test_a_long_practice_is_counted_quickly(all_kinds):
    """5,000 items and 50,000 answers; generous, since test machines are slow."""
    ids = list(all_kinds.items)
    chance = random.Random(3)
    items = {
        f"{id_}-{n}": dataclasses.replace(all_kinds.items[id_], id=f"{id_}-{n}")
        for n in range(400)
        for id_ in ids
    }
    bank = dataclasses.replace(all_kinds, items=items)
    known = list(items)
    reviews = [
        review(chance.choice(known), chance.random() < 0.8, 0.75, ago=timedelta(minutes=5 * (50_000 - n)))
        for n in range(50_000)
    ]
    began = time.process_time()
    found = statistics.answers(reviews, [], bank, NOW)
    held = memories.memories(reviews, bank, NOW)
    summary.pages(found, held, bank, 100)
    assert time.process_time() - began < 12


def test_crammed_answers_are_answers_but_neither_calibration_nor_schedule(all_kinds):
    asked = dataclasses.replace(many()[0], confidence=0.9, correct=False, rating=1)
    reviews = [asked, dataclasses.replace(asked, at=asked.at + timedelta(days=3), cram=True)]
    found = statistics.answers(reviews, [], all_kinds, NOW)
    assert (found.spans[0].right.n, found.spans[0].crammed) == (2, 1)
    assert found.calibration.right.n == 1
    assert found.confident_errors[0].times == 2
    assert schedule.fold(reviews) == schedule.fold(reviews[:1])
    held = memories.memories(reviews, all_kinds, NOW)
    assert held.retention == memories.memories(reviews[:1], all_kinds, NOW).retention


def test_all_and_none_are_said_only_of_all_and_none():
    assert [percent(value) for value in (0.0, 1 / 300, 0.5, 299 / 300, 1.0)] == [
        "0%",
        "1%",
        "50%",
        "99%",
        "100%",
    ]
    assert percent(None, 3) == "  -"
