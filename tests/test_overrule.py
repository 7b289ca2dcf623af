"""Overruling a judgement: one row more, honoured wherever reviews are read, and undone by another row."""

import json

import pytest

from quizapp import marks, memories, schedule, sketch, statistics
from quizapp.learner import Learner
from quizapp.store import Store
from quizapp.study import Study


@pytest.fixture
def study(all_kinds, store, clock):
    study = Study(all_kinds, store, clock)
    study.answer(all_kinds.items["fix-numeric"], "600", 0.9, 20.0)
    return study


def test_overruling_turns_judgement_and_rating_around(study, store):
    assert study.wrong == {"fix-numeric"}
    done = study.overrule()
    assert (done.grade.correct, done.rating, done.overruled) == (True, 3, True)
    assert study.wrong == set()
    (review,) = store.reviews()
    assert (review.correct, review.rating, review.overruled, review.score) == (True, 3, True, 0.0)
    assert study.memories == schedule.fold(store.reviews())


def test_a_right_answer_can_be_overruled_too(all_kinds, store, clock):
    study = Study(all_kinds, store, clock)
    study.answer(all_kinds.items["fix-numeric"], "512", 0.9, 20.0)
    done = study.overrule()
    assert (done.grade.correct, done.rating) == (False, 1)
    assert study.wrong == {"fix-numeric"}
    assert study.overrule().overruled is False


def test_every_overruling_can_be_taken_back_and_then_the_answer(study, store):
    study.overrule()
    study.overrule()
    study.overrule()
    assert [study.restore().overruled for _ in range(3)] == [False, True, False]
    assert study.restore() is None
    (review,) = store.reviews()
    assert (review.correct, review.rating, review.overruled) == (False, 1, False)
    study.overrule()
    assert study.undo().id == "fix-numeric"
    assert store.reviews() == []
    assert study.restore() is None


def test_a_rating_changed_later_leaves_the_judgement(study, store):
    study.overrule()
    study.rerate(4)
    (review,) = store.reviews()
    assert (review.correct, review.rating, review.overruled) == (True, 4, True)
    assert study.restore() is None


def test_it_survives_a_new_start_and_another_copy_sees_it(study, store, tmp_path):
    other = Learner(store)
    other.refresh()
    assert other.wrong == {"fix-numeric"}
    study.overrule()
    other.refresh()
    assert other.wrong == set()
    again = Store(tmp_path / "answers.sqlite3")
    assert again.reviews()[0].overruled
    again.close()


def test_statistics_count_what_the_learner_says_and_list_it(study, store, all_kinds, clock):
    study.overrule()
    found = statistics.answers(store.reviews(), store.predictions(), all_kinds, clock())
    assert found.spans[0].right.share == 1
    assert found.calibration.right.share == 1
    assert found.confident_errors == ()
    assert found.mistakes.wrong == 0
    held = memories.memories(store.reviews(), all_kinds, clock(), marks.fold(store.marks()))
    (row,) = json.loads(json.dumps(statistics.data(found, held)))["overruled"]
    assert row["item"] == "fix-numeric"
    assert json.loads(row["given"]) == "600"
    assert (row["correct"], row["rev"]) == (True, 1)


@pytest.mark.parametrize(
    ("prompt", "choices", "curves"),
    [
        ("noise of size one", ("fades", "stays level", "grows"), ("▇▅▃▁", "▄▄▄▄", "▁▃▅▇")),
        ("as they get larger", ("loss rises", "no trend", "loss falls"), ("▁▃▅▇", "▄▄▄▄", "▇▅▃▁")),
        ("Slope of the FLOPs", ("below 0.5", "0.5 to 1.5", "above 1.5"), ("▁▁▂▂", "▁▃▅▇", "▁▁▃█")),
        ("Time at 4,096", ("below 0.5", "0.5 to 1.5", "above 1.5"), ("", "", "")),
        ("what it does", ("falls fast", "falls slowly"), ("", "")),
    ],
)
def test_a_sketch_only_where_every_choice_has_a_shape_of_its_own(prompt, choices, curves):
    assert sketch.of(prompt, choices) == curves
