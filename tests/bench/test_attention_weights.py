"""Other weights with the same output, weights against effects, and outcomes that change when it breaks.

Models are trained once for all tests, two seeds of each.
"""

import math
from functools import cache

import pytest
import torch
from quizapp.verifiers.experiments import attention_weights as experiment
from quizapp.verifiers.lab import Lab
from quizapp.verifiers.tasks import Batch

from quizapp import bank
from quizapp.verifiers import engine, identifiability
from tests.bench.judged import judged

NAME = "attention_weights"
CLAIM = "attention-weights-interpretable"
SIZE = experiment.PROFILES["quick"]
LEARN = experiment.learn
BANK = cache(bank.load)


def make_lab(arm="claim", seed=0, emit=lambda event: None, **size):
    return Lab(arm=arm, seed=seed, size={**SIZE, **size}, device="cpu", emit=emit)


@cache
def trained(seed, layers, heads):
    return LEARN(make_lab(seed=seed), layers=layers, heads=heads)


@pytest.fixture(scope="module", autouse=True)
def trained_before_anything_is_broken():
    for seed in range(2):
        trained(seed, 1, 1)
        trained(seed, 3, 2)


def run_two(patch, learn=lambda lab, layers, heads: trained(lab.seed, layers, heads)):
    """Two seeds, with models that are trained already."""
    patch.setattr(experiment, "learn", learn)
    return engine.run(NAME, lambda event: None, device="cpu", seeds=2)


def verdict(results):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bank, "load", BANK)  # reading it takes longer than all that is judged here
        return judged(NAME, results, {CLAIM})[CLAIM]


def inside(result):
    """Whether the estimate is within the bounds: two seeds are too few for an interval of a mean."""
    low, high = result.bounds
    return (low is None or low <= result.estimate) and (high is None or result.estimate <= high)


@pytest.fixture(scope="module")
def sound():
    with pytest.MonkeyPatch.context() as patch:
        return run_two(patch)


def test_every_number_is_where_it_is_expected(sound):
    failing = {"other_weights_distance", "worst_layer_names_key"}
    for name, result in sound.items():
        expected = name not in failing if result.arm == "claim" else result.must == "pass"
        assert inside(result) == expected, (name, result.estimate)


def test_other_weights_refute_the_claim_whatever_the_models(sound):
    assert sound["other_weights_distance"].outcome == "fail"
    assert sound["other_weights_change"].outcome == "pass"
    assert sound["few_tokens_distance"].high == 0.0
    assert verdict(sound) == "fails"


def test_numbers_of_the_prototype(sound):
    """Measured there by linear programs: 0.80 at 64 tokens; by occlusion 0.97 to 1.00."""
    assert sound["other_weights_distance"].estimate == pytest.approx(0.8, abs=0.1)
    assert sound["leave_one_out_names_key"].estimate > 0.97
    assert sound["one_layer_names_key"].estimate > 0.97
    assert sound["untrained_names_key"].estimate == pytest.approx(1 / 8, abs=0.06)


@pytest.mark.slow
def test_the_outcomes_of_a_whole_run():
    results = engine.run(NAME, lambda event: None, device="cpu")
    assert all(result.tripped for result in results.values())
    assert results["worst_layer_names_key"].outcome == "fail"
    assert results["one_layer_tau"].outcome == results["one_layer_names_key"].outcome == "pass"
    assert verdict(results) == "fails"


# ---- mutants --------------------------------------------------------------------------------------------


def test_mutant_no_other_weights_and_no_depth_and_the_claim_no_longer_fails(monkeypatch):
    """Both causes removed: weights that are the only ones, and one layer in place of several."""
    monkeypatch.setattr(experiment, "other_weights", lambda weights, values: weights)
    results = run_two(monkeypatch, learn=lambda lab, layers, heads: trained(lab.seed, 1, 1))
    assert verdict(results) in ("holds", "unclear")
    for support in (
        "one_layer_names_key",
        "one_layer_tau",
        "worst_layer_names_key",
        "other_weights_distance",
    ):
        assert inside(results[support]), support


