"""Hints: no key is parted from its word, the least important go first, and help is always there."""

# ruff: noqa: F811 - fixtures are imported and then asked for by name

from __future__ import annotations

import pytest
from textual.content import Content

from quizapp.ui.hints import Hint, laid_out, rows
from tests.screen import quiet, text  # noqa: F401 - a fixture

PAIRS = ("enter study", "s study all", "k cram", "c claims", "? help", "q quit")
HINTS = [Hint(Content(pair), rank) for pair, rank in zip(PAIRS, (0, 2, 3, 4, -1, 1), strict=True)]


@pytest.mark.parametrize("width", range(1, 80))
@pytest.mark.parametrize("most", [1, 2])
def test_hints_stay_whole_and_in_their_order_at_every_width(width, most):
    shown = laid_out(HINTS, width, most).plain.splitlines()
    kept = [pair for line in shown for pair in line.split("  ")]
    assert set(kept) <= set(PAIRS)
    assert kept == sorted(kept, key=PAIRS.index)
    assert len(shown) <= most
    assert "? help" in kept
    if width >= len("? help"):
        assert all(len(line) <= width for line in shown)


def test_what_matters_least_goes_first():
    assert laid_out(HINTS, 60, 1).plain.split("  ") == [*PAIRS]
    assert laid_out(HINTS, 50, 1).plain == "enter study  s study all  k cram  ? help  q quit"
    assert laid_out(HINTS, 30, 1).plain == "enter study  ? help  q quit"
    assert laid_out(HINTS, 20, 1).plain == "enter study  ? help"


def test_two_lines_are_about_as_long():
    first, second = laid_out(HINTS, 55, 2).plain.splitlines()
    assert abs(len(first) - len(second)) < 12


def test_there_is_one_line_where_there_is_little_room():
    assert (rows(6), rows(24)) == (1, 2)


async def test_they_follow_the_size_of_the_terminal(quiet):
    app = quiet()
    async with app.run_test(size=(120, 40)) as pilot:
        for size in ((120, 40), (24, 6), (60, 20), (40, 10), (120, 40)):
            await pilot.resize_terminal(*size)
            await pilot.pause()
            found = [line for line in text(app).splitlines() if "? help" in line]
            assert len(found) == 1
            assert "enter study" in text(app)
            assert ("q quit" in text(app)) == (size[0] > 24)
        assert "t stats" in text(app)
