"""Rows are imported into a real Anki collection, beside the package whose notes they are."""

# ruff: noqa: F811 - fixtures are imported and then asked for by name

import csv
import dataclasses
import io

import pytest

from quizapp import export
from quizapp.export import anki, anki_text
from tests.decks import deck, hostile, run, state  # noqa: F401
from tests.test_export_anki import Learner

collections = pytest.importorskip("anki.collection")
SUFFIXES = [".txt", ".csv"]
HOSTILE = '# not a remark\t"quoted", <b>a</b>;\n#tags:x\r\nlast & {{c1::x}} [sound:a.mp3] \x00\x1f'


class Reader(Learner):
    """A person who imports texts too."""

    def read(self, deck, suffix):
        """Import the rows as Anki proposes; returns the log of what it did."""
        path = self.folder / f"deck{suffix}"
        path.write_bytes(export.render(deck, suffix))
        metadata = self.collection.get_csv_metadata(str(path), None)
        request = collections.ImportCsvRequest(path=str(path), metadata=metadata)
        return self.collection.import_csv(request).log


@pytest.fixture
def learner(tmp_path):
    person = Reader(tmp_path)
    yield person
    person.collection.close()


def rows(deck, suffix):
    lines = export.render(deck, suffix).decode().split("\n", 8)
    head, body = lines[:8], lines[8]
    return head, list(csv.reader(io.StringIO(body, newline=""), delimiter="\t" if suffix == ".txt" else ","))


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_the_head_tells_anki_what_is_where(deck, suffix):
    head, found = rows(deck, suffix)
    assert head[:6] == [
        f"#separator:{'tab' if suffix == '.txt' else 'comma'}",
        "#html:true",
        "#notetype column:10",
        "#deck column:11",
        "#tags column:12",
        "#guid column:13",
    ]
    assert head[6].startswith("#columns:Item")
    assert "Import an .apkg export once before this" in head[7]
    assert [row[0] for row in found] == [item.id for item in deck.items]
    assert {len(row) for row in found} == {13}
    assert export.render(deck, suffix) == export.render(deck, suffix)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_without_the_note_type_nothing_is_made_and_anki_says_so(deck, learner, suffix):
    log = learner.read(deck, suffix)
    assert len(log.missing_notetype) == len(deck.items)
    assert learner.collection.note_count() == 0


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_after_the_package_the_rows_are_the_same_notes(deck, learner, suffix):
    learner.take(deck)
    before = {note.guid: (note.fields, note.tags) for note in learner.notes()}
    log = learner.read(deck, suffix)
    assert (len(log.new), len(log.updated), len(log.duplicate)) == (0, 0, 13)
    assert {note.guid: (note.fields, note.tags) for note in learner.notes()} == before
    assert learner.collection.note_count() == learner.collection.card_count() == 13


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_rows_bring_new_notes_to_their_decks_and_the_package_finds_them(deck, learner, suffix):
    learner.take(dataclasses.replace(deck, items=deck.items[:1]))
    log = learner.read(deck, suffix)
    assert (len(log.new), learner.collection.note_count()) == (12, 13)
    (card,) = learner.note("fix-card").cards()
    assert learner.collection.decks.name(card.did) == "quizapp::Glossary"
    assert "quizapp::kind::card" in learner.note("fix-card").tags
    assert len(learner.take(deck).new) == 0
    assert learner.collection.note_count() == learner.collection.card_count() == 13


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_change_updates_its_note_alone_and_keeps_the_schedule(deck, learner, suffix):
    learner.take(deck)
    scheduled = learner.collection.get_card(learner.note("fix-card").card_ids()[0])
    scheduled.ivl, scheduled.type, scheduled.queue, scheduled.due = 30, 2, 2, 40
    learner.collection.update_card(scheduled)
    items = [dataclasses.replace(i, back="Another.") if i.id == "fix-card" else i for i in deck.items]
    log = learner.read(dataclasses.replace(deck, items=tuple(items)), suffix)
    assert (len(log.new), len(log.updated)) == (0, 1)
    assert learner.note("fix-card")["Answer"] == "<p>Another.</p>"
    assert learner.collection.get_card(scheduled.id).ivl == 30
    assert learner.collection.note_count() == 13


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_hostile_texts_stay_in_their_fields(deck, learner, suffix):
    bad = hostile(deck, HOSTILE)
    learner.take(deck)
    log = learner.read(bad, suffix)
    assert (len(log.new), len(log.updated), learner.collection.note_count()) == (0, 13, 13)
    for item in bad.items:
        wanted = anki.fields(bad, item, anki.pictures(bad))
        assert learner.note(item.id).fields == wanted


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_the_state_of_the_evidence_is_said(state, suffix):
    words, made = state
    evidence = {row[0]: row[8] for row in rows(made, suffix)[1]}["fix-choice"]
    assert words in evidence
    assert "quizapp prove lstm-gradient-fades" in evidence
    if words != "Not run yet":
        for said in ("a made-up processor", "seeds 0 to 4 (5)", "date 20"):
            assert said in evidence


def test_the_fields_are_those_of_the_package():
    assert anki.FIELDS[: len(anki_text.FIELDS)] == anki_text.FIELDS
    assert set(anki.FIELDS) - set(anki_text.FIELDS) == {"Spare 1", "Spare 2", "Spare 3"}
