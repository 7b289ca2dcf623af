"""Everything the learner has can be taken elsewhere, and is the same there."""

from __future__ import annotations

import csv
import io
import json
import re
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fsrs import Card, Rating, ReviewLog, Scheduler

from quizapp import backups, paths, records, schedule, settings
from quizapp.__main__ import main
from quizapp.interviews import Interviews, Question, Ticks
from quizapp.marks import Mark
from quizapp.model import Review
from quizapp.store import Store
from tests.test_store import run

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
ROOT = Path(__file__).resolve().parents[1]


def answer(item: str, after: timedelta, rating: int = 3, cram: bool = False) -> Review:
    return Review(
        **{"item": item, "rev": 2, "at": NOW + after, "given": '{"said": "“ja”"}', "score": 0.5},
        **{"correct": rating > 1, "confidence": None, "rating": rating, "seconds": 2.5, "cram": cram},
    )


@pytest.fixture
def kept(home: Path) -> Store:
    """Somebody who did everything once."""
    with closing(Store(paths.answers())) as store:
        day = timedelta(days=1)
        for number, rating in enumerate((3, 3, 1, 4)):
            store.add_review(answer("a-b", number * 3 * day, rating))
        store.add_review(answer("c-d", day))
        store.add_review(answer("a-b", 20 * day, 4, cram=True))
        undone = store.add_review(answer("e-f", day))
        store.amend(1, 4, NOW)
        store.amend(undone, None, NOW)
        store.add_mark(Mark(item="a-b", kind="note", value="mine\n", at=NOW))
        store.add_run(run())
        store.add_outcome(store.add_prediction("c", "holds", NOW), "fails", NOW)
        store.insert("workshop", exercise="01", act="check", at=NOW.isoformat(), said='{"state": "passed"}')
        store.insert("workshop", exercise="01", act="hint", at=NOW.isoformat(), said="")
        interviews = Interviews(store)
        held = interviews.begin("attention", 15, 7, NOW)
        asked = Question(id=0, item="a-b", point="", prompt="Why?", asker="rules")
        interviews.answer(interviews.ask(held, asked, 1, NOW), "because", 3.0, NOW)
        interviews.tick(held, Ticks(item="a-b", ticked=("r1",), band="junior", at=NOW))
        interviews.end(held, NOW)
        yield store


def test_everything_is_in_it_and_the_same(kept: Store, capsys: pytest.CaptureFixture[str]):
    settings.put(paths.settings(), "interview", "2027-01-31")
    assert main(["data", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["format"] == 1
    assert found["settings"]["interview"] == "2027-01-31"
    assert found["tables"]["reviews"][0]["given"] == {"said": "“ja”"}
    assert found["tables"]["runs"][0]["body"]["checks"][0]["high"] == "Infinity"
    assert found["tables"]["interview_ticks"][0]["ticked"] == ["r1"]
    assert [row["said"] for row in found["tables"]["workshop"]] == [{"state": "passed"}, ""]
    stored = kept.tables()
    assert {name: len(rows) for name, rows in found["tables"].items()} == {
        n: len(r) for n, r in stored.items()
    }
    for name, rows in stored.items():
        for row, back in zip(rows, found["tables"][name], strict=True):
            for column, value in row.items():
                coded = (name, column) in records.JSON_COLUMNS and value != ""
                same = json.loads(value) if coded else value
                assert back[column] == same or name == "runs"
    assert json.loads(json.dumps(records.everything(stored, settings.Settings(), "1", NOW)))["quizapp"] == "1"


def test_every_table_and_column_is_documented(kept: Store):
    text = (ROOT / "docs" / "data.md").read_text(encoding="utf-8")
    for name, rows in kept.tables().items():
        (said,) = re.findall(rf"^\| `{name}` \|(.*)$", text, re.MULTILINE)
        common = {"id", "at", "item"}
        assert [column for row in rows[:1] for column in row if f"`{column}`" not in said] == [
            column for row in rows[:1] for column in row if column in common and f"`{column}`" not in said
        ], name
    assert all(f"`{column}`" in text for column in records.LOG)


def test_other_tools_read_the_review_log(kept: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    out = tmp_path / "log.csv"
    assert main(["data", "--reviews", str(out)]) == 0
    said = capsys.readouterr()
    assert f"{out}: 5 answers" in said.out
    assert "1 crammed" in said.err
    rows = list(csv.DictReader(io.StringIO(out.read_text(encoding="utf-8"))))
    assert tuple(rows[0]) == records.LOG
    assert [row["review_rating"] for row in rows] == ["4", "3", "3", "1", "4"]
    assert [row["review_state"] for row in rows] == ["0", "0", "2", "2", "3"]
    assert len({row["card_id"] for row in rows}) == 2
    memories = schedule.fold(kept.reviews())
    for item in ("a-b", "c-d"):
        logs = [
            ReviewLog(
                card_id=int(row["card_id"]),
                rating=Rating(int(row["review_rating"])),
                review_datetime=datetime.fromtimestamp(int(row["review_time"]) / 1000, UTC),
                review_duration=int(row["review_duration"]),
            )
            for row in rows
            if int(row["card_id"]) == records.card_id(item)
        ]
        assert [ReviewLog.from_json(log.to_json()) for log in logs] == logs
        scheduler = Scheduler(desired_retention=schedule.RETENTION, enable_fuzzing=False)
        card = scheduler.reschedule_card(Card(card_id=logs[0].card_id), logs)
        assert card.stability == pytest.approx(memories[item].stability)
        assert card.due == memories[item].due
    assert logs[0].review_duration == 2500


def test_the_log_can_be_piped(kept: Store, capsys: pytest.CaptureFixture[str]):
    assert main(["data", "--reviews", "-"]) == 0
    assert capsys.readouterr().out.startswith("card_id,review_time")


@pytest.mark.parametrize("arguments", [(), ("--json", "--reviews", "x.csv")])
def test_one_of_the_two_is_asked_for(home: Path, arguments: tuple[str, ...]):
    assert main(["data", *arguments]) == 2


def test_a_place_that_cannot_be_written_is_said(kept: Store, capsys: pytest.CaptureFixture[str]):
    assert main(["data", "--reviews", str(paths.home() / "no" / "x.csv")]) == 2
    assert "cannot be written" in capsys.readouterr().err


def test_tables_are_of_one_moment(kept: Store):
    other = Store(paths.answers())
    assert other.tables() == kept.tables()
    other.add_review(answer("g-h", timedelta()))
    assert len(kept.tables()["reviews"]) == 8
    other.close()
    backups.asked(paths.answers(), paths.backups(), None, NOW)
