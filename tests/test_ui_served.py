"""What a visitor does not have: the editor, folders of the host, a bench of their own."""

# ruff: noqa: F811 - a fixture that is imported and then asked for by name

from __future__ import annotations

import pytest

from quizapp import editor, served
from quizapp.errors import QuizError
from quizapp.queued import QueuedBench
from quizapp.ui import foreground
from quizapp.ui.source import SourceScreen
from tests.screen import flat, quiet  # noqa: F401


@pytest.fixture
def visit(quiet, tmp_path, monkeypatch):
    """An app that is served, on a machine with an editor."""
    monkeypatch.setenv(served.VARIABLE, str(tmp_path / "turn"))
    monkeypatch.setenv("EDITOR", "true")
    return quiet


@pytest.fixture
def edited(monkeypatch) -> list[list[str]]:
    """The commands that were run as an editor."""
    commands: list[list[str]] = []
    monkeypatch.setattr(foreground, "run", commands.append)
    return commands


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_a_visitor_cannot_open_an_editor(visit, edited, size):
    app = visit(start="browse")
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        assert "edit" not in flat(app).split()
        await pilot.press("e", "e")
        await pilot.pause()
        app.screen.action_edit()
        await pilot.pause()
        assert edited == []
        await pilot.press("question_mark")
        await pilot.pause()
        assert "EDITOR" not in flat(app)


async def test_at_home_there_is_an_editor(quiet, edited, monkeypatch):
    monkeypatch.setenv("EDITOR", "true")
    monkeypatch.delenv(served.VARIABLE, raising=False)
    app = quiet(start="browse")
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        assert "edit" in flat(app).split()
        assert app.screen.check_action("edit", ()) is True


def test_no_command_of_an_editor_is_made_for_a_visitor(tmp_path):
    environment = {"EDITOR": "true"}
    assert editor.command(environment, tmp_path / "bank.yaml", 3)[0] == "true"
    with pytest.raises(QuizError, match="visitor"):
        editor.command({**environment, served.VARIABLE: "turn"}, tmp_path / "bank.yaml", 3)


async def test_the_source_of_an_experiment_names_no_folder(visit):
    app = visit(start="claims")
    async with app.run_test(size=(120, 40)) as pilot:
        screen = SourceScreen("permutation")
        await app.push_screen(screen)
        await pilot.pause()
        assert "permutation.py" in flat(app)
        assert str(screen.path.parent) not in flat(app)


async def test_the_bench_of_a_visitor_waits_for_its_turn(visit):
    app = visit()
    async with app.run_test() as pilot:
        await pilot.pause()
        assert isinstance(app.bench, QueuedBench)
        await app.bench.start()
        assert app.bench._process is None


async def test_who_waits_is_told(visit, all_kinds):
    claim = next(claim for claim in all_kinds.claims.values() if claim.checks)
    app = visit(claim=claim.id)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        screen = app.screen
        app.bench.waiting = True
        screen.phase = "run"
        screen._tick()
        await pilot.pause()
        assert "another experiment is running" in flat(app)
