"""The delta rule: a memory that corrects what it holds under a key (Schlag et al. 2021; DeltaNet).

Per head S_t = S_{t-1} + beta_t k_t (v_t - S_{t-1}^T k_t)^T and o_t = S_t^T q_t, with |k_t| = |q_t| = 1 and
beta_t = sigmoid(x_t W_b) in (0, 1); y_t = o_t W_o. Linear attention adds v_t; this one adds what is wrong.

The corrections u_t = beta_t (v_t - S_{t-1}^T k_t) of a chunk depend on each other, but linearly, so they
solve one triangular system (Yang et al. 2024): u = T (beta v) - T (beta k) S with
T = (1 + strictly lower part of beta k k^T)^-1. The two products with T need no S and are made for all
chunks at once; what is left to do in order is a few matrix products per chunk.

Left out of Yang et al. 2024: SiLU and short convolutions on queries, keys and values, the norm of the
output, the block around it. The triangular solve is no matrix product: `measure.flops` does not count it.
It knows no experiment.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from .linear_attention import merge_heads, split_heads
from .rnn import State, uniform


class DeltaRule(nn.Module):
    """DeltaNet's layer. Raises ValueError when heads do not divide width.

    chunk: tokens per chunk in `forward`.
    State: (memory [batch, heads, head_width (key), head_width (value)],).
    """

    def __init__(
        self,
        width: int,
        *,
        generator: torch.Generator,
        heads: int = 1,
        chunk: int = 64,
        dtype: torch.dtype = torch.float64,
        device: torch.device | str = "cpu",
    ) -> None:
        super().__init__()
        if width % heads:
            raise ValueError(f"{heads} heads do not divide width {width}")
        self.width, self.heads, self.chunk = width, heads, chunk
        reach = 1.0 / math.sqrt(width)
        self.weight_query, self.weight_key, self.weight_value, self.weight_out = (
            nn.Parameter(
                uniform(width, width, reach=reach, generator=generator).to(device, dtype)  # [width, width]
            )
            for _ in range(4)
        )
        weight_beta = uniform(width, heads, reach=reach, generator=generator)  # [width, heads]
        self.weight_beta = nn.Parameter(weight_beta.to(device, dtype))  # [width, heads]

    def start(self, batch: int) -> State:
        """The state before the first token: zeros."""
        head_width = self.width // self.heads
        return (self.weight_key.new_zeros(batch, self.heads, head_width, head_width),)

    def step(self, x_t: Tensor, state: State) -> tuple[Tensor, State]:
        """One token x_t [batch, width] and the state before it -> (output [batch, width], state after it)."""
        (memory,) = state  # [batch, heads, key, value]
        q, k, v, beta = self._project(x_t[:, None])  # [batch, heads, 1, head_width or 1] each
        error = v - k @ memory  # [batch, heads, 1, value]
        memory = memory + k.transpose(-2, -1) @ (beta * error)  # [batch, heads, key, value]
        return merge_heads(q @ memory)[:, 0] @ self.weight_out, (memory,)  # [batch, width]

    def forward(self, x: Tensor) -> Tensor:
        """Parallel within chunks of `self.chunk` tokens: x [batch, time, width] -> [batch, time, width]."""
        return self.chunked(x, self.chunk)  # [batch, time, width]

    def recurrent(self, x: Tensor) -> Tensor:
        """Token by token: x [batch, time, width] -> [batch, time, width]."""
        state, outputs = self.start(x.shape[0]), []
        for x_t in x.unbind(dim=1):  # [batch, width]
            y_t, state = self.step(x_t, state)  # [batch, width]
            outputs.append(y_t)
        return torch.stack(outputs, dim=1)  # [batch, time, width]

    def chunked(self, x: Tensor, chunk: int) -> Tensor:
        """All pairs within a chunk, the state between chunks: x [batch, time, width] -> [batch, time, width].

        chunk: tokens per chunk, at least 1. The last one is filled up with tokens that write nothing.
        """
        time = x.shape[1]
        chunk = min(chunk, time)
        q, k, v, beta = (
            _in_chunks(part, chunk)  # [batch, heads, chunks, chunk, head_width or 1]
            for part in self._project(x)
        )
        own, seen = corrections(k, v, beta)  # [batch, heads, chunks, chunk, head_width] each
        scores = (q @ k.transpose(-2, -1)).tril()  # [batch, heads, chunks, chunk, chunk]
        (memory,) = self.start(x.shape[0])  # [batch, heads, key, value]
        outputs = []
        for c in range(q.shape[2]):
            u = own[:, :, c] - seen[:, :, c] @ memory  # [batch, heads, chunk, value]
            outputs.append(q[:, :, c] @ memory + scores[:, :, c] @ u)  # [batch, heads, chunk, value]
            memory = memory + k[:, :, c].transpose(-2, -1) @ u  # [batch, heads, key, value]
        read = torch.cat(outputs, dim=2)[:, :, :time]  # [batch, heads, time, value]
        return merge_heads(read) @ self.weight_out  # [batch, time, width]

    def state_bytes(self, length: int) -> int:
        """Bytes of memory per sequence after `length` tokens: the same whatever the length."""
        return self.width * (self.width // self.heads) * self.weight_key.element_size()

    def _project(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """q, k, v and beta of x [batch, time, width]: [batch, heads, time, head_width], beta [..., 1]."""
        q, k, v = (
            split_heads(x @ weight, self.heads)  # [batch, heads, time, head_width]
            for weight in (self.weight_query, self.weight_key, self.weight_value)
        )
        q = functional.normalize(q, dim=-1)  # [batch, heads, time, head_width]
        k = functional.normalize(k, dim=-1)  # [batch, heads, time, head_width]
        beta = torch.sigmoid(split_heads(x @ self.weight_beta, self.heads))  # [batch, heads, time, 1]
        return q, k, v, beta


def _in_chunks(part: Tensor, chunk: int) -> Tensor:
    """Fill up with zeros and cut: [batch, heads, time, n] -> [batch, heads, chunks, chunk, n]."""
    batch, heads, time, n = part.shape
    filled = functional.pad(part, (0, 0, 0, -time % chunk))  # [batch, heads, chunks * chunk, n]
    return filled.view(batch, heads, -1, chunk, n)  # [batch, heads, chunks, chunk, n]


def corrections(k: Tensor, v: Tensor, beta: Tensor) -> tuple[Tensor, Tensor]:
    """T (beta v) and T (beta k) of every chunk: k and v [..., chunk, head_width], beta [..., chunk, 1].

    What a chunk writes under its keys k is then T (beta v) - T (beta k) S, if S is the memory before it.
    """
    felt = (beta * k @ k.transpose(-2, -1)).tril(-1)  # [..., chunk, chunk], the diagonal is taken as 1
    both = torch.cat((beta * v, beta * k), dim=-1)  # [..., chunk, 2 head_width]
    solved = torch.linalg.solve_triangular(felt, both, upper=False, unitriangular=True)  # [..., chunk, 2 hw]
    own, seen = solved.chunk(2, dim=-1)  # [..., chunk, head_width] each
    return own, seen
