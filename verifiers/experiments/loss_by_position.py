"""The loss of an LSTM and of a Transformer against how much of the context they have seen.

The data are lookups in a dictionary that is drawn anew for every sequence. A lookup is two tokens: a
key, at which its value is asked, and then that key together with its value. Half of the lookups ask for
the key of the last or the last but one lookup, the others for any key, so there is something to be had
from near and more and more from far: the more lookups one has seen, the more keys are known. The best
possible loss is known exactly: zero for a key seen before, log values for a new one.

A Transformer of one causal layer (no positional encoding, since the order of lookups does not matter)
and an LSTM of one layer with as many parameters to within 3 % get the same number of steps and tokens,
each at its best of a grid of learning rates by training loss. Then the loss at the k-th lookup is
averaged over new sequences, and a line is fitted to it over log2 k, from a quarter of the sequence on
(`late`: from half of it on): nats per doubling of the context. Below -0.02 counts as improving and above
-0.005 as flat; above +0.01 it is getting worse. The same is done with two keys, where all there is to
know has been seen after a few lookups. A network that stays within 10 % of a guess's loss has not
learned, and its numbers are left undecided.

Controls: with one dictionary for all sequences, learned by heart, nothing is to be had from the context,
and both curves must be flat and near zero from the first lookup on. Asking that LSTM for values that are
the less often those of its dictionary the later they are asked must give a rising curve, and the reverse
a falling one: the slope is seen to come out either way.

It does not show where an LSTM on text stops improving. That depends on its width, on its training and on
the data: these have near repeats and far ones with nothing between, and an LSTM in this budget takes the
near ones only; one with few keys to remember goes on improving. Nor does it show that a longer trained
LSTM could not remember more, nor anything about modern linear recurrences, which are trained
differently, nor what a Transformer does beyond the length it was trained on.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from .. import stats, train
from ..lab import Lab
from ..models.tagger import Tagger, core, parameters, state_bytes
from ..tasks import IGNORE, Batch
from ..train import Recipe, Tuned

TITLE = "Loss against the context seen, LSTM and Transformer"

PLOT = {"x": "lookups seen", "y": "nats", "x_log": True, "y_log": False}

LOOKS = (5, 8)

PROFILES = {
    "quick": {
        "lookups": 32, "keys": 16, "steps": 100, "small_steps": 70, "batch": 16, "held_out": 24000,
        "rates": (1e-2, 2e-2), "transformer_width": 32, "lstm_width": 39,
    },
    "full": {
        "lookups": 64, "keys": 32, "steps": 600, "small_steps": 150, "batch": 32, "held_out": 48000,
        "rates": (3e-3, 1e-2, 2e-2), "transformer_width": 48, "lstm_width": 58,
    },
}  # fmt: skip

# fmt: off
CHECKS = {
    "transformer_slope": {"unit": "nats/doubling",
        "bounds": [None, -0.02], "arm": "claim", "interval": "mean",
        "meaning": "The Transformer's loss against log2 of the lookups seen, from a quarter of them on."},
    "transformer_late_slope": {"unit": "nats/doubling",
        "bounds": [None, -0.01], "arm": "claim", "interval": "mean",
        "meaning": "The same from half of them on."},
    "lstm_slope": {"unit": "nats/doubling",
        "bounds": [-0.005, None], "arm": "claim", "interval": "mean",
        "meaning": "The LSTM's loss against log2 of the lookups seen no longer falls."},
    "lstm_rise": {"unit": "nats/doubling",
        "bounds": [0.01, None], "arm": "claim", "interval": "mean",
        "meaning": "The LSTM's loss gets higher with the lookups seen."},
    "lstm_holds_up": {"unit": "nats/doubling",
        "bounds": [None, 0.01], "arm": "claim", "interval": "mean",
        "meaning": "The LSTM's loss does not get higher with the lookups seen."},
    "early_gap": {"unit": "nats, LSTM minus Transformer",
        "bounds": [None, 0.02], "arm": "claim", "interval": "mean",
        "meaning": "Over the first four lookups the LSTM's loss is no higher than the Transformer's."},
    "small_late_slope": {"unit": "nats/doubling",
        "bounds": [-0.01, 0.01], "arm": "claim", "interval": "mean",
        "meaning": "With two keys the Transformer's loss is flat from half of the lookups on."},
    "small_gap": {"unit": "nats, LSTM minus Transformer",
        "bounds": [None, 0.05], "arm": "claim", "interval": "mean",
        "meaning": "With two keys the LSTM gets as low as the Transformer in the second half."},
    "known_transformer_slope": {"unit": "nats/doubling",
        "bounds": [None, -0.02], "arm": "control", "must": "fail", "interval": "mean",
        "meaning": "With a dictionary learned by heart the Transformer's loss does not fall any more."},
    "known_lstm_slope": {"unit": "nats/doubling",
        "bounds": [-0.005, 0.005], "arm": "control", "must": "pass", "interval": "mean",
        "meaning": "Nor does the LSTM's, nor does it rise."},
    "known_loss": {"unit": "nats, the worse of both",
        "bounds": [None, 0.1], "arm": "control", "must": "pass", "interval": "mean",
        "meaning": "Both learn that dictionary by heart."},
    "hardening_slope": {"unit": "nats/doubling",
        "bounds": [0.01, None], "arm": "control", "must": "pass", "interval": "mean",
        "meaning": "When later values are less and less those of the dictionary, the LSTM's loss rises."},
    "easing_slope": {"unit": "nats/doubling",
        "bounds": [-0.005, None], "arm": "control", "must": "fail", "interval": "mean",
        "meaning": "When later values are more and more those of the dictionary, it falls."},
}
# fmt: on

VALUES = 4
SMALL = 2
"""Keys of the small dictionary."""
NEAR, REACH = 0.5, 2
"""The chance that a lookup repeats one of the last so many."""
EARLY = 4
"""Lookups that count as early."""
LEARNED = 0.9
"""A training loss above this share of log VALUES is a guess's."""
ENOUGH = 0.02
"""The training loss, in nats, below which more training is of no use."""
ROWS = 500
"""Sequences of one forward pass when nothing is trained."""
DRAWN = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64)
"""Lookups at which the curves are drawn."""
TRANSFORMER, LSTM = "transformer", "lstm"
OPTIONS: dict[str, dict[str, Any]] = {TRANSFORMER: {"causal": True, "fused": True}, LSTM: {}}


