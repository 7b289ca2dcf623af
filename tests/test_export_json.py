"""The JSON file holds the whole deck, and its committed schema says what stands in it."""

# ruff: noqa: F811 - fixtures are imported and then asked for by name

import dataclasses
import json

import pytest
from jsonschema import Draft202012Validator

from quizapp import export
from quizapp.export import json_file
from quizapp.export.deck import of
from quizapp.model import KINDS, Claim, build
from tests.decks import deck, hostile, run, state  # noqa: F401
from tests.toybench import ROOT, call

COMMITTED = ROOT / "questions" / "schema" / "deck.json"


@pytest.fixture(scope="module")
def validator():
    made = json.loads(COMMITTED.read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(made)
    return Draft202012Validator(made)


def written(deck):
    return json.loads(export.render(deck, ".json"))


def wrong(validator, body):
    return [f"{error.json_path}: {error.message[:200]}" for error in validator.iter_errors(body)]


def test_the_committed_schema_is_current_and_printed():
    said = json_file.schema_text()
    assert COMMITTED.read_text(encoding="utf-8") == said, (
        "run: quizapp schema deck > questions/schema/deck.json"
    )
    assert call("schema", "deck").stdout == said


def test_every_field_has_a_sentence():
    made = json_file.schema()
    bare = [
        f"{name}.{field}"
        for name, part in [("File", made), *made["$defs"].items()]
        for field, entry in part["properties"].items()
        if not entry.get("description", "").endswith(".")
    ]
    assert bare == []


def test_the_same_deck_gives_the_same_bytes(deck):
    assert export.render(deck, ".json") == export.render(deck, ".json")


def test_every_state_of_the_evidence_is_valid_and_said(validator, state):
    words, made = state
    body = written(made)
    assert wrong(validator, body) == []
    found = body["evidence"]["lstm-gradient-fades"]
    assert words in json.dumps(found, ensure_ascii=False)
    assert found["again"].removesuffix(" --device cpu") == "quizapp prove lstm-gradient-fades"
    assert found["again"].endswith("--device cpu") == bool(found["evidence"])
    assert (found["evidence"] is None) is (words == "Not run yet")


def test_everything_of_the_deck_is_there(deck):
    dated = dataclasses.replace(deck, changed={"fix-card": 1_700_000_000})
    body = written(dated)
    assert [build(KINDS[one["kind"]], one) for one in body["items"]] == list(deck.items)
    assert {id_: build(Claim, one) for id_, one in body["claims"].items()} == dict(deck.claims)
    assert set(body["misconceptions"]) == set(deck.misconceptions)
    assert body["numbers"] == dict(deck.numbers)
    assert body["changed"] == {"fix-card": 1_700_000_000}
    assert (body["schema"], body["kept"], body["topic"]) == (1, "latest", None)


def test_evidence_has_what_is_needed_to_doubt_it(deck, run):
    (found,) = written(deck)["evidence"]["lstm-gradient-fades"]["evidence"]["runs"]
    assert (found["device"], found["machine"], found["at"]) == (run.device, run.machine, run.at)
    assert tuple(found["seeds"]) == run.seeds
    assert [tuple(check["values"]) for check in found["checks"]] == [check.values for check in run.checks]
    assert all(len(check["values"]) == len(run.seeds) for check in found["checks"] if check["values"])


def test_the_reference_stands_beside(all_kinds, run, deck, validator):
    beside = dataclasses.replace(deck, references={id_: (one,) for id_, one in deck.evidence.items() if one})
    body = written(beside)
    assert wrong(validator, body) == []
    assert body["references"]["lstm-gradient-fades"][0]["runs"][0]["fingerprint"] == run.fingerprint


def test_numbers_that_are_none_are_null(all_kinds, run, validator):
    checks = tuple(
        dataclasses.replace(check, estimate=float("nan"), high=float("inf")) for check in run.checks
    )
    made = of(all_kinds, {run.experiment: dataclasses.replace(run, checks=checks)})
    body = written(made)
    assert wrong(validator, body) == []
    assert body["evidence"]["lstm-gradient-fades"]["evidence"]["runs"][0]["checks"][0]["estimate"] is None


def test_what_is_not_a_deck_is_refused(deck, validator):
    body = written(deck)
    for bad in (
        body | {"schema": 2},
        body | {"extra": 1},
        {key: value for key, value in body.items() if key != "evidence"},
        body | {"items": [body["items"][0] | {"kind": "quiz"}]},
        body | {"kept": "mine"},
    ):
        assert not validator.is_valid(bad)


def test_hostile_texts_come_back_as_they_were(deck, validator):
    text = '"</script>\\ \x00 \u2028 {"a": 1} é'
    body = written(hostile(deck, text))
    assert wrong(validator, body) == []
    assert body["title"] == body["items"][0]["stem"] == text
    assert export.render(hostile(deck, "lone \ud800"), ".json").decode()  # said as a question mark
