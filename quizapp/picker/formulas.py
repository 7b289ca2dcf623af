"""What one layer of each kind carries, multiplies and waits for. Numbers and nothing else; pure.

docs/picker.md says where each formula comes from; tests/bench/test_picker_formulas.py holds them against the
models of the bench. Products count two operations for a multiply-add; gates, decays and norms are left out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

WEIGHTS_PER_LAYER = 12
"""Weights of a layer with its feed-forward part, in squares of the width: the same for every kind."""


@dataclass(frozen=True, kw_only=True)
class Shape:
    """The model that is counted with. Widths in numbers, `number` in bytes."""

    layers: int
    width: int
    heads: int
    kv_heads: int
    number: int
    window: int = 4096
    kernel: int = 9
    expand: int = 2
    """How much wider than the model the inside of a Mamba layer is."""
    ssm_state: int = 16
    """State numbers per channel of Mamba."""
    dual_state: int = 128
    """State numbers per channel of Mamba-2."""
    every: int = 8
    """One layer in so many of a hybrid attends to everything; the rest are Mamba-2."""

    @property
    def head_width(self) -> int:
        """Numbers per head."""
        return self.width // self.heads


@dataclass(frozen=True, kw_only=True)
class Layer:
    """One kind of layer: functions of (shape, tokens so far)."""

    carried: Callable[[Shape, int], int]
    """Numbers one sequence hands on to its next token."""
    weights: Callable[[Shape], int]
    """Multiply-adds with weights, for a token."""
    mixing: Callable[[Shape, int], int]
    """Multiply-adds with what is carried, for a token: written and read."""
    depth: Callable[[int], int]
    """Steps that wait for one another in a training pass over so many tokens."""
    loop: bool = False
    """Whether it goes through the tokens one by one, so that stacked layers overlap as a wavefront."""


def rounds(length: int) -> int:
    """Rounds of a work-efficient scan: twice the logarithm, rounded up."""
    return 2 * max(1, (length - 1).bit_length())


def cached(shape: Shape, kept: int) -> int:
    """Keys and values of so many tokens."""
    return 2 * kept * shape.kv_heads * shape.head_width


def attends(kept: Callable[[Shape, int], int]) -> Layer:
    """Attention over the tokens that are kept."""
    return Layer(
        carried=lambda s, n: cached(s, kept(s, n)),
        weights=lambda s: 2 * s.width**2 + 2 * s.width * s.kv_heads * s.head_width,
        mixing=lambda s, n: 2 * kept(s, n) * s.width,
        depth=lambda n: 1,
    )


def _memory(projections: int, *, total: bool) -> Layer:
    """A matrix per head to which k v^T is added and from which q reads."""
    return Layer(
        carried=lambda s, n: s.width * (s.head_width + total),
        weights=lambda s: projections * s.width**2,
        mixing=lambda s, n: 2 * s.width * s.head_width,
        depth=rounds,
    )


def _ssm_core(inner: int, state: int, steps: int) -> int:
    """Multiply-adds that make B, C and the step sizes."""
    return 2 * inner * state + steps


def _mamba_weights(shape: Shape) -> int:
    """In (with the gate) and out, then what selects; the step sizes go through a narrow waist."""
    inner = shape.expand * shape.width
    waist = -(-shape.width // 16)
    return 3 * inner * shape.width + _ssm_core(inner, shape.ssm_state, 2 * inner * waist)


def _dual_weights(shape: Shape) -> int:
    """The same; B, C and one step size per head are read off the input."""
    inner = shape.expand * shape.width
    heads = shape.expand * shape.heads
    return 3 * inner * shape.width + _ssm_core(shape.width, shape.dual_state, shape.width * heads)


FULL = attends(lambda s, n: n)
DUAL = Layer(
    carried=lambda s, n: s.expand * s.width * s.dual_state,
    weights=_dual_weights,
    mixing=lambda s, n: 2 * s.expand * s.width * s.dual_state,
    depth=rounds,
)
LAYERS: dict[str, Layer] = {
    "attention": FULL,
    "window": attends(lambda s, n: min(n, s.window)),
    "linear": _memory(4, total=True),
    "retention": _memory(5, total=False),
    "wkv": Layer(
        carried=lambda s, n: 3 * s.width,
        weights=lambda s: 4 * s.width**2,
        mixing=lambda s, n: 0,
        depth=rounds,
    ),
    "mamba": Layer(
        carried=lambda s, n: s.expand * s.width * s.ssm_state,
        weights=_mamba_weights,
        mixing=lambda s, n: 2 * s.expand * s.width * s.ssm_state,
        depth=rounds,
    ),
    "mamba2": DUAL,
    "lstm": Layer(
        carried=lambda s, n: 2 * s.width,
        weights=lambda s: 8 * s.width**2,
        mixing=lambda s, n: 0,
        depth=lambda n: n,
        loop=True,
    ),
    "gru": Layer(
        carried=lambda s, n: s.width,
        weights=lambda s: 6 * s.width**2,
        mixing=lambda s, n: 0,
        depth=lambda n: n,
        loop=True,
    ),
    "depthwise_rnn": Layer(
        carried=lambda s, n: s.width,
        weights=lambda s: 3 * s.width**2,
        mixing=lambda s, n: 0,
        depth=rounds,
    ),
    "convolution": Layer(
        carried=lambda s, n: (s.kernel - 1) * s.width,
        weights=lambda s: s.width**2 + s.kernel * s.width,
        mixing=lambda s, n: 0,
        depth=lambda n: 1,
    ),
}
"""Kind -> its layer. A hybrid is not here: its layers are of two kinds."""
KINDS = (*LAYERS, "hybrid")


def stack(kind: str, shape: Shape) -> tuple[tuple[Layer, int], ...]:
    """The layers of a model of that kind: (layer, how many). A hybrid attends at least once."""
    if kind != "hybrid":
        return ((LAYERS[kind], shape.layers),)
    attending = max(1, shape.layers // shape.every)
    return ((FULL, attending), (DUAL, shape.layers - attending))


def carried_bytes(kind: str, shape: Shape, length: int) -> int:
    """Bytes that one sequence carries to its next token, over all layers."""
    return shape.number * sum(many * layer.carried(shape, length) for layer, many in stack(kind, shape))


def flops_per_token(kind: str, shape: Shape, length: int) -> int:
    """Operations of the sequence layers for one more token after `length`; no feed-forward layers."""
    return 2 * sum(
        many * (layer.weights(shape) + layer.mixing(shape, length)) for layer, many in stack(kind, shape)
    )


def serial_depth(kind: str, shape: Shape, length: int) -> int:
    """Steps that wait for one another in a training pass over so many tokens."""
    layers = stack(kind, shape)
    if all(layer.loop for layer, _ in layers):
        return length + shape.layers - 1
    return sum(many * layer.depth(length) for layer, many in layers)


def weight_bytes(shape: Shape) -> int:
    """Bytes of the weights, without the vocabulary: every kind is compared at this size."""
    return WEIGHTS_PER_LAYER * shape.width**2 * shape.layers * shape.number


def score_bytes(shape: Shape, length: int) -> int:
    """Bytes of one layer's scores when they are written out for all tokens at once."""
    return shape.heads * length**2 * shape.number
