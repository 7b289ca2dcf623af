"""Whether the states of a tanh RNN can be had without running it token by token.

The states are the solution of h_t = tanh(W h_{t-1} + u_t) for all 512 tokens at once, and are sought by
Newton's method over the whole sequence, beginning with zeros (Lim et al. 2023, DEER). Every iteration
replaces tanh by its tangent at the last guess, which leaves a linear recurrence h_t = J_t h_{t-1} + b_t
with dense 4 x 4 matrices J_t, and a linear recurrence is solved by a prefix scan over affine maps
(17 rounds for 512 tokens in Brent and Kung's bracketing). Counted is the iteration after which every
state is within 1e-9 of the one from the plain loop; infinite when that does not come within the limit
(40; in the control's arm 22, since only 20 matter there). In exact arithmetic 512 iterations are always
enough, since at least one token more is right after each.

W is the gain times normal numbers of variance 1 / width, as in random network theory, and the number
of a seed is the median over several draws of weights and tokens; at gain 1.5 single draws need up to a
few dozen, which is why it is a median. The contractive check is stricter: W is 0.9 times an orthogonal
matrix, so that no step can stretch anything, and its number is the worst draw. The control for chaos has
width 16, because at width 4 a gain of 3 was not chaotic in any of ten draws: there saturated units
forget their past. Chaos is a Lyapunov exponent above zero (nats per token, along the true states).

It does not show any speed: an iteration does a scan of matrix products, cubic in the width, so on a
machine with few lanes it is far slower than the loop. Nor does it show that a trained LSTM can be solved
so: whether iterations stay few depends on the dynamics, and nobody knows them before running it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from statistics import median

import torch
from torch import Tensor

from ..lab import Lab
from ..models.linear_recurrence import Elements, brent_kung, scan
from ..models.rnn import RNN

TITLE = "A tanh RNN solved for all tokens at once"

PLOT = {"x": "tokens", "y": "iterations", "x_log": True, "y_log": True}

LOOKS = (5, 8)

PROFILES = {
    "quick": {"draws": 11, "chaotic_draws": 5, "limit": 40, "short_limit": 22},
    "full": {"draws": 25, "chaotic_draws": 9, "limit": 128, "short_limit": 64},
}

# fmt: off
CHECKS = {
    "iterations_contractive": {"unit": "iterations, worst draw",
        "bounds": [1.0, 20.0], "arm": "claim", "interval": "range",
        "meaning": "Iterations that give all 512 states of a tanh RNN whose every step shrinks (gain 0.9)."},
    "iterations_gain_0_5": {"unit": "iterations, median draw",
        "bounds": [1.0, 20.0], "arm": "claim", "interval": "mean",
        "meaning": "Iterations that give all 512 states of a tanh RNN with random weights of gain 0.5."},
    "iterations_gain_0_9": {"unit": "iterations, median draw",
        "bounds": [1.0, 20.0], "arm": "claim", "interval": "mean",
        "meaning": "The same at gain 0.9."},
    "iterations_gain_1_5": {"unit": "iterations, median draw",
        "bounds": [1.0, 20.0], "arm": "claim", "interval": "mean",
        "meaning": "The same at gain 1.5; single draws can need several times as many."},
    "iterations_chaotic": {"unit": "iterations, median draw",
        "bounds": [1.0, 20.0], "arm": "control", "must": "fail", "interval": "range",
        "meaning": "At gain 3 and width 16 the states are chaotic and 20 iterations are not enough."},
    "chaotic_exponent": {"unit": "nats/token, median draw",
        "bounds": [0.0, None], "arm": "control", "must": "pass", "interval": "mean",
        "meaning": "That RNN really is chaotic: neighbouring states move apart from token to token."},
    "iterations_linear": {"unit": "iterations, worst draw",
        "bounds": [1.0, 1.0], "arm": "control", "must": "pass", "interval": "range",
        "meaning": "A linear RNN is its own tangent: one iteration gives all its states."},
    "iterations_tanh_in_one": {"unit": "iterations, best draw",
        "bounds": [1.0, 1.0], "arm": "control", "must": "fail", "interval": "range",
        "meaning": "One iteration does not give the states of a tanh RNN, not even at gain 0.5."},
    "iterations_wrong_slope": {"unit": "iterations, best draw",
        "bounds": [1.0, 20.0], "arm": "control", "must": "fail", "interval": "range",
        "meaning": "With the identity in place of the tangent's matrix it does not arrive."},
}
FIGURES = {
    "tokens_per_iteration": ("tokens", "mean", "512 tokens over the iterations at gain 0.9."),
}
OUTSIDE = (
    {"what": "speed-up of a GRU of one unit at 1000 tokens by such iterations",
        "published": 18.0, "unit": "times, V100",
        "source": "Lim et al. 2023 (DEER), repository", "from_memory": False,
        "ours": "tokens_per_iteration", "beside": "iterations_gain_0_9",
        "agrees_in": "direction", "margin": 1.0,
        "why": "Tokens per iteration is what a device with enough cores could gain at most."},
)
# fmt: on

LENGTH = 512
"""Tokens in everything but the curves; the bounds are written for it."""
WIDTH, CHAOTIC_WIDTH = 4, 16
SAME = 1e-9
"""Largest difference to the plain loop's states that counts as arrived; states are within 1 of zero."""
GAINS = {"iterations_gain_0_5": 0.5, "iterations_gain_0_9": 0.9, "iterations_gain_1_5": 1.5}
LENGTHS = (8, 64, 512)
"""Tokens of the curves; the last is LENGTH."""


