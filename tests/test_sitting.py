"""What a sitting came to, in words."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from quizapp import schedule, sitting
from quizapp.settings import Settings
from quizapp.study import Study
from tests.test_study import RIGHT, WRONG, go, learn, sit  # noqa: F401 - a fixture

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def words(study, width=76):
    found = sitting.sections(study, width)
    rows = [line for one in found for line in (one.title, *one.lines, *one.notes)]
    assert all(len(row) <= width for row in rows)
    return "\n".join(rows)


def test_how_many_were_right_by_how_sure(sit, clock):  # noqa: F811
    study = sit(*"abcd")
    go(study, 2, RIGHT, 0.9)
    go(study, 1, WRONG, 0.9)
    clock.forward(minutes=14)
    go(study, 1, RIGHT)
    said = words(study)
    assert "4 answered, 3 right, in 14 min." in said
    assert "Right when 90% sure: 2 of 3, not saying: 1 of 1." in said


def test_what_moved_up_and_down(sit, clock):  # noqa: F811
    topics = {"a": "scaling", "b": "stability"}
    learn(sit(*"abc", topics=topics), clock, "a", "b")
    clock.forward(days=30)
    study = sit(*"abc", topics=topics)
    study.answer(study.bank.items["a"], RIGHT, None, 5.0)
    study.answer(study.bank.items["b"], WRONG, None, 5.0)
    study.answer(study.bank.items["c"], RIGHT, None, 5.0)
    up, down = sitting.moved(study.answers, study.memories)
    assert (up.item.id, down.item.id) == ("a", "b")
    assert up.after > up.before
    assert down.after < down.before
    said = words(study)
    assert f"↑ {up.before:.1f} → {up.after:.1f}" in said
    assert f"↓ {down.before:.1f} → {down.after:.1f}" in said
    assert "By topic: scaling 1 up, stability 1 down." in said
    assert "1 met for the first time." in said


def test_what_was_hard_worst_first(sit):  # noqa: F811
    study = sit(*"ab")
    go(study, 1, RIGHT, 0.5)
    go(study, 3, WRONG)
    found = [(item.id, missed) for item, missed in sitting.hard(study.answers)]
    assert found == [("b", 3), ("a", 0)]
    assert "✗ missed 3×" in words(study)


def test_when_what_is_learned_comes_back():
    at = NOW
    ends = schedule.day_end(at)
    memory = schedule.review("a", None, 4, at)
    learned = [replace(memory, due=ends + timedelta(hours=3)), replace(memory, due=ends + timedelta(days=5))]
    learning = [replace(memory, due=at + timedelta(minutes=10), state=1), replace(memory, due=at, state=1)]
    far = replace(memory, due=ends + timedelta(days=7))
    assert sitting.returns([*learned, *learning, far], at) == sitting.Returns(today=1, tomorrow=1, week=1)


def test_what_the_limits_leave(sit, clock):  # noqa: F811
    learn(sit(*"abcdef"), clock, "a", "b", "c")
    clock.forward(days=60)
    study = sit(*"abcdef", new_per_day=1, reviews_per_day=2)
    go(study, 2)
    said = " ".join(words(study).split())
    assert "1 new for now." in said
    assert "1 due item over the limit of 2 a day." in said
    assert "2 new items over the limit of 1 a day." in said


def test_a_cram_says_that_the_schedule_stays(sit):  # noqa: F811
    study = sit("a", "b", cram=True)
    go(study, 1, WRONG)
    said = words(study)
    assert "Cram: the schedule does not change." in said
    assert "2 items for now." in said
    assert "What moved" not in said
    assert "comes back" not in said


@pytest.mark.parametrize("width", [20, 40, 96])
def test_any_width(all_kinds, store, clock, width):
    study = Study(all_kinds, store, clock, settings=Settings(new_per_day=3))
    for id_ in ("fix-choice", "fix-multi"):
        item = all_kinds.items[id_]
        study.answer(item, 0 if id_ == "fix-choice" else [0], 0.99, 5.0)
    words(study, width)
