"""A Transformer without an embedding or a head: blocks of attention and MLP, vectors in, vectors out.

Every part that arguments are about can be switched off: the mask, the positions, the norms, the residuals.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from . import positions as encodings
from .attention import Attention, Cache, linear

NORMS = ("pre", "post", "none")


class Block(nn.Module):
    """Attention, then an MLP four times as wide with GELU (Vaswani 2017; GPT-2 for `pre`).

    norm: `pre` normalises what enters each part, `post` what leaves it with the residual, `none` nothing.
    residual: whether each part is added to what entered it.
    """

    def __init__(
        self,
        width: int,
        heads: int,
        *,
        generator: torch.Generator,
        causal: bool,
        norm: str = "pre",
        residual: bool = True,
        positions: str = "none",
        fused: bool = False,
        dtype: torch.dtype = torch.float64,
        device: torch.device | str = "cpu",
    ) -> None:
        super().__init__()
        if norm not in NORMS:
            raise ValueError(f"norm is one of {', '.join(NORMS)}, not {norm!r}")
        self.norm, self.residual = norm, residual
        self.attention = Attention(
            width,
            heads,
            generator=generator,
            causal=causal,
            positions=positions,
            fused=fused,
            dtype=dtype,
            device=device,
        )
        self.up = linear(width, 4 * width, generator=generator, dtype=dtype, device=device)
        self.down = linear(4 * width, width, generator=generator, dtype=dtype, device=device)
        self.norms = nn.ModuleList(
            nn.LayerNorm(width, dtype=dtype, device=device) if norm != "none" else nn.Identity()
            for _ in range(2)
        )

    def forward(self, x: Tensor) -> Tensor:
        """One block: [batch, time, width] -> [batch, time, width]."""
        x = self._leave(0, x, self.attention(self._enter(0, x)))  # [batch, time, width]
        return self._leave(1, x, self._mlp(self._enter(1, x)))  # [batch, time, width]

    def step(self, x_t: Tensor, cache: Cache | None = None) -> tuple[Tensor, Cache]:
        """The next token: x_t [batch, width] and the cache -> its output [batch, width] and the cache."""
        mixed, cache = self.attention.step(self._enter(0, x_t), cache)  # [batch, width]
        x_t = self._leave(0, x_t, mixed)  # [batch, width]
        return self._leave(1, x_t, self._mlp(self._enter(1, x_t))), cache  # [batch, width]

    def _enter(self, part: int, x: Tensor) -> Tensor:
        """What the part gets to see: [..., width]."""
        entered: Tensor = self.norms[part](x) if self.norm == "pre" else x  # [..., width]
        return entered

    def _leave(self, part: int, x: Tensor, made: Tensor) -> Tensor:
        """What follows the part, from what came before it and what it made: [..., width]."""
        x = x + made if self.residual else made  # [..., width]
        left: Tensor = self.norms[part](x) if self.norm == "post" else x  # [..., width]
        return left

    def _mlp(self, x: Tensor) -> Tensor:
        """Each token on its own: [..., width] -> [..., width]."""
        wide = functional.gelu(self.up(x))  # [..., 4 width]
        made: Tensor = self.down(wide)  # [..., width]
        return made


@dataclass(frozen=True)
class State:
    """What a Transformer keeps between two tokens: one cache per layer."""

    caches: tuple[Cache, ...]
    seen: int
    """How many tokens there were."""


class Transformer(nn.Module):
    """A stack of blocks, with a last LayerNorm when the norm is `pre`.

    positions: `none`, `sinusoidal` and `learned` (added to the input), `rotary` and `alibi` (inside
    attention). Positions are drawn last, so two models that differ in them alone share all other weights.
    longest: rows in the table of learned positions.
    """

    def __init__(
        self,
        width: int,
        heads: int,
        layers: int,
        *,
        generator: torch.Generator,
        causal: bool,
        norm: str = "pre",
        residual: bool = True,
        positions: str = "none",
        fused: bool = False,
        longest: int = 512,
        dtype: torch.dtype = torch.float64,
        device: torch.device | str = "cpu",
    ) -> None:
        super().__init__()
        if positions not in encodings.KINDS:
            raise ValueError(f"positions is one of {', '.join(encodings.KINDS)}, not {positions!r}")
        self.width, self.positions = width, positions
        self.blocks = nn.ModuleList(
            Block(
                width,
                heads,
                generator=generator,
                causal=causal,
                norm=norm,
                residual=residual,
                positions=positions if positions in ("rotary", "alibi") else "none",
                fused=fused,
                dtype=dtype,
                device=device,
            )
            for _ in range(layers)
        )
        self.last_norm = nn.LayerNorm(width, dtype=dtype, device=device) if norm == "pre" else nn.Identity()
        if positions == "learned":
            # The spread of GPT-2; drawn like the weights, in float64 on the CPU.
            drawn = 0.02 * torch.randn(longest, width, generator=generator, dtype=torch.float64)
            self.table = nn.Parameter(drawn.to(dtype).to(device))  # [longest, width]

    def forward(self, x: Tensor) -> Tensor:
        """The whole sequence: [batch, time, width] -> [batch, time, width]."""
        x = self._place(x, start=0)  # [batch, time, width]
        for block in self.blocks:
            x = block(x)  # [batch, time, width]
        y: Tensor = self.last_norm(x)  # [batch, time, width]
        return y

    def step(self, x_t: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """The next token: x_t [batch, width] and the state so far -> its output [batch, width] and the state.

        Raises ValueError when not causal.
        """
        seen = state.seen if state is not None else 0
        x_t = self._place(x_t[:, None], start=seen)[:, 0]  # [batch, width]
        caches = []
        for layer, block in enumerate(self.blocks):
            assert isinstance(block, Block)
            x_t, cache = block.step(x_t, state.caches[layer] if state is not None else None)  # [batch, width]
            caches.append(cache)
        return self.last_norm(x_t), State(tuple(caches), seen + 1)  # [batch, width]

    def state_bytes(self, length: int) -> int:
        """Bytes of keys and values that one sequence of that length keeps for its next token."""
        return sum(block.attention.state_bytes(length) for block in self.blocks if isinstance(block, Block))

    def _place(self, x: Tensor, *, start: int) -> Tensor:
        """Add the positions start, start + 1, ... that go into the input: [batch, time, width].

        Raises ValueError when the table of learned positions is too short.
        """
        time = x.shape[1]
        if self.positions == "sinusoidal":
            return x + encodings.sinusoidal(
                time, self.width, start=start, dtype=x.dtype, device=x.device
            )  # [batch, time, width]
        if self.positions == "learned":
            if start + time > len(self.table):
                raise ValueError(f"position {start + time} is beyond the {len(self.table)} learned ones")
            return x + self.table[start : start + time]  # [batch, time, width]
        return x  # [batch, time, width]
