"""The selective state-space model of Mamba, S6: a diagonal linear recurrence that looks at the token.

Per channel c and state n, with h before the first token 0 (Gu and Dao 2023, equations 2 and 4, algorithm 2):

    delta_t = softplus(W_up W_down x_t + bias)      B_t = W_B x_t      C_t = W_C x_t      A = -exp(log_rate)
    h_t[c, n] = exp(delta_t[c] A[c, n]) h_{t-1}[c, n] + delta_t[c] B_t[n] x_t[c]
    y_t[c]    = sum_n C_t[n] h_t[c, n] + D[c] x_t[c]

A is discretised by zero-order hold and B by Euler's rule, as in Mamba's code and not as in its equation 4.
The coefficients do not look at h, so the states are a prefix scan. Left out of the published block: the
projections in and out, the causal convolution of width 4, and the SiLU gate. Nor is anything fused: all
states are written out, time x width x state_width numbers, which Mamba's kernel avoids. It knows no
experiment.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from .linear_recurrence import affine, brent_kung, scan
from .rnn import uniform

STEPS = (1e-3, 1e-1)
"""Between these lie the step sizes delta at the start, evenly in their logarithm (Mamba's code)."""


def step_bias(channels: int, generator: torch.Generator) -> Tensor:
    """Biases whose softplus lies evenly, in its logarithm, between STEPS: [channels], in float64."""
    low, high = (math.log(end) for end in STEPS)
    place = torch.rand(channels, generator=generator, dtype=torch.float64)  # [channels], in [0, 1)
    delta = torch.exp(low + place * (high - low))  # [channels]
    return delta + torch.log(-torch.expm1(-delta))  # [channels], the inverse of softplus


class SelectiveSSM(nn.Module):
    """One S6 layer as wide as its input.

    state_width: states per channel, N in the paper.
    rank: channels between the two matrices that make delta; None is ceil(width / 16), as in the paper.
    """

    def __init__(
        self,
        width: int,
        *,
        generator: torch.Generator,
        state_width: int = 16,
        rank: int | None = None,
        dtype: torch.dtype = torch.float64,
        device: torch.device | str = "cpu",
    ) -> None:
        super().__init__()
        self.width, self.state_width = width, state_width
        rank = rank or math.ceil(width / 16)
        reach = 1.0 / math.sqrt(width)
        down = uniform(rank, width, reach=reach, generator=generator)  # [rank, width]
        write = uniform(state_width, width, reach=reach, generator=generator)  # [state, width]
        read = uniform(state_width, width, reach=reach, generator=generator)  # [state, width]
        up = uniform(width, rank, reach=1.0 / math.sqrt(rank), generator=generator)  # [width, rank]
        bias = step_bias(width, generator)  # [width]
        # Every channel begins with the rates 1, 2, ... state_width (S4D-Real).
        rates = torch.arange(1, state_width + 1, dtype=torch.float64).repeat(width, 1)  # [width, state]
        self.weight_down = nn.Parameter(down.to(device, dtype))  # [rank, width]
        self.weight_b = nn.Parameter(write.to(device, dtype))  # [state, width]
        self.weight_c = nn.Parameter(read.to(device, dtype))  # [state, width]
        self.weight_up = nn.Parameter(up.to(device, dtype))  # [width, rank]
        self.bias_step = nn.Parameter(bias.to(device, dtype))  # [width]
        self.log_rate = nn.Parameter(rates.log().to(device, dtype))  # [width, state]
        self.skip = nn.Parameter(torch.ones(width, dtype=dtype, device=device))  # [width]

    def coefficients(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """What the tokens x [..., width] ask for: decay and drive [..., width, state], readout [..., state].

        One token is h' = decay h + drive, y = h readout + D x.
        """
        low_rank = functional.linear(x, self.weight_down)  # [..., rank]
        delta = functional.softplus(
            functional.linear(low_rank, self.weight_up, self.bias_step)
        )  # [..., width]
        decay = torch.exp(-delta[..., None] * self.log_rate.exp())  # [..., width, state]
        write = functional.linear(x, self.weight_b)  # [..., state]
        drive = (delta * x)[..., None] * write[..., None, :]  # [..., width, state]
        return decay, drive, functional.linear(x, self.weight_c)  # [..., state]

    def start(self, batch: int) -> Tensor:
        """The state before the first token: zeros [batch, width, state]."""
        return self.log_rate.new_zeros(batch, self.width, self.state_width)  # [batch, width, state]

    def step(self, x_t: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """One token x_t [batch, width] and the state [batch, width, state] -> (output, state after it)."""
        decay, drive, readout = self.coefficients(x_t)  # [batch, width, state] x 2, [batch, state]
        state = decay * state + drive  # [batch, width, state]
        return self._read(state, readout, x_t), state  # [batch, width]

    def forward(self, x: Tensor) -> Tensor:
        """The parallel form, a prefix scan in 2 log2(time) rounds: [batch, time, width] -> the same shape."""
        decay, drive, readout = self.coefficients(x.transpose(0, 1))  # [time, batch, ...] each
        _, states = scan((decay, drive), affine, brent_kung(x.shape[1]))  # [time, batch, width, state]
        y = self._read(states, readout, x.transpose(0, 1))  # [time, batch, width]
        return y.transpose(0, 1)  # [batch, time, width]

    def recurrent(self, x: Tensor) -> Tensor:
        """The sequential form, one step per token: [batch, time, width] -> [batch, time, width]."""
        state, outputs = self.start(x.shape[0]), []
        for x_t in x.unbind(dim=1):  # [batch, width]
            y_t, state = self.step(x_t, state)  # [batch, width]
            outputs.append(y_t)
        return torch.stack(outputs, dim=1)  # [batch, time, width]

    def state_bytes(self, length: int) -> int:
        """Bytes of h carried per sequence after `length` tokens: the same whatever the length."""
        return self.width * self.state_width * self.log_rate.element_size()

    def _read(self, states: Tensor, readout: Tensor, x: Tensor) -> Tensor:
        """y = h C + D x from h [..., width, state], C [..., state], x [..., width]: [..., width]."""
        return (states @ readout[..., None]).squeeze(-1) + self.skip * x  # [..., width]
