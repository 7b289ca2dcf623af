"""Whether an LSTM needs orthogonal recurrent weights, and whether a tanh RNN does.

Two networks of a seed share their random numbers but for the recurrent matrices: uniform within
1 / sqrt(width) as torch draws them, or orthogonal (for the LSTM, one orthogonal matrix for each of the four
gates). They learn three tasks by Adam, clipped at norm 1:

adding      the sum of two marked numbers among 20, in the full profile 100 (Hochreiter and Schmidhuber 1997);
            always saying 1 has a mean squared error of 1/6
copying     eight symbols, a mark, and the eight again (in the full profile ten), the answers so far given;
            chance is log 8 nats
recalling   the first of 21 symbols, all others the same; chance is log 8 nats

Each network counts at its better rate of two, 0.01 and 0.003, by training loss. For copying in as many
steps 0.006 and 0.02 taught no start over 0.05 more, on average over three seeds.

What was learned is 1 - final loss / chance, the final loss being the mean training loss of the last 10
steps, each on new sequences: 1 is perfect, 0 is a guess (or a run without a finite end). What orthogonal
weights gain is that number less the same with torch's weights. Recalling is the task that the LSTM does not
learn here as torch initialises it. That it can be learned at all, and what it takes, is seen from the same
LSTM with forget biases for such distances (chrono, Tallec and Ollivier 2018). Where no start learns a task
the gain is no number.

Controls: the tanh RNN, on copying, must gain from orthogonal weights, so that it is seen that a gain would
be, and more than a relu RNN does from the identity, which keeps symbols and loses their order (Henaff et
al. 2016 report that orthogonal weights solve copying and the identity does not); with the cause removed,
orthogonal weights against others of the kind, it must gain nothing; and an LSTM must not learn to add where
the answers are shuffled, in steps in which most learn the true sums.

It does not show that orthogonal weights are useless in an LSTM: on copying they gain something, and with
other widths, distances or steps they may gain more. It does not show that the initialisation of an LSTM
does not matter: that of its forget gates does. Nor does a task that was not learned in these steps show
that it cannot be: in more steps, or at higher rates, some seeds recall with orthogonal gates.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from statistics import fmean
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from .. import tasks, train
from ..lab import Lab
from ..models.attention import linear
from ..models.fused import Fused
from ..models.rnn import orthogonal
from ..models.tagger import Tagger, core, parameters, state_bytes

TITLE = "Orthogonal recurrent weights for LSTMs and tanh RNNs"

PLOT = {"x": "training step", "y": "loss / chance", "x_log": False, "y_log": False}

LOOKS = (5, 8)

# fmt: off
PROFILES = {
    "quick": {
        "numbers": 20, "adding_steps": 400, "adding_rates": [0.01, 0.003], "shuffled_steps": 250,
        "copied": 8, "copying_steps": 120, "copying_rates": [0.01, 0.003],
        "recalling_steps": 130, "recalling_rates": [0.01, 0.003],
    },
    "full": {
        "numbers": 100, "adding_steps": 2000, "adding_rates": [0.01, 0.003], "shuffled_steps": 1000,
        "copied": 10, "copying_steps": 400, "copying_rates": [0.01, 0.003],
        "recalling_steps": 400, "recalling_rates": [0.01, 0.003],
    },
}

CHECKS = {
    "adding_gain": {"unit": "share of chance loss removed",
        "bounds": [0.25, None], "arm": "claim", "interval": "mean",
        "meaning": "What an LSTM gains from orthogonal weights in adding two numbers."},
    "adding_default": {"unit": "share of chance loss removed",
        "bounds": [0.7, None], "arm": "claim", "interval": "mean",
        "meaning": "What an LSTM learns of adding as torch initialises it; 0.7 is an error of 0.05."},
    "copying_gain": {"unit": "share of chance loss removed",
        "bounds": [0.25, None], "arm": "claim", "interval": "mean",
        "meaning": "What an LSTM gains from orthogonal weights in copying a row of symbols."},
    "recalling_gain": {"unit": "share of chance loss removed",
        "bounds": [0.25, None], "arm": "claim", "interval": "mean",
        "meaning": "What an LSTM gains from orthogonal weights in recalling a symbol over 20 tokens."},
    "recalling_forget_gain": {"unit": "share of chance loss removed",
        "bounds": [0.25, None], "arm": "claim", "interval": "mean",
        "meaning": "What it gains there from forget biases that hold on (chrono)."},
    "rnn_copying_gain": {"unit": "share of chance loss removed",
        "bounds": [0.25, None], "arm": "control", "must": "pass", "interval": "mean",
        "meaning": "A tanh RNN must gain from orthogonal weights in copying (two pairs a seed)."},
    "rnn_copying_identity": {"unit": "share of chance loss removed",
        "bounds": [0.25, None], "arm": "control", "must": "pass", "interval": "mean",
        "meaning": "It must copy better than a relu RNN that begins with the identity."},
    "rnn_no_difference": {"unit": "share of chance loss removed",
        "bounds": [0.25, None], "arm": "control", "must": "fail", "interval": "mean",
        "meaning": "In copying, one tanh RNN with orthogonal weights must not gain on another."},
    "adding_shuffled": {"unit": "share of chance loss removed",
        "bounds": [0.7, None], "arm": "control", "must": "fail", "interval": "mean",
        "meaning": "With the sums shuffled among the sequences an LSTM must not learn to add."},
}
FIGURES = {
    "adding_trivial": ("squared numbers", "mean", "Error of always answering 1, on 20,000 sequences."),
}
OUTSIDE = (
    {"what": "mean squared error of always answering 1 when two numbers are added",
        "published": 0.1767, "unit": "squared numbers",
        "source": "TCN repository 2018, adding problem", "from_memory": False,
        "ours": "adding_trivial", "beside": "adding_default",
        "agrees_in": "value", "margin": 0.005,
        "why": "It is exactly 1/6, twice the variance of such a number: theirs looks misprinted."},
)
# fmt: on

WIDTH = 32
SYMBOLS, LAG = 8, 20
BATCH = {"adding": 32, "copying": 16, "recalling": 16}
CHANCE = {"adding": 1.0 / 6.0, "copying": math.log(SYMBOLS), "recalling": math.log(SYMBOLS)}
"""The loss of the best answer that ignores the inputs: an error for adding, nats for the others."""
LEARNED = {"adding": 0.5, "copying": 0.1, "recalling": 0.5}
"""A start has learned something of a task when it removes this share of chance. The steps are enough for an
LSTM to make a beginning of copying only."""
ENOUGH = 0.05
"""A run ends when its loss is below this share of chance."""
EVERY = 10
"""Steps between two points of a learning curve."""


@dataclass(frozen=True, kw_only=True)
class Start:
    """A recurrent layer and how it begins."""

    name: str
    kind: str = "lstm"
    options: dict[str, Any] = field(default_factory=dict)
    gates_orthogonal: bool = False


LSTM_DEFAULT = Start(name="LSTM")
LSTM_ORTHOGONAL = Start(name="LSTM, orthogonal", gates_orthogonal=True)
LSTM_CHRONO = Start(name="LSTM, chrono", options={"chrono": LAG})
RNN_DEFAULT = Start(name="tanh RNN", kind="rnn")
RNN_ORTHOGONAL = Start(name="tanh RNN, orthogonal", kind="rnn", options={"recurrent": "orthogonal"})
RELU_IDENTITY = Start(
    name="relu RNN, identity", kind="rnn", options={"recurrent": "identity", "nonlinearity": "relu"}
)


class Adder(nn.Module):
    """Sequences of numbers and marks in, one number out: linear layer, core, linear layer on the last."""

    def __init__(self, body: nn.Module, generator: torch.Generator, device: torch.device) -> None:
        super().__init__()
        options: dict[str, Any] = {"generator": generator, "dtype": torch.float32, "device": device}
        self.into = linear(2, WIDTH, **options)
        self.core = body
        self.head = linear(WIDTH, 1, **options)

    def forward(self, x: Tensor) -> Tensor:
        """x [batch, time, 2] -> [batch]."""
        states = self.core(self.into(x))  # [batch, time, width]
        answers: Tensor = self.head(states[:, -1])[:, 0]  # [batch]
        return answers


def squared_error(model: nn.Module, batch: tasks.Batch) -> Tensor:
    """Mean squared error of the sums."""
    return functional.mse_loss(model(batch.inputs), batch.targets)


def trial(lab: Lab) -> None:
    """Train the networks of one arm."""
    if lab.arm == "claim":
        _say(lab)
        _lstms(lab)
    else:
        _controls(lab)


def _say(lab: Lab) -> None:
    """What is trained, once a run."""
    if lab.seed % 1000 == 0:
        models = {start.name: build(lab, "copying", start) for start in (LSTM_DEFAULT, RNN_DEFAULT)}
        sizes = ", ".join(f"{name} {parameters(m)} ({state_bytes(m, 1)})" for name, m in models.items())
        rates = ", ".join(f"{task} {lab.size[f'{task}_rates']}" for task in BATCH)
        lab.note(f"Parameters (bytes of state): {sizes}. The best of these rates counts: {rates}.")


def _lstms(lab: Lab) -> None:
    """The LSTM with and without orthogonal weights, on every task."""
    default = learned(lab, "adding", LSTM_DEFAULT)
    lab.check("adding_default", default)
    _gain(lab, "adding", default, learned(lab, "adding", LSTM_ORTHOGONAL))
    _gain(lab, "copying", *(learned(lab, "copying", start) for start in (LSTM_DEFAULT, LSTM_ORTHOGONAL)))
    default, turned = (learned(lab, "recalling", start) for start in (LSTM_DEFAULT, LSTM_ORTHOGONAL))
    chrono = learned(lab, "recalling", LSTM_CHRONO)
    _gain(lab, "recalling", default, turned, chrono)
    lab.check("recalling_forget_gain", chrono - default)
    sums = tasks.adding(lab.generator, 20_000, length=10).targets  # [batch]
    lab.figure("adding_trivial", float((sums - 1.0).square().mean()))


def _gain(lab: Lab, task: str, default: float, turned: float, *others: float) -> None:
    """What orthogonal weights gain in a task, no number where nothing learns it."""
    possible = max(default, turned, *others) >= LEARNED[task]
    if not possible:
        lab.note(f"No LSTM learned {task} in this budget.")
    lab.check(f"{task}_gain", turned - default if possible else math.nan)


def _controls(lab: Lab) -> None:
    """Where orthogonal weights are known to help, a comparison without a cause, and nothing to learn."""
    default = fmean(learned(lab, "copying", RNN_DEFAULT, again=again) for again in (0, 1))
    turned, other = (learned(lab, "copying", RNN_ORTHOGONAL, again=again) for again in (0, 1))
    lab.check("rnn_copying_gain", fmean((turned, other)) - default)
    lab.check("rnn_copying_identity", turned - learned(lab, "copying", RELU_IDENTITY))
    lab.check("rnn_no_difference", turned - other)
    lab.check("adding_shuffled", learned(lab, "adding", LSTM_DEFAULT, shuffled=True))


def build(lab: Lab, task: str, start: Start, again: int = 0) -> nn.Module:
    """A network of this seed, the same whenever it is built; `again` gives another."""
    generator = torch.Generator().manual_seed((2 * lab.seed + again) * 2)
    body = core(start.kind, WIDTH, generator=generator, device=lab.device, **start.options)
    if start.gates_orthogonal:
        turn_gates(body, torch.Generator().manual_seed((2 * lab.seed + again) * 2 + 1))
    if task == "adding":
        return Adder(body, generator, lab.device)
    tokens = SYMBOLS + (1 if task == "copying" else 2)
    return Tagger(
        body,
        width=WIDTH,
        tokens=tokens,
        classes=SYMBOLS,
        generator=generator,
        scaled=True,
        device=lab.device,
    )


@torch.no_grad()
def turn_gates(body: nn.Module, generator: torch.Generator) -> None:
    """Give every gate of a stack of fused LSTMs an orthogonal recurrent matrix of its own."""
    for layer in body.modules():
        if isinstance(layer, Fused):
            weights = layer.layer.weight_hh_l0  # [4 width, width]
            assert isinstance(weights, Tensor)
            for gate in weights.chunk(4):  # [width, width]
                gate.copy_(orthogonal(layer.width, generator))


def draw(lab: Lab, task: str, generator: torch.Generator, shuffled: bool) -> tasks.Batch:
    """The next batch of a task; `shuffled` gives the answers to other sequences."""
    batch = BATCH[task]
    if task == "adding":
        made = tasks.adding(generator, batch, length=lab.size["numbers"])
    elif task == "copying":
        made = tasks.copy(generator, batch, length=lab.size["copied"], symbols=SYMBOLS)
    else:
        made = tasks.recall(generator, batch, lag=LAG, symbols=SYMBOLS, fillers=1)
    if shuffled:
        made = tasks.Batch(made.inputs, made.targets.roll(1, dims=0))
    return made.to(lab.device)


def learned(lab: Lab, task: str, start: Start, *, again: int = 0, shuffled: bool = False) -> float:
    """What the best rate learns: 1 is all, 0 a guess. Rates are tried until one has learned enough."""
    rates = lab.size[f"{task}_rates"]
    steps = lab.size["shuffled_steps" if shuffled else f"{task}_steps"]
    loss: train.Loss = squared_error if task == "adding" else train.cross_entropy
    best = math.inf
    for rate in rates:
        generator = torch.Generator().manual_seed(2 * lab.seed + 1)
        batches = partial(draw, lab, task, generator, shuffled)
        recipe = train.Recipe(steps=steps, learning_rate=rate, clip=1.0, enough=ENOUGH * CHANCE[task])
        fit = train.fit(build(lab, task, start, again), batches, recipe, loss=loss)
        if rate == rates[0] and not again and not shuffled:
            _curve(lab, f"{task}, {start.name}", fit.losses, CHANCE[task])
        best = min(best, fit.final() / CHANCE[task])
        if best < ENOUGH:
            break
    return max(0.0, 1.0 - best)


def _curve(lab: Lab, curve: str, losses: Sequence[float], chance: float) -> None:
    """Means of a few losses each, as shares of chance."""
    for end in range(EVERY, len(losses) + 1, EVERY):
        lab.point(curve, end, min(1.5, math.fsum(losses[end - EVERY : end]) / EVERY / chance))
