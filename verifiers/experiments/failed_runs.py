"""How many training runs fail over a sweep of learning rates, for LSTMs, other RNNs and Transformers.

Models of about equal size (26,000 parameters) learn to say which of 8 symbols was there two tokens before:
the same sequences, Adam, no warm-up, no clipping, the same number of steps, over rates from 0.01 to about
0.3. The rates are what is measured, so none is tuned. One definition of failure holds for all: the final
loss (mean of the last 10 steps; every batch is new) is above half of what a guess gets, or some number
overflowed. Two numbers are taken per model and seed, and compared seed by seed: the share of the rates
at which the run failed, and the sensitivity to the rate (Wortsman et al. 2023): the final loss, no worse
than a guess, averaged over the rates, minus that of the best rate. Every model must learn at the lowest
rate, so that the others are failures of stability and none of patience; where one does not, its
comparisons are left open.

The LSTM's sweep is also repeated with its gradients clipped at a norm of 1.

Control: a recurrent network without gates that does stretch its state (a ReLU RNN whose recurrent matrix
is a multiple above 1 of an orthogonal one) must come out less stable than the same LSTM, by both numbers.
The full profile has longer sequences, more steps and a finer sweep, and draws more models: GRU, tanh RNN,
and Transformers without norms and without residuals.

It does not show anything about large models, low precision, natural text or dependencies over hundreds of
tokens, where instabilities of their own begin. A learning rate does not mean the same to two
architectures: what is compared is how much of one common sweep each can bear, and another sweep or another
initialisation can change the order. Nor does a failed run show that it would never learn.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch

from .. import tasks, train
from ..lab import Lab
from ..models.tagger import Tagger, core, parameters, state_bytes

TITLE = "Training runs that fail over a sweep of rates"

PLOT = {"x": "learning rate", "y": "final loss / loss of a guess", "x_log": True, "y_log": False}

LOOKS = (5, 8)

PROFILES = {
    "quick": {
        "length": 16,
        "batch": 24,
        "steps": 50,
        "rates": (0.01, 0.03, 0.1, 0.3),
        "gain": 1.7,
        "others": False,
    },
    "full": {
        "length": 32,
        "batch": 32,
        "steps": 150,
        "rates": (0.01, 0.02, 0.04, 0.08, 0.16, 0.32),
        "gain": 1.5,
        "others": True,
    },
}

# fmt: off
CHECKS = {
    "lstm_minus_pre_failed": {"unit": "share of the rates",
        "bounds": [0.1, None], "arm": "claim", "interval": "mean",
        "meaning": "How many more of the rates an LSTM fails at than a pre-LN Transformer."},
    "lstm_minus_post_failed": {"unit": "share of the rates",
        "bounds": [0.1, None], "arm": "claim", "interval": "mean",
        "meaning": "How many more of the rates an LSTM fails at than a post-LN Transformer."},
    "lstm_minus_pre_sensitivity": {"unit": "nats",
        "bounds": [0.1, None], "arm": "claim", "interval": "mean",
        "meaning": "How much more the rate matters to an LSTM's loss than to a pre-LN Transformer's."},
    "lstm_minus_post_sensitivity": {"unit": "nats",
        "bounds": [0.1, None], "arm": "claim", "interval": "mean",
        "meaning": "How much more the rate matters to an LSTM's loss than to a post-LN Transformer's."},
    "lstm_minus_clipped_sensitivity": {"unit": "nats",
        "bounds": [0.1, None], "arm": "claim", "interval": "mean",
        "meaning": "How much more the rate matters to an LSTM's loss without clipping than with it."},
    "stretching_minus_lstm_failed": {"unit": "share of the rates",
        "bounds": [0.1, None], "arm": "control", "must": "pass", "interval": "mean",
        "meaning": "A ReLU RNN that stretches its state fails at more of the rates than an LSTM."},
    "stretching_minus_lstm_sensitivity": {"unit": "nats",
        "bounds": [0.1, None], "arm": "control", "must": "pass", "interval": "mean",
        "meaning": "The rate matters more to the loss of such a ReLU RNN than to an LSTM's."},
}
# fmt: on

SYMBOLS, LAG = 8, 2
GUESS = math.log(SYMBOLS)
"""The loss of a guess, in nats."""


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A model, with a width that gives it about as many parameters as the others."""

    name: str
    core: str
    width: int
    options: dict[str, Any]
    clip: float | None = None


def transformer(name: str, **options: Any) -> Kind:  # noqa: ANN401 - the model's own options
    """A causal Transformer of two blocks with rotary positions."""
    always = {"layers": 2, "causal": True, "positions": "rotary", "fused": True}
    return Kind(name=name, core="transformer", width=32, options={**always, **options})


