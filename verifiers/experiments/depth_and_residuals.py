"""What residual connections and LayerNorm do for a deep Transformer: gradients, tokens, training.

Gradients, before training, in float64, causal Transformers without positions on normal noise. First, a
random linear reading of the output is sent back through 24 layers: the number is log10 of the gradient's
size at the first layer over that at the last, so 0 is perfect flow, -6 a loss of a million, and -100 stands
for a gradient of zero. Within 2 of zero it counts as kept: that is less than a factor of 1.22 per layer.
Second, the gradient of the last feed-forward matrix against the number of layers, for pre-LN and post-LN,
with Xavier initialisation and cross-entropy against random classes: Xiong et al. 2020 report that post-LN's
gradients are large near the output, and pre-LN's are not. Numbers of a seed are means over its draws.

Tokens, before training, in float64: stacks of attention alone, with LayerNorm before each. How different the
tokens still are is the size of what is left of the states when their mean over the tokens is taken away,
over the size of the states (Dong et al. 2021); 0 is all tokens alike.

Training: six layers with rotary positions learn to say which symbol was there three tokens before, with
and without residuals, with and without LayerNorm, by Adam at the better of two rates. What was learned is
1 - final loss / chance, the final loss being the mean training loss of the last 10 steps, each on new
sequences; 1 is perfect, 0 is a guess. All networks of a seed have the same weights and see the same data.

Controls: with neither residuals nor norms the gradient must be lost; moving the norms must turn the trend
with depth round; two layers of attention without residuals must not have lost all differences; and one
layer without residuals must learn the task, so that it is depth that residuals are needed for.

It does not show that gradients that keep their size are useful ones: pre-LN without residuals keeps the size,
and yet its tokens are all alike and it does not learn. Nor does it show how deep a network without residuals
can be made by other means, such as special initialisation, or that it would not learn in more steps: in those
of the full profile two and three layers learn all that is asked, four a little. The sizes are small, and how
fast gradients shrink is a matter of these initialisations.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import partial
from statistics import fmean

import torch
from torch import Tensor, nn
from torch.nn import functional

from .. import tasks, train
from ..lab import Lab
from ..models.attention import Attention
from ..models.rnn import uniform
from ..models.tagger import Tagger, core, parameters, state_bytes
from ..models.transformer import Block, Transformer

TITLE = "Deep Transformers with and without residuals and LayerNorm"

PLOT = {"x": "layers", "y": "learned (1 is all)", "x_log": False, "y_log": False}

LOOKS = (4, 8)

PROFILES = {
    "quick": {"batch": 8, "steps": 55, "layers": [6], "flow_draws": 2, "trend_draws": 3},
    "full": {
        "batch": 16,
        "steps": 200,
        "layers": [2, 3, 4, 6, 8, 12],
        "flow_draws": 6,
        "trend_draws": 6,
    },
}

# fmt: off
CHECKS = {
    "flow_with_both": {"unit": "log10 first/last",
        "bounds": [-2.0, 2.0], "arm": "claim", "interval": "mean",
        "meaning": "With residuals and LayerNorm the gradient keeps its size through 24 layers."},
    "flow_with_norm_alone": {"unit": "log10 first/last",
        "bounds": [-2.0, 2.0], "arm": "claim", "interval": "mean",
        "meaning": "LayerNorm alone keeps the gradient's size as well; that is all it keeps."},
    "flow_with_residual_alone": {"unit": "log10 first/last",
        "bounds": [-2.0, 2.0], "arm": "claim", "interval": "mean",
        "meaning": "So do residuals alone, at torch's default initialisation."},
    "post_over_pre": {"unit": "ratio at 16 layers",
        "bounds": [2.5, None], "arm": "claim", "interval": "mean",
        "meaning": "The last layer's gradient, norms behind the residual over norms at the entrance."},
    "pre_depth_exponent": {"unit": "power of the number of layers",
        "bounds": [None, -0.1], "arm": "claim", "interval": "mean",
        "meaning": "How the last layer's gradient changes from 2 to 16 layers with pre-LN."},
    "tokens_differ_with_residual": {"unit": "share of size, 32 layers",
        "bounds": [0.1, None], "arm": "claim", "interval": "range",
        "meaning": "With residuals the tokens still differ after 32 layers of attention."},
    "tokens_differ_without": {"unit": "share of size, 4 layers",
        "bounds": [None, 1e-6], "arm": "claim", "interval": "range",
        "meaning": "Without residuals all tokens are alike after 4 layers of attention."},
    "residual_gain": {"unit": "share of chance loss removed",
        "bounds": [0.5, None], "arm": "claim", "interval": "mean",
        "meaning": "What six layers with LayerNorm learn with residuals, less what they learn without."},
    "learned_without_norm": {"unit": "share of chance loss removed",
        "bounds": [0.5, None], "arm": "claim", "interval": "mean",
        "meaning": "What six layers with residuals learn without any LayerNorm."},
    "flow_with_neither": {"unit": "log10 first/last",
        "bounds": [-2.0, 2.0], "arm": "control", "must": "fail", "interval": "mean",
        "meaning": "With neither the gradient must be lost on the way."},
    "post_depth_exponent": {"unit": "power of the number of layers",
        "bounds": [None, -0.1], "arm": "control", "must": "fail", "interval": "mean",
        "meaning": "With the norms moved behind the residual that gradient must not shrink."},
    "post_over_post": {"unit": "ratio at 16 layers",
        "bounds": [2.5, None], "arm": "control", "must": "fail", "interval": "mean",
        "meaning": "Two post-LN networks that differ in their numbers alone must not show that ratio."},
    "tokens_differ_after_two": {"unit": "share of size, 2 layers",
        "bounds": [None, 1e-6], "arm": "control", "must": "fail", "interval": "range",
        "meaning": "Two layers of attention without residuals leave a difference that is seen."},
    "tokens_made_alike": {"unit": "share of size",
        "bounds": [0.1, None], "arm": "control", "must": "fail", "interval": "range",
        "meaning": "Tokens replaced by their mean must be found alike."},
    "residual_gain_shallow": {"unit": "share of chance loss removed",
        "bounds": [0.5, None], "arm": "control", "must": "fail", "interval": "mean",
        "meaning": "In one layer residuals must not gain that: there is no depth to cross."},
    "learned_shallow_without": {"unit": "share of chance loss removed",
        "bounds": [0.5, None], "arm": "control", "must": "pass", "interval": "mean",
        "meaning": "One layer without residuals must learn the task."},
    "learned_with_neither": {"unit": "share of chance loss removed",
        "bounds": [0.5, None], "arm": "control", "must": "fail", "interval": "mean",
        "meaning": "Six layers with neither must not learn it."},
}
OUTSIDE = (
    {"what": "power of depth in the gradient of the last layer, pre-LN",
        "published": -0.5, "unit": "power of the number of layers",
        "source": "Xiong et al. 2020, theory", "from_memory": True,
        "ours": "pre_depth_exponent", "beside": "pre_depth_exponent",
        "agrees_in": "value", "margin": 0.3,
        "why": "The theory is of many layers and an expected norm at initialisation."},
    {"what": "power of depth in the gradient of the last layer, post-LN",
        "published": 0.0, "unit": "power of the number of layers",
        "source": "Xiong et al. 2020, theory", "from_memory": True,
        "ours": "post_depth_exponent", "beside": "post_over_pre",
        "agrees_in": "value", "margin": 0.3,
        "why": "The theory is of many layers and an expected norm at initialisation."},
    {"what": "gradient of the last of 16 layers, post-LN over pre-LN",
        "published": 4.0, "unit": "square root of the number of layers",
        "source": "Xiong et al. 2020, theory", "from_memory": True,
        "ours": "post_over_pre", "beside": "post_over_pre",
        "agrees_in": "ratio", "margin": 2.0,
        "why": "The theory gives the order of size, not the constant."},
)
# fmt: on

FLOW_LAYERS, FLOW_TOKENS = 24, 16
TREND_LAYERS = (2, 16)
TOKEN_LAYERS, LOST_AFTER = 32, 4
WIDE, NARROW, HEADS = 64, 32, 2
"""Widths before training and in training."""
DEEP = 6
SYMBOLS, LAG, LENGTH = 16, 3, 16
CHANCE = math.log(SYMBOLS)
"""The loss of a guess, in nats."""
RATES = (0.01, 0.003)
ENOUGH = 0.5
"""A run ends when its loss is below this: it has learned 0.82 of what there is."""
LOST = -100.0
"""What stands for the logarithm of zero."""


def trial(lab: Lab) -> None:
    """Gradients, tokens and training of one seed, in one arm."""
    # Sizes before training need float64, which not every device has; they are cheap anywhere.
    if lab.arm == "claim":
        _say(lab)
        _flows(lab)
        _trends(lab)
        with torch.no_grad():
            states = list(attended(lab, residual=True, layers=TOKEN_LAYERS))
            lab.check("tokens_differ_with_residual", difference(states[-1]))
            without = list(attended(lab, residual=False, layers=LOST_AFTER))
            lab.check("tokens_differ_without", difference(without[-1]))
        _training(lab)
    else:
        _without_cause(lab)


def _say(lab: Lab) -> None:
    """What is trained, once a run."""
    if lab.seed % 1000 == 0:
        models = {layers: build(lab, layers, "pre", True) for layers in lab.size["layers"]}
        sizes = ", ".join(
            f"{layers} layers {parameters(model)} ({state_bytes(model, LENGTH)})"
            for layers, model in models.items()
        )
        lab.note(
            f"Parameters (bytes of state after {LENGTH} tokens): {sizes}. The better of the rates {RATES} "
            "counts, for every network."
        )


def _flows(lab: Lab) -> None:
    """Gradients through 24 layers."""
    lab.check("flow_with_both", flow(lab, "pre", residual=True))
    lab.check("flow_with_norm_alone", flow(lab, "pre", residual=False))
    lab.check("flow_with_residual_alone", flow(lab, "none", residual=True))


def _trends(lab: Lab) -> None:
    """The last layer's gradient against the number of layers."""
    pre, post = trend(lab, "pre"), trend(lab, "post")
    lab.check("post_over_pre", post[-1] / pre[-1])
    lab.check("pre_depth_exponent", exponent(pre))


