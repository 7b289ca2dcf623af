"""What the two toy functions of a popular lesson compute, how much work they do, and what timing them says.

rnn_style is h = 0.9 h + x over a list, attention_style is sum(list) / len(list). Exact: their values on the
same 1000 uniform numbers, and, by running them on a number class that counts, their operations and the
longest chain of operations that wait for each other, at 1024 elements. An operation counts when it
touches data: the first product, 0.9 times the plain number 0.0, does not, so rnn_style multiplies 1023
times. sum() is a fold, one add after another, whatever language it is written in.

Timed: the process CPU clock on one thread, blocks of repeats, fresh inputs in every round, ratios within
a round (see `timing`); no input is converted inside the clock. The language swap leaves the maths alone:
the same recurrence runs as one dependent add after another in C (torch.cumsum over x_k / 0.9^k, scaled
back; 0.9^-999 is a float64 like any other) against the same mean as a Python loop. Too fast to measure is
judged twice at 100 elements: by the spread of repeated measurements (interquartile range over the median),
and by whether the clock tells 200 elements from 100. Hidden width: the time of one step h = 0.9 h + x
with h a Python list of 8 to 256 numbers,
updated in a loop, and with h a torch vector of 8 to 64.

The curves are microseconds against elements (or width): the lesson's table to 100,000, its exercise on
width, and a reduction in torch from 64 to 65,536, which is flat while the call costs more than the adds.

It does not show anything about attention: neither function has queries, keys or weights. Nor about a GPU:
every time here is one of the Python interpreter or of one CPU thread, on whatever device the run is.
"""

from __future__ import annotations

import platform
from collections.abc import Callable, Sequence
from statistics import quantiles

import torch
from torch import Tensor

from ..counting import counted
from ..lab import Lab
from ..models.toy import (
    DECAY,
    attention_style,
    growth,
    loop_mean,
    rnn_in_c,
    rnn_style,
    scanned_rnn,
    tree_mean,
)
from ..timing import Prepare, Run, Times, pairs

TITLE = "Audit of the lesson's toy"

PLOT = {"x": "elements, or width", "y": "microseconds", "x_log": True, "y_log": True}

LOOKS = (5, 8)

PROFILES = {
    "quick": {"rounds": 5, "block": 0.002, "longest": 100_000, "longest_loop": 1024},
    "full": {"rounds": 15, "block": 0.004, "longest": 1_000_000, "longest_loop": 65_536},
}

