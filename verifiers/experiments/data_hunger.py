"""Whether a Transformer needs more training sequences than an LSTM with as many parameters.

Measured: nats per asked token on new sequences, after training on few sequences or on many. The lead of
one network is the test loss of the other minus its own. A causal Transformer of one layer with sinusoidal
positions stands against an LSTM of one layer. Both get the same sequences, the same batches, as many steps
at most and the same learning rates. The rate, and the step whose weights count, are those with the lowest
loss on validation sequences, so neither is judged after it has overfitted. Training ends when that loss
has not come down for a while, or after a third of the steps at a rate that is behind another one; the test
sequences choose nothing.

Three tasks. A Markov chain of order 2, with a table of chances drawn anew for every seed: what counts is
near. A recall of one token far back. And a lookup: pairs of key and value, then keys whose value is asked,
with new pairs in every sequence. A lead that came from slow learning would stay when the steps are the same
and the sequences are many, so how much of it goes is a check of its own. In the control's arm the chain has
order 1: the token at hand says all there is to know, and neither network may lead, with few sequences or
with many. Lookup is tried there with few sequences, where the Transformer must not lead either.

It does not show what happens with millions of parameters or with text, images or speech, nor what
pretraining, augmentation, stronger regularisation or other positions would change; how large a lead is
depends on them, and on how sharp the chain's chances are. Few and many are a few dozen and a few thousand
short sequences here, and the loss after so many steps is no limit of what either network could reach.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from .. import tasks
from ..lab import Lab
from ..models.tagger import Tagger, core, parameters, state_bytes
from ..tasks import Batch
from ..train import Recipe, cross_entropy, fit

TITLE = "Few training sequences and many"

PLOT = {"x": "step", "y": "lowest validation loss so far (nats/token)", "x_log": False, "y_log": False}

LOOKS = (5, 8)

# `few` and `many` are training sequences, `steps` are per task, `every` is the steps between validations,
# `patience` the steps without a better one after which training ends.
# fmt: off
PROFILES = {
    "quick": {
        "few": 32, "many": 2048, "batch": 16, "symbols": 5, "lstm_width": 29, "transformer_width": 24,
        "steps": {"chain": 180, "near": 30, "far": 30, "lookup": 60},
        "rates": [1.5e-2, 5e-3], "every": 10, "patience": 40, "validation": 96, "test": 256},
    "full": {
        "few": 32, "many": 8192, "batch": 32, "symbols": 6, "lstm_width": 39, "transformer_width": 32,
        "steps": {"chain": 800, "near": 300, "far": 300, "lookup": 500},
        "rates": [1.5e-2, 5e-3, 2e-3], "every": 10, "patience": 150, "validation": 512, "test": 2048},
}

CHECKS = {
    "lstm_lead_few": {"unit": "nats/token",
        "bounds": [0.05, None], "arm": "claim", "interval": "mean",
        "meaning": "Trained on few sequences of an order-2 Markov chain, the LSTM predicts new ones better."},
    "lead_gone_with_data": {"unit": "nats/token",
        "bounds": [0.05, None], "arm": "claim", "interval": "mean",
        "meaning": "Part of that lead is gone when the sequences are many and the steps are the same."},
    "transformer_lead_many": {"unit": "nats/token",
        "bounds": [None, 0.05], "arm": "claim", "interval": "mean",
        "meaning": "Trained on many sequences of that chain, the Transformer is not ahead of the LSTM."},
    "transformer_lead_lookup_many": {"unit": "nats/token",
        "bounds": [0.05, None], "arm": "claim", "interval": "mean",
        "meaning": "Trained on many sequences of keys and values, the Transformer looks values up better."},
    "transformer_lead_far_few": {"unit": "nats/token",
        "bounds": [0.05, None], "arm": "claim", "interval": "mean",
        "meaning": "Trained on few sequences, the Transformer recalls a token far back better."},
    "lstm_lead_few_near": {"unit": "nats/token",
        "bounds": [0.05, None], "arm": "control", "must": "fail", "interval": "mean",
        "meaning": "In a chain of order 1 few sequences give the LSTM no lead."},
    "transformer_lead_few_near": {"unit": "nats/token",
        "bounds": [0.05, None], "arm": "control", "must": "fail", "interval": "mean",
        "meaning": "Nor do they give the Transformer one."},
    "lead_gone_with_data_near": {"unit": "nats/token",
        "bounds": [0.05, None], "arm": "control", "must": "fail", "interval": "mean",
        "meaning": "Where there is no lead, many sequences do not take one away."},
    "transformer_lead_lookup_few": {"unit": "nats/token",
        "bounds": [0.05, None], "arm": "control", "must": "fail", "interval": "mean",
        "meaning": "Trained on few sequences of keys and values, the Transformer does not look up better."},
}
# fmt: on

LENGTH = 16
"""Tokens of a sequence of the chain, of recall and of lookup."""
CLIP = 1.0
BETAS = (0.9, 0.98)
"""Of Adam; those of Vaswani et al. 2017."""
SHARPNESS = 3.0
"""Of the tables of chances: 0 makes all symbols equally likely, infinity makes the chain certain."""
NAMES = {"lstm": "LSTM", "transformer": "Transformer"}


@dataclass(frozen=True)
class Puzzle:
    """Something to learn."""

    name: str
    draw: Callable[[torch.Generator, int], Batch]
    """So many sequences."""
    tokens: int
    classes: int


class Ended(Exception):  # noqa: N818 - no error
    """Nothing better is to be expected of this run."""


@dataclass
class Watch:
    """Looks at the validation loss every so many steps, and remembers the weights where it was lowest."""

    model: nn.Module
    validation: Batch
    every: int
    patience: int
    rate: float
    deadline: int
    """The step from which on a run that is behind another rate's is given up."""
    others: Sequence[Watch] = ()
    """The other rates so far."""
    lowest: float = math.inf
    """Lowest validation loss so far, nats/token."""
    step: int = 0
    """Where that was."""
    weights: list[Tensor] = field(default_factory=list)
    """Those of that step."""
    test_loss: float = math.nan
    """Nats/token on the test sequences with them."""
    curve: dict[int, float] = field(default_factory=dict)
    """Step -> lowest so far."""

    @torch.no_grad()
    def __call__(self, step: int, loss: float) -> None:
        """To be called after every step. Raises Ended when nothing gets better, or another rate is better."""
        if (step + 1) % self.every:
            return
        found = float(cross_entropy(self.model, self.validation))
        if found < self.lowest:
            self.lowest, self.step = found, step + 1
            self.weights = [weight.clone() for weight in self.model.parameters()]
        self.curve[step + 1] = self.lowest
        behind = any(self.lowest > other.curve.get(step + 1, other.lowest) for other in self.others)
        if step + 1 - self.step >= self.patience or (behind and step + 1 >= self.deadline):
            raise Ended

    @torch.no_grad()
    def judge(self, test: Batch) -> None:
        """Give the model the weights of that step, if there was one, and find their test loss."""
        for weight, kept in zip(self.model.parameters(), self.weights, strict=bool(self.weights)):
            weight.copy_(kept)
        self.test_loss = float(cross_entropy(self.model, test)) if self.weights else math.nan


