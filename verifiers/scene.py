"""What recurrent networks at initialisation share when their gradients are compared: noise, readout, weights.

A scene is tokens of normal noise, a random unit vector that reads the last output, and the place from which
every network draws its weights: an LSTM with another forget bias is the same LSTM but for that bias. Knows
no experiment and draws no curve.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from .backprop import Recurrent, carried_log10, plain_log10
from .models.gru import GRU
from .models.lstm import LSTM
from .models.rnn import RNN


@dataclass(frozen=True, kw_only=True)
class Scene:
    """What all models of one seed share."""

    inputs: Tensor
    """[batch, time, width], normal noise."""
    readout: Tensor
    """[width], a random unit vector."""
    seed: int
    """Every model draws its weights from a generator that starts here."""

    def last(self, tokens: int) -> Tensor:
        """The last `tokens` tokens of the inputs [batch, tokens, width]."""
        return self.inputs[:, -tokens:]  # [batch, tokens, width]

    def settings(self) -> dict[str, Any]:
        """What every model is built with."""
        generator = torch.Generator().manual_seed(self.seed)
        return {"generator": generator, "dtype": self.inputs.dtype, "device": self.inputs.device}

    def lstm(self, **options: Any) -> LSTM:  # noqa: ANN401 - passed on
        """An LSTM of this scene; options as in models.lstm."""
        return LSTM(self.readout.shape[0], **options, **self.settings())

    def gru(self) -> GRU:
        """A GRU of this scene."""
        return GRU(self.readout.shape[0], **self.settings())

    def rnn(self, **options: Any) -> RNN:  # noqa: ANN401 - passed on
        """A simple recurrent network of this scene; options as in models.rnn."""
        return RNN(self.readout.shape[0], **options, **self.settings())

    def linear(self, gain: float) -> RNN:
        """A recurrence that multiplies the state by an orthogonal matrix times gain, and adds the input."""
        return self.rnn(nonlinearity="linear", recurrent="orthogonal", gain=gain)

    def relu(self, gain: float) -> RNN:
        """A relu recurrence with an orthogonal matrix times gain."""
        return self.rnn(nonlinearity="relu", recurrent="orthogonal", gain=gain)

    def only_forget_gate(self, bias: float) -> LSTM:
        """An LSTM whose only memory is a forget gate that never moves: its slope is log sigmoid(bias)."""
        model = self.lstm(forget_bias=bias)
        with torch.no_grad():
            model.weight_hh.zero_()
            model.weight_ih[model.width : 2 * model.width].zero_()
        return model

    def carried(self, model: Recurrent, tokens: int) -> Iterator[float]:
        """log10 of the gradient at distances 0 to tokens - 1, with carried logarithm."""
        return carried_log10(model, self.last(tokens), self.readout)

    def plain(self, model: nn.Module, tokens: int) -> list[float]:
        """The same by an ordinary backward pass, in the precision of the model's own parameters."""
        dtype = next(model.parameters()).dtype
        return plain_log10(model, self.last(tokens).to(dtype), self.readout.to(dtype))


def draw_scene(
    generator: torch.Generator, *, batch: int, tokens: int, width: int, device: torch.device
) -> Scene:
    """Draw the inputs, the readout and the seed of the weights on the CPU, in float64."""
    inputs = torch.randn(batch, tokens, width, generator=generator, dtype=torch.float64)  # [b, time, width]
    readout = torch.randn(width, generator=generator, dtype=torch.float64)  # [width]
    seed = int(torch.randint(2**62, (), generator=generator))
    return Scene(inputs=inputs.to(device), readout=(readout / readout.norm()).to(device), seed=seed)
