"""What a linear probe reads from the state of an LSTM: the token k steps back, before and after training.

An LSTM of width 64 reads 24 random symbols out of 8, every one equally likely whatever came before, so
that no token tells anything about another. A probe is a linear map from its last hidden state h_T to the 8
symbols, fitted by ridge regression on half of the sequences and asked about the other half: how often is
its highest score the token that stood k places before the last? Guessing is right once in 8. Probed are the
LSTM as torch initialises it and the same LSTM after learning to predict the next symbol of an order-2
Markov chain, of which a perfect predictor needs exactly the last two tokens. The learning rate is the one
of two with the lower loss on fresh sequences. Probes are fitted in float64 on the CPU.

The controls: the same probe with its training labels shuffled, which must find nothing, and an LSTM without
memory (no recurrent weights, forget gates shut), whose state must show the last token and not the one
before.

It does not show that the network uses what the probe finds: that something can be read from a state and
that the output depends on it are two questions, and the second needs an intervention. Nor that all a state
holds is found: the probe is linear, so what it misses may still be there in another form. Nor does it say
anything about large language models, whose states hold less tidy things than symbols.
"""

from __future__ import annotations

import copy
import math
from dataclasses import dataclass
from statistics import fmean

import torch
from torch import Tensor
from torch.nn import functional

from .. import tasks
from ..lab import Lab
from ..models.lstm import LSTM
from ..models.tagger import Tagger, core, parameters
from ..train import Fit, Recipe, cross_entropy, fit, tuned

TITLE = "What a probe reads from an LSTM's state"

PLOT = {"x": "steps back", "y": "accuracy of the probe", "x_log": False, "y_log": False}

LOOKS = (5, 8)

PROFILES = {
    "quick": {"width": 64, "length": 24, "sequences": 4000, "steps": 200, "batch": 32},
    "full": {"width": 128, "length": 48, "sequences": 20000, "steps": 500, "batch": 64},
}

# fmt: off
CHECKS = {
    "untrained_recent": {"unit": "accuracy, worse of 0 and 1 steps back",
        "bounds": [None, 0.8], "arm": "claim", "interval": "mean",
        "meaning": "A linear probe of an untrained LSTM's state names the last two tokens; guessing is 1/8."},
    "trained_recent": {"unit": "accuracy, worse of 0 and 1 steps back",
        "bounds": [None, 0.8], "arm": "claim", "interval": "mean",
        "meaning": "The same after training, on the tokens that its task needs."},
    "training_discards": {"unit": "accuracy, 4 steps back",
        "bounds": [0.1, None], "arm": "claim", "interval": "mean",
        "meaning": "Training made a token that the task does not need harder to read."},
    "shuffled_untrained": {"unit": "accuracy, mean of 0 and 1 steps back",
        "bounds": [None, 0.2], "arm": "control", "must": "pass", "interval": "mean",
        "meaning": "A probe fitted to shuffled labels finds nothing in an untrained LSTM."},
    "shuffled_trained": {"unit": "accuracy, mean of 0 and 1 steps back",
        "bounds": [None, 0.2], "arm": "control", "must": "pass", "interval": "mean",
        "meaning": "A probe fitted to shuffled labels finds nothing in a trained LSTM."},
    "no_memory_before": {"unit": "accuracy, 1 step back",
        "bounds": [None, 0.2], "arm": "control", "must": "pass", "interval": "mean",
        "meaning": "Where nothing is carried over, the probe must not find the token before the last."},
    "no_memory_now": {"unit": "accuracy, 0 steps back",
        "bounds": [None, 0.8], "arm": "control", "must": "fail", "interval": "mean",
        "meaning": "In the same state the probe must find the last token, which is there."},
    "same_state_discards": {"unit": "accuracy, 4 steps back",
        "bounds": [0.1, None], "arm": "control", "must": "fail", "interval": "mean",
        "meaning": "Between two untrained LSTMs there must be no such difference as training makes."},
}
# fmt: on

SYMBOLS, ORDER = 8, 2
STEPS_BACK = (0, 1, 2, 4, 8, 12, 16)
RECENT = (0, 1)
"""What a predictor of an order-2 chain needs."""
OLD = 4
"""What it does not need, and an untrained state still shows."""
RATES = (5e-3, 1e-2)
NEAR = 0.1
"""Nats above the best possible loss at which training ends."""
SHUFFLES = 6
"""Shuffled probes per place: a state falls into 8 groups by its last token, so one probe is a few dice."""
SHUT = -20.0
"""A forget bias that lets nothing through."""


