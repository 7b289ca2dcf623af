"""The picker's formulas against the models of the bench: bytes carried and products, exactly."""

from __future__ import annotations

from functools import partial

import pytest
import torch
from quizapp.verifiers.measure import flops
from quizapp.verifiers.models.attention import Attention
from quizapp.verifiers.models.depthwise_recurrence import SRU
from quizapp.verifiers.models.gru import GRU
from quizapp.verifiers.models.hybrid import Hybrid
from quizapp.verifiers.models.linear_attention import LinearAttention
from quizapp.verifiers.models.lstm import LSTM
from quizapp.verifiers.models.retention import Retention
from quizapp.verifiers.models.selective_ssm import SelectiveSSM
from quizapp.verifiers.models.state_space_dual import StateSpaceDual
from quizapp.verifiers.models.wkv import WKV

from quizapp.picker import formulas
from quizapp.picker.formulas import LAYERS, Shape, carried_bytes

WIDTH, HEADS, WINDOW, STATE = 32, 4, 16, 8
SHAPE = Shape(
    layers=1,
    width=WIDTH,
    heads=HEADS,
    kv_heads=HEADS,
    number=8,
    window=WINDOW,
    expand=1,
    ssm_state=STATE,
    dual_state=STATE,
)
MAKE = {
    "attention": partial(Attention, WIDTH, HEADS, causal=True),
    "window": partial(Attention, WIDTH, HEADS, causal=True, window=WINDOW),
    "linear": partial(LinearAttention, WIDTH, heads=HEADS),
    "retention": partial(Retention, WIDTH, heads=HEADS),
    "wkv": partial(WKV, WIDTH),
    "mamba": partial(SelectiveSSM, WIDTH, state_width=STATE),
    "mamba2": partial(StateSpaceDual, WIDTH, HEADS, state_width=STATE),
    "lstm": partial(LSTM, WIDTH),
    "gru": partial(GRU, WIDTH),
    "depthwise_rnn": partial(SRU, WIDTH, peepholes=False),
}
ELEMENTWISE = {
    "linear": WIDTH * WIDTH // HEADS,  # k v^T is written as one factor times the other
    "mamba": WIDTH * STATE,
    "mamba2": WIDTH * STATE,
}
"""Multiply-adds of a token that a model of the bench makes without a matrix product."""
OUTSIDE = {"mamba": 3 * WIDTH**2, "mamba2": 3 * WIDTH**2}
"""Multiply-adds of a Mamba block around its recurrence, which the bench's layer leaves out."""


def made(kind: str):
    return MAKE[kind](generator=torch.Generator().manual_seed(0))


def after(model, kind: str, length: int):
    """What the model carries after so many random tokens."""
    generator = torch.Generator().manual_seed(1)
    tokens = torch.randn(length, 1, WIDTH, generator=generator, dtype=torch.float64)
    state = None if kind in ("attention", "window") else model.start(1)
    for token in tokens:
        _, state = model.step(token, state)
    return state


def test_every_layer_with_a_model_is_compared():
    assert set(LAYERS) - set(MAKE) == {"convolution"}


@pytest.mark.parametrize("kind", sorted(MAKE))
@pytest.mark.parametrize("length", [1, 7, 16, 40])
def test_bytes_carried_are_those_of_the_model(kind: str, length: int):
    assert carried_bytes(kind, SHAPE, length) == made(kind).state_bytes(length)


@pytest.mark.parametrize("length", [1, 40])
def test_bytes_of_a_hybrid_are_those_of_the_model(length: int):
    shape = Shape(**{**SHAPE.__dict__, "layers": 8})
    model = Hybrid(WIDTH, HEADS, "rrrrrrra", state_width=STATE, generator=torch.Generator().manual_seed(0))
    assert carried_bytes("hybrid", shape, length) == model.state_bytes(length)


@pytest.mark.parametrize("kind", sorted(MAKE))
@pytest.mark.parametrize("length", [1, 7, 40])
def test_products_of_a_token_are_those_of_the_model(kind: str, length: int):
    model = made(kind)
    state = after(model, kind, length - 1) if length > 1 or kind not in ("attention", "window") else None
    token = torch.randn(1, WIDTH, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    with torch.no_grad():
        counted = flops(lambda: model.step(token, state))
    unseen = 2 * (ELEMENTWISE.get(kind, 0) + OUTSIDE.get(kind, 0))
    assert formulas.flops_per_token(kind, SHAPE, length) == counted + unseen


def test_products_of_a_depthwise_separable_convolution():
    generator = torch.Generator().manual_seed(0)
    depth = torch.nn.Conv1d(WIDTH, WIDTH, SHAPE.kernel, groups=WIDTH, bias=False, dtype=torch.float64)
    point = torch.nn.Conv1d(WIDTH, WIDTH, 1, bias=False, dtype=torch.float64)
    seen = torch.randn(1, WIDTH, SHAPE.kernel, generator=generator, dtype=torch.float64)
    with torch.no_grad():
        assert flops(lambda: point(depth(seen))) == formulas.flops_per_token("convolution", SHAPE, 100)
    past = seen[..., 1:]
    assert past.numel() * 8 == carried_bytes("convolution", SHAPE, 100)


@pytest.mark.parametrize("length", [2, 8, 100, 1024])
def test_serial_depth_is_that_of_a_loop_of_a_scan_and_of_one_layer(length: int):
    from quizapp.verifiers.models.linear_recurrence import brent_kung

    three = Shape(**{**SHAPE.__dict__, "layers": 3})
    assert formulas.serial_depth("attention", three, length) == 3
    assert formulas.serial_depth("lstm", three, length) == length + 2
    assert len(list(brent_kung(length))) <= formulas.rounds(length)
    assert formulas.serial_depth("mamba", three, length) == 3 * formulas.rounds(length)


def test_scores_written_out_are_the_measured_ones():
    one = Shape(**{**SHAPE.__dict__, "heads": 1, "number": 2})
    assert formulas.score_bytes(one, 131_072) == 32 * 2**30
