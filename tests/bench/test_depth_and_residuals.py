"""Gradients, tokens and training with and without residuals, hand-worked cases, and mutants."""

import math

import pytest
import torch
from quizapp.verifiers.experiments import depth_and_residuals as experiment
from quizapp.verifiers.lab import Lab
from quizapp.verifiers.models.transformer import Block, Transformer
from quizapp.verifiers.verdict import declared, judge

from quizapp.verifiers import engine
from tests.bench.judged import judged

NAME = "depth_and_residuals"
CLAIM = "residual-layernorm-gradient"
SHORT = {**experiment.PROFILES["quick"], "layers": [6]}


def make_lab(arm="claim", seed=0, emit=lambda event: None, **size):
    return Lab(arm=arm, seed=seed, size={**SHORT, **size}, device="cpu", emit=emit)


@pytest.fixture(scope="module")
def values():
    """The numbers of the claim's arm for one seed, at the quick profile's sizes but for one depth."""
    lab = make_lab()
    experiment.trial(lab)
    return lab.values


def results(values):
    """Check results as if two seeds had given these numbers, so that every interval has a width of zero."""
    checks = declared(experiment.CHECKS)
    return {name: judge(checks[name], [value, value], 1) for name, value in values.items()}


def outcome(name, value):
    return results({name: value})[name].outcome


def verdict(values):
    return judged(NAME, results(values), [CLAIM])[CLAIM]


def test_the_claim_depends(values):
    assert set(values) == {name for name, check in experiment.CHECKS.items() if check["arm"] == "claim"}
    assert all(result.outcome == "pass" for result in results(values).values())
    assert verdict(values) == "depends"


# ---- mutants ----------------------------------------------------------------------------------------


def test_mutant_attention_without_its_residual(monkeypatch, values):
    """The stack that is said to have residuals has none: its tokens are alike and the claim fails."""
    attended = experiment.attended
    monkeypatch.setattr(
        experiment, "attended", lambda lab, residual, layers: attended(lab, residual=False, layers=layers)
    )
    with torch.no_grad():
        last = list(experiment.attended(make_lab(), residual=True, layers=32))[-1]
    broken = {**values, "tokens_differ_with_residual": experiment.difference(last)}
    assert verdict(broken) == "fails"


def test_mutant_residuals_that_cannot_be_switched_off(monkeypatch, values):
    """What is said to have none learns as well then: nothing is gained, and the claim fails."""
    build = experiment.build
    monkeypatch.setattr(
        experiment, "build", lambda lab, layers, norm, residual: build(lab, layers, norm, True)
    )
    without = experiment.learned(make_lab(), experiment.DEEP, "pre", residual=False)
    assert without > 0.75
    # The network without learned nothing before, so that the gain was all that the other learned.
    assert verdict({**values, "residual_gain": values["residual_gain"] - without}) == "fails"


def test_mutant_norms_that_do_not_move(monkeypatch):
    """Post-LN built as pre-LN shows neither the ratio nor the other trend."""
    monkeypatch.setattr(
        experiment,
        "Transformer",
        lambda *sizes, norm, **options: Transformer(*sizes, norm="pre", **options),
    )
    pre, post = (experiment.trend(make_lab(), norm) for norm in ("pre", "post"))
    assert outcome("post_over_pre", post[-1] / pre[-1]) == "fail"
    assert outcome("post_depth_exponent", experiment.exponent(post)) == "pass"


def test_mutant_residuals_lost_in_every_block(monkeypatch):
    """Without norms the gradient is gone, whatever `residual` says."""

    def leave(self, part, x, made):
        return self.norms[part](made) if self.norm == "post" else made

    monkeypatch.setattr(Block, "_leave", leave)
    lab = make_lab()
    assert outcome("flow_with_residual_alone", experiment.flow(lab, "none", residual=True)) == "fail"
    assert experiment.flow(lab, "none", residual=True) == experiment.flow(lab, "none", residual=False)


def test_a_network_that_learns_neither_way_says_nothing(monkeypatch):
    notes = []
    monkeypatch.setattr(experiment, "learned", lambda *arguments, **options: 0.1)
    lab = make_lab(emit=notes.append)
    experiment._training(lab)
    assert math.isnan(lab.values["residual_gain"])
    assert any("did not learn" in getattr(event, "text", "") for event in notes)


# ---- the parts --------------------------------------------------------------------------------------


def test_the_controls_before_training():
    lab = make_lab("control")
    assert experiment.flow(lab, "none", residual=False) < -20.0
    post = experiment.trend(lab, "post")
    assert experiment.exponent(post) > 0.0
    assert post[-1] != experiment.trend(lab, "post", again=1)[-1]


def test_difference_by_hand():
    """Tokens (3, 0) and (1, 0): the mean is (2, 0), what is left has size sqrt 2, all of it sqrt 10."""
    states = torch.tensor([[[3.0, 0.0], [1.0, 0.0]]], dtype=torch.float64)  # [1, 2, 2]
    assert experiment.difference(states) == pytest.approx(math.sqrt(2.0 / 10.0))
    assert experiment.difference(states[:, :1].expand(1, 5, 2)) == 0.0


def test_log_ratio_by_hand():
    one = torch.tensor([3.0, 4.0], dtype=torch.float64)
    assert experiment.log_ratio(one, 1000.0 * one) == pytest.approx(-3.0)
    assert experiment.log_ratio(0.0 * one, one) == experiment.LOST


def test_the_exponent_of_a_power_law_is_its_power():
    shallow, deep = experiment.TREND_LAYERS
    assert experiment.exponent([shallow**-0.5, deep**-0.5]) == pytest.approx(-0.5)
    assert experiment.exponent([2.0, 2.0]) == 0.0


def test_xavier_has_its_variance_and_no_biases():
    generator = torch.Generator().manual_seed(0)
    model = Transformer(64, 2, 2, generator=generator, causal=True)
    experiment.xavier(model, generator)
    up = model.blocks[0].up
    assert up.weight.shape == (256, 64)
    assert float(up.weight.detach().var()) == pytest.approx(2.0 / (256 + 64), rel=0.05)
    assert float(up.bias.detach().abs().max()) == 0.0


def test_attention_with_a_residual_adds_to_what_attention_without_it_makes():
    with torch.no_grad():
        (alone,) = experiment.attended(make_lab(), residual=False, layers=1)
        (added,) = experiment.attended(make_lab(), residual=True, layers=1)
        generator = torch.Generator().manual_seed(0)
        x = torch.randn(1, experiment.LENGTH, experiment.WIDE, generator=generator, dtype=torch.float64)
    assert torch.allclose(added - alone, x, atol=1e-12)


def test_all_networks_of_a_seed_have_the_same_weights():
    full, bare = (
        experiment.build(make_lab(), 2, norm, residual) for norm, residual in (("pre", True), ("none", False))
    )
    weights = dict(full.named_parameters())
    shared = dict(bare.named_parameters())
    assert set(shared) < set(weights)
    assert all(torch.equal(value, weights[name]) for name, value in shared.items())


def test_one_layer_learns_without_residuals():
    assert experiment.learned(make_lab("control"), 1, "pre", residual=False) > 0.75


@pytest.mark.slow
def test_the_quick_profile():
    found = engine.run(NAME, lambda event: None, device="cpu", first_seed=50)
    assert all(result.tripped for result in found.values())
    assert judged(NAME, found, [CLAIM]) == {CLAIM: "depends"}