def test_mutant_weights_that_forget_they_add_up_to_one(monkeypatch):
    monkeypatch.setattr(experiment, "CHANNELS", 4)
    unseen = identifiability.unseen
    monkeypatch.setattr(
        identifiability,
        "unseen",
        lambda wanted, kept, there: unseen(wanted, kept[:, :-1], there),
    )
    monkeypatch.setattr(experiment, "_causes", lambda lab: None)
    lab = make_lab()
    experiment.trial(lab)
    assert lab.values["other_weights_change"] > 1e-3


def test_mutant_a_direction_that_is_not_projected(monkeypatch):
    monkeypatch.setattr(identifiability, "unseen", lambda wanted, kept, there: wanted * there)
    monkeypatch.setattr(experiment, "_causes", lambda lab: None)
    lab = make_lab()
    experiment.trial(lab)
    assert lab.values["other_weights_change"] > 1e-3


def test_mutant_models_without_training(monkeypatch):
    def untrained(lab, layers, heads):
        return experiment.build(lab, layers=layers, heads=heads), True

    results = run_two(monkeypatch, learn=untrained)
    for name in ("one_layer_names_key", "one_layer_tau", "leave_one_out_names_key"):
        assert not inside(results[name]), name


def test_mutant_effects_of_the_neighbouring_token(monkeypatch):
    left_out = experiment.left_out
    monkeypatch.setattr(experiment, "left_out", lambda *given: left_out(*given).roll(1, dims=-1))
    results = run_two(monkeypatch)
    for name in ("one_layer_tau", "leave_one_out_names_key"):
        assert not inside(results[name]), name


def test_what_has_not_learned_is_not_compared():
    notes = []
    lab = make_lab(seed=3, emit=lambda event: notes.append(getattr(event, "text", "")), steps=3)
    experiment._causes(lab)
    assert all(math.isnan(value) for value in lab.values.values())
    assert sum("did not learn in this budget" in note for note in notes) == 2


@pytest.mark.parametrize("tokens", [5, 16, 17])
def test_few_tokens_leave_no_other_weights(tokens):
    lab = make_lab()
    weights, values = experiment.heads(lab, tokens, 1.0)
    assert torch.equal(experiment.other_weights(weights, values), weights)


@pytest.mark.slow
@pytest.mark.parametrize("tokens", [17, 64])
def test_a_linear_program_gets_at_least_as_far(tokens):
    """The furthest weights in a given set of tokens, by SciPy's solver."""
    optimize = pytest.importorskip("scipy.optimize")
    weights, values = experiment.heads(make_lab(draws=3), tokens, 1.0)
    others = experiment.other_weights(weights, values)
    for mine, given, held in zip(others, weights, values, strict=True):
        more = (mine > given).double()
        kept = torch.cat((held, torch.ones(tokens, 1, dtype=held.dtype)), dim=1).T
        solved = optimize.linprog(
            -more.numpy(), A_eq=kept.numpy(), b_eq=(kept @ given).numpy(), bounds=(0, 1)
        )
        assert solved.status == 0
        furthest = -solved.fun - float(more @ given)
        reached = float((mine - given).abs().sum()) / 2
        assert reached <= furthest + 1e-6
        if tokens == 17:
            assert abs(furthest) < 1e-6


# ---- the parts ------------------------------------------------------------------------------------------


def test_named_counts_the_answers_that_point_back_from_the_end():
    sizes = torch.eye(4).flip(1)[None].clone()
    assert experiment.named(sizes) == 1.0
    sizes[0, 0] = torch.tensor([9.0, 0.0, 0.0, 0.0])
    assert experiment.named(sizes) == 0.75


def test_an_answer_is_the_symbol_at_the_place_that_is_pointed_at():
    batch = experiment.draw(make_lab(), torch.Generator().manual_seed(0), 16)
    assert isinstance(batch, Batch)
    source = SIZE["source"]
    for answer in range(source):
        assert torch.equal(batch.targets[:, source + answer], batch.inputs[:, source - 1 - answer])
