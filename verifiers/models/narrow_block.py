"""A Transformer block with as many weights as an LSTM of its width: the MLP is twice as wide, not four times.

Attention has 4 width^2 weights and this MLP 4 width^2; an LSTM has 8 width^2. Biases and norms aside,
which are below one in a hundred from width 64 on. Otherwise the pre-norm block of transformer.py.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from .attention import Attention, linear


class NarrowBlock(nn.Module):
    """Causal attention, then an MLP twice as wide with GELU, each behind a LayerNorm and beside a residual.

    fused: torch's fused attention kernel instead of the explicit form.
    """

    def __init__(
        self,
        width: int,
        heads: int,
        *,
        generator: torch.Generator,
        fused: bool,
        dtype: torch.dtype = torch.float64,
        device: torch.device | str = "cpu",
    ) -> None:
        super().__init__()
        self.attention = Attention(
            width, heads, generator=generator, causal=True, fused=fused, dtype=dtype, device=device
        )
        self.up = linear(width, 2 * width, generator=generator, dtype=dtype, device=device)
        self.down = linear(2 * width, width, generator=generator, dtype=dtype, device=device)
        self.before_attention = nn.LayerNorm(width, dtype=dtype, device=device)
        self.before_mlp = nn.LayerNorm(width, dtype=dtype, device=device)

    def forward(self, x: Tensor) -> Tensor:
        """One block: [batch, time, width] -> [batch, time, width]."""
        x = x + self.attention(self.before_attention(x))  # [batch, time, width]
        wide = functional.gelu(self.up(self.before_mlp(x)))  # [batch, time, 2 width]
        mixed: Tensor = x + self.down(wide)  # [batch, time, width]
        return mixed
