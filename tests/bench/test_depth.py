"""The walk over autograd's graph against graphs with paths counted by hand, and the unrolled networks."""

import math

import pytest
import torch
from torch import nn
from torch.nn import functional

from quizapp.verifiers import depth as counted
from quizapp.verifiers import unrolled


@pytest.fixture
def draw():
    generator = torch.Generator().manual_seed(3)
    return lambda *shape: torch.randn(*shape, generator=generator, dtype=torch.float64)


def leaf(*shape):
    return torch.ones(*shape, dtype=torch.float64, requires_grad=True)


def test_a_diamond_has_a_short_and_a_long_side():
    x = leaf(3)
    y = x.exp() + x.sin().cos().tanh()
    walk = counted.walk(y)
    assert (walk.shortest(x), walk.longest(x), walk.depth) == (2, 4, 4)
    assert walk.nodes == 6  # add, exp, tanh, cos, sin and the leaf


def test_the_deepest_chain_may_end_in_another_leaf():
    x, weight = leaf(3), leaf(3)
    walk = counted.walk(x + weight.exp().exp())
    assert (walk.longest(x), walk.longest(weight), walk.depth) == (1, 3, 3)


def test_views_and_copies_cost_nothing():
    x = leaf(4, 6)
    y = torch.stack(x.T.reshape(4, 6).unbind()).expand(2, 4, 6)[1].clone().contiguous()
    y = torch.cat(y.chunk(2, dim=1)).unsqueeze(0).transpose(0, 1).squeeze()[torch.tensor([0, 1])].flatten()
    assert counted.walk(y).shortest(x) == 0
    assert counted.depth(y.exp()) == 1


def test_every_computing_node_costs_one():
    x = leaf(4, 4)
    y = functional.layer_norm(functional.softmax(torch.relu(x @ x) / 2.0, dim=-1), (4,)).sum()
    assert counted.depth(y) == 6


def test_a_leaf_that_is_not_there_is_infinitely_far():
    x, other = leaf(1), leaf(1)
    walk = counted.walk(x.exp())
    assert not walk.reaches(other)
    assert (walk.shortest(other), walk.longest(other)) == (math.inf, -math.inf)


def test_a_leaf_that_enters_twice_is_met_once_with_both_paths():
    x = leaf(2)
    walk = counted.walk(x * x.exp() * x)
    assert (walk.shortest(x), walk.longest(x)) == (1, 3)


def test_no_graph_is_an_error():
    with pytest.raises(ValueError, match="no graph"):
        counted.walk(torch.ones(2))


def test_marks_are_counted_by_kind_and_change_nothing():
    x = leaf(2)
    y = counted.mark(counted.mark(x, "a").exp(), "b").exp()
    assert torch.equal(y, x.exp().exp())
    assert [counted.walk(y, counted.marks(kind)).depth for kind in "abc"] == [1, 1, 0]
    assert counted.depth(y) == 2
    (gradient,) = torch.autograd.grad(y.sum(), x)
    assert torch.allclose(gradient, (x.exp() * y).detach(), rtol=1e-12)


def test_a_chain_longer_than_the_recursion_limit():
    x = leaf(1)
    y = x
    for _ in range(5000):
        y = y * 1.0001
    assert counted.depth(y) == 5000


def test_fibonacci_paths_are_walked_once():
    """2^200 paths, 200 nodes."""
    x = leaf(1)
    y = x
    for _ in range(200):
        y = y + y.neg()
    walk = counted.walk(y)
    assert (walk.shortest(x), walk.longest(x)) == (200, 400)


