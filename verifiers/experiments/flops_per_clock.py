"""How many floating point operations a matrix product does per tick of the device's clock.

Measured: operations per second of a large square product, 2 n^3 each (a multiply-add counts as two),
divided by the clock rate that the device reports; the best of float32, bfloat16 and float64. On a CPU it
is one thread on one core, multiplied by the number of cores: the most that the whole chip could do, if
its cores did not share anything. On a GPU it is the whole chip, and float16 is tried as well.

How: one thread and its CPU clock on a CPU, events on a GPU; the dtypes interleaved in random order on
fresh inputs, the interval over seeds widened by a tenth for drift between runs. Where no clock rate is
known the value is not a number and the check is unclear. The controls are an addition of two arrays, which
does one operation for three numbers moved, and the same product against bounds that any device meets.

It does not show the clock that was running: a CPU's reported rate is its nominal or last one, and a
processor that speeds up under load does fewer operations per tick than it seems here. Nor does it show
8-bit formats or sparsity, which is where the largest advertised numbers come from.
"""

from __future__ import annotations

import ctypes
import math
import os
from contextlib import suppress
from pathlib import Path

import torch

from .. import timing
from ..lab import Lab

TITLE = "Operations per tick"

PLOT = {"x": "bits per number", "y": "operations per tick", "x_log": True, "y_log": True}

LOOKS = (4,)

PROFILES = {
    "quick": {"cpu": 512, "gpu": 8192, "rounds": 5},
    "full": {"cpu": 2048, "gpu": 16384, "rounds": 9},
}

# fmt: off
CHECKS = {
    "best_per_tick": {"unit": "operations per tick",
        "bounds": [5e5, None], "arm": "claim", "interval": "ratio",
        "meaning": "The device does a million operations per tick, give or take a factor of two."},
    "single_per_tick": {"unit": "operations per tick",
        "bounds": [5e5, None], "arm": "claim", "interval": "ratio",
        "meaning": "It does as many in float32, the format that training started out with."},
    "addition_per_tick": {"unit": "operations per tick",
        "bounds": [5e5, None], "arm": "control", "must": "fail", "interval": "ratio",
        "meaning": "Adding two arrays, which mostly moves numbers, never does that many."},
    "product_per_tick": {"unit": "operations per tick",
        "bounds": [1.0, None], "arm": "control", "must": "pass", "interval": "ratio",
        "meaning": "A matrix product does more than one operation per tick."},
    "million_of_them": {"unit": "operations per tick",
        "bounds": [5e5, None], "arm": "control", "must": "pass", "interval": "ratio",
        "meaning": "A million devices like this one would do that many."},
}
FIGURES = {
    "gpu_best_per_tick": ("operations per tick", "ratio", "The best of the formats, on a GPU only."),
}
OUTSIDE = (
    {"what": "operations per tick of an A100, dense 16-bit products",
        "published": 221184, "unit": "operations per tick, by its data sheet",
        "source": "NVIDIA whitepaper 2020, by way of its forum", "from_memory": False,
        "ours": "best_per_tick", "beside": "best_per_tick",
        "agrees_in": "direction", "margin": 1000000.0,
        "why": "What stands is that it is below a million, on any device but for 8-bit formats."},
    {"what": "operations per tick of a V100, dense 16-bit products",
        "published": 81920, "unit": "operations per tick, by its data sheet",
        "source": "NVIDIA whitepaper 2017, by way of its forum", "from_memory": False,
        "ours": "gpu_best_per_tick", "beside": "best_per_tick",
        "agrees_in": "ratio", "margin": 8.0,
        "why": "Another device: compare the order of size. On a CPU it is one thread times all cores."},
    {"what": "operations per tick of an H100 SXM, dense 16-bit products",
        "published": 540672, "unit": "operations per tick, by its data sheet",
        "source": "NVIDIA whitepaper 2022, by way of its forum", "from_memory": False,
        "ours": "gpu_best_per_tick", "beside": "best_per_tick",
        "agrees_in": "ratio", "margin": 2.0,
        "why": "Another device: compare the order of size. On a CPU it is one thread times all cores."},
    {"what": "operations per tick of a P100 in float32",
        "published": 7168, "unit": "operations per tick",
        "source": "NVIDIA whitepaper 2016", "from_memory": True,
        "ours": "single_per_tick", "beside": "single_per_tick",
        "agrees_in": "direction", "margin": 1000000.0,
        "why": "Another device: compare the order of size. On a CPU it is one thread times all cores."},
)
# fmt: on


