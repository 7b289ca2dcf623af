"""What a Transformer without positional encoding knows about the order and the place of its tokens.

Asked of an encoder (no mask) and of a decoder (causal mask), both of two layers:
order: A and B stand once each among fillers; which one came first? (tasks.first_of_two)
sentence: consecutive words, or the same words shuffled? (tasks.shuffled_sentence; the decoder only)
position: after a start token, random tokens; say at each one how many came before it. (tasks.position)
untrained: with random weights and no training, the share of the variance of a token's position that a
ridge regression reads out of its final vector, on sequences that the regression has not seen.
The first two are asked at a question mark after the last token, so that the token asked tells nothing by
itself.
text (full profile only, beside published numbers, in no check): perplexity per character of decoders that
differ in their positions alone, and of encoders that are asked for hidden characters.
Every network is trained at two learning rates (three in full) for the same number of steps, fewer when
the training loss is low enough, the last fifth of them at a tenth of the rate; the rate with
the lower training loss is kept. The tokens before the question mark are also shuffled: the shift is how
far the scores move, relative to their size.

The encoder's half does not rest on failed training: its scores after a shuffle are the same numbers, so
no sentence looks different to it from its shuffled words either.
Where a decoder does not fit its training data, its number is left undecided.

Controls: the encoder is given sinusoidal positions and must know order and place; without them it must
still learn to count, which needs no order; a decoder of one layer must be as blind as an encoder at the
question mark, because its only look back is at tokens that have not looked back; a probe fitted to
shuffled positions must find nothing; and without the start token the untrained read-out must collapse,
because every prefix then looks like any other on average.

It does not show how much a language model of a useful size loses without positional encoding (in the full
profile small ones read half a megabyte of text), nor how well what a decoder
has learned carries over to longer inputs. Nor does it show that a decoder knows its place exactly: after
a short training its knowledge gets coarser with every token.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from .. import language, tasks, train
from ..lab import Lab
from ..models.tagger import Tagger, core, parameters
from ..tasks import IGNORE, Batch
from ..train import Recipe, Tuned

TITLE = "Order and place without positional encoding"

PLOT = {"x": "position", "y": "share read off right", "x_log": False, "y_log": False}

LOOKS = (4, 8)

PROFILES = {
    "quick": {
        "width": 32, "order_length": 8, "order_steps": 80, "sentence_length": 6, "sentence_steps": 110,
        "place_length": 16, "place_steps": 80, "rates": (2e-3, 5e-3), "batch": 16, "probes": 2,
        "held_out": 500, "text": None,
    },
    "full": {
        "width": 64, "order_length": 16, "order_steps": 300, "sentence_length": 12, "sentence_steps": 400,
        "place_length": 32, "place_steps": 400, "rates": (5e-4, 1e-3, 2e-3), "batch": 32, "probes": 8,
        "held_out": 2000,
        "text": {
            "cpu": {"transformer": (48, 2), "steps": 900, "batch": 16, "time": 64,
                    "rates": (3e-3, 1e-2), "tests": 1000},
            "gpu": {"transformer": (256, 8), "steps": 3000, "batch": 64, "time": 128,
                    "rates": (3e-4, 1e-3, 2e-3), "tests": 1000},
        },
    },
}  # fmt: skip
"""text: what reads it, (width, layers), and how."""

# fmt: off
CHECKS = {
    "encoder_shift": {"unit": "of the scores' size",
        "bounds": [None, 1e-3], "arm": "claim", "interval": "mean",
        "meaning": "How far a trained encoder's scores move when the tokens before are shuffled."},
    "encoder_order_accuracy": {"unit": "accuracy, chance 0.5",
        "bounds": [None, 0.75], "arm": "claim", "interval": "mean",
        "meaning": "An encoder without positional encoding says which of A and B came first."},
    "decoder_order_accuracy": {"unit": "accuracy, chance 0.5",
        "bounds": [None, 0.75], "arm": "claim", "interval": "mean",
        "meaning": "A decoder without positional encoding says which of A and B came first."},
    "decoder_sentence_accuracy": {"unit": "accuracy, chance 0.5",
        "bounds": [None, 0.75], "arm": "claim", "interval": "mean",
        "meaning": "A decoder without positional encoding tells a sentence from its shuffled words."},
    "encoder_place": {"unit": "times chance",
        "bounds": [None, 3.0], "arm": "claim", "interval": "mean",
        "meaning": "An encoder without positional encoding says where a token stands, exactly right."},
    "decoder_place": {"unit": "times chance",
        "bounds": [None, 5.0], "arm": "claim", "interval": "mean",
        "meaning": "A decoder without positional encoding says where a token stands, exactly right."},
    "untrained_encoder_r2": {"unit": "share of variance",
        "bounds": [None, 0.1], "arm": "claim", "interval": "mean",
        "meaning": "Position read off the vectors of an untrained encoder after a start token."},
    "untrained_decoder_r2": {"unit": "share of variance",
        "bounds": [None, 0.25], "arm": "claim", "interval": "mean",
        "meaning": "Position read off the vectors of an untrained decoder after a start token."},
    "placed_shift": {"unit": "of the scores' size",
        "bounds": [None, 1e-3], "arm": "control", "must": "fail", "interval": "mean",
        "meaning": "With sinusoidal positions the trained encoder's scores move when tokens are shuffled."},
    "placed_order_accuracy": {"unit": "accuracy, chance 0.5",
        "bounds": [None, 0.75], "arm": "control", "must": "fail", "interval": "mean",
        "meaning": "With sinusoidal positions the encoder says which of A and B came first."},
    "placed_place": {"unit": "times chance",
        "bounds": [None, 3.0], "arm": "control", "must": "fail", "interval": "mean",
        "meaning": "With sinusoidal positions the encoder says where a token stands."},
    "counting_accuracy": {"unit": "accuracy, chance 0.5",
        "bounds": [0.75, None], "arm": "control", "must": "pass", "interval": "mean",
        "meaning": "Without positions the encoder learns whether there are more A than B, in any order."},
    "one_layer_order_accuracy": {"unit": "accuracy, chance 0.5",
        "bounds": [None, 0.75], "arm": "control", "must": "pass", "interval": "mean",
        "meaning": "A decoder of one layer does not know at its last token which of A and B came first."},
    "one_layer_shift": {"unit": "of the scores' size",
        "bounds": [None, 1e-3], "arm": "control", "must": "pass", "interval": "mean",
        "meaning": "Its scores at the last token do not move when the tokens before are shuffled."},
    "no_start_r2": {"unit": "share of variance",
        "bounds": [None, 0.25], "arm": "control", "must": "pass", "interval": "mean",
        "meaning": "Without a start token there is little to read off an untrained decoder."},
    "shuffled_labels_r2": {"unit": "share of variance",
        "bounds": [None, 0.1], "arm": "control", "must": "pass", "interval": "mean",
        "meaning": "Positions shuffled before the probe is fitted: nothing to read off."},
}
# fmt: on

FIGURES = {
    "decoder_without": ("perplexity per character", "mean", "A decoder without positions."),
    "decoder_learned": ("perplexity per character", "mean", "The same with learned positions."),
    "decoder_sinusoidal": ("perplexity per character", "mean", "The same with sinusoidal positions."),
    "decoder_alibi": ("perplexity per character", "mean", "The same with ALiBi."),
    "masked_without": ("perplexity per hidden character", "mean", "An encoder without positions."),
    "masked_learned": ("perplexity per hidden character", "mean", "The same with learned positions."),
}

# fmt: off
OUTSIDE = (
    {"what": "a decoder's perplexity without positions over that with learned ones",
        "published": (20.97, "/", 20.42), "unit": "perplexity per token, WikiText-103",
        "source": "Haviv et al. 2022, Table 1", "from_memory": False,
        "ours": ("decoder_without", "/", "decoder_learned"), "beside": "decoder_order_accuracy",
        "agrees_in": "direction", "margin": 1.0,
        "why": "Both are language models with and without positions; only the sizes differ."},
    {"what": "how much that is",
        "published": (20.97, "/", 20.42), "unit": "perplexity per token, WikiText-103",
        "source": "Haviv et al. 2022, Table 1", "from_memory": False,
        "ours": ("decoder_without", "/", "decoder_learned"), "beside": "decoder_order_accuracy",
        "agrees_in": "ratio", "margin": 1.1,
        "why": "Two layers and a short training: finding the last character without positions takes long."},
    {"what": "the same over sinusoidal ones",
        "published": (20.97, "/", 20.16), "unit": "perplexity per token, WikiText-103",
        "source": "Haviv et al. 2022, Table 1", "from_memory": False,
        "ours": ("decoder_without", "/", "decoder_sinusoidal"), "beside": "decoder_order_accuracy",
        "agrees_in": "direction", "margin": 1.0,
        "why": "A short training has to learn what sinusoids mean, which costs it something."},
    {"what": "the same over ALiBi",
        "published": (20.97, "/", 19.71), "unit": "perplexity per token, WikiText-103",
        "source": "Haviv et al. 2022, Table 1", "from_memory": False,
        "ours": ("decoder_without", "/", "decoder_alibi"), "beside": "decoder_order_accuracy",
        "agrees_in": "direction", "margin": 1.0,
        "why": "What is near matters more to characters than to words, and ALiBi prefers what is near."},
    {"what": "a masked encoder's perplexity without positions over that with learned ones",
        "published": (147.18, "/", 4.06), "unit": "perplexity per hidden token, pieces of 128",
        "source": "Haviv et al. 2022, Table 4", "from_memory": False,
        "ours": ("masked_without", "/", "masked_learned"), "beside": "encoder_order_accuracy",
        "agrees_in": "direction", "margin": 1.2,
        "why": "Of 29 characters the worst guess has perplexity 29, of a vocabulary of words thousands."},
)
# fmt: on

FILLERS, WORDS, SYMBOLS = 10, 12, 8
ORDER_TOKENS = 2 + FILLERS
"""A, B and the fillers; as many as there are words."""
PROBE_WIDTH, PROBE_TOKENS, PROBE_LENGTH, PROBE_ROWS = 64, 32, 64, 128
"""The untrained network, and the sequences that the probe sees: half to fit, half to judge by."""
RIDGE = 1.0
"""Penalty of the probe, on features of variance about 1."""
LEARNED = 0.9
"""A decoder whose training loss stays above this share of a guess's has not learned."""


