"""Suspended, buried, flagged, noted: rows that are only added, and what practice makes of them."""

import os
import signal
import sqlite3
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from quizapp import marks, query, selection
from quizapp import store as store_module
from quizapp.marking import Marking
from quizapp.marks import CLEAN, Mark, Marked
from quizapp.store import MIGRATIONS, Store
from quizapp.study import Study


@pytest.fixture
def marking(store, clock):
    return Marking(store, clock)


def rows(store):
    return store._rows("SELECT item, kind, value FROM marks ORDER BY id")


def test_marks_are_toggled_and_come_back(store, clock, marking):
    assert marking.toggle("a", "suspend")
    assert marking.toggle("a", "flag")
    assert not marking.toggle("a", "suspend")
    marking.write("a", "  ask Ann\t")
    marking.write("a", "ask Ann")
    assert rows(store) == [
        ("a", "suspend", "on"),
        ("a", "flag", "on"),
        ("a", "suspend", ""),
        ("a", "note", "ask Ann"),
    ]
    again = Marking(store, clock)
    assert again.of("a") == marking.of("a") == Marked(flagged=True, note="ask Ann")
    assert again.of("b") == CLEAN


def test_buried_is_until_the_learners_day_ends(clock, marking):
    assert marking.toggle("a", "bury")
    assert "a" in marking.asleep(clock())
    clock.forward(hours=15)  # 03:00, still the same day
    assert "a" in marking.asleep(clock())
    clock.forward(hours=1)
    assert "a" not in marking.asleep(clock())
    assert marking.toggle("a", "bury"), "it is over, so burying buries again"
    assert not marking.toggle("a", "bury")


def test_undo_adds_a_row_with_what_was_there_before(store, marking):
    marking.write("a", "one")
    marking.write("a", "two")
    marking.toggle("b", "flag")
    assert marking.undo().item == "b"
    assert marking.undo().value == "one"
    assert marking.of("a").note == "one"
    assert marking.undo().value == ""
    assert marking.undo() is None
    assert [value for _, _, value in rows(store)] == ["one", "two", "on", "", "one", ""]


def test_undo_goes_no_further_than_the_last_answer(marking):
    marking.toggle("a", "flag", after=0)
    marking.toggle("b", "flag", after=1)
    assert marking.undo(after=1).item == "b"
    assert marking.undo(after=1) is None
    assert marking.undo(after=0).item == "a"


def test_a_kind_of_a_newer_quizapp_changes_nothing(clock):
    assert marks.put(CLEAN, "colour", "red") == CLEAN
    assert marks.words(Marked(suspended=True, flagged=True), clock()) == ("suspended", "flagged")


def test_a_file_from_before_marks_keeps_its_answers(tmp_path, monkeypatch, clock):
    path = tmp_path / "a.sqlite3"
    monkeypatch.setattr(store_module, "MIGRATIONS", MIGRATIONS[:1])
    old = Store(path)
    old._db.execute(
        "INSERT INTO reviews VALUES (1, 'a', 1, '2026-03-02T12:00:00+00:00', '1', 1, 1, NULL, 3, 2.0)"
    )
    old.close()
    monkeypatch.undo()
    new = Store(path)
    assert [review.item for review in new.reviews()] == ["a"]
    assert new.marks() == []
    mark = Mark(item="a", kind="flag", value="on", at=clock())
    new.add_mark(mark)
    assert new.marks() == [mark]
    new.close()
    assert sqlite3.connect(tmp_path / "a.sqlite3.v1").execute("SELECT count(*) FROM reviews").fetchone() == (
        1,
    )


WRITER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from quizapp.marking import Marking
from quizapp.store import Store
marking = Marking(Store(Path(sys.argv[1])), lambda: datetime.now(UTC))
for number in range(100000):
    marking.toggle(f"i{number}", "flag")
    print(number, flush=True)
"""


def test_kill_9_loses_no_mark_that_was_made(tmp_path):
    path = tmp_path / "a.sqlite3"
    root = os.fspath(Path(__file__).parents[1])
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": root},
    )
    said = [int(writer.stdout.readline()) for _ in range(20)]
    os.kill(writer.pid, signal.SIGKILL)
    said += [int(line) for line in writer.stdout]
    writer.wait()
    writer.stdout.close()
    store = Store(path)
    assert {mark.item for mark in store.marks()} >= {f"i{number}" for number in said}
    store.close()


# ---- practice ---------------------------------------------------------------------------------------


@pytest.fixture
def study(all_kinds, store, clock):
    return Study(all_kinds, store, clock)


def asked(study):
    return {item.id for queue in study._queues().tiers for item in queue}


@pytest.mark.parametrize("kind", ["suspend", "bury"])
def test_what_is_put_aside_is_neither_counted_nor_asked(study, all_kinds, clock, kind):
    choice, multi = all_kinds.items["fix-choice"], all_kinds.items["fix-multi"]
    study.answer(choice, 1, 0.9, 5.0)
    clock.forward(days=90)
    before = study.counts()
    assert before[choice.topic].due == 1
    for item in (choice, multi):
        study.marking.toggle(item.id, kind)
    after = study.counts()
    assert after[choice.topic].due == 0
    assert after[choice.topic].learned == 1
    assert after[multi.topic].new == before[multi.topic].new - 1
    assert not {choice.id, multi.id} & asked(study)
    assert study.left()[0] == 0
    clock.forward(days=1)
    assert (study.left()[0] == 1) == (kind == "bury")


def test_a_wrong_answer_does_not_come_back_when_it_is_suspended(study, all_kinds):
    study.answer(all_kinds.items["fix-choice"], 0, None, 5.0)
    assert "fix-choice" in asked(study)
    study.marking.toggle("fix-choice", "suspend")
    assert "fix-choice" not in asked(study)
    study.marking.undo()
    assert "fix-choice" in asked(study)


def test_flags_and_notes_change_nothing_in_practice(study):
    before = asked(study), study.counts()
    study.marking.toggle("fix-choice", "flag")
    study.marking.write("fix-choice", "hm")
    assert (asked(study), study.counts()) == before


def test_a_sitting_asks_only_what_a_query_selects(study, all_kinds):
    study.only = selection.ids(study, query.parse("kind:choice or kind:card", all_kinds))
    assert asked(study) == {"fix-choice", "fix-card"}
    study.answer(all_kinds.items["fix-choice"], 0, None, 5.0)
    study.only = selection.ids(study, query.parse("is:wrong", all_kinds))
    assert asked(study) == {"fix-choice"}
    study.topic = "attention"
    assert asked(study) == set()
    assert not study.has_items


def test_the_newest_answer_says_what_is_wrong(study, all_kinds, clock):
    item = all_kinds.items["fix-choice"]
    study.answer(item, 0, None, 5.0)
    assert study.wrong == {item.id}
    study.answer(item, 1, None, 5.0)
    assert study.wrong == set()
    study.undo()
    assert study.wrong == {item.id}
    clock.now += timedelta(days=1)
    assert Study(all_kinds, study.store, clock).wrong == {item.id}
