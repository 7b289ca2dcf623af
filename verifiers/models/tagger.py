"""A network that says something about every token: embedding, core, linear head.

The core is any model of this folder that turns [batch, time, width] into the same shape. Cores are
named by a word, so that an experiment's PROFILES can say which ones it trains.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from .attention import linear
from .fused import Fused
from .gru import GRU
from .lstm import LSTM
from .rnn import RNN
from .transformer import Transformer

CELLS = {"rnn": RNN, "gru": GRU, "lstm": LSTM}


def core(
    kind: str,
    width: int,
    *,
    generator: torch.Generator,
    layers: int = 1,
    dtype: torch.dtype = torch.float32,
    device: torch.device | str = "cpu",
    **options: Any,  # noqa: ANN401 - handed on to the model, which checks them
) -> nn.Module:
    """A core by its kind: `rnn`, `gru` and `lstm` in torch's fused layers, or `transformer`.

    options: the model's own, such as forget_bias and chrono (lstm), recurrent and gain (rnn), heads,
    causal, norm, residual and positions (transformer). Raises ValueError for another kind.
    """
    common: dict[str, Any] = {"generator": generator, "dtype": dtype, "device": device}
    if kind == "transformer":
        return Transformer(width, options.pop("heads", 2), layers, **common, **options)
    if kind not in CELLS:
        raise ValueError(f"unknown core {kind!r}: transformer, {', '.join(CELLS)}")
    return nn.Sequential(*(Fused(CELLS[kind](width, **common, **options)) for _ in range(layers)))


class Tagger(nn.Module):
    """Tokens in, scores of classes out, at every position.

    The embedding is normal with variance 1, or 1 / width with `scaled`; the head begins like torch's linear.
    """

    def __init__(
        self,
        body: nn.Module,
        *,
        width: int,
        tokens: int,
        classes: int,
        generator: torch.Generator,
        scaled: bool = False,
        dtype: torch.dtype = torch.float32,
        device: torch.device | str = "cpu",
    ) -> None:
        super().__init__()
        drawn = torch.randn(tokens, width, generator=generator, dtype=torch.float64)  # [tokens, width]
        drawn = drawn / math.sqrt(width) if scaled else drawn  # [tokens, width]
        self.embedding = nn.Parameter(drawn.to(device, dtype))  # [tokens, width]
        self.core = body
        self.head = linear(width, classes, generator=generator, dtype=dtype, device=device)

    def states(self, x: Tensor) -> Tensor:
        """What the core makes of tokens [batch, time]: [batch, time, width]."""
        states: Tensor = self.core(functional.embedding(x, self.embedding))  # [batch, time, width]
        return states

    def forward(self, x: Tensor) -> Tensor:
        """Tokens [batch, time] -> scores [batch, time, classes]."""
        scores: Tensor = self.head(self.states(x))  # [batch, time, classes]
        return scores


def parameters(model: nn.Module) -> int:
    """How many numbers are trained."""
    return sum(parameter.numel() for parameter in model.parameters())


def state_bytes(model: nn.Module, length: int) -> int:
    """Bytes that one sequence carries to its next token after `length` tokens, over its innermost layers."""
    inside = sum(state_bytes(part, length) for part in model.children())
    own = getattr(model, "state_bytes", None)
    return own(length) if own and not inside else inside