@dataclass(frozen=True)
class Kind:
    """What a Transformer is allowed to know about order."""

    causal: bool
    positions: str = "none"
    layers: int = 2


ENCODER, DECODER = Kind(causal=False), Kind(causal=True)
PLACED = Kind(causal=False, positions="sinusoidal")
ONE_LAYER = Kind(causal=True, layers=1)

Draw = Callable[[torch.Generator, int], Batch]
"""(generator, how many) -> that many sequences of a task."""


@dataclass(frozen=True)
class Task:
    """What a network is asked."""

    name: str
    draw: Draw
    tokens: int
    classes: int
    steps: int
    enough: float
    """The training loss, in nats, below which more training is of no use."""


def trial(lab: Lab) -> None:
    """All questions to one set of networks, in one arm."""
    if lab.arm == "claim":
        _without_positions(lab)
    else:
        _controls(lab)


def _without_positions(lab: Lab) -> None:
    """An encoder and a decoder that are told nothing about order."""
    order = order_task(lab)
    encoder = trained(lab, order, ENCODER)
    lab.check("encoder_shift", shift(lab, encoder.model, order))
    lab.check("encoder_order_accuracy", held_out(lab, encoder.model, order))
    lab.check("decoder_order_accuracy", _if_learned(lab, order, trained(lab, order, DECODER)))
    sentence = sentence_task(lab)
    lab.check("decoder_sentence_accuracy", _if_learned(lab, sentence, trained(lab, sentence, DECODER)))
    place = place_task(lab)
    blind, seeing = trained(lab, place, ENCODER), trained(lab, place, DECODER)
    lab.check("encoder_place", place.classes * held_out(lab, blind.model, place))
    lab.check("decoder_place", place.classes * _if_learned(lab, place, seeing))
    draw_places(lab, "encoder without positions", blind.model, place)
    draw_places(lab, "decoder without positions", seeing.model, place)
    lab.check("untrained_encoder_r2", untrained_r2(lab, ENCODER))
    lab.check("untrained_decoder_r2", untrained_r2(lab, DECODER))
    size = language.sizes(lab)
    if size:
        _read_text(lab, size)


