"""Backups: whole or not at all, thinned out with age, restored only when sound and with nobody in the way."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from quizapp import backups, doctor, paths, restore
from quizapp.__main__ import main
from quizapp.errors import BackupError
from quizapp.marks import Mark
from quizapp.model import Review
from quizapp.store import MIGRATIONS, Store

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def answer(number: int = 0) -> Review:
    return Review(
        **{"item": f"item-{number}", "rev": 1, "at": NOW + timedelta(minutes=number), "given": "[1]"},
        **{"score": 1.0, "correct": True, "confidence": 0.9, "rating": 3, "seconds": 2.5},
    )


@pytest.fixture
def answers(home: Path) -> Path:
    """The file of somebody who answered three times."""
    with closing(Store(paths.answers())) as store:
        for number in range(3):
            store.add_review(answer(number))
        store.amend(2, 1, NOW)
        store.add_mark(Mark(item="item-1", kind="note", value="mine", at=NOW))
    return paths.answers()


def rows(path: Path) -> dict[str, list[dict[str, object]]]:
    with closing(Store(path)) as store:
        return store.tables()


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


# ---- making them ----------------------------------------------------------------------------------


def test_a_backup_holds_the_same_rows(answers: Path, tmp_path: Path):
    made = backups.asked(answers, paths.backups(), None, NOW)
    assert made == paths.backups() / "backup-2026-03-02-120000.sqlite3"
    assert rows(made) == rows(answers)
    assert [row["item"] for row in rows(made)["reviews"]] == ["item-0", "item-1", "item-2"]
    (tmp_path / "elsewhere").mkdir()
    assert backups.asked(answers, paths.backups(), tmp_path / "elsewhere", NOW).parent.name == "elsewhere"


def test_a_backup_is_made_while_another_copy_writes(answers: Path, tmp_path: Path):
    with closing(Store(answers)) as store:
        store.add_review(answer(7))
        stop, wrote = threading.Event(), threading.Event()

        def write() -> None:
            while not stop.is_set():
                store.add_review(answer(8))
                wrote.set()

        writer = threading.Thread(target=write)
        writer.start()
        try:
            for number in range(5):
                backups.copy(answers, tmp_path / f"{number}.sqlite3")
                wrote.clear()
                assert wrote.wait(30)
        finally:
            stop.set()
            writer.join()
    counts = [restore.held(tmp_path / f"{number}.sqlite3").answers for number in range(5)]
    assert counts == sorted(counts)
    assert 4 <= counts[0] < counts[-1]


def test_the_day_has_one_backup_and_it_ends_at_four(answers: Path):
    folder = paths.backups()
    made = backups.daily(answers, folder, NOW)
    assert made is not None
    assert made.name == "answers-2026-03-02.sqlite3"
    assert backups.daily(answers, folder, NOW.replace(hour=23)) is None
    assert backups.daily(answers, folder, NOW.replace(day=3, hour=3)) is None
    assert backups.daily(answers, folder, NOW.replace(day=3, hour=4)) is not None
    assert names(folder) == ["answers-2026-03-02.sqlite3", "answers-2026-03-03.sqlite3"]


def test_without_anything_to_keep_there_is_none(home: Path):
    assert backups.daily(paths.answers(), paths.backups(), NOW) is None
    Store(paths.answers()).close()
    assert backups.daily(paths.answers(), paths.backups(), NOW) is None
    assert not paths.backups().exists()


def test_two_copies_make_the_backup_of_the_day_at_once(answers: Path):
    stores = [Store(answers) for _ in range(2)]
    threads = [backups.begin(answers, lambda: NOW) for _ in range(6)]
    for thread in threads:
        thread.join()
    for store in stores:
        store.close()
    assert names(paths.backups()) == ["answers-2026-03-02.sqlite3"]
    assert restore.held(paths.backups() / "answers-2026-03-02.sqlite3").answers == 3


def test_days_weeks_and_months_are_kept():
    first = date(2025, 1, 1)
    there: set[date] = set()
    for number in range(800):  # as it goes: a backup a day, thinned out each time
        there.add(first + timedelta(days=number))
        there &= backups.kept(there)
    last = first + timedelta(days=799)
    assert {last - timedelta(days=ago) for ago in range(7)} <= there
    assert len(there) <= 7 + 4 + 12
    ends = sorted(day for day in there if day < last - timedelta(days=40))
    assert len(ends) >= 9
    assert all((day + timedelta(days=1)).day == 1 for day in ends)  # the last day of each month
    assert last - min(there) > timedelta(days=310)
    assert sum(day.weekday() == 6 for day in there if day > last - timedelta(days=31)) >= 3


def test_after_a_long_break_the_old_ones_stay():
    old = {date(2020, 5, day) for day in range(1, 8)}
    assert backups.kept(old) == old
    assert backups.kept(set()) == set()


def test_only_its_own_are_thinned_out(answers: Path):
    folder = paths.backups()
    folder.mkdir()
    for day in range(1, 29):
        (folder / f"answers-2026-01-{day:02}.sqlite3").write_bytes(b"old")
    for name in (
        "backup-2020-01-01-000000.sqlite3",
        "mine.sqlite3",
        "answers-2026-99-99.sqlite3",
        "note.txt",
    ):
        (folder / name).write_bytes(b"mine")
    (folder / ".answers-2026-01-01.sqlite3.1-1.part").write_bytes(b"killed")
    os.utime(folder / ".answers-2026-01-01.sqlite3.1-1.part", (0, 0))
    backups.daily(answers, folder, NOW)
    left = names(folder)
    assert {
        "backup-2020-01-01-000000.sqlite3",
        "mine.sqlite3",
        "answers-2026-99-99.sqlite3",
        "note.txt",
    } < set(left)
    assert sum(name.startswith("answers-2026-01") for name in left) == 7 - 1 + 1  # six days, one more week
    assert not any("part" in name for name in left)


KILLED = """
import sys, time
from pathlib import Path
from quizapp import backups
replace = Path.replace
def slowly(self, target):
    print("half way", flush=True)
    time.sleep(60)