def _training(lab: Lab) -> None:
    """What is learned at several depths, with and without residuals."""
    for layers in lab.size["layers"]:
        both = _curve(lab, "LayerNorm and residuals", layers, "pre", residual=True)
        norm_alone = _curve(lab, "LayerNorm alone", layers, "pre", residual=False)
        if layers == DEEP:
            if both < 0.5:
                lab.note("The network with LayerNorm and residuals did not learn the task in this budget.")
            lab.check("residual_gain", both - norm_alone if both >= 0.5 else math.nan)
    lab.check("learned_without_norm", _curve(lab, "residuals alone", DEEP, "none", residual=True))


def _without_cause(lab: Lab) -> None:
    """Neither residuals nor norms, norms moved, tokens alike, no depth."""
    lab.check("flow_with_neither", flow(lab, "none", residual=False))
    post = trend(lab, "post")
    lab.check("post_depth_exponent", exponent(post))
    lab.check("post_over_post", post[-1] / trend(lab, "post", again=1)[-1])
    with torch.no_grad():
        two = list(attended(lab, residual=False, layers=2))[-1]  # [1, time, width]
        lab.check("tokens_differ_after_two", difference(two))
        lab.check("tokens_made_alike", difference(two.mean(dim=1, keepdim=True).expand_as(two)))
    with_residual = _curve(lab, "LayerNorm and residuals", 1, "pre", residual=True)
    without = _curve(lab, "LayerNorm alone", 1, "pre", residual=False)
    lab.check("residual_gain_shallow", with_residual - without)
    lab.check("learned_shallow_without", without)
    lab.check("learned_with_neither", _curve(lab, "neither", DEEP, "none", residual=False))


