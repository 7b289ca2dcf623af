"""Which networks have to be trained with gradient clipping, and which clipping cannot help.

A network reads 100 tokens and says at every one which symbol was there two tokens before (chance: the log
of the number of symbols, in nats; perfect: 0). Clipping scales all gradients together down to norm 1 when
they are larger. The number of a run is what it learned: 1 - final loss / chance, the final loss being the
mean training loss of the last 10 steps; every batch is new, so training loss is test loss. 1 is perfect, 0
is a guess, and a run that ends with no finite number counts as 0. What clipping gains is that number with
clipping less the same without. All runs of a seed begin with the same random numbers and see the same
sequences for the same number of steps. A gradient over 10, ten times what clipping lets by, counts as
exploded.

Recurrent networks begin with an orthogonal recurrent matrix times a gain: tanh with gain 2 (its states are
bounded, its gradients grow backwards), relu with gain 1.65 (both grow) and with gain 1 (neither does before
training). They are trained by plain gradient descent, with clipping and without, at a grid of rates each,
of which the best counts; without clipping it has smaller rates too, so that it would show could one of them
do what clipping does. Of relu with gain 1 only the largest gradient that it meets in training without
clipping at rate 1 is recorded. Relu with gain 3 is the case in which the loss itself overflows, and counts
as no gain. The tanh network with gain 2 is trained once more by Adam without clipping, for longer in the
quick profile. An LSTM and a Transformer (rotary positions) as usually initialised are trained by Adam with
and without, at the best of the same rates. Where a network learns neither way the gain is no number, because
then there is no telling.

Controls: with torch's default initialisation in place of gain 2, the tanh network must be as good without
clipping; relu with gain 1.65, at rate 1, must not look as if clipping were idle; the first gradient of tanh
with gain 2 must not look small; and with targets that have nothing to do with the inputs Adam must learn
nothing.

It does not show that a network could never be trained without clipping: it had so many steps and these
rates, and where gradients explode less, as in relu with gain 1.5, one start in ten learns something without.
It does not show anything about large models: large Transformers are trained with clipping, against
the spikes of long runs. Nor is every cure for exploding gradients here: gates, small or orthogonal
initialisation and normalisation keep them from exploding in the first place.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import torch

from .. import tasks, train
from ..lab import Lab
from ..models.tagger import Tagger, core, parameters, state_bytes

TITLE = "Training with and without gradient clipping"

PLOT = {"x": "training step", "y": "loss (nats)", "x_log": False, "y_log": False}

LOOKS = (4, 6)

PROFILES = {
    "quick": {
        "length": 100,
        "batch": 8,
        "steps": 60,
        "adam_steps": 80,
        "clipped_rates": [1.0, 0.7],
        "sgd_rates": [1.0, 0.7, 0.05],
        "adam_rates": [0.01, 0.03],
    },
    "full": {
        "length": 100,
        "batch": 16,
        "steps": 150,
        "adam_steps": 150,
        "clipped_rates": [1.0, 0.3, 0.1],
        "sgd_rates": [1.0, 0.3, 0.1, 0.03, 0.01, 0.001],
        "adam_rates": [0.01, 0.03, 0.003, 0.001],
    },
}

# fmt: off
CHECKS = {
    "tanh_first_norm": {"unit": "log10",
        "bounds": [1.0, None], "arm": "claim", "interval": "mean",
        "meaning": "The size of a tanh RNN's gradient before training, gain 2; over 10 counts as exploded."},
    "tanh_clipping_gain": {"unit": "share of chance loss removed",
        "bounds": [0.5, None], "arm": "claim", "interval": "mean",
        "meaning": "What clipping gains over the best rate without, for a tanh RNN with gain 2."},
    "relu_clipping_gain": {"unit": "share of chance loss removed",
        "bounds": [0.5, None], "arm": "claim", "interval": "mean",
        "meaning": "The same for a relu RNN with gain 1.65."},
    "relu_gain_1_first_norm": {"unit": "log10",
        "bounds": [None, 1.0], "arm": "claim", "interval": "mean",
        "meaning": "The size of a relu RNN's gradient before training, gain 1: not exploded."},
    "relu_gain_1_growth": {"unit": "log10",
        "bounds": [0.5, None], "arm": "claim", "interval": "range",
        "meaning": "The largest gradient of that relu RNN in training without clipping, over its first."},
    "lstm_first_norm": {"unit": "log10",
        "bounds": [None, 1.0], "arm": "claim", "interval": "mean",
        "meaning": "The size of an LSTM's gradient before training, default init: not exploded."},
    "lstm_clipping_gain": {"unit": "share of chance loss removed",
        "bounds": [-0.1, 0.1], "arm": "claim", "interval": "mean",
        "meaning": "An LSTM with default init learns the task just as well without clipping."},
    "transformer_first_norm": {"unit": "log10",
        "bounds": [None, 1.0], "arm": "claim", "interval": "mean",
        "meaning": "The size of a Transformer's gradient before training: not exploded."},
    "transformer_clipping_gain": {"unit": "share of chance loss removed",
        "bounds": [-0.1, 0.1], "arm": "claim", "interval": "mean",
        "meaning": "A Transformer learns the task just as well without clipping."},
    "adam_unclipped": {"unit": "share of chance loss removed",
        "bounds": [0.5, None], "arm": "claim", "interval": "mean",
        "meaning": "What the tanh RNN with gain 2 learns without clipping when Adam trains it."},
    "overflow_clipping_gain": {"unit": "share of chance loss removed",
        "bounds": [-0.1, 0.1], "arm": "claim", "interval": "mean",
        "meaning": "Clipping is no help to a relu RNN with gain 3, whose loss itself overflows."},
    "default_clipping_gain": {"unit": "share of chance loss removed",
        "bounds": [0.5, None], "arm": "control", "must": "fail", "interval": "mean",
        "meaning": "Clipping must not gain anything for a tanh RNN whose recurrent weights begin small."},
    "default_first_norm": {"unit": "log10",
        "bounds": [1.0, None], "arm": "control", "must": "fail", "interval": "mean",
        "meaning": "The first gradient of that RNN must not pass for an exploded one."},
    "default_unclipped": {"unit": "share of chance loss removed",
        "bounds": [0.5, None], "arm": "control", "must": "pass", "interval": "mean",
        "meaning": "That RNN must learn the task without clipping, by gradient descent."},
    "expansive_looks_idle": {"unit": "share of chance loss removed",
        "bounds": [-0.1, 0.1], "arm": "control", "must": "fail", "interval": "mean",
        "meaning": "Clipping must not look idle for the relu RNN with gain 1.65."},
    "expansive_looks_small": {"unit": "log10",
        "bounds": [None, 1.0], "arm": "control", "must": "fail", "interval": "mean",
        "meaning": "The first gradient of the tanh RNN with gain 2 must not pass for a small one."},
    "adam_on_noise": {"unit": "share of chance loss removed",
        "bounds": [0.5, None], "arm": "control", "must": "fail", "interval": "mean",
        "meaning": "With random targets Adam must not seem to learn."},
}
# fmt: on

WIDTH = 64
SYMBOLS, LAG = 16, 2
CHANCE = math.log(SYMBOLS)
"""The loss of a guess, in nats."""
THRESHOLD = 1.0
"""The largest norm that clipping lets by."""
ENOUGH = 0.25
"""A run ends when its loss is below this, in nats: it has learned 0.91 of what there is."""
NOISY_STEPS = 20
"""Steps on targets that cannot be learned."""
EVERY = 5
"""Steps between two points of a learning curve."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """A network and how it is trained."""

    name: str
    kind: str = "rnn"
    options: dict[str, Any] = field(default_factory=dict)
    optimizer: str = "sgd"


def expansive(nonlinearity: str, gain: float, optimizer: str = "sgd") -> Case:
    """A simple recurrent network that begins with an orthogonal recurrent matrix times the gain."""
    options = {"nonlinearity": nonlinearity, "recurrent": "orthogonal", "gain": gain}
    name = f"{nonlinearity} RNN, gain {gain:g}"
    return Case(name=name, options=options, optimizer=optimizer)


TANH = expansive("tanh", 2.0)
TANH_ADAM = expansive("tanh", 2.0, optimizer="adam")
RELU = expansive("relu", 1.65)
RELU_GAIN_1 = expansive("relu", 1.0)
OVERFLOW = expansive("relu", 3.0)
DEFAULT = Case(name="tanh RNN, default init")
LSTM = Case(name="LSTM", kind="lstm", optimizer="adam")
TRANSFORMER = Case(
    name="Transformer",
    kind="transformer",
    options={"causal": True, "fused": True, "positions": "rotary"},
    optimizer="adam",
)


def trial(lab: Lab) -> None:
    """Train the networks of one arm."""
    if lab.arm == "claim":
        _say(lab)
        _need_it(lab)
        _need_it_not(lab)
    else:
        _without_cause(lab)


def _say(lab: Lab) -> None:
    """What the networks are, once a run."""
    if lab.seed % 1000 == 0:
        models = {case.name: build(lab, case) for case in (TANH, LSTM, TRANSFORMER)}
        length = lab.size["length"]
        sizes = ", ".join(
            f"{name} {parameters(model)} ({state_bytes(model, length)})" for name, model in models.items()
        )
        lab.note(
            f"Parameters (bytes of state after {length} tokens): {sizes}. Rates with clipping "
            f"{lab.size['clipped_rates']}, without {lab.size['sgd_rates']}; Adam's {lab.size['adam_rates']}."
        )


def _need_it(lab: Lab) -> None:
    """Recurrent networks trained by gradient descent."""
    clipped, unclipped = both(lab, TANH)
    lab.check("tanh_first_norm", math.log10(clipped.norms[0]))
    lab.check("tanh_clipping_gain", gain(lab, TANH, learned(clipped), unclipped))
    clipped, unclipped = both(lab, RELU)
    lab.check("relu_clipping_gain", gain(lab, RELU, learned(clipped), unclipped))
    grown = run(lab, RELU_GAIN_1, clip=False)
    lab.check("relu_gain_1_first_norm", math.log10(grown.norms[0]))
    # A run that ends with infinite numbers met a gradient that float32 cannot hold.
    lab.check("relu_gain_1_growth", math.log10(min(max(grown.norms), 1e38) / grown.norms[0]))


def _need_it_not(lab: Lab) -> None:
    """Networks that do not explode, an optimiser that rescales, and a loss that is lost anyway."""
    for case, name in ((LSTM, "lstm"), (TRANSFORMER, "transformer")):
        clipped, unclipped = both(lab, case)
        lab.check(f"{name}_first_norm", math.log10(clipped.norms[0]))
        lab.check(f"{name}_clipping_gain", gain(lab, case, learned(clipped), unclipped))
    lab.check("adam_unclipped", learned(best(lab, TANH_ADAM, clip=False, steps=lab.size["adam_steps"])))
    clipped, unclipped = both(lab, OVERFLOW)
    lab.check("overflow_clipping_gain", learned(clipped) - unclipped)


def _without_cause(lab: Lab) -> None:
    """A contractive network, bounds met from the other side, and nothing to learn."""
    clipped, unclipped = both(lab, DEFAULT)
    lab.check("default_unclipped", unclipped)
    lab.check("default_clipping_gain", learned(clipped) - unclipped)
    lab.check("default_first_norm", math.log10(clipped.norms[0]))
    with_it, without = (learned(run(lab, RELU, clip=clip)) for clip in (True, False))
    lab.check("expansive_looks_idle", with_it - without)
    one_step = run(lab, TANH, clip=True, steps=1)
    lab.check("expansive_looks_small", math.log10(one_step.norms[0]))
    lab.check("adam_on_noise", learned(best(lab, TANH_ADAM, clip=False, steps=NOISY_STEPS, noise=True)))


def both(lab: Lab, case: Case) -> tuple[train.Fit, float]:
    """The run with clipping, and what was learned without, each at its best rate."""
    return best(lab, case, clip=True), learned(best(lab, case, clip=False))


def best(lab: Lab, case: Case, *, clip: bool, steps: int = 0, noise: bool = False) -> train.Fit:
    """The run at the rate with the lowest final loss; rates are tried in turn until one has learned all."""
    found: list[train.Fit] = []
    for rate in rates(lab, case, clip):
        found.append(run(lab, case, clip=clip, rate=rate, steps=steps, noise=noise))
        if found[-1].final() < ENOUGH:
            break
    return min(found, key=train.Fit.final)


def rates(lab: Lab, case: Case, clip: bool) -> Sequence[float]:
    """The learning rates of the case's optimiser."""
    kind = "clipped" if clip and case.optimizer == "sgd" else case.optimizer
    grid: Sequence[float] = lab.size[f"{kind}_rates"]
    return grid


