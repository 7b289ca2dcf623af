"""The gradient with a carried logarithm, against cases worked out by hand and against plain autograd."""

import math

import pytest
import torch
from quizapp.verifiers.models.gru import GRU
from quizapp.verifiers.models.lstm import LSTM
from quizapp.verifiers.models.rnn import RNN

from quizapp.verifiers import backprop


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def scalar(a, w=1.0, dtype=torch.float64):
    """h' = a h + w x, so that dy/dx at distance k is u a^k w."""
    model = RNN(1, generator=generator(), nonlinearity="linear", dtype=dtype)
    with torch.no_grad():
        for parameter, value in zip(model.parameters(), (w, a, 0.0, 0.0), strict=True):
            parameter.fill_(value)
    return model


def one(value, dtype=torch.float64):
    return torch.tensor([value], dtype=dtype)


def carried(model, inputs, readout):
    return list(backprop.carried_log10(model, inputs, readout))


def test_carried_follows_the_closed_form_below_every_float():
    logs = carried(scalar(0.5, w=2.0), torch.ones(2, 1500, 1, dtype=torch.float64), one(3.0))
    assert len(logs) == 1500
    for k in (0, 1, 10, 1074, 1076, 1499):
        assert logs[k] == pytest.approx(math.log10(6.0) + k * math.log10(0.5), abs=1e-9)


def test_carried_holds_gradients_too_large_for_a_float():
    # The state is kept at zero, or the forward pass would overflow where the gradient does not.
    logs = carried(scalar(2.0), torch.zeros(1, 1100, 1, dtype=torch.float64), one(1.0))
    assert logs[1099] == pytest.approx(1099 * math.log10(2.0), abs=1e-9)


@pytest.mark.parametrize(
    "make",
    [
        lambda: RNN(8, generator=generator()),
        lambda: RNN(8, generator=generator(), nonlinearity="relu", recurrent="orthogonal"),
        lambda: GRU(8, generator=generator()),
        lambda: LSTM(8, generator=generator()),
        lambda: LSTM(8, generator=generator(), forget_bias=5.0),
    ],
)
def test_carried_equals_plain(make):
    model = make()
    inputs = torch.randn(3, 60, 8, generator=generator(1), dtype=torch.float64)
    readout = torch.randn(8, generator=generator(2), dtype=torch.float64)
    logs, plain = carried(model, inputs, readout), backprop.plain_log10(model, inputs, readout)
    assert len(logs) == len(plain) == 60
    assert backprop.largest_error(logs, plain) < 1e-9
    assert max(abs(a - b) for a, b in zip(logs, plain, strict=True)) < 1e-9


def test_plain_is_the_rms_over_the_batch_of_the_norms():
    # y = x_1 . (3, 4) for one sequence and ten times that for the other: norms 5 and 50.
    factors = torch.tensor([[[1.0]], [[10.0]]], dtype=torch.float64)
    inputs = torch.zeros(2, 1, 2, dtype=torch.float64)
    logs = backprop.plain_log10(lambda x: x * factors, inputs, torch.tensor([3.0, 4.0], dtype=torch.float64))
    assert logs == [pytest.approx(math.log10(math.sqrt((25 + 2500) / 2)))]


def test_plain_puts_the_last_token_first():
    weights = torch.tensor([1.0, 10.0, 1000.0], dtype=torch.float64)[None, :, None]
    logs = backprop.plain_log10(
        lambda x: (x * weights).cumsum(dim=1), torch.zeros(1, 3, 1, dtype=torch.float64), one(1.0)
    )
    assert logs == pytest.approx([3.0, 1.0, 0.0])


@pytest.mark.parametrize(("dtype", "smallest"), [(torch.float32, 149), (torch.float64, 1074)])
def test_plain_dies_where_the_format_ends(dtype, smallest):
    """2^-149 is the smallest float32, 2^-1074 the smallest float64: halving gives zero one step later."""
    inputs = torch.ones(1, smallest + 20, 1, dtype=dtype)
    logs = backprop.plain_log10(scalar(0.5, dtype=dtype), inputs, one(1.0, dtype))
    assert backprop.first_zero(logs) == smallest + 1
    # Far below 1e-162 a norm by way of squares would be zero already.
    assert logs[smallest] == pytest.approx(smallest * math.log10(0.5), abs=1e-6)


def test_a_gradient_that_is_zero_is_minus_infinity_in_both():
    inputs = torch.ones(2, 4, 1, dtype=torch.float64)
    expected = [0.0, -math.inf, -math.inf, -math.inf]
    assert carried(scalar(0.0), inputs, one(1.0)) == expected
    assert backprop.plain_log10(scalar(0.0), inputs, one(1.0)) == expected
    assert backprop.first_zero(expected) == 1


def test_first_zero_of_a_profile_without_one_is_its_length():
    assert backprop.first_zero([0.0, -5.0, -300.0]) == 3


def test_rms_of_logarithms():
    assert backprop.rms_log10([0.0, math.log10(7.0)]) == pytest.approx(math.log10(5.0))
    assert backprop.rms_log10([-1000.0, -1000.0]) == pytest.approx(-1000.0)
    assert backprop.rms_log10([-math.inf, 0.0]) == pytest.approx(-0.5 * math.log10(2.0))
    assert backprop.rms_log10([-math.inf, -math.inf]) == -math.inf
    assert backprop.rms_log10([math.inf, 0.0]) == math.inf
    assert math.isnan(backprop.rms_log10([0.0, math.nan]))
    assert math.isnan(backprop.rms_log10([math.nan, 0.0]))


def test_largest_error_looks_only_where_plain_is_alive():
    assert backprop.largest_error([0.0, -1.25, -310.0], [0.0, -1.0, -309.0]) == 0.25


def test_fit_tells_an_exponential_from_a_power_law():
    # A wiggle, or the better fit would be perfect and the comparison one of rounding.
    wiggle = [0.01 * (-1) ** k for k in range(101)]
    nats = 1.0 / math.log(10.0)
    exponential = [(-0.2 * k + wiggle[k]) * nats for k in range(101)]
    power = [(-0.7 * math.log(max(k, 1)) + wiggle[k]) * nats for k in range(101)]
    slope, straight, akaike = backprop.fit(exponential, range(1, 101))
    assert slope == pytest.approx(-0.2, abs=1e-4)
    assert straight > 0.999
    assert akaike < -100
    slope, straight, akaike = backprop.fit(power, range(1, 101))
    assert -0.03 < slope < -0.01
    assert straight < 0.9
    assert akaike > 100


def test_fit_of_a_dead_gradient_is_not_a_number():
    assert all(map(math.isnan, backprop.fit([0.0, -1.0, -math.inf], range(1, 3))))