# fmt: off
CHECKS = {
    "value_difference": {"unit": "relative difference",
        "bounds": [None, 1e-6], "arm": "claim", "interval": "range",
        "meaning": "How far the results of rnn_style and attention_style are apart on the same numbers."},
    "attention_style_depth": {"unit": "operations in a row",
        "bounds": [None, 20.0], "arm": "claim", "interval": "range",
        "meaning": "The longest chain in attention_style at 1024 elements; 20 would be 2 log2 N."},
    "rnn_style_adds": {"unit": "adds",
        "bounds": [1024.0, 1024.0], "arm": "claim", "interval": "range",
        "meaning": "rnn_style adds once per element."},
    "attention_style_adds": {"unit": "adds",
        "bounds": [1024.0, 1024.0], "arm": "claim", "interval": "range",
        "meaning": "attention_style adds once per element."},
    "extra_multiplies": {"unit": "multiplies",
        "bounds": [0.0, 0.0], "arm": "claim", "interval": "range",
        "meaning": "How many more multiplies rnn_style makes than attention_style."},
    "rnn_over_attention": {"unit": "ratio of times",
        "bounds": [1.0, None], "arm": "claim", "interval": "ratio",
        "meaning": "At 1000 elements the Python loop takes longer than the sum() in C."},
    "swapped_rnn_over_mean": {"unit": "ratio of times",
        "bounds": [1.0, None], "arm": "claim", "interval": "ratio",
        "meaning": "With the recurrence in C and the mean in Python, the recurrence is still slower."},
    "spread_100": {"unit": "IQR / median",
        "bounds": [0.1, None], "arm": "claim", "interval": "mean",
        "meaning": "Repeated measurements of rnn_style at 100 elements scatter by a tenth or more."},
    "doubling_100": {"unit": "ratio of times",
        "bounds": [None, 1.25], "arm": "claim", "interval": "ratio",
        "meaning": "The clock can hardly tell 200 elements from 100."},
    "linear_slope": {"unit": "exponent",
        "bounds": [0.9, 1.1], "arm": "claim", "interval": "mean",
        "meaning": "From 1000 elements to 100 times as many or more, rnn_style takes time in proportion."},
    "list_width_slope": {"unit": "exponent",
        "bounds": [0.7, 1.1], "arm": "claim", "interval": "mean",
        "meaning": "In plain Python a step takes about in proportion to the width, from 8 to 256."},
    "vector_width_slope": {"unit": "exponent",
        "bounds": [None, 0.15], "arm": "claim", "interval": "mean",
        "meaning": "Vectorised, a step of width 64 takes hardly longer than one of width 8."},
    "same_function_difference": {"unit": "relative difference",
        "bounds": [None, 1e-6], "arm": "control", "must": "pass", "interval": "range",
        "meaning": "The recurrence in C computes what rnn_style computes: only the language was swapped."},
    "no_decay_difference": {"unit": "relative difference",
        "bounds": [None, 1e-6], "arm": "control", "must": "pass", "interval": "range",
        "meaning": "Without its decay, and divided by N, rnn_style is the mean."},
    "tree_mean_depth": {"unit": "operations in a row",
        "bounds": [None, 20.0], "arm": "control", "must": "pass", "interval": "range",
        "meaning": "A mean summed pairwise has a chain of log2 N + 1 operations."},
    "scanned_rnn_depth": {"unit": "operations in a row",
        "bounds": [None, 20.0], "arm": "control", "must": "pass", "interval": "range",
        "meaning": "rnn_style done by a scan has a chain of 2 log2 N: its maths allows that."},
    "scanned_rnn_adds": {"unit": "adds",
        "bounds": [1024.0, 1024.0], "arm": "control", "must": "fail", "interval": "range",
        "meaning": "Done by a scan, the recurrence adds far more often than once per element."},
    "loop_mean_multiplies": {"unit": "multiplies",
        "bounds": [0.0, 0.0], "arm": "control", "must": "pass", "interval": "range",
        "meaning": "A mean written as a loop makes no multiplies either, so the count can be zero."},
    "same_language_ratio": {"unit": "ratio of times",
        "bounds": [1.0, None], "arm": "control", "must": "pass", "interval": "ratio",
        "meaning": "Both in Python, the recurrence takes longer than the mean: it has a multiply more."},
    "sum_over_loop": {"unit": "ratio of times",
        "bounds": [1.0, None], "arm": "control", "must": "fail", "interval": "ratio",
        "meaning": "The same mean in C takes less than in Python, with the same chain of adds."},
    "mixed_spread": {"unit": "IQR / median",
        "bounds": [0.1, None], "arm": "control", "must": "pass", "interval": "mean",
        "meaning": "Measurements that mix 100 and 200 elements do scatter, and the spread shows it."},
    "same_size_ratio": {"unit": "ratio of times",
        "bounds": [None, 1.25], "arm": "control", "must": "pass", "interval": "ratio",
        "meaning": "The clock tells 100 elements not from another 100."},
    "prefixes_slope": {"unit": "exponent",
        "bounds": [0.9, 1.1], "arm": "control", "must": "fail", "interval": "mean",
        "meaning": "Starting over for every element takes time in proportion to the square."},
    "scalar_step_slope": {"unit": "exponent",
        "bounds": [0.7, 1.1], "arm": "control", "must": "fail", "interval": "mean",
        "meaning": "A step that updates one number of the list does not get dearer with the list's width."},
    "wide_vector_slope": {"unit": "exponent",
        "bounds": [None, 0.15], "arm": "control", "must": "fail", "interval": "mean",
        "meaning": "Vectors of 65,536 to 524,288 do take longer the wider they are."},
}
# fmt: on

COUNTED = 1024
"""Elements of the counts; their bounds are written for it."""
TIMED = 1000
"""Elements at which times are compared."""
WIDTHS = (8, 16, 32, 64)
LIST_WIDTHS = (8, 16, 64, 256)
WIDE = (65_536, 131_072, 262_144, 524_288)
PREFIXES = (32, 64, 128, 256)
STEPS = 32
"""Steps per call where the width is varied."""


def trial(lab: Lab) -> None:
    """The exact part and the timed part of one seed of one arm."""
    if lab.seed == 0 and lab.arm == "claim":
        if lab.device.type != "cpu":
            lab.note("Timed on the CPU: the lesson's functions are plain Python whatever the device.")
        if platform.python_version_tuple()[:2] >= ("3", "12"):
            lab.note("From Python 3.12 on sum() of floats also carries a correction, which costs a little.")
    if lab.arm == "claim":
        _exact(lab)
        _timed(lab)
    else:
        _exact_control(lab)
        _timed_control(lab)