def _read_text(lab: Lab, size: Mapping[str, Any]) -> None:
    """Perplexities of networks that differ in their positions alone, on the same text."""
    seed = int(torch.randint(2**31, (), generator=lab.generator))
    known = {"without": "none", "learned": "learned", "sinusoidal": "sinusoidal", "alibi": "alibi"}
    for masked, who, names in ((False, "decoder", tuple(known)), (True, "masked", ("without", "learned"))):
        test = language.exam(size, size["time"], masked=masked)
        for name in names:
            options = {"causal": not masked, "positions": known[name], "fused": True}
            # A seventh of the characters is asked for, so that learning takes longer.
            longer = {**size, "steps": (1 + masked) * size["steps"]}
            model = language.trained(lab, longer, "transformer", seed=seed, masked=masked, **options)
            lab.figure(f"{who}_{name}", language.perplexity(model, test))


def _controls(lab: Lab) -> None:
    """With positions, without a second layer, without a start, and a question that needs no order."""
    order, place = order_task(lab), place_task(lab)
    placed = trained(lab, order, PLACED)
    lab.check("placed_shift", shift(lab, placed.model, order))
    lab.check("placed_order_accuracy", held_out(lab, placed.model, order))
    reader = trained(lab, place, PLACED)
    lab.check("placed_place", place.classes * held_out(lab, reader.model, place))
    draw_places(lab, "encoder with sinusoidal positions", reader.model, place)
    counting = counting_task(lab)
    lab.check("counting_accuracy", held_out(lab, trained(lab, counting, ENCODER).model, counting))
    single = trained(lab, order, ONE_LAYER)
    lab.check("one_layer_order_accuracy", held_out(lab, single.model, order))
    lab.check("one_layer_shift", shift(lab, single.model, order))
    lab.check("no_start_r2", untrained_r2(lab, DECODER, start=False))
    lab.check("shuffled_labels_r2", untrained_r2(lab, DECODER, shuffled=True))


