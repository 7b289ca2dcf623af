"""Append-only, numbered migrations, two copies at once, and nothing acknowledged is lost to kill -9."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
from datetime import UTC, datetime

import pytest
from quizapp.verifiers.wire import CheckResult

from quizapp import store as store_module
from quizapp import upgrade
from quizapp.errors import StoreError
from quizapp.evidence import Plot, Run
from quizapp.model import Review
from quizapp.store import MIGRATIONS, Store

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def review(item="a", rating=3, at=NOW):
    return Review(
        item=item,
        rev=1,
        at=at,
        given="[1]",
        score=1,
        correct=True,
        confidence=0.9,
        rating=rating,
        seconds=2.5,
    )


def run(experiment="e", status="ok", at="2026-03-02T12:00:00+00:00"):
    check = CheckResult(
        name="c",
        arm="claim",
        must="",
        unit="u",
        meaning="m",
        estimate=1.0,
        low=0.5,
        high=float("inf"),
        bounds=(0.0, None),
        values=(1.0,),
        outcome="unclear",
    )
    return Run(
        experiment=experiment, profile="quick", status=status, checks=(check,), plot=Plot(title="t"), at=at
    )


def test_a_review_comes_back_as_it_went_in(store):
    id_ = store.add_review(review())
    (back,) = store.reviews()
    assert back == Review(**{**review().__dict__, "id": id_})


def test_reviews_can_be_asked_for_by_item_and_by_id(store):
    crammed = Review(**{**review("b").__dict__, "cram": True})
    ids = [store.add_review(one) for one in (review("a"), crammed, review("a"))]
    assert [(one.item, one.cram) for one in store.reviews()] == [("a", False), ("b", True), ("a", False)]
    assert [one.id for one in store.reviews("a")] == [ids[0], ids[2]]
    assert [one.id for one in store.reviews(after=ids[0], upto=ids[1])] == [ids[1]]
    store.amend(ids[0], 2, NOW)
    store.amend(ids[2], None, NOW)
    assert store.newest() == (ids[2], 2)
    assert store.amended(1, 2) == {ids[2]: "a"}


def test_changing_a_rating_and_undoing_are_rows_of_their_own(store):
    first, second = store.add_review(review("a")), store.add_review(review("b"))
    store.amend(first, 1, NOW)
    store.amend(second, None, NOW)
    assert [(r.item, r.rating) for r in store.reviews()] == [("a", 1)]
    counted = store._rows("SELECT (SELECT count(*) FROM reviews), (SELECT count(*) FROM amendments)")
    assert counted == [(2, 2)]


def test_the_newest_run_that_came_to_an_end_counts(store):
    for status in ("ok", "invalid", "crashed", "cancelled"):
        store.add_run(run(status=status))
    store.add_run(run("other"))
    newest = store.newest_runs()
    assert newest["e"].status == "invalid"
    assert newest["e"].checks[0].high == float("inf")
    assert newest["e"].checks[0].bounds == (0.0, None)
    assert set(newest) == {"e", "other"}


def test_a_prediction_waits_for_its_outcome(store):
    locked = store.add_prediction("c", "holds", NOW)
    assert [p.measured for p in store.predictions()] == [""]
    store.add_outcome(locked, "fails", NOW)
    assert [(p.predicted, p.measured) for p in store.predictions()] == [("holds", "fails")]


def test_a_newer_file_is_refused_and_left_alone(tmp_path):
    path = tmp_path / "a.sqlite3"
    Store(path).close()
    db = sqlite3.connect(path)
    db.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    db.close()
    before = path.read_bytes()
    with pytest.raises(StoreError, match="newer quizapp"):
        Store(path)
    assert path.read_bytes() == before


def test_a_file_that_is_no_database_is_refused(tmp_path):
    path = tmp_path / "a.sqlite3"
    path.write_bytes(b"these are not the answers" * 100)
    with pytest.raises(StoreError, match="QUIZAPP_HOME"):
        Store(path)
    assert path.read_bytes().startswith(b"these are not")


def test_an_upgrade_keeps_the_answers_and_a_backup(tmp_path, monkeypatch):
    path = tmp_path / "a.sqlite3"
    old = Store(path)
    old.add_review(review())
    old.close()
    monkeypatch.setattr(store_module, "MIGRATIONS", (*MIGRATIONS, ("CREATE TABLE more (x INTEGER) STRICT",)))
    new = Store(path)
    assert new.version == len(MIGRATIONS) + 1
    assert len(new.reviews()) == 1
    new.close()
    backup = sqlite3.connect(tmp_path / f"a.sqlite3.v{len(MIGRATIONS)}")
    assert backup.execute("SELECT count(*) FROM reviews").fetchone() == (1,)
    backup.close()


def test_a_failing_upgrade_changes_nothing(tmp_path, monkeypatch):
    path = tmp_path / "a.sqlite3"
    Store(path).close()
    broken = (*MIGRATIONS, ("CREATE TABLE more (x INTEGER) STRICT", "THIS IS NOT SQL"))
    monkeypatch.setattr(store_module, "MIGRATIONS", broken)
    with pytest.raises(StoreError):
        Store(path)
    monkeypatch.undo()
    same = Store(path)
    assert same.version == len(MIGRATIONS)
    assert same._rows("SELECT count(*) FROM sqlite_master WHERE name = 'more'") == [(0,)]
    same.close()


def test_two_copies_write_at_once(tmp_path):
    path = tmp_path / "a.sqlite3"
    copies = [Store(path), Store(path)]

    def write(store, name):
        for number in range(40):
            store.add_review(review(f"{name}{number}"))

    threads = [
        threading.Thread(target=write, args=(copy, name)) for copy, name in zip(copies, "ab", strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(copies[0].reviews()) == 80
    for copy in copies:
        copy.close()


def test_a_locked_file_is_an_error_that_can_be_acted_on(tmp_path, monkeypatch):
    path = tmp_path / "a.sqlite3"
    mine = Store(path)
    mine._db.execute("PRAGMA busy_timeout = 50")
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(StoreError, match="locked"):
        mine.add_review(review())
    other.execute("ROLLBACK")
    other.close()
    assert mine.add_review(review()) == 1
    mine.close()


WRITER = """
import sys
from pathlib import Path
from quizapp.store import Store
from tests.test_store import review
store = Store(Path(sys.argv[1]))
number = len(store.reviews())
print("ready", flush=True)
while True:
    store.add_review(review(f"i{number}"))
    print(number, flush=True)
    number += 1
