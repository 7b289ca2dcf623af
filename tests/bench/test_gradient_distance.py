"""The experiment's numbers, and what happens to the claims' verdicts when a model is broken on purpose.

The outcomes are taken from shorter sequences than the app's (the profile SMALL), three seeds of them.
"""

import dataclasses
import math
from pathlib import Path

import pytest
import torch
import yaml
from quizapp.verifiers.experiments import gradient_distance as experiment
from quizapp.verifiers.lab import Lab
from quizapp.verifiers.models.lstm import LSTM
from quizapp.verifiers.scene import Scene

from quizapp.verifiers import backprop, catalogue, engine

NAME = "gradient_distance"
CLAIMS_FILE = Path(__file__).parents[2] / "questions" / "claims.yaml"
SMALL = {**experiment.PROFILES["quick"], "tokens": 201, "side_tokens": 131}
CLAIMS = {
    "lstm-gradient-exponential-decay": (
        ["lstm_slope", "lstm_straightness", "lstm_exponential_over_power"],
        ["lstm_bias3_slope"],
    ),
    "rnn-vanish-or-explode": (["rnn_slope", "relu_explodes"], ["orthogonal_slope"]),
    "gating-softens-not-eliminates": (
        ["lstm_minus_rnn", "lstm_bias1_minus_rnn", "lstm_slope", "lstm_bias1_slope"],
        ["lstm_bias3_slope"],
    ),
    "rnn-assume-locality-recency": (["rnn_slope", "lstm_slope", "gru_slope"], ["lstm_bias3_slope"]),
}
LONG_ONLY = {"shrinking_zero_at"}
"""The control that needs a sequence long enough to outlive float64; the fixture `quick` has one."""


def verdict(results, claim):
    supports, limits = ([results[name].outcome for name in names] for names in CLAIMS[claim])
    if "fail" in supports:
        return "fails"
    if set(supports) == {"pass"}:
        if "pass" in limits:
            return "depends"
        if set(limits) == {"fail"}:
            return "holds"
    return "unclear"


def run_small(patch, arms=engine.ARMS):
    """The checks of these arms, at small sizes."""
    full = catalogue.read(NAME)
    checks = {name: check for name, check in full.checks.items() if check.arm in arms}
    small = dataclasses.replace(full, checks=checks, profiles={"quick": SMALL})
    patch.setattr(catalogue, "read", lambda name: small)
    patch.setattr(engine, "ARMS", arms)
    return engine.run(NAME, lambda event: None, device="cpu", seeds=3)


def tripped_wrong(results):
    return {result.name for result in results.values() if not result.tripped} - LONG_ONLY


@pytest.fixture(scope="module")
def sound():
    with pytest.MonkeyPatch.context() as patch:
        return run_small(patch)


@pytest.fixture(scope="module")
def quick():
    """One seed of both arms at the app's own size: (values, points by curve)."""
    values, points = {}, {}
    for arm in engine.ARMS:
        lab = Lab(
            arm=arm,
            seed=0,
            size=experiment.PROFILES["quick"],
            device="cpu",
            emit=lambda event: points.setdefault(event.curve, []).append((event.x, event.y)),
        )
        experiment.trial(lab)
        values.update(lab.values)
    return values, points


@pytest.mark.parametrize("claim", CLAIMS)
def test_every_claim_depends(sound, claim):
    assert verdict(sound, claim) == "depends"


def test_every_control_comes_out_as_it_must(sound):
    assert tripped_wrong(sound) == set()


def test_a_trial_reports_every_check_inside_its_bounds_or_outside_as_it_must(quick):
    values, _ = quick
    checks = catalogue.read(NAME).checks
    assert set(values) == set(checks)
    for name, check in checks.items():
        low, high = (-math.inf if check.bounds[0] is None else check.bounds[0], check.bounds[1])
        inside = low <= values[name] <= (math.inf if high is None else high)
        assert inside == (check.must != "fail"), (name, values[name])


def test_numbers_of_the_prototype(quick):
    """Measured independently before (measured_training.md, section 1), in nats here and decades there."""
    values, _ = quick
    assert values["lstm_slope"] == pytest.approx(-0.49, abs=0.05)
    assert values["gru_slope"] == pytest.approx(-0.49, abs=0.05)
    assert values["rnn_slope"] == pytest.approx(-0.77, abs=0.1)
    assert values["lstm_bias1_slope"] == pytest.approx(-0.206, abs=0.03)
    assert values["shrinking_decays"] == pytest.approx(math.log(0.4), abs=2e-3)
    assert values["gate_law_error"] == pytest.approx(0.0, abs=2e-3)


def test_curves_reach_distance_1000_and_plain_ones_end_where_precision_does(quick):
    values, points = quick
    for curve in ("LSTM", "GRU", "RNN", "Transformer"):
        assert 10 <= len(points[curve]) <= 60
        assert max(x for x, _ in points[curve]) == 1000
        assert all(math.isfinite(y) for _, y in points[curve])
    for curve, check in (
        ("RNN, plain float32", "rnn_float32_zero_at"),
        ("RNN, plain float64", "rnn_float64_zero_at"),
    ):
        assert max(x for x, _ in points[curve]) < values[check]
    assert min(y for _, y in points["RNN"]) < -324