@dataclass(frozen=True)
class Curve:
    """A trained network's loss at every lookup."""

    losses: tuple[float, ...]
    """Nats at lookup 1, 2, ..."""
    learned: bool
    """Whether training took it away from guessing."""

    def slope(self, start: float) -> float:
        """Nats per doubling from that part of the sequence on; not a number for what has not learned."""
        return slope(self.losses, start) if self.learned else math.nan

    def mean(self, first: int, last: int) -> float:
        """The mean loss of lookups first to last; not a number for what has not learned."""
        chosen = self.losses[first - 1 : last]
        return math.fsum(chosen) / len(chosen) if self.learned else math.nan


def slope(losses: Sequence[float], start: float) -> float:
    """Nats per doubling of the lookups seen, from the share `start` of them on."""
    ks = range(round(start * len(losses)) + 1, len(losses) + 1)
    return stats.line([math.log2(k) for k in ks], [losses[k - 1] for k in ks])[0]


def trial(lab: Lab) -> None:
    """Both networks, on dictionaries drawn anew or on one for all."""
    if lab.arm == "claim":
        _drawn_anew(lab)
    else:
        _known(lab)


def _drawn_anew(lab: Lab) -> None:
    """Dictionaries of many keys and of two."""
    lookups, steps = lab.size["lookups"], lab.size["steps"]
    transformer = curve(lab, TRANSFORMER, lab.size["keys"], steps, "Transformer")
    lstm = curve(lab, LSTM, lab.size["keys"], steps, "LSTM")
    lab.check("transformer_slope", transformer.slope(1 / 4))
    lab.check("transformer_late_slope", transformer.slope(1 / 2))
    for name in ("lstm_slope", "lstm_rise", "lstm_holds_up"):
        lab.check(name, lstm.slope(1 / 4))
    lab.check("early_gap", lstm.mean(1, EARLY) - transformer.mean(1, EARLY))
    _draw_best(lab)
    small = lab.size["small_steps"]
    transformer = curve(lab, TRANSFORMER, SMALL, small, "Transformer, two keys")
    lstm = curve(lab, LSTM, SMALL, small, "LSTM, two keys")
    lab.check("small_late_slope", transformer.slope(1 / 2))
    half = lookups // 2
    lab.check("small_gap", lstm.mean(half + 1, lookups) - transformer.mean(half + 1, lookups))


