"""The experiment on exponents: what it finds, and that broken models change what it finds."""

from __future__ import annotations

import math

import pytest
import torch
from quizapp.verifiers.experiments import scaling_exponents
from quizapp.verifiers.lab import Lab
from quizapp.verifiers.measure import Quadratic
from quizapp.verifiers.models.attention import (
    Attention,
    explicit_attention,
    fused_attention,
    windowed_attention,
)
from quizapp.verifiers.models.lstm import LSTM
from quizapp.verifiers.timing import Times
from quizapp.verifiers.verdict import judge

from quizapp.verifiers import catalogue, engine
from tests.bench.judged import judged

EXPECTED = {"trade-time-for-memory": "fails"}
SMALL = {
    "lengths": [32, 64],
    "gpu_lengths": [64, 128],
    "step_lengths": [8, 16],
    "counted": [512, 1024],
    "rounds": 1,
    "width": 32,
    "chunk": 16,
    "weighed_width": 8,
    "heads": 2,
}


@pytest.fixture(autouse=True)
def no_clock(monkeypatch, request):
    """Times that nobody measured, but for the tests marked to want a clock: always N to the power of one."""
    if "clock" not in request.fixturenames:
        monkeypatch.setattr(scaling_exponents.timing, "pairs", pretend(lambda name, size: float(size)))


@pytest.fixture
def clock():
    """What a test asks for that really measures time."""


def pretend(seconds, again=1.0):
    """A stand-in for `timing.pairs` in which a candidate takes seconds(name, size)."""

    def pairs(candidates, *, rounds, generator, device):
        taken = {}
        for candidate, prepare in candidates.items():
            prepare()()
            name, size = candidate.split(" of ")
            taken[candidate] = (seconds(name, int(size)),) * rounds
        first = next(iter(taken.values()))
        return Times(taken, tuple(again * second for second in first))

    return pairs


def a_lab(arm="claim", emit=lambda event: None, size=SMALL):
    return Lab(arm=arm, seed=0, size=size, device="cpu", emit=emit)


def run(arms=("claim",)):
    """One seed at small sizes, judged as the engine would; exponents of time are pretended."""
    results = {}
    declared = catalogue.read("scaling_exponents").checks
    for arm in arms:
        lab = a_lab(arm)
        scaling_exponents.trial(lab)
        assert set(lab.values) == {name for name, check in declared.items() if check.arm == arm}
        results |= {name: judge(declared[name], [value] * 4, 1) for name, value in lab.values.items()}
    return results


def verdicts(results):
    return judged("scaling_exponents", results, EXPECTED)


def wrong(results):
    return {name for name, result in results.items() if not result.tripped}


@pytest.mark.usefixtures("clock")
def test_the_quick_profile_runs_through_the_engine():
    points = []
    results = engine.run(
        "scaling_exponents",
        lambda event: points.append(event) if event.kind == "point" else None,
        device="cpu",
        seeds=3,
    )
    # A busy machine may make a time unclear, never the opposite.
    opposite = {"pass": "fail", "fail": "pass"}
    for name, result in results.items():
        expected = result.must or ("fail" if name in BACKWARDS else "pass")
        assert result.outcome != opposite[expected], name
    exact = [result for name, result in results.items() if not name.endswith("_time")]
    assert all(result.outcome != "unclear" and result.tripped for result in exact)
    assert verdicts(results) == EXPECTED
    assert {event.curve for event in points} >= {"softmax", "fused", "rnn", "all pairs", "window"}


BACKWARDS = {"training_memory", "generation_memory", "fused_training_by_weight"}
"""Checks of the claim's arm that fail, as the sentence is wrong."""


def test_small_sizes_weigh_the_same():
    results = run(engine.ARMS)
    assert results["attention_flops"].estimate == 2.5  # (8 n d^2 + 4 n^2 d) / 16 n d^2 at n = 8 d
    assert results["flops_cross_at"].estimate == pytest.approx(2.0)
    assert results["generation_memory"].estimate == 64.0  # 2 n d / 2 d
    assert results["short_flops"].estimate == 0.625
    assert {name for name in BACKWARDS if results[name].outcome == "fail"} == BACKWARDS
    assert {name for name in wrong(results) if not name.endswith("_time")} == set()


def test_the_verdict_is_the_expected_one():
    assert verdicts(run()) == EXPECTED


def test_attention_that_keeps_no_more_than_an_lstm_is_found_out(monkeypatch):
    original = scaling_exponents.attention_layer

    def thrifty(lab, **how):
        return original(lab, fused=True)

    monkeypatch.setattr(scaling_exponents, "attention_layer", thrifty)
    monkeypatch.setattr(Attention, "state_bytes", lambda self, length: 2 * self.width * 4)
    results = run()
    assert results["training_memory"].outcome == results["generation_memory"].outcome == "pass"
    assert verdicts(results) == {"trade-time-for-memory": "holds"}


def test_attention_that_computes_less_is_found_out(monkeypatch):
    original = scaling_exponents.attention_layer

    class Reads(torch.nn.Module):
        """Looks at values and outputs only: [batch, time, width] -> the same shape."""

        def __init__(self, inner):
            super().__init__()
            self.inner = inner

        def forward(self, x):
            return self.inner.out(self.inner.value(x))  # [batch, time, width]

        def state_bytes(self, length):
            return self.inner.state_bytes(0)

    monkeypatch.setattr(scaling_exponents, "attention_layer", lambda lab, **how: Reads(original(lab)))
    results = run()
    assert results["attention_flops"].estimate == 0.25
    assert results["flops_cross_at"].estimate == math.inf
    assert {results["training_memory"].outcome, results["generation_memory"].outcome} == {"pass"}
    assert verdicts(results) == EXPECTED  # nothing given up: no trade either


