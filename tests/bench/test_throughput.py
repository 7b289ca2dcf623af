"""The throughput experiment: that known speeds come out as known verdicts, whatever this machine does."""

from __future__ import annotations

import math

import pytest
import torch
from quizapp.verifiers.experiments import throughput
from quizapp.verifiers.lab import Lab
from quizapp.verifiers.models.fused import Fused
from quizapp.verifiers.models.lstm import LSTM
from quizapp.verifiers.models.narrow_block import NarrowBlock
from torch import nn

from quizapp.verifiers import catalogue, engine, timing
from tests.bench.judged import judged

OURS = ("faster-10-100x", "faster-5-10x-at-512", "gap-widens-with-length", "rnn-walltime-linear-in-length")
TICK = 2e-5


def verdicts(results):
    return judged("throughput", results, OURS)


class Made(nn.Module):
    """A layer that computes nothing and takes as long as it is told, on the clock of `made`."""

    def __init__(self, clock, seconds):
        super().__init__()
        self.clock, self.seconds = clock, seconds
        self.weight = nn.Parameter(torch.zeros(()))

    def forward(self, x):
        self.clock.now += self.seconds(x.shape[0], x.shape[1])
        return self.weight + torch.zeros(())


@pytest.fixture
def made(monkeypatch):
    """Replace the clock and the layers: made(lstm=..., transformer=...) gives seconds of (batch, length)."""

    class Clock:
        now = 0.0

    clock = Clock()
    monkeypatch.setattr(Lab, "randn", lambda lab, *shape, dtype: torch.zeros(()).expand(shape))
    monkeypatch.setattr(timing, "_clock", lambda device: lambda: clock.now)

    def attend(q, k, v):
        clock.now += TICK * q.shape[-2] ** 2

    def tokens_of(lab, length):
        def run():
            clock.now += TICK * length

        return lambda: run

    def apply(lstm=lambda b, n: TICK * n, transformer=lambda b, n: TICK * n, plain=lambda b, n: TICK * n):
        monkeypatch.setattr(throughput, "explicit_attention", attend)
        monkeypatch.setattr(throughput, "tokens_of", tokens_of)
        monkeypatch.setattr(throughput, "build_fused", lambda lab: Made(clock, lstm))
        monkeypatch.setattr(throughput, "build_block", lambda lab: Made(clock, transformer))
        monkeypatch.setattr(throughput, "build_plain", lambda lab: Made(clock, plain))
        return engine.run("throughput", lambda event: None, device="cpu", seeds=3)

    return apply


def outcomes(results, *names):
    return [results[name].outcome for name in names]


def test_equal_speeds_refute_every_speed_up_and_every_control_holds(made):
    results = made()
    assert [name for name, result in results.items() if not result.tripped] == []
    assert results["speedup_at_512"].estimate == pytest.approx(1.0)
    assert results["lstm_exponent"].estimate == pytest.approx(1.0)
    assert verdicts(results) == {
        "faster-10-100x": "fails",
        "faster-5-10x-at-512": "fails",
        "gap-widens-with-length": "fails",
        "rnn-walltime-linear-in-length": "holds",
    }


def test_a_transformer_30_times_as_fast_is_found(made):
    results = made(lstm=lambda b, n: 30 * TICK * n)
    assert results["speedup_batch_tenfold"].estimate == pytest.approx(30.0)
    assert verdicts(results)["faster-10-100x"] == "holds"
    assert verdicts(results)["faster-5-10x-at-512"] == "fails"


def test_a_transformer_7_times_as_fast_is_found(made):
    results = made(lstm=lambda b, n: 7 * TICK * n)
    assert verdicts(results)["faster-5-10x-at-512"] == "holds"
    assert verdicts(results)["faster-10-100x"] == "fails"


def test_a_transformer_that_is_only_fast_in_a_batch_is_not_ten_times_as_fast(made):
    results = made(lstm=lambda b, n: TICK * n * (30 if b > 1 else 1))
    assert outcomes(results, "speedup_batch_tenfold", "speedup_batch_1_tenfold") == ["pass", "fail"]
    assert verdicts(results)["faster-10-100x"] == "fails"


def test_a_transformer_of_constant_time_makes_the_gap_widen(made):
    results = made(transformer=lambda b, n: TICK * 10)
    assert verdicts(results)["gap-widens-with-length"] == "holds"


