"""What rolling the input does to a convolution: its output rolls along, it does not stay.

Measured: with x rolled around by a few places, the largest |f(roll x) - roll f(x)| (equivariance) and
|f(roll x) - f(x)| (invariance), both divided by the root mean square of f(x). With stride s the output is
compared after rolling by shift / s places; where that is no whole number every roll of the output is tried
and the smallest error counts. All of it runs in float64 on the CPU; the bound of 1e-6 is the one fixed in
advance, rounding is near 1e-15.

How: one draw of weights and input per seed; one convolution along the sequence, stride 1, padded around the
ends (circular), unless a check says otherwise; `deep` is a stack of them with ReLU between. The variants
share the draw, so what is named is what differs. Pooling is the mean over all places. Exact agreement is
drawn at 1e-17, because a log axis has no zero.

It does not show how near to equivariant trained networks for images are: those have stride and zero padding,
which break it here, and what they lose by it is a matter of degree. Nor does it show translations that move
something out of the picture; rolling brings it back in at the other end.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

from ..lab import Lab

TITLE = "Roll the input of a convolution"

PLOT = {"x": "places rolled", "y": "relative error", "x_log": False, "y_log": True}

LOOKS = (20,)

PROFILES = {
    "quick": {"places": 32, "width": 8, "kernel": 5, "layers": 3, "shift": 3},
    "full": {"places": 128, "width": 32, "kernel": 5, "layers": 6, "shift": 3},
}

# fmt: off
CHECKS = {
    "invariance_error": {"unit": "relative error",
        "bounds": [None, 1e-6], "arm": "claim", "interval": "range",
        "meaning": "Roll the input of a convolution: the output stays as it was."},
    "deep_invariance_error": {"unit": "relative error",
        "bounds": [None, 1e-6], "arm": "claim", "interval": "range",
        "meaning": "Roll the input of a stack of convolutions: the output stays as it was."},
    "output_moves": {"unit": "relative error",
        "bounds": [1e-2, None], "arm": "claim", "interval": "range",
        "meaning": "Roll the input of a convolution: the output is clearly another one, place by place."},
    "equivariance_error": {"unit": "relative error",
        "bounds": [None, 1e-6], "arm": "claim", "interval": "range",
        "meaning": "Roll the input of a circular convolution: the output is the same one, rolled alike."},
    "deep_equivariance_error": {"unit": "relative error",
        "bounds": [None, 1e-6], "arm": "claim", "interval": "range",
        "meaning": "Stacking circular convolutions with ReLU between keeps the output rolling along."},
    "strided_equivariance": {"unit": "relative error, best roll of the output",
        "bounds": [None, 1e-6], "arm": "control", "must": "fail", "interval": "range",
        "meaning": "With stride 2 no roll of the output answers an odd roll of the input."},
    "strided_even_equivariance": {"unit": "relative error",
        "bounds": [None, 1e-6], "arm": "control", "must": "pass", "interval": "range",
        "meaning": "With stride 2 a roll by an even number of places still rolls the output, by half of it."},
    "zero_padded_equivariance": {"unit": "relative error",
        "bounds": [None, 1e-6], "arm": "control", "must": "fail", "interval": "range",
        "meaning": "With zeros at the ends the output does not simply roll along: it feels the ends."},
    "pooled_invariance": {"unit": "relative error",
        "bounds": [None, 1e-6], "arm": "control", "must": "pass", "interval": "range",
        "meaning": "The mean over all places of a circular convolution stays as it was."},
    "pooled_output_moves": {"unit": "relative error",
        "bounds": [1e-2, None], "arm": "control", "must": "fail", "interval": "range",
        "meaning": "The mean over all places does not become another one."},
    "strided_pooled_invariance": {"unit": "relative error",
        "bounds": [None, 1e-6], "arm": "control", "must": "fail", "interval": "range",
        "meaning": "Pooling after stride 2 is not invariant: an odd roll shows it other places."},
    "zero_padded_pooled_invariance": {"unit": "relative error",
        "bounds": [None, 1e-6], "arm": "control", "must": "fail", "interval": "range",
        "meaning": "Pooling after zero padding is not invariant: what is lost at the ends changes."},
}
# fmt: on

FLOOR = 1e-17
"""Where exact agreement is drawn."""

Network = Callable[[Tensor], Tensor]
"""[1, width, places] -> [1, width, places out]."""


def trial(lab: Lab) -> None:
    """One draw of weights and input."""
    # One seed for every variant: they share all weights.
    seed = int(torch.randint(2**31, (1,), generator=lab.generator))
    # Drawn and kept on the CPU: some devices have no float64.
    shape = (1, lab.size["width"], lab.size["places"])
    x = torch.randn(shape, generator=lab.generator, dtype=torch.float64)  # [1, width, places]
    if lab.device.type != "cpu" and lab.seed == 0:
        lab.note("Computed in float64 on the CPU: this is algebra and has no device.")
    (_claim if lab.arm == "claim" else _control)(lab, seed, x, lab.size["shift"])


def _claim(lab: Lab, seed: int, x: Tensor, shift: int) -> None:
    """Circular convolutions, one and many; x is [1, width, places]."""
    layer, stack = build_network(lab, seed), build_network(lab, seed, layers=lab.size["layers"])
    lab.check("invariance_error", invariance_error(layer, x, shift))
    lab.check("output_moves", invariance_error(layer, x, shift))
    lab.check("deep_invariance_error", invariance_error(stack, x, shift))
    lab.check("equivariance_error", equivariance_error(layer, x, shift))
    lab.check("deep_equivariance_error", equivariance_error(stack, x, shift))
    for places in range(1, lab.size["places"]):
        _draw(lab, "output against output", places, invariance_error(layer, x, places))
        _draw(lab, "output against rolled output", places, equivariance_error(layer, x, places))


def _control(lab: Lab, seed: int, x: Tensor, shift: int) -> None:
    """Stride, zero padding and pooling; x is [1, width, places]."""
    strided, padded = build_network(lab, seed, stride=2), build_network(lab, seed, padding="constant")
    pooled = build_network(lab, seed, pooled=True)
    lab.check("strided_equivariance", equivariance_error(strided, x, shift))
    lab.check("strided_even_equivariance", equivariance_error(strided, x, 2 * shift))
    lab.check("zero_padded_equivariance", equivariance_error(padded, x, shift))
    lab.check("pooled_invariance", invariance_error(pooled, x, shift))
    lab.check("pooled_output_moves", invariance_error(pooled, x, shift))
    strided_pooled = build_network(lab, seed, stride=2, pooled=True)
    lab.check("strided_pooled_invariance", invariance_error(strided_pooled, x, shift))
    padded_pooled = build_network(lab, seed, padding="constant", pooled=True)
    lab.check("zero_padded_pooled_invariance", invariance_error(padded_pooled, x, shift))
    for places in range(1, lab.size["places"]):
        _draw(lab, "stride 2, against the best roll", places, equivariance_error(strided, x, places))
        _draw(lab, "zero padding, against rolled output", places, equivariance_error(padded, x, places))
        _draw(lab, "mean over all places", places, invariance_error(pooled, x, places))


# ---- networks and errors -----------------------------------------------------------------------------


def build_network(
    lab: Lab,
    seed: int,
    *,
    layers: int = 1,
    stride: int = 1,
    padding: str = "circular",
    pooled: bool = False,
) -> Network:
    """Convolutions with random weights, ReLU between them; the same seed gives the same weights.

    stride: of the first one. padding: `circular`, or `constant` for zeros. pooled: the mean over all places.
    """
    generator, width, kernel = torch.Generator().manual_seed(seed), lab.size["width"], lab.size["kernel"]
    shape = (layers, width, width, kernel)
    drawn = torch.randn(shape, generator=generator, dtype=torch.float64)  # [layers, width, width, kernel]
    weights = drawn / math.sqrt(width * kernel)  # [layers, width, width, kernel]

    def network(x: Tensor) -> Tensor:
        for layer, weight in enumerate(weights):  # [width, width, kernel]
            if layer > 0:
                x = torch.relu(x)  # [1, width, places out]
            ends = (kernel // 2, kernel - 1 - kernel // 2)
            padded = functional.pad(x, ends, mode=padding)  # [1, width, places + kernel - 1]
            x = functional.conv1d(
                padded, weight, stride=stride if layer == 0 else 1
            )  # [1, width, places out]
        return x.mean(dim=-1, keepdim=True) if pooled else x  # [1, width, places out or 1]

    return network


def roll(x: Tensor, shift: int) -> Tensor:
    """Move everything that many places on; what leaves at the end comes in at the start: [..., places]."""
    return torch.roll(x, shift, dims=-1)  # [..., places]


def relative_error(found: Tensor, wanted: Tensor) -> float:
    """The largest |found - wanted| over the root mean square of `wanted`; both have one shape."""
    return float((found - wanted).abs().max() / wanted.square().mean().sqrt())


def invariance_error(network: Network, x: Tensor, shift: int) -> float:
    """How far f(roll x) is from f(x), place by place, for x [1, width, places]."""
    return relative_error(network(roll(x, shift)), network(x))


def equivariance_error(network: Network, x: Tensor, shift: int) -> float:
    """How far f(roll x) is from f(x) rolled alike, or from the best roll of it, for x [1, width, places]."""
    y, other = network(x), network(roll(x, shift))  # [1, width, places out]
    stride = x.shape[-1] // y.shape[-1]
    rolls = range(y.shape[-1]) if shift % stride else [shift // stride]
    return min(relative_error(other, roll(y, places)) for places in rolls)


def _draw(lab: Lab, curve: str, places: int, error: float) -> None:
    """Errors are drawn on a log axis, which has no place for exactly zero."""
    lab.point(curve, places, max(error, FLOOR))
