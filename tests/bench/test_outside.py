"""Published numbers: how they are declared, and agreement that turns round with the numbers."""

from __future__ import annotations

import dataclasses
import math

import pytest
from quizapp.verifiers.wire import CheckResult, Figure

from quizapp.verifiers import catalogue, engine, outside, verdict
from tests.benchcopy import copy_bench, experiment

ROW = {
    "what": "a thing", "published": (20.97, "/", 20.42), "unit": "perplexity", "source": "Somebody 2022",
    "from_memory": False, "ours": ("one", "/", "other"), "beside": "one", "agrees_in": "ratio", "margin": 1.1,
    "why": "It is small.",
}  # fmt: skip
CHECKS = verdict.declared(
    {
        "one": {"unit": "u", "bounds": [0, None], "arm": "claim", "interval": "mean", "meaning": "m"},
        "spoilt": {"unit": "u", "bounds": [0, 1], "arm": "control", "must": "fail", "interval": "mean",
                   "meaning": "m"},
    }
)  # fmt: skip
ALL = [(name, row) for name in catalogue.names() for row in catalogue.read(name).outside]


def figure(*values, low=None, high=None):
    estimate = sum(values) / len(values)
    low, high = (estimate if low is None else low), (estimate if high is None else high)
    return Figure(name="f", unit="u", meaning="m", estimate=estimate, low=low, high=high, values=values)


def row(**other):
    (made,) = outside.declared(({**ROW, **other},), CHECKS, ("other",))
    return made


def compared(made, *found):
    return outside.compare(made, dict(zip(made.ours[::2], found, strict=True)))


# ---- agreement --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("agrees_in", "margin", "published", "ours", "outcome"),
    [
        ("value", 0.1, 0.5, 0.59, "agrees"),
        ("value", 0.1, 0.5, 0.61, "differs"),
        ("value", 0.1, 0.5, 0.39, "differs"),
        ("ratio", 2.0, 100, 51.0, "agrees"),
        ("ratio", 2.0, 100, 199.0, "agrees"),
        ("ratio", 2.0, 100, 49.0, "differs"),
        ("ratio", 2.0, 100, 201.0, "differs"),
        ("direction", 1.0, 1.03, 7.0, "agrees"),
        ("direction", 1.0, 1.03, 0.99, "differs"),
        ("direction", 1.0, 0.7, 0.2, "agrees"),
        ("direction", 1.0, 0.7, 1.1, "differs"),
    ],
)
def test_agreement_turns_round_with_the_number(agrees_in, margin, published, ours, outcome):
    made = row(published=published, ours="one", agrees_in=agrees_in, margin=margin)
    assert compared(made, figure(ours)).outcome == outcome


def test_an_interval_that_reaches_over_the_edge_is_undecided():
    made = row(published=2.0, ours="one", agrees_in="direction", margin=1.0)
    assert compared(made, figure(1.5, low=1.1, high=1.9)).outcome == "agrees"
    assert compared(made, figure(1.5, low=0.9, high=2.1)).outcome == "undecided"
    assert compared(made, figure(0.5, low=0.1, high=0.9)).outcome == "differs"
    assert compared(made, figure(math.nan)).outcome == "undecided"


def test_what_is_exactly_on_the_divide_has_no_direction():
    made = row(published=2.0, ours="one", agrees_in="direction", margin=1.0)
    assert compared(made, figure(1.0)).outcome == "undecided"


def test_two_numbers_are_paired_over_the_seeds():
    """Seeds that differ much more than the two numbers of a seed leave their ratio exact."""
    wide = {"low": -9.0, "high": 9.0}
    found = compared(row(), figure(1.0, 10.0, 100.0, **wide), figure(1.0, 10.0, 100.0, **wide))
    assert (found.estimate, found.low, found.high) == pytest.approx((1.0, 1.0, 1.0))
    assert found.outcome == "agrees"
    assert found.shown == (37.0, 37.0)
    less = compared(row(ours=("one", "-", "other")), figure(3.0, 4.0, **wide), figure(1.0, 1.0, **wide))
    assert less.estimate == pytest.approx(2.5)
    assert less.low < 2.0 < 3.0 < less.high


def test_two_exact_numbers_give_an_exact_one():
    found = compared(row(), figure(3.0), figure(2.0))
    assert (found.estimate, found.low, found.high) == pytest.approx((1.5, 1.5, 1.5))
    assert found.outcome == "differs"


@pytest.mark.parametrize("other", [figure(1.0, 2.0), figure(-1.0, low=-2.0, high=0.0), figure(0.0)])
def test_numbers_that_cannot_be_paired_or_divided_are_undecided(other):
    assert compared(row(), figure(1.0, low=0.5, high=1.5), other).outcome == "undecided"


def test_what_a_profile_does_not_measure_is_said_to_be_so():
    found = outside.compare(row(), {"one": figure(1.0)})
    assert found.outcome == "not measured"
    assert math.isnan(found.estimate)


def test_a_check_will_do_as_well_as_a_figure():
    (result,) = engine_results("report(lab, value=0.5)")
    made = row(published=0.45, ours="one", agrees_in="ratio", margin=2.0)
    assert isinstance(result, CheckResult)
    assert outside.compare(made, {"one": result}).outcome == "agrees"


