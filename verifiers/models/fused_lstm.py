"""The LSTM of lstm.py as one call to torch.nn.LSTM: oneDNN on the CPU, cuDNN on a GPU.

Same weights, same numbers, another speed. Training only: token by token, lstm.py does the same.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .lstm import LSTM


class FusedLSTM(nn.Module):
    """One recurrent layer as wide as its input, with the parameters that `LSTM` draws."""

    def __init__(
        self,
        width: int,
        *,
        generator: torch.Generator,
        dtype: torch.dtype = torch.float64,
        device: torch.device | str = "cpu",
    ) -> None:
        super().__init__()
        plain = LSTM(width, generator=generator, dtype=dtype, device=device)
        with torch.random.fork_rng(devices=[]):  # torch's own draw is thrown away
            self.layer = nn.LSTM(width, width, batch_first=True, dtype=dtype, device=device)
        drawn = {f"{name}_l0": value for name, value in plain.state_dict().items()}
        self.layer.load_state_dict(drawn)

    def forward(self, x: Tensor) -> Tensor:
        """x [batch, time, width] -> the output at every token [batch, time, width]."""
        outputs: Tensor = self.layer(x)[0]  # [batch, time, width]
        return outputs
