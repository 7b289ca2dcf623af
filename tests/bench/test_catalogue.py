"""What experiments declare, and fingerprints that change exactly when the bench under them does."""

from __future__ import annotations

import ast

import pytest

from quizapp.verifiers import catalogue
from tests.benchcopy import copy_bench, experiment

NAMES = catalogue.names()


# ---- the experiments of the tree --------------------------------------------------------------------


def test_there_are_experiments():
    assert "permutation" in NAMES
    assert "__init__" not in NAMES


@pytest.mark.parametrize("name", NAMES)
def test_every_experiment_is_declared_right(name):
    found = catalogue.read(name)
    assert "does not show" in found.doc
    assert len(found.title) < 60
    assert [check for check in found.checks.values() if check.arm == "control"]
    assert [check for check in found.checks.values() if check.arm == "claim"]
    assert set(found.profiles) == {"quick", "full"}
    assert set(found.profiles["quick"]) == set(found.profiles["full"])
    assert all(len(check.meaning) > 20 for check in found.checks.values())


@pytest.mark.parametrize("name", NAMES)
def test_what_an_experiment_imports_of_the_bench_it_imports_relatively(name):
    """The fingerprint follows relative imports only."""
    for path in (catalogue.BENCH / "experiments" / f"{name}.py", *catalogue.BENCH.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_bytes())):
            absolute = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and not node.level:
                absolute = [node.module or ""]
            assert not [module for module in absolute if module.startswith("quizapp")], path


def test_experiments_do_not_share_fingerprints():
    assert len({catalogue.read(name).fingerprint for name in NAMES}) == len(NAMES)


# ---- fingerprints, on a copy ------------------------------------------------------------------------


@pytest.fixture
def bench(tmp_path, monkeypatch):
    """A copy of the bench with `one`, which imports models/attention, measure and lab, and `two`."""
    imports = "from .. import measure\nfrom ..lab import Lab\nfrom ..models.attention import Attention\n"
    one = experiment("report(lab)").replace("import ctypes\n", f"import ctypes\n{imports}")
    bench = copy_bench(tmp_path, {"one": one, "two": experiment("report(lab)")})
    monkeypatch.setattr(catalogue, "BENCH", bench)
    return bench


def mark(name="one"):
    return catalogue.read(name).fingerprint


def append(path, text="\n# changed\n"):
    path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")


def test_a_fingerprint_is_sixteen_hex_digits_and_stands_still(bench):
    assert len(mark()) == 16
    assert int(mark(), 16) >= 0
    assert mark() == mark()
    assert mark("one") != mark("two")


def test_a_fingerprint_does_not_depend_on_where_the_bench_is(bench, tmp_path, monkeypatch):
    before = mark()
    bench.rename(tmp_path / "elsewhere")
    monkeypatch.setattr(catalogue, "BENCH", tmp_path / "elsewhere")
    assert mark() == before


@pytest.mark.parametrize(
    "file",
    [
        "experiments/one.py",
        "measure.py",  # from .. import measure
        "lab.py",  # from ..lab import Lab
        "models/attention.py",  # from ..models.attention import Attention
        "models/positions.py",  # by way of models/attention.py
        "wire.py",  # by way of lab.py
    ],
)
def test_a_change_in_the_experiment_or_anything_it_imports_changes_the_fingerprint(bench, file):
    if file == "models/positions.py":
        append(bench / "models/attention.py", "\nfrom .positions import *\n")
    before, other = mark("one"), mark("two")
    append(bench / file)
    assert mark("one") != before
    assert mark("two") == other


@pytest.mark.parametrize("file", ["experiments/two.py", "models/gru.py", "serve.py", "__main__.py"])
def test_a_change_elsewhere_does_not(bench, file):
    before = mark("one")
    append(bench / file)
    (bench / "models" / "brand_new.py").write_text('"""New."""\n')
    (bench / "README.md").write_text("text")
    assert mark("one") == before


def test_the_package_that_is_imported_from_counts_too(bench):
    before = mark("one")
    append(bench / "models/__init__.py")
    assert mark("one") != before


def test_a_file_that_moves_from_one_name_to_another_changes_the_fingerprint(bench):
    (bench / "left.py").write_text("A = 1\n")
    (bench / "right.py").write_text("A = 2\n")
    append(bench / "experiments/two.py", "\nfrom .. import left, right\n")
    before = mark("two")
    (bench / "left.py").write_text("A = 2\n")
    (bench / "right.py").write_text("A = 1\n")
    assert mark("two") != before


def test_imports_that_go_round_in_circles_end(bench):
    (bench / "left.py").write_text("from . import right\n")
    (bench / "right.py").write_text("from . import left\n")
    before = mark("two")
    append(bench / "experiments/two.py", "\nfrom .. import left\n")
    assert mark("two") != before


# ---- what is refused --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("TITLE = ", "TITEL = ", "lacks TITLE"),
        ("CHECKS = ", "CHECK = ", "lacks CHECKS"),
        ("PLOT = ", "PLAN = ", "lacks PLOT"),
        ("LOOKS = ", "LOOK = ", "lacks LOOKS"),
        ("PROFILES = ", "PROFILE = ", "lacks PROFILES"),
        ("It does not show anything.", "It shows it all.", "does not show"),
        ('"""An experiment of the tests. It does not show anything."""', "", "lacks a docstring"),
        ('"of the tests"', "''", "TITLE is a text"),
        ('"of the tests"', "7", "TITLE is a text"),
        ("LOOKS = (2,)", "LOOKS = ()", "there must be one"),
        ("LOOKS = (2,)", "LOOKS = (0,)", "numbers of seeds"),
        ("LOOKS = (2,)", "LOOKS = (5, 5)", "must grow"),
        ("LOOKS = (2,)", "LOOKS = (8, 5)", "must grow"),
        ("LOOKS = (2,)", "LOOKS = (True,)", "numbers of seeds"),
        ("LOOKS = (2,)", "LOOKS = 5", "numbers of seeds"),
        ("LOOKS = (2,)", "LOOKS = tuple(range(3))", "malformed node"),
        ('"x_log": False, ', "", "PLOT needs exactly"),
        ('"x_log": False', '"x_log": 0', "PLOT needs exactly"),
        (', "full": {"n": 2}', "", "quick and full"),
        ('{"n": 2}', "2", "dict of sizes"),
        ('"arm": "control", "must": "fail"', '"arm": "claim"', "needs a control"),
        ("def trial(lab):", "def trial(lab:", "was never closed"),
    ],
)
def test_a_wrong_declaration_is_refused_and_says_what_is_wrong(bench, old, new, says):
    path = bench / "experiments" / "two.py"
    source = path.read_text(encoding="utf-8")
    assert old in source
    path.write_text(source.replace(old, new), encoding="utf-8")
    with pytest.raises(ValueError, match=says):
        catalogue.read("two")


def test_a_broken_file_that_is_imported_is_named(bench):
    append(bench / "measure.py", "\ndef broken(:\n")
    with pytest.raises(ValueError, match=r"measure\.py:\d+: invalid syntax"):
        catalogue.read("one")


@pytest.mark.parametrize("name", ["nothing", "__init__", "", "../measure", "experiments.one"])
def test_unknown_names(bench, name):
    with pytest.raises(LookupError, match="there is no experiment"):
        catalogue.read(name)
