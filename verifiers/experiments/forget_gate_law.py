"""Whether what an LSTM's cell carries is squashed at every step, as a tanh RNN's state is.

Three things are measured on networks with random weights, in float64 on the CPU. Squashings: the number
of tanh and sigmoid nodes on the path with the fewest of them, in the graph that autograd recorded, from
the token 50 back to the output; the elementwise product and sum of the cell update count as none.
Deviation: the derivative of the state after 50 steps by the state before them, along the recurrent path
that is asked about, against what that path would give without any squashing: for the LSTM's cell the
product of its 50 forget gates (worked out from the weights, not by autograd), for an RNN the 50th power
of its recurrent matrix; the norm of the difference over the norm of the latter. The LSTM here is the
untouched default one; what reaches c by way of h is left out by cutting the gradient at h, because the
question is about the cell's own path. Law: recurrent weights and the forget gates' input weights set to
zero, the bias b of all forget gates given, the natural logarithm of the gradient of a random projection
of the last output by the token k back has a slope over k = 10 to 150; it must be log sigmoid(b).

The controls put a tanh around the cell, take a tanh RNN, take its tanh away, and restore the recurrent
weights, which opens paths beside the cell and must bend the law.

It does not show that an LSTM remembers: the same law says that gates near 1/2 forget half at every
step, and a forget gate is itself a squashed number, though what passes it is only multiplied. Nor does it
show the whole gradient of a real LSTM, which also runs through h, nor anything about trained gates.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from .. import stats
from ..backprop import plain_log10
from ..depth import Node, walk
from ..lab import Lab
from ..models.lstm import LSTM
from ..models.rnn import RNN, State

TITLE = "What a forget gate lets through"

PLOT = {"x": "tokens back", "y": "gradient, against the token next to last", "x_log": False, "y_log": True}

LOOKS = (5,)

PROFILES = {
    "quick": {"width": 32, "batch": 4, "time": 160},
    "full": {"width": 128, "batch": 16, "time": 160},
}

# fmt: off
CHECKS = {
    "lstm_squashings": {"unit": "nonlinearities",
        "bounds": [50.0, None], "arm": "claim", "interval": "range",
        "meaning": "How often at least an LSTM squashes what it read 50 tokens back on its way out."},
    "lstm_cell_deviation": {"unit": "relative deviation",
        "bounds": [0.01, None], "arm": "claim", "interval": "range",
        "meaning": "How far 50 steps of an LSTM's cell are from just multiplying by 50 forget gates."},
    "law_error": {"unit": "nats/token, worst of b = 0, 1, 3, 5",
        "bounds": [None, 0.005], "arm": "claim", "interval": "range",
        "meaning": "With the cell as the only path the gradient fades by log sigmoid(b) per token."},
    "tanh_rnn_squashings": {"unit": "nonlinearities",
        "bounds": [50.0, None], "arm": "control", "must": "pass", "interval": "range",
        "meaning": "A tanh RNN does squash what it read 50 tokens back at every step on the way."},
    "tanh_rnn_deviation": {"unit": "relative deviation",
        "bounds": [0.01, None], "arm": "control", "must": "pass", "interval": "range",
        "meaning": "50 steps of a tanh RNN are far from the 50th power of its recurrent matrix."},
    "squashed_cell_squashings": {"unit": "nonlinearities",
        "bounds": [50.0, None], "arm": "control", "must": "pass", "interval": "range",
        "meaning": "With a tanh put around the cell, an LSTM squashes at every step as well."},
    "squashed_cell_deviation": {"unit": "relative deviation",
        "bounds": [0.01, None], "arm": "control", "must": "pass", "interval": "range",
        "meaning": "With a tanh put around the cell, 50 steps no longer multiply by 50 forget gates."},
    "linear_rnn_deviation": {"unit": "relative deviation",
        "bounds": [0.01, None], "arm": "control", "must": "fail", "interval": "range",
        "meaning": "Without its tanh an RNN's 50 steps are the 50th power of its recurrent matrix."},
    "recurrent_law_error": {"unit": "nats/token",
        "bounds": [None, 0.005], "arm": "control", "must": "fail", "interval": "range",
        "meaning": "Recurrent weights restored (b = 1), the gradient has other ways and bends the law."},
    "linear_rnn_law_error": {"unit": "nats/token",
        "bounds": [None, 0.005], "arm": "control", "must": "pass", "interval": "range",
        "meaning": "A linear RNN, 0.9 times a rotation, fades by log 0.9 per token."},
}
# fmt: on

STEPS = 50
"""How many steps back; the bounds are written for it."""
BIASES = (0.0, 1.0, 3.0, 5.0)
FITTED = range(10, 151)
"""Tokens back through which the line is laid."""
DRAWN = range(1, 151, 6)


class SquashedLSTM(LSTM):
    """An LSTM whose cell goes through a tanh after every step: c' = tanh(f c + i g)."""

    def step(self, x: Tensor, state: State) -> tuple[Tensor, State]:
        """One token x [batch, width] and the state before it -> (output [batch, width], state after it)."""
        output, (h, c) = super().step(x, state)  # [batch, width] each
        return output, (h, torch.tanh(c))


