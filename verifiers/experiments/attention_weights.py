"""Whether attention weights tell what a model used: are they unique, and do they point at the cause?

Unique: a head gives the weighted sum of its values, and other weights with the same sum are other
descriptions of the same output. From softmax weights over 64 tokens (queries, keys and values normal, head
width 16) weights are moved along directions in which neither the output nor the total changes, away from
the largest ones, until a weight reaches zero; that token is dropped, and so on until no direction is left.
What is reached are weights again, with at most 17 tokens, and the distance is half the sum of absolute
differences (total variation: 0 the same, 1 nothing in common). It is a lower bound: others may be further.
All in float64 on the CPU. The curve does the same with scores made flatter or more peaked.

Cause: causal Transformers with sinusoidal positions, of one layer and one head and of three layers and two
heads, learn to say 8 symbols backwards, with the answers so far as input. Which token an answer depends on
is known, and is confirmed by leaving one out: every source token in turn is replaced by another symbol, and
the change of the right answer's log probability is its effect. Compared with that are the weights (mean
over heads, over the source tokens): the share of answers at which the largest is the token in question, and
Kendall's rank correlation tau between weights and the sizes of all effects. A rate of a grid is used when
the model learned with it, which means 95% right, else the next; the comparisons are of models that learned.

The controls: as many tokens as channels plus one leave no other weights at all; random other weights change
the output; untrained models point nowhere; where an effect is its weight by construction, tau is 1.

It does not show what attention in large language models means. The task has one token per answer to point
at, which is the friendliest case there is, and the weights over 64 random tokens are flatter than those of
many trained heads. That other weights would do does not say that the model could have made them, and
leaving one out is itself only one meaning of what a model used.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from .. import tasks
from ..attribution import attention_maps, gradient_times_input, kendall, left_out
from ..identifiability import changes, distance, other_weights
from ..lab import Lab
from ..models.tagger import Tagger, core, parameters
from ..tasks import Batch
from ..train import Recipe, accuracy, fit

TITLE = "What attention weights tell"

PLOT = {"x": "scores times", "y": "distance to other weights", "x_log": True, "y_log": False}

LOOKS = (5, 8)

PROFILES = {
    "quick": {"draws": 10, "width": 32, "layers": 3, "source": 8, "symbols": 16, "steps": 500, "rows": 32},
    "full": {"draws": 50, "width": 64, "layers": 4, "source": 12, "symbols": 32, "steps": 2000, "rows": 128},
}

# fmt: off
CHECKS = {
    "other_weights_distance": {"unit": "total variation, mean draw",
        "bounds": [None, 0.3], "arm": "claim", "interval": "mean",
        "meaning": "How different other weights can be that give the same output: 1 is nothing in common."},
    "other_weights_change": {"unit": "largest change of the output",
        "bounds": [0.0, 1e-9], "arm": "claim", "interval": "range",
        "meaning": "The output really is the same, and what gives it are weights: none negative, total 1."},
    "peaked_distance": {"unit": "total variation, mean draw",
        "bounds": [None, 0.3], "arm": "claim", "interval": "mean",
        "meaning": "The same where scores are 8 times as large and most weight is on one token."},
    "one_layer_names_key": {"unit": "share of answers",
        "bounds": [0.95, None], "arm": "claim", "interval": "mean",
        "meaning": "In one layer the largest weight is on the token that the answer depends on."},
    "one_layer_tau": {"unit": "Kendall tau",
        "bounds": [0.7, None], "arm": "claim", "interval": "mean",
        "meaning": "In one layer the weights rank all tokens as leaving them out does."},
    "worst_layer_names_key": {"unit": "share of answers, worst of the layers",
        "bounds": [0.95, None], "arm": "claim", "interval": "mean",
        "meaning": "The same in each layer of a model of several layers: the worst of them."},
    "averaging_helps": {"unit": "share of answers",
        "bounds": [0.1, None], "arm": "claim", "interval": "mean",
        "meaning": "How much more often weights averaged over all layers name it than the worst layer's."},
    "depth_lowers_tau": {"unit": "Kendall tau",
        "bounds": [0.05, None], "arm": "claim", "interval": "mean",
        "meaning": "How much better one layer's weights rank tokens than the mean of several layers."},
    "one_layer_gradient_tau": {"unit": "Kendall tau",
        "bounds": [0.7, None], "arm": "claim", "interval": "mean",
        "meaning": "In one layer the weights rank all tokens as gradient times input does."},
    "leave_one_out_names_key": {"unit": "share of answers, worse of two models",
        "bounds": [0.95, None], "arm": "claim", "interval": "mean",
        "meaning": "Leaving one out finds the token that the answer depends on, whatever the depth."},
    "few_tokens_distance": {"unit": "total variation, largest draw",
        "bounds": [0.0, 0.0], "arm": "control", "must": "pass", "interval": "range",
        "meaning": "With 17 tokens and 16 channels there are no other weights at all."},
    "random_weights_change": {"unit": "smallest change of the output",
        "bounds": [0.0, 1e-9], "arm": "control", "must": "fail", "interval": "range",
        "meaning": "Weights that are merely other change the output."},
    "untrained_names_key": {"unit": "share of answers",
        "bounds": [0.95, None], "arm": "control", "must": "fail", "interval": "mean",
        "meaning": "Before training the largest weight is on that token by chance only."},
    "untrained_leave_one_out": {"unit": "share of answers",
        "bounds": [0.95, None], "arm": "control", "must": "fail", "interval": "mean",
        "meaning": "Before training leaving one out finds it by chance only."},
    "untrained_tau": {"unit": "Kendall tau",
        "bounds": [0.7, None], "arm": "control", "must": "fail", "interval": "mean",
        "meaning": "Before training weights and effects are ranked by different things."},
    "known_tau": {"unit": "Kendall tau",
        "bounds": [0.7, None], "arm": "control", "must": "pass", "interval": "mean",
        "meaning": "With values at right angles and of size one a token's effect is its weight."},
}
# fmt: on

TOKENS, CHANNELS = 64, 16
PEAKED = 8.0
"""What scores are multiplied by for peaked weights."""
SHARPNESS = (0.5, 1.0, 2.0, 4.0, PEAKED)
RATES = (5e-3, 1e-2)
LEARNED, ENOUGH = 0.95, 0.02
"""The accuracy that counts as having learned, and the loss at which training ends."""


def trial(lab: Lab) -> None:
    """One draw of heads and one of models, in one arm."""
    if lab.arm == "claim":
        _others(lab)
        _causes(lab)
    else:
        _no_others(lab)
        _no_causes(lab)


# ---- other weights with the same output -----------------------------------------------------------------


def _others(lab: Lab) -> None:
    """How far other weights can be, for flat and for peaked ones."""
    found, change = {}, 0.0
    for sharpness in SHARPNESS:
        weights, values = heads(lab, TOKENS, sharpness)
        others = other_weights(weights, values)
        found[sharpness] = float(distance(weights, others).mean())
        change = max(change, float(changes(weights, others, values).max()))
        lab.point(f"{TOKENS} tokens, {CHANNELS} channels", sharpness, found[sharpness])
    lab.check("other_weights_distance", found[1.0])
    lab.check("peaked_distance", found[PEAKED])
    lab.check("other_weights_change", change)


def _no_others(lab: Lab) -> None:
    """As many tokens as a head can tell apart, and weights that are merely other."""
    largest = 0.0
    for sharpness in SHARPNESS:
        weights, values = heads(lab, CHANNELS + 1, sharpness)
        furthest = float(distance(weights, other_weights(weights, values)).max())
        lab.point(f"{CHANNELS + 1} tokens, {CHANNELS} channels", sharpness, furthest)
        largest = max(largest, furthest)
    lab.check("few_tokens_distance", largest)
    weights, values = heads(lab, TOKENS, 1.0)
    merely_other, _ = heads(lab, TOKENS, 1.0)
    lab.check("random_weights_change", float(changes(weights, merely_other, values).min()))


def heads(lab: Lab, tokens: int, sharpness: float) -> tuple[Tensor, Tensor]:
    """Weights [draws, tokens] of one query each, with scores times `sharpness`, and values.

    The values are [draws, tokens, CHANNELS]; everything is drawn on the CPU, which has float64.
    """
    shape = (lab.size["draws"], tokens, CHANNELS)
    query = torch.randn(shape[0], CHANNELS, generator=lab.generator, dtype=torch.float64)  # [draws, channels]
    keys = torch.randn(shape, generator=lab.generator, dtype=torch.float64)  # [draws, tokens, channels]
    values = torch.randn(shape, generator=lab.generator, dtype=torch.float64)  # [draws, tokens, channels]
    scores = (keys @ query[..., None])[..., 0] / math.sqrt(CHANNELS)  # [draws, tokens]
    return (sharpness * scores).softmax(dim=-1), values  # [draws, tokens]


# ---- what the answer depends on -------------------------------------------------------------------------


def _causes(lab: Lab) -> None:
    """A model of one layer and one of several, compared with leaving one out."""
    shallow = read(lab, *learn(lab, layers=1, heads=1))
    deep = read(lab, *learn(lab, layers=lab.size["layers"], heads=2))
    lab.check("one_layer_names_key", shallow.names[0])
    lab.check("one_layer_tau", shallow.tau)
    lab.check("one_layer_gradient_tau", shallow.gradient_tau)
    lab.check("worst_layer_names_key", min(deep.names))
    lab.check("averaging_helps", deep.mean_names - min(deep.names))
    lab.check("depth_lowers_tau", shallow.tau - deep.tau)
    lab.check("leave_one_out_names_key", min(shallow.effect_names, deep.effect_names))
    if lab.seed % 1000 == 0:
        shares = ", ".join(f"{share:.2f}" for share in deep.names)
        lab.note(f"Largest weight on the right token, layer by layer: {shares}.")


def _no_causes(lab: Lab) -> None:
    """A model that has learned nothing, and effects that are the weights."""
    untrained = read(lab, build(lab, layers=1, heads=1), learned=True)
    lab.check("untrained_names_key", untrained.names[0])
    lab.check("untrained_tau", untrained.tau)
    lab.check("untrained_leave_one_out", untrained.effect_names)
    weights, _ = heads(lab, TOKENS, 1.0)
    values = torch.eye(TOKENS, dtype=weights.dtype)  # [tokens, tokens]
    without = weights[:, None] * (1.0 - values)  # [draws, left out, tokens]
    effects = ((weights[:, None] - without) @ values).norm(dim=-1)  # [draws, left out]
    lab.check("known_tau", float(kendall(weights, effects).mean()))


def build(lab: Lab, *, layers: int, heads: int) -> Tagger:
    """A network that reads symbols and a mark, and answers with symbols."""
    generator = torch.Generator().manual_seed(3 * lab.seed)
    width, symbols = lab.size["width"], lab.size["symbols"]
    body = core(
        "transformer",
        width,
        generator=generator,
        layers=layers,
        heads=heads,
        causal=True,
        positions="sinusoidal",
        fused=True,
        device=lab.device,
    )
    return Tagger(
        body, width=width, tokens=symbols + 1, classes=symbols, generator=generator, device=lab.device
    )


def learn(lab: Lab, *, layers: int, heads: int) -> tuple[Tagger, bool]:
    """A network that has learned to answer backwards, and whether it has, with the first rate that does."""
    size = lab.size
    for rate in RATES:
        model = build(lab, layers=layers, heads=heads)
        generator = torch.Generator().manual_seed(3 * lab.seed + 1)
        recipe = Recipe(steps=size["steps"], learning_rate=rate, clip=1.0, enough=ENOUGH)
        made = fit(model, lambda: draw(lab, generator, 32), recipe)  # noqa: B023 - called in this round only
        right = accuracy(model, draw(lab, generator, 128))
        if right >= LEARNED:
            break
    if lab.seed % 1000 == 0 or right < LEARNED:
        lab.note(
            f"{layers} layers, {parameters(model)} parameters, rate {rate:g}: {right:.3f} right after "
            f"{made.steps} steps." + ("" if right >= LEARNED else " It did not learn in this budget.")
        )
    return model, right >= LEARNED


def draw(lab: Lab, generator: torch.Generator, rows: int) -> Batch:
    """Sequences to be said backwards: tokens [rows, 2 source]."""
    batch = tasks.reverse(generator, rows, length=lab.size["source"], symbols=lab.size["symbols"])
    return batch.to(lab.device)


@dataclass(frozen=True)
class Reading:
    """What weights, effects and gradients of a model say about its answers."""

    names: list[float]
    """Per layer, the share of answers whose largest weight is on the right token."""
    mean_names: float
    """The same with weights averaged over layers."""
    tau: float
    """Kendall's tau between those averaged weights and the sizes of effects."""
    gradient_tau: float
    """Kendall's tau between those averaged weights and the sizes of gradient times input."""
    effect_names: float
    """The share of answers at which the largest effect is that of the right token."""


