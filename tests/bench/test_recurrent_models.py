"""The recurrent models equal torch's own, step() equals forward(), and inits are what they say."""

import math

import pytest
import torch
from quizapp.verifiers.models.gru import GRU
from quizapp.verifiers.models.lstm import LSTM
from quizapp.verifiers.models.rnn import NONLINEARITIES, RNN, orthogonal

WIDTH = 6


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def noise(*shape):
    return torch.randn(*shape, generator=generator(99), dtype=torch.float64)


def copied(model, reference):
    with torch.no_grad():
        for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"):
            getattr(reference, f"{name}_l0").copy_(getattr(model, name))
    return reference


CASES = {
    "rnn tanh": (
        lambda: RNN(WIDTH, generator=generator()),
        lambda: torch.nn.RNN(WIDTH, WIDTH, batch_first=True, dtype=torch.float64),
    ),
    "rnn relu, orthogonal, gain": (
        lambda: RNN(WIDTH, generator=generator(), nonlinearity="relu", recurrent="orthogonal", gain=1.5),
        lambda: torch.nn.RNN(WIDTH, WIDTH, batch_first=True, nonlinearity="relu", dtype=torch.float64),
    ),
    "gru": (
        lambda: GRU(WIDTH, generator=generator()),
        lambda: torch.nn.GRU(WIDTH, WIDTH, batch_first=True, dtype=torch.float64),
    ),
    "lstm": (
        lambda: LSTM(WIDTH, generator=generator()),
        lambda: torch.nn.LSTM(WIDTH, WIDTH, batch_first=True, dtype=torch.float64),
    ),
    "lstm chrono": (
        lambda: LSTM(WIDTH, generator=generator(), chrono=50),
        lambda: torch.nn.LSTM(WIDTH, WIDTH, batch_first=True, dtype=torch.float64),
    ),
}
ALL = [
    *(lambda kind=kind: RNN(WIDTH, generator=generator(), nonlinearity=kind) for kind in NONLINEARITIES),
    lambda: GRU(WIDTH, generator=generator()),
    lambda: LSTM(WIDTH, generator=generator(), forget_bias=1.0),
]


@pytest.mark.parametrize("name", CASES)
def test_equals_torch(name):
    make, make_reference = CASES[name]
    model = make()
    x = noise(3, 9, WIDTH)
    expected, _ = copied(model, make_reference())(x)
    assert torch.allclose(model(x), expected, rtol=0.0, atol=1e-9)


@pytest.mark.parametrize("make", ALL)
def test_step_equals_forward(make):
    model, x = make(), noise(3, 7, WIDTH)
    outputs = model(x)
    state = model.start(3)
    for t in range(7):
        output, state = model.step(x[:, t], state)
        assert torch.allclose(output, outputs[:, t], rtol=0.0, atol=1e-12)
        assert torch.equal(output, state[0])


def test_linear_rnn_is_the_formula():
    model, x = RNN(WIDTH, generator=generator(), nonlinearity="linear", gain=0.7), noise(1, 4, WIDTH)
    h = torch.zeros(WIDTH, dtype=torch.float64)
    for t in range(4):
        h = model.weight_ih @ x[0, t] + model.bias_ih + model.weight_hh @ h + model.bias_hh
    assert torch.allclose(model(x)[0, -1], h, rtol=0.0, atol=1e-12)


@pytest.mark.parametrize("make", ALL)
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_state_bytes_are_those_of_the_state(make, dtype):
    model = make().to(dtype)
    _, state = model.step(torch.zeros(1, WIDTH, dtype=dtype), model.start(1))
    held = sum(part.numel() * part.element_size() for part in state)
    assert model.state_bytes(1) == model.state_bytes(10_000) == held


@pytest.mark.parametrize("make", ALL)
def test_weights_come_from_the_generator_alone(make):
    before = torch.get_rng_state()
    first, second = make(), make()
    assert torch.equal(torch.get_rng_state(), before)
    for one, other in zip(first.parameters(), second.parameters(), strict=True):
        assert torch.equal(one, other)


def test_default_init_is_torchs_range():
    for model in (
        RNN(64, generator=generator()),
        GRU(64, generator=generator()),
        LSTM(64, generator=generator()),
    ):
        for parameter in model.parameters():
            weight = parameter.detach()
            assert float(weight.abs().max()) <= 1 / 8
            assert float(weight.std()) == pytest.approx(1 / 8 / math.sqrt(3), rel=0.15)


def test_orthogonal_identity_and_gain():
    eye = torch.eye(WIDTH, dtype=torch.float64)
    matrix = orthogonal(WIDTH, generator())
    assert torch.allclose(matrix @ matrix.T, eye, atol=1e-12)
    scaled = RNN(WIDTH, generator=generator(), recurrent="orthogonal", gain=2.0).weight_hh
    assert torch.allclose(scaled @ scaled.T, 4.0 * eye, atol=1e-12)
    irnn = RNN(WIDTH, generator=generator(), nonlinearity="relu", recurrent="identity", gain=0.5)
    assert torch.equal(irnn.weight_hh, 0.5 * eye)
    assert not irnn.bias_ih.any()
    assert not irnn.bias_hh.any()


def test_forget_bias_is_what_the_two_biases_add_up_to():
    default, open_gate = (
        LSTM(WIDTH, generator=generator()),
        LSTM(WIDTH, generator=generator(), forget_bias=3.0),
    )
    total = (open_gate.bias_ih + open_gate.bias_hh).chunk(4)
    assert torch.allclose(total[1], torch.full_like(total[1], 3.0), atol=1e-12)
    for gate, (one, other) in enumerate(
        zip(default.bias_ih.chunk(4), open_gate.bias_ih.chunk(4), strict=True)
    ):
        assert torch.equal(one, other) == (gate != 1)
    assert torch.equal(default.weight_hh, open_gate.weight_hh)


def test_chrono_spreads_the_gates_over_the_range_of_dependencies():
    model = LSTM(200, generator=generator(), chrono=1000)
    into, forget, _, _ = (model.bias_ih + model.bias_hh).detach().chunk(4)
    assert torch.allclose(into, -forget, atol=1e-12)
    assert float(forget.min()) >= 0.0
    assert float(forget.max()) <= math.log(999)
    assert float(forget.exp().mean()) == pytest.approx(500, rel=0.2)


@pytest.mark.parametrize(
    "make",
    [
        lambda: RNN(WIDTH, generator=generator(), nonlinearity="gelu"),
        lambda: RNN(WIDTH, generator=generator(), recurrent="zeros"),
        lambda: LSTM(WIDTH, generator=generator(), forget_bias=1.0, chrono=100),
        lambda: LSTM(WIDTH, generator=generator(), chrono=2),
    ],
)
def test_settings_that_make_no_sense_are_refused(make):
    with pytest.raises(ValueError, match=r"unknown|forget|chrono"):
        make()
