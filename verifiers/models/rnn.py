"""The simple recurrent network: h_t = f(W_ih x_t + b_ih + W_hh h_{t-1} + b_hh).

Laid out like torch.nn.RNN, so that weights can be copied either way. It knows no experiment.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

State = tuple[Tensor, ...]
"""What is carried from one step to the next, each tensor [batch, width]."""

NONLINEARITIES = {"tanh": torch.tanh, "relu": torch.relu, "linear": torch.clone}


def uniform(*shape: int, reach: float, generator: torch.Generator) -> Tensor:
    """Uniform numbers in [-reach, reach], drawn in float64 on the CPU so that every dtype gets the same."""
    drawn = torch.rand(*shape, generator=generator, dtype=torch.float64)  # [*shape], in [0, 1)
    return drawn * (2.0 * reach) - reach  # [*shape]


def orthogonal(width: int, generator: torch.Generator) -> Tensor:
    """A random orthogonal matrix [width, width], uniform over all of them, in float64."""
    gaussian = torch.randn(width, width, generator=generator, dtype=torch.float64)  # [width, width]
    basis, triangle = torch.linalg.qr(gaussian)  # [width, width], [width, width]
    signs = triangle.diagonal().sign()  # [width], without them QR favours some (Mezzadri 2007)
    return torch.mul(basis, signs)  # [width, width]


class RNN(nn.Module):
    """One recurrent layer as wide as its input.

    nonlinearity: `tanh`, `relu`, or `linear` (none at all).
    recurrent: how W_hh begins: `default` (torch's uniform within 1/sqrt(width)), `orthogonal`, or
    `identity` (both biases zero then, as in Le et al. 2015).
    gain: W_hh is multiplied by it, whatever it begins as.
    Raises ValueError for a nonlinearity or a beginning that is none of these.
    """

    def __init__(
        self,
        width: int,
        *,
        generator: torch.Generator,
        nonlinearity: str = "tanh",
        recurrent: str = "default",
        gain: float = 1.0,
        dtype: torch.dtype = torch.float64,
        device: torch.device | str = "cpu",
    ) -> None:
        super().__init__()
        if nonlinearity not in NONLINEARITIES:
            raise ValueError(f"unknown nonlinearity {nonlinearity!r}: {', '.join(NONLINEARITIES)}")
        if recurrent not in ("default", "orthogonal", "identity"):
            raise ValueError(f"unknown recurrent {recurrent!r}: default, orthogonal or identity")
        self.width = width
        self.nonlinearity = nonlinearity
        reach = 1.0 / math.sqrt(width)
        weight_ih = uniform(width, width, reach=reach, generator=generator)  # [width, width]
        if recurrent == "default":
            weight_hh = uniform(width, width, reach=reach, generator=generator)  # [width, width]
        elif recurrent == "orthogonal":
            weight_hh = orthogonal(width, generator)  # [width, width]
        else:
            weight_hh = torch.eye(width, dtype=torch.float64)  # [width, width]
        bias_ih = uniform(width, reach=reach, generator=generator)  # [width]
        bias_hh = uniform(width, reach=reach, generator=generator)  # [width]
        if recurrent == "identity":
            bias_ih, bias_hh = bias_ih * 0.0, bias_hh * 0.0  # [width], [width]
        self.weight_ih = nn.Parameter(weight_ih.to(device, dtype))  # [width, width]
        self.weight_hh = nn.Parameter((gain * weight_hh).to(device, dtype))  # [width, width]
        self.bias_ih = nn.Parameter(bias_ih.to(device, dtype))  # [width]
        self.bias_hh = nn.Parameter(bias_hh.to(device, dtype))  # [width]

    def start(self, batch: int) -> State:
        """The state before the first token: (h,), zeros [batch, width]."""
        return (self.weight_hh.new_zeros(batch, self.width),)  # ([batch, width],)

    def step(self, x: Tensor, state: State) -> tuple[Tensor, State]:
        """One token x [batch, width] and the state before it -> (output [batch, width], state after it)."""
        (h,) = state  # [batch, width]
        drive = functional.linear(x, self.weight_ih, self.bias_ih)  # [batch, width]
        memory = functional.linear(h, self.weight_hh, self.bias_hh)  # [batch, width]
        h = NONLINEARITIES[self.nonlinearity](drive + memory)  # [batch, width]
        return h, (h,)

    def forward(self, x: Tensor) -> Tensor:
        """x [batch, time, width] -> the output at every token [batch, time, width]."""
        state, outputs = self.start(x.shape[0]), []
        for x_t in x.unbind(dim=1):  # [batch, width]
            output, state = self.step(x_t, state)  # [batch, width]
            outputs.append(output)
        return torch.stack(outputs, dim=1)  # [batch, time, width]

    def state_bytes(self, length: int) -> int:
        """Bytes carried per sequence after `length` tokens: the same whatever the length."""
        return self.width * self.weight_hh.element_size()