def test_an_lstm_that_caches_everything_is_found_out(monkeypatch):
    monkeypatch.setattr(LSTM, "state_bytes", lambda self, length: 2 * length * self.width * 4)
    results = run(engine.ARMS)
    assert results["generation_memory"].outcome == "pass"
    assert results["training_memory"].outcome == "fail"


def test_softmax_that_is_fused_all_along_is_found_out(monkeypatch):
    monkeypatch.setattr(scaling_exponents, "explicit_attention", fused_attention)
    assert run()["softmax_memory"].outcome == "fail"


def test_a_linear_form_that_writes_pairs_down_is_found_out(monkeypatch):
    monkeypatch.setattr(scaling_exponents, "fused_attention", explicit_attention)
    assert run()["linear_memory"].outcome == "fail"


def test_a_window_that_is_not_one_is_found_out(monkeypatch):
    monkeypatch.setattr(
        scaling_exponents, "windowed_attention", lambda q, k, v, window: explicit_attention(q, k, v)
    )
    assert "window_memory" in wrong(run(engine.ARMS))


# ---- times ------------------------------------------------------------------------------------------


def test_exponents_come_out_of_known_times(monkeypatch):
    powers = {"softmax": 2.0, "fused": 2.0, "all_pairs": 2.0, "window": 1.0}
    times = pretend(lambda name, size: 1e-6 * size ** powers.get(name, 1.1))
    monkeypatch.setattr(scaling_exponents.timing, "pairs", times)
    results = run(engine.ARMS)
    assert results["softmax_time"].estimate == pytest.approx(2.0)
    assert results["scan_time"].estimate == pytest.approx(1.1)
    assert wrong(results) == set()


def test_exponents_the_other_way_round_are_found_out(monkeypatch):
    powers = {"softmax": 1.0, "fused": 1.0, "all_pairs": 1.0, "window": 2.0}
    times = pretend(lambda name, size: 1e-6 * size ** powers.get(name, 2.0))
    monkeypatch.setattr(scaling_exponents.timing, "pairs", times)
    results = run(engine.ARMS)
    timed = {name for name in results if name.endswith("_time")}
    assert {name for name in timed if results[name].arm == "claim" and results[name].outcome == "fail"} == {
        "softmax_time",
        "fused_time",
        "linear_attention_time",
        "scan_time",
        "convolution_time",
        "rnn_time",
    }
    assert wrong(results) == {"all_pairs_time", "window_time"}


def test_a_restless_machine_decides_nothing_and_says_so(monkeypatch):
    monkeypatch.setattr(scaling_exponents.timing, "pairs", pretend(lambda name, size: size, again=1.5))
    notes = []
    lab = a_lab(emit=lambda event: notes.append(event.text) if event.kind == "note" else None)
    slopes = scaling_exponents.exponents_of_time(lab, scaling_exponents.claimed(lab))
    assert all(math.isnan(slope) for slope in slopes.values())
    assert len(notes) == 1
    assert {result.outcome for name, result in run().items() if name.endswith("_time")} == {"unclear"}


@pytest.mark.usefixtures("clock")
def test_a_window_takes_softmax_below_the_line():
    lab = a_lab(size={**SMALL, "lengths": [512, 1024, 2048], "rounds": 3})

    def windowed(q, k, v):
        return windowed_attention(q, k, v, 64)  # [1, 1, time, width]

    slopes = scaling_exponents.exponents_of_time(
        lab,
        {
            "explicit": scaling_exponents.from_queries(lab, explicit_attention),
            "windowed": scaling_exponents.from_queries(lab, windowed),
        },
    )
    assert not slopes["explicit"] < 1.5  # not a number on a restless machine
    assert not slopes["windowed"] > 1.5


def test_a_gpu_gets_longer_sequences_and_what_waits_for_itself_shorter_ones():
    lab = a_lab()
    lab.device = torch.device("meta")
    points = []
    lab.point = lambda curve, x, y: points.append((curve, x))
    form = scaling_exponents.Form(lambda length: lambda: None)
    waits = scaling_exponents.Form(lambda length: lambda: None, one_by_one=True)
    scaling_exponents.exponents_of_time(lab, {"all at once": form, "in order": waits})
    assert points == [("all at once", 64), ("all at once", 128), ("in order", 8), ("in order", 16)]


# ---- measuring, against hand-computed cases ---------------------------------------------------------


def test_where_costs_cross_by_hand():
    assert scaling_exponents.crossing(Quadratic(0.0, 8.0, 4.0, 0.0), 16.0) == 2.0
    assert scaling_exponents.crossing(Quadratic(-3.0, 0.0, 1.0, 0.0), 2.0) == 3.0
    assert scaling_exponents.crossing(Quadratic(0.0, 8.0, 0.0, 0.0), 16.0) == math.inf


def test_memory_of_a_form_by_hand():
    lab = a_lab()

    def square(q, k, v):
        return (q @ k.transpose(-2, -1)).exp()  # [1, 1, time, time]

    form = scaling_exponents.from_queries(lab, square)
    q, k, _ = 3 * (512 * 32 * 4,)
    kept = [q + k + 512 * 512 * 4, 2 * (q + k) + 1024 * 1024 * 4]
    assert scaling_exponents.exponent_of_memory(lab, form) == pytest.approx(math.log2(kept[1] / kept[0]))


def test_the_docstring_and_declarations_are_readable_without_torch():
    declared = catalogue.read("scaling_exponents")
    assert declared.looks == (4, 6)
    timed = {name for name, check in declared.checks.items() if check.interval == "mean"}
    assert timed == {name for name in declared.checks if name.endswith("_time")}
