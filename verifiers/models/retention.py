"""Retention: linear attention whose past fades at a fixed rate per head (RetNet, Sun et al. 2023).

Per head, with S_t = gamma S_{t-1} + k_t v_t^T and r_t = S_t^T q_t / sqrt(head_width), that is
r_i = sum_{j<=i} gamma^(i-j) (q_i.k_j) v_j / sqrt(head_width); then y_t = (swish(x_t W_g) * norm(r_t)) W_o,
where norm divides each head by its root mean square. Head h has gamma = 1 - 2^(-5-h), as published.

Left out of the published architecture: the rotation of queries and keys (xPos), so position enters by
the decay alone; the extra scalings of its parallel form, which the norm undoes; and the block around it
(residuals, MLP). The paper's GroupNorm also subtracts the mean; its authors' code does not. It knows
no experiment.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from .linear_attention import merge_heads, split_heads
from .rnn import State, uniform

EPSILON = 1e-6
"""Added to the mean square of a head before its root is taken."""


class Retention(nn.Module):
    """Multi-scale retention. Raises ValueError when heads do not divide width.

    State: (memory [batch, heads, head_width (key), head_width (value)],).
    """

    log_decay: Tensor

    def __init__(
        self,
        width: int,
        *,
        generator: torch.Generator,
        heads: int = 1,
        dtype: torch.dtype = torch.float64,
        device: torch.device | str = "cpu",
    ) -> None:
        super().__init__()
        if width % heads:
            raise ValueError(f"{heads} heads do not divide width {width}")
        self.width, self.heads = width, heads
        reach = 1.0 / math.sqrt(width)
        self.weight_query, self.weight_key, self.weight_value, self.weight_gate, self.weight_out = (
            nn.Parameter(
                uniform(width, width, reach=reach, generator=generator).to(device, dtype)  # [width, width]
            )
            for _ in range(5)
        )
        faded = 2.0 ** (-5.0 - torch.arange(heads, dtype=torch.float64))  # [heads], 1 - gamma
        self.register_buffer("log_decay", torch.log1p(-faded).to(device, dtype))  # [heads]

    def start(self, batch: int) -> State:
        """The state before the first token: zeros."""
        head_width = self.width // self.heads
        return (self.weight_key.new_zeros(batch, self.heads, head_width, head_width),)

    def step(self, x_t: Tensor, state: State) -> tuple[Tensor, State]:
        """One token x_t [batch, width] and the state before it -> (output [batch, width], state after it)."""
        (memory,) = state  # [batch, heads, key, value]
        x = x_t[:, None]  # [batch, 1, width]
        q, k, v = self._project(x)  # [batch, heads, 1, head_width] each
        decay = self.log_decay.exp()[:, None, None]  # [heads, 1, 1]
        memory = decay * memory + k.transpose(-2, -1) @ v  # [batch, heads, key, value]
        return self._leave(x, q @ memory)[:, 0], (memory,)  # [batch, width]

    def forward(self, x: Tensor) -> Tensor:
        """Parallel, with every pair of tokens: x [batch, time, width] -> [batch, time, width]."""
        q, k, v = self._project(x)  # [batch, heads, time, head_width] each
        weights = q @ k.transpose(-2, -1) * self._fading(x.shape[1])  # [batch, heads, time, time]
        return self._leave(x, weights @ v)  # [batch, time, width]

    def recurrent(self, x: Tensor) -> Tensor:
        """Token by token: x [batch, time, width] -> [batch, time, width]."""
        state, outputs = self.start(x.shape[0]), []
        for x_t in x.unbind(dim=1):  # [batch, width]
            y_t, state = self.step(x_t, state)  # [batch, width]
            outputs.append(y_t)
        return torch.stack(outputs, dim=1)  # [batch, time, width]

    def chunked(self, x: Tensor, chunk: int) -> Tensor:
        """All pairs within a chunk, the state between chunks: x [batch, time, width] -> [batch, time, width].

        chunk: tokens per chunk, at least 1; the last one may have fewer.
        """
        (memory,) = self.start(x.shape[0])  # [batch, heads, key, value]
        outputs = []
        for piece in torch.split(x, chunk, dim=1):  # [batch, chunk, width]
            length = piece.shape[1]
            q, k, v = self._project(piece)  # [batch, heads, chunk, head_width] each
            weights = q @ k.transpose(-2, -1) * self._fading(length)  # [batch, heads, chunk, chunk]
            since = torch.arange(1, length + 1, device=x.device)  # [chunk], tokens since the last chunk
            into = (self.log_decay[:, None] * since).exp()[..., None]  # [heads, chunk, 1]
            retained = weights @ v + into * (q @ memory)  # [batch, heads, chunk, value]
            outputs.append(self._leave(piece, retained))  # [batch, chunk, width]
            until = (self.log_decay[:, None] * (length - since)).exp()[..., None]  # [heads, chunk, 1]
            kept = into[:, -1:] * memory  # [batch, heads, key, value]
            memory = kept + (until * k).transpose(-2, -1) @ v  # [batch, heads, key, value]
        return torch.cat(outputs, dim=1)  # [batch, time, width]

    def state_bytes(self, length: int) -> int:
        """Bytes of memory per sequence after `length` tokens: the same whatever the length."""
        return self.width * (self.width // self.heads) * self.weight_key.element_size()

    def _fading(self, length: int) -> Tensor:
        """gamma^(i-j) where j <= i and 0 after: [heads, length, length]."""
        place = torch.arange(length, device=self.log_decay.device)  # [length]
        distance = (place[:, None] - place).clamp(min=0)  # [length, length]
        return (self.log_decay[:, None, None] * distance).exp().tril()  # [heads, length, length]

    def _project(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """q / sqrt(head_width), k and v of x [batch, time, width]: [batch, heads, time, head_width] each."""
        q, k, v = (
            split_heads(x @ weight, self.heads)  # [batch, heads, time, head_width]
            for weight in (self.weight_query, self.weight_key, self.weight_value)
        )
        return q / math.sqrt(self.width // self.heads), k, v  # [batch, heads, time, head_width] each

    def _leave(self, x: Tensor, retained: Tensor) -> Tensor:
        """Norm per head, gate, projection: retained [batch, heads, time, value] -> [batch, time, width]."""
        size = retained.square().mean(dim=-1, keepdim=True)  # [batch, heads, time, 1]
        normed = merge_heads(retained * (size + EPSILON).rsqrt())  # [batch, time, width]
        return functional.silu(x @ self.weight_gate) * normed @ self.weight_out  # [batch, time, width]
