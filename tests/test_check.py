"""The linter: every rule with something it must find and something it must leave alone."""

from __future__ import annotations

import dataclasses
import math
import time
from pathlib import Path

import pytest
from quizapp.verifiers.catalogue import Experiment
from quizapp.verifiers.verdict import Check

from quizapp import check as linter
from quizapp import model, paths
from quizapp.arithmetic import Refused, evaluate
from quizapp.check import check_paths
from quizapp.errors import QuizError
from quizapp.rules import RULES

WHY = "You took the one for the other, and that is not how it works here."
COMMON = {
    "topic": "attention",
    "concepts": ("A01",),
    "level": "mid",
    "bloom": "understand",
    "difficulty": 2,
    "time_s": 60,
}


def option(
    text: str, correct: bool = False, why: str = WHY, misconception: str | None = "M-ONE"
) -> model.Option:
    return model.Option(text=text, correct=correct, why=why, misconception=None if correct else misconception)


def choice(*texts: str, key: int = 0, stem: str = "What does it cost?", **rest: object) -> model.Choice:
    options = tuple(option(text, correct=place == key) for place, text in enumerate(texts))
    return model.Choice(id="att-x", kind="choice", stem=stem, options=options, **COMMON, **rest)


def numeric(key: float, *traps: float, **tol: float) -> model.Numeric:
    return model.Numeric(
        id="att-n",
        kind="numeric",
        stem="How many?",
        answer=model.Answer(value=key, tol=model.Tolerance(**tol)),
        traps=tuple(model.Trap(value=value, misconception="M-ONE", why=WHY) for value in traps),
        worked="By hand.",
        **COMMON,
    )


def card(front: str, back: str) -> model.Card:
    return model.Card(id="att-c", kind="card", front=front, back=back, grade_yourself=("said it",), **COMMON)


def found(item: model.Item) -> list[str]:
    return [complaint[0] for rule in RULES for complaint in rule(item)]


GOOD = ("It grows with length", "It falls with length", "It stays as it was")


# ---- the rules ------------------------------------------------------------------------------------


def test_a_good_item_is_left_alone():
    assert found(choice(*GOOD)) == []
    assert found(card("Why do we scale the scores?", "Their variance grows with the width.")) == []
    assert found(numeric(10.0, 20.0, 40.0, rel=0.05)) == []


@pytest.mark.parametrize(
    "stem",
    [
        "A long story. Which of these is not linear in N?",
        "Which layers do NOT mix tokens?",
        "All of these grow with N, except?",
        "Which kernel doesn't write the scores out?",
    ],
)
def test_negative_lead_ins_are_found(stem: str):
    assert found(choice(*GOOD, stem=stem)) == ["L04"]


@pytest.mark.parametrize(
    "stem",
    [
        "Why does attention not depend on order?",
        "It does not use positions. Which symmetry follows?",
        "Which symmetry has a layer that does not use positions?",
        "What changes if the mask is not causal?",
    ],
)
def test_a_not_that_is_no_lead_in_is_left_alone(stem: str):
    assert found(choice(*GOOD, stem=stem)) == []


@pytest.mark.parametrize(
    "text", ["All of the above", "None of these", "Both of the above", "Neither of them"]
)
def test_options_about_other_options_are_found(text: str):
    assert found(choice("It grows with N", "It falls with N", text)) == ["L05"]


def test_none_of_something_else_is_an_option():
    assert found(choice("None of the tokens", "Half of the tokens", "Each of the tokens")) == []


def test_a_key_that_is_longest_is_found():
    assert found(choice("It grows with length, as said", *("It falls with the length",) * 2)) == ["L08"]
    assert (
        found(
            choice("It grows with length, as said", "It falls with length, as so", "It stays as was before")
        )
        == []
    )


def test_uneven_options_are_found():
    assert found(choice("It grows with length", "It falls", "It stays as it was")) == ["L08"]


def test_numbers_may_differ_in_length():
    assert found(choice("8", "128 GiB of memory", "2 GiB")) == []


def test_a_wrong_option_without_a_misconception_is_found():
    options = (
        option("It grows with N", True),
        option("It falls with N", misconception=None),
        option("It stays as N"),
    )
    item = model.Choice(id="att-x", kind="choice", stem="What?", options=options, **COMMON)
    assert found(item) == ["L12"]


