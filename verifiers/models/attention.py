"""Multi-head self-attention: explicit and fused, whole sequence or token by token, and its relatives.

Knows nothing of blocks, norms or training. The explicit form is the reference: it writes down every
score. The fused form is one call to torch, the looped form plain Python, and both give the same numbers.
Attention in a window and linear attention give others.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from . import positions as encodings


def explicit_attention(
    q: Tensor, k: Tensor, v: Tensor, causal: bool = False, bias: Tensor | None = None
) -> Tensor:
    """softmax(q k^T / sqrt(head_width) + bias) v, with every step written out.

    q is [batch, heads, query, head_width], k and v are [batch, heads, key, head_width], bias is added to
    the scores and broadcasts to [batch, heads, query, key]; the result has the shape of q. `causal`
    hides key j from query i when j > i.
    """
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])  # [batch, heads, query, key]
    if bias is not None:
        scores = scores + bias  # [batch, heads, query, key]
    if causal:
        scores = scores + causal_bias(q.shape[-2], k.shape[-2], like=q)  # [batch, heads, query, key]
    weights = scores.softmax(dim=-1)  # [batch, heads, query, key]
    return weights @ v  # [batch, heads, query, head_width]


def fused_attention(
    q: Tensor, k: Tensor, v: Tensor, causal: bool = False, bias: Tensor | None = None
) -> Tensor:
    """The twin of `explicit_attention`: same shapes, same numbers, one kernel where torch has one."""
    if bias is not None and causal:
        bias = bias + causal_bias(q.shape[-2], k.shape[-2], like=q)  # [batch, heads, query, key]
        causal = False
    return functional.scaled_dot_product_attention(
        q, k, v, attn_mask=bias, is_causal=causal
    )  # [batch, heads, query, head_width]


def causal_bias(queries: int, keys: int, *, like: Tensor) -> Tensor:
    """0 where key j <= query i and minus infinity after it: [query, key]."""
    hidden = torch.ones(queries, keys, dtype=torch.bool, device=like.device).triu(1)  # [query, key]
    return torch.zeros_like(hidden, dtype=like.dtype).masked_fill(hidden, -math.inf)  # [query, key]


def windowed_attention(q: Tensor, k: Tensor, v: Tensor, window: int) -> Tensor:
    """Causal attention to the last `window` tokens, itself included, without an N x N matrix.

    q, k and v are [batch, heads, time, head_width]; time must be a multiple of window, else ValueError.
    Each block of `window` queries sees its own block of keys and the one before. Equal to
    `explicit_attention` with a causal window, at 2 N window scores instead of N^2.
    """
    batch, heads, time, head_width = q.shape
    if time % window:
        raise ValueError(f"time {time} is no multiple of the window {window}")
    blocks = (batch, heads, time // window, window, head_width)
    q, k, v = q.reshape(blocks), k.reshape(blocks), v.reshape(blocks)  # [batch, heads, block, window, hw]
    k, v = _with_previous(k), _with_previous(v)  # [batch, heads, block, 2 window, head_width]
    scores = q @ k.transpose(-2, -1) / math.sqrt(head_width)  # [batch, heads, block, window, 2 window]
    row = torch.arange(window, device=q.device)[:, None] + window  # [window, 1]
    column = torch.arange(2 * window, device=q.device)  # [2 window]
    hidden = (column > row) | (column <= row - window)  # [window, 2 window]
    start = torch.arange(time // window, device=q.device)[:, None, None] == 0  # [block, 1, 1]
    hidden = hidden | (start & (column < window))  # [block, window, 2 window]
    weights = scores.masked_fill(hidden, -math.inf).softmax(dim=-1)  # [batch, heads, block, window, 2 window]
    return (weights @ v).reshape(batch, heads, time, head_width)  # [batch, heads, time, head_width]


def _with_previous(x: Tensor) -> Tensor:
    """Put each block behind the one before it; zeros before the first: [..., block, 2 window, width]."""
    before = torch.cat(
        (torch.zeros_like(x[:, :, :1]), x[:, :, :-1]), dim=2
    )  # [batch, heads, block, window, hw]
    return torch.cat((before, x), dim=3)  # [batch, heads, block, 2 window, head_width]


def looped_attention(q: Tensor, k: Tensor, v: Tensor, *, softmax: bool) -> tuple[Tensor, Tensor]:
    """output_i = sum_j a_ij v_j in plain Python, and the sum of each row of a.

    q, k and v are [time, head_width]; returns [time, head_width] and [time]. a_ij is the softmax over j
    of q_i . k_j / sqrt(head_width), or without `softmax` that score itself.
    """
    queries, keys, values = q.tolist(), k.tolist(), v.tolist()
    width, outputs, row_sums = len(queries[0]), [], []
    for query in queries:
        weights = [sum(a * b for a, b in zip(query, key, strict=True)) / math.sqrt(width) for key in keys]
        if softmax:
            raised = [math.exp(weight) for weight in weights]
            weights = [value / sum(raised) for value in raised]
        pairs = list(zip(weights, values, strict=True))
        outputs.append([sum(weight * value[c] for weight, value in pairs) for c in range(width)])
        row_sums.append(sum(weights))
    return torch.tensor(outputs, dtype=q.dtype), torch.tensor(row_sums, dtype=q.dtype)


def linear_attention(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """Attention with weights (1 + elu(q_i)) . (1 + elu(k_j)), normalised (Katharopoulos 2020).

    q, k, v and the result are [batch, heads, time, head_width]. No softmax, so keys and values can be
    summed first.
    """
    q, k = functional.elu(q) + 1.0, functional.elu(k) + 1.0  # [batch, heads, time, head_width]
    summary = k.transpose(-2, -1) @ v  # [batch, heads, head_width, head_width]
    total = q @ k.sum(dim=-2).unsqueeze(-1)  # [batch, heads, time, 1]
    return q @ summary / total  # [batch, heads, time, head_width]


def linear(
    inputs: int, outputs: int, *, generator: torch.Generator, dtype: torch.dtype, device: torch.device | str
) -> nn.Linear:
    """A linear layer with torch's default distribution, U(-1/sqrt(inputs), 1/sqrt(inputs)).

    Drawn in float64 on the CPU, so that every dtype and device gets the same numbers.
    """
    # torch's own draw is thrown away, and must not move the global generator. (A layer without a draw, on
    # the meta device, would import sympy and cost half a second.)
    with torch.random.fork_rng(devices=[]):
        layer = nn.Linear(inputs, outputs, dtype=dtype)
    reach = 1.0 / math.sqrt(inputs)
    with torch.no_grad():
        for parameter in (layer.weight, layer.bias):
            drawn = torch.empty(parameter.shape, dtype=torch.float64)  # [outputs, inputs] or [outputs]
            parameter.copy_(drawn.uniform_(-reach, reach, generator=generator))
    return layer.to(device)


@dataclass(frozen=True)
class Cache:
    """The keys and values of the tokens seen so far, or of the last `window` of them."""

    keys: Tensor
    """[batch, heads, kept, head_width], already rotated where positions are rotary."""
    values: Tensor
    """[batch, heads, kept, head_width]"""
    seen: int
    """How many tokens there were, kept or not."""


class Attention(nn.Module):
    """Multi-head self-attention with biases on its four projections (Vaswani 2017, section 3.2.2).

    width: channels in and out; heads must divide it.
    causal: a token sees itself and earlier ones only.
    window: a token sees tokens fewer than this many places away; None is all.
    positions: `none`, `rotary` or `alibi`; what is added to the input is not attention's business.
    fused: use torch's fused kernel instead of the explicit form.
    """

    def __init__(
        self,
        width: int,
        heads: int,
        *,
        generator: torch.Generator,
        causal: bool = False,
        window: int | None = None,
        positions: str = "none",
        fused: bool = False,
        dtype: torch.dtype = torch.float64,
        device: torch.device | str = "cpu",
    ) -> None:
        super().__init__()
        if width % heads:
            raise ValueError(f"{heads} heads do not divide width {width}")
        if positions not in ("none", "rotary", "alibi"):
            raise ValueError(f"attention knows positions none, rotary and alibi, not {positions!r}")
        if window is not None and window < 1:
            raise ValueError("a window holds at least one token")
        self.width, self.heads = width, heads
        self.causal, self.window, self.positions, self.fused = causal, window, positions, fused
        self.query, self.key, self.value, self.out = (
            linear(width, width, generator=generator, dtype=dtype, device=device) for _ in range(4)
        )

    def forward(self, x: Tensor) -> Tensor:
        """Mix the tokens of x: [batch, time, width] -> [batch, time, width]."""
        q, k, v = self._project(x, start=0)  # [batch, heads, time, head_width] each
        place = torch.arange(x.shape[1], device=x.device)  # [time]
        bias = self._bias(place[:, None] - place, dtype=x.dtype)  # [heads or 1, time, time]
        attend = fused_attention if self.fused else explicit_attention
        mixed = attend(q, k, v, self.causal, bias)  # [batch, heads, time, head_width]
        return self._merge(mixed)  # [batch, time, width]

    def step(self, x_t: Tensor, cache: Cache | None = None) -> tuple[Tensor, Cache]:
        """The next token: x_t [batch, width] and the cache so far -> its output [batch, width] and the cache.

        Raises ValueError when not causal: then no output is final before the last token is there.
        """
        if not self.causal:
            raise ValueError("only causal attention can go token by token")
        seen = cache.seen if cache is not None else 0
        q, k, v = self._project(x_t[:, None], start=seen)  # [batch, heads, 1, head_width] each
        if cache is not None:
            k = torch.cat((cache.keys, k), dim=2)  # [batch, heads, kept, head_width]
            v = torch.cat((cache.values, v), dim=2)  # [batch, heads, kept, head_width]
        if self.window is not None:
            k, v = k[:, :, -self.window :], v[:, :, -self.window :]  # [batch, heads, kept, head_width]
        kept = k.shape[2]
        distance = torch.arange(kept - 1, -1, -1, device=x_t.device)[None]  # [1, kept]
        bias = self._bias(distance, dtype=x_t.dtype)  # [heads or 1, 1, kept]
        attend = fused_attention if self.fused else explicit_attention
        mixed = attend(q, k, v, False, bias)  # [batch, heads, 1, head_width]
        return self._merge(mixed)[:, 0], Cache(k, v, seen + 1)  # [batch, width]

    def state_bytes(self, length: int) -> int:
        """Bytes of keys and values that one sequence of that length keeps for its next token."""
        kept = length if self.window is None else min(length, self.window)
        return 2 * kept * self.width * self.out.weight.element_size()

    def _project(self, x: Tensor, *, start: int) -> tuple[Tensor, Tensor, Tensor]:
        """Queries, keys, values of x, of position `start` on: [batch, heads, time, head_width] each."""
        batch, time, _ = x.shape
        q, k, v = (
            layer(x).view(batch, time, self.heads, -1).transpose(1, 2)  # [batch, heads, time, head_width]
            for layer in (self.query, self.key, self.value)
        )
        if self.positions == "rotary":
            q = encodings.rotate(q, start=start)  # [batch, heads, time, head_width]
            k = encodings.rotate(k, start=start)  # [batch, heads, time, head_width]
        return q, k, v

    def _bias(self, distance: Tensor, *, dtype: torch.dtype) -> Tensor | None:
        """What is added to the scores, from query minus key [query, key]: [heads or 1, query, key]."""
        bias = None
        if self.positions == "alibi":
            bias = encodings.alibi(self.heads, distance, dtype=dtype)  # [heads, query, key]
        if self.window is not None:
            near = torch.zeros(1, *distance.shape, dtype=dtype, device=distance.device)  # [1, query, key]
            near = near.masked_fill(distance.abs() >= self.window, -math.inf)  # [1, query, key]
            bias = near if bias is None else bias + near  # [heads or 1, query, key]
        return bias

    def _merge(self, mixed: Tensor) -> Tensor:
        """Heads side by side, projected: [batch, heads, time, head_width] -> [batch, time, width]."""
        merged: Tensor = self.out(mixed.transpose(1, 2).flatten(2))  # [batch, time, width]
        return merged
