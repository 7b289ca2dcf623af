"""What attention keeps for backward and computes, counted at growing lengths with queries, keys and values.

One sequence of a number of heads is drawn at each length and handed to any form of attention; a whole layer
is counted without its parameters. Everything is counted (see `measure`), so the numbers do not depend on what
was drawn. Knows forms only by what they are called with, and no experiment.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from . import measure
from .lab import Lab
from .models.attention import Attention

Three = tuple[Tensor, Tensor, Tensor]
Attend = Callable[[Tensor, Tensor, Tensor], Tensor]
"""q, k and v -> the mixed values, each [batch, heads, time, head_width]."""


@dataclass(frozen=True)
class Heads:
    """Draws queries, keys and values of that many heads of that width, and counts on the lab's device."""

    lab: Lab
    count: int
    width: int

    def draw(self, length: int, *, dtype: torch.dtype) -> Three:
        """Queries, keys and values on the CPU: [1, heads, length, head_width] each."""
        shape = (1, self.count, length, self.width)
        q, k, v = (
            self.lab.randn(*shape, dtype=torch.float32).cpu().to(dtype) for _ in range(3)
        )  # as said above
        return q, k, v

    def inputs(self, length: int, *, dtype: torch.dtype = torch.float32) -> Three:
        """The same on the device, and they want a gradient: [1, heads, length, head_width] each."""
        drawn = self.draw(length, dtype=dtype)  # [1, heads, length, head_width] each
        q, k, v = (tensor.to(self.lab.device).requires_grad_() for tensor in drawn)  # as said above
        return q, k, v

    def kept_bytes(
        self, attend: Attend, lengths: Sequence[int], *, dtype: torch.dtype = torch.float32, curve: str = ""
    ) -> list[int]:
        """Bytes kept for backward at each length, drawn as `curve` when it has a name."""
        kept = []
        for length in lengths:
            kept.append(measure.saved_bytes(partial(attend, *self.inputs(length, dtype=dtype))))
            if curve:
                self.lab.point(curve, length, kept[-1])
        return kept

    def flop_exponent(self, attend: Attend, lengths: Sequence[int]) -> float:
        """The log-log slope of the FLOPs over the lengths."""
        counts = [measure.flops(partial(attend, *self.inputs(length))) for length in lengths]
        return measure.exponent(lengths, counts)


def layer_fit(
    lab: Lab, lengths: Sequence[int], width: int, *, positions: str, fused: bool = False
) -> measure.Quadratic:
    """a + b N + c N^2 through the bytes kept by a whole attention layer of one head in float32."""
    layer = Attention(
        width,
        1,
        generator=lab.generator,
        positions=positions,
        fused=fused,
        dtype=torch.float32,
        device=lab.device,
    )
    kept = []
    for length in lengths:
        x = lab.randn(1, length, width, dtype=torch.float32)  # [1, time, width]
        kept.append(measure.saved_bytes(partial(layer, x), ignore=layer.parameters()))
    return noted_fit(lab, f"a layer with positions {positions}", lengths, kept)


def noted_fit(lab: Lab, what: str, lengths: Sequence[int], kept: Sequence[int]) -> measure.Quadratic:
    """a + b N + c N^2 through the bytes kept, with a note when they do not lie on it."""
    fit = measure.fit_quadratic(lengths, kept)
    if fit.residual > 1e-3:
        lab.note(f"The bytes kept by {what} miss a + b N + c N^2 by up to {fit.residual:.1%}.")
    return fit


def long_exponent(lengths: Sequence[int], counts: Sequence[int]) -> float:
    """The log-log slope over the last three octaves."""
    last = [i for i, length in enumerate(lengths) if length * 8 >= lengths[-1]]
    return measure.exponent([lengths[i] for i in last], [counts[i] for i in last])