def _curve(lab: Lab, curve: str, layers: int, norm: str, *, residual: bool) -> float:
    """What was learned, drawn."""
    value = learned(lab, layers, norm, residual=residual)
    lab.point(curve, layers, value)
    return value


# ---- before training ------------------------------------------------------------------------------------


def generators(lab: Lab, draws: int, again: int = 0) -> Iterable[torch.Generator]:
    """One for each draw of this seed, the same whatever is built from it; `again` gives others."""
    for draw in range(draws):
        yield torch.Generator().manual_seed((lab.seed * 2 + again) * 1000 + draw)


def flow(lab: Lab, norm: str, *, residual: bool) -> float:
    """log10 of the gradient's size at the first of 24 layers over that at the last, a mean over draws."""
    found = []
    for generator in generators(lab, lab.size["flow_draws"]):
        model = Transformer(
            WIDE, HEADS, FLOW_LAYERS, generator=generator, causal=True, norm=norm, residual=residual
        )
        x = torch.randn(2, FLOW_TOKENS, WIDE, generator=generator, dtype=torch.float64)  # [2, time, width]
        reading = torch.randn(x.shape, generator=generator, dtype=torch.float64)  # [2, time, width]
        first = x.requires_grad_()  # [2, time, width]
        entered = [first]
        for block in model.blocks:
            entered.append(block(entered[-1]))  # [2, time, width]
        out = model.last_norm(entered[-1])  # [2, time, width]
        ends = torch.autograd.grad((out * reading).sum(), (first, entered[-2]))  # [2, time, width] each
        found.append(log_ratio(*ends))
    return fmean(found)


def log_ratio(first: Tensor, last: Tensor) -> float:
    """log10 of the size of one tensor over that of another; LOST when the first has none left."""
    top = float(first.norm())
    return math.log10(top / float(last.norm())) if top > 0.0 else LOST


