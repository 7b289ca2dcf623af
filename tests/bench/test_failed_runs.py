"""Two hand-worked numbers, what the models share, and verdicts that change when models are swapped.

Outcomes are taken from three of the four rates, three seeds of them; the slow test takes all.
"""

import dataclasses
import math

import pytest
import torch
from quizapp.verifiers.experiments import failed_runs as experiment
from quizapp.verifiers.lab import Lab
from quizapp.verifiers.models.tagger import parameters

from quizapp.verifiers import catalogue, engine, train
from tests.bench.judged import judged

NAME = "failed_runs"
CLAIM = "lstm-training-unstable"
QUICK = experiment.PROFILES["quick"]
SMALL = {**QUICK, "rates": (0.01, 0.1, 0.3)}
TINY = {**QUICK, "steps": 12, "rates": (0.01, 0.02)}
KINDS = (
    experiment.LSTM,
    experiment.CLIPPED,
    experiment.PRE,
    experiment.POST,
    experiment.stretching(1.7),
    *experiment.OTHERS,
)


def lab_of(size=TINY, arm="claim", seed=0, emit=lambda event: None):
    return Lab(arm=arm, seed=seed, size=size, device="cpu", emit=emit)


SWEPT = {}


def sweep_once(lab, kind, sweep=experiment.sweep):
    """Seed, sizes and model decide a sweep, wherever the model stands: each is run once for all tests."""
    key = (lab.seed, repr(lab.size), repr(kind))
    if key not in SWEPT:
        SWEPT[key] = sweep(lab, kind)
    return SWEPT[key]


def run_small(patch, arm):
    """The checks of one arm, on three seeds."""
    patch.setattr(experiment, "sweep", sweep_once)
    whole = catalogue.read(NAME)
    checks = {name: check for name, check in whole.checks.items() if check.arm == arm}
    small = dataclasses.replace(whole, checks=checks, profiles={"quick": SMALL})
    patch.setattr(catalogue, "read", lambda name: small)
    patch.setattr(engine, "ARMS", (arm,))
    return engine.run(NAME, lambda event: None, device="cpu", seeds=3)


def verdict(results):
    return judged(NAME, results, [CLAIM])[CLAIM]


def test_an_lstm_bears_more_of_the_rates_than_transformers(monkeypatch):
    results = run_small(monkeypatch, "claim")
    for name in ("lstm_minus_post_failed", "lstm_minus_post_sensitivity", "lstm_minus_clipped_sensitivity"):
        assert results[name].outcome == "fail"
    for other in ("pre", "post"):
        assert results[f"lstm_minus_{other}_failed"].estimate < 0.0
        assert results[f"lstm_minus_{other}_sensitivity"].estimate < 0.0
    assert abs(results["lstm_minus_clipped_sensitivity"].estimate) < 0.1
    assert verdict(results) == "fails"


def test_a_stretching_rnn_does_not(monkeypatch):
    results = run_small(monkeypatch, "control")
    assert all(result.tripped for result in results.values())
    assert results["stretching_minus_lstm_failed"].estimate > 0.3


@pytest.mark.slow
def test_the_outcomes_of_the_quick_profile():
    results = engine.run(NAME, lambda event: None, device="cpu", first_seed=1000)
    assert all(result.tripped for result in results.values())
    assert {result.outcome for result in results.values() if result.arm == "claim"} == {"fail"}


# ---- mutants: each turns an outcome round ------------------------------------------------------------


def test_mutant_lstm_and_transformer_change_places(monkeypatch):
    lstm, post = experiment.LSTM, experiment.POST
    for name, kind in {"LSTM": post, "CLIPPED": post, "PRE": lstm, "POST": lstm}.items():
        monkeypatch.setattr(experiment, name, kind)
    assert verdict(run_small(monkeypatch, "claim")) == "holds"


def test_mutant_clipping_would_help(monkeypatch):
    """The post-LN Transformer as LSTM, and an LSTM in the place of its clipped self: the limit passes."""
    lstm = experiment.LSTM
    monkeypatch.setattr(experiment, "LSTM", experiment.POST)
    for name in ("CLIPPED", "PRE", "POST"):
        monkeypatch.setattr(experiment, name, lstm)
    assert verdict(run_small(monkeypatch, "claim")) == "depends"


def test_mutant_an_lstm_in_place_of_the_stretching_rnn_springs_the_controls(monkeypatch):
    monkeypatch.setattr(experiment, "stretching", lambda gain: experiment.LSTM)
    results = run_small(monkeypatch, "control")
    assert {name for name, result in results.items() if not result.tripped} == {
        "stretching_minus_lstm_failed",
        "stretching_minus_lstm_sensitivity",
    }