@dataclass(frozen=True)
class Systems:
    """Several RNNs and their tokens: h_t = f(W h_{t-1} + u_t), h_0 = 0."""

    recurrent: Tensor
    """W, [draws, width, width]."""
    drive: Tensor
    """u, [time, draws, width]."""
    states: Tensor
    """What the plain loop gives, [time, draws, width]."""
    linear: bool
    """f is nothing at all, and not tanh."""

    def first(self, length: int) -> Systems:
        """The same RNNs with the first so many of their tokens."""
        return Systems(self.recurrent, self.drive[:length], self.states[:length], self.linear)

    def next_states(self, before: Tensor) -> Tensor:
        """f(W h + u) for every token: [time, draws, width] -> [time, draws, width]."""
        drive = times(self.recurrent, before) + self.drive  # [time, draws, width]
        return drive if self.linear else torch.tanh(drive)  # [time, draws, width]

    def jacobians(self, after: Tensor) -> Tensor:
        """Every step's derivative by the state before it, from the states after [time, draws, width]."""
        slope = torch.ones_like(after) if self.linear else 1.0 - after.square()  # [time, draws, width]
        return slope[..., None] * self.recurrent  # [time, draws, width, width]


Jacobians = Callable[[Systems, Tensor], Tensor]
"""(systems, states after every step [time, draws, width]) -> [time, draws, width, width]."""


def trial(lab: Lab) -> None:
    """Some draws of weights and tokens, in one arm."""
    # On the CPU whatever the device: counting needs float64, and iterations have no device.
    if lab.device.type != "cpu" and lab.seed == 0 and lab.arm == "claim":
        lab.note("Computed in float64 on the CPU: iterations are counted, not timed.")
    with torch.no_grad():
        if lab.arm == "claim":
            _solved(lab)
        else:
            _without_cause(lab)


def _solved(lab: Lab) -> None:
    """Iterations at three gains, and where every step shrinks."""
    draws, limit = lab.size["draws"], lab.size["limit"]
    for name, gain in GAINS.items():
        lab.check(name, _curve(lab, f"gain {gain:g}", draw(lab, draws, WIDTH, gain), limit))
    lab.figure("tokens_per_iteration", max(LENGTHS) / lab.values["iterations_gain_0_9"])
    shrinking = draw(lab, draws, WIDTH, 0.9, orthogonal=True)
    lab.check("iterations_contractive", max(iterations(shrinking, limit)))
    for length in LENGTHS:
        lab.point("one token after another", length, length)


def _without_cause(lab: Lab) -> None:
    """Chaos, no tanh, and a wrong matrix."""
    draws, limit = lab.size["draws"], lab.size["short_limit"]
    chaotic = draw(lab, lab.size["chaotic_draws"], CHAOTIC_WIDTH, 3.0)
    lab.check("iterations_chaotic", _curve(lab, "gain 3, width 16", chaotic, limit))
    lab.check("chaotic_exponent", median(lyapunov(chaotic)))
    linear = draw(lab, draws, WIDTH, 0.9, linear=True, orthogonal=True)
    lab.check("iterations_linear", max(iterations(linear, limit)))
    easy = draw(lab, draws, WIDTH, 0.5)
    lab.check("iterations_tanh_in_one", min(iterations(easy, limit)))
    lab.check("iterations_wrong_slope", min(iterations(easy, limit, jacobians=identity)))


def _curve(lab: Lab, curve: str, systems: Systems, limit: int) -> float:
    """The median draw's iterations against the number of tokens; returns the last. Infinite is not drawn."""
    needed = math.nan
    for length in LENGTHS:
        needed = median(iterations(systems.first(length), limit))
        lab.point(curve, length, needed)
    return needed


