"""Does the plan help: bench/plan.py with a few learners, who forget otherwise than the schedule believes."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from statistics import mean

import pytest

from quizapp import bank

BENCH = Path(__file__).resolve().parents[1] / "bench"


@pytest.fixture(scope="module")
def simulation():
    sys.path.insert(0, str(BENCH))
    try:
        spec = importlib.util.spec_from_file_location("bench_plan", BENCH / "plan.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(BENCH))
    return module


@pytest.fixture(scope="module")
def items():
    return list(bank.load().items.values())


@pytest.mark.parametrize(
    ("kind", "days", "minutes", "margin"),
    [
        ("fsrs", 7, 15, 0.10),
        ("fsrs", 14, 30, 0.20),
        ("exponential", 7, 30, 0.04),
        ("activation", 14, 15, 0.06),
        ("veteran", 7, 30, 0.03),
    ],
)
def test_more_is_truly_recalled_than_without_the_plan(simulation, items, kind, days, minutes, margin):
    results = [simulation.compare(kind, seed, days, minutes, items) for seed in range(100, 104)]
    assert mean(one.plan - one.plain for one in results) > margin
    assert mean(one.plan - one.breadth for one in results) > 0


def test_the_plan_never_has_more_time(simulation, items):
    learner = simulation.Learner("fsrs", 100, items)
    _, used = simulation.plain(learner, 10, 20)
    run = simulation.follow(learner, simulation.planned, used, 20)
    asked = sum(learner.seconds[number] * looks for number, looks in enumerate(run.looks))
    assert 0.9 * sum(used) < asked <= sum(used)


def test_learners_differ_and_are_the_same_for_the_same_seed(simulation, items):
    for kind in simulation.KINDS:
        one, same, other = (simulation.compare(kind, seed, 7, 15, items) for seed in (1, 1, 2))
        assert one == same != other


def test_the_interval_holds_the_mean(simulation):
    middle, low, high = simulation.interval([0.1, 0.2, 0.4, 0.1])
    assert middle == pytest.approx(0.2)
    assert 0.1 <= low < middle < high <= 0.4
