"""The experiment on forms: what it finds, and that broken models change what it finds."""

from __future__ import annotations

import pytest
import torch
from quizapp.verifiers.experiments import forms_agree
from quizapp.verifiers.lab import Lab
from quizapp.verifiers.models import attention, selective_ssm, state_space_dual, wkv
from quizapp.verifiers.models.linear_attention import LinearAttention
from quizapp.verifiers.models.linear_recurrence import hillis_steele, serial
from quizapp.verifiers.models.long_convolution import LongConvolution
from quizapp.verifiers.models.retention import Retention
from quizapp.verifiers.models.rnn import RNN
from quizapp.verifiers.models.selective_ssm import SelectiveSSM
from quizapp.verifiers.sequence_maps import relative_difference

from quizapp.verifiers import catalogue, engine
from tests.bench.judged import judged

EXPECTED = {"ssm-are-structured-rnns": "depends", "quadratic-drives-linear-variants": "depends"}


def run(seeds=2):
    return engine.run("forms_agree", lambda event: None, device="cpu", seeds=seeds)


def verdicts(results):
    return judged("forms_agree", results, EXPECTED)


def changed(results):
    """The claims whose verdict is no longer the expected one, with the new verdict."""
    return {name: verdict for name, verdict in verdicts(results).items() if verdict != EXPECTED[name]}


def wrong(results):
    return {name for name, result in results.items() if not result.tripped}


def failing(results):
    """The claim arm's checks that do not pass."""
    return {name for name, result in results.items() if result.arm == "claim" and result.outcome != "pass"}


@pytest.fixture
def swap(monkeypatch):
    """Build another model where the experiment asks for one: swap(wanted, given)."""
    original = forms_agree.build

    def apply(wanted, given):
        def build(lab, seed, kind):
            return original(lab, seed, given if kind is wanted else kind)

        monkeypatch.setattr(forms_agree, "build", build)
        monkeypatch.setattr(forms_agree, "without_choice", lambda model: model)  # it knows one model only

    return apply


@pytest.fixture(scope="module")
def whole():
    return run(seeds=5)


def test_every_control_comes_out_as_it_must(whole):
    assert wrong(whole) == set()
    assert failing(whole) == set()
    assert all(result.outcome != "unclear" for result in whole.values())


def test_the_numbers_of_the_ledger(whole):
    forms = [name for name in whole if name.removesuffix("_chunked") in forms_agree.MODELS]
    assert len(forms) == 15
    assert all(whole[name].high < 1e-12 for name in forms)
    assert whole["tanh_rnn_by_scan"].low > 1.0
    assert whole["squeezed_softmax"].low > 1.0
    assert whole["softmax_state"].estimate == 64.0


def test_the_verdicts_are_the_expected_ones(whole):
    assert verdicts(whole) == EXPECTED


def test_curves_have_some_two_dozen_points():
    points = []
    engine.run("forms_agree", lambda event: points.append(event) if event.kind == "point" else None, seeds=1)
    curves = {(event.curve, event.arm) for event in points}
    assert {"selective ssm", "squeezed softmax", "tanh rnn by scan"} <= {curve for curve, _ in curves}
    assert all(event.y > 0 for event in points)
    counts = [sum((event.curve, event.arm) == curve for event in points) for curve in curves]
    assert max(counts) <= 40


def test_both_arms_of_a_seed_hold_the_same_weights():
    built = []
    for arm in engine.ARMS:
        size = catalogue.read("forms_agree").profiles["quick"]
        lab = Lab(arm=arm, seed=3, size=size, device="cpu", emit=lambda event: None)
        seed = int(torch.randint(2**31, (1,), generator=lab.generator))
        built.append(forms_agree.build(lab, seed, SelectiveSSM).weight_b)
    assert torch.equal(built[0], built[1])


def test_a_scan_that_forgets_the_decay_is_found_out(monkeypatch):
    def undecayed(earlier, later):
        (a1, b1), (a2, b2) = earlier, later
        return a2 * a1, b1 + b2  # [pairs, ...] each

    monkeypatch.setattr(selective_ssm, "affine", undecayed)
    results = run()
    assert failing(results) >= {"selective_ssm", "hybrid"}
    assert failing(results).isdisjoint({"min_gru", "retention", "wkv"})
    assert changed(results) == {
        "ssm-are-structured-rnns": "fails",
        "quadratic-drives-linear-variants": "fails",
    }


def test_a_state_space_model_that_does_not_select_is_found_out(swap):
    swap(SelectiveSSM, LongConvolution)
    results = run()
    assert failing(results) == {"selective_as_convolution", "selective_fading_chosen"}
    assert changed(results) == {"ssm-are-structured-rnns": "holds"}


