"""YAML's surprises are refused, each with a place and something to do."""

import pytest

from quizapp.errors import Problem
from quizapp.strict_yaml import DEPTH_LIMIT, SIZE_LIMIT, Document, parse, read


def value(text: str):
    document = parse(text, "bank.yaml")
    assert isinstance(document, Document), document
    return document.data


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("yes", "yes"),
        ("no", "no"),
        ("on", "on"),
        ("true", True),
        ("False", False),
        ("null", None),
        ("~", None),
        ("12", 12),
        ("012", "012"),
        ("1:30", "1:30"),
        ("1e-3", 1e-3),
        ("1.5E6", 1.5e6),
        ("-0.25", -0.25),
        (".5", 0.5),
        ("1_000", "1_000"),
        ("0x10", "0x10"),
        ("2024-01-02", "2024-01-02"),
        ("'7'", "7"),
    ],
)
def test_scalars_follow_yaml_1_2(text, expected):
    found = value(f"key: {text}")["key"]
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("text", "line", "column", "what"),
    [
        ("a: 1\na: 2\n", 2, 1, "there twice"),
        ("true: 1\nTrue: 2\n", 1, 1, "the same once they are read"),
        ("1: 1\n1.0: 2\n", 1, 1, "the same once they are read"),
        ("~: 1\nnull: 2\n", 1, 1, "the same once they are read"),
        ("a: &x 1\n", 1, 4, "anchors"),
        ("a: 1\nb: *x\n", 2, 4, "anchors"),
        ("a: !!python/object:os.system 1\n", 1, 4, "tag"),
        ("a: loss: it falls\n", 1, 8, "not readable"),
        ("a: [1, 2\n", 2, 1, "not readable"),
        ('a: "\\q"\n', 1, 5, "not readable"),
        ("a: \x07\n", 1, 1, "not readable"),
    ],
)
def test_what_is_refused_has_a_place_and_a_way_out(text, line, column, what):
    problem = parse(text, "bank.yaml")
    assert isinstance(problem, Problem)
    assert (problem.line, problem.column) == (line, column)
    assert what in problem.what
    assert problem.todo


def test_deep_nesting_is_refused_before_it_can_crash_the_parser():
    problem = parse("[" * 50_000, "bank.yaml")
    assert isinstance(problem, Problem)
    assert str(DEPTH_LIMIT) in problem.what


def test_a_big_file_and_a_file_that_is_not_utf8_are_refused(tmp_path):
    big = tmp_path / "big.yaml"
    big.write_bytes(b"a" * (SIZE_LIMIT + 1))
    latin = tmp_path / "latin.yaml"
    latin.write_bytes(b"a: 1\nb: caf\xe9\n")
    refused = read(big, "big.yaml"), read(latin, "latin.yaml"), read(tmp_path / "none.yaml", "none.yaml")
    assert all(isinstance(problem, Problem) for problem in refused)
    assert [problem.line for problem in refused] == [1, 2, 1]


def test_a_place_is_as_near_as_the_document_goes():
    document = parse("items:\n- id: one\n  stem: x\n- id: two\n", "bank.yaml")
    assert isinstance(document, Document)
    there = document.problem(["items", 1, "id"], "w", "t")
    beyond = document.problem(["items", 0, "options", 3], "w", "t")
    assert (there.line, there.column) == (4, 3)
    assert (beyond.line, beyond.column) == (2, 3)
