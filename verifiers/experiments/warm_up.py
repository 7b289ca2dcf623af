"""Whether a Transformer learns as fast as its rate asks, by where its norms sit and how the rate begins.

Small causal Transformers with rotary positions learn to say which symbol came just before
(chance: the log of the number of symbols, in nats; perfect: 0). They differ in where LayerNorm sits: on
what enters each part (pre-LN, as in GPT-2) or on what leaves it together with the residual (post-LN, as
published in 2017), and in whether Adam's learning rate is there from the first step (cold) or rises
linearly over the first half of the run (warm-up). All models of a seed begin with the same weights and
see the same sequences for the same number of steps; nothing is clipped. Here the rates ARE what is
measured, so none is tuned: a fast one, 0.008, and a gentle one, 0.003.

The number of a run is what it learned: 1 - final loss / chance, where the final loss is the mean training
loss of the last 10 steps; every batch is new, so training loss is test loss. 1 is perfect, 0 is a guess,
-1 is the least, and what a run that overflows counts as. A run failed when this is below 1/2.

Controls: the cause removed, twice, must let the fast rate learn (norms moved to the entrance; warm-up
added); and pre-LN at a rate of 0.3 must fail, so that it is seen that pre-LN can. The full profile trains
longer sequences for longer, and every pair of placement and warm-up at both rates, at 0.001 and at 0.02.

Xiong et al. 2020 report the same direction for translation (IWSLT14 German-English, BLEU): post-LN
without warm-up 8.45, with it about 34, and pre-LN that does well without.

It does not show why (the gradients at initialisation are another experiment), nor that a run that failed
would never learn: it had so many steps. It does not show at which rate a large model fails: the rate that
is fast here depends on depth, width, batch and Adam's settings, and so does how much of the rate warm-up
can rescue: at 0.01 warmed-up post-LN models of this size fall back after they have learned.
"""

from __future__ import annotations

import math
from functools import partial

import torch

from .. import tasks, train
from ..lab import Lab
from ..models.tagger import Tagger, core, parameters

TITLE = "LayerNorm before or after, with or without warm-up"

PLOT = {"x": "training step", "y": "loss (nats)", "x_log": False, "y_log": False}

LOOKS = (5, 8)

PROFILES = {
    "quick": {"length": 16, "batch": 8, "steps": 44, "others": False},
    "full": {"length": 32, "batch": 16, "steps": 200, "others": True},
}

# fmt: off
CHECKS = {
    "post_cold_fast": {"unit": "share of chance loss removed",
        "bounds": [0.5, None], "arm": "claim", "interval": "mean",
        "meaning": "What post-LN learns at the fast rate without warm-up."},
    "post_cold_gentle": {"unit": "share of chance loss removed",
        "bounds": [0.5, None], "arm": "claim", "interval": "mean",
        "meaning": "What the same model learns without warm-up when the rate is gentle."},
    "pre_cold_fast": {"unit": "share of chance loss removed",
        "bounds": [0.5, None], "arm": "control", "must": "pass", "interval": "mean",
        "meaning": "With the norms moved to the entrance the fast rate needs no warm-up."},
    "post_warm_fast": {"unit": "share of chance loss removed",
        "bounds": [0.5, None], "arm": "control", "must": "pass", "interval": "mean",
        "meaning": "With warm-up over half the run, post-LN learns at the fast rate."},
    "pre_cold_violent": {"unit": "share of chance loss removed",
        "bounds": [0.5, None], "arm": "control", "must": "fail", "interval": "mean",
        "meaning": "Pre-LN has its limit too: at a rate of 0.3 it fails."},
}
FIGURES = {
    "post_cold_slow": ("share of chance loss removed", "mean", "Post-LN without warm-up at rate 0.001."),
    "post_warm_slow": ("share of chance loss removed", "mean", "Post-LN with warm-up at rate 0.001."),
    "pre_cold_slow": ("share of chance loss removed", "mean", "Pre-LN without warm-up at rate 0.001."),
    "pre_warm_slow": ("share of chance loss removed", "mean", "Pre-LN with warm-up at rate 0.001."),
    "post_warm_gentle": ("share of chance loss removed", "mean", "Post-LN with warm-up at rate 0.003."),
    "pre_cold_gentle": ("share of chance loss removed", "mean", "Pre-LN without warm-up at rate 0.003."),
    "pre_warm_gentle": ("share of chance loss removed", "mean", "Pre-LN with warm-up at rate 0.003."),
    "pre_warm_fast": ("share of chance loss removed", "mean", "Pre-LN with warm-up at rate 0.008."),
    "post_cold_faster": ("share of chance loss removed", "mean", "Post-LN without warm-up at rate 0.02."),
    "post_warm_faster": ("share of chance loss removed", "mean", "Post-LN with warm-up at rate 0.02."),
    "pre_cold_faster": ("share of chance loss removed", "mean", "Pre-LN without warm-up at rate 0.02."),
    "pre_warm_faster": ("share of chance loss removed", "mean", "Pre-LN with warm-up at rate 0.02."),
}
OUTSIDE = (
    {"what": "what warm-up adds to post-LN",
        "published": (34.0, "-", 8.45), "unit": "BLEU, IWSLT14 German-English; about 34",
        "source": "Xiong et al. 2020", "from_memory": False,
        "ours": ("post_warm_fast", "-", "post_cold_fast"), "beside": "post_cold_fast",
        "agrees_in": "direction", "margin": 0.0,
        "why": "A puzzle instead of translation; the sign is what can be compared."},
    {"what": "what warm-up adds to post-LN, at a rate of 0.02 here",
        "published": (34.0, "-", 8.45), "unit": "BLEU, IWSLT14 German-English; about 34",
        "source": "Xiong et al. 2020", "from_memory": False,
        "ours": ("post_warm_faster", "-", "post_cold_faster"), "beside": "post_cold_fast",
        "agrees_in": "direction", "margin": 0.0,
        "why": "A puzzle instead of translation; the sign is what can be compared."},
)
# fmt: on