@pytest.mark.parametrize("length", [1, 7])
def test_the_unrolled_rnn_is_torchs(draw, length):
    cell, inputs = unrolled.RNN(draw, 5), unrolled.tokens(draw, length, 5)
    twin = nn.RNNCell(5, 5, dtype=torch.float64)
    load(twin, cell)
    h = torch.zeros(1, 5, dtype=torch.float64)
    for x, output in zip(inputs, unrolled.unroll(cell, inputs), strict=True):
        h = twin(x[None], h)
        assert torch.allclose(output, h[0], rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("length", [1, 7])
def test_the_unrolled_lstm_is_torchs(draw, length):
    cell, inputs = unrolled.LSTM(draw, 5), unrolled.tokens(draw, length, 5)
    twin = nn.LSTMCell(5, 5, dtype=torch.float64)
    load(twin, cell)
    h, c = torch.zeros(2, 1, 5, dtype=torch.float64)
    for x, output in zip(inputs, unrolled.unroll(cell, inputs), strict=True):
        h, c = twin(x[None], (h, c))
        assert torch.allclose(output, h[0], rtol=1e-9, atol=1e-12)


def load(twin, cell):
    with torch.no_grad():
        twin.weight_ih.copy_(cell.into.T)
        twin.weight_hh.copy_(cell.across.T)
        twin.bias_ih.copy_(cell.bias)
        twin.bias_hh.zero_()


def test_a_step_left_out_hands_the_state_on(draw):
    cell, inputs = unrolled.RNN(draw, 4), unrolled.tokens(draw, 5, 4)
    short = unrolled.unroll(cell, inputs[:2] + inputs[3:])
    full = unrolled.unroll(cell, inputs, leave_out=2)
    assert torch.equal(full[2], full[1])
    assert torch.equal(torch.stack(full[:2] + full[3:]), torch.stack(short))


SEEN = {"causal": unrolled.causal, "window": unrolled.window(3), "everything": unrolled.everything(7)}


@pytest.mark.parametrize("name", SEEN)
def test_attention_is_torchs(draw, name):
    attention, inputs = unrolled.Attention(draw, 6), unrolled.tokens(draw, 7, 6)
    x = torch.stack(inputs)
    mask = torch.tensor([[key in SEEN[name](query) for key in range(7)] for query in range(7)])
    wanted = (
        functional.scaled_dot_product_attention(
            (x @ attention.query)[None],
            (x @ attention.key)[None],
            (x @ attention.value)[None],
            attn_mask=mask[None],
        )[0]
        @ attention.out
    )
    found = torch.stack(attention.layer(inputs, SEEN[name]))
    assert torch.allclose(found, wanted, rtol=1e-9, atol=1e-12)
    some = torch.stack(attention.layer(inputs, SEEN[name], rows=[2, 5]))
    assert torch.allclose(some, wanted[[2, 5]], rtol=1e-9, atol=1e-12)
    if name == "everything":
        assert torch.allclose(attention.batched(x), wanted, rtol=1e-9, atol=1e-12)
        assert torch.allclose(attention.batched(x, rows=[1, 4]), wanted[[1, 4]], rtol=1e-9, atol=1e-12)


def test_the_encoder_layer_is_torchs_and_its_batched_twin(draw):
    layer, inputs = unrolled.EncoderLayer(draw, 6), unrolled.tokens(draw, 5, 6)
    twin = nn.TransformerEncoderLayer(
        6, 1, 24, dropout=0.0, batch_first=True, bias=False, dtype=torch.float64
    )
    attention = layer.attention
    with torch.no_grad():
        twin.self_attn.in_proj_weight.copy_(
            torch.cat([attention.query.T, attention.key.T, attention.value.T])
        )
        twin.self_attn.out_proj.weight.copy_(attention.out.T)
        twin.linear1.weight.copy_(layer.up.T)
        twin.linear2.weight.copy_(layer.down.T)
    found = torch.stack(layer.layer(inputs, unrolled.everything(5)))
    assert torch.allclose(found, twin(torch.stack(inputs)[None])[0], rtol=1e-9, atol=1e-12)
    assert torch.allclose(found, layer.batched(torch.stack(inputs)), rtol=1e-9, atol=1e-12)


def test_cross_attention_reads_the_memory(draw):
    layer = unrolled.EncoderLayer(draw, 4, cross=True)
    inputs, memory = unrolled.tokens(draw, 3, 4), unrolled.tokens(draw, 2, 4)
    outputs = layer.layer(inputs, unrolled.causal, memory=memory)
    assert all(counted.walk(output).reaches(leaf) for output in outputs for leaf in memory)
    assert not counted.walk(outputs[0]).reaches(inputs[1])


def test_generation_is_greedy_and_equal_to_reading_what_it_wrote(draw):
    attention, table = unrolled.Attention(draw, 6), draw(9, 6).requires_grad_()
    (prompt,) = unrolled.tokens(draw, 1, 6)
    logits = unrolled.generate(attention, table, prompt, 6)
    written = [prompt, *(table[step.argmax()] for step in logits[:-1])]
    read = torch.stack(attention.layer(written, unrolled.causal)) @ table.T
    assert torch.allclose(torch.stack(logits), read, rtol=1e-9, atol=1e-12)


def test_the_choice_of_a_token_has_the_straight_through_gradient():
    table = torch.tensor([[1.0, 2.0], [3.0, 5.0], [0.0, 1.0]], dtype=torch.float64)
    logits = torch.tensor([0.0, 2.0, 1.0], dtype=torch.float64, requires_grad=True)
    chosen = unrolled.Choice.apply(logits, table)
    assert torch.equal(chosen, table[1])
    (gradient,) = torch.autograd.grad(chosen, logits, torch.tensor([1.0, 10.0], dtype=torch.float64))
    assert gradient.tolist() == [21.0, 53.0, 10.0]
