"""What a dependent step costs when the arithmetic stays the same, and what length costs when depth does.

Measured, in three parts. (1) N x B rows go through one width x width product and a tanh, all at once or
in N dependent steps of B rows: the same floating point operations, another depth. The penalty is the
ratio of the times. (2) Attention that writes every score down, at a constant depth of three products, at
one length and four times that. (3) The mean of n numbers, from 64 up. float32, forward only.

How: one thread and its CPU clock on a CPU, events on a GPU; candidates interleaved in random order on
fresh inputs, ratios within each round, the interval over seeds widened by a tenth for drift between runs.
A seed whose machine cannot measure the same thing twice alike decides nothing. The controls are the same
ratios where the cause is gone: no steps, and a fixed amount of work.

It does not show that waiting itself is dear: on one CPU thread the same small steps made independent
(`independent_penalty`) cost about as much, because what dependence forbids there is batching over time.
Nor does it show the price of a step on a device other than the one it ran on.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from .. import timing
from ..lab import Lab
from ..models.attention import explicit_attention

TITLE = "The price of a dependent step"

PLOT = {"x": "numbers in the mean, tokens or steps", "y": "microseconds", "x_log": True, "y_log": True}

LOOKS = (4,)

PROFILES = {
    "quick": {
        "cpu": {"width": 64, "steps": 512, "batch": 512, "length": 512, "rounds": 2,
                "flat": (64, 4096), "middle": 65536, "top": (1048576, 8388608)},
        "gpu": {"width": 64, "steps": 512, "batch": 65536, "length": 4096, "rounds": 3,
                "flat": (64, 4096), "middle": 65536, "top": (33554432, 268435456)},
    },
    "full": {
        "cpu": {"width": 64, "steps": 1024, "batch": 512, "length": 1024, "rounds": 7,
                "flat": (64, 4096), "middle": 65536, "top": (2097152, 16777216)},
        "gpu": {"width": 64, "steps": 1024, "batch": 65536, "length": 8192, "rounds": 7,
                "flat": (64, 4096), "middle": 65536, "top": (67108864, 536870912)},
    },
}  # fmt: skip

# fmt: off
CHECKS = {
    "penalty": {"unit": "times longer in many steps",
        "bounds": [3.0, None], "arm": "claim", "interval": "ratio",
        "meaning": "The same operations, cut into dependent steps of one row, take over 3 times as long."},
    "batch_penalty": {"unit": "times longer in many steps",
        "bounds": [None, 1.6], "arm": "claim", "interval": "ratio",
        "meaning": "With many rows in every step, cutting costs little: the work decides, not the depth."},
    "attention_growth": {"unit": "times longer for 4 times the tokens",
        "bounds": [8.0, None], "arm": "claim", "interval": "ratio",
        "meaning": "Attention over 4 times the tokens takes over 8 times as long, at the same depth."},
    "independent_penalty": {"unit": "times longer in many steps",
        "bounds": [3.0, None], "arm": "claim", "interval": "ratio",
        "meaning": "Small steps that do not wait for each other are as dear: it is the calls that cost."},
    "mean_flat": {"unit": "times longer for 64 times the numbers",
        "bounds": [None, 2.3], "arm": "claim", "interval": "ratio",
        "meaning": "The mean of 4,096 numbers takes about as long as that of 64 (exponent below 0.2)."},
    "mean_rises": {"unit": "times longer for 8 times the numbers",
        "bounds": [5.28, None], "arm": "claim", "interval": "ratio",
        "meaning": "Among millions of numbers, 8 times as many take over 5 times as long."},
    "mean_still_flat": {"unit": "times longer for 16 times the numbers",
        "bounds": [None, 9.19], "arm": "claim", "interval": "ratio",
        "meaning": "From 4,096 to 65,536 numbers time hardly rises yet: an exponent below 0.8."},
    "no_steps_penalty": {"unit": "times longer",
        "bounds": [3.0, None], "arm": "control", "must": "fail", "interval": "ratio",
        "meaning": "Not cut into steps, the same operations do not take longer."},
    "steps_without_gain": {"unit": "times longer",
        "bounds": [None, 1.6], "arm": "control", "must": "fail", "interval": "ratio",
        "meaning": "Where every step does the work of all of them, steps are not cheap."},
    "no_steps_batch_penalty": {"unit": "times longer",
        "bounds": [None, 1.6], "arm": "control", "must": "pass", "interval": "ratio",
        "meaning": "Not cut into steps, a large batch does not take longer either."},
    "fourfold_growth": {"unit": "times longer for 4 times the work",
        "bounds": [8.0, None], "arm": "control", "must": "fail", "interval": "ratio",
        "meaning": "The same attention done 4 times over takes about 4 times as long, not 8."},
    "attention_flat": {"unit": "times longer for 4 times the tokens",
        "bounds": [None, 2.3], "arm": "control", "must": "fail", "interval": "ratio",
        "meaning": "Attention is not flat in the number of tokens."},
    "attention_rises": {"unit": "times longer for 4 times the tokens",
        "bounds": [5.28, None], "arm": "control", "must": "pass", "interval": "ratio",
        "meaning": "Real attention rises steeper than in proportion, which a mean never does."},
    "same_mean_rises": {"unit": "times longer for the same numbers",
        "bounds": [5.28, None], "arm": "control", "must": "fail", "interval": "ratio",
        "meaning": "The mean of the same numbers does not take longer."},
    "same_mean_flat": {"unit": "times longer for the same numbers",
        "bounds": [None, 2.3], "arm": "control", "must": "pass", "interval": "ratio",
        "meaning": "The mean of as many numbers takes as long."},
    "attention_sixteenfold": {"unit": "times longer for 16 times the work",
        "bounds": [None, 9.19], "arm": "control", "must": "fail", "interval": "ratio",
        "meaning": "The same attention done 16 times over is not flat."},
}
OUTSIDE = (
    {"what": "time of attention for 4 times the tokens, 2048 to 8192",
        "published": (118.5, "/", 7.64), "unit": "ms, FlashAttention, forward and backward",
        "source": "Dao et al. 2022, Table 20", "from_memory": False,
        "ours": "attention_growth", "beside": "attention_growth",
        "agrees_in": "ratio", "margin": 2.0,
        "why": "Other lengths and another device; the ideal is 16."},
)
# fmt: on


def trial(lab: Lab) -> None:
    """One draw of everything, and all candidates in the same rounds."""
    if lab.arm == "claim":
        _steps(lab)
        _means(lab)
    else:
        _known(lab)


def _steps(lab: Lab) -> None:
    """The same operations in one step and in many; attention at two lengths."""
    size = sizes(lab)
    count, batch, length = size["steps"], size["batch"], size["length"]
    few = max(8, count // 64)
    times = measure(
        lab,
        {
            "whole": rows(lab, count, 1, at_once),
            "dependent": rows(lab, count, 1, one_after_another),
            "independent": rows(lab, count, 1, side_by_side),
            "batch, whole": rows(lab, few, batch, at_once),
            "batch, dependent": rows(lab, few, batch, one_after_another),
            "short": attention(lab, length),
            "long": attention(lab, 4 * length),
        },
    )
    lab.check("penalty", times.ratio("dependent", "whole"))
    lab.check("independent_penalty", times.ratio("independent", "whole"))
    lab.check("batch_penalty", times.ratio("batch, dependent", "batch, whole"))
    lab.check("attention_growth", times.ratio("long", "short"))
    for kind, x in (("whole", 1), ("dependent", count)):
        lab.point("same operations in 1 or many steps", x, 1e6 * times.typical(kind))
    for kind, x in (("short", length), ("long", 4 * length)):
        lab.point("attention", x, 1e6 * times.typical(kind))


def _means(lab: Lab) -> None:
    """The mean of more and more numbers."""
    size = sizes(lab)
    counts = (*size["flat"], size["middle"], *size["top"])
    times = measure(lab, {str(count): mean(lab, count) for count in counts})
    low, high = size["flat"]
    lab.check("mean_flat", times.ratio(str(high), str(low)))
    lab.check("mean_still_flat", times.ratio(str(size["middle"]), str(high)))
    lab.check("mean_rises", times.ratio(str(size["top"][1]), str(size["top"][0])))
    for count in counts:
        lab.point("mean", count, 1e6 * times.typical(str(count)))


def _known(lab: Lab) -> None:
    """The same ratios where what should make them large, or small, is gone."""
    size = sizes(lab)
    count, batch, length = size["steps"], size["batch"], size["length"]
    few, once = max(8, count // 64), attention(lab, length)
    times = measure(
        lab,
        {
            "whole": rows(lab, count, 1, at_once),
            "whole again": rows(lab, count, 1, at_once),
            "batch, whole": rows(lab, few, batch, at_once),
            "batch, whole again": rows(lab, few, batch, at_once),
            "batch, over and over": rows(lab, few, batch, over_and_over),
            "attention": once,
            "attention 4 times": repeated(once, 4),
            "attention 16 times": repeated(once, 16),
            "attention, longer": attention(lab, 4 * length),
            "mean": mean(lab, size["middle"]),
            "mean again": mean(lab, size["middle"]),
        },
    )
    lab.check("no_steps_penalty", times.ratio("whole again", "whole"))
    lab.check("no_steps_batch_penalty", times.ratio("batch, whole again", "batch, whole"))
    lab.check("steps_without_gain", times.ratio("batch, over and over", "batch, whole"))
    lab.check("fourfold_growth", times.ratio("attention 4 times", "attention"))
    lab.check("attention_sixteenfold", times.ratio("attention 16 times", "attention"))
    lab.check("attention_flat", times.ratio("attention, longer", "attention"))
    lab.check("attention_rises", times.ratio("attention, longer", "attention"))
    lab.check("same_mean_rises", times.ratio("mean again", "mean"))
    lab.check("same_mean_flat", times.ratio("mean again", "mean"))


# ---- what is timed ----------------------------------------------------------------------------------


def measure(lab: Lab, candidates: dict[str, timing.Prepare]) -> timing.Times:
    """All candidates in the same rounds; says so when the machine was too restless."""
    rounds = sizes(lab)["rounds"]
    times = timing.pairs(candidates, rounds=rounds, generator=lab.generator, device=lab.device)
    if times.restless:
        lab.note(times.restless)
    return times


def sizes(lab: Lab) -> dict[str, Any]:
    """The sizes for this kind of device."""
    return dict(lab.size["cpu" if lab.device.type == "cpu" else "gpu"])


Cut = Callable[[Tensor, Tensor, int], object]


def rows(lab: Lab, steps: int, batch: int, cut: Cut) -> timing.Prepare:
    """steps x batch fresh rows through one product and a tanh, cut as told."""
    width = sizes(lab)["width"]

    def prepare() -> timing.Run:
        x = lab.randn(steps * batch, width, dtype=torch.float32)  # [steps batch, width]
        weight = lab.randn(width, width, dtype=torch.float32) / width**0.5  # [width, width]
        return lambda: cut(x, weight, batch)

    return prepare


def at_once(x: Tensor, weight: Tensor, batch: int) -> Tensor:
    """All rows in one step: [rows, width] -> [rows, width]."""
    return torch.tanh(x @ weight)  # [rows, width]


def one_after_another(x: Tensor, weight: Tensor, batch: int) -> Tensor:
    """As many rows as before, each step made from the result of the last: -> [batch, width]."""
    h = x[:batch]  # [batch, width]
    for _ in range(len(x) // batch):
        h = torch.tanh(h @ weight)  # [batch, width]
    return h


def side_by_side(x: Tensor, weight: Tensor, batch: int) -> Tensor:
    """The same small steps, none made from another: -> [batch, width]."""
    h = first = x[:batch]  # [batch, width]
    for _ in range(len(x) // batch):
        h = torch.tanh(first @ weight)  # [batch, width]
    return h


def over_and_over(x: Tensor, weight: Tensor, batch: int) -> None:
    """Every step does all rows: what cutting must not cost."""
    for _ in range(4):
        at_once(x, weight, batch)


def attention(lab: Lab, length: int) -> timing.Prepare:
    """Attention that writes every score down, over fresh vectors."""

    def prepare() -> timing.Run:
        q = lab.randn(1, 1, length, 64, dtype=torch.float32)  # [batch, heads, time, head_width]
        return lambda: explicit_attention(q, q, q)

    return prepare


def mean(lab: Lab, count: int) -> timing.Prepare:
    """The mean of fresh numbers, which are cheap ones where there are millions."""

    def prepare() -> timing.Run:
        few = lab.randn(min(count, 2**16), dtype=torch.float32)  # [few]
        x = few.repeat(count // len(few))  # [count]
        return x.mean

    return prepare


def repeated(prepare: timing.Prepare, count: int) -> timing.Prepare:
    """The same, so many times over."""

    def prepare_all() -> timing.Run:
        run = prepare()

        def run_all() -> None:
            for _ in range(count):
                run()

        return run_all

    return prepare_all