def asked_at_end(batch: Batch, mark: int) -> Batch:
    """The last target moved to a question mark after the sequence: [batch, time + 1]."""
    marks = torch.full_like(batch.inputs[:, :1], mark)  # [batch, 1]
    silent = torch.full_like(batch.inputs, IGNORE)  # [batch, time]
    return Batch(
        torch.cat((batch.inputs, marks), dim=1),  # [batch, time + 1]
        torch.cat((silent, batch.targets[:, -1:]), dim=1),  # [batch, time + 1]
    )


def started(batch: Batch, mark: int) -> Batch:
    """A start token before the sequence, at which nothing is asked: [batch, 1 + time]."""
    marks = torch.full_like(batch.inputs[:, :1], mark)  # [batch, 1]
    silent = torch.full_like(marks, IGNORE)  # [batch, 1]
    return Batch(
        torch.cat((marks, batch.inputs), dim=1),  # [batch, 1 + time]
        torch.cat((silent, batch.targets), dim=1),  # [batch, 1 + time]
    )


def order_task(lab: Lab) -> Task:
    """Which of A and B came first?"""
    length = lab.size["order_length"]

    def draw(generator: torch.Generator, batch: int) -> Batch:
        return tasks.first_of_two(generator, batch, length=length, fillers=FILLERS)

    return _asked_last("order", draw, ORDER_TOKENS, lab.size["order_steps"])


