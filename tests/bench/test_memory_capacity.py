"""Capacities worked out by hand, two estimates that agree, and checks that turn when the cause goes."""

import math
from functools import partial

import pytest
import torch
from quizapp.verifiers.experiments import memory_capacity as experiment
from quizapp.verifiers.lab import Lab
from quizapp.verifiers.models.attention import Attention
from quizapp.verifiers.models.linear_attention import LinearAttention
from quizapp.verifiers.models.lstm import LSTM

from quizapp.verifiers import engine
from tests.bench.judged import within

inside = partial(within, experiment.CHECKS)

NAME = "memory_capacity"
SMALL = {
    "widths": [4, 16],
    "lengths": [16, 64],
    "cache_lengths": [16, 64],
    "width": 8,
    "cache_width": 4,
    "sequences": 600,
    "key_width": 16,
    "pairs": [8, 128],
    "memories": 4,
}


def lab(arm="claim", seed=0, **size):
    return Lab(arm=arm, seed=seed, size=SMALL | size, device="cpu", emit=lambda event: None)


def run_trial(arm="claim", seed=0):
    """The numbers of one small trial."""
    one = lab(arm, seed)
    experiment.trial(one)
    return one.values


@pytest.mark.slow
def test_the_outcomes_of_the_quick_profile():
    results = engine.run(NAME, lambda event: None, device="cpu")
    assert all(result.tripped for result in results.values())
    assert all(result.outcome == "pass" for result in results.values() if result.arm == "claim")
    assert results["cache_history_growth"].estimate == pytest.approx(4.0, abs=1e-3)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_outcomes_of_a_small_trial(seed):
    values = run_trial(seed=seed)
    assert values == run_trial(seed=seed)
    # So few sequences leave the estimated growths rough.
    rough = {"rnn_history_growth", "lstm_history_growth", "lstm_older_half"}
    assert {name for name in values if not inside(values[name], name)} <= rough
    values = run_trial("control", seed)
    for name, found in experiment.CHECKS.items():
        if found["arm"] == "control" and name != "strangers_capacity":
            assert inside(values[name], name) == (found["must"] == "pass"), name


# ---- mutants --------------------------------------------------------------------------------------


def test_mutant_a_state_that_keeps_every_output(monkeypatch):
    """A recurrent network that hoards grows with the history, like attention's cache."""
    states_after = experiment.states_after

    def hoarding(model, x, lengths):
        if isinstance(model, Attention):
            return states_after(model, x, lengths)
        outputs = model(x).detach()
        return {length: outputs[:, :length].flatten(1) for length in lengths}

    monkeypatch.setattr(experiment, "states_after", hoarding)
    one = lab()
    shares = experiment.impulse_shares(one, experiment.linear_rnn(one, 4), [16, 64])
    assert not inside(growth(shares), "linear_history_growth")
    assert growth(shares) == pytest.approx(4.0, abs=0.01)


def growth(shares):
    return float(shares[64].sum() / shares[16].sum())


def test_mutant_a_matrix_memory_that_attends(monkeypatch):
    recalled = experiment.recalled
    monkeypatch.setattr(
        experiment, "recalled", lambda lab, width, pairs, way: recalled(lab, width, pairs, "softmax")
    )
    values = run_trial()
    assert not inside(values["linear_memory_drop"], "linear_memory_drop")
    assert not inside(values["linear_memory_gain"], "linear_memory_gain")


def test_mutant_a_linear_rnn_that_fades(monkeypatch):
    linear_rnn = experiment.linear_rnn
    monkeypatch.setattr(experiment, "linear_rnn", lambda lab, width, gain=1.0: linear_rnn(lab, width, 0.3))
    assert not inside(run_trial()["linear_width_exponent"], "linear_width_exponent")


# ---- the parts ------------------------------------------------------------------------------------


def test_two_tokens_in_one_number_are_half_explained_each():
    found = experiment.explained(torch.tensor([[3.0], [3.0]], dtype=torch.float64))
    assert found.tolist() == pytest.approx([0.5, 0.5], abs=1e-5)


