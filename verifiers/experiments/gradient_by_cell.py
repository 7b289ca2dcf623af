"""How fast the gradient fades with distance, cell by cell, before training: one table, one plot.

Each network has width 64 and reads tokens of normal noise; a random unit vector u reads its last output,
y = u . output_T, and the size of dy / dx_{T-k} (Euclidean, root mean square over the batch) is recorded
for every distance k. A slope is that of the least-squares line through its natural logarithm at distances
10 to 100, in nats per token: -0.05 is a half-life of 14 tokens. Below -0.05 with R squared above 0.9 a
cell fades exponentially, within 0.01 of zero it is flat, and within 0.02 it is open. All of it is one
ordinary backward pass in float64: at distance 100 the smallest gradient, that of a shut forget gate, is
about 1e-90, far from the 1e-308 where float64 ends.

The cells: a tanh RNN as torch initialises it and with an orthogonal recurrent matrix times 1 or 1.3, both
with ordinary inputs and nearly linear (inputs a thousandth of that, no biases, so that tanh hardly
bends); a relu RNN that begins with the identity (IRNN); a GRU; an LSTM by default, with the two biases of
each forget gate adding up to 0, 1, 2, 3 or 5, with chrono initialisation for up to 1000 tokens, and two of
them stacked. All models of one seed draw their weights from the same numbers.

The controls: causal Transformers of 1, 2 and 6 layers, pre- and post-norm, without positions, must be
flat; linear recurrences, an orthogonal matrix times a gain, must fade, stay and grow by the logarithm of
the gain; LSTMs that differ in nothing but their random numbers must not come out in the order of the
forget biases; and every bound is met from outside by a network that must not keep it.

It does not show anything about trained networks, nor that an architecture has a slope of its own: the same
LSTM is anything from steep to flat, depending on one bias. A steep slope is no proof that something cannot
be learned, and a flat one no proof that it can: it says how a gradient depends on distance, not how large
it is. The order of the cells is that for noise of size one; smaller inputs make every tanh more linear.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn

from ..backprop import fit, plain_log10
from ..lab import Lab
from ..models.fused import Fused
from ..models.gru import GRU
from ..models.lstm import LSTM
from ..models.rnn import RNN
from ..models.transformer import Transformer

TITLE = "Gradient against distance, cell by cell"

PLOT = {"x": "distance (tokens)", "y": "log10 of the gradient", "x_log": False, "y_log": False}

LOOKS = (5, 8, 13)

PROFILES = {
    "quick": {"width": 64, "tokens": 301, "batch": 4, "attention_batch": 2},
    "full": {"width": 64, "tokens": 1001, "batch": 16, "attention_batch": 4},
}

# fmt: off
CHECKS = {
    "rnn_slope": {"unit": "nats/token",
        "bounds": [None, -0.05], "arm": "claim", "interval": "mean",
        "meaning": "How fast the gradient of a tanh RNN with default init fades; below -0.05 it fades."},
    "rnn_orthogonal_slope": {"unit": "nats/token",
        "bounds": [None, -0.05], "arm": "claim", "interval": "mean",
        "meaning": "The same with an orthogonal matrix: with inputs of size one tanh still shrinks it."},
    "rnn_gain13_slope": {"unit": "nats/token",
        "bounds": [None, -0.05], "arm": "claim", "interval": "mean",
        "meaning": "With all singular values 1.3 and inputs of size one a tanh RNN's gradient still fades."},
    "rnn_orthogonal_small_slope": {"unit": "nats/token",
        "bounds": [-0.01, 0.01], "arm": "claim", "interval": "mean",
        "meaning": "An orthogonal tanh RNN with tiny inputs keeps the gradient's size at any distance."},
    "rnn_gain13_small_slope": {"unit": "nats/token",
        "bounds": [0.01, None], "arm": "claim", "interval": "mean",
        "meaning": "With singular values 1.3 and tiny inputs the gradient grows with distance."},
    "irnn_slope": {"unit": "nats/token",
        "bounds": [-0.01, 0.01], "arm": "claim", "interval": "mean",
        "meaning": "A relu RNN that begins with the identity keeps the gradient's size."},
    "gru_slope": {"unit": "nats/token",
        "bounds": [None, -0.05], "arm": "claim", "interval": "mean",
        "meaning": "How fast the gradient of a GRU with default init fades per token."},
    "lstm_slope": {"unit": "nats/token",
        "bounds": [None, -0.05], "arm": "claim", "interval": "mean",
        "meaning": "How fast the gradient of an LSTM with default init fades per token."},
    "lstm_two_layers_slope": {"unit": "nats/token",
        "bounds": [None, -0.05], "arm": "claim", "interval": "mean",
        "meaning": "Two LSTM layers by default, one on the other, fade as well."},
    "lstm_bias0_slope": {"unit": "nats/token",
        "bounds": [None, -0.05], "arm": "claim", "interval": "mean",
        "meaning": "An LSTM whose forget gates start exactly half open fades."},
    "lstm_bias1_slope": {"unit": "nats/token",
        "bounds": [None, -0.01], "arm": "claim", "interval": "mean",
        "meaning": "With forget bias 1, the usual recipe, the gradient still fades."},
    "lstm_bias2_slope": {"unit": "nats/token",
        "bounds": [None, -0.01], "arm": "claim", "interval": "mean",
        "meaning": "With forget bias 2 the gradient still fades."},
    "lstm_bias3_slope": {"unit": "nats/token",
        "bounds": [-0.02, 0.02], "arm": "claim", "interval": "mean",
        "meaning": "With forget bias 3 it hardly changes over 100 tokens."},
    "lstm_bias5_slope": {"unit": "nats/token",
        "bounds": [-0.02, 0.02], "arm": "claim", "interval": "mean",
        "meaning": "With forget bias 5 it hardly changes over 100 tokens."},
    "lstm_chrono_slope": {"unit": "nats/token",
        "bounds": [-0.02, 0.02], "arm": "claim", "interval": "mean",
        "meaning": "With chrono initialisation for up to 1000 tokens it hardly changes over 100 tokens."},
    "worst_straightness": {"unit": "R^2",
        "bounds": [0.9, None], "arm": "claim", "interval": "mean",
        "meaning": "How straight the least straight of the fading cells' profiles is: all are exponentials."},
    "bias_order": {"unit": "nats/token, smallest of 3 rises",
        "bounds": [0.02, None], "arm": "claim", "interval": "mean",
        "meaning": "Each forget bias from 0 to 3 makes the LSTM fade more slowly than the one before."},
    "lstm_bias1_minus_rnn": {"unit": "nats/token",
        "bounds": [0.05, None], "arm": "claim", "interval": "mean",
        "meaning": "How much more slowly an LSTM with forget bias 1 fades than the default tanh RNN."},
    "lstm_minus_orthogonal": {"unit": "nats/token",
        "bounds": [None, -0.05], "arm": "claim", "interval": "mean",
        "meaning": "A default LSTM fades faster than an ungated tanh RNN with an orthogonal matrix."},
    "transformer_pre": {"unit": "nats/token, steepest of 1, 2, 6 layers",
        "bounds": [-0.01, 0.01], "arm": "control", "must": "pass", "interval": "mean",
        "meaning": "Causal pre-norm Transformers are flat, whatever their depth."},
    "transformer_post": {"unit": "nats/token, steepest of 1, 2, 6 layers",
        "bounds": [-0.01, 0.01], "arm": "control", "must": "pass", "interval": "mean",
        "meaning": "Causal post-norm Transformers are flat, whatever their depth."},
    "transformer_fades": {"unit": "nats/token, lowest of six",
        "bounds": [None, -0.05], "arm": "control", "must": "fail", "interval": "mean",
        "meaning": "The test for fading must not find any in a Transformer."},
    "transformer_straightness": {"unit": "R^2, best of six",
        "bounds": [0.9, None], "arm": "control", "must": "fail", "interval": "mean",
        "meaning": "No line through a Transformer's gradients explains them: there is no trend."},
    "steady_flat": {"unit": "nats/token",
        "bounds": [-0.01, 0.01], "arm": "control", "must": "pass", "interval": "mean",
        "meaning": "A linear orthogonal recurrence is flat."},
    "steady_grows": {"unit": "nats/token",
        "bounds": [0.01, None], "arm": "control", "must": "fail", "interval": "mean",
        "meaning": "A linear orthogonal recurrence must not be seen to grow."},
    "shrinking_fades": {"unit": "nats/token",
        "bounds": [None, -0.05], "arm": "control", "must": "pass", "interval": "mean",
        "meaning": "A linear recurrence that multiplies sizes by 0.9 per token must be seen to fade."},
    "shrinking_flat": {"unit": "nats/token",
        "bounds": [-0.01, 0.01], "arm": "control", "must": "fail", "interval": "mean",
        "meaning": "A linear recurrence that multiplies sizes by 0.9 per token must not pass for flat."},
    "growing_grows": {"unit": "nats/token",
        "bounds": [0.01, None], "arm": "control", "must": "pass", "interval": "mean",
        "meaning": "A linear recurrence that multiplies sizes by 1.3 per token must be seen to grow."},
    "growing_flat": {"unit": "nats/token",
        "bounds": [-0.01, 0.01], "arm": "control", "must": "fail", "interval": "mean",
        "meaning": "A linear recurrence that multiplies sizes by 1.3 per token must not pass for flat."},
    "shut_gate_open": {"unit": "nats/token",
        "bounds": [-0.02, 0.02], "arm": "control", "must": "fail", "interval": "mean",
        "meaning": "An LSTM whose forget gates are shut must not pass for open."},
    "open_gate_fades": {"unit": "nats/token",
        "bounds": [None, -0.01], "arm": "control", "must": "fail", "interval": "mean",
        "meaning": "An LSTM with forget bias 20 must not be seen to fade."},
    "seed_order": {"unit": "nats/token, smallest of 3 rises",
        "bounds": [0.02, None], "arm": "control", "must": "fail", "interval": "mean",
        "meaning": "Four LSTMs of one forget bias and other random numbers are in no such order."},
    "shut_gate_minus_rnn": {"unit": "nats/token",
        "bounds": [0.05, None], "arm": "control", "must": "fail", "interval": "mean",
        "meaning": "An LSTM with its forget gate shut must not fade more slowly than the default tanh RNN."},
    "lstm_bias1_minus_orthogonal": {"unit": "nats/token",
        "bounds": [None, -0.05], "arm": "control", "must": "fail", "interval": "mean",
        "meaning": "With forget bias 1 the LSTM no longer fades faster than the orthogonal tanh RNN."},
}
# fmt: on

FITTED = range(10, 101)
"""The distances a slope is fitted to."""
DRAWN = (1, *range(10, 101, 15), 130, 160, 200, 250, 300)
"""The distances that are drawn."""
SMALL = 1e-3
"""What inputs are multiplied by so that tanh is as good as linear: squares of a thousandth."""
HORIZON = 1000
"""The longest dependency that the chrono-initialised LSTM expects, in tokens."""
SHUT, OPEN = -20.0, 20.0
"""Forget biases that let nothing through, and everything."""


@dataclass(frozen=True, kw_only=True)
class Scene:
    """What all models of one seed share."""

    inputs: Tensor
    """[batch, time, width], normal noise."""
    readout: Tensor
    """[width], a random unit vector."""
    seed: int
    """Every model draws its weights from a generator that starts here."""

    def settings(self, other: int = 0) -> dict[str, Any]:
        """What every model is built with; `other` numbers are other weights."""
        generator = torch.Generator().manual_seed(self.seed + other)
        return {"generator": generator, "dtype": self.inputs.dtype, "device": self.inputs.device}


@dataclass(frozen=True)
class Profile:
    """How the gradient of one network depends on distance."""

    slope: float
    """Nats per token over the FITTED distances."""
    straightness: float
    """R squared of that line."""


def prepare(lab: Lab) -> Scene:
    """Draw the inputs, the readout and the seed of the weights, the same in both arms."""
    device = torch.device("cpu") if lab.device.type == "mps" else lab.device
    if lab.seed % 1000 == 0 and lab.arm == "claim":
        lab.note(f"Every network has width {lab.size['width']} and reads {lab.size['tokens']} tokens.")
        if device != lab.device:
            lab.note("This device has no float64, so the experiment ran on the CPU.")
    shape = (lab.size["batch"], lab.size["tokens"], lab.size["width"])
    inputs = torch.randn(*shape, generator=lab.generator, dtype=torch.float64)  # [batch, time, width]
    readout = torch.randn(shape[2], generator=lab.generator, dtype=torch.float64)  # [width]
    seed = int(torch.randint(2**62, (), generator=lab.generator))
    return Scene(inputs=inputs.to(device), readout=(readout / readout.norm()).to(device), seed=seed)


def make_lstm(scene: Scene, *, layers: int = 1, other: int = 0, **options: Any) -> nn.Module:  # noqa: ANN401
    """LSTM layers one on the other; options as in models.lstm."""
    settings = scene.settings(other)
    width = scene.readout.shape[0]
    return nn.Sequential(*(Fused(LSTM(width, **options, **settings)) for _ in range(layers)))


def make_gru(scene: Scene) -> nn.Module:
    """A GRU of this scene."""
    return Fused(GRU(scene.readout.shape[0], **scene.settings()))


def make_rnn(scene: Scene, *, biases: bool = True, **options: Any) -> nn.Module:  # noqa: ANN401
    """A simple recurrent network; options as in models.rnn. Without biases its state begins at rest."""
    model = RNN(scene.readout.shape[0], **options, **scene.settings())
    if not biases:
        with torch.no_grad():
            model.bias_ih.zero_()  # [width]
            model.bias_hh.zero_()  # [width]
    # torch's own layer knows no linear RNN; the plain one does.
    return model if model.nonlinearity == "linear" else Fused(model)


def make_transformer(scene: Scene, layers: int, norm: str) -> nn.Module:
    """A causal Transformer of two heads, without positions."""
    width = scene.readout.shape[0]
    return Transformer(width, 2, layers, causal=True, norm=norm, fused=True, **scene.settings())


RNNS: dict[str, tuple[str, float, dict[str, Any]]] = {
    "rnn": ("RNN", 1.0, {}),
    "rnn_orthogonal": ("RNN, orthogonal", 1.0, {"recurrent": "orthogonal"}),
    "rnn_gain13": ("RNN, orthogonal x 1.3", 1.0, {"recurrent": "orthogonal", "gain": 1.3}),
    "rnn_orthogonal_small": (
        "RNN, orthogonal, tiny inputs",
        SMALL,
        {"recurrent": "orthogonal", "biases": False},
    ),
    "rnn_gain13_small": (
        "RNN, orthogonal x 1.3, tiny inputs",
        SMALL,
        {"recurrent": "orthogonal", "gain": 1.3, "biases": False},
    ),
    "irnn": ("IRNN", 1.0, {"recurrent": "identity", "nonlinearity": "relu"}),
}
"""Check without its `_slope` -> (curve, what inputs are multiplied by, how the network is built)."""

LSTMS: dict[str, tuple[str, dict[str, Any]]] = {
    "lstm": ("LSTM", {}),
    "lstm_two_layers": ("LSTM, two layers", {"layers": 2}),
    "lstm_bias0": ("LSTM, forget bias 0", {"forget_bias": 0.0}),
    "lstm_bias1": ("LSTM, forget bias 1", {"forget_bias": 1.0}),
    "lstm_bias2": ("LSTM, forget bias 2", {"forget_bias": 2.0}),
    "lstm_bias3": ("LSTM, forget bias 3", {"forget_bias": 3.0}),
    "lstm_bias5": ("LSTM, forget bias 5", {"forget_bias": 5.0}),
    "lstm_chrono": ("LSTM, chrono", {"chrono": HORIZON}),
}
"""Check without its `_slope` -> (curve, how the network is built)."""

FADING = ("rnn", "rnn_orthogonal", "gru", "lstm", "lstm_two_layers", "lstm_bias0", "lstm_bias1")
"""The cells of which an exponential is asked."""
BIASED = ("lstm_bias0", "lstm_bias1", "lstm_bias2", "lstm_bias3")
"""The LSTMs that must come in this order."""


def trial(lab: Lab) -> None:
    """One seed of one arm."""
    scene = prepare(lab)
    if lab.arm == "claim":
        _cells(lab, scene)
    else:
        _transformers(lab, scene)
        _known_rates(lab, scene)
        _other_gates(lab, scene)


def _cells(lab: Lab, scene: Scene) -> None:
    """Every recurrent cell of the table."""
    found = {
        name: profile(lab, scene, curve, make_rnn(scene, **options), scale)
        for name, (curve, scale, options) in RNNS.items()
    }
    found["gru"] = profile(lab, scene, "GRU", make_gru(scene))
    for name, (curve, options) in LSTMS.items():
        found[name] = profile(lab, scene, curve, make_lstm(scene, **options))
    for name, cell in found.items():
        lab.check(f"{name}_slope", cell.slope)
    lab.check("worst_straightness", min(found[name].straightness for name in FADING))
    lab.check("bias_order", smallest_rise([found[name].slope for name in BIASED]))
    lab.check("lstm_bias1_minus_rnn", found["lstm_bias1"].slope - found["rnn"].slope)
    lab.check("lstm_minus_orthogonal", found["lstm"].slope - found["rnn_orthogonal"].slope)


def _transformers(lab: Lab, scene: Scene) -> None:
    """Six Transformers, in which distance must not matter."""
    few = Scene(
        inputs=scene.inputs[: lab.size["attention_batch"]],  # [attention_batch, time, width]
        readout=scene.readout,
        seed=scene.seed,
    )
    found: dict[str, list[Profile]] = {"pre": [], "post": []}
    for norm, profiles in found.items():
        for layers in (1, 2, 6):
            model = make_transformer(few, layers, norm)
            profiles.append(profile(lab, few, f"Transformer {layers}, {norm}-norm", model))
        lab.check(f"transformer_{norm}", max((one.slope for one in profiles), key=abs))
    both = found["pre"] + found["post"]
    lab.check("transformer_fades", min(one.slope for one in both))
    lab.check("transformer_straightness", max(one.straightness for one in both))


def _known_rates(lab: Lab, scene: Scene) -> None:
    """Linear recurrences, whose slope is the logarithm of their gain."""
    rates = {}
    for gain in (0.9, 1.0, 1.3):
        model = make_rnn(scene, nonlinearity="linear", recurrent="orthogonal", gain=gain)
        rates[gain] = profile(lab, scene, f"RNN, linear, gain {gain:g}", model).slope
    lab.check("shrinking_fades", rates[0.9])
    lab.check("shrinking_flat", rates[0.9])
    lab.check("steady_flat", rates[1.0])
    lab.check("steady_grows", rates[1.0])
    lab.check("growing_grows", rates[1.3])
    lab.check("growing_flat", rates[1.3])


def _other_gates(lab: Lab, scene: Scene) -> None:
    """Forget gates shut and wide open, and LSTMs that only chance tells apart."""
    shut = profile(lab, scene, "LSTM, forget bias -20", make_lstm(scene, forget_bias=SHUT)).slope
    wide = profile(lab, scene, "LSTM, forget bias 20", make_lstm(scene, forget_bias=OPEN)).slope
    lab.check("shut_gate_open", shut)
    lab.check("shut_gate_minus_rnn", shut - measured(scene, make_rnn(scene))[0].slope)
    lab.check("open_gate_fades", wide)
    alike = [measured(scene, make_lstm(scene, forget_bias=0.0, other=n))[0].slope for n in range(4)]
    lab.check("seed_order", smallest_rise(alike))
    orthogonal = measured(scene, make_rnn(scene, recurrent="orthogonal"))[0].slope
    bias1 = measured(scene, make_lstm(scene, forget_bias=1.0))[0].slope
    lab.check("lstm_bias1_minus_orthogonal", bias1 - orthogonal)


def measured(
    scene: Scene, model: Callable[[Tensor], Tensor], scale: float = 1.0
) -> tuple[Profile, list[float]]:
    """A network's profile, and log10 of the gradient at every distance, with the inputs times `scale`."""
    logs = plain_log10(model, scale * scene.inputs, scene.readout)
    slope, straightness, _ = fit(logs, FITTED)
    return Profile(slope, straightness), logs


def profile(
    lab: Lab, scene: Scene, curve: str, model: Callable[[Tensor], Tensor], scale: float = 1.0
) -> Profile:
    """The same, drawn."""
    found, logs = measured(scene, model, scale)
    for distance in DRAWN:
        if distance < len(logs) and math.isfinite(logs[distance]):
            lab.point(curve, distance, logs[distance])
    return found


def smallest_rise(slopes: list[float]) -> float:
    """The smallest step from one slope to the next."""
    return min(later - earlier for earlier, later in pairwise(slopes))