def test_a_model_that_does_not_learn_at_the_lowest_rate_leaves_its_comparisons_open(monkeypatch):
    """Nothing learns in twelve steps but what is told to have."""
    notes = []
    finals = {experiment.LSTM.name: [0.1, 0.9], experiment.CLIPPED.name: [0.1, 0.8]}
    monkeypatch.setattr(
        experiment, "sweep", lambda lab, kind: finals.get(kind.name, [0.4, 0.4] if kind is POST else [0.6, 1])
    )
    lab = lab_of(emit=notes.append)
    experiment.trial(lab)
    assert math.isnan(lab.values["lstm_minus_pre_failed"])
    assert math.isnan(lab.values["lstm_minus_pre_sensitivity"])
    assert lab.values["lstm_minus_post_failed"] == 0.5
    assert lab.values["lstm_minus_post_sensitivity"] == pytest.approx(0.4 * math.log(8))
    assert lab.values["lstm_minus_clipped_sensitivity"] == pytest.approx(0.05 * math.log(8))
    assert [note.text for note in notes] == [
        "Seed 0: LSTM or pre-LN did not learn in this budget at the lowest rate."
    ]


# ---- the parts --------------------------------------------------------------------------------------

POST = experiment.POST


def test_a_run_failed_when_its_loss_is_above_half_of_a_guess():
    assert experiment.failed([0.0, 0.5, 0.51, math.inf]) == 0.5
    assert experiment.failed([0.1, 0.2]) == 0.0


def test_sensitivity_is_the_average_beyond_the_best_and_no_worse_than_a_guess():
    assert experiment.sensitivity([0.2, 0.2, 0.2]) == pytest.approx(0.0)
    assert experiment.sensitivity([0.1, 0.5, 7.0, math.inf]) == pytest.approx(math.log(8) * (0.65 - 0.1))


def test_models_are_of_about_equal_size():
    sizes = [parameters(experiment.build(lab_of(), kind)) for kind in KINDS]
    assert max(sizes) / min(sizes) < 1.06


def test_every_model_is_the_one_it_is_called():
    kinds = {kind.name: experiment.build(lab_of(), kind).core for kind in KINDS}
    for name, kind in {"LSTM": torch.nn.LSTM, "GRU": torch.nn.GRU, "tanh RNN": torch.nn.RNN}.items():
        assert type(kinds[name][0].layer) is kind
    found = {
        name: (core.blocks[0].norm, core.blocks[0].residual)
        for name, core in kinds.items()
        if "Transformer" in name
    }
    assert found == {
        "pre-LN Transformer": ("pre", True),
        "post-LN Transformer": ("post", True),
        "Transformer without norms": ("none", True),
        "Transformer without residuals": ("pre", False),
    }
    stretched = kinds["stretching ReLU RNN"][0].layer
    assert stretched.nonlinearity == "relu"
    singular = torch.linalg.svdvals(stretched.weight_hh_l0)
    assert torch.allclose(singular, torch.full_like(singular, 1.7), atol=1e-4)


def test_runs_of_a_sweep_share_weights_and_sequences_and_repeat_themselves(monkeypatch):
    seen = []

    def fit(model, draw, recipe):
        seen.append((model.embedding.detach().clone(), draw().inputs, recipe))
        return train.Fit(losses=(1.0,), norms=(1.0,))

    monkeypatch.setattr(experiment.train, "fit", fit)
    experiment.sweep(lab_of(), experiment.CLIPPED)
    experiment.sweep(lab_of(seed=1), experiment.LSTM)
    first, second, other = seen[:3]
    assert first[0].equal(second[0])
    assert first[1].equal(second[1])
    assert not first[0].equal(other[0])
    assert not first[1].equal(other[1])
    assert [recipe.learning_rate for _, _, recipe in seen] == [0.01, 0.02] * 2
    assert [recipe.clip for _, _, recipe in seen] == [1.0, 1.0, None, None]


def test_a_sweep_draws_a_point_per_rate_and_its_losses_are_shares_of_a_guess():
    events = []
    losses = experiment.sweep(lab_of(emit=events.append), experiment.LSTM)
    again = experiment.sweep(lab_of(), experiment.LSTM)
    assert losses == again
    points = [(event.x, event.y) for event in events if hasattr(event, "x")]
    assert points == [(0.01, min(losses[0], 1.0)), (0.02, min(losses[1], 1.0))]
    notes = [event.text for event in events if hasattr(event, "text")]
    assert notes == ["LSTM: 26440 parameters, 448 bytes of state after 16 tokens."]


def test_a_run_that_overflows_failed(monkeypatch):
    losses = experiment.sweep(lab_of({**TINY, "rates": (0.01, 1e30)}), experiment.stretching(3.0))
    assert losses[1] == math.inf
    assert experiment.failed(losses[1:]) == 1.0