def _known(lab: Lab) -> None:
    """One dictionary for all sequences: the context says nothing that is not in the weights."""
    keys, lookups = lab.size["keys"], lab.size["lookups"]
    known = torch.randint(VALUES, (keys,), generator=lab.generator)  # [keys]
    found = {}
    for kind in (TRANSFORMER, LSTM):
        best = trained(lab, kind, keys, lab.size["steps"], known)
        batch = draw(lab.generator, ROWS, lookups=lookups, keys=keys, known=known)
        found[kind] = (best.model, losses(best.model, batch, lab.device))
        _draw(lab, f"{kind}, known dictionary", found[kind][1])
    lab.check("known_transformer_slope", slope(found[TRANSFORMER][1], 1 / 4))
    lab.check("known_lstm_slope", slope(found[LSTM][1], 1 / 4))
    lab.check("known_loss", max(math.fsum(each) / lookups for _, each in found.values()))
    doubt = torch.linspace(0.0, 0.5, lookups)  # [lookups]
    for name, wrong in (("hardening_slope", doubt), ("easing_slope", doubt.flip(0))):
        batch = spoiled(
            draw(lab.generator, ROWS, lookups=lookups, keys=keys, known=known), wrong, lab.generator
        )
        lab.check(name, slope(losses(found[LSTM][0], batch, lab.device), 1 / 4))


def chosen_keys(generator: torch.Generator, batch: int, lookups: int, keys: int) -> Tensor:
    """Which key each lookup asks for: [batch, lookups].

        any    3 1 0 2 1
        back   . 1 . 2 1       (. asks for any key, 1 for the last lookup's, 2 for the one before that)
        keys   3 3 0 3 3

    A step back beyond the first lookup asks for any key.
    """
    shape = (batch, lookups)
    anew = torch.randint(keys, shape, generator=generator)  # [batch, lookups]
    back = torch.randint(1, REACH + 1, shape, generator=generator)  # [batch, lookups]
    near = torch.rand(shape, generator=generator) < NEAR  # [batch, lookups]
    here = torch.arange(lookups).expand(shape)  # [batch, lookups]
    origin = torch.where(near & (back <= here), here - back, here)  # [batch, lookups]
    # Following the pointers twice as far each time leads every lookup to the one that chose its key.
    for _ in range(lookups.bit_length()):
        origin = origin.gather(1, origin)  # [batch, lookups]
    return anew.gather(1, origin)  # [batch, lookups]


def draw(
    generator: torch.Generator, batch: int, *, lookups: int, keys: int, known: Tensor | None = None
) -> Batch:
    """Lookups in a dictionary of that many keys, drawn for each sequence, or `known` [keys] for all.

        in   k3 (k3,v1) k0 (k0,v2) k3 (k3,v1)
        out  1   .      2   .      1   .

    Key k is token k; key k with value v is token keys + k VALUES + v. Inputs are [batch, 2 lookups].
    """
    asked = chosen_keys(generator, batch, lookups, keys)  # [batch, lookups]
    books = torch.randint(VALUES, (batch, keys), generator=generator)  # [batch, keys]
    books = books if known is None else known.expand(batch, keys)  # [batch, keys]
    return told(asked, books.gather(1, asked), keys)


def told(asked: Tensor, values: Tensor, keys: int) -> Batch:
    """Keys and their values, [batch, lookups] each, as tokens and targets: [batch, 2 lookups]."""
    answers = keys + asked * VALUES + values  # [batch, lookups]
    inputs = torch.stack((asked, answers), dim=2).flatten(1)  # [batch, 2 lookups]
    silent = torch.full_like(values, IGNORE)  # [batch, lookups]
    return Batch(inputs, torch.stack((values, silent), dim=2).flatten(1))  # [batch, 2 lookups]


def spoiled(batch: Batch, wrong: Tensor, generator: torch.Generator) -> Batch:
    """The values replaced by any other value with the chance `wrong` [lookups]."""
    asked, values = batch.inputs[:, ::2], batch.targets[:, ::2]  # [batch, lookups]
    keys = int(batch.inputs[0, 1] - asked[0, 0] * VALUES - values[0, 0])
    other = (
        values + torch.randint(1, VALUES, values.shape, generator=generator)
    ) % VALUES  # [batch, lookups]
    hit = torch.rand(values.shape, generator=generator) < wrong  # [batch, lookups]
    return told(asked, torch.where(hit, other, values), keys)


def best_losses(asked: Tensor) -> tuple[float, ...]:
    """The lowest possible loss at every lookup, for keys [batch, lookups]: nothing but new keys costs."""
    earlier = torch.ones(asked.shape[1], asked.shape[1], dtype=torch.bool).tril(-1)  # [lookups, lookups]
    seen = ((asked[:, :, None] == asked[:, None, :]) & earlier).any(dim=2)  # [batch, lookups]
    unseen: list[float] = (~seen).double().mean(dim=0).tolist()
    return tuple(share * math.log(VALUES) for share in unseen)