def test_a_model_that_does_not_fade_is_found_out(swap):
    swap(SelectiveSSM, LinearAttention)
    results = run()
    assert {"selective_order_felt", "selective_scan_memory"} <= failing(results)
    assert changed(results) == {
        "ssm-are-structured-rnns": "fails",  # over all pairs, so with the square of the tokens
        "quadratic-drives-linear-variants": "holds",
    }


def test_a_state_that_grows_is_found_out(monkeypatch):
    monkeypatch.setattr(SelectiveSSM, "state_bytes", lambda self, length: 8 * self.width * length)
    results = run(seeds=1)
    assert failing(results) == {"selective_state"}
    assert set(changed(results)) == set(EXPECTED)


def test_a_linear_variant_whose_state_grows_is_found_out(monkeypatch):
    monkeypatch.setattr(Retention, "state_bytes", lambda self, length: 8 * self.width * length)
    results = run(seeds=1)
    assert failing(results) == {"linear_variants_state"}
    assert changed(results) == {"quadratic-drives-linear-variants": "fails"}


def test_retention_that_fades_only_token_by_token_is_found_out(monkeypatch):
    def unfading(self, length):
        return torch.ones(self.heads, length, length, dtype=self.log_decay.dtype).tril()  # [heads, l, l]

    monkeypatch.setattr(Retention, "_fading", unfading)
    results = run()
    assert failing(results) == {"retention", "retention_chunked", "fading_order_felt"}
    assert changed(results) == {"quadratic-drives-linear-variants": "fails"}


def test_a_bonus_given_twice_is_found_out(monkeypatch):
    original = wkv.wkv_parallel
    monkeypatch.setattr(
        wkv, "wkv_parallel", lambda k, v, decay, bonus, *how: original(k, v, decay, 2 * bonus, *how)
    )
    results = run()
    assert failing(results) == {"wkv"}
    assert changed(results) == {"quadratic-drives-linear-variants": "fails"}


def test_a_mask_with_one_decay_too_many_is_found_out(monkeypatch):
    original = state_space_dual.decay_mask
    monkeypatch.setattr(
        state_space_dual,
        "decay_mask",
        lambda logs: original(logs) * logs.exp()[..., None, :],  # [..., time, time]
    )
    assert failing(run()) == {"state_space_dual", "state_space_dual_chunked"}


def test_a_softmax_left_out_is_found_out(monkeypatch):
    def unsoftened(q, k, v, causal=False, bias=None):
        q, k = (q / q.shape[-1] ** 0.25).exp(), (k / k.shape[-1] ** 0.25).exp()  # [1, 1, time, head]
        weights = (q @ k.transpose(-2, -1)).tril()  # [1, 1, time, time]
        return weights @ v / weights.sum(dim=-1, keepdim=True)  # [1, 1, time, head]

    monkeypatch.setattr(forms_agree, "explicit_attention", unsoftened)
    results = run()
    assert results["squeezed_softmax"].estimate < 1e-9
    assert wrong(results) == {"squeezed_softmax"}


def test_an_rnn_that_a_scan_can_do_is_found_out(monkeypatch):
    monkeypatch.setattr(forms_agree, "hillis_steele", serial)
    assert wrong(run()) == {"tanh_rnn_by_scan"}


def test_memory_of_fused_attention_is_not_quadratic(monkeypatch):
    original = forms_agree.build

    def fused(lab, seed, kind):
        model = original(lab, seed, kind)
        if kind is attention.Attention:
            model.fused = True
        return model

    monkeypatch.setattr(forms_agree, "build", fused)
    assert wrong(run(seeds=1)) == {"softmax_memory"}


# ---- the forms, against sums written out and the model itself -----------------------------------------


def test_a_carried_sum_is_attention_over_all_pairs():
    generator = torch.Generator().manual_seed(0)
    q, k, v = torch.rand(3, 2, 7, 4, generator=generator, dtype=torch.float64)  # [batch, time, head] each
    for i in range(7):
        weights = [float(q[1, i] @ k[1, j]) for j in range(i + 1)]
        wanted = sum(w * v[1, j] for j, w in enumerate(weights)) / sum(weights)  # [head]
        torch.testing.assert_close(forms_agree.carried(q, k, v)[1, i], wanted, rtol=0, atol=1e-12)


def test_a_scan_in_order_is_the_rnn_and_in_rounds_is_not():
    rnn = RNN(3, generator=torch.Generator().manual_seed(0))
    x = torch.randn(2, 6, 3, generator=torch.Generator().manual_seed(1), dtype=torch.float64)  # [b, t, w]
    with torch.no_grad():
        torch.testing.assert_close(forms_agree.scanned(rnn, x, serial(6)), rnn(x), rtol=0, atol=1e-12)
        assert relative_difference(forms_agree.scanned(rnn, x, hillis_steele(6)), rnn(x)) > 0.1


def test_the_docstring_and_declarations_are_readable_without_torch():
    declared = catalogue.read("forms_agree")
    assert declared.looks == (5,)
    assert {check.interval for check in declared.checks.values()} == {"range"}