LSTM = Kind(name="LSTM", core="lstm", width=56, options={})
PRE = transformer("pre-LN Transformer", norm="pre")
POST = transformer("post-LN Transformer", norm="post")
CLIPPED = Kind(name="LSTM, clipped at 1", core="lstm", width=56, options={}, clip=1.0)


def stretching(gain: float) -> Kind:
    """A ReLU RNN whose recurrent matrix is that many times an orthogonal one."""
    options = {"nonlinearity": "relu", "recurrent": "orthogonal", "gain": gain}
    return Kind(name="stretching ReLU RNN", core="rnn", width=112, options=options)


OTHERS = (
    Kind(name="GRU", core="gru", width=64, options={}),
    Kind(name="tanh RNN", core="rnn", width=112, options={}),
    transformer("Transformer without norms", norm="none"),
    transformer("Transformer without residuals", norm="pre", residual=False),
)
"""What nothing is decided by: drawn in the full profile."""


def trial(lab: Lab) -> None:
    """One sweep per model of the arm, all from the same seed."""
    if lab.arm == "claim":
        _compared(lab)
    else:
        lstm, unstable = sweep(lab, LSTM), sweep(lab, stretching(lab.size["gain"]))
        lab.check("stretching_minus_lstm_failed", failed(unstable) - failed(lstm))
        lab.check("stretching_minus_lstm_sensitivity", sensitivity(unstable) - sensitivity(lstm))


def _compared(lab: Lab) -> None:
    """The LSTM beside the Transformers and beside itself, clipped."""
    lstm, clipped, pre, post = (sweep(lab, kind) for kind in (LSTM, CLIPPED, PRE, POST))
    for name, other in (("pre", pre), ("post", post)):
        fair = lstm[0] <= 0.5 and other[0] <= 0.5
        if not fair:
            lab.note(f"Seed {lab.seed}: LSTM or {name}-LN did not learn in this budget at the lowest rate.")
        lab.check(f"lstm_minus_{name}_failed", failed(lstm) - failed(other) if fair else math.nan)
        more = sensitivity(lstm) - sensitivity(other)
        lab.check(f"lstm_minus_{name}_sensitivity", more if fair else math.nan)
    lab.check("lstm_minus_clipped_sensitivity", sensitivity(lstm) - sensitivity(clipped))
    for kind in OTHERS if lab.size["others"] else ():
        sweep(lab, kind)


def failed(losses: Sequence[float]) -> float:
    """The share of runs whose final loss, as a share of a guess's, is above one half."""
    return sum(loss > 0.5 for loss in losses) / len(losses)


def sensitivity(losses: Sequence[float]) -> float:
    """By how many nats the average run is worse than the best; none counts as worse than a guess."""
    capped = [min(loss, 1.0) for loss in losses]
    return GUESS * (math.fsum(capped) / len(capped) - min(capped))


def sweep(lab: Lab, kind: Kind) -> list[float]:
    """The final loss at every rate, as a share of what a guess gets; infinite when numbers overflowed.

    The runs of a model begin with the same weights, and all models see the same sequences.
    """
    losses = []
    for rate in lab.size["rates"]:
        model = build(lab, kind)
        losses.append(fit(lab, model, kind, rate).final() / GUESS)
        lab.point(kind.name, rate, min(losses[-1], 1.0))
    if lab.seed % 1000 == 0 and (lab.arm == "claim" or kind is not LSTM):
        length = lab.size["length"]
        kept = f"{state_bytes(model, length)} bytes of state after {length} tokens"
        lab.note(f"{kind.name}: {parameters(model)} parameters, {kept}.")
    return losses


def build(lab: Lab, kind: Kind) -> Tagger:
    """A fresh model with this seed's weights."""
    generator = torch.Generator().manual_seed(2 * lab.seed)
    body = core(kind.core, kind.width, generator=generator, device=lab.device, **kind.options)
    return Tagger(
        body,
        width=kind.width,
        tokens=SYMBOLS,
        classes=SYMBOLS,
        generator=generator,
        device=lab.device,
    )


def fit(lab: Lab, model: Tagger, kind: Kind, rate: float) -> train.Fit:
    """Train it at that rate on this seed's sequences."""
    sequences = torch.Generator().manual_seed(2 * lab.seed + 1)
    batch, length = lab.size["batch"], lab.size["length"]
    return train.fit(
        model,
        lambda: tasks.delayed_copy(sequences, batch, length=length, symbols=SYMBOLS, lag=LAG).to(lab.device),
        train.Recipe(steps=lab.size["steps"], learning_rate=rate, clip=kind.clip),
    )
