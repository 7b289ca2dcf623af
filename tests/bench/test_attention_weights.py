"""Other weights with the same output, weights against effects, and outcomes that change when it breaks.

Models are trained once for all tests, two seeds of each.
"""

import itertools
import math
from functools import cache

import pytest
import torch
from quizapp.verifiers.experiments import attention_weights as experiment
from quizapp.verifiers.lab import Lab
from quizapp.verifiers.tasks import Batch
from torch import nn

from quizapp import bank
from quizapp.verifiers import engine
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
    unseen = experiment.unseen
    monkeypatch.setattr(
        experiment,
        "unseen",
        lambda wanted, kept, there: unseen(wanted, kept[:, :-1], there),
    )
    monkeypatch.setattr(experiment, "_causes", lambda lab: None)
    lab = make_lab()
    experiment.trial(lab)
    assert lab.values["other_weights_change"] > 1e-3


def test_mutant_a_direction_that_is_not_projected(monkeypatch):
    monkeypatch.setattr(experiment, "unseen", lambda wanted, kept, there: wanted * there)
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


# ---- the parts: other weights ---------------------------------------------------------------------------


def test_other_weights_by_hand():
    """Values 0, 1, 2 and weights 1/4, 1/2, 1/4: the same mean has 1/2, 0, 1/2."""
    weights = torch.tensor([[0.25, 0.5, 0.25]], dtype=torch.float64)
    values = torch.tensor([[[0.0], [1.0], [2.0]]], dtype=torch.float64)
    others = experiment.other_weights(weights, values)
    assert torch.allclose(others, torch.tensor([[0.5, 0.0, 0.5]], dtype=torch.float64), atol=1e-12)
    assert float(experiment.distance(weights, others)) == pytest.approx(0.5)
    assert float(experiment.changes(weights, others, values)) < 1e-12


def corners(weights, values):
    """Every corner of the set of weights with the same output, by trying all small sets of tokens."""
    kept = torch.cat((values, torch.ones(len(weights), 1, dtype=values.dtype)), dim=1).T
    wanted = kept @ weights
    for chosen in itertools.combinations(range(len(weights)), len(kept)):
        found = torch.linalg.solve(kept[:, chosen], wanted)
        if float(found.min()) > -1e-12:
            corner = torch.zeros_like(weights)
            corner[list(chosen)] = found
            yield corner


@pytest.mark.parametrize("seed", range(5))
def test_other_weights_are_a_corner_and_no_further_than_the_furthest(seed):
    generator = torch.Generator().manual_seed(seed)
    weights = torch.rand(1, 9, generator=generator, dtype=torch.float64).softmax(dim=1)
    values = torch.randn(1, 9, 2, generator=generator, dtype=torch.float64)
    others = experiment.other_weights(weights, values)
    found = list(corners(weights[0], values[0]))
    assert min(float((corner - others[0]).abs().max()) for corner in found) < 1e-9
    furthest = max(float((corner - weights[0]).abs().sum()) / 2 for corner in found)
    assert 0.5 * furthest <= float(experiment.distance(weights, others)) <= furthest + 1e-9


@pytest.mark.parametrize("tokens", [5, 16, 17])
def test_few_tokens_leave_no_other_weights(tokens):
    lab = make_lab()
    weights, values = experiment.heads(lab, tokens, 1.0)
    assert torch.equal(experiment.other_weights(weights, values), weights)


