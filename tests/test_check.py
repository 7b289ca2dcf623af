"""The linter on whole banks: items, claims and experiments, both ways."""

from __future__ import annotations

from pathlib import Path

import pytest
from quizapp.verifiers.catalogue import Experiment
from quizapp.verifiers.verdict import Check

from quizapp import check as linter
from quizapp import paths
from quizapp.check import check_paths
from quizapp.errors import QuizError

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
        figures={},
        outside=(),
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


def cards(count: int, topic: str = "attention") -> str:
    """Items that claim nothing and name no misconception; the last one asks what the first asks."""
    item = """- id: {topic}-card-{n}
  kind: card
  topic: {topic}
  concepts: [A01]
  level: mid
  bloom: apply
  difficulty: 2
  time_s: 60
  front: Why is {said}{said} not {said}?
  back: Because.
  grade_yourself: [so]
"""
    said = [f"w{n % (count - 1)}" for n in range(count)]
    return "schema: 1\nitems:\n" + "".join(
        item.format(n=n, topic=topic, said=word) for n, word in enumerate(said)
    )


def test_many_items_are_judged_together_only_as_a_whole_folder(bank: Path):
    (bank / "cards.yaml").write_text(cards(31), encoding="utf-8")
    together = {"L30", "L33", "coverage"}
    whole = check_paths([])
    assert together <= {finding.rule for finding in whole.findings}
    assert check_paths([bank]) == whole
    assert check_paths(sorted(bank.glob("*.yaml"))) == whole
    assert check_paths([bank / "cards.yaml"]).findings == ()
    assert not together & {f.rule for f in check_paths(sorted(bank.glob("[ac]*.yaml"))).findings}


def test_many_items_are_not_judged_while_some_cannot_be_read(bank: Path):
    (bank / "cards.yaml").write_text(cards(40).replace("mid", "middle", 1), encoding="utf-8")
    assert {finding.rule for finding in check_paths([]).findings} == {"bank"}


def test_what_is_found_in_many_items_has_a_place(bank: Path):
    (bank / "cards.yaml").write_text(cards(31), encoding="utf-8")
    by_rule = {finding.rule: finding for finding in check_paths([]).findings if finding.rule != "coverage"}
    twin = by_rule["L30"]
    assert (twin.file, twin.line, twin.column) == ("questions/cards.yaml", 333, 3)
    assert (twin.id, twin.warning) == ("attention-card-30", False)
    assert "attention-card-0" in twin.what
    assert by_rule["L33"].id == ""
    assert by_rule["blueprint"].warning
    assert by_rule["L25"].file == "questions/claims.yaml"
    missing = {finding.id: finding.file for finding in check_paths([]).findings if finding.rule == "coverage"}
    assert missing == {"M-ONE": "questions/misconceptions.yaml", "cost-grows": "questions/claims.yaml"}


def test_somebody_elses_bank_has_no_blueprint(bank: Path, tmp_path: Path):
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "concepts.yaml").write_text(CONCEPTS, encoding="utf-8")
    (mine / "cards.yaml").write_text(cards(31, "scaling"), encoding="utf-8")
    assert {finding.rule for finding in check_paths([mine]).findings} == {"L30", "L33"} | {"L29"}


def test_a_number_without_scope_is_a_warning(bank: Path):
    text = cards(2).replace("back: Because.", "back: It never ends.")
    (bank / "cards.yaml").write_text(text, encoding="utf-8")
    checked = check_paths([])
    assert [(finding.rule, finding.warning) for finding in checked.findings] == [("L21", True)] * 2
    assert not checked.failed


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
