"""Whether attention weights are identifiable: other weights over the same values with the same output.

A head gives the weighted sum of its values, and weights that sum to one with the same sum of the values are
another description of the same output; there are such as soon as there are more tokens than channels plus
one. Draws are independent of each other. Knows no model and no experiment.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor


def other_weights(weights: Tensor, values: Tensor) -> Tensor:
    """Weights [draws, tokens] with the same sums of the values, far from the given ones.

    Every round moves along a direction that keeps each sum and the total, until a weight is zero. When no
    more tokens are left than channels plus one, such a direction no longer exists (Caratheodory).
    """
    ones = torch.ones_like(weights)  # [draws, tokens]
    kept = torch.cat((values, ones[..., None]), dim=-1).transpose(1, 2)  # [draws, channels + 1, tokens]
    moved, there = weights.clone(), ones  # [draws, tokens] each, what is there is one
    for _ in range(weights.shape[1] - kept.shape[1]):
        direction = unseen(-weights, kept, there)  # [draws, tokens]
        falling = (direction < 0.0) & (there > 0.0)  # [draws, tokens]
        room = torch.where(falling, moved / -direction, math.inf)  # [draws, tokens]
        step, gone = room.min(dim=1)  # [draws] each
        if not bool(step.isfinite().all()):
            break
        moved = moved + step[:, None] * direction  # [draws, tokens]
        there = there.scatter(1, gone[:, None], 0.0)  # [draws, tokens]
        moved = (moved * there).clamp_min(0.0)  # [draws, tokens], rounding may leave -1e-17
    return moved


def unseen(wanted: Tensor, kept: Tensor, there: Tensor) -> Tensor:
    """The part of a direction [draws, tokens] that changes nothing kept [draws, rows, tokens].

    Only tokens that are there move. Projected twice: once leaves rounding errors a thousand times as large.
    Zero where the direction has no such part, and what is left of it would be rounding.
    """
    rows = kept * there[:, None]  # [draws, rows, tokens]
    gram = rows @ rows.transpose(1, 2)  # [draws, rows, rows]
    direction = wanted * there  # [draws, tokens]
    for _ in range(2):
        seen = torch.linalg.solve(gram, rows @ direction[..., None])  # [draws, rows, 1]
        direction = direction - (rows.transpose(1, 2) @ seen)[..., 0]  # [draws, tokens]
    size, whole = direction.norm(dim=1), (wanted * there).norm(dim=1)  # [draws] each
    return torch.where((size > 1e-9 * whole)[:, None], direction, 0.0)  # [draws, tokens]


def distance(weights: Tensor, others: Tensor) -> Tensor:
    """Total variation between weights [draws, tokens]: [draws]."""
    return (weights - others).abs().sum(dim=1) / 2.0  # [draws]


def changes(weights: Tensor, others: Tensor, values: Tensor) -> Tensor:
    """The largest change of an output, or of the total, or a weight below zero: [draws]."""
    output = ((weights - others)[:, None] @ values)[:, 0].abs().amax(dim=1)  # [draws]
    total = (others.sum(dim=1) - 1.0).abs()  # [draws]
    negative = (-others).amax(dim=1).clamp_min(0.0)  # [draws]
    return torch.stack((output, total, negative)).amax(dim=0)  # [draws]
