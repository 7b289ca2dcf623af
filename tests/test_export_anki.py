"""Packages are imported into a real Anki collection, as a learner would."""

import dataclasses
import io
import json
import re
import sqlite3
import tempfile
import time
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import get_args

import pytest

from quizapp import export
from quizapp.errors import ExportError
from quizapp.evidence import Run
from quizapp.export import anki as package
from quizapp.export import changes, picture
from quizapp.export.changes import Change, Changes
from quizapp.export.deck import of
from quizapp.model import Topic, build
from quizapp.verifiers import catalogue

collections = pytest.importorskip("anki.collection")

FIXTURES = Path(__file__).parent / "fixtures"
HOSTILE = (
    '<script>alert(1)</script><img src=x onerror=1> a<b & "q" '
    "[sound:x.mp3] [latex]\\input[/latex] {{c1::x}} \x1f"
)
LATER = timedelta(days=365 * 50)


@pytest.fixture
def run():
    """A fabricated run of the bench as it stands, so that it is not stale."""
    made = build(Run, json.loads((FIXTURES / "fabricated_run.json").read_text(encoding="utf-8")))
    fingerprint = catalogue.read("gradient_distance").fingerprint
    return dataclasses.replace(made, fingerprint=fingerprint)


@pytest.fixture
def deck(all_kinds, run):
    return of(all_kinds, {run.experiment: run})


class Learner:
    """A person with a real Anki collection."""

    def __init__(self, folder):
        self.folder = folder
        self.collection = collections.Collection(str(folder / "collection.anki2"))

    def take(self, deck):
        """Import the deck with Anki's default options; returns the log of what it did."""
        path = self.folder / "deck.apkg"
        path.write_bytes(export.render(deck, ".apkg"))
        request = collections.ImportAnkiPackageRequest(
            package_path=str(path), options=collections.ImportAnkiPackageOptions()
        )
        return self.collection.import_anki_package(request).log

    def note(self, item):
        (found,) = self.collection.find_notes(f'"Item:{item}"')
        return self.collection.get_note(found)

    def notes(self):
        return [self.collection.get_note(id_) for id_ in self.collection.find_notes("")]

    def media(self):
        folder = self.folder / "collection.media"
        return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


@pytest.fixture
def learner(tmp_path):
    person = Learner(tmp_path)
    yield person
    person.collection.close()


def with_item(deck, id_, **new):
    items = tuple(dataclasses.replace(item, **new) if item.id == id_ else item for item in deck.items)
    return dataclasses.replace(deck, items=items)


# ---- bytes ----------------------------------------------------------------------------------------


def test_the_same_deck_gives_the_same_bytes_at_any_time(deck, monkeypatch):
    before = export.render(deck, ".apkg")
    monkeypatch.setattr(time, "time", lambda: 4e9)
    assert export.render(deck, ".apkg") == before
    with zipfile.ZipFile(io.BytesIO(before)) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_ids_are_constants_in_ankis_range():
    ids = [package.MODEL_ID, *package.DECK_IDS.values()]
    assert set(package.DECK_IDS) == set(get_args(Topic))
    assert len(set(ids)) == len(ids)
    assert all(2**30 < id_ < 2**31 for id_ in ids)
    assert package.MODEL_ID == 1_482_907_311
    assert sum(package.DECK_IDS.values()) == 17_392_041_055


def test_the_fields_are_frozen():
    assert " ".join(package.FIELDS) == (
        "Item Question Options Answer Why Aloud Caveats Sources Evidence Spare 1 Spare 2 Spare 3"
    )


