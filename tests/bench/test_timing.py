"""Timing on a clock that the test turns, and on the real one; and the intervals of ratios."""

from __future__ import annotations

import gc
import math
import random
import statistics
from itertools import pairwise

import pytest
import torch

from quizapp.verifiers import stats, timing, verdict

CHECK = {"unit": "1", "bounds": [2.0, None], "arm": "claim", "interval": "ratio", "meaning": "m"}
CONTROL = {**CHECK, "arm": "control", "must": "fail"}


class Turned:
    """A CPU clock that only `work` moves; every reading of it is `noise` times too long, in turn."""

    def __init__(self, monkeypatch, noise=lambda: 1.0):
        self.now, self.noise, self.log = 0.0, noise, []
        monkeypatch.setattr(timing.time, "process_time", lambda: self.now)
        monkeypatch.setattr(timing.time, "perf_counter", lambda: self.now)

    def work(self, name, seconds):
        """A candidate that takes so long."""

        def prepare():
            self.log.append(("prepare", name))
            self.now += 100.0  # preparing must not count

            def run():
                self.log.append(("run", name))
                self.now += seconds * self.noise()

            return run

        return prepare


def measure(candidates, rounds=3, seed=0, **how):
    generator = torch.Generator().manual_seed(seed)
    return timing.pairs(candidates, rounds=rounds, generator=generator, device="cpu", **how)


def test_seconds_per_call_are_those_of_the_clock(monkeypatch):
    clock = Turned(monkeypatch)
    times = measure({"short": clock.work("short", 1e-5), "long": clock.work("long", 3e-2)})
    assert times.seconds["short"] == pytest.approx([1e-5] * 3)
    assert times.seconds["long"] == pytest.approx([3e-2] * 3)
    assert times.again == pytest.approx([1e-5] * 3)
    assert times.ratio("long", "short") == pytest.approx(3000.0)
    assert times.typical("long") == pytest.approx(3e-2)
    assert times.restless == ""


def test_short_calls_fill_a_block_and_long_ones_are_not_repeated(monkeypatch):
    clock = Turned(monkeypatch)
    measure({"short": clock.work("short", 1e-4), "long": clock.work("long", 1.0)}, rounds=1)
    last = max(i for i, entry in enumerate(clock.log) if entry == ("prepare", "long"))
    runs = [entry for entry in clock.log[last:] if entry == ("run", "long")]
    assert len(runs) == 1
    inputs = [i for i, entry in enumerate(clock.log) if entry == ("prepare", "short")]
    block = clock.log[inputs[1] + 1 : next((i for i in inputs if i > inputs[1]), None)]
    counted = sum(entry == ("run", "short") for entry in block) - 1
    assert 40 <= counted <= 41


def test_every_round_prepares_afresh_in_an_order_of_its_own(monkeypatch):
    clock = Turned(monkeypatch)
    names = ("a", "b", "c")
    measure({name: clock.work(name, 1.0) for name in names}, rounds=30)
    prepared = [name for what, name in clock.log if what == "prepare"][len(names) :]
    rounds = [tuple(prepared[i : i + 4]) for i in range(0, len(prepared), 4)]
    assert len(rounds) == 30
    assert all(sorted(one) == ["a", "a", "b", "c"] for one in rounds)
    assert len(set(rounds)) > 6


def test_the_order_is_the_generators(monkeypatch):
    logs = []
    for seed in (1, 1, 2):
        clock = Turned(monkeypatch)
        measure({name: clock.work(name, 1.0) for name in "abc"}, rounds=10, seed=seed)
        logs.append(clock.log)
    assert logs[0] == logs[1] != logs[2]


def test_a_drift_during_the_run_cancels_in_the_pairs(monkeypatch):
    clock = Turned(monkeypatch)
    clock.noise = lambda: math.exp(clock.now / 50000.0)  # ten times slower at the end than at the start
    times = measure({"a": clock.work("a", 1.0), "b": clock.work("b", 3.0)}, rounds=200)
    assert times.seconds["a"][-1] > 3.0 * times.seconds["a"][0]
    assert times.ratio("b", "a") == pytest.approx(3.0, rel=0.01)


def test_a_restless_machine_decides_nothing_and_says_why(monkeypatch):
    noise = random.Random(4)
    clock = Turned(monkeypatch, noise=lambda: noise.choice((1.0, 2.0, 5.0)))
    found = [measure({"a": clock.work("a", 1.0), "b": clock.work("b", 3.0)}) for _ in range(20)]
    restless = [times for times in found if times.restless]
    assert restless
    for times in restless:
        assert math.isnan(times.ratio("b", "a"))
        assert math.isnan(times.slope({1: "a", 2: "b"}))
        assert "restless" in times.restless
        assert "(a)" in times.restless


def test_a_restless_measurement_is_taken_anew_and_only_so_often(monkeypatch):
    clock = Turned(monkeypatch)
    # Every call takes three times as long as the last, and from the 9th on as long as any.
    slower = iter([3.0**power for power in range(9)])
    clock.noise = lambda: next(slower, 1.0)
    times = measure({"a": clock.work("a", 1.0)}, rounds=1, tries=1)
    assert times.restless
    assert sum(what == "prepare" for what, _ in clock.log) == 1 + 2
    clock.log.clear()
    times = measure({"a": clock.work("a", 1.0)}, rounds=1, tries=50)
    assert times.restless == ""
    # 6 calls were left: one to warm up, and two of each try; the last try has calls that took as long.
    assert sum(what == "prepare" for what, _ in clock.log) == 1 + 2 * 4