def trial(lab: Lab) -> None:
    """All tasks of one arm."""
    if lab.arm == "claim":
        _with_what_is_learned(lab)
    else:
        _with_nothing_to_carry(lab)


def _with_what_is_learned(lab: Lab) -> None:
    """A chain with few and many sequences, a far token with few, a lookup with many."""
    two = chain(lab, order=2)
    few, many = compared(lab, two, "few"), compared(lab, two, "many")
    lab.check("lstm_lead_few", -lead(few))
    lab.check("lead_gone_with_data", lead(many) - lead(few))
    lab.check("transformer_lead_many", lead(many))
    lab.check("transformer_lead_far_few", lead(compared(lab, far(), "few")))
    lab.check("transformer_lead_lookup_many", lead(compared(lab, lookup(), "many")))


def _with_nothing_to_carry(lab: Lab) -> None:
    """A chain whose next symbol hangs on the token at hand, and a lookup with few sequences."""
    one = chain(lab, order=1)
    few, many = compared(lab, one, "few"), compared(lab, one, "many")
    lab.check("lstm_lead_few_near", -lead(few))
    lab.check("transformer_lead_few_near", lead(few))
    lab.check("lead_gone_with_data_near", lead(many) - lead(few))
    lab.check("transformer_lead_lookup_few", lead(compared(lab, lookup(), "few")))


# ---- the tasks --------------------------------------------------------------------------------------


def chain(lab: Lab, *, order: int) -> Puzzle:
    """A Markov chain of order 2, or of order 1, which is called near; the table is new every time."""
    symbols = lab.size["symbols"]
    table = tasks.markov_table(lab.generator, symbols=symbols, order=order, sharpness=SHARPNESS)
    draw = partial(tasks.markov, table=table, length=LENGTH)
    return Puzzle("chain" if order == 2 else "near", draw, symbols, symbols)


