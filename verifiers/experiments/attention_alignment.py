"""Which source token each output comes from, in a Transformer and in LSTMs.

The puzzle is recall: four pairs of a key and a value in any order, then the keys once more in another
order, and after each its value is asked (8 values, chance 1/8). Every output comes from one known source
token, and where that stands differs from input to input. Trained on it are a Transformer of one layer and
LSTM encoder-decoders: with attention over the encoder's states, without, and with attention but without
the vector that the decoder usually begins with. A map is the attention weights of all outputs over the
source. Measured is how often its largest weight is at the token that the output comes from (one time in
four before training), and how often the largest moves when the same keys are asked of another source.

An LSTM without attention has no map. What it reads is found by replacing every source value in turn by
another one, with the answers so far where they are fed back: the value whose replacement costs the answer
most counts as read. That is what the net does, not a map it has, and if it answers well it has it right.

In nets trained to copy four tokens or to reverse eight the answer stands at the same place in every
input, so that nothing should move: the controls that tell moving from standing still. A Transformer of
three layers that reverses says whose map it is: the first layer's is reported, and the best one's. Which
layer that is differs from seed to seed and with the learning rate: at 0.003 the second or the third, at
0.01 often the first.

Every net is trained at both rates of one grid for a few steps; the one with the lower loss on validation
sequences goes on. In the full profile all rates are trained to the end.

It does not show that attention explains a model: with several layers no one map is the alignment, and the
map need not matter, since with all its weights held even the same Transformer learns this recall too,
from the sum of the four tokens. Nor does it show what alignments are like in translation, where several
words can count at once; puzzles with one right token are the easiest case.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from .. import tasks
from ..lab import Lab
from ..models.attention import Attention, causal_bias
from ..models.encoder_decoder import EncoderDecoder
from ..models.tagger import Tagger, core, parameters, state_bytes
from ..race import raced
from ..tasks import Batch
from ..train import Fit, Recipe, accuracy, cross_entropy, fit

TITLE = "Where outputs come from: attention maps and LSTMs"

PLOT = {"x": "training steps", "y": "largest weight at the right token", "x_log": True, "y_log": False}

LOOKS = (5,)

PROFILES = {
    "quick": {"steps": 500, "early": 40, "tested": 300,
              "transformer_rates": [0.003, 0.01], "lstm_rates": [0.003, 0.01]},
    "full": {"steps": 1500, "early": 1500, "tested": 1000,
             "transformer_rates": [0.001, 0.003, 0.01], "lstm_rates": [0.003, 0.01, 0.02]},
}  # fmt: skip

# fmt: off
CHECKS = {
    "transformer_alignment": {"unit": "share of outputs",
        "bounds": [0.9, None], "arm": "claim", "interval": "mean",
        "meaning": "The Transformer's largest weight is at the token that the output comes from."},
    "transformer_moved": {"unit": "share of outputs",
        "bounds": [0.5, None], "arm": "claim", "interval": "mean",
        "meaning": "Its largest weight goes elsewhere when the same is asked of another source."},
    "rnn_map_alignment": {"unit": "share of outputs",
        "bounds": [None, 0.9], "arm": "claim", "interval": "mean",
        "meaning": "The largest weight of an LSTM's attention is at the right token: is the map explicit?"},
    "rnn_map_moved": {"unit": "share of outputs",
        "bounds": [None, 0.1], "arm": "claim", "interval": "mean",
        "meaning": "That largest weight goes elsewhere with another source: is the map fixed?"},
    "rnn_read_moved": {"unit": "share of outputs",
        "bounds": [None, 0.1], "arm": "claim", "interval": "mean",
        "meaning": "Without attention, the token that the LSTM reads is another with another source."},
    "rnn_read_alignment": {"unit": "share of outputs",
        "bounds": [0.9, None], "arm": "claim", "interval": "mean",
        "meaning": "Without attention, the token that the LSTM reads is the right one."},
    "first_layer_alignment": {"unit": "share of outputs",
        "bounds": [0.9, None], "arm": "claim", "interval": "mean",
        "meaning": "Of three layers that reverse, the first one's largest weight is at the right token."},
    "best_layer_alignment": {"unit": "share of outputs",
        "bounds": [0.9, None], "arm": "claim", "interval": "mean",
        "meaning": "The same for the best of the three layers."},
    "no_vector_alignment": {"unit": "share of outputs",
        "bounds": [0.9, None], "arm": "claim", "interval": "mean",
        "meaning": "An LSTM that attends and is handed no vector: the largest weight is at the right token."},
    "untrained_alignment": {"unit": "share of outputs",
        "bounds": [0.9, None], "arm": "control", "must": "fail", "interval": "mean",
        "meaning": "The Transformer's largest weight is at the right token before training."},
    "reverse_alignment": {"unit": "share of outputs",
        "bounds": [0.9, None], "arm": "control", "must": "pass", "interval": "mean",
        "meaning": "Trained to reverse, one layer's largest weight is at the right token."},
    "reverse_moved": {"unit": "share of outputs",
        "bounds": [0.5, None], "arm": "control", "must": "fail", "interval": "mean",
        "meaning": "Trained to reverse, the largest weight goes elsewhere with another input."},
    "copy_map_alignment": {"unit": "share of outputs",
        "bounds": [0.9, None], "arm": "control", "must": "pass", "interval": "mean",
        "meaning": "An LSTM with attention, trained to copy: the largest weight is at the copied token."},
    "copy_map_moved": {"unit": "share of outputs",
        "bounds": [None, 0.1], "arm": "control", "must": "pass", "interval": "mean",
        "meaning": "Trained to copy, that largest weight goes elsewhere with another input."},
    "copy_read_moved": {"unit": "share of outputs",
        "bounds": [None, 0.1], "arm": "control", "must": "pass", "interval": "mean",
        "meaning": "Trained to copy without attention, the token read is another with another input."},
}
# fmt: on

KEYS, VALUES, REVERSED = 4, 8, 8
"""Pairs in a source to recall from, which is also how many tokens are copied; values or symbols; tokens
that are reversed."""
BATCH = 32
LEARNED = 0.9
"""The share of right answers below which a net has no alignment to speak of."""
MARKS = (1, 5, 10, 20, 50, 100, 200, 500)
"""The steps after which a map is looked at."""


@dataclass(frozen=True)
class Puzzle:
    """What a net is trained on: a source, then as many answers, each of them one of its tokens."""

    tokens: int
    draw: Callable[[torch.Generator, int], Batch]
    """(generator, batch) -> inputs and targets [batch, 2 source]."""
    places: Callable[[Tensor], Tensor]
    """Inputs [batch, 2 source] -> where in the source each answer stands [batch, source] or [source]."""


RECALL = Puzzle(
    tokens=KEYS * VALUES + KEYS,
    draw=partial(tasks.paired_recall, pairs=KEYS, queries=KEYS, keys=KEYS, values=VALUES),
    places=lambda x: (x[:, KEYS:, None] % VALUES == x[:, None, :KEYS] // VALUES).long().argmax(dim=2),
)
REVERSE = Puzzle(
    tokens=VALUES + 1,
    draw=partial(tasks.reverse, length=REVERSED, symbols=VALUES),
    places=lambda x: torch.arange(REVERSED - 1, -1, -1, device=x.device),
)
COPY = Puzzle(
    tokens=VALUES + 1,
    draw=partial(tasks.copy, length=KEYS, symbols=VALUES),
    places=lambda x: torch.arange(KEYS, device=x.device),
)

Reader = Callable[[nn.Module, Tensor], Tensor]
"""(net, inputs [batch, 2 source]) -> the source place that each answer reads most [batch, source]."""


def trial(lab: Lab) -> None:
    """Some nets trained and looked into, in one arm."""
    if lab.arm == "claim":
        _recalling(lab)
        _stacked(lab)
    else:
        _positional(lab)


def _recalling(lab: Lab) -> None:
    """Nets whose answers stand somewhere else in every source."""
    found = _learned(lab, "Transformer", RECALL, partial(transformer, lab, RECALL), peak)
    lab.check("transformer_alignment", found.alignment)
    lab.check("transformer_moved", found.moved)
    found = _learned(lab, "LSTM with attention", RECALL, partial(lstm, lab, RECALL, attention=True), peak)
    lab.check("rnn_map_alignment", found.alignment)
    lab.check("rnn_map_moved", found.moved)
    found = _learned(lab, "LSTM alone, by occlusion", RECALL, partial(lstm, lab, RECALL), most_missed)
    lab.check("rnn_read_alignment", found.alignment)
    lab.check("rnn_read_moved", found.moved)
    lone = partial(lstm, lab, RECALL, attention=True, handed=0)
    lab.check("no_vector_alignment", _learned(lab, "LSTM, attention only", RECALL, lone, peak).alignment)


def _stacked(lab: Lab) -> None:
    """Three layers that reverse: whose map is the alignment?"""
    found = _learned(lab, "", REVERSE, partial(transformer, lab, REVERSE, width=32, layers=3), peak)
    x = _test(lab, REVERSE).inputs  # [batch, 2 source]
    # Not numbers where the net did not learn.
    layers = [] if math.isnan(found.alignment) else peaks(found.model, x)  # [batch, source] each
    shares = [aligned(REVERSE, x, layer) for layer in layers] or [math.nan]
    lab.check("first_layer_alignment", shares[0])
    lab.check("best_layer_alignment", max(shares))


def _positional(lab: Lab) -> None:
    """Before training, and nets whose answers stand at the same place in every source."""
    x = _test(lab, RECALL).inputs  # [batch, 2 source]
    lab.check("untrained_alignment", aligned(RECALL, x, peak(transformer(lab, RECALL), x)))
    found = _learned(lab, "", REVERSE, partial(transformer, lab, REVERSE, width=32), peak)
    lab.check("reverse_alignment", found.alignment)
    lab.check("reverse_moved", found.moved)
    found = _learned(lab, "", COPY, partial(lstm, lab, COPY, attention=True), peak)
    lab.check("copy_map_alignment", found.alignment)
    lab.check("copy_map_moved", found.moved)
    lab.check("copy_read_moved", _learned(lab, "", COPY, partial(lstm, lab, COPY), most_missed).moved)


# ---- nets and their training ------------------------------------------------------------------------


def transformer(lab: Lab, puzzle: Puzzle, *, width: int = 64, layers: int = 1) -> Tagger:
    """A causal Transformer with one head before training; with positions where the answers need them."""
    positions = "none" if puzzle is RECALL else "sinusoidal"
    where: Any = {"generator": _generator(lab, 0), "device": lab.device}
    body = core("transformer", width, layers=layers, heads=1, causal=True, positions=positions, **where)
    scaled = puzzle is RECALL
    return Tagger(body, width=width, tokens=puzzle.tokens, classes=VALUES, scaled=scaled, **where)


def lstm(lab: Lab, puzzle: Puzzle, **options: Any) -> EncoderDecoder:  # noqa: ANN401 - the model's own
    """An LSTM encoder-decoder before training. All of a seed and a puzzle begin with the same LSTMs."""
    where: Any = {"generator": _generator(lab, 0), "device": lab.device}
    return EncoderDecoder(48, tokens=puzzle.tokens, classes=VALUES, **where, **options)


@dataclass(frozen=True, kw_only=True)
class Found:
    """A trained net and where its answers come from; nan where it did not learn."""

    model: nn.Module
    alignment: float
    moved: float


def _learned(lab: Lab, curve: str, puzzle: Puzzle, build: Callable[[], nn.Module], reader: Reader) -> Found:
    """Train at the best rate of the grid, draw how the alignment came unless `curve` is empty, and test."""
    seen: dict[float, dict[int, float]] = {}
    streams: dict[float, torch.Generator] = {}
    test = _test(lab, puzzle)
    few = test.inputs[:100]  # [100, 2 source]

    def train(model: nn.Module, rate: float, first: int, last: int) -> Fit:
        # Every net of a puzzle and every rate sees the same tokens.
        drawn, marks = streams.setdefault(rate, _generator(lab, 1)), seen.setdefault(rate, {})

        def watch(step: int, loss: float) -> None:
            if curve and first + step + 1 in MARKS:
                marks[first + step + 1] = aligned(puzzle, few, reader(model, few))

        recipe = Recipe(steps=last - first, learning_rate=rate, clip=1.0, enough=0.02)
        return fit(model, lambda: puzzle.draw(drawn, BATCH).to(lab.device), recipe, watch=watch)

    @torch.no_grad()
    def judge(model: nn.Module, made: Fit) -> float:
        return float(cross_entropy(model, _test(lab, puzzle, use=3)))

    kind = "lstm" if isinstance(build(), EncoderDecoder) else "transformer"
    rates, early, steps = (lab.size[name] for name in (f"{kind}_rates", "early", "steps"))
    best = raced(build, train, rates, early=early, steps=steps, judge=judge)
    right = accuracy(best.model, test)
    places = reader(best.model, test.inputs)  # [batch, source]
    alignment = aligned(puzzle, test.inputs, places)
    if curve:
        # A net that learned early keeps what it ended with.
        for step in MARKS:
            lab.point(curve, step, seen[best.learning_rate].get(step, alignment))
        if lab.seed % 1000 == 0:
            lab.note(
                f"{curve}: {parameters(best.model)} parameters, {state_bytes(best.model, len(places[0]))} "
                f"bytes kept of a source, {right:.3f} of answers right after {best.fit.steps} steps, "
                f"learning rate {best.learning_rate:g} of {', '.join(f'{rate:g}' for rate in rates)}"
            )
    if right < LEARNED:
        lab.note(f"{curve or 'A net'} did not learn in this budget (seed {lab.seed}, {right:.2f} right).")
        return Found(model=best.model, alignment=math.nan, moved=math.nan)
    others = reader(best.model, elsewhere(puzzle, test.inputs))  # [batch, source]
    moved = float((places != others).float().mean())
    return Found(model=best.model, alignment=alignment, moved=moved)


def _generator(lab: Lab, use: int) -> torch.Generator:
    """A generator of the seed's own for each use: weights, training, test, validation."""
    return torch.Generator().manual_seed(4 * lab.seed + use)


