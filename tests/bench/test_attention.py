"""Attention and its relatives against torch and against plain loops."""

from __future__ import annotations

import math

import pytest
import torch
from quizapp.verifiers.models import attention, positions
from quizapp.verifiers.models.attention import Attention
from torch.nn import functional

EXACT = 1e-9


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def draw(*shape, seed=1):
    return torch.randn(*shape, generator=seeded(seed), dtype=torch.float64)


def largest(difference):
    return float(difference.detach().abs().max())


@pytest.fixture
def qkv():
    return tuple(draw(2, 3, 12, 4, seed=seed) for seed in (1, 2, 3))


@pytest.mark.parametrize("causal", [False, True])
def test_explicit_and_fused_equal_torch(qkv, causal):
    wanted = functional.scaled_dot_product_attention(*qkv, is_causal=causal)
    assert largest(attention.explicit_attention(*qkv, causal) - wanted) < EXACT
    assert largest(attention.fused_attention(*qkv, causal) - wanted) < EXACT


@pytest.mark.parametrize("causal", [False, True])
def test_a_bias_is_added_to_the_scores(qkv, causal):
    bias = draw(3, 12, 12, seed=4)
    hidden = torch.zeros(12, 12, dtype=torch.float64)
    if causal:
        hidden = hidden.masked_fill(torch.ones(12, 12).triu(1) > 0, -math.inf)
    wanted = functional.scaled_dot_product_attention(*qkv, attn_mask=bias + hidden)
    assert largest(attention.explicit_attention(*qkv, causal, bias) - wanted) < EXACT
    assert largest(attention.fused_attention(*qkv, causal, bias) - wanted) < EXACT


def test_the_looped_form_equals_the_explicit_one(qkv):
    q, k, v = (tensor[0, 0] for tensor in qkv)
    summed, row_sums = attention.looped_attention(q, k, v, softmax=True)
    wanted = attention.explicit_attention(*(tensor[:1, :1] for tensor in qkv))
    assert largest(summed - wanted[0, 0]) < EXACT
    assert largest(row_sums - 1) < EXACT
    raw, raw_sums = attention.looped_attention(q, k, v, softmax=False)
    assert largest(raw - q @ k.T / 2.0 @ v) < EXACT
    assert largest(raw_sums - (q @ k.T / 2.0).sum(dim=1)) < EXACT


@pytest.mark.parametrize("window", [1, 3, 4, 12])
def test_the_windowed_form_equals_a_masked_matrix(qkv, window):
    place = torch.arange(12)
    far = (place[:, None] - place) >= window
    bias = torch.zeros(12, 12, dtype=torch.float64).masked_fill(far, -math.inf)
    wanted = attention.explicit_attention(*qkv, True, bias)
    assert largest(attention.windowed_attention(*qkv, window) - wanted) < EXACT


def test_a_window_must_divide_the_length(qkv):
    with pytest.raises(ValueError, match="no multiple"):
        attention.windowed_attention(*qkv, 5)


def test_linear_attention_equals_its_quadratic_form(qkv):
    q, k, v = qkv
    weights = (functional.elu(q) + 1) @ (functional.elu(k) + 1).transpose(-2, -1)
    wanted = weights / weights.sum(dim=-1, keepdim=True) @ v
    assert largest(attention.linear_attention(*qkv) - wanted) < EXACT


def test_the_layer_equals_torchs():
    ours = Attention(8, 2, generator=seeded())
    theirs = torch.nn.MultiheadAttention(8, 2, batch_first=True, dtype=torch.float64)
    with torch.no_grad():
        parts = (ours.query, ours.key, ours.value)
        theirs.in_proj_weight.copy_(torch.cat([part.weight for part in parts]))
        theirs.in_proj_bias.copy_(torch.cat([part.bias for part in parts]))
        theirs.out_proj.load_state_dict(ours.out.state_dict())
    x = draw(2, 7, 8)
    assert largest(ours(x) - theirs(x, x, x, need_weights=False)[0]) < EXACT
    causal = Attention(8, 2, generator=seeded(), causal=True)
    hidden = torch.ones(7, 7).triu(1) > 0
    wanted = theirs(x, x, x, attn_mask=hidden, need_weights=False)[0]
    assert largest(causal(x) - wanted) < EXACT


