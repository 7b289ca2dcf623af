"""The schema for editors: current, and of one mind with the loader about what is an item."""

import copy
import json
from functools import cache
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from pydantic import TypeAdapter, ValidationError

from quizapp import bank, model, schema, strict_yaml
from quizapp.errors import RulesError
from quizapp.picker import rules
from tests.conftest import FIXTURE_BANK
from tests.toybench import ROOT, call

COMMITTED = ROOT / "questions" / "schema" / "bank.json"
BUILT_IN = sorted((ROOT / "questions").glob("*.yaml"))


@cache
def validator() -> Draft202012Validator:
    made = json.loads(COMMITTED.read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(made)
    return Draft202012Validator(made)


def data(path: Path):
    document = strict_yaml.read(path, path.name)
    assert isinstance(document, strict_yaml.Document), document
    return document.data


def examples():
    return {entry["kind"]: entry for entry in data(FIXTURE_BANK / "all_kinds.yaml")["items"]}


def file_of(*items):
    return {"schema": 1, "items": list(items)}


def test_the_committed_schema_is_current():
    assert COMMITTED.read_text(encoding="utf-8") == schema.text(), (
        "run: quizapp schema > questions/schema/bank.json"
    )


def test_the_command_prints_it():
    assert call("schema").stdout == schema.text()


def test_it_is_no_bank():
    names = sorted(path.name for path in (ROOT / "questions" / "schema").iterdir())
    assert names == ["bank.json", "deck.json", "rules.json"]
    assert all(path.parent.name == "questions" for path in BUILT_IN)
    (problem,) = bank.read([COMMITTED])[1]
    assert "is not a bank" in problem.what


@pytest.mark.parametrize("path", [*BUILT_IN, *sorted(FIXTURE_BANK.glob("*.yaml"))], ids=lambda p: p.name)
def test_every_question_file_is_valid(path):
    wrong = [f"{error.json_path}: {error.message[:200]}" for error in validator().iter_errors(data(path))]
    assert wrong == []


def test_every_kind_is_there_and_every_field_has_a_sentence():
    made = schema.of_file()
    kinds = made["properties"]["items"]["items"]["discriminator"]["mapping"]
    assert set(kinds) == set(model.KINDS) == set(examples())
    bare = [
        f"{name}.{field}"
        for name, part in made["$defs"].items()
        for field, entry in part["properties"].items()
        if not entry.get("description", "").endswith(".")
    ]
    assert bare == []


@pytest.mark.parametrize("kind", model.KINDS)
@pytest.mark.parametrize(
    "change",
    [
        {"stemm": "an unknown field"},
        {"difficulty": "hard"},
        {"difficulty": 9},
        {"level": "expert"},
        {"concepts": []},
        {"concepts": "P11"},
        {"kind": "quiz"},
        {"kind": None},
        {"topic": None},
        {"sources": [{"locator": "nowhere"}]},
    ],
    ids=str,
)
def test_a_bad_item_is_refused_by_schema_and_loader(kind, change, tmp_path):
    good = examples()[kind]
    bad = file_of(good | change)
    assert validator().is_valid(file_of(good))
    assert not validator().is_valid(bad)
    assert refused_by_loader(bad, tmp_path)


@pytest.mark.parametrize("kind", model.KINDS)
def test_a_missing_key_is_refused_by_schema_and_loader(kind, tmp_path):
    good = examples()[kind]
    for name in [*schema.of(model.KINDS[kind])["required"]]:
        bad = file_of({key: value for key, value in good.items() if key != name})
        assert not validator().is_valid(bad), name
        assert refused_by_loader(bad, tmp_path), name


@pytest.mark.parametrize(
    "whole", [{}, {"schema": 2}, {"schema": 1, "thing": []}, {"schema": "1"}, []], ids=str
)
def test_a_bad_file_is_refused_by_schema_and_loader(whole, tmp_path):
    assert not validator().is_valid(whole)
    assert refused_by_loader(whole, tmp_path)


def refused_by_loader(whole, folder) -> bool:
    (folder / "bank.yaml").write_text(json.dumps(whole), encoding="utf-8")
    files = [FIXTURE_BANK / "concepts.yaml", FIXTURE_BANK / "misconceptions.yaml", folder / "bank.yaml"]
    return any(problem.file.endswith("bank.yaml") for problem in bank.read(files)[1])


# ---- whatever is done to an item, both say the same -----------------------------------------------


def changed(entry):
    """The item with every value in turn missing or of another type, and every mapping with a key too many."""
    for path in places(entry):
        for value in (..., None, "", [[]], {"x": [[]]}, -1, True):
            other = copy.deepcopy(entry)
            inside = other
            for step in path[:-1]:
                inside = inside[step]
            if value is ...:
                del inside[path[-1]]
            else:
                inside[path[-1]] = value
            yield path, value, other
        if isinstance(path[-1], str):
            other = copy.deepcopy(entry)
            inside = other
            for step in path[:-1]:
                inside = inside[step]
            inside["unheard_of"] = "x"
            yield path, "a key too many", other


def places(value, path=()):
    """The paths to everything in nested data; in a list of many, to the first."""
    if path:
        yield path
    if isinstance(value, dict):
        for key in value:
            yield from places(value[key], (*path, key))
    elif isinstance(value, list) and value:
        yield from places(value[0], (*path, 0))


@pytest.mark.parametrize("kind", model.KINDS)
def test_schema_and_types_say_the_same(kind):
    types = TypeAdapter(model.KINDS[kind])
    one = Draft202012Validator(schema.of(model.KINDS[kind]))
    differ = []
    for path, value, entry in changed(examples()[kind]):
        try:
            types.validate_python(entry)
            accepted = True
        except ValidationError:
            accepted = False
        if accepted != one.is_valid(entry):
            differ.append((path, value, accepted))
    # The loader reads true as 1.0, as Python does; an editor may say that it is no number.
    assert [difference for difference in differ if difference[1] is not True or not difference[2]] == []


# ---- the picker's rules ----------------------------------------------------------------------------

RULES = ROOT / "questions" / "schema" / "rules.json"


@cache
def rules_validator() -> Draft202012Validator:
    made = json.loads(RULES.read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(made)
    return Draft202012Validator(made)


def few_rules():
    """The shipped rules, with one entry of each part that has everything an entry can have."""
    whole = data(rules.FILE)
    return whole | {
        "devices": whole["devices"][:1],
        "tasks": whole["tasks"][:1],
        "candidates": [next(one for one in whole["candidates"] if "same_as" in one), whole["candidates"][0]],
        "constraints": [next(one for one in whole["constraints"] if "above" in one)],
        "scores": [next(one for one in whole["scores"] if {"when", "by", "measured"} <= one.keys())],
    }


def test_the_committed_schema_of_the_rules_is_current_and_printed():
    assert RULES.read_text(encoding="utf-8") == schema.rules_text(), (
        "run: quizapp schema rules > questions/schema/rules.json"
    )
    assert call("schema", "rules").stdout == schema.rules_text()


def test_the_shipped_rules_are_valid_and_name_their_schema():
    assert [error.message[:200] for error in rules_validator().iter_errors(data(rules.FILE))] == []
    first = rules.FILE.read_text(encoding="utf-8").partition("\n")[0]
    assert (rules.FILE.parent / first.partition("$schema=")[2]).resolve() == RULES


def test_every_field_of_the_rules_has_a_sentence():
    made = json.loads(RULES.read_text(encoding="utf-8"))
    parts = {"Rules": made, **made["$defs"]}
    bare = [
        f"{name}.{field}"
        for name, part in parts.items()
        for field, entry in part["properties"].items()
        if not entry.get("description", "").rstrip("`").endswith(".")
    ]
    assert bare == []


def test_schema_and_types_of_the_rules_say_the_same():
    types = TypeAdapter(rules.Rules)
    differ = []
    for path, value, entry in changed(few_rules()):
        try:
            types.validate_python(entry)
            accepted = True
        except ValidationError:
            accepted = False
        if accepted != rules_validator().is_valid(entry):
            differ.append((path, value, accepted))
    assert [difference for difference in differ if difference[1] is not True or not difference[2]] == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("basis: judgement", "basis: hunch"),
        ("gives_up:", "gives_upp:"),
        ("memory: 80e9", "memory: -1"),
        ("schema: 1", "schema: 2"),
    ],
)
def test_bad_rules_are_refused_by_schema_and_loader(old, new, tmp_path):
    file = tmp_path / "rules.yaml"
    file.write_text(rules.FILE.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    assert not rules_validator().is_valid(data(file))
    with pytest.raises(RulesError):
        rules.load(file)
