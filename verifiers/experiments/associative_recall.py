"""Accuracy of recall by key against the number of pairs, for a memory that grows and for fixed ones.

The task (multi-query associative recall): 1 to 16 pairs of a key (one of 16) and a value (one of 8), then up
to 8 of those keys, whose values are asked; answering blindly is right 1 time in 8. A pair is one token, the
sum of a vector for its key and one for its value, so that one layer can do it and nobody has to learn first
which value belongs to which key. Every network is trained once per learning rate, with equal steps and
batches, on all numbers of pairs in turn; the rate with the lowest training loss counts, and training stops
early when nothing is left to learn. Then it is tested on each number of pairs. As one network answers for all
of them, one that is right about one pair and fails with sixteen has learned the task; one that is not right
about one pair more often than halfway between chance and always has not, and is reported as no number.

Compared are a one-layer Transformer of width 16, whose cache grows with the pairs, and fixed states: LSTMs of
width 8 and 64, with forget biases starting at 3 (better here than the usual start), and the Transformer's
block with Mamba-2's layer in place of attention (state-space duality with the norm behind it, state 16 x 2,
begun with slower decay than published, which helps it here). The controls take the growing memory away (a
window of 4 tokens), and spread pairs over two tokens, where attention has to bring key and value together
before it can look anything up, for which it takes two layers.

It does not show what these networks could do at most: the fixed ones still improve with more steps, and a
larger fixed state does better, up to the number of pairs that it in turn has no room for. With ten times the
steps (the full profile) LSTMs recall most values at 8 pairs: 8 in 10 at width 64, 9 in 10 at 128. How much
fits is measured without training elsewhere (memory_capacity). Keys and values are random symbols.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from .. import tasks, train
from ..lab import Lab
from ..models.attention import linear
from ..models.fused import Fused
from ..models.lstm import LSTM
from ..models.state_space_dual import StateSpaceDual
from ..models.tagger import Tagger, parameters, state_bytes
from ..models.transformer import Block, Transformer
from ..tasks import Batch

TITLE = "Associative recall against the number of pairs"

PLOT = {"x": "pairs", "y": "accuracy", "x_log": True, "y_log": False}

LOOKS = (4, 8)

PROFILES = {
    "quick": {
        "pairs": [1, 2, 4, 8, 16],
        "width": 16,
        "lstm_widths": [8, 64],
        "state_width": 2,
        "steps": 150,
        "rates": [0.03, 0.01],
        "batch": 32,
        "tested": 256,
        "spread_width": 32,
        "spread_rates": [0.01, 0.003],
    },
    "full": {
        "pairs": [1, 2, 4, 8, 16],
        "width": 16,
        "lstm_widths": [8, 64, 128],
        "state_width": 2,
        "steps": 1500,
        "rates": [0.03, 0.01, 0.003],
        "batch": 32,
        "tested": 1024,
        "spread_width": 64,
        "spread_rates": [0.01, 0.003],
    },
}

# fmt: off
CHECKS = {
    "attention_recall": {"unit": "accuracy at 8 pairs",
        "bounds": [0.95, None], "arm": "claim", "interval": "mean",
        "meaning": "A one-layer Transformer recalls almost every value."},
    "lstm_recall": {"unit": "accuracy at 8 pairs",
        "bounds": [None, 0.7], "arm": "claim", "interval": "mean",
        "meaning": "The best LSTM, with several times the parameters, recalls less than 7 in 10 so far."},
    "lstm_drop": {"unit": "accuracy lost, 1 to 16 pairs",
        "bounds": [0.3, None], "arm": "claim", "interval": "mean",
        "meaning": "An LSTM of width 64 recalls less the more pairs its state has to hold."},
    "lstm_width_gain": {"unit": "accuracy won at 4 pairs",
        "bounds": [0.1, None], "arm": "claim", "interval": "mean",
        "meaning": "A wider state recalls more: an LSTM of width 64 beats one of width 8."},
    "ssm_drop": {"unit": "accuracy lost, 1 to 16 pairs",
        "bounds": [0.3, None], "arm": "claim", "interval": "mean",
        "meaning": "A Mamba-2 layer recalls less the more pairs its state has to hold."},
    "ssm_gap": {"unit": "accuracy below attention, 16 pairs",
        "bounds": [0.1, None], "arm": "claim", "interval": "mean",
        "meaning": "At 16 pairs the Mamba-2 layer recalls less than attention."},
    "attention_drop": {"unit": "accuracy lost, 1 to 16 pairs",
        "bounds": [0.3, None], "arm": "control", "must": "fail", "interval": "mean",
        "meaning": "The Transformer, whose cache grows, also recalls less the more pairs there are."},
    "window_drop": {"unit": "accuracy lost, 1 to 16 pairs",
        "bounds": [0.3, None], "arm": "control", "must": "pass", "interval": "mean",
        "meaning": "With a window of 4 tokens, a fixed memory, the Transformer fails in the same way."},
    "window_recall": {"unit": "accuracy at 8 pairs",
        "bounds": [0.95, None], "arm": "control", "must": "fail", "interval": "mean",
        "meaning": "With a window of 4 tokens the Transformer recalls almost every value."},
    "lstm_one_pair": {"unit": "accuracy at 1 pair",
        "bounds": [None, 0.7], "arm": "control", "must": "fail", "interval": "mean",
        "meaning": "With a single pair to remember the small LSTM, too, recalls less than 7 in 10."},
    "same_width_gain": {"unit": "accuracy won at 4 pairs",
        "bounds": [0.1, None], "arm": "control", "must": "fail", "interval": "mean",
        "meaning": "A small LSTM beats a small LSTM begun with other weights."},
    "one_layer_recall": {"unit": "accuracy at 4 spread pairs",
        "bounds": [0.9, None], "arm": "control", "must": "fail", "interval": "mean",
        "meaning": "With key and value in two tokens, one layer of attention recalls almost every value."},
    "two_layer_recall": {"unit": "accuracy at 4 spread pairs",
        "bounds": [0.9, None], "arm": "control", "must": "pass", "interval": "mean",
        "meaning": "With key and value in two tokens, two layers of attention do."},
}
OUTSIDE = (
    {"what": "perplexity that attention is ahead of gated convolutions for recall",
        "published": 2.1, "unit": "perplexity, the Pile; up to that",
        "source": "Arora et al. 2023 (Zoology), abstract", "from_memory": False,
        "ours": "ssm_gap", "beside": "ssm_gap",
        "agrees_in": "direction", "margin": 0.0,
        "why": "Here it is accuracy on a puzzle, and a Mamba-2 layer in place of convolutions."},
)
# fmt: on

KEYS, VALUES, QUERIES = 16, 8, 8
SPREAD_PAIRS = 4
FEW, SOME, ASKED, MANY = 1, 4, 8, 16
"""Numbers of pairs that checks speak of; all are among the profiles' pairs."""
NARROW, WIDE = 8, 64
"""Widths of LSTMs that checks speak of; both are among the profiles' lstm_widths."""
LEARNED = (1.0 / VALUES + 1.0) / 2.0
"""Accuracy with one pair, halfway between chance and always, below which the task was not learned."""
ENOUGH = 0.02
"""Nats per answer at which training stops."""
WINDOW = 4
"""Tokens that the cut Transformer sees."""
MINDFUL = 3.0
"""Forget bias of the LSTMs."""
SLOW = 0.1
"""Rate of decay at which the state-space layer begins."""
PRACTICE, TEST, OTHER = 1, 2, 3
"""Streams of random numbers of a seed."""


