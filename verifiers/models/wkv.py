"""The WKV of RWKV-4: a fading mean of the past per channel, with a bonus for now (Peng et al. 2023).

wkv_t = (sum_{i<t} e^(k_i - (t-1-i) w) v_i + e^(u + k_t) v_t) / (the same sum without v), with a decay
w > 0 and a bonus u for every channel; y_t = (sigmoid(x_t W_r) * wkv_t) W_o. The exponentials would
overflow, so every sum is carried as a mantissa and the largest exponent seen in it.

Left out of the published architecture: token shift (the mixing of x_t with x_{t-1} before the
projections), channel mixing, norms and residuals. It knows no experiment.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn

from .linear_recurrence import Elements, Schedule, hillis_steele, scan
from .rnn import State, uniform


def wkv_step(k: Tensor, v: Tensor, decay: Tensor, bonus: Tensor, state: State) -> tuple[Tensor, State]:
    """One token: k and v [batch, width], decay (w) and bonus (u) [width] -> (wkv [batch, width], state).

    State: (numerator, denominator, exponent), [batch, width] each; the sums are the first two times
    e^exponent.
    """
    numerator, denominator, exponent = state  # [batch, width] each
    wkv = _mean_with_now(k + bonus, v, state)  # [batch, width]
    largest = torch.maximum(exponent - decay, k)  # [batch, width]
    old, new = (exponent - decay - largest).exp(), (k - largest).exp()  # [batch, width] each
    return wkv, (old * numerator + new * v, old * denominator + new, largest)  # [batch, width] each


def wkv_parallel(
    k: Tensor,
    v: Tensor,
    decay: Tensor,
    bonus: Tensor,
    schedule: Callable[[int], Schedule] = hillis_steele,
) -> Tensor:
    """All tokens by an associative scan: k and v [batch, time, width] -> wkv [batch, time, width]."""
    k, v = k.transpose(0, 1), v.transpose(0, 1)  # [time, batch, width] each
    fade = (-decay).expand(len(k), 1, -1)  # [time, 1, width]
    elements = (fade, v, torch.ones_like(v), k)  # [time, 1 or batch, width] each
    _, *after = scan(elements, join, schedule(len(k)))  # 3 x [time, batch, width]
    nothing = (0.0, 0.0, -math.inf)
    before = tuple(
        torch.cat((torch.full_like(part[:1], value), part[:-1]))  # [time, batch, width]
        for part, value in zip(after, nothing, strict=True)
    )
    return _mean_with_now(k + bonus, v, before).transpose(0, 1)  # [batch, time, width]


def join(earlier: Elements, later: Elements) -> Elements:
    """Two stretches of tokens as one: (fade, numerator, denominator, exponent), [pairs, ...] each.

    `fade` is the logarithm of what remains, after a stretch, of anything from before it.
    """
    fade_1, numerator_1, denominator_1, exponent_1 = earlier  # [pairs, batch, width] each
    fade_2, numerator_2, denominator_2, exponent_2 = later  # [pairs, batch, width] each
    faded = exponent_1 + fade_2  # [pairs, batch, width]
    largest = torch.maximum(faded, exponent_2)  # [pairs, batch, width]
    old, new = (faded - largest).exp(), (exponent_2 - largest).exp()  # [pairs, batch, width] each
    numerator = old * numerator_1 + new * numerator_2  # [pairs, batch, width]
    denominator = old * denominator_1 + new * denominator_2  # [pairs, batch, width]
    return fade_1 + fade_2, numerator, denominator, largest  # [pairs, ...] each


def _mean_with_now(exponent_now: Tensor, v: Tensor, before: State) -> Tensor:
    """The weighted mean of what was before and of v, which weighs e^exponent_now; all [..., width]."""
    numerator, denominator, exponent = before  # [..., width] each
    largest = torch.maximum(exponent, exponent_now)  # [..., width]
    old, new = (exponent - largest).exp(), (exponent_now - largest).exp()  # [..., width] each
    return (old * numerator + new * v) / (old * denominator + new)  # [..., width]


class WKV(nn.Module):
    """RWKV-4's time mixing without token shift; decay and bonus begin as in the first layer of its code."""

    def __init__(
        self,
        width: int,
        *,
        generator: torch.Generator,
        dtype: torch.dtype = torch.float64,
        device: torch.device | str = "cpu",
    ) -> None:
        super().__init__()
        self.width = width
        reach = 1.0 / math.sqrt(width)
        self.weight_key, self.weight_value, self.weight_gate, self.weight_out = (
            nn.Parameter(
                uniform(width, width, reach=reach, generator=generator).to(device, dtype)  # [width, width]
            )
            for _ in range(4)
        )
        channel = torch.arange(width, dtype=torch.float64)  # [width]
        log_decay = -5.0 + 8.0 * (channel / max(width - 1, 1)) ** 0.7  # [width], from very slow to instant
        bonus = math.log(0.3) + 0.5 * ((channel + 1) % 3 - 1)  # [width]
        self.log_decay = nn.Parameter(log_decay.to(device, dtype))  # [width], log w
        self.bonus = nn.Parameter(bonus.to(device, dtype))  # [width], u

    def start(self, batch: int) -> State:
        """The state before the first token: two empty sums and their exponent, [batch, width] each."""
        zeros = self.bonus.new_zeros(batch, self.width)  # [batch, width]
        return zeros, zeros, zeros - math.inf

    def step(self, x_t: Tensor, state: State) -> tuple[Tensor, State]:
        """One token x_t [batch, width] and the state before it -> (output [batch, width], state after it)."""
        k, v = x_t @ self.weight_key, x_t @ self.weight_value  # [batch, width] each
        mean, state = wkv_step(k, v, self.log_decay.exp(), self.bonus, state)  # [batch, width]
        return self._leave(x_t, mean), state  # [batch, width]

    def forward(self, x: Tensor, schedule: Callable[[int], Schedule] = hillis_steele) -> Tensor:
        """Parallel, by a scan in that schedule: x [batch, time, width] -> [batch, time, width]."""
        k, v = x @ self.weight_key, x @ self.weight_value  # [batch, time, width] each
        mean = wkv_parallel(k, v, self.log_decay.exp(), self.bonus, schedule)  # [batch, time, width]
        return self._leave(x, mean)  # [batch, time, width]

    def recurrent(self, x: Tensor) -> Tensor:
        """Token by token: x [batch, time, width] -> [batch, time, width]."""
        state, outputs = self.start(x.shape[0]), []
        for x_t in x.unbind(dim=1):  # [batch, width]
            y_t, state = self.step(x_t, state)  # [batch, width]
            outputs.append(y_t)
        return torch.stack(outputs, dim=1)  # [batch, time, width]

    def state_bytes(self, length: int) -> int:
        """Bytes of the two sums and their exponent per sequence: the same whatever the length."""
        return 3 * self.width * self.bonus.element_size()

    def _leave(self, x: Tensor, mean: Tensor) -> Tensor:
        """Gate and projection: x and mean [..., width] -> [..., width]."""
        return torch.sigmoid(x @ self.weight_gate) * mean @ self.weight_out  # [..., width]