def trial(lab: Lab) -> None:
    """One draw of weights and tokens, in one arm."""
    # Drawn and kept on the CPU: some devices have no float64, and algebra has no device.
    shape = (lab.size["batch"], lab.size["time"], lab.size["width"])
    tokens = torch.randn(shape, generator=lab.generator, dtype=torch.float64)  # [batch, time, width]
    readout = torch.randn(shape[-1], generator=lab.generator, dtype=torch.float64)  # [width]
    if lab.device.type != "cpu" and lab.seed == 0 and lab.arm == "claim":
        lab.note("Computed in float64 on the CPU: this is algebra and has no device.")
    if lab.arm == "claim":
        _cell(lab, tokens, readout)
    else:
        _without_cause(lab, tokens, readout)


def _cell(lab: Lab, tokens: Tensor, readout: Tensor) -> None:
    """The LSTM as it is, and with its cell as the only path."""
    lstm = LSTM(lab.size["width"], generator=lab.generator)
    lab.check("lstm_squashings", fewest_squashings(lstm, tokens[:, : STEPS + 1]))
    lab.check("lstm_cell_deviation", cell_deviation(lstm, tokens[:, :STEPS]))
    worst = 0.0
    for bias in BIASES:
        model = LSTM(lab.size["width"], generator=lab.generator, forget_bias=bias)
        close_other_paths(model)
        logs = plain_log10(model, tokens, readout)
        worst = max(worst, abs(slope(logs) - math.log(gate(bias))))
        _draw(lab, f"forget bias {bias:g}", logs)
    lab.check("law_error", worst)


def _without_cause(lab: Lab, tokens: Tensor, readout: Tensor) -> None:
    """A squashed cell, RNNs with and without tanh, and an LSTM whose other paths are open."""
    width, generator = lab.size["width"], lab.generator
    few, fifty = tokens[:, : STEPS + 1], tokens[:, :STEPS]  # [batch, time, width] each
    squashed = SquashedLSTM(width, generator=generator)
    lab.check("squashed_cell_squashings", fewest_squashings(squashed, few))
    lab.check("squashed_cell_deviation", cell_deviation(squashed, fifty))
    tanh = RNN(width, generator=generator, recurrent="orthogonal")
    lab.check("tanh_rnn_squashings", fewest_squashings(tanh, few))
    lab.check("tanh_rnn_deviation", state_deviation(tanh, fifty))
    linear = RNN(width, generator=generator, nonlinearity="linear", recurrent="orthogonal", gain=0.9)
    lab.check("linear_rnn_deviation", state_deviation(linear, fifty))
    lab.check("linear_rnn_law_error", abs(slope(plain_log10(linear, tokens, readout)) - math.log(0.9)))
    model = LSTM(width, generator=generator, forget_bias=1.0)
    close_other_paths(model, keep_recurrent=True)
    logs = plain_log10(model, tokens, readout)
    lab.check("recurrent_law_error", abs(slope(logs) - math.log(gate(1.0))))
    _draw(lab, "forget bias 1, recurrent weights restored", logs)


def _draw(lab: Lab, curve: str, logs: Sequence[float]) -> None:
    """The gradient by distance, as a share of that at distance 1."""
    for back in DRAWN:
        lab.point(curve, back, 10.0 ** (logs[back] - logs[1]))


# ---- what is measured -------------------------------------------------------------------------------


