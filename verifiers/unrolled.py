"""Networks written out token by token, so that autograd's graph of one is a graph of tokens.

Every token is a tensor of its own, [width], and every query has a node of its own, so a path in the graph
is a path that numbers take. The batched twin that computes the same for all tokens at once stands beside
each layer; there a kernel is a kernel for all tokens. Weights come from a `draw`, such as Lab.randn.
Knows no experiment.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from .depth import mark

Draw = Callable[..., Tensor]
"""Standard normal float64 numbers of a shape."""
Seen = Callable[[int], range]
"""Which tokens the query at a place sees."""

UPDATE = "state update"
"""The mark between a recurrent state and the next step, which takes it in."""
SUBLAYER = "sublayer"
"""The mark on what a sub-layer adds to the residual stream."""


def tokens(draw: Draw, length: int, width: int) -> list[Tensor]:
    """`length` leaves of the graph, [width] each."""
    return [draw(width).requires_grad_() for _ in range(length)]


def weight(draw: Draw, inputs: int, outputs: int) -> Tensor:
    """A matrix that keeps the size of what it multiplies: [inputs, outputs]."""
    return (draw(inputs, outputs) / math.sqrt(inputs)).requires_grad_()  # [inputs, outputs]


def everything(length: int) -> Seen:
    """All tokens, later ones too."""
    return lambda place: range(length)


def causal(place: int) -> range:
    """The token itself and those before."""
    return range(place + 1)


def window(size: int) -> Seen:
    """The last `size` tokens, itself included."""
    return lambda place: range(max(0, place + 1 - size), place + 1)


class RNN:
    """h' = tanh(x W + h U + bias), from elementary operations."""

    def __init__(self, draw: Draw, width: int) -> None:
        self.into, self.across = weight(draw, width, width), weight(draw, width, width)
        self.bias = draw(width).requires_grad_()  # [width]

    def start(self) -> tuple[Tensor, ...]:
        """The state before the first token: (h,) zeros [width]."""
        return (torch.zeros_like(self.bias, requires_grad=False),)

    def step(self, x: Tensor, state: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        """One token x [width] -> the state after it, (h,) [width]."""
        (h,) = state  # [width]
        return (torch.tanh(x @ self.into + self.bias + h @ self.across),)  # [width]


class LSTM:
    """c' = f c + i g, h' = o tanh(c'), from elementary operations."""

    def __init__(self, draw: Draw, width: int) -> None:
        self.into, self.across = weight(draw, width, 4 * width), weight(draw, width, 4 * width)
        self.bias = draw(4 * width).requires_grad_()  # [4 width]

    def start(self) -> tuple[Tensor, ...]:
        """The state before the first token: (h, c) zeros [width]."""
        zeros = torch.zeros_like(self.across[:, 0], requires_grad=False)  # [width]
        return zeros, zeros

    def step(self, x: Tensor, state: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        """One token x [width] -> the state after it, (h, c) [width]."""
        h, c = state  # [width] each
        gates = x @ self.into + self.bias + h @ self.across  # [4 width]
        enter, forget, candidate, leave = gates.chunk(4)  # [width] each
        c = torch.sigmoid(forget) * c + torch.sigmoid(enter) * torch.tanh(candidate)  # [width]
        return torch.sigmoid(leave) * torch.tanh(c), c  # [width] each


def unroll(cell: RNN | LSTM, inputs: Sequence[Tensor], *, leave_out: int | None = None) -> list[Tensor]:
    """h after every token, [width] each; what one step hands to the next is marked UPDATE.

    leave_out: a place whose step is not taken; the state passes it unchanged.
    """
    state, outputs = cell.start(), []
    for place, x in enumerate(inputs):
        if place:
            state = tuple(mark(part, UPDATE) for part in state)  # parts x [width]
        if place != leave_out:
            state = cell.step(x, state)  # parts x [width]
        outputs.append(state[0])
    return outputs


class Attention:
    """Softmax attention with one head and an output projection (Vaswani 2017, section 3.2.1)."""

    def __init__(self, draw: Draw, width: int) -> None:
        self.width = width
        self.query, self.key, self.value, self.out = (weight(draw, width, width) for _ in range(4))

    def remember(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """The key and the value of x [..., width], of the same shape."""
        return x @ self.key, x @ self.value  # [..., width] each

    def read(self, x: Tensor, keys: Tensor, values: Tensor) -> Tensor:
        """What the tokens x [..., width] find in keys and values [seen, width]: [..., width]."""
        scores = x @ self.query @ keys.T / math.sqrt(self.width)  # [..., seen]
        return scores.softmax(dim=-1) @ values @ self.out  # [..., width]

    def layer(
        self,
        inputs: Sequence[Tensor],
        seen: Seen,
        *,
        rows: Collection[int] | None = None,
        memory: Sequence[Tensor] | None = None,
    ) -> list[Tensor]:
        """The output for every place in `rows` (None is all), [width] each.

        memory: where keys and values come from, if not from the inputs themselves.
        """
        pairs = [self.remember(x) for x in (inputs if memory is None else memory)]  # [width] each
        stacked: dict[range, tuple[Tensor, Tensor]] = {}
        outputs = []
        for place in range(len(inputs)) if rows is None else rows:
            shown = seen(place)
            if shown not in stacked:
                keys, values = zip(*(pairs[other] for other in shown), strict=True)
                stacked[shown] = torch.stack(keys), torch.stack(values)  # [seen, width] each
            outputs.append(self.read(inputs[place], *stacked[shown]))  # [width]
        return outputs

    def batched(self, x: Tensor, *, rows: Sequence[int] | None = None) -> Tensor:
        """`layer` for tokens x [time, width] that see everything, at once: [rows, width]."""
        keys, values = self.remember(x)  # [time, width] each
        asking = x if rows is None else x[list(rows)]  # [rows, width]
        return self.read(asking, keys, values)  # [rows, width]


class EncoderLayer:
    """Attention, then a feed-forward network four times as wide; each added and normalised (post-LN)."""

    def __init__(self, draw: Draw, width: int, *, cross: bool = False) -> None:
        self.attention = Attention(draw, width)
        self.cross = Attention(draw, width) if cross else None
        self.up, self.down = weight(draw, width, 4 * width), weight(draw, 4 * width, width)

    def feed_forward(self, x: Tensor) -> Tensor:
        """Every token for itself: [..., width] -> [..., width]."""
        return functional.relu(x @ self.up) @ self.down  # [..., width]

    def layer(
        self, inputs: Sequence[Tensor], seen: Seen, *, memory: Sequence[Tensor] | None = None
    ) -> list[Tensor]:
        """Every token after this layer, [width] each; what a sub-layer adds is marked SUBLAYER.

        memory: what a decoder's cross-attention reads, all of it; needs `cross`.
        """
        found = self.attention.layer(inputs, seen)  # [width] each
        hidden = [add_and_norm(x, part) for x, part in zip(inputs, found, strict=True)]  # [width] each
        if self.cross is not None and memory is not None:
            found = self.cross.layer(hidden, everything(len(memory)), memory=memory)  # [width] each
            hidden = [add_and_norm(x, part) for x, part in zip(hidden, found, strict=True)]  # [width] each
        return [add_and_norm(x, self.feed_forward(x)) for x in hidden]  # [width] each

    def batched(self, x: Tensor) -> Tensor:
        """`layer` for tokens x [time, width] that see everything, at once: [time, width]."""
        x = add_and_norm(x, self.attention.batched(x))  # [time, width]
        return add_and_norm(x, self.feed_forward(x))  # [time, width]


def add_and_norm(x: Tensor, part: Tensor) -> Tensor:
    """LayerNorm(x + part) without gain and bias, where part is what a sub-layer adds: the shape of x."""
    return functional.layer_norm(x + mark(part, SUBLAYER), (x.shape[-1],))  # [..., width]


class Choice(torch.autograd.Function):
    """The embedding of the likeliest token. Its gradient is the straight-through one.

    Greedy choice has no derivative, but what comes after depends on it all the same; this node says so.
    """

    @staticmethod
    def forward(ctx: Any, logits: Tensor, table: Tensor) -> Tensor:  # noqa: ANN401 - torch's context
        """logits [vocabulary], table [vocabulary, width] -> [width]."""
        ctx.save_for_backward(table)
        return table[logits.argmax()].clone()  # [width]

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:  # noqa: ANN401 - torch's signature
        """As if the embeddings had been mixed with the logits as weights: [vocabulary]."""
        (table,) = ctx.saved_tensors  # [vocabulary, width]
        return table @ gradients[0], None  # [vocabulary]


def generate(attention: Attention, table: Tensor, prompt: Tensor, length: int) -> list[Tensor]:
    """Greedy generation from one token, with cached keys and values: the logits of every step.

    table [vocabulary, width] embeds and unembeds, prompt is [width]; the logits are [vocabulary] each.
    """
    x, keys, values, steps = prompt, [], [], []  # [width]
    for _ in range(length):
        key, value = attention.remember(x)  # [width] each
        keys.append(key)
        values.append(value)
        logits = table @ attention.read(x, torch.stack(keys), torch.stack(values))  # [vocabulary]
        steps.append(logits)
        x = Choice.apply(logits, table)  # type: ignore[no-untyped-call]  # [width]
    return steps
