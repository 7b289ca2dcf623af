"""Seconds per call, measured so that a busy machine makes them unclear and not wrong.

What is compared is measured in the same rounds, in random order, on fresh inputs, and compared within
each round; only ratios leave this file. On the CPU one thread works and its CPU clock counts, because the
wall clock of a busy machine is not noisy but biased: long calls are interrupted and short ones are not.
In every round one candidate is measured twice: when that ratio is not near 1, no ratio is (`restless`).
Knows no experiment.
"""

from __future__ import annotations

import ctypes
import gc
import math
import platform
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from statistics import median

import torch
from torch import Tensor, nn

from . import stats

Run = Callable[[], object]
"""What is timed, on inputs it already has."""

Prepare = Callable[[], Run]
"""Makes fresh inputs, untimed, and returns what is to be timed on them."""

BLOCK = 4e-3
"""Seconds that a measurement takes at least; shorter calls are repeated."""

LONG = 4
"""Blocks that a first, cold call may take and still be called again to see how long it takes warm."""

REST = 0.2
"""How far, in the median, logs of ratios whose truth is 1 may be from 0 before others are believed."""

KEPT = 2**27
"""Bytes of memory that are touched before anything is timed."""

AGAIN = "again"
"""The name of the second measurement of the first candidate."""


@dataclass(frozen=True)
class Times:
    """Seconds per call of each candidate, one per round, measured in the same rounds."""

    seconds: Mapping[str, tuple[float, ...]]
    again: tuple[float, ...]
    """The first candidate measured once more in every round."""

    @property
    def restless(self) -> str:
        """Why these times are not to be believed; empty when they are."""
        first = next(iter(self.seconds))
        apart = math.exp(median(abs(math.log(a)) for a in paired(self.again, self.seconds[first])))
        if apart <= math.exp(REST):
            return ""
        return (
            f"The machine was too restless to time anything: two measurements of the same thing "
            f"({first}) typically differed by a factor of {apart:.2f}, so this seed decides nothing."
        )

    def ratio(self, over: str, under: str) -> float:
        """How many times longer `over` takes than `under`: the median over the rounds; NaN when restless."""
        if self.restless:
            return math.nan
        return median(paired(self.seconds[over], self.seconds[under]))

    def slope(self, names: Mapping[int, str]) -> float:
        """The exponent of time in size, for size -> name of its candidate; NaN when restless."""
        if self.restless:
            return math.nan
        return slope({size: self.seconds[name] for size, name in names.items()})

    def typical(self, name: str) -> float:
        """The median seconds per call, for curves; a ratio of two of them is not `ratio`."""
        return median(self.seconds[name])


def pairs(
    candidates: Mapping[str, Prepare],
    *,
    rounds: int,
    generator: torch.Generator,
    device: torch.device | str,
    block: float = BLOCK,
    tries: int = 3,
) -> Times:
    """Time the candidates against each other.

    Every round prepares and measures each of them once, in random order, and the first one twice. A
    measurement is a block of calls, as many as fill `block` seconds (counted in a warm-up); where that is
    more than one, a call that is not counted comes first. Restless times are thrown away and taken anew,
    up to `tries` times in all: the two measurements of the same thing alone decide that, so it favours no
    outcome.

    Raises ValueError without candidates or rounds.
    """
    if not candidates or rounds < 1 or AGAIN in candidates:
        raise ValueError(f"needs candidates, none of them named {AGAIN!r}, and at least one round")
    place = torch.device(device)
    with _steady(place):
        calls = {name: _calls(prepare(), place, block) for name, prepare in candidates.items()}
        for _ in range(max(1, tries)):
            times = _measure(candidates, calls, rounds, generator, place)
            if not times.restless:
                break
    return times


def _measure(
    candidates: Mapping[str, Prepare],
    calls: Mapping[str, int],
    rounds: int,
    generator: torch.Generator,
    device: torch.device,
) -> Times:
    """All rounds, with the number of calls per block already known."""
    first = next(iter(candidates))
    order = [*candidates, AGAIN]
    seconds: dict[str, list[float]] = {name: [] for name in order}
    for _ in range(rounds):
        for place in torch.randperm(len(order), generator=generator).tolist():
            name = order[place]
            source = first if name == AGAIN else name
            run = candidates[source]()
            if calls[source] > 1:
                run()
            seconds[name].append(elapsed(run, calls[source], device) / calls[source])
    again = tuple(seconds.pop(AGAIN))
    return Times({name: tuple(taken) for name, taken in seconds.items()}, again)