def sentence_task(lab: Lab) -> Task:
    """A sentence, or its words shuffled?"""
    length = lab.size["sentence_length"]

    def draw(generator: torch.Generator, batch: int) -> Batch:
        return tasks.shuffled_sentence(generator, batch, length=length, words=WORDS)

    return _asked_last("sentence", draw, WORDS, lab.size["sentence_steps"])


def counting_task(lab: Lab) -> Task:
    """More A than B? The order does not matter."""
    length = lab.size["order_length"]

    def draw(generator: torch.Generator, batch: int) -> Batch:
        return tasks.more_of_two(generator, batch, length=length, fillers=FILLERS)

    return _asked_last("counting", draw, ORDER_TOKENS, lab.size["order_steps"])


def _asked_last(name: str, draw: Draw, tokens: int, steps: int) -> Task:
    """A question of two answers, put at a mark after the sequence."""
    return Task(name, lambda *drawn: asked_at_end(draw(*drawn), tokens), tokens + 1, 2, steps, enough=0.05)


def place_task(lab: Lab) -> Task:
    """How many tokens came between the start and here?"""
    length = lab.size["place_length"]

    def draw(generator: torch.Generator, batch: int) -> Batch:
        return started(tasks.position(generator, batch, length=length, symbols=SYMBOLS), SYMBOLS)

    return Task("position", draw, SYMBOLS + 1, length, lab.size["place_steps"], enough=0.1)


def trained(lab: Lab, task: Task, kind: Kind) -> Tuned:
    """The best of the learning rates, by training loss; every rate gets the same weights and data."""
    weights, data = (int(torch.randint(2**31, (), generator=lab.generator)) for _ in range(2))

    def build() -> nn.Module:
        return network(kind, lab.size["width"], task.tokens, task.classes, weights, lab.device)

    def learn(model: nn.Module, rate: float) -> train.Fit:
        generator = torch.Generator().manual_seed(data)
        return cooled(model, lambda: task.draw(generator, lab.size["batch"]).to(lab.device), task, rate)

    best = train.tuned(build, learn, lab.size["rates"])
    if lab.seed % 1000 == 0:
        who = f"{'decoder' if kind.causal else 'encoder'}, {kind.layers} layers, positions {kind.positions}"
        lab.note(
            f"{task.name}: {who}: {parameters(best.model)} parameters, learning rate {best.learning_rate:g}"
            f" of {', '.join(f'{rate:g}' for rate in lab.size['rates'])}, {best.fit.steps} steps"
        )
    return best


def cooled(model: nn.Module, draw: Callable[[], Batch], task: Task, rate: float) -> train.Fit:
    """Train with a tenth of the rate for the last fifth of the steps; each part ends when the loss is low."""
    cold = task.steps // 5
    fits = []
    for steps, at in ((task.steps - cold, rate), (cold, rate / 10)):
        recipe = Recipe(steps=steps, learning_rate=at, clip=1.0, enough=task.enough)
        fits.append(train.fit(model, draw, recipe))
    return train.Fit(
        losses=tuple(loss for fit in fits for loss in fit.losses),
        norms=tuple(norm for fit in fits for norm in fit.norms),
    )


def network(
    kind: Kind, width: int, tokens: int, classes: int, seed: int, device: torch.device | str
) -> Tagger:
    """A Transformer of that kind between an embedding and a head."""
    generator = torch.Generator().manual_seed(seed)
    body = core(
        "transformer",
        width,
        generator=generator,
        layers=kind.layers,
        causal=kind.causal,
        positions=kind.positions,
        fused=True,
        device=device,
    )
    return Tagger(body, width=width, tokens=tokens, classes=classes, generator=generator, device=device)


def held_out(lab: Lab, model: nn.Module, task: Task) -> float:
    """Accuracy on sequences that were not trained on."""
    return train.accuracy(model, task.draw(lab.generator, lab.size["held_out"]).to(lab.device))


