"""A new item has every field it needs; filled in, it loads; a field left empty is named by the check."""

import json
import re
import shutil
from functools import cache
from typing import get_args

import pytest

from quizapp import bank, model, parts, schema, skeleton, strict_yaml
from quizapp.check import check_paths
from tests.conftest import FIXTURE_BANK

FILLED = {
    "concepts": ["P11"],
    "misconception": "M-VAR-STD",
    "accept": {"c1": ["word"]},
    "edges": [1.0],
    "range": [0.0, 1.0],
    "verify": "1 < 2",
}
"""What fits where not every value of the type does."""


@pytest.fixture
def folder(tmp_path):
    for name in ("concepts", "misconceptions"):
        shutil.copy(FIXTURE_BANK / f"{name}.yaml", tmp_path)
    return tmp_path


@cache
def text_of(kind):
    return skeleton.item(kind, "attention", "att-new-1")


@cache
def schema_of(kind):
    return schema.of(model.KINDS[kind])


def begun(kind, id_="att-new-1"):
    """The skeleton, as data."""
    document = strict_yaml.parse(text_of(kind), "new.yaml")
    assert isinstance(document, strict_yaml.Document), document
    (entry,) = document.data
    return entry | {"id": id_}


def filled(value, kind, but=None, path=(), made=None, defs=None):
    """The data with a fitting value in every empty place; all `but` the one at a path."""
    made = schema_of(kind) if made is None else made
    defs = made.get("$defs", {}) if defs is None else defs
    if "$ref" in made:
        made = defs[made["$ref"].rpartition("/")[2]]
    if isinstance(value, dict):
        return {
            key: filled(inner, kind, but, (*path, key), made["properties"][key], defs)
            for key, inner in value.items()
        }
    if isinstance(value, list):
        return [
            filled(inner, kind, but, (*path, place), made["items"], defs) for place, inner in enumerate(value)
        ]
    return value if value is not None or path == but else _fitting(path[-1], kind, made)


def _fitting(name, kind, made):
    if (kind, name) == ("cloze", "text"):
        return "A {{c1::word}} is missing."
    if name in FILLED:
        return FILLED[name]
    made = made.get("anyOf", [made])[0]
    if "enum" in made:
        return made["enum"][0]
    if made["type"] == "array":
        return [_fitting("", kind, made["items"])] * made.get("minItems", 1)
    return {"string": "word", "integer": made.get("minimum", 1), "number": 1.0, "boolean": True}[made["type"]]


def empty(value, path=()):
    """The paths to the places without a value."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from empty(inner, (*path, key))
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from empty(inner, (*path, place))
    elif value is None:
        yield path


def write(folder, entries):
    """A bank with an entry a line, the first in line 2."""
    lines = ",\n".join(json.dumps(entry) for entry in entries)
    file = folder / "bank.yaml"
    file.write_text('{"schema": 1, "items": [\n' + lines + "]}\n", encoding="utf-8")
    return file


@pytest.mark.parametrize("kind", model.KINDS)
def test_filled_in_it_loads(folder, kind):
    entry = filled(begun(kind), kind)
    write(folder, [entry])
    found, problems = bank.read(sorted(folder.glob("*.yaml")))
    assert problems == []
    (item,) = found.items.values()
    assert (item.id, item.kind, item.topic) == ("att-new-1", kind, "attention")


@pytest.mark.parametrize("kind", model.KINDS)
def test_every_place_left_empty_is_named(folder, kind):
    paths = list(empty(begun(kind)))
    entries = [filled(begun(kind, f"att-new-{n}"), kind, path) for n, path in enumerate(paths)]
    said: dict[int, str] = {}
    for finding in check_paths([write(folder, entries)]).findings:
        said[finding.line] = f"{said.get(finding.line, '')} {finding.what} {finding.todo}"
    unsaid = [path for line, path in enumerate(paths, 2) if not names(path[-1], said.get(line, ""))]
    assert unsaid == []
    assert len(paths) > 7


def names(field, said):
    return bool(re.search(rf"\b{field}\b", said))


@pytest.mark.parametrize("kind", model.KINDS)
def test_left_as_it_is_every_field_that_must_be_filled_in_is_named_at_its_line(folder, kind):
    file = folder / "bank.yaml"
    file.write_text("schema: 1\nitems:\n" + text_of(kind), encoding="utf-8")
    findings = check_paths([file]).findings
    lines = file.read_text(encoding="utf-8").splitlines()
    said = {finding.line: finding.what for finding in findings}
    bare = {
        number: line.split(":")[0].strip(" -")
        for number, line in enumerate(lines, 1)
        if re.match(r"[- ]+\w+:(  #.*)?$", line)
        and not re.match(r"\s*- ", "".join(lines[number : number + 1]))
        if len(lines) <= number or indent(lines[number]) <= indent(line)
    }
    optional = {"misconception", "value", "evidence", "rel", "log10"}
    assert {n: name for n, name in bare.items() if name not in optional and n not in said} == {}
    assert all("is not filled in" in what for what in said.values()), said


def indent(line):
    return len(re.match(r"[- ]*", line)[0])


@pytest.mark.parametrize("kind", model.KINDS)
def test_it_has_every_required_field_each_explained_once(kind):
    text = text_of(kind)
    made = schema_of(kind)
    assert set(made["required"]) <= set(begun(kind))
    for name, entry in made["properties"].items():
        assert (f"\n  {name}:" in f"\n{text.replace('- id', '  id')}") == (name in begun(kind))
        if name in begun(kind):
            assert text.count(entry["description"]) >= 1, name
        else:
            assert names(name, text.splitlines()[-1]), name
    comments = [line.partition("  # ")[2] for line in text.splitlines() if "  # " in line]
    assert all(comments)


def test_it_stands_where_it_is_asked_to():
    text = skeleton.item("choice", "attention", "att-new-1", indent="    ")
    assert text == "".join(
        f"    {line}\n" for line in skeleton.item("choice", "attention", "att-new-1").splitlines()
    )
    assert text.endswith(".\n")


def test_what_is_written_beyond_the_types_is_of_the_types():
    for name in skeleton.WRITTEN:
        first, *_, last = name.split(".")
        if first in model.KINDS:
            assert last in json.dumps(schema.of(model.KINDS[first])), name
        else:
            assert last in schema.of(getattr(parts, first))["properties"], name


def test_every_topic_will_do():
    for topic in get_args(model.Topic):
        assert f"  topic: {topic}  #" in skeleton.item("card", topic, "a-b")
