"""Every problem in a bank is found at once, at its place, with something to do; the cache changes nothing."""

import json
import shutil

import pytest

from quizapp import bank, model
from quizapp.errors import BankError
from tests.conftest import FIXTURE_BANK

ITEM = """\
schema: 1
items:
- id: a-one
  kind: choice
  topic: parallelism
  concepts: [P11]
  level: mid
  bloom: apply
  difficulty: 2
  time_s: 30
  stem: Which one?
  options:
  - {text: first, correct: true, why: it is}
  - {text: second, why: it is not}
  - {text: third, why: it is not}
"""


@pytest.fixture
def folder(tmp_path):
    """A copy of the fixture's concepts and misconceptions, without items."""
    for name in ("concepts", "misconceptions"):
        shutil.copy(FIXTURE_BANK / f"{name}.yaml", tmp_path)
    return tmp_path


def problems(folder, text):
    (folder / "bank.yaml").write_text(text, encoding="utf-8")
    return bank.read(sorted(folder.glob("*.yaml")))[1]


def test_the_fixture_holds_every_kind(all_kinds):
    assert {item.kind for item in all_kinds.items.values()} == set(model.KINDS)


def test_a_good_item_has_no_problem(folder):
    assert problems(folder, ITEM) == []


@pytest.mark.parametrize(
    ("old", "new", "line", "what", "todo"),
    [
        ("schema: 1\n", "schema: 2\n", 1, "schema 2", "newer quizapp"),
        ("kind: choice", "kind: quiz", 4, "unknown kind 'quiz'", "choice"),
        ("kind: choice", "kind: [choice]", 4, "unknown kind ['choice']", "choice"),
        ("kind: choice", "kind: {a: b}", 4, "unknown kind {'a': 'b'}", "choice"),
        ("  stem: Which one?\n", "", 3, "`stem` is missing", "Add `stem:`"),
        ("  stem:", "  stemm: x\n  stem:", 11, "unknown key `stemm`", "Did you mean `stem`?"),
        ("topic: parallelism", "topic: paralelism", 5, "'paralelism'", "'parallelism'"),
        ("difficulty: 2", "difficulty: 9", 9, "less than or equal to 5", "9"),
        ("difficulty: 2", "difficulty: two", 9, "valid integer", "'two'"),
        ("second, why", "second, correct: true, why", 12, "2 of the options are correct", "exactly one"),
        ("concepts: [P11]", "concepts: [P12]", 6, "unknown concept 'P12'", "P11"),
        ("concepts: [P11]", "concepts: [P11]\n  claims: [nothing]", 7, "unknown claim", "claims.yaml"),
        (
            "{text: second,",
            "{text: second, misconception: M-X,",
            14,
            "unknown misconception",
            "misconceptions.yaml",
        ),
        ("  - {text: third, why: it is not}\n", "", 12, "at least 3 items", "now"),
        ("items:\n", "things:\n", 1, "is not a bank", "items"),
        ("items:\n", "claims: 5\nitems:\n", 2, "`claims` is no list", "entries"),
        ("stem: Which one?", "stem:", 11, "`stem` is not filled in", "Write its value"),
        ("level: mid", "level:", 7, "`level` is not filled in", "'senior'"),
    ],
)
def test_a_problem_has_line_what_and_todo(folder, old, new, line, what, todo):
    found = problems(folder, ITEM.replace(old, new))
    assert len(found) >= 1
    assert found[0].file.endswith("bank.yaml")
    assert (found[0].line, what in found[0].what, todo in found[0].todo) == (line, True, True), found[0]


def test_all_problems_are_reported_at_once(folder):
    broken = ITEM.replace("kind: choice", "kind: quiz") + ITEM.partition("items:\n")[2].replace(
        "mid", "expert"
    )
    (folder / "other.yaml").write_text("a: [", encoding="utf-8")
    found = problems(folder, broken)
    assert {problem.file.rpartition("/")[2] for problem in found} == {"bank.yaml", "other.yaml"}
    assert len(found) == 3


def test_an_id_that_is_taken_names_the_other_place(folder):
    found = problems(folder, ITEM + ITEM.partition("items:\n")[2])
    assert "taken" in found[0].what
    assert "bank.yaml:3:" in found[0].todo


@pytest.mark.parametrize(
    ("id_", "change", "what"),
    [
        ("fix-multi", {"options": 4}, "4 options are correct"),
        ("fix-cloze", {"accept": {"c1": ["d"]}}, "gaps ['c1', 'c2']"),
        ("fix-numeric", {"answer": {"tol": {"rel": 0.1}}}, "`value` or `evidence`"),
        ("fix-numeric", {"answer": {"value": 1.0, "tol": {}}}, "says nothing"),
    ],
)
def test_what_a_schema_cannot_say(all_kinds, folder, id_, change, what):
    import dataclasses

    entry = dataclasses.asdict(all_kinds.items[id_])
    if change == {"options": 4}:
        for option in entry["options"]:
            option["correct"] = True
    else:
        entry.update(change)
    entry.pop("claims")
    (folder / "bank.yaml").write_text(json.dumps({"schema": 1, "items": [entry]}), encoding="utf-8")
    found = bank.read(sorted(folder.glob("*.yaml")))[1]
    assert any(what in problem.what for problem in found), found


def test_load_raises_with_every_problem(folder):
    (folder / "bank.yaml").write_text(ITEM.replace("mid", "expert"), encoding="utf-8")
    with pytest.raises(BankError, match=r"bank\.yaml:7:") as caught:
        bank.load(folder)
    assert len(caught.value.problems) == 1


def test_the_cache_gives_the_same_bank_and_notices_a_change(tmp_path):
    folder = tmp_path / "questions"
    shutil.copytree(FIXTURE_BANK, folder)
    cache = tmp_path / "banks.json"
    fresh = bank.load(folder, cache)
    assert cache.is_file()
    assert bank.load(folder, cache) == fresh
    path = folder / "all_kinds.yaml"
    path.write_text(path.read_text().replace("fix-card", "fix-card-two"), encoding="utf-8")
    assert "fix-card-two" in bank.load(folder, cache).items


def test_a_cache_that_does_not_fit_on_the_disk_leaves_nothing_behind(tmp_path, monkeypatch):
    def full(path, *given):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.replace", full)
    assert bank.load(FIXTURE_BANK, tmp_path / "banks.json").items
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kept", ["", "{", "[]", '{"key": 1}'])
def test_a_broken_cache_is_read_over(tmp_path, kept):
    cache = tmp_path / "banks.json"
    cache.write_text(kept)
    assert "fix-card" in bank.load(FIXTURE_BANK, cache).items


def test_the_built_in_banks_are_in_order():
    found = bank.load()
    assert len(found.items) >= 60
    assert len(found.claims) >= 25