def trained(lab: Lab, kind: str, keys: int, steps: int, known: Tensor | None = None) -> Tuned:
    """The best of the learning rates, by training loss; every rate gets the same weights and data."""
    weights, data = (int(torch.randint(2**31, (), generator=lab.generator)) for _ in range(2))
    width = lab.size[f"{kind}_width"]

    def build() -> nn.Module:
        generator = torch.Generator().manual_seed(weights)
        return network(kind, width, keys, generator, lab.device)

    def learn(model: nn.Module, rate: float) -> train.Fit:
        generator = torch.Generator().manual_seed(data)
        lookups, batch = lab.size["lookups"], lab.size["batch"]
        return cooled(
            model,
            lambda: draw(generator, batch, lookups=lookups, keys=keys, known=known).to(lab.device),
            steps,
            rate,
        )

    best = train.tuned(build, learn, lab.size["rates"])
    if lab.seed % 1000 == 0:
        assert isinstance(best.model, Tagger)
        lab.note(
            f"{kind}, {keys} keys{'' if known is None else ' known'}: {parameters(best.model)} parameters, "
            f"{state_bytes(best.model, 2 * lab.size['lookups'])} bytes of state at the end, learning rate "
            f"{best.learning_rate:g} of {', '.join(f'{rate:g}' for rate in lab.size['rates'])}, "
            f"{best.fit.steps} steps"
        )
    return best


def network(
    kind: str, width: int, keys: int, generator: torch.Generator, device: torch.device | str
) -> Tagger:
    """One layer of that kind between an embedding and a head."""
    tokens = keys + keys * VALUES
    body = core(kind, width, generator=generator, device=device, **OPTIONS[kind])
    return Tagger(body, width=width, tokens=tokens, classes=VALUES, generator=generator, device=device)


def cooled(model: nn.Module, draw_batch: Callable[[], Batch], steps: int, rate: float) -> train.Fit:
    """Train with a tenth of the rate for the last fifth of the steps; each part ends when the loss is low."""
    cold = steps // 5
    fits = []
    for part, at in ((steps - cold, rate), (cold, rate / 10)):
        fits.append(
            train.fit(model, draw_batch, Recipe(steps=part, learning_rate=at, clip=1.0, enough=ENOUGH))
        )
    return train.Fit(
        losses=tuple(loss for fit in fits for loss in fit.losses),
        norms=tuple(norm for fit in fits for norm in fit.norms),
    )


@torch.no_grad()
def losses(model: nn.Module, batch: Batch, device: torch.device | str) -> tuple[float, ...]:
    """Mean nats at every lookup."""
    total = torch.zeros(batch.inputs.shape[1] // 2, dtype=torch.float64)  # [lookups]
    for start in range(0, len(batch.inputs), ROWS):
        part = Batch(batch.inputs[start : start + ROWS], batch.targets[start : start + ROWS]).to(device)
        scores = model(part.inputs)[:, ::2]  # [rows, lookups, values]
        nats = functional.cross_entropy(
            scores.transpose(1, 2), part.targets[:, ::2], reduction="none"
        )  # [rows, lookups]
        total += nats.cpu().double().sum(dim=0)  # [lookups]
    return tuple((total / len(batch.inputs)).tolist())


def curve(lab: Lab, kind: str, keys: int, steps: int, name: str) -> Curve:
    """Train one kind of network and draw its loss against the lookups seen."""
    best = trained(lab, kind, keys, steps)
    # The slope of the LSTM with many keys is held to narrower bounds than all else.
    rows = lab.size["held_out"] // (1 if kind == LSTM and keys > SMALL else 24)
    batch = draw(lab.generator, rows, lookups=lab.size["lookups"], keys=keys)
    each = losses(best.model, batch, lab.device)
    _draw(lab, name, each)
    learned = best.fit.final() < LEARNED * math.log(VALUES)
    if not learned:
        lab.note(f"seed {lab.seed}: the {name} did not learn in this budget")
    return Curve(each, learned)


def _draw_best(lab: Lab) -> None:
    """What no network can be better than."""
    asked = chosen_keys(lab.generator, ROWS, lab.size["lookups"], lab.size["keys"])  # [batch, lookups]
    _draw(lab, "best possible", best_losses(asked))


def _draw(lab: Lab, name: str, each: Sequence[float]) -> None:
    """Some points of a curve."""
    for lookup in DRAWN:
        if lookup <= len(each):
            lab.point(name, lookup, each[lookup - 1])
