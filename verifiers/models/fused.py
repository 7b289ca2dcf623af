"""Our recurrent cells as one call to torch's own layers: oneDNN on the CPU, cuDNN on a GPU.

Same weights, same numbers, another speed. Training only: token by token, the plain cells do the same.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .gru import GRU
from .lstm import LSTM
from .rnn import RNN

LAYERS = {RNN: nn.RNN, GRU: nn.GRU, LSTM: nn.LSTM}


class Fused(nn.Module):
    """One recurrent layer that begins with the parameters of `plain`, which it does not keep.

    Raises ValueError for a linear RNN, which torch's layer does not know.
    """

    def __init__(self, plain: RNN | GRU | LSTM) -> None:
        super().__init__()
        options = {"nonlinearity": plain.nonlinearity} if isinstance(plain, RNN) else {}
        if options.get("nonlinearity") == "linear":
            raise ValueError("torch has no linear RNN")
        self.width = plain.width
        with torch.random.fork_rng(devices=[]):  # torch's own draw is thrown away
            self.layer: nn.RNNBase = LAYERS[type(plain)](
                plain.width,
                plain.width,
                batch_first=True,
                dtype=plain.weight_hh.dtype,
                device=plain.weight_hh.device,
                **options,
            )
        drawn = {f"{name}_l0": value for name, value in plain.state_dict().items()}
        self.layer.load_state_dict(drawn)

    def forward(self, x: Tensor) -> Tensor:
        """x [batch, time, width] -> the output at every token [batch, time, width]."""
        outputs: Tensor = self.layer(x)[0]  # [batch, time, width]
        return outputs

    def state_bytes(self, length: int) -> int:
        """Bytes that one sequence carries to its next token, whatever the length."""
        kept = 2 if isinstance(self.layer, nn.LSTM) else 1
        return kept * self.width * self.layer.all_weights[0][0].element_size()
