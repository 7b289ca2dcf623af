"""Linear attention: a positive feature map in place of the softmax (Katharopoulos et al. 2020).

y_i = W_o sum_{j<=i} phi(q_i).phi(k_j) v_j / sum_{j<=i} phi(q_i).phi(k_j), with phi(x) = elu(x) + 1, per
head. As the weight is a product, sum_j phi(k_j) v_j^T and sum_j phi(k_j) can be carried from token to
token: the same numbers as a matrix of all pairs, as a recurrence, or in chunks of both.

Left out of the published architecture: the Transformer block around it (norms, residuals, MLP), the
biases of the projections, and the 1e-6 that its code adds to the denominator; so where queries and keys
are so negative that every weight rounds to 0 (from about -50 on in single precision) the mean is 0 / 0.
It knows no experiment.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from .rnn import State, uniform


def feature_map(x: Tensor) -> Tensor:
    """elu(x) + 1 for x [...], as exp(x) below zero: elu itself rounds to -1 there, and the sum to 0."""
    return torch.where(x > 0, x + 1.0, x.clamp(max=0.0).exp())  # [...]


def split_heads(x: Tensor, heads: int) -> Tensor:
    """[batch, time, width] -> [batch, heads, time, head_width]."""
    batch, time, _ = x.shape
    return x.view(batch, time, heads, -1).transpose(1, 2)  # [batch, heads, time, head_width]


def merge_heads(x: Tensor) -> Tensor:
    """[batch, heads, time, head_width] -> [batch, time, width]."""
    return x.transpose(1, 2).flatten(2)  # [batch, time, width]


class LinearAttention(nn.Module):
    """Causal, normalised linear attention. Raises ValueError when heads do not divide width.

    State: (memory [batch, heads, head_width (key), head_width (value)], total [batch, heads, head_width]).
    """

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
        self.weight_query, self.weight_key, self.weight_value, self.weight_out = (
            nn.Parameter(
                uniform(width, width, reach=reach, generator=generator).to(device, dtype)  # [width, width]
            )
            for _ in range(4)
        )

    def start(self, batch: int) -> State:
        """The state before the first token: zeros."""
        head_width = self.width // self.heads
        memory = self.weight_key.new_zeros(
            batch, self.heads, head_width, head_width
        )  # [batch, heads, key, v]
        total = self.weight_key.new_zeros(batch, self.heads, head_width)  # [batch, heads, key]
        return memory, total

    def step(self, x_t: Tensor, state: State) -> tuple[Tensor, State]:
        """One token x_t [batch, width] and the state before it -> (output [batch, width], state after it)."""
        memory, total = state  # [batch, heads, key, value], [batch, heads, key]
        q, k, v = (part[:, :, 0] for part in self._project(x_t[:, None]))  # [batch, heads, head_width] each
        memory = memory + k[..., :, None] * v[..., None, :]  # [batch, heads, key, value]
        total = total + k  # [batch, heads, key]
        weighted = (q[..., None, :] @ memory)[..., 0, :]  # [batch, heads, value]
        mixed = weighted / (q * total).sum(dim=-1, keepdim=True)  # [batch, heads, value]
        return mixed.flatten(1) @ self.weight_out, (memory, total)  # [batch, width]

    def forward(self, x: Tensor) -> Tensor:
        """Parallel, with every pair of tokens: x [batch, time, width] -> [batch, time, width]."""
        q, k, v = self._project(x)  # [batch, heads, time, head_width] each
        weights = (q @ k.transpose(-2, -1)).tril()  # [batch, heads, time, time]
        mixed = weights @ v / weights.sum(dim=-1, keepdim=True)  # [batch, heads, time, head_width]
        return merge_heads(mixed) @ self.weight_out  # [batch, time, width]

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
        memory, total = self.start(x.shape[0])  # [batch, heads, key, value], [batch, heads, key]
        outputs = []
        for piece in torch.split(x, chunk, dim=1):  # [batch, chunk, width]
            q, k, v = self._project(piece)  # [batch, heads, chunk, head_width] each
            weights = (q @ k.transpose(-2, -1)).tril()  # [batch, heads, chunk, chunk]
            weighted = weights @ v + q @ memory  # [batch, heads, chunk, value]
            norm = weights.sum(dim=-1, keepdim=True) + q @ total[..., None]  # [batch, heads, chunk, 1]
            outputs.append(merge_heads(weighted / norm) @ self.weight_out)  # [batch, chunk, width]
            memory = memory + k.transpose(-2, -1) @ v  # [batch, heads, key, value]
            total = total + k.sum(dim=-2)  # [batch, heads, key]
        return torch.cat(outputs, dim=1)  # [batch, time, width]

    def state_bytes(self, length: int) -> int:
        """Bytes of memory and total per sequence after `length` tokens: the same whatever the length."""
        return self.width * (self.width // self.heads + 1) * self.weight_key.element_size()

    def _project(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """phi(q), phi(k) and v of x [batch, time, width]: [batch, heads, time, head_width] each."""
        q = feature_map(split_heads(x @ self.weight_query, self.heads))  # [batch, heads, time, head_width]
        k = feature_map(split_heads(x @ self.weight_key, self.heads))  # [batch, heads, time, head_width]
        v = split_heads(x @ self.weight_value, self.heads)  # [batch, heads, time, head_width]
        return q, k, v