Path.replace = slowly
backups.copy(Path(sys.argv[1]), Path(sys.argv[2]))
"""


def test_a_kill_in_the_middle_leaves_the_old_ones_whole(answers: Path):
    target = backups.asked(answers, paths.backups(), None, NOW)
    before = target.read_bytes()
    with closing(Store(answers)) as store:
        store.add_review(answer(9))
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(answers), str(target)],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"half way\n"
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    assert target.read_bytes() == before
    assert backups.count(paths.backups()) == 1  # what is half made is not counted
    assert restore.held(target).answers == 3
    assert len(rows(answers)["reviews"]) == 4


def test_what_cannot_be_backed_up_is_said(answers: Path, home: Path, capsys: pytest.CaptureFixture[str]):
    other = home / "letter.txt"
    other.write_text("dear", encoding="utf-8")
    assert main(["backup", str(other)]) == 2
    assert "is there already, and is no backup" in capsys.readouterr().err
    assert other.read_text(encoding="utf-8") == "dear"
    assert main(["backup", str(answers)]) == 2
    assert "is the file of answers itself" in capsys.readouterr().err
    assert main(["backup", str(home / "letter.txt" / "x.sqlite3")]) == 2
    assert "cannot be backed up" in capsys.readouterr().err
    answers.unlink()
    assert main(["backup"]) == 2
    assert "nothing to back up" in capsys.readouterr().err


def test_a_folder_that_is_not_there_yet_is_made(answers: Path, home: Path):
    assert main(["backup", f"{home / 'kept'}/"]) == 0
    (made,) = (home / "kept").iterdir()
    assert restore.held(made).answers == 3
    assert main(["backup", f"{made}/"]) == 2


def test_the_answers_of_another_home_are_never_written_over(
    answers: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    other = tmp_path / "other" / "answers.sqlite3"
    with closing(Store(other)) as store:
        store.add_review(answer(7))
    before = other.read_bytes()
    assert main(["backup", str(other)]) == 2
    assert "is there already, and is no backup" in capsys.readouterr().err
    assert other.read_bytes() == before
    made = backups.asked(answers, paths.backups(), tmp_path / "mine.sqlite3", NOW)
    restore.restore(made, other, tmp_path / "theirs", NOW)  # no less theirs right after a restore
    assert main(["backup", str(other)]) == 2
    with closing(Store(answers)) as store:
        store.add_review(answer(8))
    assert main(["backup", str(made)]) == 0
    assert restore.held(made).answers == 4


# ---- restoring ------------------------------------------------------------------------------------


def test_a_round_trip_is_equal(answers: Path, capsys: pytest.CaptureFixture[str]):
    before = rows(answers)
    assert main(["backup"]) == 0
    name = Path(capsys.readouterr().out.split(" (")[0]).name
    with closing(Store(answers)) as store:
        store.add_review(answer(5))
    later = rows(answers)
    paths.snapshot().write_text("{}", encoding="utf-8")
    assert main(["restore", name, "--yes"]) == 0
    said = capsys.readouterr().out
    assert "3 answers, the newest of 2026-03-02" in said
    assert "4 answers" in said
    assert rows(answers) == before
    assert not paths.snapshot().exists()
    (safe,) = paths.backups().glob("before-restore-*")
    assert str(safe) in said
    assert rows(safe) == later


def test_it_asks_first(answers: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    made = backups.asked(answers, paths.backups(), None, NOW)
    with closing(Store(answers)) as store:
        store.add_review(answer(5))
    monkeypatch.setattr("click.confirm", lambda text: False)
    assert main(["restore", str(made)]) == 1
    assert "nothing was changed" in capsys.readouterr().err
    assert len(rows(answers)["reviews"]) == 4
    assert names(paths.backups()) == [made.name]


OPEN = """
import sys
from pathlib import Path
from quizapp.store import Store
store = Store(Path(sys.argv[1]))
print("open", flush=True)
sys.stdin.read()
"""


def test_as_long_as_another_copy_has_it_open_nothing_is_restored(answers: Path):
    made = backups.asked(answers, paths.backups(), None, NOW)
    with closing(Store(answers)) as store:
        store.add_review(answer(5))
    with subprocess.Popen(
        [sys.executable, "-c", OPEN, str(answers)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"open\n"
        with pytest.raises(BackupError, match="another quizapp has"):
            restore.restore(made, answers, paths.backups(), NOW)
        assert names(paths.backups()) == [made.name]
        other.communicate()
    assert len(rows(answers)["reviews"]) == 4
    assert restore.restore(made, answers, paths.backups(), NOW) is not None
    assert len(rows(answers)["reviews"]) == 3


RESTORED = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from quizapp import restore
keep = restore._keep
def said(*given):
    keep(*given)
    print("now", flush=True)
restore._keep = said
restore.restore(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), datetime.now(UTC))
"""