def trend(lab: Lab, norm: str, again: int = 0) -> list[float]:
    """The last layer's gradient with 2 layers and with 16."""
    return [last_gradient(lab, norm, layers, again) for layers in TREND_LAYERS]


def exponent(sizes: list[float]) -> float:
    """The power of the number of layers by which the sizes differ: 0 when it makes no difference."""
    shallow, deep = TREND_LAYERS
    return math.log(sizes[-1] / sizes[0]) / math.log(deep / shallow)


def last_gradient(lab: Lab, norm: str, layers: int, again: int = 0) -> float:
    """The size of the gradient of the last feed-forward matrix, a mean over draws."""
    sizes = []
    for generator in generators(lab, lab.size["trend_draws"], again):
        model = Transformer(WIDE, HEADS, layers, generator=generator, causal=True, norm=norm)
        xavier(model, generator)
        head = glorot(SYMBOLS, WIDE, generator)  # [classes, width]
        x = torch.randn(8, LENGTH, WIDE, generator=generator, dtype=torch.float64)  # [8, time, width]
        classes = torch.randint(SYMBOLS, (8, LENGTH), generator=generator)  # [8, time]
        scores = model(x) @ head.T  # [8, time, classes]
        loss = functional.cross_entropy(scores.flatten(0, 1), classes.flatten())
        top = model.blocks[-1]
        assert isinstance(top, Block)
        sizes.append(float(torch.autograd.grad(loss, top.down.weight)[0].norm()))
    return fmean(sizes)


def glorot(outputs: int, inputs: int, generator: torch.Generator) -> Tensor:
    """Xavier's uniform matrix [outputs, inputs] (Glorot and Bengio 2010)."""
    reach = math.sqrt(6.0 / (outputs + inputs))
    return uniform(outputs, inputs, reach=reach, generator=generator)  # [outputs, inputs]


@torch.no_grad()
def xavier(model: nn.Module, generator: torch.Generator) -> None:
    """Give all linear layers of a model Xavier's weights, and biases of zero."""
    for layer in model.modules():
        if isinstance(layer, nn.Linear):
            layer.weight.copy_(glorot(layer.out_features, layer.in_features, generator))
            layer.bias.zero_()


def attended(lab: Lab, *, residual: bool, layers: int) -> Iterable[Tensor]:
    """The states [1, time, width] after each layer of a stack of attention alone, LayerNorm before each."""
    generator = torch.Generator().manual_seed(lab.seed * 1000)
    x = torch.randn(1, LENGTH, WIDE, generator=generator, dtype=torch.float64)  # [1, time, width]
    for _ in range(layers):
        mixed = Attention(WIDE, HEADS, generator=generator)(functional.layer_norm(x, (WIDE,)))
        x = x + mixed if residual else mixed  # [1, time, width]
        yield x


def difference(states: Tensor) -> float:
    """How much of the size of states [1, time, width] is not the tokens' mean; 0 when all are alike."""
    return float((states - states.mean(dim=1, keepdim=True)).norm() / states.norm())


# ---- training -------------------------------------------------------------------------------------------


def build(lab: Lab, layers: int, norm: str, residual: bool) -> Tagger:
    """A network of this seed: the same weights, whatever its norms and residuals."""
    generator = torch.Generator().manual_seed(2 * lab.seed)
    body = core(
        "transformer",
        NARROW,
        generator=generator,
        layers=layers,
        heads=HEADS,
        causal=True,
        norm=norm,
        residual=residual,
        positions="rotary",
        fused=True,
        device=lab.device,
    )
    return Tagger(body, width=NARROW, tokens=SYMBOLS, classes=SYMBOLS, generator=generator, device=lab.device)


def learned(lab: Lab, layers: int, norm: str, *, residual: bool) -> float:
    """What the better rate learns: 1 is all, 0 no more than a guess or a run without a finite end.

    Rates are tried in turn until one has learned enough.
    """
    best = math.inf
    for rate in RATES:
        generator = torch.Generator().manual_seed(2 * lab.seed + 1)
        recipe = train.Recipe(steps=lab.size["steps"], learning_rate=rate, enough=ENOUGH)
        made = train.fit(build(lab, layers, norm, residual), partial(sequences, lab, generator), recipe)
        best = min(best, made.final())
        if best < ENOUGH:
            break
    return max(0.0, 1.0 - best / CHANCE)


def sequences(lab: Lab, generator: torch.Generator) -> tasks.Batch:
    """The next batch of the task."""
    batch = tasks.delayed_copy(generator, lab.size["batch"], length=LENGTH, symbols=SYMBOLS, lag=LAG)
    return batch.to(lab.device)