def test_no_temporary_file_is_left(deck, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    export.render(deck, ".apkg")
    assert list(tmp_path.iterdir()) == []


# ---- a first import -------------------------------------------------------------------------------


def test_every_item_becomes_one_note_with_one_card(deck, learner):
    log = learner.take(deck)
    assert len(log.new) == len(deck.items) == learner.collection.card_count() == 13
    assert {note["Item"] for note in learner.notes()} == {item.id for item in deck.items}
    names = {entry.name for entry in learner.collection.decks.all_names_and_ids()}
    assert {"quizapp::Path length", "quizapp::Quadratic cost", "quizapp::Synthesis"} <= names
    (card,) = learner.note("fix-choice").cards()
    assert learner.collection.decks.name(card.did) == "quizapp::Path length"


def test_notes_are_tagged(deck, learner):
    learner.take(deck)
    assert set(learner.note("fix-choice").tags) == {
        "quizapp::topic::path_length",
        "quizapp::kind::choice",
        "quizapp::level::mid",
        "quizapp::tag::gates",
        "quizapp::claim::lstm-gradient-fades",
        "quizapp::verdict::depends",
    }
    assert "quizapp::verdict::cited" in learner.note("fix-truefalse").tags


def test_pictures_arrive_and_are_shown(deck, run, learner):
    learner.take(deck)
    (name,) = learner.media()
    assert re.fullmatch(r"quizapp_gradient_distance_[0-9a-f]{12}\.png", name)
    assert (learner.folder / "collection.media" / name).read_bytes() == picture.draw(run)
    shown = {note["Item"] for note in learner.notes() if f'<img src="{name}"' in note["Evidence"]}
    assert shown == {"fix-choice", "fix-plot", "fix-number"}
    assert learner.note("fix-plot")["Evidence"].count("<img") == 1  # two claims, one run


def test_the_answer_is_on_the_back_only(deck, learner):
    learner.take(deck)
    for item in deck.items:
        (card,) = learner.note(item.id).cards()
        sides = card.render_output()
        for option in (
            *getattr(item, "options", ()),
            *getattr(item, "reasons", ()),
            *getattr(item, "spans", ()),
        ):
            assert package.text(option.why) not in sides.question_text
            assert package.text(option.why) in sides.answer_text
        assert "✓" not in sides.question_text
        assert learner.note(item.id)["Answer"] in sides.answer_text
        assert learner.note(item.id)["Answer"] not in sides.question_text


def test_evidence_can_be_doubted(deck, learner):
    learner.take(deck)
    shown = learner.note("fix-choice")["Evidence"]
    for said in ("Depends: With a forget bias of 3", "Controls: 3 of 3", "seeds 0 to 4 (5)", "FABRICATED"):
        assert said in shown


def test_missing_and_invalid_evidence_is_said(all_kinds, run, learner):
    invalid = dataclasses.replace(run, status="invalid", reason="transformer_flat came out fail")
    learner.take(of(all_kinds, {run.experiment: invalid}, "stability"))
    assert "nothing follows from it" in learner.note("fix-number")["Evidence"]
    assert "quizapp::verdict::invalid" in learner.note("fix-number").tags
    learner.take(of(all_kinds, {}, "path_length"))
    assert "Not run yet" in learner.note("fix-choice")["Evidence"]
    assert "quizapp::verdict::not-run" in learner.note("fix-choice").tags


def test_hostile_texts_mean_themselves(deck, learner, all_kinds):
    old = all_kinds.items["fix-choice"]
    options = tuple(dataclasses.replace(option, text=HOSTILE, why=HOSTILE) for option in old.options)
    learner.take(
        with_item(deck, "fix-choice", stem=HOSTILE, options=options, answer_aloud=HOSTILE, tags=("a b<c>",))
    )
    note = learner.note("fix-choice")
    (card,) = note.cards()
    for side in (card.render_output().question_text, card.render_output().answer_text):
        assert "<script" not in side
        assert "onerror=1&gt;" in side
        assert "[sound:" not in side
        assert "[latex]" not in side
    assert card.question_av_tags() == card.answer_av_tags() == []
    assert learner.collection.card_count() == 13
    assert "quizapp::tag::a-b-c-" in note.tags


# ---- importing again ------------------------------------------------------------------------------


def test_the_same_package_twice_adds_and_changes_nothing(deck, learner):
    learner.take(deck)
    before = [(note.id, note.mod, note.fields, note.tags) for note in learner.notes()]
    log = learner.take(deck)
    assert (len(log.new), len(log.updated), len(log.duplicate)) == (0, 0, 13)
    assert [(note.id, note.mod, note.fields, note.tags) for note in learner.notes()] == before
    assert learner.collection.card_count() == 13
    assert len(learner.media()) == 1
    assert [entry.name for entry in learner.collection.models.all_names_and_ids()].count("quizapp") == 1


def test_a_topic_after_the_whole_adds_nothing(deck, all_kinds, run, learner):
    for topic in ("path_length", "quadratic_cost"):
        learner.take(of(all_kinds, {run.experiment: run}, topic))
    assert learner.collection.card_count() == 5
    learner.take(deck)
    assert learner.collection.card_count() == learner.collection.note_count() == 13


def test_an_edit_of_the_learners_survives(deck, learner):
    learner.take(deck)
    note = learner.note("fix-card")
    note["Answer"] = "in my own words"
    note.tags.append("mine")
    learner.collection.update_note(note)
    learner.collection.db.execute("UPDATE notes SET mod = mod - 3600")  # it was an hour ago
    learner.take(deck)
    assert learner.note("fix-card")["Answer"] == "in my own words"
    assert "mine" in learner.note("fix-card").tags


def test_only_the_note_of_a_changed_item_updates(deck, learner):
    now = datetime.now(UTC)
    ledger = Changes().after(deck, now)
    learner.take(changes.dated(deck, ledger))
    kept = learner.note("fix-multi")
    kept["Why"] = "mine"
    learner.collection.update_note(kept)
    scheduled = learner.collection.get_card(learner.note("fix-card").card_ids()[0])
    scheduled.ivl, scheduled.type, scheduled.queue, scheduled.due = 30, 2, 2, 40
    learner.collection.update_card(scheduled)

    changed = with_item(deck, "fix-card", back="Another back altogether.")
    ledger = ledger.after(changed, now + timedelta(days=1))
    log = learner.take(changes.dated(changed, ledger))

    assert (len(log.new), len(log.updated)) == (0, 1)
    assert "Another back altogether." in learner.note("fix-card")["Answer"]
    assert learner.note("fix-multi")["Why"] == "mine"
    assert learner.collection.get_card(scheduled.id).ivl == 30
    assert learner.collection.note_count() == 13


def test_a_bumped_revision_updates_without_a_ledger(deck, learner):
    learner.take(deck)
    log = learner.take(with_item(deck, "fix-card", rev=2, back="Another back altogether."))
    assert len(log.updated) == 1
    assert "Another back altogether." in learner.note("fix-card")["Answer"]


# ---- the ledger -----------------------------------------------------------------------------------


NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def test_an_unchanged_item_keeps_its_date(deck):
    ledger = Changes().after(deck, NOW)
    assert ledger.after(deck, NOW + LATER) == ledger


def test_what_is_not_in_the_note_does_not_date_it(deck):
    ledger = Changes().after(deck, NOW)
    edited = with_item(deck, "fix-card", difficulty=5, verify="True", lint_allow={"L08": "because"})
    assert ledger.after(edited, NOW) == ledger


@pytest.mark.parametrize("new", [{"back": "other"}, {"tags": ("new",)}, {"rev": 2}, {"caveats": ("one",)}])
def test_a_change_dates_only_its_item(deck, new):
    ledger = Changes().after(deck, NOW)
    after = ledger.after(with_item(deck, "fix-card", **new), NOW)
    assert after.items["fix-card"].at == int(NOW.timestamp())
    assert {id_ for id_ in after.items if after.items[id_] != ledger.items[id_]} == {"fix-card"}


def test_a_date_never_goes_back(deck):
    ahead = Changes({"fix-card": Change("other", int((NOW + LATER).timestamp()))})
    assert ahead.after(deck, NOW).items["fix-card"].at == int((NOW + LATER).timestamp()) + 1


def test_running_again_with_the_same_verdict_dates_nothing(deck, all_kinds, run):
    again = dataclasses.replace(run, at="2026-01-01T00:00:00+00:00", seconds=99.0)
    ledger = Changes().after(deck, NOW)
    assert ledger.after(of(all_kinds, {run.experiment: again}), NOW) == ledger


def test_another_verdict_dates_the_items_of_its_claim(deck, all_kinds, run):
    checks = tuple(
        dataclasses.replace(check, outcome="fail") if check.name == "lstm_slope" else check
        for check in run.checks
    )
    other = of(all_kinds, {run.experiment: dataclasses.replace(run, checks=checks)})
    ledger = Changes().after(deck, NOW)
    after = ledger.after(other, NOW)
    assert {id_ for id_ in after.items if after.items[id_] != ledger.items[id_]} == {"fix-choice", "fix-plot"}


def test_another_measured_answer_dates_the_item_that_quotes_it(deck, all_kinds, run):
    checks = tuple(
        dataclasses.replace(check, estimate=0.7) if check.name == "lstm_minus_rnn" else check
        for check in run.checks
    )
    other = of(all_kinds, {run.experiment: dataclasses.replace(run, checks=checks)})
    ledger = Changes().after(deck, NOW)
    after = ledger.after(other, NOW)
    assert {id_ for id_ in after.items if after.items[id_] != ledger.items[id_]} == {"fix-number"}


def test_exporting_a_topic_keeps_the_dates_of_the_others(deck, all_kinds):
    ledger = Changes().after(deck, NOW)
    assert set(ledger.after(of(all_kinds, {}, "glossary"), NOW).items) == set(all_kinds.items)


def test_write_keeps_the_ledger(deck, tmp_path):
    ledger, out = tmp_path / "home" / "exported.json", tmp_path / "q.apkg"
    export.write(deck, out, ledger=ledger, now=NOW)
    first = changes.read(ledger)
    assert set(first.items) == {item.id for item in deck.items}
    changed = with_item(deck, "fix-card", back="other")
    export.write(changed, tmp_path / "q.md", ledger=ledger, now=NOW)
    assert changes.read(ledger) == first  # a format without dates leaves the change to the next package
    export.write(changed, out, ledger=ledger, now=NOW)
    assert changes.read(ledger).items["fix-card"].at == int(NOW.timestamp())
    assert note_dates(out)["fix-card"] == int(NOW.timestamp())
    assert note_dates(out)["fix-multi"] == changes.FIRST


def test_another_choice_of_evidence_in_between_changes_no_date(deck, all_kinds, tmp_path):
    """A date that is newer than the learner's own edit would have Anki write over that edit."""
    ledger, out = tmp_path / "home" / "exported.json", tmp_path / "q.apkg"
    export.write(deck, out, ledger=ledger, now=NOW)
    first = out.read_bytes()
    bare = of(all_kinds, {}, kept="none")
    export.write(bare, tmp_path / "bare.json", ledger=ledger, now=NOW)
    export.write(deck, out, ledger=ledger, now=NOW + timedelta(days=9))
    assert out.read_bytes() == first


def note_dates(path):
    with zipfile.ZipFile(path) as archive:
        db = sqlite3.connect(":memory:")
        db.deserialize(archive.read("collection.anki2"))
    rows = db.execute("SELECT flds, mod FROM notes").fetchall()
    db.close()
    return {fields.partition("\x1f")[0]: mod for fields, mod in rows}


@pytest.mark.parametrize("text", ["", "[]", "{", '{"a": 1}', '{"a": []}', '{"a": ["x", "y"]}'])
def test_a_broken_ledger_is_an_error_that_says_what_to_do(tmp_path, text):
    path = tmp_path / "exported.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ExportError, match="Delete it"):
        changes.read(path)


def test_no_ledger_is_an_empty_one(tmp_path):
    assert changes.read(tmp_path / "none.json") == Changes()
