"""Which networks learn to recall a token from 20 tokens ago, in the same small budget.

The task: one of 8 symbols, then fillers, then a mark at which the symbol is asked for; answering blindly is
right 1 time in 8. Every network gets the same number of steps and sequences and is trained from scratch at
each learning rate of one list, until one of them brings the training loss near zero; the run with the lowest
training loss is kept. It has solved the task when it is right on fresh sequences more often than halfway
between chance and always, and failed otherwise. Every seed is one such run, and what is judged is the
share of runs.

Compared are a Transformer of one layer, a tanh RNN and an LSTM, all begun as libraries begin them. Then the
same LSTM with one thing changed: its forget biases start at 5, or spread over the lag (chrono), or the start
stays and it practises on lags of every length up to 20 (mixed lags) before it is asked at 20. Two checks
ask whether LSTMs with equally long paths from the key to the answer end the same. A changed start leaves
every path as it was; mixed lags bring shorter ones into the lessons, though not to the question. The controls
bring the key near, close the Transformer's window one token short of it (with half the steps, since no
training can help there), and begin the forget gates shut.

It does not show that a network that failed could never learn it: a longer budget solves part of these runs
(the full profile allows more steps, at 30 tokens). Nor does it show anything of language, where most of what
helps is near, or of gates that were trained on something else first. The numbers are of networks of 32
channels on one made-up task. The GRU, slower to train here, is drawn in the full profile only.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

from .. import tasks, train
from ..lab import Lab
from ..models.tagger import Tagger, core, parameters, state_bytes
from ..models.transformer import Block
from ..tasks import Batch

TITLE = "Recall against lag"

PLOT = {"x": "tokens between key and question", "y": "accuracy", "x_log": False, "y_log": False}

LOOKS = (7, 12)

PROFILES = {
    "quick": {
        "lag": 20,
        "near": 5,
        "steps": 150,
        "rates": [0.01, 0.003],
        "width": 32,
        "batch": 16,
        "tested": 256,
        "drawn": {"lstm": [5, 10]},
    },
    "full": {
        "lag": 30,
        "near": 5,
        "steps": 1000,
        "rates": [0.01, 0.003, 0.001],
        "width": 32,
        "batch": 32,
        "tested": 1024,
        "drawn": {"lstm": [5, 10, 15, 20], "rnn": [5, 10, 15, 20], "gru": [5, 10, 15, 20, 30]},
    },
}

# fmt: off
CHECKS = {
    "attention_solves": {"unit": "share of runs",
        "bounds": [0.5, 1.0], "arm": "claim", "interval": "share",
        "meaning": "A one-layer Transformer learns to recall the far token within the budget."},
    "lstm_fails": {"unit": "share of runs",
        "bounds": [0.5, 1.0], "arm": "claim", "interval": "share",
        "meaning": "An LSTM as libraries start it, always trained at the far lag, does not learn it."},
    "rnn_fails": {"unit": "share of runs",
        "bounds": [0.5, 1.0], "arm": "claim", "interval": "share",
        "meaning": "A tanh RNN, always trained at the far lag, does not learn it."},
    "lstm_solves_forget_bias": {"unit": "share of runs",
        "bounds": [0.5, 1.0], "arm": "claim", "interval": "share",
        "meaning": "The same LSTM with forget biases starting at 5 learns it."},
    "lstm_solves_chrono": {"unit": "share of runs",
        "bounds": [0.5, 1.0], "arm": "claim", "interval": "share",
        "meaning": "The same LSTM with forget biases spread over the lag (chrono) learns it."},
    "lstm_solves_mixed": {"unit": "share of runs",
        "bounds": [0.5, 1.0], "arm": "claim", "interval": "share",
        "meaning": "The LSTM as libraries start it learns the far lag when it practises on all lags."},
    "same_outcome_other_start": {"unit": "share of runs",
        "bounds": [0.5, 1.0], "arm": "claim", "interval": "share",
        "meaning": "Two LSTMs with the same path length, started differently (chrono or not), end the same."},
    "same_outcome_other_lessons": {"unit": "share of runs",
        "bounds": [0.5, 1.0], "arm": "claim", "interval": "share",
        "meaning": "Two LSTMs with the same path length, trained on mixed lags or on one, end the same."},
    "attention_solves_windowed": {"unit": "share of runs",
        "bounds": [0.5, 1.0], "arm": "control", "must": "fail", "interval": "share",
        "meaning": "A Transformer whose window ends one token short of the key learns to recall it."},
    "lstm_fails_near": {"unit": "share of runs",
        "bounds": [0.5, 1.0], "arm": "control", "must": "fail", "interval": "share",
        "meaning": "The LSTM as libraries start it does not learn to recall a near token (5 back) either."},
    "rnn_fails_near": {"unit": "share of runs",
        "bounds": [0.5, 1.0], "arm": "control", "must": "fail", "interval": "share",
        "meaning": "The tanh RNN does not learn to recall a near token (5 back) either."},
    "lstm_solves_shut": {"unit": "share of runs",
        "bounds": [0.5, 1.0], "arm": "control", "must": "fail", "interval": "share",
        "meaning": "With forget biases starting at -5, gates shut, the LSTM learns the far lag."},
    "same_outcome_near": {"unit": "share of runs",
        "bounds": [0.5, 1.0], "arm": "control", "must": "pass", "interval": "share",
        "meaning": "At the near lag the two starts (chrono or not) end the same."},
}
# fmt: on

SYMBOLS, FILLERS = 8, 8
"""Keys to recall, and tokens that mean nothing; the question mark is one more."""
HALFWAY = (1.0 / SYMBOLS + 1.0) / 2.0
"""Accuracy halfway between answering blindly and always being right: above it a task counts as solved."""
ENOUGH = 0.05
"""Nats per answer at which training stops."""
FORGETFUL, MINDFUL = -5.0, 5.0
"""Forget biases at which a gate begins shut and open."""
PRACTICE, TEST = 1, 2
"""Streams of random numbers of a seed: weights and training data, test data."""

Draw = Callable[[torch.Generator, int], Batch]
"""(generator, sequences) -> a batch."""


@dataclass(frozen=True)
class Run:
    """One network after training."""

    model: Tagger
    learning_rate: float
    loss: float
    """Of the last training steps, nats."""
    accuracy: float
    """On fresh sequences with the key at the lag it was trained for."""

    @property
    def solved(self) -> bool:
        """Whether it is right more often than halfway between chance and always."""
        return self.accuracy > HALFWAY


def trial(lab: Lab) -> None:
    """One run of every network, in one arm."""
    if lab.arm == "claim":
        _far(lab)
    else:
        _near_or_cut(lab)


def _far(lab: Lab) -> None:
    """Everyone at the far lag; then the same LSTM, begun or taught differently."""
    lag = lab.size["lag"]
    default = trained(lab, "lstm", lag)
    chrono = trained(lab, "lstm", lag, chrono=lag + 1)
    biased = trained(lab, "lstm", lag, forget_bias=MINDFUL)
    mixed = trained(lab, "lstm", lag, mixed=True)
    attention = trained(lab, "transformer", lag)
    rnn = trained(lab, "rnn", lag)
    runs = {
        "Transformer": attention,
        "tanh RNN": rnn,
        "LSTM": default,
        "LSTM, forget bias 5": biased,
        "LSTM, chrono": chrono,
    }
    for curve, run in runs.items():
        lab.point(curve, lag, run.accuracy)
    for near in range(lab.size["near"], lag + 1, 5):
        lab.point("LSTM, mixed lags", near, accuracy_at(lab, mixed.model, near, length=lag + 1))
    lab.check("attention_solves", attention.solved)
    lab.check("lstm_fails", not default.solved)
    lab.check("rnn_fails", not rnn.solved)
    lab.check("lstm_solves_forget_bias", biased.solved)
    lab.check("lstm_solves_chrono", chrono.solved)
    lab.check("lstm_solves_mixed", mixed.solved)
    lab.check("same_outcome_other_start", default.solved == chrono.solved)
    lab.check("same_outcome_other_lessons", default.solved == mixed.solved)
    if lab.seed % 1000 == 0:
        _say(lab, {**runs, "LSTM, mixed lags": mixed})
        _draw_more(lab)


def _near_or_cut(lab: Lab) -> None:
    """A near key, a window that ends before the key, gates that begin shut."""
    lag, near = lab.size["lag"], lab.size["near"]
    lstm = trained(lab, "lstm", near)
    chrono = trained(lab, "lstm", near, chrono=near + 1)
    rnn = trained(lab, "rnn", near)
    windowed = trained(lab, "transformer", lag, window=lag, steps=lab.size["steps"] // 2)
    shut = trained(lab, "lstm", lag, forget_bias=FORGETFUL)
    lab.point("LSTM", near, lstm.accuracy)
    lab.point("tanh RNN", near, rnn.accuracy)
    lab.point("Transformer, window", lag, windowed.accuracy)
    lab.point("LSTM, gates shut", lag, shut.accuracy)
    lab.check("lstm_fails_near", not lstm.solved)
    lab.check("rnn_fails_near", not rnn.solved)
    lab.check("same_outcome_near", lstm.solved == chrono.solved)
    lab.check("attention_solves_windowed", windowed.solved)
    lab.check("lstm_solves_shut", shut.solved)


def trained(
    lab: Lab,
    kind: str,
    lag: int,
    *,
    mixed: bool = False,
    rates: list[float] | None = None,
    steps: int | None = None,
    **options: Any,  # noqa: ANN401 - the model's own, which checks them
) -> Run:
    """The best run over the learning rates: the lowest training loss. Stops at a rate that learned it.

    mixed: train with the key at a random place, not always `lag` tokens before the end.
    rates, steps: the profile's where none are given.
    """

    def draw(generator: torch.Generator, rows: int) -> Batch:
        if mixed:
            return tasks.recall_mixed(generator, rows, length=lag + 1, symbols=SYMBOLS, fillers=FILLERS)
        return tasks.recall(generator, rows, lag=lag, symbols=SYMBOLS, fillers=FILLERS)

    best: tuple[float, float, Tagger] | None = None
    for rate in rates or lab.size["rates"]:
        recipe = train.Recipe(steps=steps or lab.size["steps"], learning_rate=rate, clip=1.0, enough=ENOUGH)
        model, loss = _fitted(lab, kind, recipe, draw, options)
        if best is None or loss < best[0]:
            best = loss, rate, model
        if loss < ENOUGH:
            break
    assert best is not None
    loss, rate, model = best
    return Run(model, rate, loss, accuracy_at(lab, model, lag, length=lag + 1))


def _fitted(
    lab: Lab, kind: str, recipe: train.Recipe, draw: Draw, options: dict[str, Any]
) -> tuple[Tagger, float]:
    """A fresh network after training, and its last training loss."""
    generator = stream(lab, PRACTICE)
    model = build(lab, kind, generator, **options)
    fit = train.fit(model, lambda: draw(generator, lab.size["batch"]).to(lab.device), recipe)
    return model, fit.final()


def build(
    lab: Lab,
    kind: str,
    generator: torch.Generator,
    *,
    window: int | None = None,
    **options: Any,  # noqa: ANN401 - the model's own, which checks them
) -> Tagger:
    """A fresh network of that kind; `window` closes a Transformer's view after so many tokens."""
    width = lab.size["width"]
    if kind == "transformer":
        options = {"layers": 1, "causal": True, "positions": "sinusoidal", **options}
    body = core(kind, width, generator=generator, device=lab.device, **options)
    if window is not None:
        for block in body.modules():
            if isinstance(block, Block):
                block.attention.window = window
    return Tagger(
        body,
        width=width,
        tokens=SYMBOLS + FILLERS + 1,
        classes=SYMBOLS,
        generator=generator,
        device=lab.device,
    )


