import dataclasses
import json
import struct
import sys
from pathlib import Path

import pytest

from quizapp.evidence import Curve, Plot, Run
from quizapp.export import picture
from quizapp.model import build

FIXTURES = Path(__file__).parent / "fixtures"


@pytest.fixture
def run():
    return build(Run, json.loads((FIXTURES / "fabricated_run.json").read_text(encoding="utf-8")))


def with_plot(run, **changes):
    return dataclasses.replace(run, plot=dataclasses.replace(run.plot, **changes))


def test_the_fabricated_run_says_that_it_is(run):
    assert any("FABRICATED" in note for note in run.notes)


@pytest.mark.parametrize("kind", ["png", "svg"])
def test_the_same_run_gives_the_same_bytes(run, kind):
    assert picture.draw(run, kind) == picture.draw(run, kind)


def test_another_run_gives_another_picture(run):
    curve = dataclasses.replace(run.plot.curves[0], y=tuple(y / 2 for y in run.plot.curves[0].y))
    assert picture.draw(run) != picture.draw(with_plot(run, curves=(curve, *run.plot.curves[1:])))


def test_a_png_is_two_dots_a_pixel_on_a_phone(run):
    body = picture.draw(run)
    assert body.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", body[16:24])
    assert 2 * 360 <= width <= 2 * 400
    assert height < 2 * width


def test_a_picture_does_not_carry_the_time_or_a_version(run):
    assert b"tEXt" not in picture.draw(run)
    assert b"<dc:date>" not in picture.draw(run, "svg")


def test_the_arms_differ_without_colour(run):
    (curve,) = run.plot.curves[:1]
    drawn = {
        arm: picture.draw(with_plot(run, curves=(dataclasses.replace(curve, arm=arm),)), "svg").decode()
        for arm in ("claim", "control")
    }
    assert "stroke-dasharray" in drawn["control"]
    assert "fill: #ffffff; stroke: #0072b2" in drawn["control"]  # hollow markers
    assert "fill: #0072b2; stroke: #0072b2" in drawn["claim"]
    assert "(control)" in drawn["control"]  # matplotlib writes the text beside its outlines
    assert "(control)" not in drawn["claim"]


def test_hostile_and_foreign_labels_are_drawn_as_they_are(run):
    curves = tuple(
        Curve(name=name, arm="claim", x=(1.0, 2.0), y=(1.0, 2.0))
        for name in ("$\\frac{1}$", "_hidden", "x" * 300, "梯度", "<script>")
    )
    drawn = picture.draw(with_plot(run, curves=curves, title="$\\broken", x="a_b^c", y=""), "svg").decode()
    assert "<script>" not in drawn
    assert "_hidden" in drawn


def test_points_a_log_axis_cannot_show_are_left_out(run):
    plot = Plot(x_log=True, y_log=True)
    curve = Curve(name="c", arm="claim", x=(0.0, 1.0, 2.0, 3.0), y=(1.0, 0.0, float("nan"), 5.0))
    assert picture.points(curve, plot) == [(3.0, 5.0)]
    assert picture.points(curve, Plot()) == [(0.0, 1.0), (1.0, 0.0), (3.0, 5.0)]
    run = with_plot(run, curves=(curve,), x_log=True, y_log=True)
    assert picture.draw(run).startswith(b"\x89PNG")


def test_a_run_without_curves_says_so(run):
    empty = with_plot(run, curves=())
    assert not picture.drawable(empty.plot)
    assert b"nothing was drawn" in picture.draw(empty, "svg")


def test_a_user_style_changes_nothing(run):
    import matplotlib

    before = picture.draw(run)
    with matplotlib.rc_context({"lines.linewidth": 9.0, "font.size": 30.0}):
        assert picture.draw(run) == before
        assert matplotlib.rcParams["lines.linewidth"] == 9.0


def test_pyplot_is_not_needed(run):
    sys.modules.pop("matplotlib.pyplot", None)
    picture.draw(run)
    assert "matplotlib.pyplot" not in sys.modules


def test_sparklines_share_one_scale():
    low = Curve(name="low", arm="claim", x=(1.0, 2.0, 3.0), y=(0.0, 0.0, 0.0))
    high = Curve(name="high", arm="claim", x=(1.0, 2.0, 3.0), y=(0.0, 5.0, 10.0))
    plot = Plot(curves=(low, high))
    assert picture.sparkline(low, plot) == "▁▁▁"
    assert picture.sparkline(high, plot) == "▁▅█"


def test_a_sparkline_on_log_axes_makes_a_power_law_straight():
    xs = tuple(2.0**power for power in range(8))
    curve = Curve(name="c", arm="claim", x=xs, y=tuple(x**2 for x in xs))
    assert picture.sparkline(curve, Plot(curves=(curve,), x_log=True, y_log=True)) == "▁▂▃▄▅▆▇█"


def test_a_sparkline_of_nothing_is_nothing():
    curve = Curve(name="c", arm="claim", x=(), y=())
    assert picture.sparkline(curve, Plot(curves=(curve,))) == ""


def test_a_sparkline_is_never_wider_than_asked():
    curve = Curve(name="c", arm="claim", x=tuple(map(float, range(500))), y=tuple(map(float, range(500))))
    assert len(picture.sparkline(curve, Plot(curves=(curve,)), width=20)) == 20
