"""The architecture screen: needs change with the keys, what follows is shown at once, at every size."""

from __future__ import annotations

from pathlib import Path

import pytest

from quizapp import paths
from quizapp.picker import ask, rules
from quizapp.picker.needs import Needs
from quizapp.ui.app import QuizApp
from quizapp.ui.pick import PickScreen, turned
from quizapp.ui.prove import ProveScreen
from tests.screen import flat


@pytest.fixture(scope="session")
def cached(tmp_path_factory) -> Path:
    """Where the questions are kept once they were read."""
    return tmp_path_factory.mktemp("banks") / "banks.json"


@pytest.fixture
def whole(home, cached, monkeypatch):
    """An app on the questions that came with it, without a bench."""
    monkeypatch.setattr(paths, "cache", lambda: cached)

    async def nothing(self) -> None:
        return None

    monkeypatch.setattr(QuizApp, "_warm", nothing)
    return QuizApp


async def settle(app, pilot) -> None:
    await app.workers.wait_for_complete()
    await pilot.pause()


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_needs_change_and_the_recommendation_follows(whole, size):
    app = whole()
    async with app.run_test(size=size) as pilot:
        await pilot.press("a")
        await settle(app, pilot)
        assert isinstance(app.screen, PickScreen)
        shown = flat(app)
        assert "It depends: Transformer (fused attention)" in shown
        assert "< language modelling >" in shown
        await pilot.press("down", *["right"] * 6)
        await settle(app, pilot)
        shown = flat(app)
        assert "< 524,288 tokens >" in shown
        assert "It depends: Mamba-2 hybrid; next comes Mamba-2" in shown
        await pilot.press("r")
        await settle(app, pilot)
        assert "< 8,192 tokens >" in flat(app)
        await pilot.press("up", "left")
        await settle(app, pilot)
        assert "< image patches >" in flat(app)
        await pilot.press("escape")
        await settle(app, pilot)
        assert "quizapp" in flat(app)


def test_needs_turn_round_or_stop_at_their_ends():
    known = rules.shipped()
    inputs = {question.name: question for question in ask.inputs(known)}
    on = turned(Needs(), inputs["stream"], 1, known)
    assert on.stream is True
    assert turned(on, inputs["stream"], 1, known).stream is False
    shortest = Needs(length=64)
    assert turned(shortest, inputs["length"], -1, known) == shortest
    assert turned(Needs(), inputs["length"], -1, known).length == 4096
    assert turned(Needs(memory=3e9), inputs["memory"], 1, known).memory == 4e9
    assert turned(Needs(), inputs["recall"], -1, known).recall == "none"
    assert turned(Needs(task="images"), inputs["task"], 1, known).task == "language"


async def test_it_scrolls_and_proves(whole):
    app = whole()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("a")
        await settle(app, pilot)
        await pilot.press("pagedown", "pagedown")
        await pilot.pause()
        assert "What would flip it" in flat(app)
        await pilot.press("p")
        await pilot.pause()
        assert isinstance(app.screen, ProveScreen)


async def test_a_tiny_terminal_does_not_break_it(whole):
    app = whole()
    async with app.run_test(size=(24, 6)) as pilot:
        await pilot.press("a", "down", "right", "j", "pagedown", "k")
        await settle(app, pilot)
        assert "architecture" in flat(app)