def accuracy_at(lab: Lab, model: Tagger, lag: int, *, length: int) -> float:
    """The share of fresh sequences, of that length, whose key `lag` tokens back the network names."""
    batch = tasks.recall(
        stream(lab, TEST), lab.size["tested"], lag=lag, symbols=SYMBOLS, fillers=FILLERS, length=length
    )
    return train.accuracy(model, batch.to(lab.device))


def stream(lab: Lab, which: int) -> torch.Generator:
    """Random numbers that depend on the seed and on what they are for, and not on what was drawn before."""
    return torch.Generator().manual_seed(lab.seed * 7919 + which)


def _say(lab: Lab, runs: dict[str, Run]) -> None:
    """Size, state and learning rate of every network, once."""
    for name, run in runs.items():
        kept = state_bytes(run.model, lab.size["lag"] + 1)
        lab.note(
            f"{name}: {parameters(run.model)} parameters, {kept} bytes of state, "
            f"learning rate {run.learning_rate:g} of {lab.size['rates']}, accuracy {run.accuracy:.2f}"
        )


def _draw_more(lab: Lab) -> None:
    """Accuracy at other lags, as curves only."""
    names = {"lstm": "LSTM", "rnn": "tanh RNN", "gru": "GRU"}
    for kind, lags in lab.size["drawn"].items():
        for lag in lags:
            lab.point(names[kind], lag, trained(lab, kind, lag).accuracy)