@pytest.mark.parametrize("wait", [0.0, 0.001, 0.003, 0.01])
def test_a_kill_in_the_middle_of_a_restore_leaves_one_or_the_other(answers: Path, wait: float):
    made = backups.asked(answers, paths.backups(), None, NOW)
    before = rows(answers)
    with closing(Store(answers)) as store, store._write() as db:
        values = ("item-9", NOW.isoformat(), "x" * 500)
        many = (values for _ in range(4000))
        sql = "INSERT INTO reviews (item, rev, at, given, score, correct, rating, seconds)"
        db.executemany(f"{sql} VALUES (?, 1, ?, json_quote(?), 1.0, 1, 3, 2.0)", many)
    later = rows(answers)
    process = subprocess.Popen(
        [sys.executable, "-c", RESTORED, str(made), str(answers), str(paths.backups())],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"now\n"
    time.sleep(wait)
    process.kill()
    process.wait()
    process.stdout.close()
    assert rows(answers) in (before, later)
    # A journal stands beside it when the kill came while it was given the learner's files.
    (safe,) = paths.backups().glob("before-restore-*.sqlite3")
    assert rows(safe) == later


def test_where_there_is_nothing_yet_it_is_put(answers: Path):
    made = backups.asked(answers, paths.backups(), None, NOW)
    answers.unlink()
    paths.settings().unlink()
    assert restore.restore(made, answers, paths.backups(), NOW) is None
    assert len(rows(answers)["reviews"]) == 3


@pytest.mark.parametrize("damage", ["none of it", "the middle"])
def test_damaged_answers_are_set_aside_and_replaced(answers: Path, damage: str):
    made = backups.asked(answers, paths.backups(), None, NOW)
    body = bytearray(answers.read_bytes())
    begin = 0 if damage == "none of it" else 8192
    body[begin:40960] = b"\xff" * (40960 - begin)
    answers.write_bytes(body)
    safe = restore.restore(made, answers, paths.backups(), NOW)
    assert safe is not None
    assert safe.stat().st_size > 0
    assert len(rows(answers)["reviews"]) == 3


def test_a_backup_that_somebody_was_killed_in_is_restored_as_it_was(answers: Path, tmp_path: Path):
    with closing(Store(answers)) as store, store._write() as db:
        sql = "INSERT INTO reviews (item, rev, at, given, score, correct, rating, seconds)"
        values = ("item-9", NOW.isoformat(), "x" * 500)
        db.executemany(f"{sql} VALUES (?, 1, ?, json_quote(?), 1.0, 1, 3, 2.0)", [values] * 500)
    before = rows(answers)
    made = backups.asked(answers, tmp_path, None, NOW)
    killed = tmp_path / "killed.sqlite3"
    with closing(sqlite3.connect(made, isolation_level=None)) as db:
        db.execute("PRAGMA cache_size = 2")  # what is changed goes to the file before the end
        db.execute("BEGIN")
        db.execute("UPDATE reviews SET item = 'changed'")
        for end in ("", "-journal"):
            Path(f"{killed}{end}").write_bytes(Path(f"{made}{end}").read_bytes())
        db.execute("ROLLBACK")
    assert killed.read_bytes() != made.read_bytes()
    restore.restore(killed, answers, paths.backups(), NOW)
    assert rows(answers) == before


def test_where_the_files_cannot_be_kept_it_is_said_what_was_restored(
    answers: Path, monkeypatch: pytest.MonkeyPatch
):
    before = rows(answers)
    made = backups.asked(answers, paths.backups(), None, NOW)
    with closing(Store(answers)) as store:
        store.add_review(answer(5))
    later = rows(answers)
    paths.settings().write_text("theme: dark\n", encoding="utf-8")

    def full(*_: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(restore.belongings, "keep", full)
    with pytest.raises(BackupError, match=r"the answers are restored.*No space left") as caught:
        restore.restore(made, answers, paths.backups(), NOW)
    (safe,) = paths.backups().glob("before-restore-*.sqlite3")
    assert str(safe) in str(caught.value)
    assert "Nothing was changed" not in str(caught.value)
    assert rows(answers) == before
    assert rows(safe) == later
    assert paths.settings().read_text(encoding="utf-8") == "theme: dark\n"


def test_an_older_backup_is_brought_up_to_date(answers: Path, tmp_path: Path):
    old = tmp_path / "old.sqlite3"
    with closing(sqlite3.connect(old)) as db:
        for migration in MIGRATIONS[:2]:
            for statement in migration:
                db.execute(statement)
        db.execute("PRAGMA user_version = 2")
        values = ("item-0", 1, NOW.isoformat(), "[1]", 1.0, 1, None, 3, 2.0)
        db.execute(f"INSERT INTO reviews VALUES (1, {', '.join('?' * 9)})", values)
        db.commit()
    before = old.read_bytes()
    restore.restore(old, answers, paths.backups(), NOW)
    assert [row["cram"] for row in rows(answers)["reviews"]] == [0]
    assert old.read_bytes() == before


def spoil(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        for statement in statements:
            db.execute(statement)


SPOILT = {
    "no database": ("", "is no backup of quizapp: file is not a database"),
    "empty": ("", "holds other tables"),
    "cut short": ("", "damaged|malformed"),
    "other tables": ("ALTER TABLE marks RENAME TO others", "holds other tables"),
    "a column more": ("ALTER TABLE marks ADD COLUMN extra TEXT", "holds other tables"),
    "a trigger": ("CREATE TRIGGER t AFTER INSERT ON marks BEGIN SELECT 1; END", "holds other tables"),
    "a view": ("CREATE VIEW v AS SELECT * FROM marks", "holds other tables"),
    "newer": (f"PRAGMA user_version = {len(MIGRATIONS) + 1}", "newer quizapp"),
    "no version": ("PRAGMA user_version = 0", "holds other tables"),
    "no time": ("UPDATE reviews SET at = 'yesterday'", "cannot read: Invalid isoformat"),
    "no zone": ("UPDATE reviews SET at = '2026-03-02T12:00:00'", "a time without its zone"),
    "no review": ("PRAGMA foreign_keys = 0 ;; DELETE FROM reviews", "a row of amendments"),
    "no state": ("INSERT INTO workshop VALUES (1, 'e', 'check', '', '{}')", "cannot read"),
    "no run": ("INSERT INTO runs VALUES (1, 'e', 'cpu', '', 'ok', '{')", "cannot read"),
}


@pytest.mark.parametrize("how", SPOILT)
def test_garbage_is_refused_and_changes_nothing(answers: Path, tmp_path: Path, how: str):
    statement, message = SPOILT[how]
    bad = backups.asked(answers, paths.backups(), tmp_path / "bad.sqlite3", NOW)
    if how == "no database":
        bad.write_bytes(b"these are not the answers" * 100)
    elif how == "empty":
        bad.write_bytes(b"")
    elif how == "cut short":
        bad.write_bytes(bad.read_bytes()[:9000])
    else:
        spoil(bad, *statement.split(" ;; "))
    before = rows(answers)
    with pytest.raises(BackupError, match=message):
        restore.restore(bad, answers, paths.backups(), NOW)
    assert rows(answers) == before
    assert not paths.backups().exists()


def test_a_file_that_is_not_there_is_said(home: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["restore", "nothing.sqlite3", "--yes"]) == 2
    assert "nothing.sqlite3 cannot be read: No such file" in capsys.readouterr().err


# ---- what doctor says -----------------------------------------------------------------------------


def test_doctor_says_when_the_last_one_was(answers: Path):
    assert doctor._backups().value.startswith("none yet")
    made = backups.asked(answers, paths.backups(), None, NOW)
    found = doctor._backups()
    assert found.ok
    assert made.name in found.value
    assert "1 in " in found.value
    os.utime(made, (0, 0))
    late = doctor._backups()
    assert not late.ok
    assert "the last 1970-01-01" in late.value
    assert "quizapp backup" in late.todo


def test_the_log_of_a_file_that_was_moved_away_is_not_taken_for_the_restored_one(
    answers: Path, tmp_path: Path
):
    backup = backups.asked(answers, tmp_path, None, NOW)
    killed = (
        "import os, pathlib, sys; from quizapp.store import Store; store = Store(pathlib.Path(sys.argv[1]));"
        "[store.insert('workshop', exercise='x' * 999, act='', at='', said='') for _ in range(200)];"
        "os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", killed, str(answers)], check=False)
    assert Path(f"{answers}-wal").stat().st_size > 0
    answers.rename(tmp_path / "moved")
    restore.restore(backup, answers, paths.backups(), NOW)
    with closing(Store(answers)) as store:
        assert len(store.reviews()) == 3
        assert store.rows("PRAGMA integrity_check") == [("ok",)]


def test_a_database_of_something_else_is_never_written_over(answers: Path, tmp_path: Path):
    other = tmp_path / "places.sqlite"
    with closing(sqlite3.connect(other)) as db:
        db.execute("CREATE TABLE visits (url TEXT)")
    before = other.read_bytes()
    with pytest.raises(BackupError, match="is no backup"):
        backups.asked(answers, paths.backups(), other, NOW)
    assert other.read_bytes() == before