@pytest.mark.parametrize(
    ("item", "wrong"),
    [
        (numeric(10.0, 12.0, abs=1.0), True),
        (numeric(10.0, 12.1, abs=1.0), False),
        (numeric(10.0, 11.0, rel=0.05), True),
        (numeric(10.0, 11.2, rel=0.05), False),
        (numeric(10.0, 100.0, log10=0.5), True),
        (numeric(10.0, 101.0, log10=0.5), False),
        (numeric(10.0, 30.0, 31.0, abs=1.0), True),
        (numeric(10.0, -10.0, log10=0.5), False),
    ],
)
def test_traps_stand_two_tolerances_apart(item: model.Item, wrong: bool):
    assert found(item) == (["L14"] if wrong else [])


def test_vague_words_and_lone_absolutes_are_found():
    assert found(choice("It often grows a bit", "It falls with length", "It stays as it was")) == ["L15"]
    assert found(choice("It always grows by one", "It falls with length", "It stays as it was")) == ["L15"]
    assert found(choice("It always grows by one", "It never grows by one", "It stays as it was")) == []
    assert found(choice("As many as tokens", "Says how many are", "The layers alone")) == []


def test_reading_load_is_limited():
    assert found(choice(*GOOD, stem="word " * 71)) == ["L18"]
    assert found(choice(*GOOD, answer_aloud="word " * 46)) == ["L18"]
    assert found(choice(*[f"{first} " + "a " * 16 for first in ("one", "two", "six")])) == ["L18"] * 3
    assert found(card("Why " + "so " * 20, "Because.")) == ["L18"]
    assert found(card("Why so?", "so " * 26)) == ["L18"]


def test_feedback_that_says_nothing_is_found():
    short = (
        option("It grows with N", True),
        option("It falls with N", why="No, it grows."),
        option("It stays as N"),
    )
    item = model.Choice(id="att-x", kind="choice", stem="What?", options=short, **COMMON)
    assert found(item) == ["L23"]
    text = "The cost of it grows with the square of N"
    copied = tuple(option(text, place == 0, why=f"{text}, really.") for place in range(3))
    assert found(dataclasses.replace(item, options=copied)) == ["L23"] * 3


def test_cards_make_one_think():
    assert found(card("Is attention linear in N?", "Quadratic.")) == ["L27"]
    assert found(card("Why is softmax called a soft maximum?", "soft maximum")) == ["L27"]
    assert found(card("Is it a set or a sequence to it? Say why.", "A multiset.")) == []


# ---- verify ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2*32*8*128*2*32768/2**30 == 4.0", True),
        ("sum(2**i for i in range(12)) == 4095", True),
        ("math.ceil(65535/512) == 128 and math.log2(65536) == 16", True),
        ("[x*y for x in range(3) for y in (1, 2) if x != y]", [0, 0, 2, 2]),
        ("[(k, v) for k, v in zip('ab', range(2))]", [("a", 0), ("b", 1)]),
        ("1 < 2 < 3 and not 3 < 2 < 5", True),
        ("'yes' if 7 // 2 == 3 and -7 % 4 == 1 else 'no'", "yes"),
        ("sorted([3, 1, 2], key=lambda x: -x)[0] + [4, 5][-1]", 8),
        ("(lambda a, b: a[1:] + b)([1, 2], [3])", [2, 3]),
        ("round(math.e, 2) == 2.72 and pow(2, 10, 7) == 2", True),
        ("math.comb(5, 2) * math.factorial(3) * math.prod(x for x in (1, 2))", 120),
        ("'a' in ['a'] and len({1, 1, 2}) == 2", True),
        ("any(x > 3 for x in range(5)) or 1/0", True),
    ],
)
def test_expressions_of_numbers_are_evaluated(text: str, value: object):
    assert evaluate(text) == value


def test_every_permitted_name_of_math_is_there():
    from quizapp import arithmetic

    assert [name for name in arithmetic._MATH if not hasattr(math, name)] == []


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('true')",
        "().__class__",
        "math.__loader__",
        "(1).real",
        "open('x')",
        "print(1)",
        "f'{1}'",
        "[*range(3)]",
        "x := 1",
        "import os",
        "None",
        "b'x'",
        "lambda *a: a",
        "math",
        "1 +",
        "",
        "1/0",
        "[1][5]",
        "(-8)**0.5",
        "'%1000000000d' % 1",
        "'a' * 10**9",
        "10.0**400",
        "sum(1, 2, 3)",
    ],
)
def test_anything_else_is_refused(text: str):
    with pytest.raises(Refused):
        evaluate(text)