def _test(lab: Lab, puzzle: Puzzle, use: int = 2) -> Batch:
    """A batch that no net is trained on."""
    return puzzle.draw(_generator(lab, use), lab.size["tested"]).to(lab.device)


# ---- where an answer comes from ---------------------------------------------------------------------


def aligned(puzzle: Puzzle, x: Tensor, places: Tensor) -> float:
    """How many of the places read [batch, source] are those where the answers stand."""
    return float((places == puzzle.places(x)).float().mean())


def elsewhere(puzzle: Puzzle, x: Tensor) -> Tensor:
    """Every input with the source of another: [batch, 2 source]. Where it must be, the answers so far too."""
    source, fed = x.chunk(2, dim=1)  # [batch, source] each
    return torch.cat((source.roll(1, 0), fed if puzzle is RECALL else fed.roll(1, 0)), dim=1)


def peak(model: nn.Module, x: Tensor) -> Tensor:
    """The source place with the largest weight of each answer, in the last layer: [batch, source]."""
    return peaks(model, x)[-1]


@torch.no_grad()
def peaks(model: nn.Module, x: Tensor) -> list[Tensor]:
    """Per layer, the source place with the largest weight of each answer: [batch, source] each."""
    if isinstance(model, EncoderDecoder):
        return [model.alignment(x).argmax(dim=2)]
    length = x.shape[1] // 2
    return [weights[:, length:, :length].argmax(dim=2) for weights in maps(model, x)]


