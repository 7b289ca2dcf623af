"""An order is made by moving its lines, or by picking them one after the other; both give the same answer."""

# ruff: noqa: F811 - fixtures are imported and then asked for by name

from __future__ import annotations

import re

import pytest

from quizapp.steps import Step
from quizapp.ui.answer import Picking
from tests.screen import flat, quiet, text  # noqa: F401 - a fixture
from tests.test_ui_keys import wrote
from tests.test_ui_practice import only, settled

SIZES = [(80, 24), (120, 40)]


@pytest.fixture
def picking():
    return Picking(Step(mode="rank", prompt="Order", options=("a", "b", "c", "d"), order=(0, 1, 2, 3)))


def rows(app):
    """The lines of the order from top to bottom: key and place."""
    found = re.findall(r"^[› ]*(\d) (\(\d\)) ", text(app), re.MULTILINE)
    return [(key, place) for key, place in found]


def test_a_line_moves_and_takes_the_cursor_along(picking):
    picking.move(1)
    assert (picking.shown, picking.cursor) == ([1, 0, 2, 3], 0)
    assert picking.complete
    picking.move(-1)
    picking.move(-1)
    assert picking.shown == [0, 1, 2, 3]
    picking.press("up")
    assert picking.cursor == 3
    picking.move(1)
    assert picking.shown == [0, 1, 2, 3]


def test_what_was_picked_stands_first(picking):
    picking.press("3")
    assert picking.shown == [2, 0, 1, 3]
    picking.press("down")
    picking.press("space")
    assert picking.shown == [2, 0, 1, 3]
    assert picking.picked == [2, 0]
    picking.press("3")
    assert picking.picked == [0]


def test_enter_numbers_the_lines_as_shown_and_only_then_takes_them(picking):
    assert not picking.press("enter")
    assert picking.picked == [0, 1, 2, 3]
    assert picking.press("enter")


def test_what_was_begun_is_to_be_ended(picking):
    picking.press("2")
    assert not picking.press("enter")
    assert picking.picked == [1]


def test_the_last_one_needs_no_key(picking):
    for key in "213":
        picking.press(key)
    assert picking.press("enter")
    assert picking.reply == [1, 0, 2, 3]


def test_moving_after_picking_keeps_what_was_picked(picking):
    picking.press("4")
    picking.press("2")
    picking.move(-1)
    assert picking.shown == [1, 3, 0, 2]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("down", ["shift+down", "J"])
async def test_lines_move_on_the_screen(quiet, size, down):
    app = only(quiet(start="study"), "fix-order")
    async with app.run_test(size=size) as pilot:
        assert "shift+up shift+down move" in flat(app)
        assert rows(app) == []  # nothing has a place yet
        await pilot.press(down, down)
        assert rows(app) == [("2", "(1)"), ("3", "(2)"), ("1", "(3)"), ("4", "(4)")]
        await pilot.press("K", "enter")
        assert app.screen.replies == [[1, 0, 2, 3]]
        await pilot.press("shift+tab")
        assert rows(app) == [("2", "(1)"), ("1", "(2)"), ("3", "(3)"), ("4", "(4)")], "it can be put right"
        await pilot.press("enter", "3")
        await settled(app, pilot)
        (review,) = app.store.reviews()
        file_order = app.screen.steps[0].order
        assert review.given == str([file_order[place] for place in (1, 0, 2, 3)])


async def test_the_keys_can_be_others_and_mean_nothing_elsewhere(quiet):
    wrote("keys:", "  practice.later: ctrl+n")
    app = only(quiet(start="study"), "fix-choice", "fix-order")
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(app, pilot)
        assert app.screen.item.id == "fix-choice"
        before = text(app)
        await pilot.press("ctrl+n", "K")
        assert text(app) == before
        await pilot.press("1", "enter")
        await settled(app, pilot)
        await pilot.press("enter")
        await settled(app, pilot)
        assert "shift+up ctrl+n move" in flat(app)
        await pilot.press("ctrl+n")
        assert rows(app)[0] == ("2", "(1)")
