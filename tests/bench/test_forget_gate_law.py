"""The outcomes, hand-worked cases, and a verdict that changes when the cell is squashed."""

import math
from pathlib import Path

import pytest
import torch
import yaml
from quizapp.verifiers.experiments import forget_gate_law as experiment
from quizapp.verifiers.models.lstm import LSTM
from quizapp.verifiers.models.rnn import RNN

from quizapp.verifiers import engine

NAME = "forget_gate_law"
CLAIM = "fifty-nonlinearities"
SUPPORTS, LIMITS = ["lstm_squashings", "lstm_cell_deviation"], []
CLAIMS_FILE = Path(__file__).parents[2] / "questions" / "claims.yaml"


def run():
    return engine.run(NAME, lambda event: None, device="cpu", seeds=1)


def verdict(results):
    supports, limits = ([results[name].outcome for name in names] for names in (SUPPORTS, LIMITS))
    if "fail" in supports:
        return "fails"
    if set(supports) == {"pass"}:
        if "pass" in limits:
            return "depends"
        if set(limits) <= {"fail"}:
            return "holds"
    return "unclear"


def tokens(time, width=8, batch=2, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(batch, time, width, generator=generator, dtype=torch.float64)


def lstm(width=8, **options):
    return LSTM(width, generator=torch.Generator().manual_seed(1), **options)


def test_the_numbers():
    results = engine.run(NAME, lambda event: None, device="cpu")
    assert all(result.tripped for result in results.values())
    assert results["lstm_squashings"].values == (2.0,) * 5
    assert results["tanh_rnn_squashings"].values == (51.0,) * 5
    assert results["lstm_cell_deviation"].high < 1e-12
    assert results["law_error"].outcome == "pass"
    assert verdict(results) == "fails"


def test_the_claim_names_these_checks():
    entries = yaml.safe_load(CLAIMS_FILE.read_text(encoding="utf-8"))["claims"]
    entry = next(entry for entry in entries if entry["id"] == CLAIM)
    assert entry["supports"] == [f"{NAME}.{name}" for name in SUPPORTS]
    assert not entry.get("limits")
    assert entry["expected"]["cpu"] == "fails"


# ---- mutants ----------------------------------------------------------------------------------------


def test_mutant_the_cell_is_squashed_after_the_update(monkeypatch):
    monkeypatch.setattr(experiment, "LSTM", experiment.SquashedLSTM)
    assert verdict(run()) == "holds"


def test_mutant_the_cell_is_squashed_before_the_update(monkeypatch):
    class Squashed(LSTM):
        def step(self, x, state):
            return super().step(x, (state[0], torch.tanh(state[1])))

    monkeypatch.setattr(experiment, "LSTM", Squashed)
    assert verdict(run()) == "holds"


def test_mutant_the_forget_gate_is_left_out(monkeypatch):
    """No squashing appears, so the verdict stays; the product of the gates and the law are gone."""

    class Unforgetting(LSTM):
        def step(self, x, state):
            h, c = state
            into, _, candidate, out = (
                x @ self.weight_ih.T + self.bias_ih + h @ self.weight_hh.T + self.bias_hh
            ).chunk(4, dim=-1)
            c = c + torch.sigmoid(into) * torch.tanh(candidate)
            h = torch.sigmoid(out) * torch.tanh(c)
            return h, (h, c)

    monkeypatch.setattr(experiment, "LSTM", Unforgetting)
    results = run()
    assert results["lstm_cell_deviation"].outcome == "pass"
    assert results["law_error"].outcome == "fail"
    assert verdict(results) == "fails"


def test_mutant_an_rnn_without_tanh_springs_the_controls(monkeypatch):
    monkeypatch.setattr(
        experiment, "RNN", lambda *args, **options: RNN(*args, **{**options, "nonlinearity": "linear"})
    )
    wrong = {result.name for result in run().values() if not result.tripped}
    assert wrong == {"tanh_rnn_squashings", "tanh_rnn_deviation"}


# ---- what is measured -------------------------------------------------------------------------------


def test_squashings_are_counted_on_the_least_squashed_path():
    assert experiment.fewest_squashings(lstm(), tokens(1)) == 1.0  # through the output gate
    assert experiment.fewest_squashings(lstm(), tokens(7)) == 2.0
    rnn = RNN(8, generator=torch.Generator().manual_seed(1))
    assert [experiment.fewest_squashings(rnn, tokens(time)) for time in (1, 2, 7)] == [1.0, 2.0, 7.0]
    linear = RNN(8, generator=torch.Generator().manual_seed(1), nonlinearity="linear")
    assert experiment.fewest_squashings(linear, tokens(7)) == 0.0


def test_the_forget_gate_is_the_one_that_the_step_uses():
    model, x = lstm(), tokens(1)[:, 0]
    h, c = tokens(2, seed=3).unbind(dim=1)
    _, (_, first) = model.step(x, (h, c))
    _, (_, second) = model.step(x, (h, c + 1.0))
    assert torch.allclose(second - first, experiment.forget_gate(model, x, h), atol=1e-12)


def test_a_deviation_by_hand():
    """tanh in one dimension: the derivative of tanh(w h + u) is w (1 - tanh^2), the linear one w."""
    rnn = RNN(1, generator=torch.Generator().manual_seed(1)).requires_grad_(False)
    x = tokens(1, width=1, batch=1)
    drive = float(x * rnn.weight_ih + rnn.bias_ih + rnn.bias_hh)
    h = math.tanh(drive)  # spun up by the same token, from zero
    after = math.tanh(float(rnn.weight_hh) * h + drive)
    assert experiment.state_deviation(rnn, x) == pytest.approx(after**2, abs=1e-12)


def test_closing_the_other_paths_leaves_constant_gates():
    model = lstm(forget_bias=1.0)
    experiment.close_other_paths(model)
    assert not model.weight_hh.any()
    gates = experiment.forget_gate(model, tokens(1)[:, 0], tokens(1, seed=2)[:, 0])
    assert torch.allclose(gates, torch.full_like(gates, 1 / (1 + math.exp(-1.0))))
    kept = lstm(forget_bias=1.0)
    experiment.close_other_paths(kept, keep_recurrent=True)
    assert torch.equal(kept.weight_hh, lstm(forget_bias=1.0).weight_hh)


def test_a_slope_in_nats_per_token():
    logs = [-0.3 * back / math.log(10.0) for back in range(200)]
    assert experiment.slope(logs) == pytest.approx(-0.3, abs=1e-12)
