"""What is counted, against counts by hand."""

from __future__ import annotations

import pytest
import torch
from quizapp.verifiers.models.attention import explicit_attention, fused_attention

from quizapp.verifiers import measure


def leaf(*shape, dtype=torch.float32):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(0), dtype=dtype).requires_grad_()


def test_exp_keeps_its_result():
    x = leaf(10, 3)
    assert measure.saved_bytes(lambda: x.exp()) == 10 * 3 * 4


def test_addition_keeps_nothing():
    x, y = leaf(10), leaf(10)
    assert measure.saved_bytes(lambda: x + y) == 0


def test_a_product_keeps_both_factors_and_a_square_one():
    x, y = leaf(10), leaf(10)
    assert measure.saved_bytes(lambda: x * y) == 2 * 10 * 4
    assert measure.saved_bytes(lambda: x * x) == 10 * 4


def test_views_of_one_storage_count_once():
    x = leaf(4, 6)
    assert measure.saved_bytes(lambda: x @ x.T) == 4 * 6 * 4
    assert len(measure.saved_tensors(lambda: x @ x.T)) == 2


def test_what_is_freed_on_the_way_is_still_told_apart():
    x = leaf(10)
    kept = measure.saved_tensors(lambda: [x.exp().sum().item() for _ in range(5)])
    assert measure.stored_bytes(kept) == 5 * 10 * 4


def test_parameters_can_be_left_out():
    layer, x = torch.nn.Linear(6, 2), leaf(4, 6)
    both = measure.saved_bytes(lambda: layer(x))
    assert both == (4 * 6 + 2 * 6) * 4
    assert measure.saved_bytes(lambda: layer(x), ignore=layer.parameters()) == 4 * 6 * 4


def test_nothing_is_kept_without_gradients():
    x = leaf(10)
    with torch.no_grad():
        assert measure.saved_bytes(lambda: x.exp()) == 0


def test_attention_by_hand():
    q, k, v = (leaf(1, 2, 8, 4) for _ in range(3))
    assert measure.saved_bytes(lambda: explicit_attention(q, k, v)) == 3 * 2 * 8 * 4 * 4 + 2 * 8 * 8 * 4
    assert measure.squares(measure.saved_tensors(lambda: explicit_attention(q, k, v)), 8) == 1
    assert measure.squares(measure.saved_tensors(lambda: fused_attention(q, k, v)), 8) == 0


def test_flops_of_a_product_are_two_per_multiply_add():
    assert measure.flops(lambda: leaf(3, 4) @ leaf(4, 5)) == 2 * 3 * 4 * 5


def test_both_forms_of_attention_cost_the_same_arithmetic():
    q, k, v = (leaf(1, 2, 8, 4) for _ in range(3))
    by_hand = 2 * (2 * 2 * 8 * 8 * 4)
    assert measure.flops(lambda: explicit_attention(q, k, v)) == by_hand
    assert measure.flops(lambda: fused_attention(q, k, v)) == by_hand


def test_the_backward_pass_of_the_fused_kernel_is_counted():
    q, k, v = (leaf(1, 2, 8, 4) for _ in range(3))
    one_product = 2 * 2 * 8 * 8 * 4
    assert measure.flops(lambda: fused_attention(q, k, v).sum().backward()) == (2 + 5) * one_product


def test_products_nobody_counts_are_refused():
    layer = torch.nn.LSTM(4, 4)
    with pytest.raises(ValueError, match="cannot be counted"):
        measure.flops(lambda: layer(torch.randn(3, 1, 4, generator=torch.Generator().manual_seed(0))))


def test_kernels_are_listed_in_order_with_shapes():
    x = leaf(3, 4)
    calls = measure.kernels(lambda: (x.detach() @ x.detach().T).exp())
    names = [name for name, _ in calls]
    assert names.index("mm") < names.index("exp")
    assert dict(calls)["mm"] == torch.Size((3, 3))


def test_a_batched_product_is_one():
    q, k, v = (leaf(1, 2, 8, 4) for _ in range(3))
    assert measure.square_products(lambda: explicit_attention(q, k, v), 8) == 1
    assert measure.square_products(lambda: [q[:, h] @ k[:, h].transpose(1, 2) for h in range(2)], 8) == 2
    assert measure.square_products(lambda: explicit_attention(q, k, v), 9) == 0


def test_reach_of_a_matrix_is_the_matrix():
    matrix = torch.tensor([[1.0, 0.0, 0.0], [-2.0, 3.0, 0.0], [0.0, 0.5, 1.0]], dtype=torch.float64)
    direction = torch.tensor([3.0, 4.0], dtype=torch.float64)
    felt = measure.reach(lambda x: matrix @ x, leaf(1, 3, 2, dtype=torch.float64), direction)
    assert float((felt - 5.0 * matrix.abs()).abs().max()) < 1e-12
    assert (felt == 0).tolist() == (matrix == 0).tolist()


def test_a_quadratic_is_found_exactly():
    lengths = [64, 96, 128, 1024]
    fit = measure.fit_quadratic(lengths, [7 + 3 * n + 2 * n * n for n in lengths])
    assert (fit.a, fit.b, fit.c, fit.residual) == (7.0, 3.0, 2.0, 0.0)
    assert fit.at(10) == 237.0


def test_a_line_has_no_quadratic_term_at_all():
    lengths = [64, 96, 128, 100_000]
    fit = measure.fit_quadratic(lengths, [1284 * n for n in lengths])
    assert (fit.a, fit.b, fit.c, fit.residual) == (0.0, 1284.0, 0.0, 0.0)


def test_a_cubic_is_told_from_a_quadratic():
    lengths = [1, 2, 3, 4, 5]
    fit = measure.fit_quadratic(lengths, [n**3 for n in lengths])
    assert fit.residual == pytest.approx(2.4 / 125)


def test_three_lengths_always_fit_and_are_refused():
    with pytest.raises(ValueError, match="four different"):
        measure.fit_quadratic([1, 2, 3, 3], [1, 4, 9, 9])


def test_exponents():
    assert measure.exponent([1, 2, 4], [3, 12, 48]) == pytest.approx(2.0)
    assert measure.exponent([1, 2, 4], [5, 5, 5]) == 0.0
    with pytest.raises(ValueError, match="positive"):
        measure.exponent([1, 2], [0, 1])
