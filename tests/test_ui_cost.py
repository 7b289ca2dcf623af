"""What a key costs: how often everything there is is looked through. Counts calls, not time."""

# ruff: noqa: F811 - fixtures are imported and then asked for by name

import gc
from types import SimpleNamespace

import pytest
from textual.css.stylesheet import Stylesheet
from textual.screen import Screen

from quizapp import query, study
from quizapp.cli import practice as command
from quizapp.study import Study
from quizapp.ui import manners, tidy
from quizapp.ui.app import QuizApp
from tests.screen import flat, quiet  # noqa: F401 - a fixture


@pytest.fixture
def counted(monkeypatch):
    """Count the calls of a function of a module or a class: returns where they are counted."""

    def count(owner, name):
        calls, real = [], getattr(owner, name)

        def call(*args, **kwargs):
            calls.append(name)
            return real(*args, **kwargs)

        monkeypatch.setattr(owner, name, call)
        return calls

    return count


async def settled(app, pilot):
    for _ in range(2):
        await app.workers.wait_for_complete()
        await pilot.pause()


async def test_practice_looks_through_the_items_once_an_answer(quiet, counted):
    passes, orders = counted(study, "waiting"), counted(Study, "_ordered")
    app = quiet(start="study")
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(app, pilot)
        for turn in range(1, 4):
            for known in (passes, orders):
                known.clear()
            kind = app.screen.item.kind
            steps = len(app.screen.steps)
            await pilot.press("down", "up", "f", "f")
            await settled(app, pilot)
            assert not passes, f"{kind}: nothing was answered"
            for _ in range(steps):
                step = app.screen.steps[len(app.screen.replies)]
                await pilot.press(*{"text": ("0", "enter"), "reveal": ("space",)}.get(step.mode, ("1",)))
                if step.mode == "many":
                    await pilot.press("enter")
            assert not passes
            await pilot.press("enter", "3") if kind == "card" else await pilot.press("enter")
            await settled(app, pilot)
            if app.screen.phase == "told":
                await pilot.press("down", "up", "enter")
                await settled(app, pilot)
            assert len(app.screen.study.answers) == turn
            assert len(passes) == len(orders) == 1, f"{kind}: {len(passes)} passes"


async def test_a_rating_an_undo_and_what_is_put_aside_cost_one_pass_each(quiet, counted):
    app = quiet(start="study")
    kept = {id_: item for id_, item in app.bank.items.items() if item.kind in ("choice", "code", "multi")}
    object.__setattr__(app.bank, "items", kept)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(app, pilot)
        passes = counted(study, "waiting")
        while app.screen.item.kind == "multi":
            await pilot.press("b")
            await settled(app, pilot)
        await pilot.press("1", "enter")
        await settled(app, pilot)
        for key in ("2", "u", "s"):
            passes.clear()
            await pilot.press(key)
            await settled(app, pilot)
            assert len(passes) == 1, key


async def test_browse_selects_once_a_letter_and_never_to_move(quiet, counted):
    app = quiet(start="browse")
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(app, pilot)
        found = counted(query, "select")
        await pilot.press("down", "pagedown", "end", "up", "home", "space", "enter", "escape", "f", "f")
        await settled(app, pilot)
        assert not found
        await pilot.press("slash", *"kind:ch")
        assert "that fit" in flat(app)
        assert len(found) <= len("kind:ch")
        found.clear()
        await pilot.press("enter", "down")
        assert not found


async def test_home_counts_once_when_it_is_shown_and_not_for_a_key(quiet, counted):
    app = quiet(start="home")
    counts, passes = counted(Study, "counts"), counted(study, "waiting")
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(app, pilot)
        assert (len(counts), len(passes)) == (1, 1)
        await pilot.press("down", "down", "up")
        await settled(app, pilot)
        assert (len(counts), len(passes)) == (1, 1)


async def test_the_styles_are_read_once_before_the_first_paint(quiet, counted):
    again = counted(Stylesheet, "reparse")
    app = quiet(start="home")
    seen = []
    app.call_after_refresh(lambda: seen.append(len(again)))
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(app, pilot)
        assert seen
        assert app.current_theme.name == "dark"
        assert app.has_class("-theme-dark")
        assert len(again) <= 1  # Textual's own, when the app is up


def test_a_start_does_without_the_garbage_collector_until_it_has_painted(home, monkeypatch):
    seen = []

    class Terminal:
        def isatty(self):
            return True

    def run(app):
        seen.append(gc.isenabled())

    monkeypatch.setattr(command.sys, "stdin", Terminal())
    monkeypatch.setattr(command.sys, "stdout", Terminal())
    monkeypatch.setattr(QuizApp, "run", run)
    assert command.open_app("home") == 0
    assert seen == [False]
    assert gc.isenabled()


async def test_the_garbage_collector_works_again_once_it_has_painted(home, monkeypatch):
    async def nothing(self):
        return None

    monkeypatch.setattr(QuizApp, "_back_up", lambda self: None)
    monkeypatch.setattr(QuizApp, "_start_bench", lambda self: None)
    app = QuizApp(start="home")
    gc.disable()
    try:
        async with app.run_test(size=(80, 24)) as pilot:
            for _ in range(100):
                await pilot.pause(0.05)
                if gc.isenabled():
                    break
            assert gc.isenabled()
    finally:
        gc.enable()
        gc.unfreeze()


async def test_no_key_is_replied_to_with_a_look_through_all_memory(quiet, monkeypatch):
    looks, now = [], [1000.0]
    monkeypatch.setattr(manners, "time", SimpleNamespace(monotonic=lambda: now[0]))
    monkeypatch.setattr(tidy.gc, "collect", lambda: looks.append(1))
    monkeypatch.setattr(tidy.gc, "get_count", lambda: (0, 0, tidy.EVERY))
    app = quiet(start="browse")
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(app, pilot)
        await pilot.press("down")
        tidy.tidy(app.quiet)
        assert not looks
        now[0] += tidy.QUIET
        tidy.tidy(app.quiet)
        assert looks == [1]


def test_the_memory_is_left_to_python_again_in_the_end():
    own = gc.get_threshold()
    try:
        tidy.begin()
        assert gc.isenabled()
        assert gc.get_threshold() == (*own[:2], tidy.NEVER)
    finally:
        tidy.end()
        gc.unfreeze()
    assert gc.get_threshold() == own


@pytest.mark.parametrize(
    ("start", "there", "keys"),
    [("browse", (), ("down", "space", "space", "up")), ("home", ("t",), ("2", "3", "4", "5", "1"))],
)
async def test_another_text_in_the_same_place_lays_nothing_out(quiet, counted, start, there, keys):
    app = quiet(start=start)
    async with app.run_test(size=(80, 8)) as pilot:  # so low that every text has its bar
        await pilot.press(*there)
        await settled(app, pilot)
        layouts = counted(Screen, "_refresh_layout")
        for key in keys:
            await pilot.press(key)
            await pilot.pause()
        assert len(layouts) <= 2, "the bar may come and go"