"""


def killed_once(path, after: float) -> int:
    """Start a writer, kill -9 it `after` seconds into its work; returns the last number it acknowledged."""
    root = os.fspath(store_module.Path(__file__).parents[1])
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": root},
    )
    assert writer.stdout is not None
    assert writer.stdout.readline().strip() == "ready"
    timer = threading.Timer(after, lambda: os.kill(writer.pid, signal.SIGKILL))
    timer.start()
    said = [int(line) for line in writer.stdout]
    writer.wait()
    timer.join()
    writer.stdout.close()
    return said[-1] if said else -1


@pytest.mark.parametrize("kills", [8, pytest.param(100, marks=pytest.mark.slow)])
def test_kill_9_loses_no_acknowledged_answer(tmp_path, kills):
    path = tmp_path / "a.sqlite3"
    moments = random.Random(7)
    for _ in range(kills):
        acknowledged = killed_once(path, moments.uniform(0.0, 0.15))
        store = Store(path)
        items = {r.item for r in store.reviews()}
        store.close()
        assert items >= {f"i{number}" for number in range(acknowledged + 1)}


OPENED = """
import sys, time
from pathlib import Path
from quizapp.store import Store
print("ready", flush=True)
while not Path(sys.argv[2]).exists():
    time.sleep(0.001)
Store(Path(sys.argv[1])).insert("workshop", exercise="a", act="b", at="c", said="{}")
"""


@pytest.mark.parametrize("version", [0, 1])
def test_copies_that_start_at_the_same_moment(tmp_path, version):
    path, go = tmp_path / "a.sqlite3", tmp_path / "go"
    if version:
        db = sqlite3.connect(path)
        for statement in MIGRATIONS[0]:
            db.execute(statement)
        db.execute("PRAGMA user_version = 1")
        db.close()
    command = [sys.executable, "-c", OPENED, str(path), str(go)]
    copies = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(6)]
    assert [copy.stdout.readline() for copy in copies] == [b"ready\n"] * 6
    go.write_text("")
    assert [(copy.communicate()[1], copy.returncode) for copy in copies] == [(b"", 0)] * 6
    left = {file.name for file in tmp_path.iterdir()} - {"go"}
    assert left == {"a.sqlite3", *(["a.sqlite3.v1"] if version else [])}
    whole = Store(path)
    assert whole.rows("SELECT count(*) FROM workshop") == [(6,)]
    whole.close()


def test_a_kept_old_version_is_whole_and_of_that_version(tmp_path):
    path = tmp_path / "a.sqlite3"
    Store(path).close()
    db = upgrade.connect(path)
    upgrade._keep(db, tmp_path / "old", len(MIGRATIONS) - 1)  # another copy upgraded it a moment ago
    assert not (tmp_path / "old").exists()
    upgrade._keep(db, tmp_path / "now", len(MIGRATIONS))
    assert (tmp_path / "now").exists()
    assert not list(tmp_path.glob(".*"))
    db.close()


def test_a_full_disk_is_said_and_answers_go_on_after_it(store):
    store._db.execute("PRAGMA max_page_count = 1")  # SQLite takes it as: no more than there are

    def fill():
        for _ in range(200):
            store.add_review(review())

    with pytest.raises(StoreError, match="full"):
        fill()
    kept = len(store.reviews())
    store._db.execute("PRAGMA max_page_count = 100000")
    store.add_review(review())
    assert len(store.reviews()) == kept + 1


def test_a_number_that_sqlite_does_not_hold_is_no_traceback(store):
    with pytest.raises(StoreError):
        store.insert("interviews", at="", topic="", minutes=1, seed=2**63)
