"""Keys by their names: remapped, said as they are, kept in order; the mouse; sizes; motion; the tour."""

# ruff: noqa: F811 - fixtures are imported and then asked for by name

import importlib
import pkgutil

import pytest
from textual.screen import Screen
from textual.widgets import Input

import quizapp.ui
from quizapp import paths, settings
from quizapp.model import Review
from quizapp.ui import keytable
from quizapp.ui.home import HomeScreen
from quizapp.ui.keyed import Keyed
from quizapp.ui.practice import PracticeScreen
from quizapp.ui.tour import STEPS, TourScreen
from tests.screen import flat, quiet, text  # noqa: F401 - a fixture
from tests.test_ui_prove import recording, replayed  # noqa: F401 - a fixture

SIZES = [(80, 24), (120, 40)]


def wrote(*lines):
    paths.settings().write_text("tour: false\n" + "".join(f"{line}\n" for line in lines), encoding="utf-8")


def only(app, *ids):
    object.__setattr__(app.bank, "items", {id_: app.bank.items[id_] for id_ in ids})
    return app


async def settled(app, pilot):
    await app.workers.wait_for_complete()
    await pilot.pause()


# ---- names -------------------------------------------------------------------------------------------


def test_every_screen_with_named_actions_is_in_the_table():
    found = set()
    for module in pkgutil.iter_modules(quizapp.ui.__path__):
        for thing in vars(importlib.import_module(f"quizapp.ui.{module.name}")).values():
            ours = isinstance(thing, type) and thing.__module__.startswith("quizapp.") and thing is not Keyed
            if ours and issubclass(thing, Screen) and "BINDINGS" in vars(thing):
                found.add(f"{thing.__module__.removeprefix('quizapp.ui.')}:{thing.__name__}")
    assert found == set(keytable.SCREENS.values())


def test_every_action_has_a_name_words_and_a_method():
    table = keytable.table()
    for name, place in keytable.SCREENS.items():
        module, _, class_ = place.partition(":")
        screen = getattr(importlib.import_module(f"quizapp.ui.{module}"), class_)
        for binding in screen.BINDINGS:
            assert binding.id, binding
            assert binding.id.startswith(f"{name}."), binding
            assert binding.description, binding
            assert hasattr(screen, "action_" + binding.action.partition("(")[0]), binding
        assert {f"{name}.leave", "home.quit"} & {action.id for action in table.screens[name]}
    assert keytable.wrong({id_: ",".join(action.keys) for id_, action in table.actions.items()}) == {}


# ---- other keys --------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
async def test_other_keys_do_it_and_are_said(quiet, size):
    wrote("keys:", "  practice.undo: z, ctrl+y", "  practice.flag: 'ctrl+f'", "  home.study: z")
    app = only(quiet(), "fix-choice")
    async with app.run_test(size=size) as pilot:
        await settled(app, pilot)
        assert "z study all" in flat(app)
        await pilot.press("s")
        assert isinstance(app.screen, HomeScreen)
        await pilot.press("z", "1", "enter")
        await settled(app, pilot)
        assert "z undo" in flat(app)
        assert "s b ctrl+f n mark" in flat(app)
        await pilot.press("u")
        await settled(app, pilot)
        assert app.screen.phase == "told"
        await pilot.press("question_mark")
        await pilot.pause()
        if size[1] < 30:  # the help is longer than that
            await pilot.press("pagedown")
            await pilot.pause()
        assert "z or ctrl+y undo the last answer" in flat(app)
        await pilot.press("escape", "z")
        await settled(app, pilot)
        assert (app.screen.phase, app.store.reviews()) == ("ask", [])


async def test_while_typing_a_letter_is_a_letter_and_the_other_key_counts(quiet):
    wrote("keys:", "  practice.undo: z, ctrl+y")
    app = only(quiet(start="study"), "fix-cloze")
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await settled(app, pilot)
        assert "ctrl+y undo" in flat(app)
        await pilot.press("z")
        assert app.screen.query_one("#typed", Input).value == "z"
        await pilot.press("ctrl+y")
        await settled(app, pilot)
        assert "Nothing to undo" in flat(app)


