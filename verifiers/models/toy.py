"""The two toy functions of a popular lesson, and the same maths in other forms.

The lesson calls one of them RNN and the other attention: h = 0.9 h + x over a list, and the mean of a list.
The other forms give the same numbers with other operations in another order. No weights, nothing is learned.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

DECAY = 0.9
"""What rnn_style keeps of its state from one element to the next."""


def rnn_style(xs: Sequence[Any]) -> Any:  # noqa: ANN401 - floats, or numbers that count
    """The lesson's recurrence."""
    h = 0.0
    for x in xs:
        h = 0.9 * h + x
    return h


def attention_style(xs: Sequence[Any]) -> Any:  # noqa: ANN401 - floats, or numbers that count
    """The lesson's mean."""
    return sum(xs) / len(xs)


def loop_mean(xs: Sequence[Any]) -> Any:  # noqa: ANN401 - floats, or numbers that count
    """The same mean with its sum as a Python loop."""
    total = 0.0
    for x in xs:
        total = total + x
    return total / len(xs)


def tree_mean(xs: Sequence[Any]) -> Any:  # noqa: ANN401 - floats, or numbers that count
    """The same mean, summed pairwise."""
    level = list(xs)
    while len(level) > 1:
        joined = [a + b for a, b in zip(level[::2], level[1::2], strict=False)]
        level = joined + level[len(level) // 2 * 2 :]
    return level[0] / len(xs)


def scanned_rnn(xs: Sequence[Any], decay: Any = DECAY) -> Any:  # noqa: ANN401 - floats, or numbers that count
    """rnn_style by Hillis and Steele's scan over its steps (decay, x)."""
    steps = [(decay, x) for x in xs]
    distance = 1
    while distance < len(steps):
        joined = [
            (a2 * a1, a2 * b1 + b2) for (a1, b1), (a2, b2) in zip(steps, steps[distance:], strict=False)
        ]
        steps = steps[:distance] + joined
        distance *= 2
    return steps[-1][1]


def growth(length: int) -> Tensor:
    """1 / 0.9^k for every element: [elements]."""
    return DECAY ** -torch.arange(length, dtype=torch.float64)  # [elements]


def rnn_in_c(xs: Tensor, grown: Tensor) -> Tensor:
    """rnn_style on [elements], one add after another, in C; 0.9^-k ends at some 6700 elements."""
    return torch.cumsum(xs * grown, dim=0)[-1] / grown[-1]  # []