@pytest.mark.parametrize(
    "text",
    [
        "9**9**9",
        "pow(9, 9**9)",
        "math.factorial(10**6)",
        "math.prod(range(1, 10**6))",
        "[0] * 10**9",
        "[[0] * 10**6] * 10**6",
        "sum(1 for a in range(10**4) for b in range(10**4))",
        "len(range(10**12))",
        "round(1, -10**9)",
        "(lambda f: f(f))(lambda f: f(f))",
        "[[[[0]*99 for a in range(99)] for b in range(99)] for c in range(99)] == 0",
        "-" * 1900 + "1",
        "(" * 900 + "1" + ")" * 900,
        "1" * 3000,
        "[b == c for b in [[[0] * 1000] * 1000] for c in [[[0] * 1000] * 1000] for d in range(99)]",
    ],
)
def test_an_expression_cannot_take_the_machine_down(text: str):
    began = time.process_time()
    with pytest.raises(Refused):
        evaluate(text)
    assert time.process_time() - began < 10


# ---- whole banks ----------------------------------------------------------------------------------

CONCEPTS = """schema: 1
concepts:
- {id: A01, topic: attention, concept: Attention weighs values}
"""
MISCONCEPTIONS = """schema: 1
misconceptions:
  M-ONE: {says: It is linear, concept: A01, refute: It is quadratic}
"""
CLAIMS = """schema: 1
claims:
- id: cost-grows
  topic: attention
  says: The cost grows.
  correct: It grows with the square of the length.
  standing: "true"
  sources: [{ref: Computed}]
  supports: [toy.slope]
  limits: [{check: toy.limit, sentence: Only for long sequences.}]
  expected: {cpu: holds, cuda: holds, mps: holds}
"""
ITEMS = """schema: 1
items:
- id: att-cost
  kind: numeric
  topic: attention
  concepts: [A01]
  claims: [cost-grows]
  level: mid
  bloom: apply
  difficulty: 2
  time_s: 60
  stem: How many pairs do four tokens make?
  answer: {value: 16, tol: {abs: 0.5}}
  worked: Four times four.
  verify: 4 * 4 == 16
"""


def toy_check(name: str, arm: str = "claim") -> Check:
    must = "fail" if arm == "control" else ""
    return Check(name=name, unit="", bounds=(0, 1), arm=arm, must=must, interval="mean", meaning="A toy.")


def toy(tmp_path: Path) -> Experiment:
    path = tmp_path / "toy.py"
    path.write_text('CHECKS = {\n    "slope": {},\n    "spare": {},\n}\n')
    checks = [toy_check("slope"), toy_check("limit"), toy_check("cause_removed", "control")]
    return Experiment(
        name="toy",
        title="Toy",
        doc="",
        checks={check.name: check for check in checks},
        plot={},
        looks=(1,),
        profiles={},
        path=path,
        fingerprint="0",
    )