async def test_what_is_wrong_with_keys_is_said_and_the_rest_holds(quiet):
    wrote(
        "keys:",
        "  home.study: z",
        "  home.claims: b",
        "  practice.undoo: z",
        "  home.stats: f99",
        "  home.quit: s",
    )
    app = quiet()
    async with app.run_test(size=(100, 30)) as pilot:
        for _ in range(200):
            await pilot.pause(0.02)
            if "3 problems" in flat(app):
                break
        shown = text(app)
        said = "".join(shown.replace("│", "").split())  # a long path is broken anywhere
        assert "3 problems in your settings" in shown
        for line, words in (
            (4, "'b' is the key of home.browse already"),
            (5, "there is no action 'practice.undoo'"),
            (6, "there is no key 'f99'"),
        ):
            assert f"settings.yaml:{line}:3: {words}".replace(" ", "") in said
        await pilot.press("enter")
        await pilot.pause()
        for hint in ("z study all", "c claims b browse", "t stats", "s quit"):
            assert hint in flat(app)
        await pilot.press("c")
        await pilot.pause()
        assert "claims" in flat(app)


async def test_keys_typed_fast_are_taken_in_their_order(quiet):
    app = only(quiet(start="study"), "fix-choice")
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(app, pilot)
        for key in ("1", "3", "f"):  # all of them before the first is drawn
            app.post_message(key_event(key))
        await settled(app, pilot)
        (review,) = app.store.reviews()
        assert review.confidence == 0.75
        assert [mark.kind for mark in app.store.marks()] in ([], ["flag"])


def key_event(key):
    from textual.events import Key

    return Key(key, key)


async def test_a_help_that_is_longer_than_the_screen_scrolls(quiet):
    app = quiet(start="study")
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(app, pilot)
        await pilot.press("f1")
        await pilot.pause()
        assert "dark, light, high contrast" not in flat(app)
        for _ in range(12):
            await pilot.press("down")
        await pilot.pause()
        assert "f2 dark, light, high contrast" in flat(app)
        await pilot.press("x")
        await pilot.pause()
        assert isinstance(app.screen, PracticeScreen)


# ---- the mouse ---------------------------------------------------------------------------------------


def where(app, words):
    """The place of words on the screen."""
    for row, line in enumerate(text(app).splitlines()):
        if words in line:
            return line.index(words), row
    raise AssertionError(text(app))


@pytest.mark.parametrize("size", SIZES)
async def test_options_scale_and_hints_can_be_clicked(quiet, size):
    app = only(quiet(), "fix-choice")
    async with app.run_test(size=size) as pilot:
        await settled(app, pilot)
        await pilot.click(offset=where(app, "study all"))
        await settled(app, pilot)
        assert isinstance(app.screen, PracticeScreen)
        await pilot.click(offset=where(app, " 2 • "))
        await pilot.pause()
        assert app.screen.replies == [1]
        await pilot.click(offset=where(app, "4 90%"))
        await settled(app, pilot)
        (review,) = app.store.reviews()
        assert review.confidence == 0.9
        await pilot.click(offset=where(app, "undo"))
        await settled(app, pilot)
        assert app.store.reviews() == []


# ---- sizes -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("id_", ["fix-cloze", "fix-multi", "fix-order", "fix-choice"])
async def test_a_question_survives_every_size(quiet, id_):
    app = only(quiet(start="study"), id_)
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(app, pilot)
        typing = id_ == "fix-cloze"
        await pilot.press(*(("s", "q") if typing else ("down", "space")))
        before = state(app)
        wide = text(app)
        for size in ((80, 24), (40, 10), (24, 6), (40, 10), (80, 24), (120, 40)):
            await pilot.resize_terminal(*size)
            await pilot.pause()
            assert state(app) == before
        assert text(app) == wide
        assert isinstance(app.focused, Input) == typing


