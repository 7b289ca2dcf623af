"""A plot in characters: of the size asked for, every curve with its letter, whatever the numbers are."""

import math
from itertools import pairwise

import pytest

from quizapp.drawing import AXIS, LETTERS, RECEDES, Axis, picture
from quizapp.evidence import Curve, Plot

SIZES = [(76, 10), (116, 16), (20, 4), (5, 3), (1, 1)]


def curve(ys, xs=None, arm="claim", name="a curve"):
    return Curve(name=name, arm=arm, x=tuple(map(float, xs or range(len(ys)))), y=tuple(map(float, ys)))


def many(count):
    """Curves that begin together and fan out."""
    return Plot(curves=tuple(curve([place * index / 10 for place in range(40)]) for index in range(count)))


def text(rows):
    return ["".join(run.text for run in row) for row in rows]


def letters(rows):
    """Letter -> (row, column)."""
    found = {}
    for place, row in enumerate(rows):
        column = 0
        for run in row:
            if run.letter:
                assert len(run.text) == 1
                found[run.text] = (place, column)
            column += len(run.text)
    return found


HOSTILE = {
    "nothing": Plot(),
    "no points": Plot(curves=(curve([]),)),
    "one point": Plot(curves=(curve([3]),)),
    "flat": Plot(curves=(curve([2, 2, 2]),)),
    "not numbers": Plot(curves=(curve([1, math.nan, math.inf, -math.inf, 2]),)),
    "no logarithm": Plot(curves=(curve([0, -1, 1, 1000]),), x_log=True, y_log=True),
    "only without logarithm": Plot(curves=(curve([0, -1], [0, -1]),), x_log=True, y_log=True),
    "huge and tiny": Plot(curves=(curve([1e-300, 1e300]),)),
    "far from zero": Plot(curves=(curve([1e9, 1e9 + 1]),)),
    "backwards": Plot(curves=(curve([1, 5, 2], [9, 1, 4]),)),
    "more than letters": many(70),
    "many points": Plot(curves=(curve([math.sin(at / 99) for at in range(20_000)]),)),
}


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("name", HOSTILE)
def test_any_plot_in_any_size(name, size):
    width, height = size
    rows = text(picture(HOSTILE[name], width, height))
    assert len(rows) == max(3, height)
    if width >= 5:
        assert {len(row) for row in rows} == {width}


def test_the_axes_have_round_numbers():
    shown = "\n".join(text(picture(Plot(curves=(curve([0, 37], [0, 93]),)), 60, 12)))
    for number in ("0", "20", "40", "60", "80", "10", "30"):
        assert number in shown.split()
    assert [text for _, text in Axis(-9.0, 1.2, log=True).ticks(4)] == ["1e-9", "1e-6", "0.001", "1"]
    assert [text for _, text in Axis(math.log10(2), math.log10(5), log=True).ticks(4)] == ["2", "5"]


@pytest.mark.parametrize("size", [(76, 10), (116, 16)])
def test_every_one_of_many_curves_has_its_letter(size):
    found = letters(picture(many(26), *size))
    assert sorted(found) == sorted(LETTERS[:26])
    assert len(set(found.values())) == 26


def test_letters_in_a_row_stand_apart_where_there_is_room():
    flat = Plot(curves=tuple(curve([1 + index / 1000] * 40 + [2]) for index in range(12)))
    found = sorted(letters(picture(flat, 76, 10)).values())
    assert len(found) == 12
    for (row, column), (below, beside) in pairwise(found):
        assert row != below or beside - column > 1


def test_a_letter_stands_on_its_curve_where_that_is_by_itself():
    rows = picture(many(4), 76, 10)
    found = letters(rows)
    heights = [found[letter][0] for letter in "DCBA"]
    assert heights == sorted(heights)
    assert all(column > 38 for _, column in found.values())  # where they have fanned out


def test_one_curve_to_look_at_and_the_others_recede():
    rows = picture(many(26), 76, 10, lit=3)
    assert list(letters(rows)) == ["D"]
    assert {run.of for row in rows for run in row} == {AXIS, RECEDES, 3}


def test_a_control_is_drawn_in_blocks():
    plots = (Plot(curves=(curve([0, 1, 0], arm=arm),)) for arm in ("claim", "control"))
    claim, control = ("".join(text(picture(plot, 40, 8))) for plot in plots)
    assert set(control) & set("▖▗▘▝▚▞▀▄")
    assert not set(claim) & set("▖▗▘▝▚▞▀▄")


def test_the_first_curve_lies_on_top():
    flat = Plot(curves=(curve([1, 1, 2]), curve([1, 1, 2])))
    drawn = {run.of for row in picture(flat, 40, 8) for run in row if not run.letter}
    assert drawn == {AXIS, 0}
