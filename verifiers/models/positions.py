"""Ways to tell a Transformer where a token stands: sinusoidal, rotary and ALiBi.

Plain functions of positions, without state. Learned positions are a table that the model itself owns.
"""

from __future__ import annotations

import torch
from torch import Tensor

KINDS = ("none", "sinusoidal", "learned", "rotary", "alibi")

BASE = 10_000.0
"""The longest wavelength is about this many tokens times two pi (Vaswani 2017, section 3.5)."""


def frequencies(width: int, device: torch.device) -> Tensor:
    """Angle per token of each pair of channels, in radians: [width / 2].

    Raises ValueError when the width is odd.
    """
    if width % 2:
        raise ValueError(f"sines and cosines come in pairs: width {width} is odd")
    # Counted on the CPU because some devices have no float64.
    exponents = torch.arange(0, width, 2, dtype=torch.float64) / width  # [width / 2]
    return (BASE**-exponents).to(device, torch.float32 if device.type == "mps" else None)  # [width / 2]


def sinusoidal(time: int, width: int, *, start: int, dtype: torch.dtype, device: torch.device) -> Tensor:
    """The table of Vaswani 2017 for positions start, start + 1, ...: [time, width].

    Channel 2k is a sine and channel 2k + 1 the cosine of the same angle.
    """
    turns = frequencies(width, device)  # [width / 2]
    angles = torch.arange(start, start + time, device=device)[:, None] * turns  # [time, width / 2]
    table = torch.stack((angles.sin(), angles.cos()), dim=-1)  # [time, width / 2, 2]
    return table.flatten(-2).to(dtype)  # [time, width]


def rotate(x: Tensor, *, start: int) -> Tensor:
    """Turn each pair of channels by its position times its frequency (RoPE, Su 2021, equation 34).

    x is [batch, heads, time, head_width] with positions start, start + 1, ...; so is the result. The
    product of a rotated query and a rotated key depends on the distance between them only.
    """
    time, width = x.shape[-2:]
    turns = frequencies(width, x.device)  # [head_width / 2]
    angles = torch.arange(start, start + time, device=x.device)[:, None] * turns  # [time, head_width / 2]
    cosine, sine = angles.cos().to(x.dtype), angles.sin().to(x.dtype)  # [time, head_width / 2]
    even, odd = x[..., 0::2], x[..., 1::2]  # [batch, heads, time, head_width / 2]
    turned = torch.stack((even * cosine - odd * sine, even * sine + odd * cosine), dim=-1)  # [..., 2]
    return turned.flatten(-2)  # [batch, heads, time, head_width]


def alibi_slopes(heads: int, *, dtype: torch.dtype, device: torch.device) -> Tensor:
    """How much each head dislikes distance: [heads], the geometric series of Press 2022, section 3.

    With 8 heads 1/2, 1/4, ... 1/256. For other counts the series of the same two ends; the paper's
    own rule for counts that are no power of two differs slightly.
    """
    steps = torch.arange(1, heads + 1, dtype=dtype, device=device)  # [heads]
    return 2.0 ** (-8.0 * steps / heads)  # [heads]


def alibi(heads: int, distance: Tensor, *, dtype: torch.dtype) -> Tensor:
    """What ALiBi adds to the scores: [heads, query, key], from |query - key| of any shape [query, key].

    Blind to direction: without a causal mask a sentence and its mirror image get the same scores.
    """
    slopes = alibi_slopes(heads, dtype=dtype, device=distance.device)  # [heads]
    return -slopes[:, None, None] * distance.abs().to(dtype)  # [heads, query, key]
