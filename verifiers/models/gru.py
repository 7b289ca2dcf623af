"""The gated recurrent unit (Cho et al. 2014), laid out like torch.nn.GRU: gates in the order r, z, n.

r = sigmoid(.), z = sigmoid(.), n = tanh(W_in x + b_in + r * (W_hn h + b_hn)), h' = (1 - z) n + z h.
It knows no experiment.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from .rnn import State, uniform


class GRU(nn.Module):
    """One recurrent layer as wide as its input, with torch's default uniform init."""

    def __init__(
        self,
        width: int,
        *,
        generator: torch.Generator,
        dtype: torch.dtype = torch.float64,
        device: torch.device | str = "cpu",
    ) -> None:
        super().__init__()
        self.width = width
        reach = 1.0 / math.sqrt(width)
        weight_ih = uniform(3 * width, width, reach=reach, generator=generator)  # [3 width, width]
        weight_hh = uniform(3 * width, width, reach=reach, generator=generator)  # [3 width, width]
        bias_ih = uniform(3 * width, reach=reach, generator=generator)  # [3 width]
        bias_hh = uniform(3 * width, reach=reach, generator=generator)  # [3 width]
        self.weight_ih = nn.Parameter(weight_ih.to(device, dtype))  # [3 width, width]
        self.weight_hh = nn.Parameter(weight_hh.to(device, dtype))  # [3 width, width]
        self.bias_ih = nn.Parameter(bias_ih.to(device, dtype))  # [3 width]
        self.bias_hh = nn.Parameter(bias_hh.to(device, dtype))  # [3 width]

    def start(self, batch: int) -> State:
        """The state before the first token: (h,), zeros [batch, width]."""
        return (self.weight_hh.new_zeros(batch, self.width),)  # ([batch, width],)

    def step(self, x: Tensor, state: State) -> tuple[Tensor, State]:
        """One token x [batch, width] and the state before it -> (output [batch, width], state after it)."""
        (h,) = state  # [batch, width]
        drive = functional.linear(x, self.weight_ih, self.bias_ih)  # [batch, 3 width]
        memory = functional.linear(h, self.weight_hh, self.bias_hh)  # [batch, 3 width]
        x_r, x_z, x_n = drive.chunk(3, dim=-1)  # [batch, width] each
        h_r, h_z, h_n = memory.chunk(3, dim=-1)  # [batch, width] each
        reset = torch.sigmoid(x_r + h_r)  # [batch, width]
        update = torch.sigmoid(x_z + h_z)  # [batch, width]
        candidate = torch.tanh(x_n + reset * h_n)  # [batch, width]
        h = candidate + update * (h - candidate)  # [batch, width]
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