def _calls(run: Run, device: torch.device, block: float) -> int:
    """How many calls fill a block; also the warm-up."""
    if elapsed(run, 1, device) > LONG * block:
        return 1
    calls = 1
    while (taken := elapsed(run, calls, device)) < block / 4:
        calls *= 4
    return max(1, math.ceil(calls * block / taken))


def elapsed(run: Run, calls: int, device: torch.device) -> float:
    """Seconds that so many calls take: of this process's CPU time, or of the device's own."""
    if device.type == "cuda":
        begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))  # type: ignore[no-untyped-call]
        torch.cuda.synchronize(device)
        begin.record()
        for _ in range(calls):
            run()
        end.record()
        torch.cuda.synchronize(device)
        return float(begin.elapsed_time(end)) / 1e3
    clock = _clock(device)
    wait = torch.mps.synchronize if device.type == "mps" else _nothing
    wait()
    began = clock()
    for _ in range(calls):
        run()
    wait()
    # No clock is finer than this, and a ratio needs a positive number.
    return max(clock() - began, 1e-9)


def _clock(device: torch.device) -> Callable[[], float]:
    """The CPU clock for the CPU; Windows advances its own in ticks of 16 ms, too coarse for a block."""
    return time.process_time if device.type == "cpu" and sys.platform != "win32" else time.perf_counter


def _nothing() -> None:
    """What there is to wait for on the CPU."""


def training(model: nn.Module, draw: Callable[[], Tensor]) -> Prepare:
    """Forward and backward of the sum of what `model` makes of a fresh `draw`; fresh gradients, no update."""

    def prepare() -> Run:
        x = draw()

        def run() -> None:
            model.zero_grad(set_to_none=True)
            torch.autograd.backward(model(x).sum())

        return run

    return prepare


def paired(over: Sequence[float], under: Sequence[float]) -> list[float]:
    """The ratio within each round."""
    return [a / b for a, b in zip(over, under, strict=True)]


def slope(times_by_size: Mapping[int, Sequence[float]]) -> float:
    """The exponent of time in size: of each round the log-log slope, of those the median.

    Hand over the last octaves only: at small sizes the fixed cost of a call hides the exponent. Raises
    ValueError below two sizes or when the sizes have different numbers of rounds.
    """
    sizes = sorted(times_by_size)
    if len({len(times_by_size[size]) for size in sizes}) != 1:
        raise ValueError("every size needs the same rounds")
    logs = [math.log(size) for size in sizes]
    rounds = zip(*(times_by_size[size] for size in sizes), strict=True)
    return median(stats.line(logs, [math.log(taken) for taken in one])[0] for one in rounds)


@contextmanager
def _steady(device: torch.device) -> Iterator[None]:
    """One thread on the CPU, no garbage collection in between, and memory that stays with the process."""
    threads, collects = torch.get_num_threads(), gc.isenabled()
    if device.type == "cpu":
        keep_memory()
        torch.set_num_threads(1)
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()
        torch.set_num_threads(threads)


@cache
def keep_memory() -> bool:
    """Ask malloc to keep what is freed instead of handing it back to the kernel; whether it agreed.

    Without this a large tensor costs a page fault per 4 KiB on every call, which can triple a time and
    adds half to its exponent. Only glibc can be asked; elsewhere nothing happens.
    """
    if platform.libc_ver()[0] != "glibc":
        return False
    trim, pad, mmaps = (-1, 2**31 - 1), (-2, 2**26), (-4, 0)  # M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_MAX
    agreed = False
    with suppress(OSError, AttributeError):
        libc = ctypes.CDLL(None)
        agreed = all(libc.mallopt(what, value) == 1 for what, value in (trim, pad, mmaps))
    if agreed:
        # glibc before 2.38 takes fresh memory for the first few large aligned blocks even when a block
        # of that size is free: let that be memory which has been touched.
        torch.ones(KEPT // 4, dtype=torch.float32)
    return agreed