def test_both_arms_see_the_same_inputs_and_weights():
    scenes = []
    for arm in engine.ARMS:
        lab = Lab(arm=arm, seed=3, size=SMALL, device="cpu", emit=lambda event: None)
        scenes.append(experiment.prepare(lab))
    one, other = scenes
    assert torch.equal(one.inputs, other.inputs)
    assert torch.equal(one.readout, other.readout)
    assert torch.equal(one.lstm().weight_hh, other.lstm().weight_hh)
    assert float(one.readout.norm()) == pytest.approx(1.0)


# ---- mutants: broken on purpose -------------------------------------------------------------------


def test_mutant_forget_gate_stuck_open(monkeypatch):
    def step(self, x, state):
        h, c = state
        drive = x @ self.weight_ih.T + self.bias_ih + h @ self.weight_hh.T + self.bias_hh
        into, _, candidate, out = drive.chunk(4, dim=-1)
        c = c + torch.sigmoid(into) * torch.tanh(candidate)
        h = torch.sigmoid(out) * torch.tanh(c)
        return h, (h, c)

    monkeypatch.setattr(LSTM, "step", step)
    results = run_small(monkeypatch)
    assert results["lstm_slope"].outcome == "fail"
    assert verdict(results, "lstm-gradient-exponential-decay") == "fails"
    assert verdict(results, "gating-softens-not-eliminates") == "fails"
    assert verdict(results, "rnn-assume-locality-recency") == "fails"
    assert verdict(results, "rnn-vanish-or-explode") == "depends"
    assert "gate_law_error" in tripped_wrong(results)


def test_mutant_forget_bias_ignored(monkeypatch):
    monkeypatch.setattr(
        Scene,
        "lstm",
        lambda scene, forget_bias=None, chrono=None: LSTM(64, chrono=chrono, **scene.settings()),
    )
    results = run_small(monkeypatch)
    assert results["lstm_bias3_slope"].outcome == "fail"
    for claim in set(CLAIMS) - {"rnn-vanish-or-explode"}:
        assert verdict(results, claim) == "holds"
    assert "gate_law_error" in tripped_wrong(results)


def test_mutant_gain_ignored(monkeypatch):
    rnn = Scene.rnn

    def without_gain(scene, **options):
        return rnn(scene, **{**options, "gain": 1.0})

    monkeypatch.setattr(Scene, "rnn", without_gain)
    results = run_small(monkeypatch)
    assert verdict(results, "rnn-vanish-or-explode") == "fails"
    assert tripped_wrong(results) >= {"growing_explodes", "growing_is_flat", "shrinking_decays"}


def test_mutant_orthogonal_matrix_that_shrinks(monkeypatch):
    linear = Scene.linear
    monkeypatch.setattr(Scene, "linear", lambda scene, gain: linear(scene, 0.9 * gain))
    results = run_small(monkeypatch, ["claim"])
    assert results["orthogonal_slope"].estimate == pytest.approx(math.log(0.9), abs=2e-3)
    assert verdict(results, "rnn-vanish-or-explode") == "holds"


def test_mutant_rnn_that_forgets_nothing(monkeypatch):
    rnn = Scene.rnn

    def steady(scene, **options):
        return rnn(scene, **(options or {"nonlinearity": "linear", "recurrent": "orthogonal"}))

    monkeypatch.setattr(Scene, "rnn", steady)
    results = run_small(monkeypatch, ["claim"])
    assert verdict(results, "rnn-vanish-or-explode") == "fails"
    assert verdict(results, "rnn-assume-locality-recency") == "fails"
    assert verdict(results, "gating-softens-not-eliminates") == "fails"


def test_mutant_instrument_that_loses_its_logarithm(monkeypatch):
    unit = backprop._unit

    def forgetful(carried):
        parts, size = unit(carried)
        return parts, torch.ones_like(size)

    monkeypatch.setattr(backprop, "_unit", forgetful)
    results = run_small(monkeypatch)
    assert results["carried_error"].outcome == "fail"
    assert verdict(results, "lstm-gradient-exponential-decay") == "fails"
    assert tripped_wrong(results) >= {"shrinking_decays", "gate_law_error"}


# ---- the claims file ------------------------------------------------------------------------------


def test_the_claims_draw_on_the_checks_named_here():
    entries = {
        entry["id"]: entry for entry in yaml.safe_load(CLAIMS_FILE.read_text(encoding="utf-8"))["claims"]
    }
    for claim, (supports, limits) in CLAIMS.items():
        assert entries[claim]["supports"] == [f"{NAME}.{check}" for check in supports]
        named = [limit["check"] for limit in entries[claim]["limits"]]
        ours = [check for check in named if check.startswith(f"{NAME}.")]
        assert ours == [f"{NAME}.{check}" for check in limits]
