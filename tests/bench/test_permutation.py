"""The permutation experiment: what it finds, and that broken models change what it finds."""

from __future__ import annotations

import pytest
import torch
from quizapp.verifiers.experiments import permutation
from quizapp.verifiers.models import attention

from quizapp.verifiers import catalogue, engine
from tests.bench.judged import judged

EXPECTED = {
    "transformer-permutation-invariant": "fails",
    "attention-treats-input-as-set": "depends",
    "cat-sat-equals-sat-cat": "depends",
    "rnn-position-free": "depends",
    "all-attend-to-all": "depends",
    "transformers-assume-nothing": "fails",
}


def run(seeds=3):
    return engine.run("permutation", lambda event: None, device="cpu", seeds=seeds)


def verdicts(results):
    return judged("permutation", results, EXPECTED)


def changed(results):
    """The claims whose verdict is no longer the expected one, with the new verdict."""
    return {name: verdict for name, verdict in verdicts(results).items() if verdict != EXPECTED[name]}


def wrong(results):
    return {name for name, result in results.items() if not result.tripped}


@pytest.fixture
def mutate(monkeypatch):
    """Replace what an experiment builds: mutate(name, **forced) overrides keyword arguments."""

    def apply(name, **forced):
        original = getattr(permutation, name)
        monkeypatch.setattr(permutation, name, lambda *args, **how: original(*args, **{**how, **forced}))

    return apply


def test_every_control_comes_out_as_it_must():
    results = run(seeds=20)
    assert wrong(results) == set()
    assert all(result.outcome != "unclear" for result in results.values())


def test_the_numbers_of_the_ledger():
    results = run()
    assert results["equivariance_error"].high < 1e-12
    assert 1 < results["invariance_error"].low < results["invariance_error"].high < 8
    assert results["future_felt_causal"].high == 0.0
    assert results["pairs_felt_causal"].estimate == 0.55
    assert results["tanh_rnn_difference"].low > 0.5


def test_the_verdicts_are_the_expected_ones():
    assert verdicts(run()) == EXPECTED


def test_both_arms_of_a_seed_draw_the_same():
    results = run()
    assert results["causal_equivariance_error"].values == results["no_mask_strict"].values
    assert results["equivariance_error"].values == results["unmasked_order_gets_in"].values


def test_curves_have_a_point_per_draw():
    points = []
    engine.run("permutation", lambda event: points.append(event) if event.kind == "point" else None, seeds=4)
    curves = {event.curve for event in points}
    assert len(curves) == 7
    assert all(event.y > 0 for event in points)
    assert all(sum(event.curve == curve for event in points) <= 4 for curve in curves)


def test_an_encoder_that_always_masks_is_found_out(mutate):
    mutate("build_encoder", causal=True)
    results = run()
    assert results["equivariance_error"].outcome == "fail"
    assert {"unmasked_order_gets_in", "mean_pool_invariance", "unmasked_word_difference"} <= wrong(results)
    assert changed(results) == {
        "attention-treats-input-as-set": "fails",
        "cat-sat-equals-sat-cat": "fails",
        "transformers-assume-nothing": "holds",
    }


def test_an_encoder_that_never_masks_is_found_out(mutate):
    mutate("build_encoder", causal=False)
    results = run()
    assert wrong(results) == {"no_mask_strict"}
    assert changed(results) == {"cat-sat-equals-sat-cat": "holds"}


def test_an_encoder_that_drops_mask_and_positions_is_found_out(mutate):
    mutate("build_encoder", causal=False, positions="none")
    assert changed(run()) == {"attention-treats-input-as-set": "holds", "cat-sat-equals-sat-cat": "holds"}


def test_positions_that_creep_in_are_found_out(mutate):
    mutate("build_encoder", positions="rotary")
    results = run()
    assert results["word_difference"].outcome == "fail"
    assert changed(results)["transformers-assume-nothing"] == "holds"


def test_an_encoder_that_pools_is_found_out(monkeypatch):
    original = permutation.build_encoder

    class Pooled(torch.nn.Module):
        def __init__(self, inner):
            super().__init__()
            self.inner = inner

        def forward(self, x):
            return self.inner(x).mean(dim=1, keepdim=True).expand_as(x)  # [1, time, width]

    monkeypatch.setattr(permutation, "build_encoder", lambda *args, **how: Pooled(original(*args, **how)))
    results = run()
    assert results["invariance_error"].outcome == "pass"
    assert changed(results)["transformer-permutation-invariant"] == "holds"


def test_a_mask_that_hides_nothing_is_found_out(monkeypatch):
    def hides_nothing(queries, keys, *, like):
        return like.new_zeros(queries, keys)  # [query, key]

    monkeypatch.setattr(attention, "causal_bias", hides_nothing)
    results = run()
    assert results["future_felt_causal"].outcome == "fail"
    assert changed(results) == {"cat-sat-equals-sat-cat": "holds", "all-attend-to-all": "holds"}


def test_attention_that_always_masks_is_found_out(mutate):
    mutate("build_attention", causal=True)
    results = run()
    assert wrong(results) == {"future_felt_unmasked"}
    assert changed(results) == {"all-attend-to-all": "fails"}


def test_an_rnn_that_only_adds_is_found_out(mutate):
    mutate("build_rnn", nonlinearity="linear", recurrent="identity", gain=1.0)
    results = run()
    assert wrong(results) == {"decaying_rnn_difference"}
    assert changed(results) == {"rnn-position-free": "fails"}


def test_an_rnn_that_never_only_adds_is_found_out(mutate):
    mutate("build_rnn", gain=0.9)
    results = run()
    assert wrong(results) == {"adding_rnn_order"}
    assert changed(results) == {"rnn-position-free": "holds"}


def test_errors_by_hand():
    x = torch.tensor([[[1.0], [2.0], [3.0]]], dtype=torch.float64)  # [1, time, width]
    order = torch.tensor([2, 0, 1])
    rms = (14 / 3) ** 0.5
    assert permutation.equivariance_error(torch.nn.Identity(), x, order) == 0.0
    assert permutation.invariance_error(torch.nn.Identity(), x, order) == pytest.approx(2 / rms)
    assert permutation.pooled_difference(torch.nn.Identity(), x, (2, 0, 1)) == 0.0
    assert permutation.last_difference(torch.nn.Identity(), x, (1, 0, 2)) == 0.0
    assert permutation.state_difference(torch.nn.Identity(), x, order) == pytest.approx(1 / 3)


def test_the_docstring_and_declarations_are_readable_without_torch():
    declared = catalogue.read("permutation")
    assert declared.looks == (20,)
    assert {check.interval for check in declared.checks.values()} == {"range"}