def test_threads_and_garbage_collection_are_as_they_were():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    seen = []

    def prepare():
        seen.append((torch.get_num_threads(), gc.isenabled()))
        return lambda: None

    try:
        measure({"a": prepare}, rounds=1)
        with pytest.raises(ZeroDivisionError):
            measure({"a": lambda: lambda: 1 / 0}, rounds=1)
        assert (torch.get_num_threads(), gc.isenabled()) == (2, True)
    finally:
        torch.set_num_threads(before)
    assert set(seen) == {(1, False)}


@pytest.mark.parametrize(
    ("candidates", "rounds"), [({}, 1), ({"a": None}, 0), ({timing.AGAIN: None, "a": None}, 1)]
)
def test_nothing_to_time_is_refused(candidates, rounds):
    with pytest.raises(ValueError, match="at least one round"):
        measure(candidates, rounds=rounds)


def test_slope_is_the_exponent():
    assert timing.slope({n: [7.0 * n**2] for n in (4, 8, 16)}) == pytest.approx(2.0)
    # A round that was slow at every size, and one that was slow at one: neither moves the median.
    rounds = [[1.0 * n, 5.0 * n, 1.0 * n if n < 16 else 9.0 * n] for n in (4, 8, 16)]
    assert timing.slope(dict(zip((4, 8, 16), rounds, strict=True))) == pytest.approx(1.0)
    with pytest.raises(ValueError, match="same rounds"):
        timing.slope({4: [1.0, 2.0], 8: [1.0]})
    with pytest.raises(ValueError, match="two different"):
        timing.slope({4: [1.0, 2.0]})


def test_memory_is_kept_where_it_can_be():
    resource = pytest.importorskip("resource")
    if not timing.keep_memory():
        pytest.skip("no glibc here")
    faults = []
    for _ in range(6):
        faults.append(resource.getrusage(resource.RUSAGE_SELF).ru_minflt)
        torch.ones(1 << 22).sum()  # 16 MiB, which malloc would map and unmap
    assert max(b - a for a, b in list(pairwise(faults))[2:]) < 400


def test_the_real_clock_knows_a_product_eight_times_as_large():
    generator = torch.Generator().manual_seed(0)

    def product(size):
        def prepare():
            a = torch.randn(size, size, generator=generator)
            return lambda: a @ a

        return prepare

    sizes = {size: str(size) for size in (128, 256, 512)}
    times = measure({name: product(size) for size, name in sizes.items()}, rounds=5)
    assert times.restless or 2.0 < times.slope(sizes) < 3.6
    assert times.restless or 30.0 < times.ratio("512", "128") < 150.0


# ---- the interval ---------------------------------------------------------------------------------


def test_the_interval_of_ratios_by_hand():
    values = [2.0, 4.0, 8.0]  # logs ln 2 times 1, 2, 3: mean 2 ln 2, standard deviation ln 2
    reach = 4.302652729911275 * math.log(2.0) / math.sqrt(3.0)
    estimate, low, high = stats.ratio_interval(values, 0.95)
    assert estimate == pytest.approx(4.0)
    assert low == pytest.approx(4.0 * math.exp(-reach) / 1.1, rel=1e-6)
    assert high == pytest.approx(4.0 * math.exp(reach) * 1.1, rel=1e-6)


def test_a_ratio_and_its_inverse_have_inverse_intervals():
    values = [1.7, 2.9, 2.2, 2.4]
    estimate, low, high = stats.ratio_interval(values, 0.99)
    turned = stats.ratio_interval([1.0 / value for value in values], 0.99)
    assert turned == pytest.approx((1.0 / estimate, 1.0 / high, 1.0 / low))


@pytest.mark.parametrize("bad", [math.nan, math.inf, 0.0, -1.0])
@pytest.mark.parametrize("bounds", [[2.0, None], [None, 2.0], [0.5, 2.0]])
def test_a_ratio_that_is_none_decides_nothing(bad, bounds):
    check = verdict.declared({"a": {**CHECK, "bounds": bounds}, "b": CONTROL})["a"]
    result = verdict.judge(check, [1.0, bad, 1.0, 1.0], 1)
    assert result.outcome == "unclear"
    assert math.isnan(result.estimate)


def test_one_ratio_is_no_sample_and_a_wild_sample_decides_nothing():
    check = verdict.declared({"a": CHECK, "b": CONTROL})["a"]
    one = verdict.judge(check, [50.0], 1)
    assert (one.outcome, one.estimate, one.low, one.high) == ("unclear", pytest.approx(50.0), 0.0, math.inf)
    wild = verdict.judge(check, [1e-300, 1e300], 1)
    assert (wild.outcome, wild.low, wild.high) == ("unclear", 0.0, math.inf)


@pytest.mark.parametrize(
    ("ratio", "outcome"), [(2.3, "pass"), (2.1, "unclear"), (1.9, "unclear"), (1.7, "fail")]
)
def test_ratios_nearer_than_the_drift_to_a_bound_decide_nothing(ratio, outcome):
    check = verdict.declared({"a": CHECK, "b": CONTROL})["a"]
    assert verdict.judge(check, [ratio] * 5, 1).outcome == outcome


def test_the_interval_covers_the_truth_of_runs_that_drift():
    noise = random.Random(1)
    hits = 0
    for _ in range(400):
        shift = noise.uniform(-0.07, 0.07)
        values = [math.exp(noise.gauss(math.log(3.0) + shift, 0.05)) for _ in range(5)]
        _, low, high = stats.ratio_interval(values, 0.95)
        hits += low <= 3.0 <= high
    assert hits / 400 >= 0.97


def test_geometric_mean_and_not_arithmetic():
    values = [0.5, 2.0]
    assert stats.ratio_interval(values, 0.95)[0] == pytest.approx(statistics.geometric_mean(values))
