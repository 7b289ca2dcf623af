"""What clipping does to networks that explode and to others, and verdicts that change when it is broken."""

import math

import pytest
import torch
from quizapp.verifiers.experiments import exploding_gradients as experiment
from quizapp.verifiers.lab import Lab
from quizapp.verifiers.verdict import declared, judge

from quizapp.verifiers import engine, train
from tests.bench.judged import judged

NAME = "exploding_gradients"
CLAIM = "exploding-needs-clipping"
QUICK = experiment.PROFILES["quick"]


def make_lab(arm="claim", seed=0, emit=lambda event: None, **size):
    return Lab(arm=arm, seed=seed, size={**QUICK, **size}, device="cpu", emit=emit)


@pytest.fixture(scope="module")
def values():
    """The numbers of the claim's arm for one seed of the quick profile."""
    lab = make_lab(clipped_rates=[1.0], sgd_rates=[1.0], adam_rates=[0.01])
    experiment.trial(lab)
    return lab.values


def results(values):
    """Check results as if two seeds had given these numbers, so that every interval has a width of zero."""
    checks = declared(experiment.CHECKS)
    return {name: judge(checks[name], [value, value], 1) for name, value in values.items()}


def verdict(values):
    return judged(NAME, results(values), [CLAIM])[CLAIM]


def test_the_claim_depends(values):
    assert set(values) == {name for name, check in experiment.CHECKS.items() if check["arm"] == "claim"}
    assert all(result.outcome == "pass" for result in results(values).values())
    assert verdict(values) == "depends"


# ---- mutants ----------------------------------------------------------------------------------------


def test_mutant_networks_that_do_not_explode(monkeypatch, values):
    """Recurrent weights as torch draws them: the clipping gains nothing, and the claim fails."""
    for name in ("TANH", "RELU", "RELU_GAIN_1"):
        monkeypatch.setattr(experiment, name, experiment.DEFAULT)
    lab = make_lab(clipped_rates=[1.0], sgd_rates=[1.0], adam_rates=[0.01])
    experiment._need_it(lab)
    assert abs(lab.values["tanh_clipping_gain"]) < 0.05
    assert verdict({**values, **lab.values}) == "fails"


def test_mutant_clipping_that_does_nothing(monkeypatch, values):
    """Nothing learns then, with or without: there is no telling."""
    monkeypatch.setattr(experiment, "THRESHOLD", 1e30)
    notes = []
    lab = make_lab(
        clipped_rates=[1.0], sgd_rates=[1.0], adam_rates=[0.01], emit=lambda event: notes.append(event)
    )
    clipped, unclipped = experiment.both(lab, experiment.RELU)
    lost = experiment.gain(lab, experiment.RELU, experiment.learned(clipped), unclipped)
    assert math.isnan(lost)
    assert "did not learn" in notes[-1].text
    assert verdict({**values, "relu_clipping_gain": lost}) == "unclear"


def test_mutant_every_network_explodes(values):
    """With nothing that gets by without clipping no condition is left, and the claim holds."""
    exploding = ("lstm_clipping_gain", "transformer_clipping_gain", "overflow_clipping_gain")
    assert verdict({**values, **dict.fromkeys(exploding, 0.9), "adam_unclipped": 0.0}) == "holds"


# ---- the parts --------------------------------------------------------------------------------------


def first_norm(case, length=100, seed=0):
    return experiment.run(make_lab(seed=seed, length=length), case, clip=False, steps=1).norms[0]


def test_which_gradients_are_large_before_training():
    for seed in range(3):
        assert first_norm(experiment.TANH, seed=seed) > 100.0
        for case in (experiment.DEFAULT, experiment.LSTM, experiment.TRANSFORMER, experiment.RELU_GAIN_1):
            assert first_norm(case, seed=seed) < 1.0


def test_a_gradient_explodes_with_the_length():
    short, middle, long = (first_norm(experiment.TANH, length) for length in (10, 40, 100))
    assert short < 3.0 < middle < long / 10.0


def test_clipping_scales_the_step_to_the_threshold():
    """One step of gradient descent at rate 1 moves the weights by exactly the clipped norm."""
    lab = make_lab()
    before = experiment.build(lab, experiment.TANH)
    after = experiment.build(lab, experiment.TANH)
    generator = torch.Generator().manual_seed(1)
    batch = experiment.sequences(lab, generator, noise=False)
    train.fit(after, lambda: batch, train.Recipe(steps=1, learning_rate=1.0, optimizer="sgd", clip=1.0))
    moved = [(a - b).detach().flatten() for a, b in zip(after.parameters(), before.parameters(), strict=True)]
    assert float(torch.cat(moved).norm()) == pytest.approx(1.0, rel=1e-3)


def test_clipping_changes_nothing_where_no_norm_exceeds_it():
    lab = make_lab()
    clipped, unclipped = (experiment.run(lab, experiment.LSTM, clip=clip, steps=10) for clip in (True, False))
    assert clipped.losses == unclipped.losses
    assert max(unclipped.norms) < experiment.THRESHOLD


def test_the_same_seed_gives_the_same_numbers():
    one, other = (experiment.run(make_lab(), experiment.RELU, clip=True, steps=5) for _ in range(2))
    assert one == other
    assert one != experiment.run(make_lab(seed=1), experiment.RELU, clip=True, steps=5)


def test_what_was_learned_is_between_nothing_and_all():
    def fit(*losses):
        return train.Fit(losses=losses, norms=(1.0,))

    assert experiment.learned(fit(0.0, 0.0)) == 1.0
    assert experiment.learned(fit(experiment.CHANCE / 2)) == pytest.approx(0.5)
    assert experiment.learned(fit(100.0)) == 0.0
    assert experiment.learned(fit(0.1, math.inf)) == 0.0


def test_the_best_rate_counts_and_one_that_learned_all_ends_the_search(monkeypatch):
    losses, tried = {1.0: 2.0, 0.1: 1.0, 0.01: 0.05, 0.001: 0.0}, []

    def run(lab, case, *, clip, rate, steps, noise):
        tried.append(rate)
        return train.Fit(losses=(losses[rate],), norms=(1.0,))

    monkeypatch.setattr(experiment, "run", run)
    lab = make_lab(clipped_rates=[1.0, 0.1], sgd_rates=list(losses))
    clipped, unclipped = experiment.both(lab, experiment.TANH)
    assert tried == [1.0, 0.1, 1.0, 0.1, 0.01]
    assert clipped.final() == 1.0
    assert unclipped == pytest.approx(1.0 - 0.05 / experiment.CHANCE)


def test_noise_has_other_targets_for_the_same_inputs():
    lab = make_lab()
    true, noisy = (
        experiment.sequences(lab, torch.Generator().manual_seed(3), noise=noise) for noise in (False, True)
    )
    assert torch.equal(true.inputs, noisy.inputs)
    assert torch.equal(true.targets[:, experiment.LAG :], true.inputs[:, : -experiment.LAG])
    assert not torch.equal(true.targets, noisy.targets)


@pytest.mark.slow
def test_the_quick_profile():
    found = engine.run(NAME, lambda event: None, device="cpu", first_seed=50)
    assert all(result.tripped for result in found.values())
    assert judged(NAME, found, [CLAIM]) == {CLAIM: "depends"}