def gain(lab: Lab, case: Case, clipped: float, unclipped: float) -> float:
    """What was learned with clipping less what was learned without; no number when neither learned."""
    if max(clipped, unclipped) < 0.5:
        lab.note(f"{case.name} did not learn in this budget, with or without clipping.")
        return math.nan
    return clipped - unclipped


def build(lab: Lab, case: Case) -> Tagger:
    """The network of this seed, the same whenever it is built."""
    generator = torch.Generator().manual_seed(2 * lab.seed)
    body = core(case.kind, WIDTH, generator=generator, device=lab.device, **case.options)
    return Tagger(body, width=WIDTH, tokens=SYMBOLS, classes=SYMBOLS, generator=generator, device=lab.device)


def sequences(lab: Lab, generator: torch.Generator, noise: bool) -> tasks.Batch:
    """The next batch; `noise` asks for symbols that are not in the inputs."""
    draw = partial(tasks.delayed_copy, length=lab.size["length"], symbols=SYMBOLS, lag=LAG)
    batch = draw(generator, lab.size["batch"])
    if noise:
        batch = tasks.Batch(batch.inputs, draw(generator, lab.size["batch"]).targets)
    return batch.to(lab.device)


def run(
    lab: Lab, case: Case, *, clip: bool, rate: float = 0.0, steps: int = 0, noise: bool = False
) -> train.Fit:
    """Train a network of this seed, drawing its learning curve if the rate is the first of the grid.

    rate and steps: the first of the grid and the profile's own when zero.
    """
    first = rates(lab, case, clip)[0]
    recipe = train.Recipe(
        steps=steps or lab.size["steps"],
        learning_rate=rate or first,
        optimizer=case.optimizer,
        clip=THRESHOLD if clip else None,
        enough=ENOUGH,
    )
    curve = (
        f"{case.name}{', Adam' if case.optimizer == 'adam' else ''}, {'clipped' if clip else 'not clipped'}"
    )
    drawn = recipe.learning_rate == first and not noise

    def watch(step: int, loss: float) -> None:
        if drawn and step % EVERY == 0:
            # A loss of thousands would squeeze all others into the bottom of the plot.
            lab.point(curve, step, min(loss, 1.5 * CHANCE))

    generator = torch.Generator().manual_seed(2 * lab.seed + 1)
    return train.fit(build(lab, case), lambda: sequences(lab, generator, noise), recipe, watch=watch)


def learned(fit: train.Fit) -> float:
    """1 for a perfect run, 0 for one that ends no better than a guess or with no finite number."""
    return max(0.0, 1.0 - fit.final() / CHANCE)
