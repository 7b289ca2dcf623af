"""What was folded bit by bit is what a fold from scratch gives, whoever wrote the rows, in any order."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime, timedelta

import pytest

from quizapp import learner as learner_module
from quizapp import schedule
from quizapp.learner import KEPT_EVERY, Learner, fold
from quizapp.model import Review
from quizapp.store import Store

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def review(item="a", rating=3, at=NOW, *, correct=None, confidence=None, cram=False):
    right = rating > 1 if correct is None else correct
    return Review(
        item=item,
        rev=1,
        at=at,
        given="[1]",
        score=float(right),
        correct=right,
        confidence=confidence,
        rating=rating,
        seconds=2.5,
        cram=cram,
    )


@pytest.fixture
def counted(monkeypatch):
    """How many answers were folded, in a list of one number."""
    count, whole = [0], schedule.review

    def counting(*given):
        count[0] += 1
        return whole(*given)

    monkeypatch.setattr(schedule, "review", counting)
    return count


def last_of(reviews, item):
    return next(one for one in reversed(reviews) if one.item == item)


def same_as_from_scratch(learner, store):
    reviews = store.reviews()
    standings = fold(reviews)
    assert learner.standings == standings
    assert learner.memories == schedule.fold(reviews)
    newest = {one.item: one.correct for one in reviews}
    assert learner.wrong == {item for item, correct in newest.items() if not correct}
    sure = {one.item for one in reviews if (one.confidence or 0) >= 0.9 and one is last_of(reviews, one.item)}
    assert learner.surely_wrong == learner.wrong & sure


@pytest.mark.parametrize("seed", range(12))
def test_bit_by_bit_is_from_scratch(store, tmp_path, seed):
    chance = random.Random(seed)
    other = Store(store.path)
    snapshot = tmp_path / "standings.json"
    learner = Learner(store, snapshot)
    written, at = [], NOW
    for _ in range(120):
        copy = chance.choice((store, store, other))
        match chance.choices(("answer", "rerate", "undo", "late", "fold", "restart"), (50, 8, 8, 5, 25, 4))[
            0
        ]:
            case "answer" | "late" as when:
                at += timedelta(seconds=chance.choice((0, 1, 40, 900, 86_400, 700_000)))
                then = at - timedelta(days=chance.random() * 9) if when == "late" else at
                one = review(
                    chance.choice("abcde"),
                    chance.randint(1, 4),
                    then,
                    confidence=chance.choice((None, 0.5, 0.99)),
                    cram=chance.random() < 0.2,
                )
                written.append(copy.add_review(one))
            case "rerate" if written:
                copy.amend(chance.choice(written), chance.randint(1, 4), at)
            case "undo" if written:
                copy.amend(chance.choice(written), None, at)
            case "fold":
                learner.refresh()
                assert learner.behind() == 0
                same_as_from_scratch(learner, store)
            case "restart":
                learner._kept = (-KEPT_EVERY, 0)
                learner.keep()
                learner = Learner(store, snapshot)
    learner.refresh()
    same_as_from_scratch(learner, store)
    other.close()


def test_what_was_folded_is_not_folded_again(store, counted):
    learner = Learner(store)
    for number in range(30):
        store.add_review(review("abc"[number % 3], at=NOW + timedelta(days=number)))
    learner.refresh()
    assert counted == [30]
    learner.refresh()
    assert counted == [30]
    last = store.add_review(review("a", at=NOW + timedelta(days=40)))
    learner.refresh()
    assert counted == [31], "a later row on top"
    store.amend(last, None, NOW)
    learner.refresh()
    assert counted == [41], "an undo: the ten of its item alone"
    same_as_from_scratch(learner, store)


def test_who_reads_a_mapping_may_go_on_while_answers_come(store):
    learner = Learner(store)
    store.add_review(review("a"))
    learner.refresh()
    before = iter(learner.memories)
    store.add_review(review("b"))
    learner.refresh()
    assert list(before) == ["a"]
    assert set(learner.memories) == {"a", "b"}


def test_what_is_crammed_is_an_answer_that_the_schedule_does_not_see(store):
    learner = Learner(store)
    store.add_review(review("a", at=NOW))
    learner.refresh()
    held = learner.memories["a"]
    store.add_review(review("a", 1, NOW + timedelta(days=5), confidence=0.99, cram=True))
    store.add_review(review("b", 3, NOW + timedelta(days=5), cram=True))
    learner.refresh()
    assert learner.memories == {"a": held}
    assert learner.wrong == {"a"}
    assert learner.surely_wrong == {"a"}
    assert learner.today(NOW + timedelta(days=5)) == (frozenset(), frozenset())


def test_a_day_ends_at_four(store):
    night = datetime(2026, 3, 3, 3, 30, tzinfo=UTC)
    learner = Learner(store)
    store.add_review(review("old", at=NOW - timedelta(days=3)))
    store.add_review(review("met", at=NOW))
    store.add_review(review("old", at=night))
    learner.refresh()
    assert learner.today(night) == ({"met"}, {"old"})
    assert learner.today(night + timedelta(hours=1)) == (frozenset(), frozenset())


# ---- the snapshot -----------------------------------------------------------------------------------


@pytest.fixture
def many(store):
    """Enough answers for a snapshot."""
    for number in range(40):
        store.add_review(review(f"i{number % 7}", 1 + number % 4, NOW + timedelta(hours=number)))
    return store


def kept(store, path, monkeypatch):
    monkeypatch.setattr(learner_module, "KEPT_EVERY", 10)
    learner = Learner(store, path)
    learner.refresh()
    learner.keep()
    assert path.exists()
    return learner


def test_a_snapshot_spares_the_fold(many, tmp_path, monkeypatch, counted):
    path = tmp_path / "standings.json"
    first = kept(many, path, monkeypatch)
    many.add_review(review("i1", at=NOW + timedelta(days=9)))
    counted[0] = 0
    second = Learner(many, path)
    assert second.behind() == 1
    second.refresh()
    assert counted == [1]
    assert second.memories["i2"] == first.memories["i2"]
    same_as_from_scratch(second, many)
    written = path.stat().st_mtime_ns
    second.keep()
    assert path.stat().st_mtime_ns == written, "one row is not worth it"


@pytest.mark.parametrize("harm", ["none", "half", "list", "other code", "other answers", "row"])
def test_a_snapshot_that_does_not_fit_costs_only_time(many, tmp_path, monkeypatch, harm):
    path = tmp_path / "standings.json"
    kept(many, path, monkeypatch)
    body = json.loads(path.read_text())
    match harm:
        case "none":
            path.unlink()
        case "half":
            path.write_bytes(path.read_bytes()[:100])
        case "list":
            path.write_text("[]")
        case "other code":
            path.write_text(json.dumps({**body, "key": []}))
        case "other answers":
            many = Store(tmp_path / "others.sqlite3")
            for number in range(50):
                many.add_review(review(f"o{number}"))
        case "row":
            path.write_text(json.dumps({**body, "items": [["a", [1], 2]]}))
    learner = Learner(many, path)
    learner.refresh()
    same_as_from_scratch(learner, many)


def test_a_folder_that_cannot_be_written_to_keeps_nothing(many, tmp_path, monkeypatch):
    monkeypatch.setattr(learner_module, "KEPT_EVERY", 10)
    learner = Learner(many, tmp_path / "missing" / "standings.json")
    learner.refresh()
    learner.keep()
    same_as_from_scratch(learner, many)
