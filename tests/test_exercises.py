"""The exercises that come with quizapp: as begun they fail, ours pass, and known mistakes are told apart."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from quizapp import bank, paths
from quizapp.workshop import checking, shelf
from quizapp.workshop.checking import Checked

EXERCISES = shelf.load()
FILES = {
    (one.id, file.name): (one, file)
    for one in EXERCISES
    for file in (one.file, one.folder / "solution.py", *sorted(one.folder.glob("wrong/*.py")))
}
WRONG = [key for key, (_, file) in FILES.items() if file.parent.name == "wrong"]
OTHER = {
    file.stem: (shelf.named(file.stem.partition(".")[0], EXERCISES), file)
    for file in sorted((Path(__file__).parent / "fixtures" / "other_ways").glob("*.py"))
}
"""Right in another style than ours: in place, in other types, by recursion, with numpy, with keywords."""


@pytest.fixture(scope="module")
def checked() -> dict[tuple[str, str], Checked]:
    """Every file, each in a process of its own, forked from one that has torch."""
    limits = checking.Limits(cpu=20.0, wall=60.0)
    return dict(zip(FILES, checking.check_all(list(FILES.values()), limits=limits), strict=True))


def test_there_are_enough_from_easy_to_hard():
    assert len(EXERCISES) >= 13
    assert [one.number for one in EXERCISES] == list(range(1, len(EXERCISES) + 1))
    assert len({one.id for one in EXERCISES}) == len(EXERCISES)
    levels = [shelf.LEVELS.index(one.level) for one in EXERCISES]
    assert levels == sorted(levels)
    for one in EXERCISES:
        assert len(list(one.folder.glob("wrong/*.py"))) >= 5
        assert len(one.hints) >= 3
        assert one.task.startswith(one.task.partition("\n")[0])
        assert "Why:" in one.why


def test_their_claims_and_items_exist():
    known = bank.load()
    for one in EXERCISES:
        assert one.claims
        assert [id_ for id_ in one.claims if id_ not in known.claims] == []
        assert [id_ for id_ in one.items if id_ not in known.items] == []
        assert any(known.claims[id_].checks for id_ in one.claims), f"{one.id} offers nothing to prove"


@pytest.mark.parametrize("id_", [one.id for one in EXERCISES])
def test_what_is_not_done_fails(checked, id_):
    assert checked[id_, "exercise.py"].state == "unfinished"
    assert checked[id_, "exercise.py"].where


@pytest.mark.parametrize("id_", [one.id for one in EXERCISES])
def test_our_solution_passes(checked, id_):
    result = checked[id_, "solution.py"]
    assert result.state == "solved", result
    assert result.passed


@pytest.fixture(scope="module")
def other() -> dict[str, Checked]:
    """Every right file that is not ours."""
    limits = checking.Limits(cpu=20.0, wall=60.0)
    return dict(zip(OTHER, checking.check_all(list(OTHER.values()), limits=limits), strict=True))


@pytest.mark.parametrize("name", OTHER)
def test_right_in_another_style_is_right(other, name):
    assert other[name].state == "solved", other[name]


def test_every_exercise_has_a_right_file_of_another_style():
    assert {one.id for one, _ in OTHER.values()} == {one.id for one in EXERCISES}


@pytest.mark.parametrize("key", WRONG, ids="/".join)
def test_a_known_mistake_is_told(checked, key):
    wanted = FILES[key][1].read_text(encoding="utf-8").partition("\n")[0].removeprefix("# expect: ")
    result = checked[key]
    assert result.state in ("wrong", "broken")
    assert wanted in " | ".join((result.what, result.came, result.smells, result.given))
    assert result.at


def test_the_solutions_keep_the_names_of_the_exercises():
    def names(file: Path) -> set[str]:
        tree = ast.parse(file.read_text(encoding="utf-8"))
        return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}

    for one in EXERCISES:
        assert names(one.file) <= names(one.folder / "solution.py")


def test_tasks_fit_a_narrow_screen():
    for one in EXERCISES:
        assert max(map(len, one.task.splitlines())) <= 75


def test_they_come_with_the_package():
    assert shelf.FOLDER.is_relative_to(paths.PACKAGE)
