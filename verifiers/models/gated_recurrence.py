"""minGRU and minLSTM: gates that look at the token only, so a scan can replace the loop (Feng et al. 2024).

minGRU:  h_t = (1 - z_t) h_{t-1} + z_t c_t, with z_t = sigmoid(W_z x_t).
minLSTM: h_t = f_t / (f_t + i_t) h_{t-1} + i_t / (f_t + i_t) c_t, with f_t, i_t = sigmoid(W x_t).
The candidate c_t is W_c x_t, or g(W_c x_t) > 0 with g(c) = c + 1/2 for c >= 0 and sigmoid(c) below, as in
the paper's log-space form. Here both are scanned without logarithms: all that a scan multiplies are
gates in (0, 1), whose products can underflow to the 0 they should be near, but never overflow.

Left out of the published architecture: the widening of the state beyond the input, the output projection,
the convolution, MLP, norms and residuals of its blocks; h before the first token is 0. It knows no
experiment.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

from .attention import linear
from .linear_recurrence import Schedule, affine, hillis_steele, scan
from .rnn import State


def positive(c: Tensor) -> Tensor:
    """The paper's g: c + 1/2 for c >= 0, sigmoid(c) below; [...] -> [...]."""
    return torch.where(c >= 0, c + 0.5, torch.sigmoid(c))  # [...]


class GatedRecurrence(nn.Module):
    """What minGRU and minLSTM share: h_t = a_t h_{t-1} + (1 - a_t) c_t. State: (h [batch, width],).

    positive_candidate: candidates are g(W_c x_t), as in the paper's log-space form, not W_c x_t.
    remember: the log-odds of keeping h that the biases add to what is drawn; large is slow to forget.
    """

    signs: tuple[float, ...]
    """For each gate, 1 if a larger one keeps more of h and -1 if it keeps less."""

    def __init__(
        self,
        width: int,
        *,
        generator: torch.Generator,
        positive_candidate: bool = False,
        remember: float = 0.0,
        dtype: torch.dtype = torch.float64,
        device: torch.device | str = "cpu",
    ) -> None:
        super().__init__()
        self.width, self.positive_candidate = width, positive_candidate
        self.candidate = linear(width, width, generator=generator, dtype=dtype, device=device)
        self.gate = linear(width, len(self.signs) * width, generator=generator, dtype=dtype, device=device)
        with torch.no_grad():
            for bias, sign in zip(self.gate.bias.chunk(len(self.signs)), self.signs, strict=True):  # [width]
                bias += sign * remember  # [width]

    def log_odds(self, x: Tensor) -> Tensor:
        """log(a / (1 - a)), where a is the share of h that is kept at the tokens x: [..., width]."""
        raise NotImplementedError

    def elements(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """The steps h -> a h + b that the tokens x [..., width] ask for: a and b, [..., width] each."""
        odds = self.log_odds(x)  # [..., width]
        c: Tensor = self.candidate(x)  # [..., width]
        if self.positive_candidate:
            c = positive(c)  # [..., width]
        return torch.sigmoid(odds), torch.sigmoid(-odds) * c  # [..., width] each

    def start(self, batch: int) -> State:
        """The state before the first token: (h,), zeros [batch, width]."""
        return (self.gate.weight.new_zeros(batch, self.width),)  # ([batch, width],)

    def step(self, x_t: Tensor, state: State) -> tuple[Tensor, State]:
        """One token x_t [batch, width] and the state before it -> (output [batch, width], state after it)."""
        (h,) = state  # [batch, width]
        a, b = self.elements(x_t)  # [batch, width] each
        h = a * h + b  # [batch, width]
        return h, (h,)

    def forward(self, x: Tensor, schedule: Callable[[int], Schedule] = hillis_steele) -> Tensor:
        """Parallel, by a scan in that schedule: x [batch, time, width] -> [batch, time, width]."""
        a, b = self.elements(x.transpose(0, 1))  # [time, batch, width] each
        return scan((a, b), affine, schedule(x.shape[1]))[1].transpose(0, 1)  # [batch, time, width]

    def recurrent(self, x: Tensor) -> Tensor:
        """Token by token: x [batch, time, width] -> [batch, time, width]."""
        state, outputs = self.start(x.shape[0]), []
        for x_t in x.unbind(dim=1):  # [batch, width]
            y_t, state = self.step(x_t, state)  # [batch, width]
            outputs.append(y_t)
        return torch.stack(outputs, dim=1)  # [batch, time, width]

    def state_bytes(self, length: int) -> int:
        """Bytes of h per sequence after `length` tokens: the same whatever the length."""
        return self.width * self.gate.weight.element_size()


class MinGRU(GatedRecurrence):
    """One gate, z. The layer `gate` holds W_z."""

    signs = (-1.0,)

    def log_odds(self, x: Tensor) -> Tensor:
        """log((1 - z) / z) at the tokens x: [..., width]."""
        z: Tensor = self.gate(x)  # [..., width], before its sigmoid
        return -z  # [..., width]


class MinLSTM(GatedRecurrence):
    """Two gates, divided by their sum. The layer `gate` holds W_f above W_i."""

    signs = (1.0, -1.0)

    def log_odds(self, x: Tensor) -> Tensor:
        """log(f / i) at the tokens x, finite even where both gates round to 0: [..., width]."""
        forget, into = self.gate(x).chunk(2, dim=-1)  # [..., width] each
        return functional.logsigmoid(forget) - functional.logsigmoid(into)  # [..., width]
