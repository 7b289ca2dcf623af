"""The table of slopes, what happens to it when a cell is broken on purpose, and its parts.

The outcomes are taken from shorter sequences than the app's (the profile SMALL), four seeds of them.
"""

import dataclasses
import math
from functools import partial
from pathlib import Path

import pytest
import torch
import yaml
from quizapp.verifiers.experiments import gradient_by_cell as experiment
from quizapp.verifiers.lab import Lab
from quizapp.verifiers.models.gru import GRU
from quizapp.verifiers.models.lstm import LSTM
from quizapp.verifiers.models.rnn import RNN

from quizapp.verifiers import backprop, catalogue, engine
from tests.bench.judged import within

inside = partial(within, experiment.CHECKS)

NAME = "gradient_by_cell"
CLAIMS_FILE = Path(__file__).parents[2] / "questions" / "claims.yaml"
SMALL = {**experiment.PROFILES["quick"], "tokens": 201, "batch": 4, "attention_batch": 1}
CONDITIONS = {
    "lstm-gradient-exponential-decay": {"lstm_chrono_slope"},
    "rnn-vanish-or-explode": {"irnn_slope", "rnn_orthogonal_small_slope"},
    "gating-softens-not-eliminates": {"lstm_chrono_slope", "lstm_minus_orthogonal"},
    "rnn-assume-locality-recency": {"lstm_chrono_slope", "irnn_slope"},
}


def run_small(patch):
    full = catalogue.read(NAME)
    patch.setattr(catalogue, "read", lambda name: dataclasses.replace(full, profiles={"quick": SMALL}))
    return engine.run(NAME, lambda event: None, device="cpu", seeds=4)


def trial(arm, seed=0, size=SMALL, emit=lambda event: None):
    """The numbers of one trial."""
    lab = Lab(arm=arm, seed=seed, size=size, device="cpu", emit=emit)
    experiment.trial(lab)
    return lab.values


def scene(seed=0):
    return experiment.prepare(Lab(arm="claim", seed=seed, size=SMALL, device="cpu", emit=lambda event: None))


@pytest.fixture(scope="module")
def sound():
    with pytest.MonkeyPatch.context() as patch:
        return run_small(patch)


@pytest.fixture(scope="module")
def cells():
    """The claim arm of one seed, with no mutant: (numbers, points by curve)."""
    points = {}

    def emit(event):
        if hasattr(event, "curve"):
            points.setdefault(event.curve, []).append((event.x, event.y))

    return trial("claim", size=experiment.PROFILES["quick"], emit=emit), points


def test_the_outcomes(sound):
    assert all(result.tripped for result in sound.values())
    assert {result.outcome for result in sound.values() if result.arm == "claim"} == {"pass"}


def test_the_order_and_the_signs_are_those_of_the_prototype(cells):
    """Measured independently before (measured_training.md, section 1); direction only."""
    values, _ = cells
    order = ["rnn", "lstm", "rnn_orthogonal", "lstm_bias1", "rnn_gain13", "lstm_bias2", "lstm_bias3"]
    slopes = [values[f"{name}_slope"] for name in order]
    assert slopes == sorted(slopes)
    assert values["rnn_gain13_small_slope"] > 0.01
    for name in ("irnn", "rnn_orthogonal_small"):
        assert abs(values[f"{name}_slope"]) < 0.01


def test_numbers_of_the_prototype(cells):
    """Decades there, nats here; its distances begin at 1, ours at 10, where a power law is flatter."""
    values, _ = cells
    decades = {
        "rnn": -0.3426,
        "rnn_orthogonal": -0.1341,
        "gru": -0.2118,
        "lstm": -0.2132,
        "lstm_bias0": -0.2190,
        "lstm_bias1": -0.0895,
        "lstm_bias2": -0.0227,
        "lstm_two_layers": -0.1902,
    }
    for name, slope in decades.items():
        assert values[f"{name}_slope"] == pytest.approx(slope * math.log(10.0), rel=0.25), name


def test_every_cell_has_a_curve(cells):
    _, points = cells
    named = [curve for curve, *_ in (*experiment.RNNS.values(), *experiment.LSTMS.values())] + ["GRU"]
    assert set(points) == set(named)
    for curve in named:
        assert [x for x, _ in points[curve]] == list(experiment.DRAWN)
        assert all(math.isfinite(y) for _, y in points[curve])


# ---- mutants: each changes what the claims rest on ------------------------------------------------------


def test_mutant_chrono_ignored(monkeypatch):
    make_lstm = experiment.make_lstm
    monkeypatch.setattr(
        experiment, "make_lstm", lambda scene, chrono=None, **options: make_lstm(scene, **options)
    )
    values = trial("claim")
    assert not inside(values["lstm_chrono_slope"], "lstm_chrono_slope")
    assert inside(values["lstm_bias3_slope"], "lstm_bias3_slope")


def test_mutant_forget_bias_ignored(monkeypatch):
    make_lstm = experiment.make_lstm
    monkeypatch.setattr(
        experiment, "make_lstm", lambda scene, forget_bias=None, **options: make_lstm(scene, **options)
    )
    values = trial("claim")
    for name in ("lstm_bias3_slope", "lstm_bias5_slope", "bias_order"):
        assert not inside(values[name], name)
    assert inside(trial("control")["lstm_bias1_minus_orthogonal"], "lstm_bias1_minus_orthogonal"), (
        "a control must notice"
    )


