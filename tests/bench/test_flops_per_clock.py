"""Operations per tick: known clocks and known speeds, and a device that does not say."""

from __future__ import annotations

import math

import pytest
import torch
from quizapp.verifiers.experiments import flops_per_clock

from quizapp.verifiers import engine, timing, wire

CPU = torch.device("cpu")


def run(events=None, seeds=3):
    sink = (lambda event: None) if events is None else events.append
    return engine.run("flops_per_clock", sink, device="cpu", seeds=seeds)


@pytest.fixture
def known(monkeypatch):
    """known(seconds per call of every candidate, ticks per second): no clock, no products."""

    def apply(seconds, clock):
        def pairs(candidates, *, rounds, generator, device):
            return timing.Times(dict.fromkeys(candidates, (seconds,) * rounds), (seconds,) * rounds)

        monkeypatch.setattr(timing, "pairs", pairs)
        monkeypatch.setattr(flops_per_clock, "ticks_per_second", lambda device: clock)
        monkeypatch.setattr(flops_per_clock.os, "cpu_count", lambda: 2)

    return apply


def test_operations_per_tick_by_hand(known):
    # 2 x 512^3 operations in 1 ms, which is 10,000 ticks of a 10 MHz clock, on each of 2 cores.
    known(1e-3, 1e7)
    results = run()
    assert results["best_per_tick"].estimate == pytest.approx(2 * 512**3 / 1e4 * 2)
    assert results["single_per_tick"].estimate == pytest.approx(2 * 512**3 / 1e4 * 2)
    assert results["addition_per_tick"].estimate == pytest.approx(512**2 / 1e4 * 2)
    assert results["best_per_tick"].outcome == "fail"
    assert all(result.tripped for result in results.values())


def test_a_device_that_does_a_million_is_found(known):
    known(1e-3, 2e5)
    results = run()
    assert results["best_per_tick"].estimate == pytest.approx(2.68e6, rel=0.01)
    assert results["best_per_tick"].outcome == "pass"
    assert all(result.tripped for result in results.values())


def test_one_that_is_near_the_bound_is_unclear(known):
    known(1e-3, 2 * 512**3 * 2 / 1e-3 / 5.2e5)
    assert run()["best_per_tick"].outcome == "unclear"


def test_a_device_without_a_clock_rate_is_unclear_and_says_so(known):
    known(1e-3, math.nan)
    events = []
    results = run(events)
    assert {result.outcome for result in results.values()} == {"unclear"}
    assert any(isinstance(event, wire.Note) and "how fast its clock is" in event.text for event in events)


def test_here_the_controls_are_never_opposite():
    results = run()
    if math.isnan(flops_per_clock.ticks_per_second(CPU)):
        assert results["best_per_tick"].outcome == "unclear"
    else:
        assert results["best_per_tick"].outcome in ("fail", "unclear")
        assert results["addition_per_tick"].outcome != "pass"
        assert results["product_per_tick"].outcome != "fail"


def test_the_clock_rate_of_proc_cpuinfo(monkeypatch, tmp_path):
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text("processor : 0\ncpu MHz\t\t: 800.0\nprocessor : 1\ncpu MHz\t\t: 2600.5\n")
    monkeypatch.setattr(flops_per_clock, "Path", lambda name: cpuinfo)
    assert flops_per_clock.ticks_per_second(CPU) == pytest.approx(2.6005e9)
    cpuinfo.write_text("processor : 0\nBogoMIPS : 50.0\n")
    found = flops_per_clock.ticks_per_second(CPU)
    assert math.isnan(found) or found > 1e8
    assert math.isnan(flops_per_clock.ticks_per_second(torch.device("mps")))