def test_a_gap_that_closes_again_is_a_condition(made):
    # Flat to 900 tokens, then cubic.
    results = made(transformer=lambda b, n: TICK * 64 * max(1.0, (n / 900) ** 3))
    assert outcomes(results, "gap_growth", "gap_growth_beyond") == ["pass", "pass"]
    assert verdicts(results)["gap-widens-with-length"] == "depends"


@pytest.mark.parametrize("power", [0.0, 0.7, 1.3, 2.0])
def test_an_lstm_that_is_not_linear_is_found(made, power):
    results = made(lstm=lambda b, n: TICK * 100 * n**power)
    assert results["lstm_exponent"].outcome == "fail"
    assert verdicts(results)["rnn-walltime-linear-in-length"] == "fails"


def test_a_restless_machine_leaves_everything_unclear(made, monkeypatch):
    monkeypatch.setattr(timing.Times, "restless", "The machine was too restless.")
    results = made()
    assert {result.outcome for result in results.values()} == {"unclear"}
    assert set(verdicts(results).values()) == {"unclear"}
    assert all(math.isnan(result.estimate) for result in results.values())


def test_real_layers_run_and_none_decides_against_the_control(monkeypatch):
    """On the real clock, small: the controls may be unclear on a busy machine, never opposite."""
    quick = {**catalogue.read("throughput").profiles["quick"]["cpu"]}
    quick |= {"batch": 4, "wide": 32, "gap": (16, 64), "beyond": (32, 64), "fused": (64, 256)}
    quick |= {"plain": (8, 32), "core": (64, 512)}
    monkeypatch.setattr(throughput, "sizes", lambda lab: quick)
    results = engine.run("throughput", lambda event: None, device="cpu", seeds=2)
    opposite = {"pass": "fail", "fail": "pass"}
    assert [n for n, r in results.items() if r.must and r.outcome == opposite[r.must]] == []


# ---- the layers -------------------------------------------------------------------------------------


def generator():
    return torch.Generator().manual_seed(3)


def test_the_fused_lstm_is_the_plain_one():
    x = torch.randn(3, 9, 8, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    before = torch.random.get_rng_state()
    plain, fused = LSTM(8, generator=generator()), Fused(LSTM(8, generator=generator()))
    assert torch.equal(before, torch.random.get_rng_state())
    assert (plain(x) - fused(x)).abs().max() < 1e-9
    grads = []
    for model in (plain, fused):
        model(x).square().sum().backward()
        grads.append([parameter.grad for parameter in model.parameters()])
    assert all((a - b).abs().max() < 1e-9 for a, b in zip(*grads, strict=True))


@pytest.mark.parametrize("fused", [False, True])
def test_the_narrow_block_is_its_formula(fused):
    block = NarrowBlock(8, 2, generator=generator(), fused=fused)
    x = torch.randn(2, 5, 8, generator=torch.Generator().manual_seed(0), dtype=torch.float64)

    def norm(z):
        return (z - z.mean(-1, keepdim=True)) / torch.sqrt(z.var(-1, unbiased=False, keepdim=True) + 1e-5)

    def affine(layer, z):
        return z @ layer.weight.T + layer.bias

    attention, z = block.attention, norm(x)
    q, k, v = (affine(layer, z) for layer in (attention.query, attention.key, attention.value))
    mixed = torch.zeros_like(x)
    for head in (slice(0, 4), slice(4, 8)):
        for i in range(5):
            scores = torch.stack([(q[:, i, head] * k[:, j, head]).sum(-1) / 2.0 for j in range(i + 1)], -1)
            weights = torch.exp(scores) / torch.exp(scores).sum(-1, keepdim=True)
            mixed[:, i, head] = sum(weights[:, j, None] * v[:, j, head] for j in range(i + 1))
    y = x + affine(attention.out, mixed)
    wide = affine(block.up, norm(y))
    wide = wide * 0.5 * (1.0 + torch.erf(wide / math.sqrt(2.0)))
    assert (block(x) - (y + affine(block.down, wide))).abs().max() < 1e-9


@pytest.mark.parametrize("width", [64, 256])
def test_both_layers_have_as_many_weights(width):
    counts = [
        sum(parameter.numel() for parameter in model.parameters())
        for model in (
            Fused(LSTM(width, generator=generator())),
            NarrowBlock(width, 4, generator=generator(), fused=True),
        )
    ]
    assert counts[1] / counts[0] == pytest.approx(1.0, abs=0.01)
