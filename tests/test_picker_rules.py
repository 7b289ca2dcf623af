"""rules.yaml: read strictly, every problem at its place; what it names exists."""

from __future__ import annotations

import pytest

from quizapp import bank, paths
from quizapp.errors import RulesError
from quizapp.picker import rules
from quizapp.picker.rules import FILE, shipped
from quizapp.verifiers import catalogue

TEXT = FILE.read_text(encoding="utf-8")


def problems(tmp_path, old: str, new: str) -> list[str]:
    """What is wrong when one thing in the rules is written otherwise."""
    assert old in TEXT
    file = tmp_path / "rules.yaml"
    file.write_text(TEXT.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(RulesError) as raised:
        rules.load(file)
    return [str(problem) for problem in raised.value.problems]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("schema: 1", "schema: 2", "`schema`"),
        ("basis: judgement", "basis: hunch", "basis"),
        (
            "  values: {transformer-full: -0.5}",
            "  values: {transformer-ful: -0.5}",
            "Did you mean `transformer-full`?",
        ),
        ("excludes: [lstm, depthwise-rnn]", "excludes: [lstmm, depthwise-rnn]", "Did you mean `lstm`?"),
        ("  layer: mamba2", "  layer: mamba3", "unknown layer 'mamba3'"),
        ("when: {task: [images]}", "when: {task: [pictures]}", "unknown task 'pictures'"),
        ("when: {task: [images]}", "when: {tusk: [images]}", "tusk"),
        ("points: [[256, 0], [4096, 1]]", "points: [[4096, 1], [256, 0]]", "levels out of order"),
        ("  by: recall\n", "", "levels out of order"),
        ("- id: mamba\n", "- id: mamba2\n", "the id 'mamba2' is taken"),
        ('  gives_up: "Nothing fades', '  gives_upp: "Nothing fades', "gives_up"),
        ("schema: 1", "schema: 1\nschema: 1", "is there twice"),
        ("layers: 32, ", "layers: 0, ", "layers"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(tmp_path, old: str, new: str, said: str):
    found = problems(tmp_path, old, new)
    assert any(said in problem for problem in found), found
    for problem in found:
        file, line, column, _ = problem.split(":", 3)
        assert file.endswith("rules.yaml")
        assert int(line) >= 1
        assert int(column) >= 1


def test_the_line_is_the_one_that_is_wrong(tmp_path):
    found = problems(tmp_path, "basis: judgement", "basis: hunch")
    line = TEXT.splitlines().index("  basis: judgement") + 1
    assert any(f"rules.yaml:{line}:" in problem for problem in found)


def test_a_file_that_is_no_rules_is_refused(tmp_path):
    with pytest.raises(RulesError):
        rules.load(tmp_path / "missing.yaml")
    for text in ("", "[1, 2]", "schema: 1\n", "a: &x 1\n"):
        (tmp_path / "rules.yaml").write_text(text, encoding="utf-8")
        with pytest.raises(RulesError):
            rules.load(tmp_path / "rules.yaml")


def test_every_claim_exists():
    claims = bank.load(paths.questions()).claims
    named = [rule.claims for rule in (*shipped().scores, *shipped().constraints, *shipped().candidates)]
    assert {id_ for ids in named for id_ in ids} <= set(claims)


def test_every_check_exists():
    for rule in shipped().scores:
        for one in rule.measured:
            experiment, _, check = one.check.partition(".")
            assert check in catalogue.read(experiment).checks, one.check


def test_every_rule_says_where_it_comes_from():
    for rule in (*shipped().scores, *shipped().constraints):
        assert rule.sources
    for rule in shipped().scores:
        assert rule.basis == "judgement" or rule.claims, rule.id
        assert (rule.basis != "measured") or rule.measured, rule.id


def test_every_candidate_says_what_it_gives_up():
    for one in shipped().candidates:
        assert one.gives_up
        assert bool(one.above_a_billion) == one.pure_rnn
        assert one.claims