class PairTagger(nn.Module):
    """Tokens of tasks.paired_recall in, scores of values out: key vector plus value vector, core, head."""

    def __init__(
        self, core: nn.Module, *, width: int, generator: torch.Generator, device: torch.device
    ) -> None:
        super().__init__()
        self.keys = nn.Parameter(_normal(KEYS, width, generator, device))  # [keys, width]
        # The last one stands for the value that is asked for.
        self.values = nn.Parameter(_normal(VALUES + 1, width, generator, device))  # [values + 1, width]
        self.core = core
        self.head = linear(width, VALUES, generator=generator, dtype=torch.float32, device=device)

    def forward(self, x: Tensor) -> Tensor:
        """Tokens [batch, time] -> scores [batch, time, values]."""
        question = x >= KEYS * VALUES  # [batch, time]
        key = torch.where(question, x - KEYS * VALUES, x // VALUES)  # [batch, time]
        value = torch.where(question, VALUES, x % VALUES)  # [batch, time]
        token = functional.embedding(key, self.keys)  # [batch, time, width]
        token = token + functional.embedding(value, self.values)  # [batch, time, width]
        scores: Tensor = self.head(self.core(token))  # [batch, time, values]
        return scores


Recalled = dict[int, float]
"""Pairs -> the share of values recalled; no numbers when it fails with one pair."""


def trial(lab: Lab) -> None:
    """Train everyone of one arm once, and ask."""
    if lab.arm == "claim":
        _memories(lab)
    else:
        _without_cause(lab)


def _memories(lab: Lab) -> None:
    """A cache that grows, and states that do not."""
    width = lab.size["width"]
    attention = recall(lab, "Transformer", width, attention_core)
    lstms = {size: recall(lab, f"LSTM {size}", size, lstm_core) for size in lab.size["lstm_widths"]}
    ssm = recall(lab, "Mamba-2 layer", width, ssm_core)
    lab.check("attention_recall", attention[ASKED])
    lab.check("lstm_recall", max(lstm[ASKED] for lstm in lstms.values()))
    lab.check("lstm_drop", drop(lstms[WIDE]))
    lab.check("lstm_width_gain", lstms[WIDE][SOME] - lstms[NARROW][SOME])
    lab.check("ssm_drop", drop(ssm))
    lab.check("ssm_gap", attention[MANY] - ssm[MANY])


def _without_cause(lab: Lab) -> None:
    """A cache that is cut, one pair, equal states, and pairs of two tokens."""
    width = lab.size["width"]
    lab.check("attention_drop", drop(recall(lab, "Transformer", width, attention_core)))
    cut = recall(lab, f"Transformer, window {WINDOW}", width, window_core)
    lab.check("window_drop", drop(cut))
    lab.check("window_recall", cut[ASKED])
    small = recall(lab, f"LSTM {NARROW}", NARROW, lstm_core)
    other = recall(lab, f"LSTM {NARROW}", NARROW, lstm_core, begin=OTHER)
    lab.check("lstm_one_pair", small[FEW])
    lab.check("same_width_gain", other[SOME] - small[SOME])
    lab.check("one_layer_recall", spread_recall(lab, 1))
    lab.check("two_layer_recall", spread_recall(lab, 2))


def drop(recalled: Recalled) -> float:
    """Accuracy lost from one pair to many."""
    return recalled[FEW] - recalled[MANY]


# ---- cores ------------------------------------------------------------------------------------------

Core = Callable[[Lab, int, torch.Generator], nn.Module]
"""(lab, width, generator) -> a core, [batch, time, width] to the same."""


def attention_core(lab: Lab, width: int, generator: torch.Generator) -> Transformer:
    """One block with causal attention, which needs no positions here."""
    return Transformer(width, 1, 1, generator=generator, causal=True, dtype=torch.float32, device=lab.device)


def window_core(lab: Lab, width: int, generator: torch.Generator) -> Transformer:
    """The same with a window."""
    body = attention_core(lab, width, generator)
    block(body).attention.window = WINDOW
    return body


def lstm_core(lab: Lab, width: int, generator: torch.Generator) -> Fused:
    """An LSTM that begins by remembering."""
    return Fused(
        LSTM(width, generator=generator, forget_bias=MINDFUL, dtype=torch.float32, device=lab.device)
    )


def ssm_core(lab: Lab, width: int, generator: torch.Generator) -> Transformer:
    """The Transformer's block with Mamba-2's layer and a norm in place of attention."""
    body = attention_core(lab, width, generator)
    states = lab.size["state_width"]
    layer = StateSpaceDual(
        width, 1, generator=generator, state_width=states, dtype=torch.float32, device=lab.device
    )
    with torch.no_grad():
        layer.log_rate.fill_(math.log(SLOW))
        layer.bias_step.zero_()
    norm = nn.LayerNorm(width, device=lab.device)
    block(body).add_module("attention", nn.Sequential(layer, norm))
    return body


def block(body: Transformer) -> Block:
    """Its only block."""
    (only,) = body.blocks
    assert isinstance(only, Block)
    return only


# ---- training ---------------------------------------------------------------------------------------


def recall(
    lab: Lab,
    name: str,
    width: int,
    make: Core,
    *,
    begin: int = PRACTICE,
) -> Recalled:
    """Train a network on pair tokens and ask it; draws its curve."""
    pairs = lab.size["pairs"]

    def build(generator: torch.Generator) -> nn.Module:
        core = make(lab, width, generator)
        return PairTagger(core, width=width, generator=generator, device=lab.device)

    def draw(generator: torch.Generator, step: int) -> Batch:
        return paired(generator, lab.size["batch"], pairs[step % len(pairs)])

    model, rate = best(lab, build, draw, lab.size["rates"], begin)
    accuracy = {}
    for count in pairs:
        batch = paired(stream(lab, TEST), lab.size["tested"], count)
        accuracy[count] = train.accuracy(model, batch.to(lab.device))
        lab.point(name, count, accuracy[count])
    assert isinstance(model, PairTagger)
    if lab.seed % 1000 == 0 and begin == PRACTICE:
        length = pairs[-1] + QUERIES
        lab.note(
            f"{name}: {parameters(model)} parameters, {state_bytes(model, length)} bytes of state after "
            f"{length} tokens, learning rate {rate:g} of {lab.size['rates']}"
        )
    if accuracy[FEW] > LEARNED:
        return accuracy
    lab.note(f"{name} did not learn in this budget: {accuracy[FEW]:.2f} right with one pair")
    return dict.fromkeys(accuracy, math.nan)


def spread_recall(lab: Lab, layers: int) -> float:
    """Accuracy of so many layers of attention when key and value are two tokens."""
    width, rates = lab.size["spread_width"], lab.size["spread_rates"]

    def build(generator: torch.Generator) -> nn.Module:
        options: dict[str, Any] = {"generator": generator, "device": lab.device}
        core = Transformer(width, 1, layers, causal=True, positions="rotary", dtype=torch.float32, **options)
        return Tagger(core, width=width, tokens=KEYS + VALUES, classes=VALUES, **options)

    spread = partial(
        tasks.associative_recall, pairs=SPREAD_PAIRS, queries=SPREAD_PAIRS, keys=KEYS, values=VALUES
    )
    model, _ = best(lab, build, lambda generator, step: spread(generator, lab.size["batch"]), rates, PRACTICE)
    return train.accuracy(model, spread(stream(lab, TEST), lab.size["tested"]).to(lab.device))


def best(
    lab: Lab,
    build: Callable[[torch.Generator], nn.Module],
    draw: Callable[[torch.Generator, int], Batch],
    rates: Sequence[float],
    begin: int,
) -> tuple[nn.Module, float]:
    """The network with the lowest training loss, and its learning rate; no more rates once one is done."""
    found: tuple[float, nn.Module, float] | None = None
    for rate in rates:
        generator = stream(lab, begin)
        model = build(generator)
        recipe = train.Recipe(steps=lab.size["steps"], learning_rate=rate, clip=1.0, enough=ENOUGH)
        batches = map(partial(draw, generator), itertools.count())
        loss = train.fit(model, partial(_next, batches, lab.device), recipe).final()
        if found is None or loss < found[0]:
            found = loss, model, rate
        if loss < ENOUGH:
            break
    assert found is not None
    return found[1], found[2]


def _next(batches: Iterator[Batch], device: torch.device) -> Batch:
    return next(batches).to(device)


def paired(generator: torch.Generator, rows: int, pairs: int) -> Batch:
    """So many pairs, each one token, and questions about at most QUERIES of them."""
    return tasks.paired_recall(
        generator, rows, pairs=pairs, queries=min(QUERIES, pairs), keys=KEYS, values=VALUES
    )


def stream(lab: Lab, which: int) -> torch.Generator:
    """Random numbers that depend on the seed and on what they are for, and not on what was drawn before."""
    return torch.Generator().manual_seed(lab.seed * 7919 + which)


def _normal(rows: int, width: int, generator: torch.Generator, device: torch.device) -> Tensor:
    """Normal numbers of variance 1, [rows, width]."""
    return torch.randn(rows, width, generator=generator, dtype=torch.float64).to(device, torch.float32)
