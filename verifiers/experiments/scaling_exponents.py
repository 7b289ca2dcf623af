"""How the time and the memory of a sequence model grow with the number of tokens, and what a trade buys.

Measured: the exponent of a forward pass's time in N (the slope of log time on log N), per form: attention
written out and fused, linear attention in chunks, a selective scan, a convolution by FFT, a tanh RNN. 1.5
parts quadratic from linear. Beside it the exponent of the bytes that autograd keeps for the backward pass,
counted exactly. Attention is measured from queries, keys and values on, the others as whole layers; one
sequence, one head, float32.

How: `timing.pairs`, where all forms and sizes of an arm are measured in the same rounds, in random order,
on fresh inputs, by the CPU clock on one thread or by the GPU's events; a seed is a few rounds. When two
measurements of the same thing differ, the seed reports no number and the check is unclear. Then one
attention layer with its projections is weighed against one LSTM layer of the same width d, as in Vaswani's
table 1, which favours attention, since it has half the weights: FLOPs of matrix products (a multiply-add
is two, a mask saves nothing), bytes kept for training, and bytes carried while generating; and two
Transformer blocks against three LSTM layers, 24 d^2 weights each. At 8 d tokens, so that halving
attention's scores for its mask would change no outcome. The controls do the same work in another order
(the same linear attention over all pairs, softmax attention in a window) or leave the length away.

It does not show which form is faster: that is a matter of constants, kernels and sizes, and an exponent
is none of them. Exponents are of these lengths; an N log N reads as a little over 1. Nor does it show what
parallel hardware makes of the work, which is the other half of what is said about the trade.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from .. import measure, timing
from ..lab import Lab
from ..models.attention import Attention, explicit_attention, fused_attention, windowed_attention
from ..models.linear_attention import LinearAttention
from ..models.long_convolution import LongConvolution
from ..models.lstm import LSTM
from ..models.rnn import RNN
from ..models.selective_ssm import SelectiveSSM
from ..models.transformer import Block

TITLE = "Exponents of time and memory"

PLOT = {"x": "tokens", "y": "seconds per forward pass", "x_log": True, "y_log": True}

LOOKS = (4, 6)

PROFILES = {
    "quick": {
        "lengths": [512, 1024, 2048],
        "gpu_lengths": [4096, 8192, 16384],
        "step_lengths": [256, 512, 1024],
        "counted": [512, 1024],
        "rounds": 3,
        "width": 32,
        "chunk": 64,
        "weighed_width": 8,
        "heads": 2,
    },
    "full": {
        "lengths": [512, 1024, 2048, 4096],
        "gpu_lengths": [4096, 8192, 16384],
        "step_lengths": [512, 1024, 2048, 4096],
        "counted": [512, 1024, 2048, 4096],
        "rounds": 5,
        "width": 64,
        "chunk": 64,
        "weighed_width": 64,
        "heads": 4,
    },
}

# fmt: off
CHECKS = {
    "softmax_time": {"unit": "exponent of time in N",
        "bounds": [1.5, None], "arm": "claim", "interval": "mean",
        "meaning": "The time of softmax attention written out grows with the square of the tokens."},
    "fused_time": {"unit": "exponent of time in N",
        "bounds": [1.5, None], "arm": "claim", "interval": "mean",
        "meaning": "So does the time of fused softmax attention."},
    "linear_attention_time": {"unit": "exponent of time in N",
        "bounds": [None, 1.5], "arm": "claim", "interval": "mean",
        "meaning": "The time of linear attention in chunks grows in proportion to the tokens."},
    "scan_time": {"unit": "exponent of time in N",
        "bounds": [None, 1.5], "arm": "claim", "interval": "mean",
        "meaning": "The time of a selective scan grows little faster than the tokens."},
    "convolution_time": {"unit": "exponent of time in N",
        "bounds": [None, 1.5], "arm": "claim", "interval": "mean",
        "meaning": "The time of a long convolution by FFT grows little faster than the tokens."},
    "rnn_time": {"unit": "exponent of time in N",
        "bounds": [None, 1.5], "arm": "claim", "interval": "mean",
        "meaning": "The time of a tanh RNN grows in proportion to the tokens."},
    "softmax_memory": {"unit": "exponent of bytes in N",
        "bounds": [1.5, None], "arm": "claim", "interval": "range",
        "meaning": "Attention written out keeps bytes with the square of the tokens."},
    "linear_memory": {"unit": "exponent of bytes in N, largest of five forms",
        "bounds": [None, 1.5], "arm": "claim", "interval": "range",
        "meaning": "All the other forms, fused attention too, keep bytes in proportion to the tokens."},
    "attention_flops": {"unit": "FLOPs of attention / of an LSTM, at 8 d tokens",
        "bounds": [1.0, None], "arm": "claim", "interval": "range",
        "meaning": "At 8 tokens per channel an attention layer computes more than an LSTM layer."},
    "flops_cross_at": {"unit": "tokens per channel",
        "bounds": [1.0, 4.0], "arm": "claim", "interval": "range",
        "meaning": "Attention begins to compute more than an LSTM at a few tokens per channel."},
    "training_memory": {"unit": "bytes of attention / of an LSTM, at 8 d tokens",
        "bounds": [None, 1.0], "arm": "claim", "interval": "range",
        "meaning": "Both written out, an attention layer keeps less for training than an LSTM layer."},
    "generation_memory": {"unit": "bytes of attention / of an LSTM, at 8 d tokens",
        "bounds": [None, 1.0], "arm": "claim", "interval": "range",
        "meaning": "An attention layer carries less from token to token than an LSTM layer."},
    "fused_training_memory": {"unit": "bytes of fused attention / of an LSTM, at 8 d tokens",
        "bounds": [None, 1.0], "arm": "claim", "interval": "range",
        "meaning": "With a fused kernel an attention layer keeps less for training than an LSTM layer."},
    "fused_training_by_weight": {"unit": "bytes of 2 blocks / of 3 LSTM layers, at 8 d tokens",
        "bounds": [None, 1.0], "arm": "claim", "interval": "range",
        "meaning": "So do whole Transformer blocks, weighed against an LSTM of as many weights."},
    "all_pairs_time": {"unit": "exponent of time in N",
        "bounds": [None, 1.5], "arm": "control", "must": "fail", "interval": "mean",
        "meaning": "Linear attention computed over all pairs also grows in proportion to the tokens."},
    "window_time": {"unit": "exponent of time in N",
        "bounds": [1.5, None], "arm": "control", "must": "fail", "interval": "mean",
        "meaning": "Softmax attention in a window also grows with the square."},
    "all_pairs_memory": {"unit": "exponent of bytes in N",
        "bounds": [None, 1.5], "arm": "control", "must": "fail", "interval": "range",
        "meaning": "Linear attention computed over all pairs also keeps bytes in proportion to the tokens."},
    "window_memory": {"unit": "exponent of bytes in N",
        "bounds": [1.5, None], "arm": "control", "must": "fail", "interval": "range",
        "meaning": "Attention in a window also keeps bytes with the square."},
    "short_flops": {"unit": "FLOPs of attention / of an LSTM, at d / 2 tokens",
        "bounds": [1.0, None], "arm": "control", "must": "fail", "interval": "range",
        "meaning": "Attention computes more than an LSTM for short sequences too."},
    "short_training_memory": {"unit": "bytes of attention / of an LSTM, at d / 2 tokens",
        "bounds": [None, 1.0], "arm": "control", "must": "pass", "interval": "range",
        "meaning": "For short sequences attention written out keeps less for training than an LSTM."},
    "short_generation_memory": {"unit": "bytes of attention / of an LSTM, at 1 token",
        "bounds": [None, 1.0], "arm": "control", "must": "pass", "interval": "range",
        "meaning": "After a single token attention carries no more than an LSTM."},
}
# fmt: on

PER_CHANNEL = 8
"""Tokens per channel where attention and an LSTM are weighed."""

WEIGHED = "weighed_width"
"""The size that says how wide both are."""


@dataclass(frozen=True)
class Form:
    """One way to mix tokens."""

    make: Callable[[int], timing.Run]
    """Fresh inputs of so many tokens, and the forward pass on them."""
    weights: tuple[Tensor, ...] = ()
    """What does not count as kept for backward, because it is there anyway."""
    one_by_one: bool = False
    """Whether tokens wait for each other: then every one costs the same calls, and few show the exponent."""


def trial(lab: Lab) -> None:
    """A few rounds of timing, then what needs no clock."""
    forms = claimed(lab) if lab.arm == "claim" else controls(lab)
    for name, slope in exponents_of_time(lab, forms).items():
        lab.check(f"{name}_time", slope)
    memory = {name: exponent_of_memory(lab, form) for name, form in forms.items()}
    if lab.arm == "claim":
        lab.check("softmax_memory", memory.pop("softmax"))
        lab.check("linear_memory", max(memory.values()))
        _weighed(lab)
        return
    for name, slope in memory.items():
        lab.check(f"{name}_memory", slope)
    _weighed_short(lab)


# ---- forms ------------------------------------------------------------------------------------------


def claimed(lab: Lab) -> dict[str, Form]:
    """The forms that people name, by the beginning of their checks' names."""
    linear = build(lab, LinearAttention)
    return {
        "softmax": from_queries(lab, explicit_attention),
        "fused": from_queries(lab, fused_attention),
        "linear_attention": layer(lab, linear, partial(linear.chunked, chunk=lab.size["chunk"])),
        "scan": layer(lab, build(lab, SelectiveSSM, state_width=4)),
        "convolution": layer(lab, build(lab, LongConvolution, state_width=4)),
        "rnn": replace(layer(lab, build(lab, RNN)), one_by_one=True),
    }


