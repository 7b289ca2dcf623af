"""What kind of map of sequences a model is: a convolution, blind to order, one that chooses what fades.

Each is a distance between outputs (or derivatives) that would be equal, as a share of their size, so an exact
"yes" is at rounding. Models are called with [batch, time, width]; which of them there are is not known here.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

Form = Callable[[Tensor], Tensor]
"""[batch, time, width] -> the same shape."""


def relative_difference(found: Tensor, wanted: Tensor) -> float:
    """The largest |found - wanted| over the root mean square of `wanted`; of one shape."""
    return float((found - wanted).abs().max() / wanted.square().mean().sqrt())


def convolution_error(model: Form, x: Tensor) -> float:
    """How far the model is from the convolution with its own response to impulses; x [batch, time, width].

    Exactly linear, time-invariant models are at rounding.
    """
    _, time, width = x.shape
    impulses = torch.zeros(width, time, width, dtype=x.dtype)  # [from, time, width]
    impulses[:, 0] = torch.eye(width, dtype=x.dtype)  # [from, width]
    silence = model(torch.zeros_like(x[:1]))  # [1, time, width]
    response = (model(impulses) - silence).transpose(0, 1)  # [time, from, to]
    spectrum = torch.fft.rfft(response, n=2 * time, dim=0)  # [frequency, from, to]
    signal = torch.fft.rfft(x.transpose(0, 1), n=2 * time, dim=0)  # [frequency, batch, from]
    y = torch.fft.irfft(signal @ spectrum, n=2 * time, dim=0)[:time].transpose(0, 1)  # [batch, time, to]
    return relative_difference(y + silence, model(x))


def order_felt(generator: torch.Generator, model: Form, x: Tensor) -> float:
    """How far the last output moves when the tokens before it are shuffled; x [batch, time, width]."""
    order = torch.randperm(x.shape[1] - 1, generator=generator)  # [time - 1]
    shuffled = torch.cat((x[:, :-1][:, order], x[:, -1:]), dim=1)  # [batch, time, width]
    return relative_difference(model(shuffled)[:, -1], model(x)[:, -1])


def fading_felt(model: Form, x: Tensor) -> float:
    """How far d(last output)/d(first token) moves when the tokens between change; x [batch, time, width].

    The tokens between are a few, so that there is something left of the first, and change their sign.
    """
    x = x[:1, :8]  # [1, few, width]
    flipped = torch.cat((x[:, :1], -x[:, 1:-1], x[:, -1:]), dim=1)  # [1, few, width]
    one, other = _derivative(model, x), _derivative(model, flipped)  # [width, width] each
    return relative_difference(other, one)


def _derivative(model: Form, x: Tensor) -> Tensor:
    """d(last output)/d(first token) for x [1, time, width]: [width, width]."""

    def last(first: Tensor) -> Tensor:
        return model(torch.cat((first[None, None], x[:, 1:]), dim=1))[0, -1]  # [width]

    derivative: Tensor = torch.autograd.functional.jacobian(last, x[0, 0])  # type: ignore[no-untyped-call]  # [width, width]
    return derivative


def low_rank_residual(block: Tensor, rank: int) -> float:
    """What the best matrix of that rank leaves out of a block [rows, columns], as a share of its norm.

    A state of `rank` numbers per value channel makes blocks of that rank at most (Eckart and Young 1936).
    """
    values = torch.linalg.svdvals(block)  # [min(rows, columns)]
    return float(values[rank:].norm() / values.norm())
