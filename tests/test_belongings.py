"""What the learner wrote beside their answers is in every backup, comes back, and is in `data --json`."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from quizapp import backups, belongings, paths, restore
from quizapp.__main__ import main
from quizapp.errors import BackupError
from quizapp.store import Store
from tests.test_backups import answer, answers  # noqa: F401 - a fixture

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
MINE = {
    "settings.yaml": b"theme: contrast\n",
    "exported.json": b"{}",
    "drafts/question-3.json": b'{"said": "because", "seconds": 4.0}',
    "exercises/wide_chain.py": b"mine = '\xe9'\n",
    "exercises/wide_chain.1.py": b"older\n",
    "packs/tuesday/manifest.json": b"{}",
    "packs/tuesday/questions/attention.yaml": b"schema: 1\n",
    "packs/tuesday/evidence/anna.jsonl": b"",
}
NOT_MINE = (
    "banks.json",
    "standings.json",
    "group/aa.jsonl",
    "exercises/notes.txt",
    "visitors/1/settings.yaml",
)


def lay(files: dict[str, bytes]) -> None:
    for name, body in files.items():
        path = paths.home() / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)


def there() -> dict[str, bytes]:
    return belongings.here(paths.home())[0]


@pytest.fixture
def made(answers: Path) -> Path:  # noqa: F811
    """A backup of all of it."""
    lay(MINE | dict.fromkeys(NOT_MINE, b"{}"))
    return backups.asked(answers, paths.backups(), None, NOW)


def test_what_was_written_by_hand_is_found_and_what_can_be_made_again_is_not(made: Path):
    assert there() == MINE
    assert restore.held(made).files == MINE
    assert str(restore.held(made)).endswith("and 8 files of yours")


def test_the_daily_backup_has_it_too(made: Path):
    daily = backups.daily(paths.answers(), paths.backups(), NOW)
    assert daily is not None
    assert restore.held(daily).files == MINE


def test_it_comes_back_and_what_was_here_is_kept(made: Path, capsys: pytest.CaptureFixture[str]):
    later = {
        "settings.yaml": b"theme: dark\n",
        "exercises/wide_chain.py": b"worse\n",
        "exercises/causal_mask.py": b"new\n",
        "drafts/question-9.json": b"{}",
        "packs/tuesday/questions/more.yaml": b"schema: 1\n",
        "packs/monday/manifest.json": b"{}",
    }
    lay(later)
    with closing(Store(paths.answers())) as store:
        store.add_review(answer(5))
    assert main(["restore", made.name, "--yes"]) == 0
    stayed = {name: later[name] for name in ("exercises/causal_mask.py", "packs/monday/manifest.json")}
    assert there() == MINE | stayed
    (safe,) = paths.backups().glob("before-restore-*")
    assert restore.held(safe).files == MINE | later
    assert "8 files of yours" in capsys.readouterr().out
    assert main(["restore", safe.name, "--yes"]) == 0
    assert there() == MINE | later
    with closing(Store(paths.answers())) as store:
        assert len(store.reviews()) == 4
        assert belongings.TABLE not in store.tables()


def test_a_backup_without_files_brings_answers_alone(answers: Path):  # noqa: F811
    paths.settings().unlink(missing_ok=True)
    made = backups.asked(answers, paths.backups(), None, NOW)
    with closing(sqlite3.connect(made)) as db:
        assert not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'belongings'").fetchall()
    lay(MINE)
    restore.restore(made, answers, paths.backups(), NOW)
    assert there() == {name: body for name, body in MINE.items() if not name.startswith("drafts/")}


@pytest.mark.parametrize("there_is", ["none", "rubbish"])
def test_where_there_is_no_database_to_keep_files_in_they_are_kept_plainly(made: Path, there_is: str):
    if there_is == "none":
        paths.answers().unlink()
    else:
        paths.answers().write_bytes(b"no database at all" * 500)
    lay({"settings.yaml": b"theme: dark\n"})
    safe = restore.restore(made, paths.answers(), paths.backups(), NOW)
    assert safe is not None
    assert (safe.with_suffix("") / "settings.yaml").read_bytes() == b"theme: dark\n"
    assert there() == MINE


@pytest.mark.parametrize(
    "name",
    [
        "../../.bashrc",
        "/etc/passwd",
        "exercises/../../x.py",
        "exercises/.x.py",
        "packs/../x/manifest.json",
        "packs/a/questions/../../x.yaml",
        "answers.sqlite3",
        "backups/x.sqlite3",
        "group/aa.jsonl",
        "settings.yaml\n",
    ],
)
def test_a_backup_that_would_write_elsewhere_is_refused_whole(made: Path, name: str):
    with closing(sqlite3.connect(made)) as db, db:
        db.execute("INSERT INTO belongings VALUES (?, ?)", (name, b"x"))
    with pytest.raises(BackupError, match="no file of quizapp's"):
        restore.restore(made, paths.answers(), paths.backups(), NOW)
    assert there() == MINE


def test_another_table_of_that_name_is_refused(made: Path):
    with closing(sqlite3.connect(made)) as db, db:
        db.execute("DROP TABLE belongings")
        db.execute("CREATE VIEW belongings AS SELECT 'settings.yaml' AS path, 'x' AS body")
    with pytest.raises(BackupError, match="another one"):
        restore.held(made)


def test_too_much_is_left_out_and_said(
    answers: Path,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):
    lay(MINE)
    monkeypatch.setattr(belongings, "MOST", 80)
    found, left_out = belongings.here(paths.home())
    assert "settings.yaml" in found
    assert left_out == ["packs/tuesday"]
    assert not any(name.startswith("packs/") for name in found)
    assert main(["backup"]) == 0
    assert f"{left_out[0]} is not in it" in capsys.readouterr().err


def kept() -> dict[str, bytes]:
    """What was here before a restore: in the backup that was made of it, or in the folder beside that."""
    (safe,) = paths.backups().glob("before-restore-*.sqlite3")
    folder = safe.with_suffix("")
    beside = {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    return {**restore.held(safe).files, **beside}


def test_a_file_of_something_else_does_not_keep_a_pack_out_and_stays(made: Path):
    edited = {"packs/tuesday/questions/attention.yaml": b"# edited for hours\n"}
    others = {"packs/tuesday/questions/._attention.yaml": b"\0", "drafts/question-mine.json": b"mine"}
    lay(edited | others)
    assert there() == MINE | edited
    restore.restore(made, paths.answers(), paths.backups(), NOW)
    assert there() == MINE
    assert kept() == MINE | edited
    assert {name: (paths.home() / name).read_bytes() for name in others} == others


def test_what_a_link_in_a_pack_leads_to_stays_as_it_is(made: Path, tmp_path: Path):
    name = "packs/tuesday/questions/attention.yaml"
    elsewhere = tmp_path / "mine.yaml"
    elsewhere.write_text("# mine", encoding="utf-8")
    (paths.home() / name).parent.mkdir(parents=True, exist_ok=True)
    (paths.home() / name).unlink(missing_ok=True)
    (paths.home() / name).symlink_to(elsewhere)
    backups.copy(made, tmp_path / "with.sqlite3", {**MINE, name: b"# theirs\n"})
    restore.restore(tmp_path / "with.sqlite3", paths.answers(), paths.backups(), NOW)
    assert (paths.home() / name).read_bytes() == b"# theirs\n"
    assert elsewhere.read_text(encoding="utf-8") == "# mine"


def test_what_is_too_much_for_a_backup_is_kept_beside_it_and_said(
    made: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr(belongings, "MOST", sum(map(len, MINE.values())))
    edited = {"packs/tuesday/questions/attention.yaml": b"# edited for hours\n"}
    lay(edited)
    assert belongings.here(paths.home())[1] == ["packs/tuesday"]
    assert main(["restore", made.name, "--yes"]) == 0
    assert there() == MINE
    assert kept() == MINE | edited
    (safe,) = paths.backups().glob("before-restore-*.sqlite3")
    assert f"What was there is in {safe} and {safe.with_suffix('')}\n" in capsys.readouterr().out


def test_it_leaves_as_json(made: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["data", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["files"]
    assert found.keys() == MINE.keys()
    assert found["settings.yaml"] == "theme: contrast\n"
    assert found["exercises/wide_chain.py"] == {"base64": "bWluZSA9ICfpJwo="}
