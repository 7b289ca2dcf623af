"""A convolution as long as the sequence whose kernel is a time-invariant diagonal state-space model, S4D.

Per channel c, with complex states n that are 0 before the first token (Gu et al. 2022, "On the
parameterization and initialization of diagonal state space models"; S4D-Lin, zero-order hold):

    h_t[n] = a_n h_{t-1}[n] + b_n x_t      a_n = exp(delta A_n)      b_n = (a_n - 1) / A_n
    y_t = 2 Re(sum_n C_n h_t[n]) + D x_t                             A_n = -exp(log_decay_n) + i frequency_n

Nothing depends on the token, so the same y is the convolution of x with the kernel
K_t = 2 Re(sum_n C_n b_n a_n^t): by FFT in N log N, by the plain sum in N^2, or step by step in constant
memory. Hyena's kernels are made by a small network instead and have no such steps. Left out of the published
block: the GELU and the linear layer that mix channels (here each channel is on its own), and a B other than
1, which C absorbs. It knows no experiment.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from .selective_ssm import STEPS


class LongConvolution(nn.Module):
    """One layer as wide as its input, one kernel per channel.

    state_width: complex states per channel; each stands for itself and its conjugate.
    """

    def __init__(
        self,
        width: int,
        *,
        generator: torch.Generator,
        state_width: int = 16,
        dtype: torch.dtype = torch.float64,
        device: torch.device | str = "cpu",
    ) -> None:
        super().__init__()
        self.width, self.state_width = width, state_width
        low, high = (math.log(end) for end in STEPS)
        place = torch.rand(width, generator=generator, dtype=torch.float64)  # [width], in [0, 1)
        drawn = torch.randn(width, state_width, 2, generator=generator, dtype=torch.float64)  # [w, state, 2]
        turns = math.pi * torch.arange(state_width, dtype=torch.float64).repeat(width, 1)  # [width, state]
        self.log_step = nn.Parameter((low + place * (high - low)).to(device, dtype))  # [width]
        # A real and an imaginary part of variance 1/2 each.
        self.readout = nn.Parameter((drawn / math.sqrt(2.0)).to(device, dtype))  # [width, state, 2]
        self.log_decay = nn.Parameter(
            torch.full_like(turns, math.log(0.5)).to(device, dtype)
        )  # [width, state]
        self.frequency = nn.Parameter(turns.to(device, dtype))  # [width, state]
        self.skip = nn.Parameter(torch.ones(width, dtype=dtype, device=device))  # [width]

    def coefficients(self) -> tuple[Tensor, Tensor, Tensor]:
        """delta A, whose exponential is a, then b and C: complex, [width, state] each."""
        rate = torch.complex(-self.log_decay.exp(), self.frequency)  # [width, state]
        logs = rate * self.log_step.exp()[:, None]  # [width, state]
        drive = torch.expm1(logs) / rate  # [width, state]
        return logs, drive, torch.view_as_complex(self.readout)  # [width, state]

    def kernel(self, length: int) -> Tensor:
        """K_0 ... K_{length - 1}, without D: [width, length]."""
        logs, drive, readout = self.coefficients()  # [width, state] each
        times = torch.arange(length, device=logs.device, dtype=self.log_step.dtype)  # [length]
        powers = torch.exp(logs[..., None] * times)  # [width, state, length]
        summed = ((readout * drive)[:, None] @ powers).squeeze(1)  # [width, length]
        return 2.0 * summed.real  # [width, length]

    def start(self, batch: int) -> Tensor:
        """The state before the first token: complex zeros [batch, width, state]."""
        shape = (batch, self.width, self.state_width)
        return torch.zeros(
            shape, dtype=self.log_step.dtype.to_complex(), device=self.log_step.device
        )  # [batch, width, state]

    def step(self, x_t: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """One token x_t [batch, width] and the state [batch, width, state] -> (output, state after it)."""
        logs, drive, readout = self.coefficients()  # [width, state] each
        state = logs.exp() * state + drive * x_t[..., None]  # [batch, width, state]
        y_t = 2.0 * (readout * state).sum(dim=-1).real  # [batch, width]
        return y_t + self.skip * x_t, state  # [batch, width]

    def forward(self, x: Tensor) -> Tensor:
        """The parallel form by FFT, N log N: [batch, time, width] -> [batch, time, width]."""
        time = x.shape[1]
        # Twice as long, or the end of the sequence would wrap around to its beginning.
        spectrum = torch.fft.rfft(self.kernel(time), n=2 * time)  # [width, time + 1]
        signal = torch.fft.rfft(x.transpose(1, 2), n=2 * time)  # [batch, width, time + 1]
        y: Tensor = torch.fft.irfft(signal * spectrum, n=2 * time)[..., :time]  # [batch, width, time]
        return y.transpose(1, 2) + self.skip * x  # [batch, time, width]

    def direct(self, x: Tensor) -> Tensor:
        """The plain sum y_t = sum_s K_{t-s} x_s, N^2: [batch, time, width] -> [batch, time, width]."""
        time = x.shape[1]
        place = torch.arange(time, device=x.device)  # [time]
        lag = place[:, None] - place  # [time, time]
        matrix = self.kernel(time)[:, lag.clamp(min=0)] * (lag >= 0)  # [width, time, time]
        y = (matrix @ x.transpose(1, 2)[..., None]).squeeze(-1)  # [batch, width, time]
        return y.transpose(1, 2) + self.skip * x  # [batch, time, width]

    def recurrent(self, x: Tensor) -> Tensor:
        """The sequential form, one step per token: [batch, time, width] -> [batch, time, width]."""
        state, outputs = self.start(x.shape[0]), []
        for x_t in x.unbind(dim=1):  # [batch, width]
            y_t, state = self.step(x_t, state)  # [batch, width]
            outputs.append(y_t)
        return torch.stack(outputs, dim=1)  # [batch, time, width]

    def state_bytes(self, length: int) -> int:
        """Bytes of the complex h carried per sequence after `length` tokens: the same whatever the length."""
        return 2 * self.width * self.state_width * self.log_step.element_size()
