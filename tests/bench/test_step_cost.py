"""The step-cost experiment: what it finds here, and that known prices come out as known verdicts."""

from __future__ import annotations

import math

import pytest
import torch
from quizapp.verifiers.experiments import step_cost
from quizapp.verifiers.lab import Lab

from quizapp.verifiers import engine, timing
from tests.bench.judged import judged

OURS = ("depth-decides-gpu-time", "attention-reduction-gpu-curve")
TICK = 1e-6


def verdicts(results):
    return judged("step_cost", results, OURS)


@pytest.fixture
def made(monkeypatch):
    """Run on a clock that only these turn: price of a step of so many rows, of attention, of a mean."""

    class Clock:
        now = 0.0

    clock = Clock()
    monkeypatch.setattr(timing, "_clock", lambda device: lambda: clock.now)
    monkeypatch.setattr(Lab, "randn", lambda lab, *shape, dtype: torch.zeros(()).expand(shape))

    def apply(
        step=lambda rows: 10 * TICK + TICK * rows / 10,
        attend=lambda n: TICK * n * n / 1e3,
        add=lambda n: 3 * TICK + TICK * n / 1e4,
    ):
        def spend(seconds):
            clock.now += seconds

        def once(x, weight, batch):
            spend(step(len(x)))

        def many(x, weight, batch):
            for _ in range(len(x) // batch):
                spend(step(batch))

        monkeypatch.setattr(step_cost, "at_once", once)
        monkeypatch.setattr(step_cost, "one_after_another", many)
        monkeypatch.setattr(step_cost, "side_by_side", many)
        monkeypatch.setattr(step_cost, "explicit_attention", lambda q, k, v: spend(attend(q.shape[-2])))
        monkeypatch.setattr(step_cost, "mean", lambda lab, n: lambda: lambda: spend(add(n)))
        return engine.run("step_cost", lambda event: None, device="cpu", seeds=3)

    return apply


def test_a_device_as_the_literature_describes_it(made):
    results = made()
    assert [name for name, result in results.items() if not result.tripped] == []
    assert results["attention_growth"].estimate == pytest.approx(16.0)
    assert results["penalty"].estimate == pytest.approx((512 * 10.1) / (10 + 51.2))
    assert verdicts(results) == dict.fromkeys(OURS, "depends")


def test_steps_without_a_price_refute_the_claim(made):
    results = made(step=lambda rows: TICK * rows)
    assert results["penalty"].estimate == pytest.approx(1.0)
    assert verdicts(results)["depth-decides-gpu-time"] == "fails"


def test_a_device_that_no_batch_fills_and_no_length_slows_lets_the_claim_hold(made):
    results = made(step=lambda rows: 10 * TICK, attend=lambda n: 5 * TICK)
    assert (results["batch_penalty"].outcome, results["attention_growth"].outcome) == ("fail", "fail")
    assert verdicts(results)["depth-decides-gpu-time"] == "holds"


def test_linear_attention_is_no_condition(made):
    results = made(attend=lambda n: TICK * n)
    assert results["attention_growth"].outcome == "fail"
    assert not results["attention_rises"].tripped


def test_a_mean_without_a_fixed_price_is_not_flat(made):
    results = made(add=lambda n: TICK * n)
    assert verdicts(results)["attention-reduction-gpu-curve"] == "fails"


def test_a_mean_that_never_rises_refutes_the_curve(made):
    results = made(add=lambda n: 3 * TICK)
    assert verdicts(results)["attention-reduction-gpu-curve"] == "fails"


def test_a_curve_that_rises_in_time_needs_no_condition(made):
    results = made(add=lambda n: TICK * max(4096, n))
    assert verdicts(results)["attention-reduction-gpu-curve"] == "holds"


def test_a_restless_machine_leaves_everything_unclear(made, monkeypatch):
    monkeypatch.setattr(timing.Times, "restless", "The machine was too restless.")
    results = made()
    assert {result.outcome for result in results.values()} == {"unclear"}
    assert all(math.isnan(result.estimate) for result in results.values())


def test_here_nothing_comes_out_opposite():
    """A busy machine may leave a check unclear; on an idle CPU all of them pass."""
    results = engine.run("step_cost", lambda event: None, device="cpu", seeds=3)
    opposite = {"pass": "fail", "fail": "pass"}
    assert [n for n, r in results.items() if r.must and r.outcome == opposite[r.must]] == []
    for name in (
        "penalty",
        "batch_penalty",
        "attention_growth",
        "mean_flat",
        "mean_rises",
        "mean_still_flat",
    ):
        assert results[name].outcome != "fail", name


def test_the_same_rows_go_through_the_same_product_however_they_are_cut():
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(12, 4, generator=generator, dtype=torch.float64)
    weight = torch.randn(4, 4, generator=generator, dtype=torch.float64)
    rows = torch.tensor(
        [
            [math.tanh(sum(a * w for a, w in zip(row, column, strict=True))) for column in weight.T.tolist()]
            for row in x.tolist()
        ],
        dtype=torch.float64,
    )
    assert (step_cost.at_once(x, weight, 3) - rows).abs().max() < 1e-12
    h = x[:3]
    for _ in range(4):
        h = torch.tanh(h @ weight)
    assert torch.equal(step_cost.one_after_another(x, weight, 3), h)
    assert (step_cost.side_by_side(x, weight, 3) - rows[:3]).abs().max() < 1e-12


def test_the_mean_is_of_as_many_numbers_as_it_says():
    lab = Lab(arm="claim", seed=0, size={}, device="cpu", emit=lambda event: None)
    for count in (64, 65536, 2**18):
        run = step_cost.mean(lab, count)()
        assert run.__self__.numel() == count
        assert float(run()) == pytest.approx(float(run.__self__.sum() / count), abs=1e-5)