@pytest.fixture
def bank(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small complete bank that stands for the built-in one, and a bench with one toy experiment."""
    folder = tmp_path / "questions"
    folder.mkdir()
    bodies = {"concepts": CONCEPTS, "misconceptions": MISCONCEPTIONS, "claims": CLAIMS, "attention": ITEMS}
    for name, body in bodies.items():
        (folder / f"{name}.yaml").write_text(body, encoding="utf-8")
    monkeypatch.setattr(paths, "questions", lambda: folder)
    experiment = toy(tmp_path)
    monkeypatch.setattr(linter.catalogue, "names", lambda: ["toy"])
    monkeypatch.setattr(linter.catalogue, "read", lambda name: experiment)
    monkeypatch.chdir(tmp_path)
    return folder


def change(folder: Path, name: str, old: str, new: str) -> None:
    path = folder / f"{name}.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_a_bank_in_order_is_clean(bank: Path):
    checked = check_paths([])
    assert checked.findings == ()
    assert not checked.failed
    assert checked.summary == "1 items and 1 claims in 4 files, 0 to put right."


@pytest.mark.parametrize(
    ("name", "old", "new", "rule", "what"),
    [
        ("attention", "4 * 4 == 16", "4 * 4 == 17", "L20", "`verify` is False"),
        ("attention", "4 * 4 == 16", "4 * 4", "L20", "`verify` is a int"),
        ("attention", "4 * 4 == 16", "open('x')", "L20", "there is no 'open' here"),
        ("attention", "  verify: 4 * 4 == 16\n", "", "L20", "nothing recomputes it"),
        ("attention", "{value: 16,", "{evidence: toy.gone,", "link", "toy has no check 'gone'"),
        ("attention", "{value: 16,", "{evidence: nowhere.gone,", "link", "there is no experiment 'nowhere'"),
        ("attention", "kind: numeric", "kind: nummeric", "bank", "unknown kind 'nummeric'"),
        ("attention", "claims: [cost-grows]", "claims: []", "link", "no item is about this claim"),
        ("claims", "[toy.slope]", "[toy.sloop]", "link", "toy has no check 'sloop'"),
        ("claims", "[toy.slope]", "[toy.cause_removed]", "link", "is a control"),
        ("claims", "check: toy.limit", "check: toy.slop", "link", "toy has no check 'slop'"),
        ("claims", "  supports: [toy.slope]\n", "", "link", "no supports"),
        ("claims", "  expected: {cpu: holds, cuda: holds, mps: holds}\n", "", "link", "no `expected`"),
    ],
)
def test_what_is_wrong_is_found_at_its_place(bank: Path, name: str, old: str, new: str, rule: str, what: str):
    change(bank, name, old, new)
    checked = check_paths([])
    assert checked.failed
    hits = [finding for finding in checked.findings if finding.rule == rule and what in finding.what]
    assert len(hits) == 1
    assert (bank.parent / hits[0].file).is_file()
    assert hits[0].line >= 3
    assert hits[0].todo


def test_a_check_that_no_claim_draws_on_is_a_warning(bank: Path):
    change(bank, "claims", "  limits: [{check: toy.limit, sentence: Only for long sequences.}]\n", "")
    (finding,) = check_paths([]).findings
    assert finding.warning
    assert "`limit`" in finding.what
    assert not check_paths([]).failed
    assert check_paths([bank / "attention.yaml"]).findings == ()


def test_an_allowed_rule_is_silent_but_a_false_key_is_not(bank: Path):
    change(bank, "attention", "How many pairs", "pairs " * 71)
    assert [finding.rule for finding in check_paths([]).findings] == ["L18"]
    change(
        bank,
        "attention",
        "  verify: 4 * 4 == 16\n",
        "  verify: 4 * 4 == 17\n  lint_allow: {L18: long, L20: no}\n",
    )
    assert [finding.rule for finding in check_paths([]).findings] == ["L20"]


def test_a_single_file_is_read_beside_its_bank(bank: Path):
    change(bank, "claims", "[toy.slope]", "[toy.sloop]")
    checked = check_paths([bank / "attention.yaml"])
    assert checked.findings == ()
    assert (checked.items, checked.claims, checked.files) == (1, 0, 1)


def test_a_file_from_elsewhere_is_read_beside_the_built_in_bank(bank: Path, tmp_path: Path):
    mine = tmp_path / "mine" / "own.yaml"
    mine.parent.mkdir()
    mine.write_text(ITEMS.replace("att-cost", "att-mine").replace("A01", "A02"), encoding="utf-8")
    (finding,) = check_paths([mine.parent]).findings
    assert (finding.file, finding.rule) == ("mine/own.yaml", "bank")
    assert "unknown concept 'A02'" in finding.what


def test_an_experiment_that_cannot_be_read_is_found(bank: Path, monkeypatch: pytest.MonkeyPatch):
    def broken(name: str) -> Experiment:
        raise ValueError(f"{name}.py lacks TITLE")

    monkeypatch.setattr(linter.catalogue, "read", broken)
    findings = check_paths([]).findings
    assert [finding.what for finding in findings if finding.rule == "bench"] == ["toy.py lacks TITLE"]


def test_a_path_that_is_not_there_is_asked_wrongly(bank: Path, tmp_path: Path):
    with pytest.raises(QuizError, match="there is no"):
        check_paths([tmp_path / "nothing.yaml"])
    (tmp_path / "empty").mkdir()
    with pytest.raises(QuizError, match="no question files"):
        check_paths([tmp_path / "empty"])