@dataclass(frozen=True)
class Scene:
    """What both arms of one seed share."""

    probed: Tensor
    """Tokens [sequences, length]."""
    untrained: Tagger
    table: Tensor
    """Chances of the next symbol of the chain to learn, [symbols ** 2, symbols]."""
    seed: int
    """Training and shuffling draw from generators that start here."""


def trial(lab: Lab) -> None:
    """One LSTM, in one arm."""
    scene = prepare(lab)
    before = probe_all(scene, scene.untrained)
    trained, learned = learn(lab, scene)
    if lab.arm == "claim":
        after = probe_all(scene, trained)
        _draw(lab, "untrained", before)
        _draw(lab, "trained", after)
        if not learned:
            after = dict.fromkeys(after, math.nan)
        lab.check("untrained_recent", min(before[back] for back in RECENT))
        lab.check("trained_recent", min(after[back] for back in RECENT))
        lab.check("training_discards", before[OLD] - after[OLD])
        return
    for name, model in (("untrained", scene.untrained), ("trained", trained)):
        found = probe_all(scene, model, shuffles=SHUFFLES)
        _draw(lab, f"{name}, labels shuffled", found)
        lab.check(f"shuffled_{name}", fmean(found[back] for back in RECENT))
    forgetful = probe_all(scene, without_memory(scene, lab))
    _draw(lab, "no memory", forgetful)
    lab.check("no_memory_before", forgetful[1])
    lab.check("no_memory_now", forgetful[0])
    other = make(lab, torch.Generator().manual_seed(scene.seed + 1))
    lab.check("same_state_discards", before[OLD] - probe_all(scene, other)[OLD])


def _draw(lab: Lab, curve: str, found: dict[int, float]) -> None:
    for back, accuracy in found.items():
        lab.point(curve, back, accuracy)


def prepare(lab: Lab) -> Scene:
    """The tokens to probe with, an untrained LSTM and a chain to learn, the same in both arms."""
    size = lab.size
    probed = torch.randint(SYMBOLS, (size["sequences"], size["length"]), generator=lab.generator)
    table = tasks.markov_table(lab.generator, symbols=SYMBOLS, order=ORDER)  # [symbols ** 2, symbols]
    model = make(lab, lab.generator)
    if lab.seed % 1000 == 0 and lab.arm == "claim":
        state = 2 * size["width"] * 4
        lab.note(f"{parameters(model)} parameters; h and c are {state} bytes, of which h is probed.")
    seed = int(torch.randint(2**62, (), generator=lab.generator))
    return Scene(probed=probed.to(lab.device), untrained=model, table=table, seed=seed)


def make(lab: Lab, generator: torch.Generator) -> Tagger:
    """A network that predicts the next symbol, with an LSTM as torch initialises it."""
    width = lab.size["width"]
    return Tagger(
        core("lstm", width, generator=generator, device=lab.device),
        width=width,
        tokens=SYMBOLS,
        classes=SYMBOLS,
        generator=generator,
        device=lab.device,
    )


def without_memory(scene: Scene, lab: Lab) -> Tagger:
    """The untrained network with an LSTM that carries nothing from one token to the next."""
    width = lab.size["width"]
    model = copy.deepcopy(scene.untrained)
    generator = torch.Generator().manual_seed(scene.seed)
    cell = LSTM(width, generator=generator, forget_bias=SHUT, dtype=torch.float32, device=lab.device)
    with torch.no_grad():
        cell.weight_hh.zero_()  # [4 width, width]
        for layer in model.core.modules():
            if isinstance(layer, torch.nn.LSTM):
                layer.load_state_dict({f"{name}_l0": value for name, value in cell.state_dict().items()})
    return model


# ---- training ---------------------------------------------------------------------------------------


