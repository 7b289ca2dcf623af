"""The simple recurrent unit, SRU: tokens are mixed channel by channel, channels only within a token.

Like a depthwise-separable convolution it has a pointwise part, three matrices that see one token, and a
depthwise part, a recurrence in which no channel sees another (Lei et al. 2018, "Simple recurrent units for
highly parallelizable recurrence", equations 1 to 4; * is elementwise):

    f_t = sigmoid(W_f x_t + v_f * c_{t-1} + b_f)      c_t = f_t * c_{t-1} + (1 - f_t) * W x_t
    r_t = sigmoid(W_r x_t + v_r * c_{t-1} + b_r)      h_t = r_t * c_t + (1 - r_t) * scale x_t

The matrices can be done for all tokens at once. What is left is elementwise, but not linear in c, because
v_f puts c into its own gate; without the peepholes v, as in the paper's first version, the recurrence is
linear and a prefix scan. Left out: the fused kernel, dropout, stacking and both directions. It knows no
experiment.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from .linear_recurrence import affine, brent_kung, scan
from .rnn import uniform


class SRU(nn.Module):
    """One SRU layer as wide as its input, with weights of variance 1 / width (section 3.2 of the paper).

    peepholes: whether the gates see the state of their own channel. Without, the layer can be scanned. They
    are drawn like the weights, which is smaller than in the authors' code.
    highway_bias: where b_r begins. The skip's scale, sqrt(1 + 2 exp(highway_bias)), keeps the variance of h
    near that of x.
    """

    def __init__(
        self,
        width: int,
        *,
        generator: torch.Generator,
        peepholes: bool = True,
        highway_bias: float = 0.0,
        dtype: torch.dtype = torch.float64,
        device: torch.device | str = "cpu",
    ) -> None:
        super().__init__()
        self.width, self.peepholes = width, peepholes
        self.scale = math.sqrt(1.0 + 2.0 * math.exp(highway_bias))
        weight = uniform(
            3 * width, width, reach=math.sqrt(3.0 / width), generator=generator
        )  # [3 width, width]
        peek = uniform(2, width, reach=math.sqrt(3.0 / width), generator=generator)  # [2, width]
        bias = torch.tensor([[0.0], [highway_bias]], dtype=torch.float64).repeat(1, width)  # [2, width]
        self.weight = nn.Parameter(weight.to(device, dtype))  # [3 width, width]: W, W_f, W_r
        self.bias = nn.Parameter(bias.to(device, dtype))  # [2, width]: b_f, b_r
        # Drawn in either case, so that layers with and without peepholes share all other numbers.
        self.peek = nn.Parameter(peek.to(device, dtype)) if peepholes else None  # [2, width]: v_f, v_r

    def drives(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The pointwise part of x [..., width]: W x, W_f x + b_f and W_r x + b_r, [..., width] each."""
        candidate, forget, reset = functional.linear(x, self.weight).chunk(3, dim=-1)  # [..., width] each
        return candidate, forget + self.bias[0], reset + self.bias[1]

    def start(self, batch: int) -> Tensor:
        """The state c before the first token: zeros [batch, width]."""
        return self.weight.new_zeros(batch, self.width)  # [batch, width]

    def step(self, x_t: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """One token x_t and the state before it -> (output, state after it), all [batch, width]."""
        return self._depthwise(x_t, self.drives(x_t), state)  # [batch, width] x 2

    def forward(self, x: Tensor) -> Tensor:
        """Pointwise part for all tokens at once: [batch, time, width] -> [batch, time, width].

        Without peepholes the depthwise part is a scan in 2 log2(time) rounds, with them an elementwise loop.
        """
        if self.peek is None:
            return self._scanned(x.transpose(0, 1)).transpose(0, 1)  # [batch, time, width]
        drives = [drive.unbind(dim=1) for drive in self.drives(x)]  # 3 x time x [batch, width]
        state, outputs = self.start(x.shape[0]), []
        for x_t, *now in zip(x.unbind(dim=1), *drives, strict=True):  # [batch, width] each
            y_t, state = self._depthwise(x_t, (now[0], now[1], now[2]), state)  # [batch, width] x 2
            outputs.append(y_t)
        return torch.stack(outputs, dim=1)  # [batch, time, width]

    def recurrent(self, x: Tensor) -> Tensor:
        """The sequential form, one step per token: [batch, time, width] -> [batch, time, width]."""
        state, outputs = self.start(x.shape[0]), []
        for x_t in x.unbind(dim=1):  # [batch, width]
            y_t, state = self.step(x_t, state)  # [batch, width] x 2
            outputs.append(y_t)
        return torch.stack(outputs, dim=1)  # [batch, time, width]

    def state_bytes(self, length: int) -> int:
        """Bytes of c carried per sequence after `length` tokens: the same whatever the length."""
        return self.width * self.weight.element_size()

    def _depthwise(
        self, x_t: Tensor, drives: tuple[Tensor, Tensor, Tensor], state: Tensor
    ) -> tuple[Tensor, Tensor]:
        """The elementwise part of one token, all [batch, width]: (output, state after it)."""
        candidate, forget, reset = drives  # [batch, width] each
        if self.peek is not None:
            forget = forget + self.peek[0] * state  # [batch, width]
            reset = reset + self.peek[1] * state  # [batch, width]
        keep = torch.sigmoid(forget)  # [batch, width]
        after = keep * state + (1.0 - keep) * candidate  # [batch, width]
        return self._leave(x_t, torch.sigmoid(reset), after), after  # [batch, width] x 2

    def _scanned(self, x: Tensor) -> Tensor:
        """The whole layer without peepholes: [time, batch, width] -> [time, batch, width]."""
        candidate, forget, reset = self.drives(x)  # [time, batch, width] each
        keep = torch.sigmoid(forget)  # [time, batch, width]
        elements = (keep, (1.0 - keep) * candidate)  # 2 x [time, batch, width]
        _, states = scan(elements, affine, brent_kung(len(x)))  # [time, batch, width]
        return self._leave(x, torch.sigmoid(reset), states)  # [time, batch, width]

    def _leave(self, x: Tensor, gate: Tensor, state: Tensor) -> Tensor:
        """h = r c + (1 - r) scale x, all [..., width]."""
        return gate * state + (1.0 - gate) * self.scale * x  # [..., width]