def gate(bias: float) -> float:
    """sigmoid(bias): what a forget gate lets through when nothing but its bias drives it."""
    return 1.0 / (1.0 + math.exp(-bias))


def close_other_paths(lstm: LSTM, *, keep_recurrent: bool = False) -> None:
    """Zero the recurrent weights (unless kept) and the forget gates' input weights."""
    forget = slice(lstm.width, 2 * lstm.width)
    with torch.no_grad():
        lstm.weight_ih[forget] = 0.0  # [width, width]
        if not keep_recurrent:
            lstm.weight_hh.zero_()  # [4 width, width]


def slope(logs: Sequence[float]) -> float:
    """Nats per token of the line through the log10 gradients at the FITTED distances."""
    return stats.line(FITTED, [logs[back] * math.log(10.0) for back in FITTED])[0]


def squashing(node: Node) -> int:
    """1 for a tanh or a sigmoid, 0 for every other node."""
    return int(node.name().startswith(("Tanh", "Sigmoid")))


def fewest_squashings(model: LSTM | RNN, tokens: Tensor) -> float:
    """Squashings on the least squashed path from the first of the tokens [batch, time, width] to the end."""
    first = tokens[:, 0].clone().requires_grad_()  # [batch, width]
    output, state = model.step(first, model.start(tokens.shape[0]))  # [batch, width]
    for token in tokens[:, 1:].unbind(dim=1):  # [batch, width]
        output, state = model.step(token, state)  # [batch, width]
    return walk(output, squashing).shortest(first)


def cell_deviation(lstm: LSTM, tokens: Tensor) -> float:
    """How far d c_after / d c_before over tokens [batch, time, width] is from the forget gates' product.

    Along the cell's own path: h is a number to every gate, and no gradient goes through it. The largest
    relative deviation over the sequences of the batch. The cell starts at random, not at zero, where a
    squashing would not yet show.
    """
    h, c = spun_up(lstm, tokens)  # [batch, width] each
    before = c.detach().requires_grad_()  # [batch, width]
    c, product = before, torch.ones_like(before)  # [batch, width] each
    for token in tokens.unbind(dim=1):  # [batch, width]
        product = product * forget_gate(lstm, token, h.detach())  # [batch, width]
        _, (h, c) = lstm.step(token, (h.detach(), c))  # [batch, width] each
    # Channels of the cell do not mix on this path, so the sum's gradient is the Jacobian's diagonal.
    (diagonal,) = torch.autograd.grad(c.sum(), before)  # [batch, width]
    return float(((diagonal - product).norm(dim=-1) / product.norm(dim=-1)).max())


def spun_up(model: LSTM | RNN, tokens: Tensor) -> State:
    """The state after reading the tokens [batch, time, width] once, from zero: each [batch, width]."""
    state = model.start(tokens.shape[0])
    with torch.no_grad():
        for token in tokens.unbind(dim=1):  # [batch, width]
            _, state = model.step(token, state)
    return state


def forget_gate(lstm: LSTM, token: Tensor, h: Tensor) -> Tensor:
    """The forget gate from the weights: token and h [batch, width] -> [batch, width]."""
    rows = slice(lstm.width, 2 * lstm.width)
    drive = token @ lstm.weight_ih[rows].T + lstm.bias_ih[rows]  # [batch, width]
    memory = h @ lstm.weight_hh[rows].T + lstm.bias_hh[rows]  # [batch, width]
    return torch.sigmoid(drive + memory).detach()  # [batch, width]


def state_deviation(rnn: RNN, tokens: Tensor) -> float:
    """How far d h_after / d h_before over one sequence of these tokens is from the power of W_hh."""
    tokens = tokens[:1]  # [1, time, width]
    (h,) = spun_up(rnn, tokens)  # [1, width]
    before = h.detach().expand(rnn.width, -1).clone().requires_grad_()  # [width, width], one row per output
    state: State = (before,)
    for token in tokens.unbind(dim=1):  # [1, width]
        _, state = rnn.step(token, state)
    picked = state[0].diagonal().sum()  # [], output i of row i
    (jacobian,) = torch.autograd.grad(picked, before)  # [width, width]
    wanted = torch.linalg.matrix_power(rnn.weight_hh.detach(), tokens.shape[1])  # [width, width]
    return float((jacobian - wanted).norm() / wanted.norm())
