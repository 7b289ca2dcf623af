"""How fast a gradient fades with distance, in recurrent networks and in a Transformer, before training.

A network of width 64 reads tokens of normal noise, a random unit vector u reads its last output,
y = u . output_T, and the size of dy / dx_{T-k} is recorded for every distance k: the Euclidean norm,
root mean square over the batch. A slope is that of the least-squares line through the natural logarithm
at distances 1 to 100, in nats per token: -0.05 is a half-life of 14 tokens, -0.5 one of 1.4. A straight
line there is an exponential; a power law would be straight against the logarithm of the distance, and
the two fits are compared by the difference of their Akaike criteria (equally many parameters, so
n log of the ratio of the squared residuals; below -10 is decisive for the exponential).

Sizes far below what floating point holds are reached by going backwards one step at a time with
vector-Jacobian products and carrying the size as a logarithm. Where an ordinary float64 backward pass
is alive (above 1e-290) the two must agree to 1e-9 in log10. Also counted is the distance at which an
ordinary backward pass first gives exactly zero in every entry; a pass that never does counts as its
length. The LSTM's gradient is not zero at distance 1000 in float64 (it is about 1e-213), the RNN's is.
Its norm, taken as the root of a sum of squares as torch does, reads zero from about distance 745 all the
same: squares of numbers below 1e-162 are lost. Here the norm is scaled first, so that this is no limit.

All models of one seed draw their weights from the same numbers, so an LSTM with another forget bias is
the same LSTM but for that bias. Forget biases are what the two biases of torch's layout add up to.

The controls are a causal Transformer without positions (flat), a chrono-initialised LSTM, an LSTM whose
forget gate is shut, one whose only memory is its forget gate (slope log sigmoid(bias)), and linear
recurrences, an orthogonal matrix times a gain, whose rate is the logarithm of the gain.

It does not show anything about trained networks: these are networks at initialisation, and trained
gates can differ. The decay is a property of the initialisation, not of the cell: the same LSTM trained
on long dependencies can lose nearly all of it. Nor is a small gradient a proof that something cannot
be learned: an optimiser such as Adam rescales gradients, and a task with dependencies of many lengths
can open the gates from the near ones. And the inputs are noise, the width is one, the depth is one
layer; a flat gradient in the Transformer says that distance costs nothing there, not that its gradient
is large (it is shared out among all tokens, so it shrinks with the length of the sequence).
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import torch

from ..backprop import first_zero, fit, largest_error, plain_log10
from ..lab import Lab
from ..models.transformer import Transformer
from ..scene import Scene, draw_scene

TITLE = "Gradient against distance at initialisation"

CHECKS = {
    "lstm_slope": {
        "unit": "nats/token",
        "bounds": [None, -0.05],
        "arm": "claim",
        "interval": "mean",
        "meaning": "How fast the gradient of an LSTM with default init fades per token; it must fade.",
    },
    "lstm_straightness": {
        "unit": "R^2",
        "bounds": [0.9, None],
        "arm": "claim",
        "interval": "mean",
        "meaning": "How well a line fits the logarithm of the LSTM's gradient; an exponential is one.",
    },
    "lstm_exponential_over_power": {
        "unit": "AIC difference",
        "bounds": [None, -10.0],
        "arm": "claim",
        "interval": "mean",
        "meaning": "Below -10 an exponential describes the LSTM's fading decisively better than a power law.",
    },
    "lstm_far": {
        "unit": "log10",
        "bounds": [None, -100.0],
        "arm": "claim",
        "interval": "mean",
        "meaning": "The decimal exponent of the LSTM's gradient at the first token, 1000 tokens back.",
    },
    "gru_slope": {
        "unit": "nats/token",
        "bounds": [None, -0.05],
        "arm": "claim",
        "interval": "mean",
        "meaning": "How fast the gradient of a GRU with default init fades per token; it must fade.",
    },
    "rnn_slope": {
        "unit": "nats/token",
        "bounds": [None, -0.05],
        "arm": "claim",
        "interval": "mean",
        "meaning": "How fast the gradient of a tanh RNN with default init fades per token; it must fade.",
    },
    "lstm_minus_rnn": {
        "unit": "nats/token",
        "bounds": [0.05, None],
        "arm": "claim",
        "interval": "mean",
        "meaning": "How much more slowly the default LSTM fades than the default tanh RNN.",
    },
    "lstm_bias1_minus_rnn": {
        "unit": "nats/token",
        "bounds": [0.05, None],
        "arm": "claim",
        "interval": "mean",
        "meaning": "How much more slowly an LSTM with forget bias 1 fades than the default tanh RNN.",
    },
    "lstm_bias1_slope": {
        "unit": "nats/token",
        "bounds": [None, -0.01],
        "arm": "claim",
        "interval": "mean",
        "meaning": "With forget bias 1, the usual recipe, the LSTM's gradient must still fade.",
    },
    "lstm_bias3_slope": {
        "unit": "nats/token",
        "bounds": [-0.02, 0.02],
        "arm": "claim",
        "interval": "mean",
        "meaning": "With forget bias 3 the LSTM's gradient hardly changes with distance.",
    },
    "relu_explodes": {
        "unit": "log10",
        "bounds": [6.0, None],
        "arm": "claim",
        "interval": "mean",
        "meaning": "The decimal exponent of a relu RNN's gradient 200 tokens back, recurrent gain 2.",
    },
    "orthogonal_slope": {
        "unit": "nats/token",
        "bounds": [-0.01, 0.01],
        "arm": "claim",
        "interval": "mean",
        "meaning": "A linear orthogonal recurrence keeps the gradient's size at any distance.",
    },
    "lstm_float32_zero_at": {
        "unit": "tokens",
        "bounds": [100, 300],
        "arm": "claim",
        "interval": "mean",
        "meaning": "The distance at which an ordinary float32 backward pass of the LSTM gives exactly zero.",
    },
    "rnn_float32_zero_at": {
        "unit": "tokens",
        "bounds": [100, 200],
        "arm": "claim",
        "interval": "mean",
        "meaning": "The distance at which an ordinary float32 backward pass of the RNN gives exactly zero.",
    },
    "rnn_float64_zero_at": {
        "unit": "tokens",
        "bounds": [800, 1100],
        "arm": "claim",
        "interval": "mean",
        "meaning": "The distance at which an ordinary float64 backward pass of the RNN gives exactly zero.",
    },
    "carried_error": {
        "unit": "log10",
        "bounds": [0.0, 1e-9],
        "arm": "claim",
        "interval": "range",
        "meaning": "The gradient with carried logarithm agrees with ordinary float64 wherever that is alive.",
    },
    "transformer_flat": {
        "unit": "nats/token",
        "bounds": [-0.01, 0.01],
        "arm": "control",
        "must": "pass",
        "interval": "mean",
        "meaning": "A causal Transformer's gradient neither fades nor grows with distance.",
    },
    "transformer_decays": {
        "unit": "nats/token",
        "bounds": [None, -0.05],
        "arm": "control",
        "must": "fail",
        "interval": "mean",
        "meaning": "The test for fading must not find any in a Transformer.",
    },
    "transformer_straightness": {
        "unit": "R^2",
        "bounds": [0.9, None],
        "arm": "control",
        "must": "fail",
        "interval": "mean",
        "meaning": "No line through a Transformer's gradients explains them: there is no trend to explain.",
    },
    "transformer_exponential_over_power": {
        "unit": "AIC difference",
        "bounds": [None, -10.0],
        "arm": "control",
        "must": "fail",
        "interval": "mean",
        "meaning": "The comparison of fits must not find an exponential where nothing fades.",
    },
    "transformer_far": {
        "unit": "log10",
        "bounds": [None, -100.0],
        "arm": "control",
        "must": "fail",
        "interval": "mean",
        "meaning": "The Transformer's gradient at the first token is nowhere near 1e-100.",
    },
    "chrono_decays": {
        "unit": "nats/token",
        "bounds": [None, -0.05],
        "arm": "control",
        "must": "fail",
        "interval": "mean",
        "meaning": "An LSTM whose forget gates start open for up to 1000 tokens must not fade like that.",
    },
    "gate_law_error": {
        "unit": "nats/token",
        "bounds": [-0.01, 0.01],
        "arm": "control",
        "must": "pass",
        "interval": "mean",
        "meaning": "With nothing but forget gates for a memory the slope is log sigmoid(bias), here of 1.",
    },
    "shut_gate_minus_rnn": {
        "unit": "nats/token",
        "bounds": [0.05, None],
        "arm": "control",
        "must": "fail",
        "interval": "mean",
        "meaning": "An LSTM with its forget gate shut must not fade more slowly than the RNN.",
    },
    "shrinking_decays": {
        "unit": "nats/token",
        "bounds": [None, -0.05],
        "arm": "control",
        "must": "pass",
        "interval": "mean",
        "meaning": "A linear recurrence that multiplies sizes by 0.4 per token must be seen to fade.",
    },
    "growing_is_flat": {
        "unit": "nats/token",
        "bounds": [-0.01, 0.01],
        "arm": "control",
        "must": "fail",
        "interval": "mean",
        "meaning": "A linear recurrence that multiplies sizes by 1.3 per token must not pass for flat.",
    },
    "growing_explodes": {
        "unit": "log10",
        "bounds": [6.0, None],
        "arm": "control",
        "must": "pass",
        "interval": "mean",
        "meaning": "A linear recurrence that multiplies sizes by 1.3 per token must be seen to explode.",
    },
    "relu_gain1_explodes": {
        "unit": "log10",
        "bounds": [6.0, None],
        "arm": "control",
        "must": "fail",
        "interval": "mean",
        "meaning": "The relu RNN with recurrent gain 1 must not explode.",
    },
    "shrinking_zero_at": {
        "unit": "tokens",
        "bounds": [800, 1100],
        "arm": "control",
        "must": "pass",
        "interval": "mean",
        "meaning": "Shrinking by 0.4 per token passes the smallest float64, 4.9e-324, at about 810 tokens.",
    },
    "shrinking_float32_zero_at": {
        "unit": "tokens",
        "bounds": [800, 1100],
        "arm": "control",
        "must": "fail",
        "interval": "mean",
        "meaning": "The same recurrence in float32 gives zero long before float64 does.",
    },
    "shrinking_float64_zero_at": {
        "unit": "tokens",
        "bounds": [100, 200],
        "arm": "control",
        "must": "fail",
        "interval": "mean",
        "meaning": "The same recurrence in float64 is still alive where float32 gives zero.",
    },
    "float32_error": {
        "unit": "log10",
        "bounds": [0.0, 1e-9],
        "arm": "control",
        "must": "fail",
        "interval": "range",
        "meaning": "The same comparison with float32 in place of float64 must show its rounding.",
    },
}

PLOT = {"x": "distance (tokens)", "y": "log10 of the gradient", "x_log": False, "y_log": False}

LOOKS = (5, 8, 13, 20)

PROFILES = {
    "quick": {"width": 64, "batch": 8, "tokens": 1201, "side_tokens": 201, "heads": 2, "layers": 1},
    "full": {"width": 64, "batch": 16, "tokens": 1201, "side_tokens": 401, "heads": 4, "layers": 2},
}

FAR = 1000
"""The largest distance compared; only the RNN reads more, to outlive float64."""
FITTED = range(1, 101)
"""The distances a slope is fitted to."""
GROWN = 200
"""The distance at which an explosion is read off."""
BRIEF = 121
"""Tokens enough for the fit, for networks that forget how they began at once."""
SINGLE = 321
"""Tokens enough to see float32 give zero."""
DRAWN = {1, *range(10, 201, 10), *range(240, 1001, 40)}
"""The distances that are drawn."""


def prepare(lab: Lab) -> Scene:
    """Draw the inputs, the readout and the seed of the weights, the same in both arms."""
    device = torch.device("cpu") if lab.device.type == "mps" else lab.device
    if device != lab.device and lab.seed == 0 and lab.arm == "claim":
        lab.note("This device has no float64, so the experiment ran on the CPU.")
    batch, tokens, width = (lab.size[name] for name in ("batch", "tokens", "width"))
    return draw_scene(lab.generator, batch=batch, tokens=tokens, width=width, device=device)


def draw(lab: Lab, curve: str, logs: Iterable[float]) -> list[float]:
    """Draw a curve of log10 against distance as it is computed, and return all of it."""
    found = []
    for distance, log in enumerate(logs):
        found.append(log)
        if distance in DRAWN and math.isfinite(log):
            lab.point(curve, distance, log)
    return found


def slope(logs: list[float]) -> float:
    """Nats per token over the fitted distances; not a number when a gradient there is zero."""
    return fit(logs, FITTED)[0]


def trial(lab: Lab) -> None:
    """One seed of one arm."""
    scene = prepare(lab)
    if lab.arm == "claim":
        _defaults(lab, scene)
        _conditions(lab, scene)
    else:
        _without_cause(lab, scene)
        _known_rates(lab, scene)


def _defaults(lab: Lab, scene: Scene) -> None:
    """LSTM, GRU and RNN as torch initialises them."""
    lstm = draw(lab, "LSTM", scene.carried(scene.lstm(), FAR + 1))
    rate, straightness, akaike = fit(lstm, FITTED)
    lab.check("lstm_slope", rate)
    lab.check("lstm_straightness", straightness)
    lab.check("lstm_exponential_over_power", akaike)
    lab.check("lstm_far", lstm[-1])
    lab.check("gru_slope", slope(draw(lab, "GRU", scene.carried(scene.gru(), FAR + 1))))
    rnn = draw(lab, "RNN", scene.carried(scene.rnn(), lab.size["tokens"]))
    lab.check("rnn_slope", slope(rnn))
    lab.check("lstm_minus_rnn", rate - slope(rnn))
    bias1 = slope(list(scene.carried(scene.lstm(forget_bias=1.0), lab.size["side_tokens"])))
    lab.check("lstm_bias1_slope", bias1)
    lab.check("lstm_bias1_minus_rnn", bias1 - slope(rnn))
    _precision(lab, scene, rnn)


def _precision(lab: Lab, scene: Scene, rnn: list[float]) -> None:
    """Where an ordinary backward pass gives zero, and whether it agrees with the carried one until then."""
    double = draw(lab, "RNN, plain float64", scene.plain(scene.rnn(), lab.size["tokens"]))
    single = draw(lab, "RNN, plain float32", scene.plain(scene.rnn().float(), SINGLE))
    lab.check("rnn_float64_zero_at", first_zero(double))
    lab.check("rnn_float32_zero_at", first_zero(single))
    lab.check("lstm_float32_zero_at", first_zero(scene.plain(scene.lstm().float(), SINGLE)))
    lab.check("carried_error", largest_error(rnn, double))


def _conditions(lab: Lab, scene: Scene) -> None:
    """Other initialisations of the same networks."""
    side = lab.size["side_tokens"]
    bias3 = draw(lab, "LSTM, forget bias 3", scene.carried(scene.lstm(forget_bias=3.0), side))
    lab.check("lstm_bias3_slope", slope(bias3))
    relu = draw(lab, "RNN, relu, gain 2", scene.carried(scene.relu(2.0), GROWN + 1))
    lab.check("relu_explodes", relu[GROWN])
    steady = draw(lab, "RNN, linear, orthogonal", scene.carried(scene.linear(1.0), BRIEF))
    lab.check("orthogonal_slope", slope(steady))


def _without_cause(lab: Lab, scene: Scene) -> None:
    """No recurrence at all, gates open from the start, a gate that is all there is, a gate shut."""
    side, size = lab.size["side_tokens"], lab.size
    model = Transformer(
        size["width"], size["heads"], size["layers"], causal=True, fused=True, **scene.settings()
    )
    inputs = scene.last(FAR + 1)[:2]  # [2, time, width], two sequences are plenty for a flat line
    transformer = draw(lab, "Transformer", plain_log10(model, inputs, scene.readout))
    rate, straightness, akaike = fit(transformer, FITTED)
    lab.check("transformer_flat", rate)
    lab.check("transformer_decays", rate)
    lab.check("transformer_straightness", straightness)
    lab.check("transformer_exponential_over_power", akaike)
    lab.check("transformer_far", transformer[-1])
    chrono = draw(lab, "LSTM, chrono", scene.carried(scene.lstm(chrono=FAR), side))
    lab.check("chrono_decays", slope(chrono))
    law = slope(list(scene.carried(scene.only_forget_gate(1.0), side)))
    lab.check("gate_law_error", law + math.log1p(math.exp(-1.0)))
    shut = slope(list(scene.carried(scene.lstm(forget_bias=-20.0), BRIEF)))
    lab.check("shut_gate_minus_rnn", shut - slope(list(scene.carried(scene.rnn(), BRIEF))))


def _known_rates(lab: Lab, scene: Scene) -> None:
    """Linear recurrences whose rate is known, to see every check come out the other way."""
    shrunk = draw(lab, "RNN, linear, gain 0.4", scene.carried(scene.linear(0.4), BRIEF))
    lab.check("shrinking_decays", slope(shrunk))
    grown = draw(lab, "RNN, linear, gain 1.3", scene.carried(scene.linear(1.3), GROWN + 1))
    lab.check("growing_is_flat", slope(grown))
    lab.check("growing_explodes", grown[GROWN])
    lab.check("relu_gain1_explodes", list(scene.carried(scene.relu(1.0), GROWN + 1))[GROWN])
    double = scene.plain(scene.linear(0.4), lab.size["tokens"])
    lab.check("shrinking_float64_zero_at", first_zero(double))
    lab.check("shrinking_zero_at", first_zero(double))
    single = scene.plain(scene.linear(0.4).float(), lab.size["side_tokens"])
    lab.check("shrinking_float32_zero_at", first_zero(single))
    exact = list(scene.carried(scene.lstm(), BRIEF))
    lab.check("float32_error", largest_error(exact, scene.plain(scene.lstm().float(), BRIEF)))