def controls(lab: Lab) -> dict[str, Form]:
    """The same work in another order."""
    return {
        "all_pairs": layer(lab, build(lab, LinearAttention)),
        "window": from_queries(lab, partial(windowed_attention, window=lab.size["chunk"])),
    }


def build(lab: Lab, kind: type[Any], *, at: str = "width", **how: int) -> Any:  # noqa: ANN401 - any model
    """A model in float32 with random weights, as wide as that size of the profile."""
    return kind(lab.size[at], generator=lab.generator, dtype=torch.float32, device=lab.device, **how)


def layer(
    lab: Lab, model: nn.Module, call: Callable[[Tensor], object] | None = None, *, at: str = "width"
) -> Form:
    """A layer on tokens as wide as that size of the profile, or another of the layer's forms."""

    def make(length: int) -> timing.Run:
        x = lab.randn(1, length, lab.size[at], dtype=torch.float32)  # [1, time, width]
        return partial(call or model, x)

    return Form(make, tuple(model.parameters()))


def from_queries(lab: Lab, attend: Callable[[Tensor, Tensor, Tensor], Tensor]) -> Form:
    """Attention alone, on queries, keys and values of one head."""

    def make(length: int) -> timing.Run:
        q, k, v = (
            lab.randn(1, 1, length, lab.size["width"], dtype=torch.float32).requires_grad_() for _ in range(3)
        )  # [1, 1, time, width] each
        return partial(attend, q, k, v)

    return Form(make)