def state(app):
    screen = app.screen
    picked = (screen.picking.cursor, list(screen.picking.picked)) if screen.picking else None
    return (
        screen.item.id,
        screen.phase,
        list(screen.replies),
        picked,
        screen.query_one("#typed", Input).value,
    )


# ---- motion ------------------------------------------------------------------------------------------


async def test_without_motion_nothing_moves_by_itself(quiet):
    wrote("motion: false")
    app = only(quiet(start="study"), "fix-cloze")
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(app, pilot)
        assert app.animation_level == "none"
        typed = app.screen.query_one("#typed", Input)
        await pilot.pause(0.7)
        assert not typed.cursor_blink
        assert typed._cursor_visible
        await pilot.press("escape", "b", "slash")
        await pilot.pause()
        assert not app.screen.query_one("#filter", Input).cursor_blink


async def test_with_motion_the_cursor_blinks(quiet):
    app = only(quiet(start="study"), "fix-cloze")
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(app, pilot)
        assert app.screen.query_one("#typed", Input).cursor_blink


@pytest.mark.parametrize("motion", [True, False])
async def test_curves_come_in_few_steps_without_motion(replayed, motion, monkeypatch):
    wrote(f"motion: {str(motion).lower()}")
    app = replayed()
    drawn = []
    async with app.run_test(size=(100, 40)) as pilot:
        screen = app.screen
        real = screen._draw
        monkeypatch.setattr(screen, "_draw", lambda now: (drawn.append(screen._quarter()), real(now)))
        await pilot.press("1")
        await settled(app, pilot)
        screen.phase = "run"
        for _ in range(12):  # new events all the time, none of which comes a quarter further
            screen._fresh = True
            app.touched = screen._rest_until = 0.0
            screen._tick()
        screen.phase = "done"
    assert (len(drawn) > 8) == motion, drawn


# ---- the tour ----------------------------------------------------------------------------------------


async def test_a_sheet_of_the_tour_that_does_not_fit_scrolls_first(quiet):
    paths.settings().unlink()
    app = quiet()
    async with app.run_test(size=(30, 8)) as pilot:
        await settled(app, pilot)
        assert "any key" not in flat(app)
        for _ in range(10):
            await pilot.press("down")
            await pilot.pause()
            if "any key" in flat(app):
                break
        assert "any key: on" in flat(app)
        assert app.screen.at == 0
        await pilot.press("down")
        await pilot.pause()
        assert app.screen.at == 1
        assert STEPS[1][0] in flat(app)


@pytest.mark.parametrize("size", [(80, 24), (40, 10)])
async def test_somebody_new_is_shown_around_once(quiet, size):
    paths.settings().unlink()
    app = quiet()
    async with app.run_test(size=size) as pilot:
        await settled(app, pilot)
        assert isinstance(app.screen, TourScreen)
        for title, _ in STEPS:
            assert title in flat(app)
            await pilot.press("x")
            await pilot.pause()
        assert isinstance(app.screen, HomeScreen)
    assert not settings.load(paths.settings()).tour
    again = quiet()
    async with again.run_test(size=size) as pilot:
        await settled(again, pilot)
        assert isinstance(again.screen, HomeScreen)
        again.open_tour()
        await pilot.pause()
        assert "Welcome" in flat(again)
        await pilot.press("escape")
        await pilot.pause()
        assert isinstance(again.screen, HomeScreen)


async def test_it_says_the_keys_as_they_are(quiet):
    paths.settings().write_text("keys:\n  practice.undo: z\n", encoding="utf-8")
    app = quiet()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(app, pilot)
        await pilot.press("x", "x")
        await pilot.pause()
        assert "z takes the last one back" in flat(app)


@pytest.mark.parametrize("start", ["home", "study"])
async def test_nobody_with_answers_is_shown_around(quiet, clock, start):
    paths.settings().unlink()
    app = quiet(start=start)
    app.store.add_review(
        Review(
            item="fix-card",
            rev=1,
            at=clock(),
            given="3",
            score=1,
            correct=True,
            rating=3,
            seconds=1,
            confidence=None,
        )
    )
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(app, pilot)
        assert not isinstance(app.screen, TourScreen)