def learn(lab: Lab, scene: Scene) -> tuple[Tagger, bool]:
    """The network after learning to predict the chain, and whether it did."""
    size = lab.size
    fresh = tasks.markov(
        torch.Generator().manual_seed(scene.seed + 2), 256, table=scene.table, length=size["length"]
    ).to(lab.device)

    floor, guessing = tasks.markov_floor(scene.table, order=ORDER), math.log(SYMBOLS)
    # Every sequence is used once; drawing them together is much faster than batch by batch.
    whole = tasks.markov(
        torch.Generator().manual_seed(scene.seed),
        size["steps"] * size["batch"],
        table=scene.table,
        length=size["length"],
    ).to(lab.device)

    def train(model: torch.nn.Module, rate: float) -> Fit:
        first = iter(range(0, size["steps"] * size["batch"], size["batch"]))

        def following() -> tasks.Batch:
            start = next(first)
            return whole.rows(torch.arange(start, start + size["batch"], device=lab.device))

        return fit(
            model,
            following,
            Recipe(steps=size["steps"], learning_rate=rate, clip=1.0, enough=floor + NEAR),
        )

    def loss(model: torch.nn.Module, made: Fit) -> float:
        if made.diverged:
            return math.inf
        with torch.no_grad():
            return float(cross_entropy(model, fresh))

    best = tuned(lambda: copy.deepcopy(scene.untrained), train, RATES, loss)
    reached = min(score for _, score in best.tried)
    learned = reached < (floor + guessing) / 2.0
    if lab.arm == "claim" and (lab.seed % 1000 == 0 or not learned):
        lab.note(
            f"Learning rate {best.learning_rate:g}: {reached:.2f} nats per symbol after {best.fit.steps} "
            f"steps; guessing {guessing:.2f}, no predictor below {floor:.2f}."
            + ("" if learned else " It did not learn in this budget.")
        )
    assert isinstance(best.model, Tagger)
    return best.model, learned


# ---- probing ----------------------------------------------------------------------------------------


def probe_all(scene: Scene, model: Tagger, *, shuffles: int = 0) -> dict[int, float]:
    """Steps back -> how often a probe of the last state names the token there, on unseen sequences.

    With `shuffles` the mean over so many probes, each fitted to labels in another random order.
    """
    with torch.no_grad():
        states = model.states(scene.probed)[:, -1].double().cpu()  # [sequences, width]
    generator = torch.Generator().manual_seed(scene.seed)
    half = len(states) // 2
    found = {}
    for back in STEPS_BACK:
        tokens = scene.probed[:, scene.probed.shape[1] - 1 - back].cpu()  # [sequences]
        orders = [torch.randperm(half, generator=generator) for _ in range(shuffles)]  # [half] each
        orders = orders or [torch.arange(half)]  # [half]
        probes = [Probe.fitted(states[:half], tokens[:half][order]) for order in orders]
        right = [probe.guesses(states[half:]) == tokens[half:] for probe in probes]  # [half] each
        found[back] = fmean(float(hits.double().mean()) for hits in right)
    return found


@dataclass(frozen=True)
class Probe:
    """A linear map from states to symbols."""

    weight: Tensor
    """[width + 1, symbols], the last row for a constant."""
    centre: Tensor
    """[width], the mean of the states it was fitted to."""

    @classmethod
    def fitted(cls, states: Tensor, labels: Tensor, penalty: float = 1e-3) -> Probe:
        """Ridge regression of the labels [sequences], as ones and zeros, on states [sequences, width].

        The penalty is a share of the mean variance of the states, so their scale does not matter.
        """
        centre = states.mean(dim=0)  # [width]
        inputs = with_constant(states - centre)  # [sequences, width + 1]
        wanted = functional.one_hot(labels, SYMBOLS).to(states.dtype)  # [sequences, symbols]
        gram = inputs.T @ inputs  # [width + 1, width + 1]
        ridge = penalty * gram.diagonal()[:-1].mean() * torch.ones_like(gram.diagonal())  # [width + 1]
        ridge[-1] = 0.0  # the constant goes free
        return cls(torch.linalg.solve(gram + ridge.diag(), inputs.T @ wanted), centre)

    def guesses(self, states: Tensor) -> Tensor:
        """The symbol with the highest score for every state [sequences, width]: [sequences]."""
        scores = with_constant(states - self.centre) @ self.weight  # [sequences, symbols]
        return scores.argmax(dim=1)  # [sequences]


def with_constant(states: Tensor) -> Tensor:
    """States with a one behind: [sequences, width] -> [sequences, width + 1]."""
    return torch.cat((states, torch.ones_like(states[:, :1])), dim=1)  # [sequences, width + 1]
