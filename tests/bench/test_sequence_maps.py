"""What kind of map a model is, for maps written down here whose answer is known."""

import pytest
import torch

from quizapp.verifiers import sequence_maps


def test_differences_by_hand():
    wanted = torch.tensor([3.0, 4.0], dtype=torch.float64)  # [2]
    found = wanted + torch.tensor([0.0, 1.0], dtype=torch.float64)  # [2]
    assert sequence_maps.relative_difference(found, wanted) == pytest.approx(1 / 12.5**0.5)


def test_what_is_left_out_by_hand():
    block = torch.diag(torch.tensor([3.0, 4.0, 12.0], dtype=torch.float64))  # [3, 3]
    assert sequence_maps.low_rank_residual(block, 3) == 0.0
    assert sequence_maps.low_rank_residual(block, 2) == pytest.approx(3 / 13)
    assert sequence_maps.low_rank_residual(block, 1) == pytest.approx(5 / 13)


def test_only_linear_time_invariant_models_are_convolutions():
    x = torch.randn(2, 9, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)  # [b, t, w]
    weights = torch.linspace(1, 2, 9, dtype=torch.float64)[:, None]  # [time, 1]
    assert sequence_maps.convolution_error(lambda x: x.cumsum(dim=1) + 1.0, x) < 1e-12
    assert sequence_maps.convolution_error(lambda x: x.flip(-1).cumsum(dim=1), x) < 1e-12
    assert sequence_maps.convolution_error(lambda x: x.square(), x) > 0.1
    assert sequence_maps.convolution_error(lambda x: weights * x, x) > 0.1


def test_who_feels_order():
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(2, 9, 3, generator=generator, dtype=torch.float64)  # [batch, time, width]
    fading = (0.5 ** torch.arange(9.0, dtype=torch.float64)).flip(0)[:, None]  # [time, 1]
    assert sequence_maps.order_felt(generator, lambda x: x.cumsum(dim=1), x) < 1e-12
    assert sequence_maps.order_felt(generator, lambda x: (fading * x).cumsum(dim=1), x) > 0.01


def test_whose_fading_is_chosen():
    x = torch.rand(1, 5, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64)  # [1, t, w]
    # d(last)/d(first) is the product of the tokens between, which are odd in number: the sign flips.
    assert sequence_maps.fading_felt(lambda x: x.cumprod(dim=1), x) > 1.0
    assert sequence_maps.fading_felt(lambda x: x.cumsum(dim=1), x) == 0.0
