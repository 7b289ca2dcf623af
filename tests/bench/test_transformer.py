"""The Transformer against torch's own, and token by token against the whole sequence."""

from __future__ import annotations

import math

import pytest
import torch
from quizapp.verifiers.models import positions
from quizapp.verifiers.models.transformer import Transformer

EXACT = 1e-9


def build(*, seed=0, causal=False, layers=2, **how):
    return Transformer(8, 2, layers, generator=torch.Generator().manual_seed(seed), causal=causal, **how)


def draw(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


def largest(difference):
    return float(difference.detach().abs().max())


def torchs(ours, *, norm_first):
    """torch's encoder with the weights of ours."""
    layers = []
    for block in ours.blocks:
        layer = torch.nn.TransformerEncoderLayer(
            8, 2, 32, 0.0, "gelu", batch_first=True, norm_first=norm_first, dtype=torch.float64
        )
        attention = block.attention
        with torch.no_grad():
            parts = (attention.query, attention.key, attention.value)
            layer.self_attn.in_proj_weight.copy_(torch.cat([part.weight for part in parts]))
            layer.self_attn.in_proj_bias.copy_(torch.cat([part.bias for part in parts]))
            layer.self_attn.out_proj.load_state_dict(attention.out.state_dict())
            layer.linear1.load_state_dict(block.up.state_dict())
            layer.linear2.load_state_dict(block.down.state_dict())
            layer.norm1.load_state_dict(block.norms[0].state_dict())
            layer.norm2.load_state_dict(block.norms[1].state_dict())
        layers.append(layer)
    return layers


@pytest.mark.parametrize("norm", ["pre", "post"])
@pytest.mark.parametrize("causal", [False, True])
def test_forward_equals_torchs_encoder(norm, causal):
    ours = build(norm=norm, causal=causal)
    with torch.no_grad():
        for parameter in ours.parameters():
            parameter.add_(0.1 * draw(*parameter.shape))
    hidden = torch.ones(6, 6).triu(1) > 0 if causal else None
    x = wanted = draw(2, 6, 8)
    for layer in torchs(ours, norm_first=norm == "pre"):
        wanted = layer(wanted, src_mask=hidden)
    wanted = ours.last_norm(wanted)
    assert largest(ours(x) - wanted) < EXACT


@pytest.mark.parametrize("norm", ["pre", "post", "none"])
@pytest.mark.parametrize("kind", positions.KINDS)
@pytest.mark.parametrize("fused", [False, True])
def test_step_equals_forward(norm, kind, fused):
    model = build(causal=True, norm=norm, positions=kind, fused=fused)
    x, state, outputs = draw(2, 7, 8), None, []
    for x_t in x.unbind(dim=1):
        y_t, state = model.step(x_t, state)
        outputs.append(y_t)
    assert largest(torch.stack(outputs, dim=1) - model(x)) < EXACT
    kept = sum(cache.keys[0].numel() + cache.values[0].numel() for cache in state.caches)
    assert model.state_bytes(7) == 8 * kept == 2 * 2 * 7 * 8 * 8


def test_without_residual_and_norm_a_block_is_a_plain_chain():
    model = build(layers=1, norm="none", residual=False)
    x, block = draw(1, 5, 8), model.blocks[0]
    wide = block.up(block.attention(x))
    gelu = 0.5 * wide * (1 + torch.erf(wide / math.sqrt(2)))
    assert largest(model(x) - block.down(gelu)) < EXACT


def test_residuals_can_be_switched_off():
    x = draw(1, 5, 8)
    block = build(layers=1, norm="none").blocks[0]
    mixed = x + block.attention(x)
    assert largest(block(x) - mixed - block._mlp(mixed)) < EXACT


def test_variants_share_all_weights_but_the_positions():
    plain = dict(build().named_parameters())
    for kind in positions.KINDS:
        other = dict(build(positions=kind).named_parameters())
        other.pop("table", None)
        assert other.keys() == plain.keys()
        assert all(torch.equal(other[name], plain[name]) for name in plain)


def test_the_sinusoidal_table_by_hand():
    table = positions.sinusoidal(2, 4, start=3, dtype=torch.float64, device=torch.device("cpu"))
    wanted = [[math.sin(p), math.cos(p), math.sin(p / 100), math.cos(p / 100)] for p in (3, 4)]
    assert largest(table - torch.tensor(wanted, dtype=torch.float64)) < EXACT


def test_positions_that_are_added_are_added():
    x = draw(1, 5, 8)
    learned = build(positions="learned")
    assert largest(learned(x) - build()(x + learned.table[:5])) < EXACT
    table = positions.sinusoidal(5, 8, start=0, dtype=torch.float64, device=torch.device("cpu"))
    assert largest(build(positions="sinusoidal")(x) - build()(x + table)) < EXACT


def test_what_is_asked_wrongly_is_refused():
    with pytest.raises(ValueError, match="norm is one of"):
        build(norm="batch")
    with pytest.raises(ValueError, match="positions is one of"):
        build(positions="absolute")
    with pytest.raises(ValueError, match="only causal"):
        build().step(draw(1, 8))
    with pytest.raises(ValueError, match="beyond the 4 learned"):
        build(positions="learned", longest=4)(draw(1, 5, 8))


def test_float32_is_the_same_model_rounded():
    x = draw(1, 5, 8)
    single = build(dtype=torch.float32)
    assert largest(single(x.float()).double() - build()(x)) < 1e-5
