"""A stack with a few attention layers among recurrent ones, as in Jamba (Lieber 2024) and Samba (Ren 2024).

Every block is, with residuals and pre-norm,

    x = x + mixer(norm(x))        x = x + mlp(norm(x))

and a pattern says which mixer: `r` a selective state-space model, `a` causal attention. Only the attention
layers keep something of every token, so the state grows with the length at their share of a Transformer's
rate; with a window it stops growing. No layer is told positions: as in Jamba, the recurrent ones bring order
in. Left out of both: Mamba's convolution and gate, RMSNorm and SwiGLU (LayerNorm and GELU here), Jamba's
experts and Samba's rotary positions, embedding and head. It knows no experiment.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from .attention import Attention, Cache, linear
from .selective_ssm import SelectiveSSM

LayerState = Tensor | Cache | None
"""h [batch, width, state] of a recurrent layer; keys and values of an attention layer, None at the start."""
State = tuple[LayerState, ...]
"""One per layer."""


class HybridBlock(nn.Module):
    """One mixer, then an MLP four times as wide.

    kind: `r` or `a`. heads and window are the attention's, state_width the state-space model's.
    """

    def __init__(
        self,
        width: int,
        heads: int,
        kind: str,
        *,
        generator: torch.Generator,
        window: int | None,
        state_width: int,
        dtype: torch.dtype,
        device: torch.device | str,
    ) -> None:
        super().__init__()
        self.mixer: SelectiveSSM | Attention
        if kind == "r":
            self.mixer = SelectiveSSM(
                width, generator=generator, state_width=state_width, dtype=dtype, device=device
            )
        else:
            self.mixer = Attention(
                width, heads, generator=generator, causal=True, window=window, dtype=dtype, device=device
            )
        self.up = linear(width, 4 * width, generator=generator, dtype=dtype, device=device)
        self.down = linear(4 * width, width, generator=generator, dtype=dtype, device=device)
        self.mixer_norm = nn.LayerNorm(width, dtype=dtype, device=device)
        self.mlp_norm = nn.LayerNorm(width, dtype=dtype, device=device)

    def start(self, batch: int) -> LayerState:
        """The mixer's state before the first token."""
        return self.mixer.start(batch) if isinstance(self.mixer, SelectiveSSM) else None

    def step(self, x_t: Tensor, state: LayerState) -> tuple[Tensor, LayerState]:
        """One token x_t [batch, width] and the mixer's state -> (output [batch, width], state after it)."""
        after: LayerState
        if isinstance(self.mixer, SelectiveSSM):
            assert isinstance(state, Tensor)
            mixed, after = self.mixer.step(self.mixer_norm(x_t), state)  # [batch, width]
        else:
            assert not isinstance(state, Tensor)
            mixed, after = self.mixer.step(self.mixer_norm(x_t), state)  # [batch, width]
        return self._mlp(x_t + mixed), after  # [batch, width]

    def forward(self, x: Tensor) -> Tensor:
        """All tokens at once: [batch, time, width] -> [batch, time, width]."""
        return self._mlp(x + self.mixer(self.mixer_norm(x)))  # [batch, time, width]

    def _mlp(self, x: Tensor) -> Tensor:
        """The MLP with its residual, each token on its own: [..., width] -> [..., width]."""
        wide = functional.gelu(self.up(self.mlp_norm(x)))  # [..., 4 width]
        made: Tensor = x + self.down(wide)  # [..., width]
        return made


class Hybrid(nn.Module):
    """Blocks after a pattern, with a last LayerNorm.

    pattern: one letter per layer from the input up, `r` recurrent or `a` attention; `rra` has three layers.
    window: how many tokens the attention layers see, themselves included; None is all (Jamba), a number is
    sliding-window attention (Samba).
    Raises ValueError for a pattern that is empty or has other letters.
    """

    def __init__(
        self,
        width: int,
        heads: int,
        pattern: str = "rra",
        *,
        generator: torch.Generator,
        window: int | None = None,
        state_width: int = 16,
        dtype: torch.dtype = torch.float64,
        device: torch.device | str = "cpu",
    ) -> None:
        super().__init__()
        if not pattern or set(pattern) - {"r", "a"}:
            raise ValueError(f"a pattern is made of the letters r and a, such as 'rra', not {pattern!r}")
        self.width, self.pattern = width, pattern
        self.blocks = nn.ModuleList(
            HybridBlock(
                width,
                heads,
                kind,
                generator=generator,
                window=window,
                state_width=state_width,
                dtype=dtype,
                device=device,
            )
            for kind in pattern
        )
        self.last_norm = nn.LayerNorm(width, dtype=dtype, device=device)

    def start(self, batch: int) -> State:
        """The states before the first token, one per layer."""
        return tuple(block.start(batch) for block in self._layers())

    def step(self, x_t: Tensor, state: State) -> tuple[Tensor, State]:
        """One token x_t [batch, width] and the states -> (output [batch, width], states after it)."""
        after = []
        for block, before in zip(self._layers(), state, strict=True):
            x_t, kept = block.step(x_t, before)  # [batch, width]
            after.append(kept)
        return self.last_norm(x_t), tuple(after)  # [batch, width]

    def forward(self, x: Tensor) -> Tensor:
        """The parallel form, scans and full attention: [batch, time, width] -> [batch, time, width]."""
        for block in self.blocks:
            x = block(x)  # [batch, time, width]
        y: Tensor = self.last_norm(x)  # [batch, time, width]
        return y

    def recurrent(self, x: Tensor) -> Tensor:
        """The sequential form, one step per token: [batch, time, width] -> [batch, time, width]."""
        state, outputs = self.start(x.shape[0]), []
        for x_t in x.unbind(dim=1):  # [batch, width]
            y_t, state = self.step(x_t, state)  # [batch, width]
            outputs.append(y_t)
        return torch.stack(outputs, dim=1)  # [batch, time, width]

    def state_bytes(self, length: int) -> int:
        """Bytes that one sequence keeps after `length` tokens; what grows is the attention layers' part."""
        return sum(block.mixer.state_bytes(length) for block in self._layers())

    def _layers(self) -> list[HybridBlock]:
        """The blocks, by their type."""
        return [block for block in self.blocks if isinstance(block, HybridBlock)]