def _if_learned(lab: Lab, task: Task, best: Tuned) -> float:
    """Held-out accuracy; not a number when the network did not fit what it was trained on."""
    accuracy = held_out(lab, best.model, task)
    if best.fit.final() < LEARNED * math.log(task.classes):
        return accuracy
    lab.note(f"seed {lab.seed}: the decoder did not learn the {task.name} task in this budget")
    return math.nan


@torch.no_grad()
def shift(lab: Lab, model: nn.Module, task: Task) -> float:
    """How far shuffling all tokens but the last moves the last token's scores, relative to their size."""
    inputs = task.draw(lab.generator, lab.size["held_out"]).inputs  # [batch, time]
    order = torch.rand(inputs[:, :-1].shape, generator=lab.generator).argsort(dim=1)  # [batch, time - 1]
    shuffled = torch.cat((inputs[:, :-1].gather(1, order), inputs[:, -1:]), dim=1)  # [batch, time]
    plain = model(inputs.to(lab.device))[:, -1]  # [batch, classes]
    moved = model(shuffled.to(lab.device))[:, -1]  # [batch, classes]
    return float((moved - plain).norm() / plain.norm())


@torch.no_grad()
def draw_places(lab: Lab, curve: str, model: nn.Module, task: Task) -> None:
    """The share read off right against the position."""
    batch = task.draw(lab.generator, lab.size["held_out"]).to(lab.device)
    right = (model(batch.inputs).argmax(dim=-1) == batch.targets).cpu().double()  # [batch, 1 + time]
    for position, share in enumerate(right[:, 1:].mean(dim=0).tolist(), start=1):
        lab.point(curve, position, share)


def untrained_r2(lab: Lab, kind: Kind, *, start: bool = True, shuffled: bool = False) -> float:
    """The share of the variance of positions that a probe reads off random weights, mean of several draws.

    shuffled: whether the probe is fitted to, and judged by, positions in a random order.
    """
    draws: int = lab.size["probes"]
    return math.fsum(_one_r2(lab, kind, start, shuffled) for _ in range(draws)) / draws


@torch.no_grad()
def _one_r2(lab: Lab, kind: Kind, start: bool, shuffled: bool) -> float:
    """The same for one draw of weights and sequences."""
    seed = int(torch.randint(2**31, (), generator=lab.generator))
    model = network(kind, PROBE_WIDTH, PROBE_TOKENS + 1, 1, seed, lab.device)
    batch = tasks.position(lab.generator, PROBE_ROWS, length=PROBE_LENGTH, symbols=PROBE_TOKENS)
    inputs = started(batch, PROBE_TOKENS).inputs if start else batch.inputs  # [batch, start + time]
    states = model.states(inputs.to(lab.device))[:, -PROBE_LENGTH:]  # [batch, time, width]
    places = batch.targets.double()  # [batch, time]
    if shuffled:
        places = places.flatten()[torch.randperm(places.numel(), generator=lab.generator)].view_as(places)
    return probe_r2(states.cpu().double(), places)


def probe_r2(states: Tensor, places: Tensor) -> float:
    """R squared of a ridge regression of places [batch, time] on states [batch, time, width].

    Fitted to the first half of the sequences, judged by the second; below zero when worse than the mean.
    """
    half = len(states) // 2
    x, y = states[:half].flatten(0, 1), places[:half].flatten()  # [rows, width], [rows]
    x_mean, y_mean = x.mean(dim=0), y.mean()  # [width], scalar
    x, y = x - x_mean, y - y_mean  # [rows, width], [rows]
    penalty = RIDGE * torch.eye(x.shape[1], dtype=x.dtype)  # [width, width]
    weights = torch.linalg.solve(x.T @ x + penalty, x.T @ y)  # [width]
    guess = (states[half:].flatten(0, 1) - x_mean) @ weights + y_mean  # [rows]
    truth = places[half:].flatten()  # [rows]
    left, total = (truth - guess).square().sum(), (truth - truth.mean()).square().sum()  # scalars
    return 1.0 - float(left) / float(total)
