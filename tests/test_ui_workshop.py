"""The workshop screen: states, tasks, checks in a process of their own, hints, solution, visitors."""

# ruff: noqa: F811 - a fixture that is imported and then asked for by name

from __future__ import annotations

import asyncio
import time

import pytest

from quizapp import served
from quizapp.ui import foreground
from quizapp.ui.workshop import WorkshopScreen
from quizapp.workshop import checking, desk, shelf
from quizapp.workshop.checking import Checked
from tests.screen import flat, quiet, settled  # noqa: F401

FIRST = shelf.load()[0]
SIZES = [(80, 24), (120, 40)]


async def until(pilot, true, seconds=30.0):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, flat(pilot.app)
        await pilot.pause(0.02)


async def opened(app, pilot) -> WorkshopScreen:
    await pilot.press("w")
    await until(pilot, lambda: isinstance(app.screen, WorkshopScreen) and "0 of 13 solved" in flat(app))
    await settled(app, pilot)
    return app.screen


@pytest.fixture
def edits(monkeypatch):
    """What the editor puts into the file, one after the other."""
    texts: list[str] = []

    def run(command: list[str]) -> None:
        if texts:
            desk.file_of(FIRST).write_text(texts.pop(0), encoding="utf-8")

    class Nothing:
        def __enter__(self):
            return None

        def __exit__(self, *_):
            return None

    monkeypatch.setattr(foreground, "run", run)
    monkeypatch.setattr("quizapp.ui.app.QuizApp.suspend", lambda self: Nothing())
    monkeypatch.setenv("EDITOR", "true")
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.delenv(served.VARIABLE, raising=False)
    return texts


@pytest.mark.parametrize("size", SIZES)
async def test_from_not_begun_to_solved(quiet, edits, size):
    wrong = (FIRST.folder / "wrong" / "no_decay.py").read_text(encoding="utf-8")
    edits += [wrong, FIRST.solution]
    app = quiet()
    async with app.run_test(size=size, notifications=True) as pilot:
        screen = await opened(app, pilot)
        assert "not begun junior Widen" in flat(app)
        assert "h = 0.9 h + x" in flat(app)
        await pilot.press("c")
        await until(pilot, lambda: "Not begun yet" in flat(app))
        await pilot.press("e")
        await until(pilot, lambda: "the decay is missing" in flat(app))
        assert "begun junior" in flat(app)
        await pilot.press("h", "h")
        await until(pilot, lambda: screen._state(FIRST.id).hints == 2)
        await until(pilot, lambda: "hint 2 of 4: One step for the whole state" in flat(app))
        await pilot.press("e")
        await until(pilot, lambda: "✓ solved" in flat(app))
        await settled(app, pilot)
        assert "1 of 13 solved" in flat(app)
        for key in ("s", "enter", *["pagedown"] * 4):
            await pilot.press(key)
            await settled(app, pilot)
        await until(pilot, lambda: "min(times) / steps" in flat(app))
        await pilot.press("escape", "escape")
        await pilot.pause()
        assert not isinstance(app.screen, WorkshopScreen)


async def test_the_solution_is_for_those_who_tried(quiet, edits):
    app = quiet()
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await opened(app, pilot)
        await pilot.press("s")
        await until(pilot, lambda: "Try it first" in flat(app))


async def test_keys_are_taken_while_a_check_runs_and_escape_stops_it(quiet, edits, monkeypatch):
    stopped = []

    def endless(exercise, file, *, cancelled):
        stopped.append(cancelled.wait(30))
        return Checked(state="stopped")

    monkeypatch.setattr(checking, "check", endless)
    desk.start(FIRST)
    app = quiet()
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        screen = await opened(app, pilot)
        await pilot.press("c")
        await until(pilot, lambda: "Checking" in flat(app))
        await pilot.press("down", "e")
        await until(pilot, lambda: "Still checking: Widen" in flat(app))
        await pilot.press("up")
        assert screen.checking == FIRST.id
        await pilot.press("escape")
        await until(pilot, lambda: screen.checking is None)
        assert stopped == [True]
        assert isinstance(app.screen, WorkshopScreen)
        await pilot.press("c")
        await until(pilot, lambda: screen.checking is not None)
    for _ in range(1000):
        if len(stopped) == 2:
            break
        await asyncio.sleep(0.02)
    assert stopped == [True, True]


async def test_a_check_that_cannot_run_is_said_and_over(quiet, monkeypatch):
    def broken(exercise, file, *, cancelled):
        raise OSError("no room left")

    monkeypatch.setattr(checking, "check", broken)
    desk.start(FIRST)
    app = quiet()
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await opened(app, pilot)
        await pilot.press("c")
        await until(pilot, lambda: "no room left" in flat(app))
        assert "Checking" not in flat(app)


async def test_one_can_go_home_while_a_check_runs(quiet, monkeypatch):
    monkeypatch.setattr(
        checking, "check", lambda *_, cancelled: cancelled.wait(30) and Checked(state="stopped")
    )
    desk.start(FIRST)
    app = quiet()
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await opened(app, pilot)
        await pilot.press("c")
        await until(pilot, lambda: screen.checking is not None)
        await app.run_worker(app.open_home()).wait()
        await until(pilot, lambda: app.screen is not screen)
        await settled(app, pilot)


async def test_it_leads_to_claims(quiet, edits, monkeypatch):
    went = []
    monkeypatch.setattr("quizapp.ui.app.QuizApp.open_prove", lambda self, claim: went.append(claim))
    monkeypatch.setattr("quizapp.ui.app.QuizApp.open_item", lambda self, item: went.append(item))
    app = quiet()
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot)
        app.bank = shelf_bank()
        await pilot.press("p", "p", "i")
        await pilot.pause()
    assert went[0] in FIRST.claims
    assert went[0] != went[1] in FIRST.claims
    assert went[2] in FIRST.items


def shelf_bank():
    from quizapp import bank, paths

    found, _ = bank.read(sorted((paths.PACKAGE.parent / "questions").glob("*.yaml")))
    return found


async def test_a_visitor_neither_edits_nor_checks(quiet, tmp_path, monkeypatch):
    monkeypatch.setenv(served.VARIABLE, str(tmp_path / "turn"))
    desk.start(FIRST)
    ran = []
    monkeypatch.setattr(checking, "check", lambda *_, **__: ran.append(1))
    app = quiet()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("w")
        await until(pilot, lambda: "on a machine of your own" in flat(app))
        assert "check" not in flat(app).split()
        await pilot.press("e", "c")
        await pilot.pause()
    assert ran == []


@pytest.mark.parametrize("size", [(24, 6), *SIZES])
async def test_every_size(quiet, size):
    app = quiet()
    async with app.run_test(size=size) as pilot:
        await pilot.press("w", "down", "end", "enter", "down", "escape", "h")
        await pilot.pause()
        assert isinstance(app.screen, WorkshopScreen)