@torch.no_grad()
def maps(model: nn.Module, x: Tensor) -> list[Tensor]:
    """Per layer of a causal Transformer with one head, its attention weights: [batch, query, key] each."""
    made: list[Tensor] = []
    layers = [part for part in model.modules() if isinstance(part, Attention)]
    hooks = [
        projection.register_forward_hook(lambda module, given, out: made.append(out))
        for layer in layers
        for projection in (layer.query, layer.key)
    ]
    model(x)
    for hook in hooks:
        hook.remove()
    found = []
    for q, k in zip(made[::2], made[1::2], strict=True):  # [batch, time, width] each
        scores = q @ k.transpose(1, 2) / math.sqrt(q.shape[2])  # [batch, query, key]
        hidden = causal_bias(q.shape[1], k.shape[1], like=q)  # [query, key]
        found.append((scores + hidden).softmax(dim=2))  # [batch, query, key]
    return found


@torch.no_grad()
def most_missed(model: nn.Module, x: Tensor) -> Tensor:
    """The source place whose value, when it is another, costs each answer most: [batch, source]."""
    length = x.shape[1] // 2
    before = model(x)[:, length:].log_softmax(dim=2)  # [batch, source, classes]
    answers = before.argmax(dim=2, keepdim=True)  # [batch, source, 1]
    costs = []
    for place in range(length):
        after = model(replaced(x, place))[:, length:].log_softmax(dim=2)  # [batch, source, classes]
        costs.append((before - after).gather(2, answers)[..., 0])  # [batch, source]
    return torch.stack(costs, dim=2).argmax(dim=2)  # [batch, source]


def replaced(x: Tensor, place: int) -> Tensor:
    """Inputs [batch, 2 source] of recall or of copying with another value at one place of the source.

    In copying the answer is fed back one token after its place, and is replaced too, or the input would
    contradict itself. In recall keys stay, and nothing is fed back.
    """
    changed = x.clone()  # [batch, 2 source]
    symbol = x[:, place]  # [batch]
    another = symbol // VALUES * VALUES + (symbol + VALUES // 2) % VALUES  # [batch]
    changed[:, place] = another
    fed_back = x.shape[1] // 2 + place + 1
    if fed_back < x.shape[1]:
        same = x[:, fed_back] == symbol  # [batch], never in recall, where queries are tokens of their own
        changed[:, fed_back] = torch.where(same, another, x[:, fed_back])
    return changed
