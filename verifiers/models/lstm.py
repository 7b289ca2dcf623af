"""Long short-term memory (with forget gate, Gers et al. 2000), laid out like torch.nn.LSTM: i, f, g, o.

c' = f c + i g, h' = o tanh(c'). It knows no experiment.

torch keeps two biases and adds them, and so does this; a forget bias or a chrono init asked for here
is what the two ADD UP to (setting both to 1 would make it 2).
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from .rnn import State, uniform


class LSTM(nn.Module):
    """One recurrent layer as wide as its input, with torch's default uniform init.

    forget_bias: what the two biases of every forget gate add up to; None leaves torch's default
    (near zero, so a gate near 1/2).
    chrono: the longest dependency expected, in tokens (Tallec and Ollivier 2018): the forget biases
    add up to log U(1, chrono - 1), the input biases to minus that. Not together with forget_bias
    (ValueError), and at least 3.
    """

    def __init__(
        self,
        width: int,
        *,
        generator: torch.Generator,
        forget_bias: float | None = None,
        chrono: int | None = None,
        dtype: torch.dtype = torch.float64,
        device: torch.device | str = "cpu",
    ) -> None:
        super().__init__()
        if forget_bias is not None and chrono is not None:
            raise ValueError("forget_bias and chrono both set the forget gate: give one of them")
        if chrono is not None and chrono < 3:
            raise ValueError("chrono needs a dependency of at least 3 tokens")
        self.width = width
        reach = 1.0 / math.sqrt(width)
        weight_ih = uniform(4 * width, width, reach=reach, generator=generator)  # [4 width, width]
        weight_hh = uniform(4 * width, width, reach=reach, generator=generator)  # [4 width, width]
        bias_ih = uniform(4 * width, reach=reach, generator=generator)  # [4 width]
        bias_hh = uniform(4 * width, reach=reach, generator=generator)  # [4 width]
        into, forget = slice(0, width), slice(width, 2 * width)
        if forget_bias is not None:
            bias_ih[forget] = forget_bias - bias_hh[forget]  # [width]
        if chrono is not None:
            span = torch.rand(width, generator=generator, dtype=torch.float64)  # [width], in [0, 1)
            hold = torch.log(1.0 + span * (chrono - 2))  # [width]
            bias_ih[forget] = hold - bias_hh[forget]  # [width]
            bias_ih[into] = -hold - bias_hh[into]  # [width]
        self.weight_ih = nn.Parameter(weight_ih.to(device, dtype))  # [4 width, width]
        self.weight_hh = nn.Parameter(weight_hh.to(device, dtype))  # [4 width, width]
        self.bias_ih = nn.Parameter(bias_ih.to(device, dtype))  # [4 width]
        self.bias_hh = nn.Parameter(bias_hh.to(device, dtype))  # [4 width]

    def start(self, batch: int) -> State:
        """The state before the first token: (h, c), zeros [batch, width]."""
        zeros = self.weight_hh.new_zeros(batch, self.width)  # [batch, width]
        return zeros, zeros

    def step(self, x: Tensor, state: State) -> tuple[Tensor, State]:
        """One token x [batch, width] and the state before it -> (output [batch, width], state after it)."""
        h, c = state  # [batch, width] each
        drive = functional.linear(x, self.weight_ih, self.bias_ih)  # [batch, 4 width]
        memory = functional.linear(h, self.weight_hh, self.bias_hh)  # [batch, 4 width]
        into, forget, candidate, out = (drive + memory).chunk(4, dim=-1)  # [batch, width] each
        kept = torch.sigmoid(forget) * c  # [batch, width]
        c = kept + torch.sigmoid(into) * torch.tanh(candidate)  # [batch, width]
        h = torch.sigmoid(out) * torch.tanh(c)  # [batch, width]
        return h, (h, c)

    def forward(self, x: Tensor) -> Tensor:
        """x [batch, time, width] -> the output at every token [batch, time, width]."""
        state, outputs = self.start(x.shape[0]), []
        for x_t in x.unbind(dim=1):  # [batch, width]
            output, state = self.step(x_t, state)  # [batch, width]
            outputs.append(output)
        return torch.stack(outputs, dim=1)  # [batch, time, width]

    def state_bytes(self, length: int) -> int:
        """Bytes of h and c carried per sequence after `length` tokens: the same whatever the length."""
        return 2 * self.width * self.weight_hh.element_size()
