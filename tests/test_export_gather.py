"""What a learner's export holds: the part a query selects, and whose evidence."""

# ruff: noqa: F401, F811 - fixtures are imported and then asked for by name

import dataclasses
import json
from pathlib import Path

import pytest

from quizapp import claims, reference
from quizapp.errors import ExportError, QueryError
from quizapp.evidence import Run
from quizapp.export import anki, deck, gift, html, markdown
from quizapp.export.gather import gather, unproved
from quizapp.model import build
from quizapp.reference import Reference
from quizapp.verifiers import catalogue
from tests.toybench import ONE_CLAIM, ToyBench, bench, call, refused, toy_home

FIXTURES = Path(__file__).parent / "fixtures"
RENDERED = {"md": markdown.render, "apkg": anki.render, "html": html.render}


@pytest.fixture
def run():
    made = build(Run, json.loads((FIXTURES / "fabricated_run.json").read_text(encoding="utf-8")))
    return dataclasses.replace(made, fingerprint=catalogue.read("gradient_distance").fingerprint)


@pytest.fixture
def shipped(run, monkeypatch):
    """A reference that measured otherwise than the learner."""
    checks = tuple(dataclasses.replace(check, estimate=check.estimate * 2) for check in run.checks)
    made = Reference(
        runs={"cpu": {run.experiment: dataclasses.replace(run, checks=checks, machine="theirs")}}
    )
    monkeypatch.setattr(reference, "load", lambda: made)
    return made


@pytest.fixture
def known(all_kinds, store, run, clock, shipped):
    """A learner who ran it once."""
    store.add_run(run)
    return all_kinds, store, clock


def test_a_query_selects_the_items_and_names_the_deck(known):
    made = gather(*known, query="level:junior -kind:card")
    assert {item.id for item in made.items} == {"fix-numeric", "fix-cloze"}
    assert made.title.endswith("level:junior -kind:card")
    assert set(made.claims) == {id_ for item in made.items for id_ in item.claims}


def test_a_topic_and_a_query_both_count(known):
    made = gather(*known, topic="path_length", query="kind:choice or kind:card")
    assert [item.id for item in made.items] == ["fix-choice"]
    assert "Path length: kind:choice" in made.title


def test_a_query_may_ask_what_the_learner_did(known):
    assert len(gather(*known, query="is:new").items) == len(known[0].items)
    with pytest.raises(ExportError, match="no item fits 'is:due'"):
        gather(*known, query="is:due")


def test_a_query_that_cannot_be_read_says_where(known):
    with pytest.raises(QueryError, match="character 7"):
        gather(*known, query="level:zzz")


def test_a_blank_query_selects_everything(known):
    made = gather(*known, query="  ")
    assert len(made.items) == len(known[0].items)
    assert made.title == deck.TITLE


@pytest.mark.parametrize(
    ("kept", "machines", "references", "slope"),
    [
        ("latest", {"a made-up processor"}, 1, -0.53),
        ("reference", {"theirs"}, 0, -1.06),
        ("none", set(), 0, -0.53),
    ],
)
def test_whose_evidence(known, kept, machines, references, slope):
    made = gather(*known, kept=kept)
    held = [evidence for evidence in made.evidence.values() if evidence is not None]
    assert {run.machine for evidence in held for run in evidence.runs} == machines
    assert len(made.references.get("lstm-gradient-fades", ())) == references
    assert made.numbers["gradient_distance.lstm_slope"] == pytest.approx(slope)
    assert made.kept == kept


def test_a_stale_run_is_no_key_where_there_is_a_reference(all_kinds, store, run, clock, shipped):
    store.add_run(dataclasses.replace(run, fingerprint="0123"))
    key = gather(all_kinds, store, clock).numbers
    assert key == reference.numbers(shipped.runs["cpu"].values())
    assert shipped.key([run])["gradient_distance.lstm_slope"] == pytest.approx(-0.53)
    assert Reference(runs={}).key([dataclasses.replace(run, fingerprint="0123")]) == reference.numbers([run])


def test_without_evidence_nothing_is_claimed_but_measured_answers_stay(known):
    made = gather(*known, kept="none")
    assert (made.claims, made.evidence, made.references) == ({}, {}, {})
    assert unproved(made) == []
    text = markdown.render(made).decode()
    assert "made without the evidence" in text
    assert "Nothing measured yet" not in text
    assert "0.62 nats/token" in text


@pytest.mark.parametrize("name", RENDERED)
@pytest.mark.parametrize("kept", ["latest", "reference", "none"])
def test_every_format_takes_every_evidence(known, name, kept):
    render = RENDERED[name]
    body = render(gather(*known, kept=kept))
    if name == "md":
        assert ("reference that came with quizapp" in body.decode()) is (kept == "reference")
    if name == "html":
        assert (b"theirs" in body) is (kept != "none")
        assert (b"made-up processor" in body) is (kept == "latest")


def test_what_is_not_proved_is_named(known, store, run, monkeypatch):
    assert ("lstm-gradient-fades", "stale evidence") not in unproved(gather(*known))
    store.add_run(dataclasses.replace(run, fingerprint="0123"))
    made = gather(*known)
    assert ("lstm-gradient-fades", "stale evidence") in unproved(made)
    monkeypatch.setattr(claims, "judge", lambda claim, runs: None)
    assert ("lstm-gradient-fades", "no evidence yet") in unproved(gather(*known))


# ---- on the command line


def test_a_part_is_written_without_evidence(bench: type[ToyBench], tmp_path: Path):
    out = tmp_path / "deck.html"
    said = call("export", str(out), "--kind", "card", "--filter", "shuffle or zzz", "--evidence", "none")
    assert said.stdout == f"{out}: 1 items, 0 claims\n"
    assert said.stderr == ""
    assert b"shuffle kind:card or zzz kind:card" in out.read_bytes()


def test_the_short_forms_narrow_it(bench: type[ToyBench], capsys: pytest.CaptureFixture[str], tmp_path: Path):
    out = str(tmp_path / "deck.html")
    assert call("export", out, "--level", "mid", "--claim", ONE_CLAIM).exit_code == 0
    assert "no item fits 'level:senior'" in refused(capsys, "export", out, "--level", "senior")
    assert "there is no level `boss`" in refused(capsys, "export", out, "--level", "boss")
    assert "--evidence" in refused(capsys, "export", out, "--evidence", "mine")


@pytest.mark.parametrize("render", [markdown.render, gift.render, html.render])
def test_what_is_asked_next_is_said_in_words_even_if_it_is_not_in_the_deck(all_kinds, render):
    items = {**all_kinds.items}
    items["fix-choice"] = dataclasses.replace(items["fix-choice"], followups=("fix-open",))
    made = deck.of(dataclasses.replace(all_kinds, items=items), {}, only={"fix-choice"})
    text = render(made).decode()
    assert "fix-open" not in text
    assert "replace the LSTM of a streaming transcriber" in text
    assert made.asked_next(made.items[0]) == (" ".join(all_kinds.items["fix-open"].prompt.split()),)
