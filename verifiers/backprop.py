"""How much an input k tokens back still moves the last output: log10 ||dy / dx_{T-k}||.

y = readout . output_T, one number per sequence, and the norm is the root mean square over the batch
of the Euclidean norms. Distance k = 0 is the last token itself.

Read off a plain backward pass such a gradient soon becomes exactly zero: float32 holds nothing below
1.4e-45, float64 nothing below 4.9e-324. `carried_log10` therefore goes backwards step by step and
keeps the size of the gradient as a logarithm beside a gradient of unit size, so that 1e-500 is as
good a number as any. Both forms exist so that one can be held against the other.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from statistics import fmean
from typing import Protocol

import torch
from torch import Tensor

from . import stats

State = tuple[Tensor, ...]


class Recurrent(Protocol):
    """A model that reads one token at a time."""

    def start(self, batch: int) -> State:
        """The state before the first token, each tensor [batch, width]."""

    def step(self, x: Tensor, state: State) -> tuple[Tensor, State]:
        """One token [batch, width] and the state before it -> (output, state after it)."""


def carried_log10(model: Recurrent, inputs: Tensor, readout: Tensor) -> Iterator[float]:
    """log10 of the gradient at distance 0, 1, ... T-1, one by one, by vector-Jacobian products.

    inputs: [batch, time, width]; readout: [width], on the output of the last step. The output must be
    the first tensor of the state. -inf from where the true gradient is exactly zero.
    """
    tape = _forward(model, inputs)
    batch = inputs.shape[0]
    carried = [torch.zeros_like(part) for part in tape[-1][2]]  # [batch, width] each
    carried[0] = readout.expand(batch, -1)  # [batch, width]
    taken = torch.zeros(batch, dtype=inputs.dtype, device=inputs.device)  # [batch], its log10
    while tape:
        x, before, after = tape.pop()
        into_x, *carried = torch.autograd.grad(after, (x, *before), carried)  # [batch, width] each
        yield rms_log10((taken + into_x.norm(dim=-1).log10()).tolist())
        carried, size = _unit(carried)
        taken = taken + size.log10()  # [batch]


def _forward(model: Recurrent, inputs: Tensor) -> list[tuple[Tensor, State, State]]:
    """Every step's (token, state before, state after), each step's graph cut off from the one before."""
    tape = []
    after = model.start(inputs.shape[0])
    for token in inputs.unbind(dim=1):  # [batch, width]
        x = token.detach().requires_grad_()  # [batch, width]
        before = tuple(part.detach().requires_grad_() for part in after)  # [batch, width] each
        _, after = model.step(x, before)
        tape.append((x, before, after))
    return tape


def _unit(carried: Sequence[Tensor]) -> tuple[list[Tensor], Tensor]:
    """The gradient scaled to unit size per sequence, and the sizes [batch]; a gradient of zero stays zero."""
    size = torch.cat(list(carried), dim=-1).norm(dim=-1)  # [batch]
    scale = size.clamp_min(torch.finfo(size.dtype).tiny)[:, None]  # [batch, 1]
    return [part / scale for part in carried], size


def plain_log10(forward: Callable[[Tensor], Tensor], inputs: Tensor, readout: Tensor) -> list[float]:
    """log10 of the gradient at distance 0, 1, ... T-1 from one ordinary backward pass.

    forward: [batch, time, width] -> [batch, time, width]. The numbers are those of the dtype of the
    inputs: -inf where every entry at that distance is exactly zero.
    """
    leaf = inputs.detach().requires_grad_()  # [batch, time, width]
    last = forward(leaf)[:, -1] @ readout  # [batch]
    (gradient,) = torch.autograd.grad(last.sum(), leaf)  # [batch, time, width]
    gradient = gradient.double()  # [batch, time, width]
    # Squaring 1e-200 would lose it: the norm is taken of the gradient divided by its largest entry.
    largest = gradient.abs().amax(dim=(0, 2))  # [time]
    scale = torch.where(largest > 0, largest, torch.ones_like(largest))  # [time]
    norms = (gradient / scale[:, None]).norm(dim=-1).square().mean(dim=0).sqrt()  # [time]
    logs = torch.log10(norms) + torch.log10(scale)  # [time]
    return [float(value) for value in logs.flip(0)]


def rms_log10(logs: Sequence[float]) -> float:
    """log10 of the root mean square of the numbers whose log10 is given, without leaving logarithms."""
    top = max(logs)
    if not all(log < math.inf for log in logs) or top == -math.inf:
        return math.nan if any(map(math.isnan, logs)) else top
    return top + 0.5 * math.log10(fmean(10.0 ** (2.0 * (log - top)) for log in logs))


def first_zero(logs: Sequence[float]) -> int:
    """The first distance at which the gradient is exactly zero; the number of distances when none is."""
    return next((distance for distance, log in enumerate(logs) if log == -math.inf), len(logs))


ALIVE = -290.0
"""log10 of a size above which every entry of a float64 gradient still has all its digits."""


def largest_error(carried: Sequence[float], plain: Sequence[float]) -> float:
    """The largest difference of two profiles in log10, over the distances where the plain one is alive."""
    return max(abs(carried[distance] - log) for distance, log in enumerate(plain) if log > ALIVE)


def fit(logs: Sequence[float], distances: range) -> tuple[float, float, float]:
    """(slope in nats per token, R squared, Akaike difference) of the exponential through some distances.

    The Akaike difference is n log(residual of the exponential / residual of the power law): both have two
    parameters, and negative speaks for the exponential. Not numbers when a gradient there is zero.
    """
    nats = [logs[distance] * math.log(10.0) for distance in distances]
    if not all(map(math.isfinite, nats)):
        return math.nan, math.nan, math.nan
    slope, _, straight = stats.line(distances, nats)
    _, _, power = stats.line([math.log(distance) for distance in distances], nats)
    # Two residuals of rounding size compare nothing; the floor makes them equal.
    left = max(1.0 - straight, 1e-15), max(1.0 - power, 1e-15)
    return slope, straight, len(nats) * math.log(left[0] / left[1])