def far() -> Puzzle:
    """One of 4 keys, first of all tokens, asked at the last one."""
    return Puzzle("far", partial(tasks.recall, lag=LENGTH - 1, symbols=4, fillers=4), tokens=9, classes=4)


def lookup() -> Puzzle:
    """Eight pairs of a key and a value in one token each, then the eight keys in another order."""
    draw = partial(tasks.paired_recall, pairs=LENGTH // 2, queries=LENGTH // 2, keys=16, values=4)
    return Puzzle("lookup", draw, tokens=16 * 4 + 16, classes=4)


# ---- two networks on one task -----------------------------------------------------------------------


def compared(lab: Lab, puzzle: Puzzle, amount: str) -> dict[str, Watch]:
    """Both networks trained on the same few or many sequences, each at its best rate and step."""
    numbers = (lab.size[amount], lab.size["validation"], lab.size["test"])
    data, validation, test = (puzzle.draw(lab.generator, number).to(lab.device) for number in numbers)
    seed = int(torch.randint(2**31, (1,), generator=lab.generator))
    best = {}
    for kind in NAMES:
        runs: list[Watch] = []
        for rate in lab.size["rates"]:
            runs.append(trained(lab, kind, puzzle, data, validation, rate, seed, runs))
        best[kind] = min(runs, key=lambda run: run.lowest)
        best[kind].judge(test)
        if puzzle.name in ("chain", "near"):
            _draw_curve(lab, f"{NAMES[kind]}, {amount}", best[kind], lab.size["steps"][puzzle.name])
        if lab.seed % 1000 == 0 and puzzle.name in ("chain", "lookup"):
            _note(lab, puzzle, amount, kind, best[kind])
    return best


def trained(
    lab: Lab,
    kind: str,
    puzzle: Puzzle,
    data: Batch,
    validation: Batch,
    rate: float,
    seed: int,
    others: Sequence[Watch] = (),
) -> Watch:
    """One network, trained at one rate on the data, watched with the validation sequences.

    The seed decides the weights and the order of the sequences, so that only the rate differs.
    """
    model = build(lab, kind, puzzle, seed)
    order = torch.Generator().manual_seed(seed + 1)
    steps = lab.size["steps"][puzzle.name]
    every, patience = lab.size["every"], lab.size["patience"]
    watch = Watch(model, validation, every, patience, rate, max(steps // 3, 2 * every), tuple(others))

    def batch() -> Batch:
        chosen = torch.randint(len(data.inputs), (lab.size["batch"],), generator=order)  # [batch]
        return data.rows(chosen.to(lab.device))

    recipe = Recipe(steps=steps, learning_rate=rate, betas=BETAS, clip=CLIP)
    with suppress(Ended):
        fit(model, batch, recipe, watch=watch)
    return watch


def build(lab: Lab, kind: str, puzzle: Puzzle, seed: int) -> Tagger:
    """An LSTM or a causal Transformer of one layer, with about the same number of parameters."""
    generator = torch.Generator().manual_seed(seed)
    width = lab.size[f"{kind}_width"]
    options: dict[str, Any] = (
        {} if kind == "lstm" else {"causal": True, "positions": "sinusoidal", "fused": True}
    )
    return Tagger(
        core(kind, width, generator=generator, device=lab.device, **options),
        width=width,
        tokens=puzzle.tokens,
        classes=puzzle.classes,
        generator=generator,
        device=lab.device,
    )


def lead(pair: dict[str, Watch]) -> float:
    """How much lower the Transformer's test loss is than the LSTM's, in nats/token."""
    return pair["lstm"].test_loss - pair["transformer"].test_loss


def _draw_curve(lab: Lab, curve: str, run: Watch, steps: int) -> None:
    """The lowest validation loss so far; a run that stopped early stays where it was."""
    lowest = math.nan
    for step in range(run.every, steps + 1, run.every):
        lowest = run.curve.get(step, lowest)
        if step % (2 * run.every) == 0 and math.isfinite(lowest):
            lab.point(curve, step, lowest)


def _note(lab: Lab, puzzle: Puzzle, amount: str, kind: str, run: Watch) -> None:
    """Size, memory and learning rate of one network."""
    kept = state_bytes(run.model, LENGTH)
    lab.note(
        f"{puzzle.name}, {lab.size[amount]} sequences, {NAMES[kind]}: {parameters(run.model)} parameters, "
        f"{kept} bytes kept after {LENGTH} tokens, learning rate {run.rate:g}."
    )