def engine_results(body):
    check = CHECKS["one"]
    return [verdict.judge(check, (0.5, 0.5), 1)] if "0.5" in body else []


# ---- what is refused --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"what": " "}, "must not be empty"),
        ({"from_memory": "no"}, "from_memory is a boolean"),
        ({"published": (1.0, "*", 2.0)}, "nor two with one of"),
        ({"published": (1.0, "/")}, "nor two with one of"),
        ({"published": "many"}, "published and margin are numbers"),
        ({"published": True}, "published and margin are numbers"),
        ({"margin": "1"}, "published and margin are numbers"),
        ({"ours": "nobody"}, "no check or figure is named 'nobody'"),
        ({"beside": "other"}, "no check of the claim's arm"),
        ({"beside": "spoilt"}, "no check of the claim's arm"),
        ({"agrees_in": "spirit"}, "value, ratio, direction"),
        ({"margin": 1.0}, "can tell nothing"),
        ({"agrees_in": "direction", "published": 2.0, "margin": 2.0}, "can tell nothing"),
        ({"agrees_in": "value", "margin": -0.1}, "can tell nothing"),
    ],
)
def test_a_wrong_row_is_refused_and_says_why(change, says):
    with pytest.raises(ValueError, match=says):
        row(**change)


def test_a_row_has_all_its_keys_and_the_table_is_a_tuple():
    with pytest.raises(ValueError, match="needs exactly the keys"):
        outside.declared(({**ROW, "outcome": "agrees"},), CHECKS, ("other",))
    with pytest.raises(ValueError, match="tuple of rows"):
        outside.declared([ROW], CHECKS, ("other",))


@pytest.mark.parametrize("wrong", [[], {"f": "u"}, {"f": ("u", "mean")}, {"f": ("u", "median", "m")},
                                   {"f": ("u", "mean", " ")}, {"f g": ("u", "mean", "m")}])  # fmt: skip
def test_figures_are_declared_like_checks(wrong):
    with pytest.raises(ValueError, match="FIGURES must be a dict"):
        outside.figures(wrong)


# ---- the tables of the tree -------------------------------------------------------------------------


def test_published_numbers_stand_beside_many_experiments():
    assert len({name for name, _ in ALL}) >= 15


@pytest.mark.parametrize(("name", "row"), ALL, ids=[f"{name}-{row.ours}" for name, row in ALL])
def test_every_row_names_its_source_and_can_come_out_both_ways(name, row):
    assert any(character.isdigit() for character in row.source), "a year"
    low, high = row.bounds
    assert low is not None or high is not None
    assert low is None or low <= row.number
    assert high is None or row.number <= high
    inside = outside.compare(dataclasses.replace(row, ours=("f",)), {"f": figure(row.number)})
    beyond = 2.0 * abs(high) + 1.0 if high is not None else row.margin - 1.0
    away = outside.compare(dataclasses.replace(row, ours=("f",)), {"f": figure(beyond)})
    assert (inside.outcome, away.outcome) == ("agrees", "differs")


def test_every_figure_stands_beside_something_or_completes_a_table():
    for name in catalogue.names():
        found = catalogue.read(name)
        used = {part for row in found.outside for part in row.ours[::2]}
        assert not found.figures or used & set(found.figures), name
        assert all(len(meaning) > 10 for _, _, meaning in found.figures.values())


# ---- figures on their way ---------------------------------------------------------------------------


FIGURES = 'FIGURES = {"extra": ("u", "mean", "something more")}\nLOOKS = '


def events_of(body, tmp_path, monkeypatch, declared=FIGURES):
    """The events of an experiment with this body."""
    source = experiment(body).replace("LOOKS = ", declared)
    monkeypatch.setattr(catalogue, "BENCH", copy_bench(tmp_path, {"one": source}))
    seen = []
    trial = {}
    exec(compile(source, "one", "exec"), trial)
    monkeypatch.setattr(engine.importlib, "import_module", lambda name: type("M", (), trial))
    engine.run("one", seen.append, device="cpu")
    return seen


def test_a_figure_travels_with_one_value_per_seed(tmp_path, monkeypatch):
    body = "report(lab)\nif lab.arm == 'claim': lab.figure('extra', 1.0 + lab.seed)"
    events = events_of(body, tmp_path, monkeypatch)
    (found,) = [event.figure for event in events if event.kind == "figured"]
    assert (found.name, found.unit, found.values, found.estimate) == ("extra", "u", (1.0, 2.0), 1.5)
    assert found.low < 1.0 < 2.0 < found.high


def test_a_figure_need_not_be_measured(tmp_path, monkeypatch):
    assert not [event for event in events_of("report(lab)", tmp_path, monkeypatch) if event.kind == "figured"]


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("report(lab)\nlab.figure('other', 1.0)", "are not declared"),
        ("lab.figure('extra', 1.0)\nlab.figure('extra', 1.0)", "reported twice"),
    ],
)
def test_figures_nobody_declared_or_reported_twice_are_errors(body, says, tmp_path, monkeypatch):
    with pytest.raises(ValueError, match=says):
        events_of(body, tmp_path, monkeypatch)


def test_a_figure_must_not_have_the_name_of_a_check(tmp_path, monkeypatch):
    with pytest.raises(ValueError, match="name of a check"):
        events_of("report(lab)", tmp_path, monkeypatch, FIGURES.replace("extra", "value"))