def test_mutant_forget_gates_stuck_open(monkeypatch):
    make_lstm = experiment.make_lstm

    def stuck(scene, **options):
        return make_lstm(scene, **{**options, "forget_bias": experiment.OPEN, "chrono": None})

    monkeypatch.setattr(experiment, "make_lstm", stuck)
    values = trial("claim")
    for name in ("lstm_slope", "lstm_bias1_slope", "bias_order", "lstm_minus_orthogonal"):
        assert not inside(values[name], name)


def test_mutant_a_beginning_of_the_recurrent_matrix_that_is_ignored(monkeypatch):
    make_rnn = experiment.make_rnn
    monkeypatch.setattr(
        experiment,
        "make_rnn",
        lambda scene, recurrent="default", gain=1.0, **options: make_rnn(scene, **options),
    )
    values = trial("claim")
    for name in (
        "irnn_slope",
        "rnn_orthogonal_small_slope",
        "rnn_gain13_small_slope",
        "lstm_minus_orthogonal",
    ):
        assert not inside(values[name], name)
    control = trial("control")
    assert not inside(control["steady_flat"], "steady_flat")
    assert not inside(control["growing_grows"], "growing_grows")


def test_mutant_a_recurrent_network_in_place_of_the_transformer_springs_the_controls(monkeypatch):
    monkeypatch.setattr(
        experiment, "make_transformer", lambda scene, layers, norm: experiment.make_lstm(scene)
    )
    values = trial("control")
    assert not inside(values["transformer_pre"], "transformer_pre")
    assert inside(values["transformer_fades"], "transformer_fades")
    assert inside(values["transformer_straightness"], "transformer_straightness")


# ---- the parts --------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["rnn", "gru", "lstm"])
def test_torchs_layers_and_the_step_by_step_form_give_one_profile(kind):
    here = scene()
    made, plain = {
        "rnn": (experiment.make_rnn(here), RNN(64, **here.settings())),
        "gru": (experiment.make_gru(here), GRU(64, **here.settings())),
        "lstm": (experiment.make_lstm(here, chrono=50), LSTM(64, chrono=50, **here.settings())),
    }[kind]
    inputs = here.inputs[:, -101:]
    _, logs = experiment.measured(dataclasses.replace(here, inputs=inputs), made)
    carried = list(backprop.carried_log10(plain, inputs, here.readout))
    assert len(logs) == len(carried) == 101
    assert backprop.largest_error(carried, logs) < 1e-9


@pytest.mark.parametrize("gain", [0.7, 1.0, 1.2])
def test_a_linear_orthogonal_recurrence_fades_by_the_log_of_its_gain(gain):
    here = scene()
    model = experiment.make_rnn(here, nonlinearity="linear", recurrent="orthogonal", gain=gain)
    found, _ = experiment.measured(here, model)
    assert found.slope == pytest.approx(math.log(gain), abs=2e-3)


def test_tiny_inputs_make_a_tanh_rnn_as_good_as_linear():
    here = scene()
    options = {"recurrent": "orthogonal", "biases": False}
    bent, _ = experiment.measured(here, experiment.make_rnn(here, **options), experiment.SMALL)
    straight, _ = experiment.measured(here, experiment.make_rnn(here, nonlinearity="linear", **options))
    assert bent.slope == pytest.approx(straight.slope, abs=1e-3)
    biased = experiment.make_rnn(here, recurrent="orthogonal")
    assert experiment.measured(here, biased, experiment.SMALL)[0].slope < -0.02, "biases alone bend tanh"


def test_two_layers_are_two_layers():
    here = scene()
    stacked = experiment.make_lstm(here, layers=2)
    settings = here.settings()
    first, second = LSTM(64, **settings), LSTM(64, **settings)
    x = here.inputs[:, :12]
    assert torch.allclose(stacked(x), second(first(x)), atol=1e-12)
    assert not torch.equal(first.weight_hh, second.weight_hh)


def test_both_arms_see_the_same_inputs_and_weights():
    here, there = (
        scene(),
        experiment.prepare(Lab(arm="control", seed=0, size=SMALL, device="cpu", emit=lambda event: None)),
    )
    assert torch.equal(here.inputs, there.inputs)
    assert torch.equal(here.readout, there.readout)
    one, other = (experiment.make_lstm(each)[0].layer.weight_hh_l0 for each in (here, there))
    assert torch.equal(one, other)
    assert float(here.readout.norm()) == pytest.approx(1.0)


def test_the_smallest_rise():
    assert experiment.smallest_rise([-3.0, -1.0, -0.5]) == 0.5
    assert experiment.smallest_rise([-3.0, -1.0, -1.5]) == -0.5


# ---- the claims file ------------------------------------------------------------------------------


@pytest.mark.parametrize("claim", CONDITIONS)
def test_the_claims_name_these_conditions(claim):
    entries = {
        entry["id"]: entry for entry in yaml.safe_load(CLAIMS_FILE.read_text(encoding="utf-8"))["claims"]
    }
    limits = {limit["check"] for limit in entries[claim]["limits"]}
    assert {f"{NAME}.{check}" for check in CONDITIONS[claim]} <= limits
