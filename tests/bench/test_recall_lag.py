"""One seed of the quick profile, mutants that turn a check round, and the parts against what they must be."""

import pytest
import torch
from quizapp.verifiers.experiments import recall_lag as experiment
from quizapp.verifiers.lab import Lab

from quizapp.verifiers import engine, train

NAME = "recall_lag"
QUICK = experiment.PROFILES["quick"]
SHORT = QUICK | {"lag": 6, "steps": 100, "rates": [0.01], "tested": 128}
"""So near that the LSTM learns it however it begins."""


def lab(arm="claim", size=QUICK, seed=1):
    return Lab(arm=arm, seed=seed, size=size, device="cpu", emit=lambda event: None)


def run_trial(arm="claim", size=QUICK):
    """The numbers of one trial, not the first, which also draws what is not checked."""
    one = lab(arm, size)
    experiment.trial(one)
    return one.values


ONCE = {name for name, check in experiment.CHECKS.items() if check["arm"] == "claim"}
DIFFERENT = {"same_outcome_other_start", "same_outcome_other_lessons"}


def test_a_seed_of_the_quick_profile():
    values = run_trial()
    assert {name for name in ONCE if values[name] == 1.0} == ONCE - DIFFERENT
    values = run_trial("control")
    for name, found in values.items():
        assert found == (experiment.CHECKS[name]["must"] == "pass"), name


@pytest.mark.slow
def test_the_outcomes_of_the_quick_profile():
    results = engine.run(NAME, lambda event: None, device="cpu")
    assert all(result.tripped for result in results.values())
    for name in ONCE:
        assert results[name].outcome == ("fail" if name in DIFFERENT else "pass"), name


# ---- mutants: the cause removed, the wrong network wired in -----------------------------------------


def test_mutant_the_far_token_is_near():
    values = run_trial(size=SHORT)
    assert values["lstm_fails"] == 0.0
    assert values["same_outcome_other_start"] == values["same_outcome_other_lessons"] == 1.0
    assert values["attention_solves"] == 1.0


def test_mutant_every_lstm_begins_by_remembering(monkeypatch):
    build = experiment.build

    def mindful(lab, kind, generator, **options):
        if kind == "lstm":
            options = {"forget_bias": experiment.MINDFUL}
        return build(lab, kind, generator, **options)

    monkeypatch.setattr(experiment, "build", mindful)
    default = experiment.trained(lab(), "lstm", QUICK["lag"])
    chrono = experiment.trained(lab(), "lstm", QUICK["lag"], chrono=QUICK["lag"] + 1)
    assert default.solved
    assert default.solved == chrono.solved


def test_mutant_a_transformer_that_cannot_see_the_key(monkeypatch):
    build = experiment.build
    monkeypatch.setattr(
        experiment,
        "build",
        lambda lab, kind, generator, **options: build(lab, kind, generator, **options | {"window": 5}),
    )
    assert not experiment.trained(lab(), "transformer", QUICK["lag"], rates=[0.01]).solved


# ---- the parts --------------------------------------------------------------------------------------


def test_the_window_ends_one_token_short_of_the_key():
    one, lag = lab(), QUICK["lag"]
    tokens = torch.full((2, lag + 1), experiment.SYMBOLS)
    tokens[:, 0] = torch.tensor([0, 1])
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for window, hidden in ((lag, True), (lag + 1, False)):
            scores = experiment.build(one, "transformer", generator, window=window)(tokens)
            assert torch.equal(scores[0, -1], scores[1, -1]) == hidden


def test_mixed_and_fixed_practice_have_the_same_path_and_the_same_weights(monkeypatch):
    seen = []

    def fit(model, draw, recipe):
        batch = draw()
        seen.append((batch, {name: value.clone() for name, value in model.state_dict().items()}))
        return train.Fit(losses=(1.0,), norms=(1.0,))

    monkeypatch.setattr(train, "fit", fit)
    experiment.trained(lab(), "lstm", 20, rates=[0.01])
    experiment.trained(lab(), "lstm", 20, rates=[0.01], mixed=True)
    (fixed, weights), (mixed, same) = seen
    assert all(torch.equal(weights[name], same[name]) for name in weights)
    assert fixed.inputs.shape == mixed.inputs.shape == (QUICK["batch"], 21)
    assert bool((fixed.inputs[:, 0] < experiment.SYMBOLS).all())
    assert len((mixed.inputs < experiment.SYMBOLS).nonzero()[:, 1].unique()) > 5


def test_the_lowest_loss_counts_and_a_rate_that_learned_ends_the_search(monkeypatch):
    losses = {0.3: 2.0, 0.2: 0.5, 0.1: 0.01, 0.05: 0.0}
    tried = []

    def fitted(lab, kind, recipe, draw, options):
        tried.append(recipe.learning_rate)
        return experiment.build(lab, kind, torch.Generator().manual_seed(0)), losses[recipe.learning_rate]

    monkeypatch.setattr(experiment, "_fitted", fitted)
    run = experiment.trained(lab(), "lstm", 5, rates=list(losses))
    assert tried == [0.3, 0.2, 0.1]
    assert run.learning_rate == 0.1
    run = experiment.trained(lab(), "lstm", 5, rates=[0.2, 0.3])
    assert (run.learning_rate, run.loss) == (0.2, 0.5)


def test_untrained_it_guesses_and_solved_is_halfway():
    one = lab()
    model = experiment.build(one, "lstm", torch.Generator().manual_seed(0))
    accuracy = experiment.accuracy_at(one, model, 7, length=21)
    assert accuracy < 0.3
    assert experiment.HALFWAY == 0.5625
    assert not experiment.Run(model, 0.1, 0.0, 0.56).solved
    assert experiment.Run(model, 0.1, 0.0, 0.57).solved


def test_the_same_seed_gives_the_same_run_whatever_ran_before():
    size = SHORT | {"steps": 12}
    first = experiment.trained(lab(size=size), "lstm", 6)
    torch.randn(3)
    experiment.trained(lab(size=size), "transformer", 6)
    again = experiment.trained(lab(size=size), "lstm", 6)
    assert (first.loss, first.accuracy) == (again.loss, again.accuracy)


def test_the_state_of_each_network_is_counted_once():
    """Keys and values of 21 tokens, h and c, h: 32 numbers of 4 bytes each."""
    one, generator = lab(), torch.Generator().manual_seed(0)
    wanted = {"transformer": 2 * 21 * 32 * 4, "lstm": 2 * 32 * 4, "rnn": 32 * 4}
    for kind, count in wanted.items():
        assert experiment.state_bytes(experiment.build(one, kind, generator), one.size["lag"] + 1) == count