def test_two_tokens_in_two_numbers_are_explained_unless_they_leave_the_same():
    skew = torch.tensor([[1.0, 0.0], [1.0, 1.0]], dtype=torch.float64)
    assert experiment.explained(skew).tolist() == pytest.approx([1.0, 1.0], abs=1e-5)
    same = torch.tensor([[1.0, 1.0], [1.0, 1.0]], dtype=torch.float64)
    assert experiment.explained(same).sum().item() == pytest.approx(1.0, abs=1e-4)


def test_sampling_agrees_with_the_closed_form():
    one = lab(sequences=4000)
    with torch.no_grad():
        rnn = experiment.linear_rnn(one, 8, gain=0.8)
        exact = experiment.impulse_shares(one, rnn, [32])[32]
        sampled = experiment.sampled_shares(one, rnn, [32])[32]
    assert float(sampled.sum()) == pytest.approx(float(exact.sum()), abs=0.2)
    assert float(exact.sum()) == pytest.approx(8.0, abs=0.01)


def test_no_state_holds_more_tokens_than_it_has_numbers():
    one = lab(sequences=2000)
    with torch.no_grad():
        for model, numbers in ((experiment.linear_rnn(one, 4), 4), (LSTM(4, generator=one.generator), 8)):
            assert float(experiment.sampled_shares(one, model, [32])[32].sum()) < numbers + 0.2


def test_adjusted_shares_of_noise_are_zero_on_average():
    generator = torch.Generator().manual_seed(0)
    states = torch.randn(200, 20, generator=generator, dtype=torch.float64)
    tokens = torch.randn(200, 400, generator=generator, dtype=torch.float64)
    assert abs(float(experiment.adjusted_shares(states, tokens).mean())) < 0.01
    assert float(experiment.adjusted_shares(states, states[:, :3]).min()) > 0.999


def test_the_states_are_those_the_models_hand_on():
    one = lab()
    lstm = LSTM(4, generator=one.generator)
    x = torch.randn(2, 5, 4, generator=one.generator, dtype=torch.float64)
    with torch.no_grad():
        found = experiment.states_after(lstm, x, [3, 5])
        assert torch.allclose(found[5][:, :4], lstm(x)[:, -1])
        assert torch.allclose(found[3][:, :4], lstm(x)[:, 2])
        cache = experiment.states_after(Attention(4, 1, generator=one.generator, causal=True), x, [5])[5]
    assert found[5].shape == (2, 8)
    assert cache.shape == (2, 2 * 5 * 4)


def test_a_sum_of_products_is_what_linear_attention_carries():
    """Its memory matrix after all pairs, written token by token by the model, reads as ours does."""
    generator = torch.Generator().manual_seed(0)
    layer = LinearAttention(4, generator=generator)
    x = torch.randn(1, 6, 4, generator=generator, dtype=torch.float64)
    with torch.no_grad():
        state = layer.start(1)
        for x_t in x.unbind(dim=1):
            _, state = layer.step(x_t, state)
        _, keys, values = layer._project(x)
    assert torch.allclose(state[0], keys.transpose(-2, -1) @ values, atol=1e-12)


def test_the_best_matrix_recalls_as_many_pairs_as_it_has_rows_and_then_fails():
    one = lab()
    assert experiment.recalled(one, 16, 16, "best") == 1.0
    assert experiment.recalled(one, 16, 256, "best") < 0.5
    assert experiment.recalled(one, 16, 256, "best") > 1.0 / experiment.VALUES


def test_a_window_recalls_what_is_in_it():
    one = lab()
    found = experiment.recalled(one, 32, 128, "window")
    expected = 8 / 128 + (1 - 8 / 128) / experiment.VALUES
    assert found == pytest.approx(expected, abs=0.05)
    assert experiment.recalled(one, 32, 128, "softmax") > 0.99


def test_older_half():
    assert experiment.older_half(torch.tensor([1.0, 0.0, 1.0, 2.0])) == 0.25
    assert math.isclose(experiment.older_half(torch.ones(4)), 0.5)