def test_where_away_from_the_largest_is_no_direction_the_search_ends():
    """Even weights have no largest, and rounding must not be taken for a direction."""
    values = torch.randn(1, 30, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    weights = torch.full((1, 30), 1 / 30, dtype=torch.float64)
    assert torch.equal(experiment.other_weights(weights, values), weights)


def test_changes_sees_each_way_of_being_wrong():
    weights = torch.tensor([[0.5, 0.5]], dtype=torch.float64)
    values = torch.tensor([[[1.0], [1.0]]], dtype=torch.float64)
    for wrong, size in (([0.5, 0.6], 0.1), ([1.25, -0.25], 0.25), ([0.25, 0.75], 0.0)):
        others = torch.tensor([wrong], dtype=torch.float64)
        assert float(experiment.changes(weights, others, values)) == pytest.approx(size)


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


# ---- the parts: weights, effects, gradients --------------------------------------------------------------


def test_the_weights_are_those_that_the_layer_uses():
    lab = make_lab()
    model = experiment.build(lab, layers=1, heads=1)
    tokens = experiment.draw(lab, lab.generator, 4).inputs
    part = model.core.blocks[0].attention
    seen = {}
    part.register_forward_hook(lambda layer, inputs, output: seen.update(x=inputs[0], y=output))
    with torch.no_grad():
        weights = experiment.attention(model, tokens)[0]
    assert torch.allclose(weights.sum(dim=-1), torch.ones(weights.shape[:2]), atol=1e-6)
    assert float(weights.triu(1).abs().max()) == 0.0
    assert torch.allclose(part.out(weights @ part.value(seen["x"])), seen["y"], atol=1e-5)


def test_several_layers_and_heads_have_their_own_maps():
    lab = make_lab()
    model = experiment.build(lab, layers=3, heads=2)
    maps = experiment.attention(model, experiment.draw(lab, lab.generator, 4).inputs)
    assert maps.shape == (3, 4, 16, 16)
    assert torch.allclose(maps.sum(dim=-1), torch.ones(3, 4, 16), atol=1e-6)
    assert not torch.allclose(maps[0], maps[1], atol=1e-3)
    assert not any(part._forward_hooks for part in model.modules()), "the hooks are gone"


class Known(nn.Module):
    """States that hold exactly the token to be said: what answer i depends on is known."""

    def __init__(self, symbols, source):
        super().__init__()
        self.head = nn.Linear(symbols, symbols, bias=False)
        with torch.no_grad():
            self.head.weight.copy_(4.0 * torch.eye(symbols))
        self.embedding = nn.Parameter(torch.eye(symbols + 1)[:, :symbols].clone())
        self.source = source

    def core(self, embedded):
        return torch.cat((embedded[:, : self.source], embedded[:, : self.source].flip(1)), dim=1)

    def states(self, tokens):
        return self.core(nn.functional.embedding(tokens, self.embedding))


def reversed_batch(lab):
    return experiment.draw(lab, torch.Generator().manual_seed(0), 16)


def test_effects_and_gradients_of_a_model_whose_causes_are_known():
    lab = make_lab()
    batch, source = reversed_batch(lab), SIZE["source"]
    model = Known(SIZE["symbols"], source)
    effects = experiment.left_out(model, batch, source, torch.Generator().manual_seed(1))
    slopes = experiment.gradient_times_input(model, batch, source)
    right = torch.eye(source).flip(1).bool()
    for sizes in (effects, slopes):
        assert experiment.named(sizes) == 1.0
        assert float(sizes[:, ~right].max()) == 0.0
    # The right score falls from 4 to 0 and a wrong one rises to 4: the log probability falls by exactly 4.
    assert torch.allclose(effects[:, right], torch.full((16, source), 4.0), atol=1e-4)
    chance = math.exp(4.0) / (math.exp(4.0) + SIZE["symbols"] - 1)
    assert torch.allclose(slopes[:, right], torch.full((16, source), 4.0 * (1.0 - chance)), atol=1e-4)


def test_named_counts_the_answers_that_point_back_from_the_end():
    sizes = torch.eye(4).flip(1)[None].clone()
    assert experiment.named(sizes) == 1.0
    sizes[0, 0] = torch.tensor([9.0, 0.0, 0.0, 0.0])
    assert experiment.named(sizes) == 0.75


def test_kendalls_tau_by_hand():
    one = torch.tensor([[1.0, 2.0, 3.0], [1.0, 2.0, 3.0], [1.0, 2.0, 3.0], [1.0, 2.0, 3.0]])
    other = torch.tensor([[1.0, 2.0, 3.0], [3.0, 2.0, 1.0], [1.0, 3.0, 2.0], [1.0, 1.0, 1.0]])
    assert torch.allclose(experiment.kendall(one, other), torch.tensor([1.0, -1.0, 1 / 3, 0.0]))


def test_an_answer_is_the_symbol_at_the_place_that_is_pointed_at():
    batch = reversed_batch(make_lab())
    assert isinstance(batch, Batch)
    source = SIZE["source"]
    for answer in range(source):
        assert torch.equal(batch.targets[:, source + answer], batch.inputs[:, source - 1 - answer])