@pytest.mark.parametrize("kind", ["none", "rotary", "alibi"])
@pytest.mark.parametrize("window", [None, 3])
@pytest.mark.parametrize("fused", [False, True])
def test_step_equals_forward(kind, window, fused):
    layer = Attention(8, 2, generator=seeded(), causal=True, window=window, positions=kind, fused=fused)
    x, cache, outputs = draw(2, 9, 8), None, []
    for x_t in x.unbind(dim=1):
        y_t, cache = layer.step(x_t, cache)
        outputs.append(y_t)
    assert largest(torch.stack(outputs, dim=1) - layer(x)) < EXACT
    kept = (cache.keys[0].numel() + cache.values[0].numel()) * 8
    assert layer.state_bytes(9) == kept
    assert cache.seen == 9


def test_a_window_without_a_mask_looks_both_ways():
    layer = Attention(4, 1, generator=seeded(), window=2)
    x = draw(1, 5, 4).requires_grad_()
    (felt,) = torch.autograd.grad(layer(x)[0, 2].sum(), x)
    assert (felt[0].norm(dim=-1) > 0).tolist() == [False, True, True, True, False]


def test_fused_and_explicit_layers_agree():
    x = draw(2, 6, 8)
    for kind in ("none", "rotary", "alibi"):
        plain, fused = (
            Attention(8, 2, generator=seeded(), causal=True, positions=kind, fused=flag)
            for flag in (False, True)
        )
        assert largest(plain(x) - fused(x)) < EXACT


def test_rotation_keeps_lengths_and_knows_only_distance():
    q, k = draw(1, 1, 1, 6), draw(1, 1, 1, 6, seed=2)
    turned = positions.rotate(q, start=5)
    assert largest(turned.norm() - q.norm()) < EXACT
    near = (positions.rotate(q, start=5) * positions.rotate(k, start=3)).sum()
    far = (positions.rotate(q, start=105) * positions.rotate(k, start=103)).sum()
    other = (positions.rotate(q, start=5) * positions.rotate(k, start=2)).sum()
    assert largest(near - far) < EXACT
    assert largest(near - other) > 1e-3


def test_a_rotation_by_hand():
    x = torch.tensor([[[[1.0, 0.0, 1.0, 0.0]]]], dtype=torch.float64)
    turned = positions.rotate(x, start=2)[0, 0, 0]
    wanted = [math.cos(2), math.sin(2), math.cos(0.02), math.sin(0.02)]
    assert largest(turned - torch.tensor(wanted, dtype=torch.float64)) < EXACT


def test_alibi_by_hand():
    slopes = positions.alibi_slopes(8, dtype=torch.float64, device=torch.device("cpu"))
    assert slopes.tolist() == [2.0**-power for power in range(1, 9)]
    bias = positions.alibi(8, torch.tensor([[0, -1], [1, 0]]), dtype=torch.float64)
    assert bias[0].tolist() == [[0.0, -0.5], [-0.5, 0.0]]


def test_what_is_asked_wrongly_is_refused():
    with pytest.raises(ValueError, match="do not divide"):
        Attention(8, 3, generator=seeded())
    with pytest.raises(ValueError, match="not 'sinusoidal'"):
        Attention(8, 2, generator=seeded(), positions="sinusoidal")
    with pytest.raises(ValueError, match="at least one token"):
        Attention(8, 2, generator=seeded(), window=0)
    with pytest.raises(ValueError, match="only causal"):
        Attention(8, 2, generator=seeded()).step(draw(1, 8))
    with pytest.raises(ValueError, match="is odd"):
        positions.frequencies(3, torch.device("cpu"))


def test_weights_come_from_the_generator_alone():
    before = torch.get_rng_state()
    one, two = (Attention(8, 2, generator=seeded(5)) for _ in range(2))
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), two.parameters(), strict=True))
    assert torch.equal(torch.get_rng_state(), before)
    assert float(one.query.weight.detach().abs().max()) <= 1 / math.sqrt(8)
    single = Attention(8, 2, generator=seeded(5), dtype=torch.float32)
    assert torch.equal(single.query.weight, one.query.weight.float())