# ---- exponents --------------------------------------------------------------------------------------


def exponents_of_time(lab: Lab, forms: Mapping[str, Form]) -> dict[str, float]:
    """The exponent of each form's time in N; NaN when the machine is too restless to say."""
    many = lab.size["lengths" if lab.device.type == "cpu" else "gpu_lengths"]
    lengths = {name: lab.size["step_lengths"] if form.one_by_one else many for name, form in forms.items()}
    names = {name: {n: f"{name} of {n}" for n in lengths[name]} for name in forms}
    candidates = {
        names[name][n]: partial(form.make, n) for name, form in forms.items() for n in lengths[name]
    }
    with torch.no_grad():
        times = timing.pairs(
            candidates, rounds=lab.size["rounds"], generator=lab.generator, device=lab.device
        )
    if times.restless:
        lab.note(times.restless)
    for name, sizes in names.items():
        for length, one in sizes.items():
            lab.point(name.replace("_", " "), length, times.typical(one))
    return {name: times.slope(sizes) for name, sizes in names.items()}


def exponent_of_memory(lab: Lab, form: Form) -> float:
    """The exponent in N of the bytes that a forward pass keeps for backward."""
    lengths = lab.size["counted"]
    kept = [measure.saved_bytes(form.make(length), ignore=form.weights) for length in lengths]
    return measure.exponent(lengths, kept)