def uniform(lab: Lab, length: int) -> Tensor:
    """Uniform numbers between 0 and 1, as the lesson uses: [elements]."""
    return torch.rand(length, generator=lab.generator, dtype=torch.float64)  # [elements]


def relative(found: float, wanted: float) -> float:
    """How far two results are apart."""
    return abs(found - wanted) / abs(wanted)


def _exact(lab: Lab) -> None:
    """Values, operations and chains of the two functions."""
    xs = uniform(lab, TIMED).tolist()
    lab.check("value_difference", relative(rnn_style(xs), attention_style(xs)))
    few = uniform(lab, COUNTED).tolist()
    rnn, _ = counted(rnn_style, few)
    mean, depth = counted(attention_style, few)
    lab.check("attention_style_depth", depth)
    lab.check("rnn_style_adds", rnn.adds)
    lab.check("attention_style_adds", mean.adds)
    lab.check("extra_multiplies", rnn.multiplies - mean.multiplies)


def _exact_control(lab: Lab) -> None:
    """The same without the decay, as a tree, as a scan, and as a loop."""
    numbers = uniform(lab, TIMED)  # [elements]
    in_c = float(rnn_in_c(numbers, growth(TIMED)))
    lab.check("same_function_difference", relative(in_c, rnn_style(numbers.tolist())))
    undecayed = scanned_rnn(numbers.tolist(), decay=1.0) / TIMED
    lab.check("no_decay_difference", relative(undecayed, attention_style(numbers.tolist())))
    few = uniform(lab, COUNTED).tolist()
    scan, scan_depth = counted(scanned_rnn, few)
    lab.check("scanned_rnn_adds", scan.adds)
    lab.check("scanned_rnn_depth", scan_depth)
    lab.check("tree_mean_depth", counted(tree_mean, few)[1])
    lab.check("loop_mean_multiplies", counted(loop_mean, few)[0].multiplies)


def on_list(lab: Lab, function: Callable[[list[float]], object], length: int) -> Prepare:
    """The function on a fresh list of that length."""

    def prepare() -> Run:
        xs = uniform(lab, length).tolist()
        return lambda: function(xs)

    return prepare


def on_tensor(lab: Lab, function: Callable[[Tensor, Tensor], object], length: int) -> Prepare:
    """The function on fresh numbers, and on 1 / 0.9^k, [elements] each."""

    def prepare() -> Run:
        xs, grown = uniform(lab, length), growth(length)  # [elements] each
        return lambda: function(xs, grown)

    return prepare


def list_steps(lab: Lab, width: int, updated: int | None = None) -> Prepare:
    """STEPS steps with h a list of that width, of which `updated` numbers (None is all) are updated."""

    def prepare() -> Run:
        x = uniform(lab, width).tolist()

        def run() -> None:
            h = [0.0] * width
            for _ in range(STEPS):
                for i in range(updated or width):
                    h[i] = 0.9 * h[i] + x[i]

        return run

    return prepare


def vector_steps(lab: Lab, width: int, steps: int = STEPS) -> Prepare:
    """Some steps with h a torch vector of that width."""

    def prepare() -> Run:
        x = uniform(lab, width)  # [width]

        def run() -> None:
            h = torch.zeros_like(x)  # [width]
            for _ in range(steps):
                h = torch.add(x, h, alpha=DECAY)  # [width]

        return run

    return prepare


def _measure(lab: Lab, candidates: dict[str, Prepare]) -> Times:
    """Time the candidates on the CPU, and say so when that was not possible."""
    times = pairs(
        candidates,
        rounds=lab.size["rounds"],
        generator=lab.generator,
        device="cpu",
        block=lab.size["block"],
    )
    if times.restless:
        lab.note(times.restless)
    return times


def _sizes(name: str, sizes: Sequence[int]) -> dict[int, str]:
    """Size -> name of its candidate."""
    return {size: f"{name} {size}" for size in sizes}


def spread(seconds: Sequence[float]) -> float:
    """Interquartile range over the median."""
    low, middle, high = quantiles(seconds, n=4, method="inclusive")
    return (high - low) / middle


