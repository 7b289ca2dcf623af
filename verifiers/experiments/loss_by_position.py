"""The loss of an LSTM and of a Transformer against how much of the context they have seen.

The data are lookups in a dictionary that is drawn anew for every sequence. A lookup is two tokens: a
key, at which its value is asked, and then that key together with its value. Half of the lookups ask for
the key of the last or the last but one lookup, the others for any key, so there is something to be had
from near and more and more from far. The best possible loss is zero for a key seen before, else log values.

A Transformer of one causal layer (no positional encoding, since the order of lookups does not matter)
and an LSTM of one layer with as many parameters to within 3 % get the same number of steps and tokens,
each at the learning rate of a grid that has the lowest training loss after a third of them. Then the loss
at the k-th lookup is averaged over new sequences, and a line is fitted to it over log2 k, from a quarter
of the sequence on (`late`: from half of it on): nats per doubling of the context. Below -0.02 counts as
improving and above -0.005 as flat; above +0.01 it is getting worse. From the LSTM's slope that of the
best loss of who remembers two lookups is taken off: it is zero but for which keys were drawn, a chance
that is in both. The same is done with two keys, where all there is to know has been seen after a few
lookups. A network that stays within 10 % of a guess's loss has not learned; its numbers are undecided.

Where the LSTM levels off depends on the data. With half of the lookups repeating one at a distance drawn
log-uniformly its loss falls; `quick` trains it longer for that, `full` as long as on the other data.

Controls: on those data the best loss of who remembers a quarter of the lookups must not fall as much, or
a fall would not mean that more context is used. With one dictionary for all sequences, learned by heart,
both curves must be flat and near zero from the first lookup on. Asking that LSTM for values that are the
less often those of its dictionary the later they are asked must give a rising curve, or else a falling one.

In the full profile both kinds of network also read English text, and it is found after how many characters
their loss stays within 1% of perplexity of where it ends; no check rests on that.

It does not show where a large LSTM on text stops improving, which depends on width and training too, nor
what a longer trained LSTM could remember, nor anything about modern linear recurrences, which are trained
differently, nor what a Transformer does beyond the length it was trained on.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import torch
from torch import Generator, Tensor, nn
from torch.nn import functional

from .. import language, stats, train
from ..lab import Lab
from ..models.tagger import Tagger, core, parameters, state_bytes
from ..tasks import IGNORE, Batch
from ..train import Recipe, Tuned

TITLE = "Loss against the context seen, LSTM and Transformer"

PLOT = {"x": "lookups seen", "y": "nats", "x_log": True, "y_log": False}

LOOKS = (5, 8)

PROFILES = {
    "quick": {
        "lookups": 32, "keys": 16, "steps": 80, "spread_steps": 200, "small_steps": 70, "batch": 16,
        "transformer_width": 26, "lstm_width": 31, "held_out": 9000,
        "transformer_rates": (1e-2, 2e-2), "lstm_rates": (1.5e-2, 3e-2), "text": None,
    },
    "full": {
        "lookups": 64, "keys": 32, "steps": 600, "spread_steps": 600, "small_steps": 150, "batch": 32,
        "transformer_width": 48, "lstm_width": 58, "held_out": 24000,
        "transformer_rates": (3e-3, 1e-2, 2e-2), "lstm_rates": (3e-3, 1e-2, 3e-2),
        "text": {
            "cpu": {"lstm": (128, 1), "transformer": (64, 2), "steps": 800, "batch": 8, "time": 256,
                    "rates": (0.003, 0.01)},
            "gpu": {"lstm": (512, 1), "transformer": (256, 2), "steps": 3000, "batch": 32, "time": 512,
                    "rates": (0.001, 0.003, 0.006)},
        },
    },
}  # fmt: skip

# fmt: off
CHECKS = {
    "transformer_slope": {"unit": "nats/doubling", "arm": "claim", "interval": "mean",
        "bounds": [None, -0.02], "meaning": "The Transformer's loss falls from a quarter of the lookups on."},
    "transformer_late_slope": {"unit": "nats/doubling", "arm": "claim", "interval": "mean",
        "bounds": [None, -0.01], "meaning": "It falls from half of them on."},
    "lstm_slope": {"unit": "nats/doubling", "arm": "claim", "interval": "mean",
        "bounds": [-0.005, None], "meaning": "The LSTM's loss does not fall from a quarter of them on."},
    "lstm_rise": {"unit": "nats/doubling", "arm": "claim", "interval": "mean",
        "bounds": [0.01, None], "meaning": "The LSTM's loss gets higher with the lookups seen."},
    "lstm_holds_up": {"unit": "nats/doubling", "arm": "claim", "interval": "mean",
        "bounds": [None, 0.01], "meaning": "The LSTM's loss does not get higher with the lookups seen."},
    "spread_lstm_slope": {"unit": "nats/doubling", "arm": "claim", "interval": "mean",
        "bounds": [None, -0.02], "meaning": "With repeats at all distances the LSTM's loss falls."},
    "early_gap": {"unit": "nats, LSTM minus Transformer", "arm": "claim", "interval": "mean",
        "bounds": [None, 0.02], "meaning": "Over the first four lookups the LSTM's loss is no higher."},
    "small_late_slope": {"unit": "nats/doubling", "arm": "claim", "interval": "mean",
        "bounds": [-0.01, 0.01], "meaning": "With two keys the Transformer's second half is flat."},
    "small_gap": {"unit": "nats, LSTM minus Transformer", "arm": "claim", "interval": "mean",
        "bounds": [None, 0.05], "meaning": "With two keys the LSTM gets as low in the second half."},
    "known_transformer_slope": {"unit": "nats/doubling", "arm": "control", "must": "fail", "interval": "mean",
        "bounds": [None, -0.02], "meaning": "With one dictionary known by heart the Transformer's falls."},
    "known_lstm_slope": {"unit": "nats/doubling", "arm": "control", "must": "pass", "interval": "mean",
        "bounds": [-0.005, 0.005], "meaning": "With it the LSTM's loss neither falls nor rises."},
    "known_loss": {"unit": "nats, the worse of both", "arm": "control", "must": "pass", "interval": "mean",
        "bounds": [None, 0.1], "meaning": "Both learn that dictionary by heart."},
    "hardening_slope": {"unit": "nats/doubling", "arm": "control", "must": "pass", "interval": "mean",
        "bounds": [0.01, None], "meaning": "With later values more and more spoiled the LSTM's loss rises."},
    "easing_slope": {"unit": "nats/doubling", "arm": "control", "must": "fail", "interval": "mean",
        "bounds": [-0.005, None], "meaning": "With later values less and less spoiled it does not fall."},
    "spread_reach_slope": {"unit": "nats/doubling", "arm": "control", "must": "fail", "interval": "mean",
        "bounds": [None, -0.02], "meaning": "Remembering a quarter of those lookups is enough to fall."},
}
# fmt: on

FIGURES = {
    "text_lstm_flat": ("characters", "mean", "After how many an LSTM's loss on text is where it ends."),
    "text_transformer_flat": ("characters", "mean", "The same for a Transformer."),
    "text_lstm_late": ("nats/doubling", "mean", "Slope of the LSTM's loss on text from a quarter on."),
    "text_transformer_late": ("nats/doubling", "mean", "The same for the Transformer."),
}

# fmt: off
OUTSIDE = (
    {"what": "tokens after which a Transformer's loss is flat over those for an LSTM's",
        "published": (1024, "/", 100), "unit": "tokens of WebText2; at least over at most",
        "source": "Kaplan et al. 2020, Figure 7", "from_memory": False,
        "ours": ("text_transformer_flat", "/", "text_lstm_flat"), "beside": "lstm_slope",
        "agrees_in": "direction", "margin": 1.0,
        "why": "After a training this short neither uses more than a few words of its 256 characters."},
    {"what": "tokens after which an LSTM's loss is flat",
        "published": 100, "unit": "tokens of WebText2; less than that",
        "source": "Kaplan et al. 2020, Figure 7", "from_memory": False,
        "ours": "text_lstm_flat", "beside": "lstm_slope", "agrees_in": "ratio", "margin": 2.0,
        "why": "Characters are not tokens, about five to one, and the LSTM is small."},
)
# fmt: on

VALUES = 4
SMALL = 2
"""Keys of the small dictionary."""
NEAR, REACH = 0.5, 2
"""The chance that a lookup repeats one of the last so many."""
EARLY = 4
"""Lookups that count as early."""
APART = 16
"""Characters between the beginnings of pieces of text."""
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
    asked: Tensor
    """The keys it was measured on, [batch, lookups]."""

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
    (_drawn_anew if lab.arm == "claim" else _known)(lab)


def _drawn_anew(lab: Lab) -> None:
    """Dictionaries of many keys, with near repeats or with repeats at all distances, and of two."""
    lookups, keys, steps, rows = (lab.size[name] for name in ("lookups", "keys", "steps", "held_out"))
    many = partial(draw, lookups=lookups, keys=keys)
    transformer = curve(lab, TRANSFORMER, many, steps, "Transformer", rows // 9)
    # The slope of the LSTM with many keys is held to narrower bounds than all else.
    lstm = curve(lab, LSTM, many, steps, "LSTM", rows)
    lab.check("transformer_slope", transformer.slope(1 / 4))
    lab.check("transformer_late_slope", transformer.slope(1 / 2))
    # Flat but for the chance of which keys were drawn, and that chance is in both.
    flat = slope(best_losses(lstm.asked, REACH), 1 / 4)
    for name in ("lstm_slope", "lstm_rise", "lstm_holds_up"):
        lab.check(name, lstm.slope(1 / 4) - flat)
    lab.check("early_gap", lstm.mean(1, EARLY) - transformer.mean(1, EARLY))
    _draw(lab, "best possible", best_losses(lstm.asked[:ROWS]))
    spread, longer = partial(many, spread=True), lab.size["spread_steps"]
    lstm = curve(lab, LSTM, spread, longer, "LSTM, repeats at all distances", rows // 4)
    lab.check("spread_lstm_slope", lstm.slope(1 / 4))
    few, short = partial(draw, lookups=lookups, keys=SMALL), lab.size["small_steps"]
    transformer = curve(lab, TRANSFORMER, few, short, "Transformer, two keys", rows // 9)
    lstm = curve(lab, LSTM, few, short, "LSTM, two keys", rows // 9)
    lab.check("small_late_slope", transformer.slope(1 / 2))
    half = lookups // 2
    lab.check("small_gap", lstm.mean(half + 1, lookups) - transformer.mean(half + 1, lookups))
    size = language.sizes(lab)
    if size:
        _read_text(lab, size)


def _read_text(lab: Lab, size: Mapping[str, Any]) -> None:
    """The loss by position in English text, of both kinds of network with as many parameters."""
    seed = int(torch.randint(2**31, (), generator=lab.generator))
    test = language.every(size["time"], APART)
    for kind in (LSTM, TRANSFORMER):
        options: dict[str, Any] = {"positions": "rotary"} if kind == TRANSFORMER else {}
        model = language.trained(lab, size, kind, seed=seed, **OPTIONS[kind], **options)
        means = language.losses(model, test).mean(dim=0)  # [time]
        lab.figure(f"text_{kind}_flat", language.flat_after(means, APART))
        lab.figure(f"text_{kind}_late", slope(means.tolist(), 1 / 4))


def _known(lab: Lab) -> None:
    """One dictionary for all sequences: the context says nothing that is not in the weights."""
    keys, lookups = lab.size["keys"], lab.size["lookups"]
    known = torch.randint(VALUES, (keys,), generator=lab.generator)  # [keys]
    source = partial(draw, lookups=lookups, keys=keys, known=known)
    found = {}
    for kind in (TRANSFORMER, LSTM):
        name = f"{kind}, known dictionary"
        model = trained(lab, kind, source, lab.size["steps"], name).model
        found[kind] = (model, losses(model, source(lab.generator, ROWS), lab.device))
        _draw(lab, name, found[kind][1])
    lab.check("known_transformer_slope", slope(found[TRANSFORMER][1], 1 / 4))
    lab.check("known_lstm_slope", slope(found[LSTM][1], 1 / 4))
    lab.check("known_loss", max(math.fsum(each) / lookups for _, each in found.values()))
    doubt = torch.linspace(0.0, 0.5, lookups)  # [lookups]
    for name, wrong in (("hardening_slope", doubt), ("easing_slope", doubt.flip(0))):
        batch = spoiled(source(lab.generator, ROWS), wrong, lab.generator)
        lab.check(name, slope(losses(found[LSTM][0], batch, lab.device), 1 / 4))
    asked = chosen_keys(lab.generator, lab.size["held_out"], lookups, keys, spread=True)  # [batch, lookups]
    lab.check("spread_reach_slope", slope(best_losses(asked, lookups // 4), 1 / 4))


def chosen_keys(generator: Generator, batch: int, lookups: int, keys: int, spread: bool = False) -> Tensor:
    """Which key each lookup asks for: [batch, lookups].

        any    3 1 0 2 1
        back   . 1 . 2 1       (. asks for any key, 1 for the last lookup's, 2 for the one before that)
        keys   3 3 0 3 3

    A step back beyond the first lookup asks for any key. `spread`: steps back of every size, log-uniform.
    """
    shape = (batch, lookups)
    anew = torch.randint(keys, shape, generator=generator)  # [batch, lookups]
    back = torch.randint(1, REACH + 1, shape, generator=generator)  # [batch, lookups]
    if spread:
        back = ((lookups + 1.0) ** torch.rand(shape, generator=generator)).long()  # [batch, lookups]
    near = torch.rand(shape, generator=generator) < NEAR  # [batch, lookups]
    here = torch.arange(lookups).expand(shape)  # [batch, lookups]
    origin = torch.where(near & (back <= here), here - back, here)  # [batch, lookups]
    # Following the pointers twice as far each time leads every lookup to the one that chose its key.
    for _ in range(lookups.bit_length()):
        origin = origin.gather(1, origin)  # [batch, lookups]
    return anew.gather(1, origin)  # [batch, lookups]


def draw(
    generator: Generator,
    rows: int,
    lookups: int,
    keys: int,
    known: Tensor | None = None,
    spread: bool = False,
) -> Batch:
    """Lookups in a dictionary of that many keys, drawn for each sequence, or `known` [keys] for all.

        in   k3 (k3,v1) k0 (k0,v2) k3 (k3,v1)
        out  1   .      2   .      1   .

    Key k is token k; key k with value v is token keys + k VALUES + v. Inputs are [batch, 2 lookups].
    """
    asked = chosen_keys(generator, rows, lookups, keys, spread)  # [rows, lookups]
    books = torch.randint(VALUES, (rows, keys), generator=generator)  # [rows, keys]
    books = books if known is None else known.expand(rows, keys)  # [rows, keys]
    return told(asked, books.gather(1, asked), keys)


def told(asked: Tensor, values: Tensor, keys: int) -> Batch:
    """Keys and their values, [batch, lookups] each, as tokens and targets: [batch, 2 lookups]."""
    answers = keys + asked * VALUES + values  # [batch, lookups]
    inputs = torch.stack((asked, answers), dim=2).flatten(1)  # [batch, 2 lookups]
    silent = torch.full_like(values, IGNORE)  # [batch, lookups]
    return Batch(inputs, torch.stack((values, silent), dim=2).flatten(1))  # [batch, 2 lookups]


def spoiled(batch: Batch, wrong: Tensor, generator: Generator) -> Batch:
    """The values replaced by any other value with the chance `wrong` [lookups]."""
    asked, values = batch.inputs[:, ::2], batch.targets[:, ::2]  # [batch, lookups]
    keys = int(batch.inputs[0, 1] - asked[0, 0] * VALUES - values[0, 0])
    shift = torch.randint(1, VALUES, values.shape, generator=generator)  # [batch, lookups]
    other = (values + shift) % VALUES  # [batch, lookups]
    hit = torch.rand(values.shape, generator=generator) < wrong  # [batch, lookups]
    return told(asked, torch.where(hit, other, values), keys)


def best_losses(asked: Tensor, reach: int | None = None) -> tuple[float, ...]:
    """The lowest loss at every lookup, for keys [batch, lookups], if the last `reach` can be remembered."""
    square = torch.ones(asked.shape[1], asked.shape[1], dtype=torch.bool)  # [lookups, lookups]
    earlier = square.tril(-1).triu(-(reach or len(square)))  # [lookups, lookups]
    seen = ((asked[:, :, None] == asked[:, None, :]) & earlier).any(dim=2)  # [batch, lookups]
    unseen: list[float] = (~seen).double().mean(dim=0).tolist()
    return tuple(share * math.log(VALUES) for share in unseen)


def trained(lab: Lab, kind: str, source: partial[Batch], steps: int, name: str) -> Tuned:
    """The rate with the lowest training loss after a third of the steps, trained on; all get equal data."""
    weights, data = (int(torch.randint(2**31, (), generator=lab.generator)) for _ in range(2))
    width, rates = lab.size[f"{kind}_width"], lab.size[f"{kind}_rates"]

    def build() -> nn.Module:
        generator = Generator().manual_seed(weights)
        return network(kind, width, source.keywords["keys"], generator, lab.device)

    def batches(seed: int) -> Callable[[], Batch]:
        generator = Generator().manual_seed(seed)
        return lambda: source(generator, lab.size["batch"]).to(lab.device)

    third = steps // 3
    best = train.tuned(build, lambda m, rate: train.fit(m, batches(data), recipe(third, rate)), rates)
    fit = cooled(best.model, batches(data + 1), steps - third, steps // 5, best.learning_rate)
    if lab.seed % 1000 == 0:
        assert isinstance(best.model, Tagger)
        lab.note(
            f"{name}: {parameters(best.model)} parameters, "
            f"{state_bytes(best.model, 2 * lab.size['lookups'])} bytes of state at the end, learning rate "
            f"{best.learning_rate:g} of {rates}, {best.fit.steps + fit.steps} steps"
        )
    return replace(best, fit=fit)


def network(kind: str, width: int, keys: int, generator: Generator, device: torch.device | str) -> Tagger:
    """One layer of that kind between an embedding and a head."""
    tokens = keys + keys * VALUES
    body = core(kind, width, generator=generator, device=device, **OPTIONS[kind])
    return Tagger(body, width=width, tokens=tokens, classes=VALUES, generator=generator, device=device)


def recipe(steps: int, rate: float) -> Recipe:
    """Training ends when the loss is low."""
    return Recipe(steps=steps, learning_rate=rate, clip=1.0, enough=ENOUGH)


def cooled(model: nn.Module, batch: Callable[[], Batch], steps: int, cold: int, rate: float) -> train.Fit:
    """Train with a tenth of the rate for the last, cold ones of the steps."""
    parts = ((steps - cold, rate), (cold, rate / 10))
    fits = [train.fit(model, batch, recipe(part, at)) for part, at in parts]
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
        scores, values = scores.transpose(1, 2), part.targets[:, ::2]  # [rows, (values,) lookups]
        nats = functional.cross_entropy(scores, values, reduction="none")  # [rows, lookups]
        total += nats.cpu().double().sum(dim=0)  # [lookups]
    return tuple((total / len(batch.inputs)).tolist())


def curve(lab: Lab, kind: str, source: partial[Batch], steps: int, name: str, rows: int) -> Curve:
    """Train one kind of network and draw its loss against the lookups seen, on so many new sequences."""
    best = trained(lab, kind, source, steps, name)
    batch = source(lab.generator, rows)
    each = losses(best.model, batch, lab.device)
    _draw(lab, name, each)
    learned = best.fit.final() < LEARNED * math.log(VALUES)
    if not learned:
        lab.note(f"seed {lab.seed}: the {name} did not learn in this budget")
    return Curve(each, learned, batch.inputs[:, ::2])


def _draw(lab: Lab, name: str, each: Sequence[float]) -> None:
    """Some points of a curve."""
    for lookup in (k for k in DRAWN if k <= len(each)):
        lab.point(name, lookup, each[lookup - 1])