# ---- attention against an LSTM ----------------------------------------------------------------------


def _weighed(lab: Lab) -> None:
    """FLOPs and bytes at 8 d tokens, and where the FLOPs cross."""
    width = lab.size[WEIGHED]
    length = PER_CHANNEL * width
    attention, lstm = attention_layer(lab), build(lab, LSTM, at=WEIGHED)
    block = build(lab, Block, at=WEIGHED, heads=lab.size["heads"], causal=True, fused=True)
    lstm_flops, lstm_bytes = flops(lab, lstm, length), kept(lab, lstm, length)
    lengths = [width, 2 * width, 4 * width, length]
    counts = [flops(lab, attention, n) for n in lengths]
    fit = measure.fit_quadratic(lengths, counts)
    lab.check("attention_flops", counts[-1] / lstm_flops)
    lab.check("flops_cross_at", crossing(fit, lstm_flops / length) / width)
    lab.check("training_memory", kept(lab, attention, length) / lstm_bytes)
    lab.check("generation_memory", attention.state_bytes(length) / lstm.state_bytes(length))
    lab.check("fused_training_memory", kept(lab, attention_layer(lab, fused=True), length) / lstm_bytes)
    lab.check("fused_training_by_weight", 2 * kept(lab, block, length) / (3 * lstm_bytes))


def _weighed_short(lab: Lab) -> None:
    """The same with a short sequence, where attention is the cheaper one."""
    length = lab.size[WEIGHED] // 2
    attention, lstm = attention_layer(lab), build(lab, LSTM, at=WEIGHED)
    lab.check("short_flops", flops(lab, attention, length) / flops(lab, lstm, length))
    lab.check("short_training_memory", kept(lab, attention, length) / kept(lab, lstm, length))
    lab.check("short_generation_memory", attention.state_bytes(1) / lstm.state_bytes(1))


def attention_layer(lab: Lab, *, fused: bool = False) -> Attention:
    """The attention that is weighed: causal, with its projections."""
    layer: Attention = build(lab, Attention, at=WEIGHED, heads=lab.size["heads"], causal=True, fused=fused)
    return layer


def crossing(fit: measure.Quadratic, per_token: float) -> float:
    """The N > 0 where a + b N + c N^2 overtakes a cost per token; infinite when it never does."""
    if fit.c <= 0.0:
        return math.inf
    middle = (per_token - fit.b) / (2.0 * fit.c)
    return middle + math.sqrt(max(0.0, middle * middle - fit.a / fit.c))


def flops(lab: Lab, model: nn.Module, length: int) -> int:
    """FLOPs of a forward pass over so many tokens."""
    return measure.flops(layer(lab, model, at=WEIGHED).make(length))


def kept(lab: Lab, model: nn.Module, length: int) -> int:
    """Bytes kept for the backward pass over so many tokens."""
    form = layer(lab, model, at=WEIGHED)
    return measure.saved_bytes(form.make(length), ignore=form.weights)