def _timed(lab: Lab) -> None:
    """The lesson's comparison, its swap, its lower end, its line, and its exercises."""
    lengths = (10, 100, 200, TIMED, 10_000, lab.size["longest"])
    candidates = {f"rnn {length}": on_list(lab, rnn_style, length) for length in lengths}
    candidates |= {
        "attention": on_list(lab, attention_style, TIMED),
        "loop": on_list(lab, loop_mean, TIMED),
        "in C": on_tensor(lab, rnn_in_c, TIMED),
    }
    candidates |= {f"list {width}": list_steps(lab, width) for width in LIST_WIDTHS}
    candidates |= {f"vector {width}": vector_steps(lab, width) for width in WIDTHS}
    times = _measure(lab, candidates)
    lab.check("rnn_over_attention", times.ratio(f"rnn {TIMED}", "attention"))
    lab.check("swapped_rnn_over_mean", times.ratio("in C", "loop"))
    scatter = spread(times.seconds["rnn 100"])
    lab.check("spread_100", float("nan") if times.restless else scatter)
    lab.check("doubling_100", times.ratio("rnn 200", "rnn 100"))
    lab.check("linear_slope", times.slope(_sizes("rnn", [n for n in lengths if n >= TIMED])))
    lab.check("list_width_slope", times.slope(_sizes("list", LIST_WIDTHS)))
    lab.check("vector_width_slope", times.slope(_sizes("vector", WIDTHS)))
    for length in lengths:
        lab.point("rnn_style", length, 1e6 * times.typical(f"rnn {length}"))
    for width in LIST_WIDTHS:
        lab.point("one step, list", width, 1e6 * times.typical(f"list {width}") / STEPS)
    for width in WIDTHS:
        lab.point("one step, vector", width, 1e6 * times.typical(f"vector {width}") / STEPS)


def _timed_control(lab: Lab) -> None:
    """One language for both, one maths in both languages, and slopes whose answer is known."""
    candidates = {
        "rnn": on_list(lab, rnn_style, TIMED),
        "loop": on_list(lab, loop_mean, TIMED),
        "attention": on_list(lab, attention_style, TIMED),
        "100": on_list(lab, rnn_style, 100),
        "another 100": on_list(lab, rnn_style, 100),
        "200": on_list(lab, rnn_style, 200),
    }
    candidates |= {f"prefixes {length}": on_list(lab, every_prefix, length) for length in PREFIXES}
    candidates |= {f"scalar {width}": list_steps(lab, width, updated=1) for width in WIDTHS}
    candidates |= {f"wide {width}": vector_steps(lab, width, steps=1) for width in WIDE}
    times = _measure(lab, candidates)
    lab.check("same_language_ratio", times.ratio("rnn", "loop"))
    lab.check("sum_over_loop", times.ratio("attention", "loop"))
    lab.check("same_size_ratio", times.ratio("another 100", "100"))
    mixed = [*times.seconds["100"], *times.seconds["200"]]
    lab.check("mixed_spread", float("nan") if times.restless else spread(mixed))
    lab.check("prefixes_slope", times.slope(_sizes("prefixes", PREFIXES)))
    lab.check("scalar_step_slope", times.slope(_sizes("scalar", WIDTHS)))
    lab.check("wide_vector_slope", times.slope(_sizes("wide", WIDE)))
    _sweep(lab)


def every_prefix(xs: list[float]) -> float:
    """rnn_style started over for every element."""
    return max(float(rnn_style(xs[:end])) for end in range(1, len(xs) + 1))


def _sweep(lab: Lab) -> None:
    """Curves only: the mean in Python and in torch, and the recurrence as torch operations one by one."""
    lengths = [4**power for power in range(3, 9)]  # 64 to 65,536
    candidates = {f"sum {length}": on_list(lab, attention_style, length) for length in lengths}
    candidates |= {f"torch {length}": on_tensor(lab, lambda xs, _: xs.mean(), length) for length in lengths}
    loops = [length for length in lengths if length <= lab.size["longest_loop"]]
    candidates |= {f"one by one {length}": vector_steps(lab, 1, steps=length) for length in loops}
    times = pairs(candidates, rounds=1, generator=lab.generator, device="cpu", block=5e-4, tries=1)
    for length in lengths:
        lab.point("attention_style", length, 1e6 * times.typical(f"sum {length}"))
        lab.point("mean in torch", length, 1e6 * times.typical(f"torch {length}"))
    for length in loops:
        lab.point("recurrence in torch, one by one", length, 1e6 * times.typical(f"one by one {length}"))