LAYERS, WIDTH, HEADS = 8, 64, 2
SYMBOLS, LAG = 16, 1
GENTLE, FAST, VIOLENT = 0.003, 0.008, 0.3
RATES = {"slow": 0.001, "gentle": GENTLE, "fast": FAST, "faster": 0.02, "violent": VIOLENT}
CHANCE = math.log(SYMBOLS)
"""The loss of a guess, in nats."""
EVERY = 10
"""Steps between two points of a learning curve."""


def trial(lab: Lab) -> None:
    """Train the models of one arm, from the same weights and on the same sequences."""
    if lab.arm == "claim" and lab.seed % 1000 == 0:
        model = build(lab, "post")
        lab.note(
            f"{parameters(model)} parameters; pre-LN has {2 * WIDTH} more, for its last norm. "
            f"Warm-up over the first half of {lab.size['steps']} steps."
        )
    for name, check in CHECKS.items():
        if check["arm"] == lab.arm:
            lab.check(name, learned(run(lab, name)))
    if lab.size["others"] and lab.arm == "control":
        for name in FIGURES:
            lab.figure(name, learned(run(lab, name)))


def build(lab: Lab, norm: str) -> Tagger:
    """A model of this seed: the same weights wherever the norms are, because norms draw none."""
    generator = torch.Generator().manual_seed(2 * lab.seed)
    body = core(
        "transformer",
        WIDTH,
        generator=generator,
        layers=LAYERS,
        heads=HEADS,
        causal=True,
        norm=norm,
        positions="rotary",
        fused=True,
        device=lab.device,
    )
    return Tagger(body, width=WIDTH, tokens=SYMBOLS, classes=SYMBOLS, generator=generator, device=lab.device)


def run(lab: Lab, name: str) -> train.Fit:
    """Train the model that a name such as `post_cold_fast` describes, drawing its learning curve."""
    norm, start, speed = name.split("_")
    steps = lab.size["steps"]
    sequences = torch.Generator().manual_seed(2 * lab.seed + 1)
    draw = partial(
        tasks.delayed_copy,
        sequences,
        lab.size["batch"],
        length=lab.size["length"],
        symbols=SYMBOLS,
        lag=LAG,
    )
    recipe = train.Recipe(
        steps=steps, learning_rate=RATES[speed], warm_up=steps // 2 if start == "warm" else 0
    )
    curve = f"{norm}-LN, {'warm-up' if start == 'warm' else 'no warm-up'}, rate {RATES[speed]:g}"
    losses: list[float] = []

    def watch(step: int, loss: float) -> None:
        losses.append(loss)
        if len(losses) == EVERY:
            # A wild rate's first losses would squeeze all others into the bottom of the plot.
            lab.point(curve, step + 1, min(math.fsum(losses) / EVERY, 1.5 * CHANCE))
            losses.clear()

    return train.fit(build(lab, norm), lambda: draw().to(lab.device), recipe, watch=watch)


def learned(fit: train.Fit) -> float:
    """1 for a perfect run, 0 for a guess, -1 for anything worse than twice that, overflow included."""
    return 1.0 - min(fit.final() / CHANCE, 2.0)
