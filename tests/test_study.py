"""A sitting: what is asked next, limits, the time box, cramming, and undo across all of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from quizapp.bank import Bank
from quizapp.queues import APART
from quizapp.settings import Settings
from quizapp.study import Study
from quizapp.waiting import Left

RIGHT, WRONG = 1, 0


@pytest.fixture
def sit(all_kinds, store, clock):
    """Begin a sitting: sit("a", "b", topics=..., families=..., ...); items are easy before hard."""

    def begin(*ids, topics=None, families=None, cram=False, **settings):
        one = all_kinds.items["fix-choice"]
        items = {
            id_: replace(
                one,
                id=id_,
                topic=(topics or {}).get(id_, one.topic),
                family=(families or {}).get(id_, ""),
                difficulty=min(5, 1 + place),
            )
            for place, id_ in enumerate(ids)
        }
        return Study(Bank(items=items), store, clock, settings=Settings(**settings), cram=cram)

    return begin


def learn(study, clock, *ids, confidence=0.9):
    """Answer items right until they rest for days."""
    for id_ in ids:
        for _ in range(3):
            study.answer(study.bank.items[id_], RIGHT, confidence, 5.0)
            clock.forward(minutes=30)


def go(study, count, reply=RIGHT, confidence=None):
    """Answer what comes; the ids."""
    asked = []
    for _ in range(count):
        item = study.next()
        asked.append(item.id)
        study.answer(item, reply, confidence, 5.0)
    return asked


# ---- the order --------------------------------------------------------------------------------------


def test_due_before_new_and_most_overdue_first(sit, clock):
    study = sit("a", "b", "c")
    learn(study, clock, "b")
    clock.forward(days=3)
    learn(study, clock, "a")
    clock.forward(days=60)
    assert go(sit("a", "b", "c"), 3) == ["b", "a", "c"]


def test_what_one_was_wrongly_sure_of_comes_first_once_it_is_due(sit, clock):
    study = sit("a", "b", "c", "d")
    learn(study, clock, "a", "b")
    clock.forward(days=1)
    learn(study, clock, "c", "d")
    clock.forward(days=30)
    study.answer(study.bank.items["d"], WRONG, 0.9, 5.0)
    study.answer(study.bank.items["c"], WRONG, 0.75, 5.0)
    later = sit("a", "b", "c", "d")
    assert later.next().id in ("a", "b"), "d comes back in some minutes only"
    clock.forward(days=40)
    later = sit("a", "b", "c", "d")
    assert go(later, 1) == ["d"]
    assert later.next().id in ("a", "b")


def test_topics_of_due_items_are_taken_in_turn(sit, clock):
    ids = [f"{topic}{number}" for topic in "xyz" for number in range(2)]
    topics = {id_: {"x": "attention", "y": "scaling", "z": "stability"}[id_[0]] for id_ in ids}
    study = sit(*ids, topics=topics)
    learn(study, clock, *ids)
    clock.forward(days=60)
    assert "".join(id_[0] for id_ in go(sit(*ids, topics=topics), 6)) == "xyzxyz"


def test_families_are_spaced(sit):
    asked = go(sit(*"abcdef", families={"a": "f", "b": "f", "c": "f"}), 5)
    assert asked[0] == "a"
    assert asked.index("b") - asked.index("a") > APART


def test_a_missed_item_returns_after_a_few_others(sit):
    study = sit(*"abcdef")
    assert go(study, 1, WRONG) == ["a"]
    assert go(study, 4) == ["b", "c", "d", "a"]
    assert "a" not in go(study, 2)


def test_a_missed_item_returns_at_once_when_nothing_else_is_left(sit):
    study = sit("a")
    assert go(study, 3, WRONG) == ["a", "a", "a"]
    go(study, 1)
    assert study.next() is None


# ---- limits -----------------------------------------------------------------------------------------


def test_new_items_of_a_day(sit, clock):
    study = sit(*"abcde", new_per_day=2)
    assert study.today() == Left(due=0, new=2, due_over=0, new_over=3)
    go(study, 2)
    assert study.next() is None
    assert sit(*"abcde", new_per_day=2).left() == (0, 0), "the day's, not the sitting's"
    assert sit(*"abcde", new_per_day=3).left() == (0, 1)
    study.undo()
    assert study.left() == (0, 1)
    clock.forward(days=1)
    assert study.left()[1] == 2


def test_due_items_of_a_day(sit, clock):
    study = sit(*"abcd", new_per_day=4)
    learn(study, clock, *"abcd")
    clock.forward(days=60)
    study = sit(*"abcd", reviews_per_day=2)
    assert study.today() == Left(due=2, new=0, due_over=2, new_over=0)
    assert go(study, 2, WRONG) == ["a", "b"]
    assert go(study, 2) == ["a", "b"], "what was missed is within the limit"
    assert study.next() is None
    study.undo()
    assert study.next().id == "b"
    go(study, 1)
    clock.forward(days=1)
    assert sit(*"abcd", reviews_per_day=2).next().id in ("c", "d")


def test_a_limit_cuts_the_least_pressing(sit, clock):
    study = sit(*"abc")
    learn(study, clock, *"abc")
    clock.forward(days=30)
    study.answer(study.bank.items["c"], WRONG, 0.99, 5.0)
    clock.forward(days=30)
    assert go(sit(*"abc", reviews_per_day=1), 1) == ["c"]


# ---- the time box -----------------------------------------------------------------------------------


def test_the_time_box(sit, clock):
    study = sit(*"abc", minutes=25)
    clock.forward(minutes=26)
    assert not study.time_is_up, "at least one item is asked"
    go(study, 1)
    assert study.time_is_up
    study.undo()
    assert not study.time_is_up
    go(study, 1)
    study.go_on()
    assert not study.time_is_up
    clock.forward(minutes=25)
    assert study.time_is_up
    while study.next():
        go(study, 1)
    assert not study.time_is_up, "nothing is left to ask anyway"
    assert not sit("a").time_is_up


# ---- cramming ---------------------------------------------------------------------------------------


def test_a_cram_asks_everything_weakest_first_until_right(sit, clock):
    study = sit(*"abc")
    learn(study, clock, "a")
    clock.forward(days=1)
    learn(study, clock, "b")
    clock.forward(minutes=30)
    cram = sit(*"abc", cram=True, new_per_day=0, reviews_per_day=1)
    assert cram.left() == (3, 0)
    assert go(cram, 1, WRONG) == ["c"], "never seen is weakest"
    assert go(cram, 3) == ["a", "b", "c"]
    assert cram.next() is None


def test_a_cram_changes_neither_schedule_nor_counts(sit, store, clock):
    study = sit(*"abc")
    learn(study, clock, "a")
    clock.forward(days=60)
    memories, left = study.memories, study.today()
    cram = sit(*"abc", cram=True)
    done = cram.answer(cram.bank.items["a"], WRONG, 0.99, 5.0)
    assert done.memory == memories["a"]
    assert done.slips == 0
    assert cram.answer(cram.bank.items["b"], RIGHT, None, 5.0).memory is None
    assert cram.rerate(4).memory is None
    assert cram.memories == memories
    assert sit(*"abc").today() == left
    assert sit(*"abc").wrong == {"a"}
    assert [(one.item, one.cram) for one in store.reviews()][-2:] == [("a", True), ("b", True)]


def test_undo_and_ratings_in_a_cram(sit, store):
    cram = sit("a", "b", cram=True)
    go(cram, 2)
    assert cram.next() is None
    cram.rerate(1)
    assert cram.next().id == "b", "not known after all"
    cram.rerate(3)
    assert cram.next() is None
    assert cram.undo().id == "b"
    assert cram.undo().id == "a"
    assert cram.undo() is None
    assert cram.left() == (2, 0)
    assert store.reviews() == []


# ---- slips ------------------------------------------------------------------------------------------


def slip(study, clock, times):
    """Forget a learned item so many times; what came of the last one."""
    for _ in range(times):
        learn(study, clock, "a")
        clock.forward(days=200)
        done = study.answer(study.bank.items["a"], WRONG, None, 5.0)
    return done


def test_the_third_slip_says_so_and_no_other_answer_does(sit, clock):
    study = sit("a")
    assert slip(study, clock, 2).slips == 0
    third = slip(study, clock, 1)
    assert third.slips == 3
    assert study.rerate(3).slips == 0
    assert study.rerate(1).slips == 3
    assert study.undo().id == "a"
    assert study.memories["a"].lapses == 2
    assert study.answer(study.bank.items["a"], WRONG, None, 5.0).slips == 3
    assert study.answer(study.bank.items["a"], WRONG, None, 5.0).slips == 0, "it was forgotten but once"


# ---- undo -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cram", [False, True])
def test_undoing_everything_leaves_what_was_there(sit, clock, cram):
    study = sit(*"abcd", topics={"a": "scaling", "c": "scaling"}, families={"a": "f", "b": "f"}, cram=cram)
    before = study.memories, study.wrong, study.left(), study.next()
    for reply in (WRONG, RIGHT, RIGHT, WRONG, RIGHT, RIGHT):
        study.answer(study.next(), reply, 0.9, 5.0)
        study.rerate(2 if reply else 1)
        clock.forward(seconds=20)
    while study.undo():
        clock.forward(seconds=1)
    clock.now -= timedelta(seconds=6)
    assert (study.memories, study.wrong, study.left(), study.next()) == before


def test_another_copy_of_the_app_counts_too(sit, clock):
    mine, other = sit("a", "b", new_per_day=1), sit("a", "b", new_per_day=1)
    go(other, 1)
    assert mine.next() is not None, "nothing was read again yet"
    mine.learner.refresh()
    assert mine.next() is None
