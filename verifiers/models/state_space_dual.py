"""State-space duality, the core of Mamba-2: one decay per head, as a recurrence or as masked attention.

Per head, with a matrix H [head_width, state] that is 0 before the first token (Dao and Gu 2024, sections 3
and 5):

    delta_t = softplus(w_delta . x_t + bias)     B_t = W_B x_t     C_t = W_C x_t     A = -exp(log_rate)
    H_t = exp(delta_t A) H_{t-1} + delta_t x_t B_t^T                    y_t = H_t C_t + D x_t

which unrolls to y = (L * (C B^T)) (delta x) + D x with L_ij = exp(A (delta_{j+1} + ... + delta_i)) for
j <= i and 0 otherwise: attention without softmax, C as queries, B as keys, the decays as mask. B and C are
shared by all heads (one group). Left out of the published block: the projections in and out, the causal
convolution over x, B and C, the SiLU gate and the norm before the output. It knows no experiment.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from .rnn import uniform
from .selective_ssm import step_bias


def decay_mask(logs: Tensor) -> Tensor:
    """L_ij = exp(logs_{j+1} + ... + logs_i) for j <= i, else 0: [..., time] -> [..., time, time].

    Each entry is a sum of its own terms: differences of two long running sums would lose digits.
    """
    time = logs.shape[-1]
    ones = torch.ones(time, time, dtype=torch.bool, device=logs.device)  # [time, time]
    steps = logs[..., :, None].expand(*logs.shape, time)  # [..., i, j], logs_i in every column
    sums = steps.masked_fill(~ones.tril(-1), 0.0).cumsum(dim=-2)  # [..., i, j]
    return sums.masked_fill(~ones.tril(), -math.inf).exp()  # [..., i, j]


class StateSpaceDual(nn.Module):
    """One SSD layer as wide as its input.

    heads: decays; they must divide the width (ValueError).
    state_width: columns of H, N in the paper.
    """

    def __init__(
        self,
        width: int,
        heads: int,
        *,
        generator: torch.Generator,
        state_width: int = 16,
        dtype: torch.dtype = torch.float64,
        device: torch.device | str = "cpu",
    ) -> None:
        super().__init__()
        if width % heads:
            raise ValueError(f"{heads} heads do not divide width {width}")
        self.width, self.heads, self.state_width = width, heads, state_width
        reach = 1.0 / math.sqrt(width)
        write = uniform(state_width, width, reach=reach, generator=generator)  # [state, width]
        read = uniform(state_width, width, reach=reach, generator=generator)  # [state, width]
        step = uniform(heads, width, reach=reach, generator=generator)  # [heads, width]
        bias = step_bias(heads, generator)  # [heads]
        # Rates between 1 and 16, as in Mamba-2's code.
        rates = 1.0 + 15.0 * torch.rand(heads, generator=generator, dtype=torch.float64)  # [heads]
        self.weight_b = nn.Parameter(write.to(device, dtype))  # [state, width]
        self.weight_c = nn.Parameter(read.to(device, dtype))  # [state, width]
        self.weight_step = nn.Parameter(step.to(device, dtype))  # [heads, width]
        self.bias_step = nn.Parameter(bias.to(device, dtype))  # [heads]
        self.log_rate = nn.Parameter(rates.log().to(device, dtype))  # [heads]
        self.skip = nn.Parameter(torch.ones(heads, dtype=dtype, device=device))  # [heads]

    def coefficients(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """What the tokens x [..., width] ask for: logs [..., heads], values [..., heads, head_width], B, C.

        logs are delta A, values are delta x; B and C are [..., state].
        """
        delta = functional.softplus(functional.linear(x, self.weight_step, self.bias_step))  # [..., heads]
        values = delta[..., None] * self._split(x)  # [..., heads, head_width]
        b = functional.linear(x, self.weight_b)  # [..., state]
        c = functional.linear(x, self.weight_c)  # [..., state]
        return -delta * self.log_rate.exp(), values, b, c

    def start(self, batch: int) -> Tensor:
        """The state before the first token: zeros [batch, heads, head_width, state]."""
        shape = (batch, self.heads, self.width // self.heads, self.state_width)
        return self.log_rate.new_zeros(shape)  # [batch, heads, head_width, state]

    def step(self, x_t: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """One token x_t [batch, width] and H [batch, heads, head_width, state] -> (output, H after it)."""
        logs, values, b, c = self.coefficients(x_t)  # [batch, heads], [batch, heads, hw], [batch, state] x 2
        written = values[..., None] * b[:, None, None]  # [batch, heads, head_width, state]
        state = logs.exp()[..., None, None] * state + written  # [batch, heads, head_width, state]
        y = (state @ c[:, None, :, None]).squeeze(-1)  # [batch, heads, head_width]
        return self._leave(y, x_t), state  # [batch, width]

    def forward(self, x: Tensor) -> Tensor:
        """The quadratic form, like attention with L for a mask: [batch, time, width] -> the same shape."""
        logs, values, b, c = self.coefficients(x)  # [batch, time, ...] each
        mask = decay_mask(logs.transpose(1, 2))  # [batch, heads, time, time]
        scores = (c @ b.transpose(1, 2))[:, None] * mask  # [batch, heads, time, time]
        y = scores @ values.transpose(1, 2)  # [batch, heads, time, head_width]
        return self._leave(y.transpose(1, 2), x)  # [batch, time, width]

    def recurrent(self, x: Tensor) -> Tensor:
        """The sequential form, one step per token: [batch, time, width] -> [batch, time, width]."""
        state, outputs = self.start(x.shape[0]), []
        for x_t in x.unbind(dim=1):  # [batch, width]
            y_t, state = self.step(x_t, state)  # [batch, width]
            outputs.append(y_t)
        return torch.stack(outputs, dim=1)  # [batch, time, width]

    def chunked(self, x: Tensor, chunk: int) -> Tensor:
        """Quadratic within chunks of that many tokens, recurrent between them; any chunk of at least 1.

        [batch, time, width] -> [batch, time, width]. Raises ValueError for a chunk below 1.
        """
        if chunk < 1:
            raise ValueError("a chunk holds at least one token")
        state, outputs = self.start(x.shape[0]), []
        for part in torch.split(x, chunk, dim=1):  # [batch, chunk, width]
            y, state = self._chunk(part, state)  # [batch, chunk, width]
            outputs.append(y)
        return torch.cat(outputs, dim=1)  # [batch, time, width]

    def state_bytes(self, length: int) -> int:
        """Bytes of H carried per sequence after `length` tokens: the same whatever the length."""
        return self.width * self.state_width * self.log_rate.element_size()

    def _chunk(self, x: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """Some tokens x [batch, chunk, width] and H before them -> (their outputs, H after them)."""
        logs, values, b, c = self.coefficients(x)  # [batch, chunk, ...] each
        values = values.transpose(1, 2)  # [batch, heads, chunk, head_width]
        mask = decay_mask(logs.transpose(1, 2))  # [batch, heads, chunk, chunk]
        within = ((c @ b.transpose(1, 2))[:, None] * mask) @ values  # [batch, heads, chunk, head_width]
        so_far = logs.cumsum(dim=1).transpose(1, 2).exp()  # [batch, heads, chunk]
        from_before = c[:, None] @ state.transpose(-2, -1)  # [batch, heads, chunk, head_width]
        y = within + so_far[..., None] * from_before  # [batch, heads, chunk, head_width]
        kept = mask[:, :, -1, :, None] * values  # [batch, heads, chunk, head_width]
        written = kept.transpose(-2, -1) @ b[:, None]  # [batch, heads, head_width, state]
        state = so_far[:, :, -1, None, None] * state + written  # [batch, heads, head_width, state]
        return self._leave(y.transpose(1, 2), x), state  # [batch, chunk, width]

    def _split(self, x: Tensor) -> Tensor:
        """[..., width] -> [..., heads, head_width]."""
        return x.reshape(*x.shape[:-1], self.heads, -1)  # [..., heads, head_width]

    def _leave(self, y: Tensor, x: Tensor) -> Tensor:
        """Add D x to y [..., heads, head_width], x being [..., width]; heads side by side: [..., width]."""
        joined: Tensor = (y + self.skip[:, None] * self._split(x)).flatten(-2)  # [..., width]
        return joined
