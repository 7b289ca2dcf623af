"""One seed of the quick profile, mutants that turn a check round, and the parts against what they must be."""

import math
from functools import partial

import pytest
import torch
from quizapp.verifiers.experiments import associative_recall as experiment
from quizapp.verifiers.lab import Lab
from torch import nn

from quizapp.verifiers import engine, train
from tests.bench.judged import within

inside = partial(within, experiment.CHECKS)

NAME = "associative_recall"
QUICK = experiment.PROFILES["quick"]
ONE_RATE = QUICK | {"rates": [0.03], "spread_rates": [0.01], "tested": 128}


def lab(arm="claim", size=ONE_RATE, seed=1, emit=lambda event: None):
    return Lab(arm=arm, seed=seed, size=size, device="cpu", emit=emit)


def run_trial(arm="claim"):
    """The numbers of one trial with one learning rate."""
    one = lab(arm)
    experiment.trial(one)
    return one.values


def test_a_seed_with_one_learning_rate():
    values = run_trial()
    assert {name for name in values if not inside(values[name], name)} == set()
    values = run_trial("control")
    for name, found in values.items():
        assert inside(found, name) == (experiment.CHECKS[name]["must"] == "pass"), name


@pytest.mark.slow
def test_the_outcomes_of_the_quick_profile():
    results = engine.run(NAME, lambda event: None, device="cpu")
    assert all(result.tripped for result in results.values())
    assert all(result.outcome == "pass" for result in results.values() if result.arm == "claim")


# ---- mutants: the wrong network wired in, the cause removed -----------------------------------------


def test_mutant_an_lstm_that_is_attention(monkeypatch):
    """What falls with the number of pairs is the fixed state, not the task."""
    monkeypatch.setattr(experiment, "lstm_core", experiment.attention_core)
    found = experiment.recall(lab(), "LSTM", 16, experiment.lstm_core)
    assert not inside(experiment.drop(found), "lstm_drop")
    assert not inside(found[experiment.ASKED], "lstm_recall")


def test_mutant_a_transformer_with_a_window():
    found = experiment.recall(lab(), "Transformer", 16, experiment.window_core)
    assert not inside(found[experiment.ASKED], "attention_recall")
    assert experiment.drop(found) > 0.5


def test_mutant_a_state_space_layer_as_wide_as_the_cache_is_nearer_to_attention():
    """The gap is the size of the state: the narrow one of the check has a twenty-fourth of the cache."""
    narrow = experiment.recall(lab(), "narrow", 16, experiment.ssm_core)
    wide = experiment.recall(lab(size=ONE_RATE | {"state_width": 16}), "wide", 16, experiment.ssm_core)
    assert wide[experiment.MANY] > narrow[experiment.MANY] + 0.05


# ---- the parts --------------------------------------------------------------------------------------


def generator():
    return torch.Generator().manual_seed(0)


def tagger(core=None, width=4):
    device = torch.device("cpu")
    return experiment.PairTagger(core or nn.Identity(), width=width, generator=generator(), device=device)


def test_a_pair_is_its_key_plus_its_value_and_a_question_its_key_plus_a_blank():
    model = tagger()
    k, v = 3, 5
    pair, question = k * experiment.VALUES + v, experiment.KEYS * experiment.VALUES + k
    with torch.no_grad():
        scores = model(torch.tensor([[pair, question]]))
        wanted = torch.stack((model.keys[k] + model.values[v], model.keys[k] + model.values[-1]))
        assert torch.allclose(scores[0], model.head(wanted))


def test_the_window_hides_what_is_four_tokens_back():
    one = lab()
    x = torch.randn(1, 6, 16, generator=generator())
    changed = x.clone()
    changed[:, 0] += 1.0
    with torch.no_grad():
        whole, cut = (
            experiment.attention_core(one, 16, generator()),
            experiment.window_core(one, 16, generator()),
        )
        difference = (cut(x) - cut(changed)).abs().amax(dim=(0, 2))
        assert bool((difference[:4] > 0).all())
        assert bool((difference[4:] == 0).all())
        assert bool(((whole(x) - whole(changed)).abs().amax(dim=(0, 2)) > 0).all())


def test_the_state_space_layer_sits_where_attention_was():
    one = lab()
    body = experiment.ssm_core(one, 16, generator())
    block = experiment.block(body)
    x = torch.randn(2, 5, 16, generator=generator())
    with torch.no_grad():
        mixed = x + block.attention(block.norms[0](x))
        wanted = mixed + block.down(torch.nn.functional.gelu(block.up(block.norms[1](mixed))))
        assert torch.allclose(body(x), body.last_norm(wanted), atol=1e-6)
    assert isinstance(block.attention[0], experiment.StateSpaceDual)


def test_bytes_of_state():
    """Keys and values of 24 tokens and 16 channels; h and c of 64; a matrix of 16 x 2; 4 bytes each."""
    one = lab()
    cores = {
        24 * 2 * 16 * 4: experiment.attention_core(one, 16, generator()),
        4 * 2 * 16 * 4: experiment.window_core(one, 16, generator()),
        2 * 64 * 4: experiment.lstm_core(one, 64, generator()),
        16 * 2 * 4: experiment.ssm_core(one, 16, generator()),
    }
    assert [experiment.state_bytes(core, 24) for core in cores.values()] == list(cores)


def test_the_numbers_of_pairs_take_turns(monkeypatch):
    lengths = []

    def fit(model, draw, recipe):
        lengths.extend(draw().inputs.shape[1] for _ in range(7))
        return train.Fit(losses=(0.0,), norms=(0.0,))

    monkeypatch.setattr(train, "fit", fit)
    experiment.recall(lab(), "any", 16, experiment.attention_core)
    assert lengths == [2, 4, 8, 16, 24, 2, 4]


def test_the_lowest_loss_counts_and_a_rate_that_learned_ends_the_search(monkeypatch):
    losses, tried = {0.3: 2.0, 0.2: 0.5, 0.1: 0.01, 0.05: 0.0}, []

    def fit(model, draw, recipe):
        tried.append(recipe.learning_rate)
        return train.Fit(losses=(losses[recipe.learning_rate],), norms=(0.0,))

    monkeypatch.setattr(train, "fit", fit)
    build = lambda generator: nn.Identity()  # noqa: E731
    assert experiment.best(lab(), build, lambda g, step: None, list(losses), 1)[1] == 0.1
    assert tried == [0.3, 0.2, 0.1]
    assert experiment.best(lab(), build, lambda g, step: None, [0.2, 0.3], 1)[1] == 0.2


def test_a_network_that_did_not_learn_gives_no_numbers():
    notes = []
    one = lab(size=ONE_RATE | {"steps": 1}, emit=notes.append)
    found = experiment.recall(one, "idle", 8, experiment.lstm_core)
    assert all(math.isnan(accuracy) for accuracy in found.values())
    assert "did not learn in this budget" in notes[-1].text


def test_the_same_seed_gives_the_same_numbers_whatever_ran_before():
    size = ONE_RATE | {"steps": 40}
    first = experiment.recall(lab(size=size), "first", 16, experiment.attention_core)
    torch.randn(3)
    assert experiment.recall(lab(size=size), "again", 16, experiment.attention_core) == first


@pytest.mark.parametrize("profile", experiment.PROFILES)
def test_every_profile_has_the_widths_and_pairs_that_checks_speak_of(profile):
    size = experiment.PROFILES[profile]
    assert {experiment.NARROW, experiment.WIDE} <= set(size["lstm_widths"])
    assert {experiment.FEW, experiment.SOME, experiment.ASKED, experiment.MANY} <= set(size["pairs"])
