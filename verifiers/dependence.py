"""What waits for what, and what can be left out, in networks that `unrolled` writes out and `depth` walks.

Chains: kernels on the longest one behind an output. Ways: layers or sub-layers between the first token and
the last output, and whether the graph has ways that no gradient takes. Left out: what the other outputs
say when a query or a step is not computed. Widths and lengths come from the caller; knows no experiment.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from . import unrolled
from .depth import depth, marks, walk
from .measure import kernels
from .models.linear_recurrence import LinearRecurrence, hillis_steele
from .unrolled import LSTM, RNN, SUBLAYER, Attention, Draw, EncoderLayer

PRODUCTS = frozenset({"mm", "bmm", "addmm", "baddbmm", "addbmm", "mv", "addmv", "dot", "matmul", "linear"})
"""Kernels that are matrix products."""


def recurrent_depth(cell: RNN | LSTM, draw: Draw, width: int, length: int) -> float:
    """The longest chain behind the last output of a recurrent network."""
    return depth(unrolled.unroll(cell, unrolled.tokens(draw, length, width))[-1])


def attention_depth(attention: Attention, draw: Draw, width: int, length: int) -> float:
    """The longest chain behind the last output of causal attention."""
    inputs = unrolled.tokens(draw, length, width)  # [width] each
    return depth(attention.layer(inputs, unrolled.causal, rows=[length - 1])[0])


def scan_depth(model: LinearRecurrence, draw: Draw, width: int, length: int) -> float:
    """The longest chain behind the last state of a linear recurrence evaluated by Hillis-Steele."""
    x = draw(1, length, width).requires_grad_()  # [1, time, width]
    return depth(model(x, hillis_steele(length))[0, -1])


def stacked_depth(layers: Sequence[EncoderLayer], x: Tensor) -> int:
    """The longest chain through layers on top of each other, tokens x [time, width] at once."""
    for layer in layers:
        x = layer.batched(x)  # [time, width]
    return depth(x)


def side_by_side_depth(layers: Sequence[EncoderLayer], x: Tensor) -> int:
    """The longest chain through layers that all read x [time, width], and their mean."""
    return depth(torch.stack([layer.batched(x) for layer in layers]).mean(dim=0))


def products(run: Callable[[], Tensor]) -> int:
    """How many matrix products a forward pass calls."""
    return sum(name in PRODUCTS for name, _ in kernels(run))


def worst_without_row(attention: Attention, x: Tensor) -> float:
    """The largest change of any other output when a query of x [time, width] is left out."""
    with torch.no_grad():
        whole = attention.batched(x)  # [time, width]
        worst = 0.0
        for place in range(len(x)):
            others = [row for row in range(len(x)) if row != place]
            left = attention.batched(x, rows=others)  # [time - 1, width]
            worst = max(worst, float((left - whole[others]).abs().max()))
    return worst


def worst_without_step(cell: RNN, inputs: Sequence[Tensor]) -> float:
    """The largest change of any other output when a step of the recurrence is left out."""
    with torch.no_grad():
        whole = torch.stack(unrolled.unroll(cell, inputs))  # [time, width]
        worst = 0.0
        for place in range(len(inputs)):
            others = [row for row in range(len(inputs)) if row != place]
            left = torch.stack(unrolled.unroll(cell, inputs, leave_out=place))  # [time, width]
            worst = max(worst, float((left - whole)[others].abs().max()))
    return worst


def layers_to_reach(draw: Draw, width: int, length: int, seen: unrolled.Seen) -> int:
    """Attention layers until the last output has a gradient with respect to the first token.

    Raises RuntimeError when that needs more layers than there are tokens.
    """
    inputs = unrolled.tokens(draw, length, width)  # [width] each
    hidden: Sequence[Tensor] = inputs
    for layers in range(1, length + 1):
        hidden = Attention(draw, width).layer(hidden, seen)  # [width] each
        (felt,) = torch.autograd.grad(
            hidden[-1].sum(), inputs[0], retain_graph=True, allow_unused=True
        )  # [width], or None where there is no path
        if felt is not None and bool(felt.any()):
            return layers
    raise RuntimeError("no number of layers leads from the first token to the last")


def sublayers(draw: Draw, width: int, length: int, layers: int, *, decoder: bool = False) -> float:
    """Sub-layers on the longest path from the first token to the last output of an encoder.

    decoder: a causal one whose layers also read a memory.
    """
    inputs = unrolled.tokens(draw, length, width)  # [width] each
    memory = unrolled.tokens(draw, length, width) if decoder else None  # [width] each
    seen = unrolled.causal if decoder else unrolled.everything(length)
    hidden: Sequence[Tensor] = inputs
    for _ in range(layers):
        hidden = EncoderLayer(draw, width, cross=decoder).layer(hidden, seen, memory=memory)  # [width] each
    return walk(hidden[-1], marks(SUBLAYER)).longest(inputs[0])


def attended(cell: RNN | LSTM, attention: Attention, inputs: Sequence[Tensor]) -> Tensor:
    """What attention at the last token reads from all the states of a recurrent network: [width]."""
    states = unrolled.unroll(cell, inputs)  # [width] each
    last = len(inputs) - 1
    return attention.layer(states, unrolled.causal, rows=[last])[0]  # [width]


def false_paths(inputs: Sequence[Tensor], outputs: Sequence[Tensor]) -> int:
    """Pairs of tokens for which a path in the graph and a gradient do not go together."""
    wrong = 0
    for output in outputs:
        known = walk(output)
        felt = torch.autograd.grad(output.sum(), list(inputs), retain_graph=True, allow_unused=True)
        for leaf, gradient in zip(inputs, felt, strict=True):
            wrong += known.reaches(leaf) != (gradient is not None and bool(gradient.any()))
    return wrong
