"""The convolution experiment: what it finds, and that broken networks change what it finds."""

from __future__ import annotations

import pytest
import torch
from quizapp.verifiers.experiments import convolution_roll as experiment
from quizapp.verifiers.lab import Lab

from quizapp.verifiers import catalogue, engine
from tests.bench.judged import judged

CLAIM = "cnn-translation-invariance"
SIZE = {"places": 8, "width": 2, "kernel": 3, "layers": 2, "shift": 3}


def run(seeds=3):
    return engine.run("convolution_roll", lambda event: None, device="cpu", seeds=seeds)


def verdict(results):
    return judged("convolution_roll", results, {CLAIM})[CLAIM]


def wrong(results):
    return {name for name, result in results.items() if not result.tripped}


@pytest.fixture
def mutate(monkeypatch):
    """Build every network with these options, whatever the experiment asks for."""

    def apply(**forced):
        original = experiment.build_network
        monkeypatch.setattr(
            experiment, "build_network", lambda *args, **how: original(*args, **{**how, **forced})
        )

    return apply


def test_every_control_comes_out_as_it_must():
    results = run(seeds=20)
    assert wrong(results) == set()
    assert all(result.outcome != "unclear" for result in results.values())


def test_the_numbers_of_the_ledger():
    results = run()
    assert results["equivariance_error"].high < 1e-12
    assert results["deep_equivariance_error"].high < 1e-12
    assert results["invariance_error"].low > 1.0
    assert results["pooled_invariance"].high < 1e-12


def test_the_verdict_is_the_expected_one():
    assert verdict(run()) == "fails"


def test_the_full_profile_runs():
    results = engine.run("convolution_roll", lambda event: None, device="cpu", profile="full", seeds=1)
    assert wrong(results) == set()
    assert results["invariance_error"].outcome == "fail"


def test_curves_have_a_point_per_roll():
    points = []

    def keep(event):
        if event.kind == "point":
            points.append(event)

    engine.run("convolution_roll", keep, device="cpu", seeds=1)
    assert {curve: sum(p.curve == curve for p in points) for curve in {p.curve for p in points}} == {
        "output against output": 31,
        "output against rolled output": 31,
        "stride 2, against the best roll": 31,
        "zero padding, against rolled output": 31,
        "mean over all places": 31,
    }
    assert all(point.y > 0 for point in points)
    strided = {p.x: p.y for p in points if p.curve.startswith("stride")}
    assert all((error < 1e-12) == (places % 2 == 0) for places, error in strided.items())


# ---- mutants ---------------------------------------------------------------------------------------------


def test_networks_that_all_pool_are_found_out(mutate):
    mutate(pooled=True)
    results = run()
    assert results["invariance_error"].outcome == results["deep_invariance_error"].outcome == "pass"
    assert results["output_moves"].outcome == "fail"
    assert verdict(results) == "holds"


def test_a_roll_that_does_nothing_is_found_out(monkeypatch):
    monkeypatch.setattr(experiment, "roll", lambda x, shift: x)
    results = run()
    assert {"strided_pooled_invariance", "zero_padded_pooled_invariance"} <= wrong(results)
    assert verdict(results) == "holds"


def test_networks_that_ignore_their_input_are_found_out(monkeypatch):
    monkeypatch.setattr(experiment, "build_network", lambda *args, **how: torch.ones_like)
    results = run()
    assert {"strided_equivariance", "zero_padded_equivariance"} <= wrong(results)
    assert verdict(results) == "holds"


def test_networks_that_never_pool_are_found_out(mutate):
    mutate(pooled=False)
    assert wrong(run()) == {"pooled_invariance", "pooled_output_moves"}


def test_networks_that_all_pad_with_zeros_are_found_out(mutate):
    mutate(padding="constant")
    results = run()
    assert results["equivariance_error"].outcome == results["deep_equivariance_error"].outcome == "fail"
    assert {"pooled_invariance", "strided_even_equivariance"} <= wrong(results)


def test_networks_that_never_pad_with_zeros_are_found_out(mutate):
    mutate(padding="circular")
    assert wrong(run()) == {"zero_padded_equivariance", "zero_padded_pooled_invariance"}


def test_networks_that_ignore_their_stride_are_found_out(mutate):
    mutate(stride=1)
    assert wrong(run()) == {"strided_equivariance", "strided_pooled_invariance"}


def test_networks_that_all_stride_are_found_out(mutate):
    mutate(stride=2)
    results = run()
    assert results["equivariance_error"].outcome == "fail"
    assert "pooled_invariance" in wrong(results)


# ---- the parts, by hand ----------------------------------------------------------------------------------


def build(**how):
    lab = Lab(arm="claim", seed=0, size=SIZE, device="cpu", emit=lambda event: None)
    return experiment.build_network(lab, 5, **how)


def noise(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


@pytest.mark.parametrize(("padding", "mode"), [("circular", "circular"), ("constant", "zeros")])
@pytest.mark.parametrize("stride", [1, 2])
def test_one_layer_is_the_convolution_of_torch(padding, mode, stride):
    layer = torch.nn.Conv1d(
        2, 2, 3, stride=stride, padding=1, padding_mode=mode, bias=False, dtype=torch.float64
    )
    drawn = torch.randn(1, 2, 2, 3, generator=torch.Generator().manual_seed(5), dtype=torch.float64)
    with torch.no_grad():
        layer.weight.copy_(drawn[0] / 6**0.5)
        x = noise(1, 2, 8)
        found = build(padding=padding, stride=stride)(x)
        assert torch.allclose(found, layer(x), rtol=0.0, atol=1e-12)
        pooled = build(padding=padding, stride=stride, pooled=True)(x)
        assert torch.allclose(pooled[..., 0], layer(x).mean(dim=-1), rtol=0.0, atol=1e-12)


def test_variants_share_their_weights_and_a_stack_has_a_relu():
    x = noise(1, 2, 8)
    assert torch.equal(build()(x), build()(x))
    assert torch.equal(build(stride=2)(x), build()(x)[..., ::2])
    zeros = torch.zeros(1, 2, 8, dtype=torch.float64)
    assert torch.equal(build(layers=2)(zeros), zeros)
    assert not torch.allclose(build(layers=2)(-x), -build(layers=2)(x))


def test_errors_by_hand():
    x = torch.tensor([[[1.0, 2.0, 3.0, 4.0]]], dtype=torch.float64)  # [1, width, places]
    rms = 7.5**0.5
    assert experiment.roll(x, 1).tolist() == [[[4.0, 1.0, 2.0, 3.0]]]
    assert experiment.invariance_error(lambda y: y, x, 1) == pytest.approx(3 / rms)
    assert experiment.equivariance_error(lambda y: y, x, 3) == 0.0
    # Every second place: 1, 3 becomes 4, 2, and the best roll of 1, 3 is 3, 1.
    assert experiment.equivariance_error(lambda y: y[..., ::2], x, 1) == pytest.approx(1 / 5**0.5)
    assert experiment.equivariance_error(lambda y: y[..., ::2], x, 2) == 0.0


def test_the_declarations_are_readable_without_torch():
    declared = catalogue.read("convolution_roll")
    assert declared.looks == (20,)
    assert {check.interval for check in declared.checks.values()} == {"range"}
