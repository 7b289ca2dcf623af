"""How fast a Transformer layer trains beside an LSTM of as many weights, and how both grow with length.

Measured: seconds of one forward and backward pass of one layer over a batch of random vectors, with
nothing else: no embedding, head, loss or optimiser. The LSTM is torch's fused nn.LSTM (oneDNN on a CPU,
cuDNN on a GPU), and where a check says so the same LSTM kernel by kernel in a Python loop. The Transformer
layer is causal, with torch's fused attention and an MLP that makes its weights as many, 8 width^2.
Speed-up means time of the LSTM over time of the Transformer: above 1 the Transformer is faster. float32;
on a GPU `full` is float16, and cuDNN may round the products of its LSTM to TF32.

How: one thread and its CPU clock on a CPU, events on a GPU; candidates interleaved in random order on
fresh inputs, ratios within each round, the interval over seeds widened by a tenth for drift between runs.
Exponents are those of time between two lengths, 4 to 16 times apart. A seed whose machine cannot measure
the same thing twice alike decides nothing. The controls time work whose ratio is known: the same thing
against itself, seven times over, and sixteen times over.

It does not show how much either layer learns per step, nor what a whole model or a cluster does, and
nothing about a device other than the one it ran on: a CPU thread has no idle lanes for a batch to fill,
so a speed-up that a GPU would show may be reversed here, and the other way round.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from .. import timing
from ..lab import Lab
from ..models.attention import explicit_attention
from ..models.fused import Fused
from ..models.lstm import LSTM
from ..models.narrow_block import NarrowBlock

TITLE = "Train a layer against the clock"

PLOT = {"x": "tokens per sequence", "y": "ms per training step", "x_log": True, "y_log": True}

LOOKS = (4,)

PROFILES = {
    "quick": {
        "cpu": {
            "width": 64, "batch": 32, "rounds": 1, "wide": 512, "gap": (64, 1024), "beyond": (512, 2048),
            "fused": (4096, 16384), "plain": (32, 512), "core": (128, 1024), "dtype": "float32",
        },
        "gpu": {
            "width": 512, "batch": 32, "rounds": 3, "wide": 512, "gap": (128, 1024), "beyond": (1024, 4096),
            "fused": (512, 8192), "plain": (32, 512), "core": (1024, 8192), "dtype": "float32",
        },
    },
    "full": {
        "cpu": {
            "width": 256, "batch": 32, "rounds": 5, "wide": 512, "gap": (64, 1024), "beyond": (512, 4096),
            "fused": (512, 8192), "plain": (64, 1024), "core": (256, 2048), "dtype": "float32",
        },
        "gpu": {
            "width": 1024, "batch": 128, "rounds": 5, "wide": 512, "gap": (128, 1024), "beyond": (1024, 4096),
            "fused": (512, 8192), "plain": (64, 1024), "core": (1024, 8192), "dtype": "float16",
        },
    },
}  # fmt: skip

# fmt: off
CHECKS = {
    "speedup_batch_1_tenfold": {"unit": "times faster, batch 1",
        "bounds": [10.0, 100.0], "arm": "claim", "interval": "ratio",
        "meaning": "The Transformer layer trains 10 to 100 times faster than a fused LSTM, batch 1."},
    "speedup_batch_tenfold": {"unit": "times faster, large batch",
        "bounds": [10.0, 100.0], "arm": "claim", "interval": "ratio",
        "meaning": "It trains 10 to 100 times faster than a fused LSTM when many sequences go together."},
    "speedup_at_512": {"unit": "times faster, large batch",
        "bounds": [5.0, 10.0], "arm": "claim", "interval": "ratio",
        "meaning": "At 512 tokens and a large batch the Transformer layer trains 5 to 10 times faster."},
    "speedup_plain_at_512": {"unit": "times faster, batch 1",
        "bounds": [5.0, None], "arm": "claim", "interval": "ratio",
        "meaning": "Against an LSTM in a Python loop, one sequence at a time, it is over 5 times faster."},
    "gap_growth": {"unit": "speed-up at the longer over the shorter length",
        "bounds": [1.5, None], "arm": "claim", "interval": "ratio",
        "meaning": "The speed-up of the Transformer grows with the number of tokens."},
    "gap_growth_beyond": {"unit": "speed-up at the longer over the shorter length",
        "bounds": [None, 0.8], "arm": "claim", "interval": "ratio",
        "meaning": "With many tokens the speed-up shrinks again, although the attention kernel is fused."},
    "lstm_exponent": {"unit": "exponent of time in tokens",
        "bounds": [0.9, 1.1], "arm": "claim", "interval": "mean",
        "meaning": "Time of a fused LSTM grows in proportion to the tokens: twice as many, twice as long."},
    "plain_lstm_exponent": {"unit": "exponent of time in tokens",
        "bounds": [0.9, 1.1], "arm": "claim", "interval": "mean",
        "meaning": "Time of an LSTM in a Python loop grows in proportion to the tokens."},
    "same_is_tenfold": {"unit": "times slower",
        "bounds": [10.0, 100.0], "arm": "control", "must": "fail", "interval": "ratio",
        "meaning": "A layer is not 10 times slower than itself."},
    "sixteen_is_tenfold": {"unit": "times slower",
        "bounds": [10.0, 100.0], "arm": "control", "must": "pass", "interval": "ratio",
        "meaning": "A layer trained 16 times over takes 10 to 100 times as long as once."},
    "same_is_fivefold": {"unit": "times slower",
        "bounds": [5.0, 10.0], "arm": "control", "must": "fail", "interval": "ratio",
        "meaning": "A layer is not 5 times slower than itself."},
    "seven_is_fivefold": {"unit": "times slower",
        "bounds": [5.0, 10.0], "arm": "control", "must": "pass", "interval": "ratio",
        "meaning": "A layer trained 7 times over takes 5 to 10 times as long as once."},
    "same_gap_grows": {"unit": "ratio at the longer over the shorter length",
        "bounds": [1.5, None], "arm": "control", "must": "fail", "interval": "ratio",
        "meaning": "The gap between a layer and itself does not grow with length."},
    "same_gap_shrinks": {"unit": "ratio at the longer over the shorter length",
        "bounds": [None, 0.8], "arm": "control", "must": "fail", "interval": "ratio",
        "meaning": "The gap between a layer and itself does not shrink with length."},
    "quadratic_gap_grows": {"unit": "ratio at the longer over the shorter length",
        "bounds": [1.5, None], "arm": "control", "must": "pass", "interval": "ratio",
        "meaning": "Every pair of tokens against every token: that gap does grow with length."},
    "linear_gap_shrinks": {"unit": "ratio at the longer over the shorter length",
        "bounds": [None, 0.8], "arm": "control", "must": "pass", "interval": "ratio",
        "meaning": "Every token against every pair of tokens: that gap does shrink with length."},
    "pairs_exponent": {"unit": "exponent of time in tokens",
        "bounds": [0.9, 1.1], "arm": "control", "must": "fail", "interval": "mean",
        "meaning": "Work on every pair of tokens does not grow in proportion to the tokens."},
    "sixteenfold_exponent": {"unit": "exponent of time in work",
        "bounds": [0.9, 1.1], "arm": "control", "must": "pass", "interval": "mean",
        "meaning": "The same layer trained 16 times over takes about 16 times as long."},
}
OUTSIDE = (
    {"what": "speed of a convolutional translator over LSTMs",
        "published": 10.0, "unit": "times, about, on GPU and CPU",
        "source": "Gehring et al. 2017, abstract", "from_memory": False,
        "ours": "speedup_batch_tenfold", "beside": "speedup_batch_tenfold",
        "agrees_in": "direction", "margin": 1.0,
        "why": "Neither is a Transformer against this LSTM; on a CPU a large batch fills the LSTM too."},
)
# fmt: on


def trial(lab: Lab) -> None:
    """One draw of weights, and all candidates in the same rounds."""
    if lab.arm == "claim":
        _race(lab)
    else:
        _known(lab)


def _race(lab: Lab) -> None:
    """The LSTM against the Transformer layer."""
    size = sizes(lab)
    fused, plain, block = build_fused(lab), build_plain(lab), build_block(lab)
    lengths = {*size["gap"], *size["beyond"], size["wide"]}
    steps = {("lstm", n): step(lab, fused, 1, n) for n in sorted(lengths)}
    steps |= {("transformer", n): step(lab, block, 1, n) for n in sorted(lengths)}
    steps["plain lstm", size["wide"]] = step(lab, plain, 1, size["wide"])
    many = {
        "lstm, batch": step(lab, fused, size["batch"], size["wide"]),
        "transformer, batch": step(lab, block, size["batch"], size["wide"]),
    }
    named = {name(kind, n): prepare for (kind, n), prepare in steps.items()}
    times = measure(lab, {**named, **many})

    def speedup(n: int, kind: str = "lstm") -> float:
        return times.ratio(name(kind, n), name("transformer", n))

    batched = times.ratio("lstm, batch", "transformer, batch")
    if lab.seed % 1000 == 0:
        tokens = size["batch"] * size["wide"]
        lstm, block_ = (tokens / times.typical(f"{kind}, batch") for kind in ("lstm", "transformer"))
        lab.note(
            f"Trained at {size['wide']} tokens, batch {size['batch']}: LSTM {lstm:,.0f} and Transformer "
            f"layer {block_:,.0f} tokens per second, in the first trial."
        )
    lab.check("speedup_batch_1_tenfold", speedup(size["wide"]))
    lab.check("speedup_batch_tenfold", batched)
    lab.check("speedup_at_512", batched)
    lab.check("speedup_plain_at_512", speedup(size["wide"], "plain lstm"))
    lab.check("gap_growth", speedup(size["gap"][1]) / speedup(size["gap"][0]))
    lab.check("gap_growth_beyond", speedup(size["beyond"][1]) / speedup(size["beyond"][0]))
    for check, model, kind, ends, more in (
        ("lstm_exponent", fused, "lstm", size["fused"], 1),
        ("plain_lstm_exponent", plain, "plain lstm", size["plain"], 4),
    ):
        names = {n: name(kind, n) for n in ends}
        alone = measure(lab, {name: step(lab, model, 1, n) for n, name in names.items()}, more=more)
        lab.check(check, alone.slope(names))
        for n in ends:
            lab.point(f"{kind}, batch 1", n, 1e3 * alone.typical(names[n]))
    for kind, n in steps:
        lab.point(f"{kind}, batch 1", n, 1e3 * times.typical(name(kind, n)))


def _known(lab: Lab) -> None:
    """Work whose ratios are known."""
    size = sizes(lab)
    short, long = size["core"]
    block = build_block(lab)
    once = step(lab, block, 1, size["gap"][0])
    same = step(lab, block, 1, size["gap"][0])
    many = {f"{count} times": repeat(once, count) for count in (7, 16)}
    times = measure(lab, {"once": once, "same": same, **many}, more=3)
    work = {"pairs": pairs_of, "tokens": tokens_of, "tokens again": tokens_of}
    known = {name(kind, n): make(lab, n) for kind, make in work.items() for n in (short, long)}
    grown = measure(lab, known, more=6)

    def gap(over: str, under: str) -> float:
        ends = [grown.ratio(name(over, n), name(under, n)) for n in (long, short)]
        return ends[0] / ends[1]

    lab.check("same_is_tenfold", times.ratio("same", "once"))
    lab.check("same_is_fivefold", times.ratio("same", "once"))
    lab.check("sixteen_is_tenfold", times.ratio("16 times", "once"))
    lab.check("seven_is_fivefold", times.ratio("7 times", "once"))
    lab.check("sixteenfold_exponent", times.slope({1: "once", 16: "16 times"}))
    lab.check("same_gap_grows", gap("tokens again", "tokens"))
    lab.check("same_gap_shrinks", gap("tokens again", "tokens"))
    lab.check("quadratic_gap_grows", gap("pairs", "tokens"))
    lab.check("linear_gap_shrinks", gap("tokens", "pairs"))
    lab.check("pairs_exponent", grown.slope({n: name("pairs", n) for n in size["core"]}))
    for kind in ("pairs", "tokens"):
        for n in (short, long):
            lab.point(f"work on {kind}", n, 1e3 * grown.typical(name(kind, n)))


# ---- what is timed ----------------------------------------------------------------------------------


def measure(lab: Lab, candidates: dict[str, timing.Prepare], *, more: int = 0) -> timing.Times:
    """All candidates in the same rounds, `more` than usual; says so when the machine was too restless."""
    rounds = sizes(lab)["rounds"] + more
    times = timing.pairs(
        candidates, rounds=rounds, generator=lab.generator, device=lab.device, block=2 * timing.BLOCK
    )
    if times.restless:
        lab.note(times.restless)
    return times


def sizes(lab: Lab) -> dict[str, Any]:
    """The sizes for this kind of device."""
    return dict(lab.size["cpu" if lab.device.type == "cpu" else "gpu"])


def name(kind: str, length: int) -> str:
    """What a candidate is called."""
    return f"{kind}, {length} tokens"


def build_fused(lab: Lab) -> nn.Module:
    """The LSTM that torch runs as one kernel."""
    return Fused(build_plain(lab))


def build_plain(lab: Lab) -> LSTM:
    """The LSTM as a Python loop."""
    return LSTM(sizes(lab)["width"], generator=lab.generator, dtype=number(lab), device=lab.device)


def build_block(lab: Lab) -> nn.Module:
    """The Transformer layer."""
    width = sizes(lab)["width"]
    return NarrowBlock(
        width, width // 16, generator=lab.generator, fused=True, dtype=number(lab), device=lab.device
    )


def number(lab: Lab) -> torch.dtype:
    """The dtype that the profile names."""
    dtype = getattr(torch, sizes(lab)["dtype"])
    assert isinstance(dtype, torch.dtype)
    return dtype


def step(lab: Lab, model: nn.Module, batch: int, length: int) -> timing.Prepare:
    """A training step of the model on fresh random vectors."""
    shape = (batch, length, sizes(lab)["width"])
    return timing.training(model, lambda: lab.randn(*shape, dtype=torch.float32).to(number(lab)))


def repeat(prepare: timing.Prepare, count: int) -> timing.Prepare:
    """The same, so many times over."""

    def prepare_all() -> timing.Run:
        run = prepare()

        def run_all() -> None:
            for _ in range(count):
                run()

        return run_all

    return prepare_all


def pairs_of(lab: Lab, length: int) -> timing.Prepare:
    """Work on every pair of tokens: attention that writes every score down."""

    def prepare() -> timing.Run:
        q = lab.randn(1, 1, length, 64, dtype=torch.float32)  # [batch, heads, time, head_width]
        return lambda: explicit_attention(q, q, q)

    return prepare


def tokens_of(lab: Lab, length: int) -> timing.Prepare:
    """Work on every token: the same few products, over and over."""

    def prepare() -> timing.Run:
        x = lab.randn(length, 64, dtype=torch.float32)  # [time, width]
        weight = lab.randn(64, 64, dtype=torch.float32)  # [width, width]
        return lambda: [x @ weight for _ in range(8)]

    return prepare