def draw(
    lab: Lab, draws: int, width: int, gain: float, *, linear: bool = False, orthogonal: bool = False
) -> Systems:
    """Random RNNs with random tokens, and their states by the plain loop."""
    recurrent, drive = [], []
    for _ in range(draws):
        rnn = RNN(width, generator=lab.generator, recurrent="orthogonal", gain=gain)
        normal = torch.randn(width, width, generator=lab.generator, dtype=torch.float64)  # [width, width]
        if not orthogonal:
            rnn.weight_hh.copy_(gain * normal / math.sqrt(width))  # [width, width]
        tokens = torch.randn(LENGTH, width, generator=lab.generator, dtype=torch.float64)  # [time, width]
        recurrent.append(rnn.weight_hh.detach())
        drive.append(tokens @ rnn.weight_ih.T + rnn.bias_ih + rnn.bias_hh)  # [time, width]
    return solved_serially(torch.stack(recurrent), torch.stack(drive, dim=1), linear)


def solved_serially(recurrent: Tensor, drive: Tensor, linear: bool) -> Systems:
    """The systems of W [draws, width, width] and u [time, draws, width], run token by token."""
    h, states = torch.zeros_like(drive[0]), []  # [draws, width]
    for drive_t in drive:  # [draws, width]
        h = times(recurrent, h) + drive_t  # [draws, width]
        h = h if linear else torch.tanh(h)  # [draws, width]
        states.append(h)
    return Systems(recurrent, drive, torch.stack(states), linear)


def times(matrices: Tensor, vectors: Tensor) -> Tensor:
    """Matrix times vector, many at once: [..., width, width] and [..., width] -> [..., width]."""
    return (matrices @ vectors[..., None])[..., 0]  # [..., width]


def compose(earlier: Elements, later: Elements) -> Elements:
    """Two maps h -> A h + b as one: parts [pairs, draws, width, width] and [pairs, draws, width]."""
    (a1, b1), (a2, b2) = earlier, later  # [pairs, draws, width, width], [pairs, draws, width] each
    return a2 @ a1, times(a2, b1) + b2  # [pairs, draws, width, width], [pairs, draws, width]


def newton(systems: Systems, jacobians: Jacobians = Systems.jacobians) -> Iterator[Tensor]:
    """The guess of all states [time, draws, width] after every iteration, without end."""
    guess = torch.zeros_like(systems.drive)  # [time, draws, width]
    schedule = brent_kung(len(guess))
    while True:
        before = torch.cat((torch.zeros_like(guess[:1]), guess[:-1]))  # [time, draws, width]
        after = systems.next_states(before)  # [time, draws, width]
        slopes = jacobians(systems, after)  # [time, draws, width, width]
        rest = after - times(slopes, before)  # [time, draws, width]
        # The state before the first token is zero, so the prefix's constant part is the state itself.
        guess = scan((slopes, rest), compose, schedule)[1]  # [time, draws, width]
        yield guess


def iterations(systems: Systems, limit: int, jacobians: Jacobians = Systems.jacobians) -> list[float]:
    """Per draw, iterations until every state is the plain loop's; infinite when not within the limit."""
    needed = [math.inf] * len(systems.recurrent)
    for number, guess in enumerate(newton(systems, jacobians), start=1):
        errors = (guess - systems.states).abs().amax(dim=(0, 2)).tolist()  # one per draw
        needed = [
            min(before, number) if error < SAME else before
            for before, error in zip(needed, errors, strict=True)
        ]
        lost = [not math.isfinite(error) for error in errors]
        if number == limit or all(there < math.inf or gone for there, gone in zip(needed, lost, strict=True)):
            break
    return needed


def identity(systems: Systems, after: Tensor) -> Tensor:
    """The identity for every step: a wrong derivative, [time, draws, width, width]."""
    return torch.eye(after.shape[-1], dtype=after.dtype).expand(*after.shape[:2], -1, -1)


def lyapunov(systems: Systems) -> list[float]:
    """Per draw, the nats per token by which a small difference grows along the true states."""
    difference = torch.ones_like(systems.drive[0])  # [draws, width]
    grown = torch.zeros(len(difference), dtype=difference.dtype)  # [draws]
    for jacobian in systems.jacobians(systems.states):  # [draws, width, width]
        difference = times(jacobian, difference)  # [draws, width]
        size = difference.norm(dim=-1)  # [draws]
        grown = grown + size.log()  # [draws]
        difference = difference / size[:, None]  # [draws, width]
    return [float(total) for total in grown / len(systems.states)]