def read(lab: Lab, model: Tagger, learned: bool) -> Reading:
    """The reading of a model on fresh sequences; not numbers when it did not learn."""
    if not learned:
        return Reading([math.nan], *[math.nan] * 4)
    generator = torch.Generator().manual_seed(3 * lab.seed + 2)
    batch = draw(lab, generator, lab.size["rows"])
    source = lab.size["source"]
    with torch.no_grad():
        layers = attention_maps(model, batch.inputs)[..., source:, :source]  # [layers, rows, answers, source]
    mean = layers.mean(dim=0)  # [rows, answers, source]
    effects = left_out(model, batch, source, generator)  # [rows, answers, source]
    slopes = gradient_times_input(model, batch, source)  # [rows, answers, source]
    return Reading(
        names=[named(layer) for layer in layers],
        mean_names=named(mean),
        tau=float(kendall(mean, effects).mean()),
        gradient_tau=float(kendall(mean, slopes).mean()),
        effect_names=named(effects),
    )


def named(sizes: Tensor) -> float:
    """How often the largest of [rows, answers, source] is at the token that is to be said."""
    source = sizes.shape[-1]
    wanted = torch.arange(source - 1, -1, -1, device=sizes.device)  # [answers]
    return float((sizes.argmax(dim=-1) == wanted).double().mean())