def trial(lab: Lab) -> None:
    """One round of rounds on fresh inputs."""
    clock = ticks_per_second(lab.device) * chips(lab.device)
    if math.isnan(clock) and lab.seed == 0:
        lab.note("This device does not say how fast its clock is, so operations per tick are unknown.")
    if lab.arm == "control":
        _known(lab, clock)
        return
    size = side(lab)
    dtypes = [torch.float32, torch.bfloat16, *_more(lab.device)]
    names = {str(dtype).removeprefix("torch."): dtype for dtype in dtypes}
    times = measure(lab, {name: product(lab, size, dtype) for name, dtype in names.items()})
    rates = {name: per_tick(2 * size**3, times, name, clock) for name in names}
    lab.check("best_per_tick", max(rates.values()) if not math.isnan(rates["float32"]) else math.nan)
    lab.check("single_per_tick", rates["float32"])
    if lab.device.type == "cuda":
        lab.figure("gpu_best_per_tick", lab.values["best_per_tick"])
    for name, dtype in names.items():
        lab.point(name, 8 * dtype.itemsize, rates[name])


def _known(lab: Lab, clock: float) -> None:
    """An addition, and the product against other bounds."""
    size = side(lab)
    times = measure(lab, {"product": product(lab, size, torch.float32), "addition": addition(lab, size)})
    found = per_tick(2 * size**3, times, "product", clock)
    lab.check("product_per_tick", found)
    lab.check("million_of_them", 1e6 * found)
    lab.check("addition_per_tick", per_tick(size**2, times, "addition", clock))


def side(lab: Lab) -> int:
    """Rows and columns of the matrices."""
    return int(lab.size["cpu" if lab.device.type == "cpu" else "gpu"])


def measure(lab: Lab, candidates: dict[str, timing.Prepare]) -> timing.Times:
    """All candidates in the same rounds; says so when the machine was too restless."""
    rounds = lab.size["rounds"]
    times = timing.pairs(candidates, rounds=rounds, generator=lab.generator, device=lab.device)
    if times.restless:
        lab.note(times.restless)
    return times


def per_tick(operations: int, times: timing.Times, name: str, clock: float) -> float:
    """Operations per tick; not a number when the clock is unknown or the machine was restless."""
    return math.nan if times.restless else operations / times.typical(name) / clock


def product(lab: Lab, size: int, dtype: torch.dtype) -> timing.Prepare:
    """One product of fresh square matrices."""

    def prepare() -> timing.Run:
        a = lab.randn(size, size, dtype=torch.float32).to(dtype)  # [size, size]
        b = lab.randn(size, size, dtype=torch.float32).to(dtype)  # [size, size]
        return lambda: a @ b

    return prepare


def addition(lab: Lab, size: int) -> timing.Prepare:
    """One addition of fresh square matrices."""

    def prepare() -> timing.Run:
        a = lab.randn(size, size, dtype=torch.float32)  # [size, size]
        b = lab.randn(size, size, dtype=torch.float32)  # [size, size]
        return lambda: a + b

    return prepare


def _more(device: torch.device) -> tuple[torch.dtype, ...]:
    """The other formats worth trying there."""
    return {"cuda": (torch.float16, torch.float64), "mps": (torch.float16,)}.get(
        device.type, (torch.float64,)
    )


def chips(device: torch.device) -> float:
    """The inverse of what share of the chip is measured, as a factor on its clock: 1 over cores on a CPU."""
    return 1.0 / (os.cpu_count() or 1) if device.type == "cpu" else 1.0


def ticks_per_second(device: torch.device) -> float:
    """The clock rate that the device reports, in Hz; not a number when it reports none."""
    if device.type == "cuda":
        kilohertz = getattr(torch.cuda.get_device_properties(device), "clock_rate", None)
        return 1e3 * float(kilohertz) if kilohertz else math.nan
    return _processor_clock() if device.type == "cpu" else math.nan


def _processor_clock() -> float:
    """What Linux or macOS says of the processor, the highest of its cores, in Hz."""
    with suppress(OSError, ValueError):
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return max(1e6 * float(line.partition(":")[2]) for line in lines if line.startswith("cpu MHz"))
    with suppress(OSError, AttributeError):
        found, room = ctypes.c_uint64(0), ctypes.c_size_t(8)
        call = ctypes.CDLL(None).sysctlbyname
        if call(b"hw.cpufrequency_max", ctypes.byref(found), ctypes.byref(room), None, 0) == 0:
            return float(found.value) or math.nan
    return math.nan
