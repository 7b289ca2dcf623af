"""LSTMs and RNNs with and without orthogonal weights, hand-worked cases, and mutants."""

import math

import pytest
import torch
from quizapp.verifiers.experiments import recurrent_init as experiment
from quizapp.verifiers.lab import Lab
from quizapp.verifiers.verdict import declared, judge

from quizapp.verifiers import engine, tasks
from tests.bench.judged import judged

NAME = "recurrent_init"
CLAIM = "orthogonal-init-critical"
QUICK = experiment.PROFILES["quick"]


def make_lab(arm="claim", seed=0, emit=lambda event: None, **size):
    return Lab(arm=arm, seed=seed, size={**QUICK, **size}, device="cpu", emit=emit)


def results(values):
    """Check results as if two seeds had given these numbers, so that every interval has a width of zero."""
    checks = declared(experiment.CHECKS)
    return {name: judge(checks[name], [value, value], 1) for name, value in values.items()}


def verdict(values):
    return judged(NAME, results(values), [CLAIM])[CLAIM]


@pytest.fixture
def lstms(monkeypatch):
    """Runs the claim's arm with a stand-in for training: (task, name of the start) -> what was learned."""

    def run(table, **options):
        monkeypatch.setattr(experiment, "learned", lambda lab, task, start: table[task, start.name])
        lab = make_lab(seed=1, **options)
        experiment.trial(lab)
        return lab.values

    return run


DEFAULT, ORTHOGONAL, CHRONO = (
    start.name for start in (experiment.LSTM_DEFAULT, experiment.LSTM_ORTHOGONAL, experiment.LSTM_CHRONO)
)
FOUND = {
    ("adding", DEFAULT): 0.95,
    ("adding", ORTHOGONAL): 0.95,
    ("copying", DEFAULT): 0.2,
    ("copying", ORTHOGONAL): 0.32,
    ("recalling", DEFAULT): 0.0,
    ("recalling", ORTHOGONAL): 0.0,
    ("recalling", CHRONO): 0.95,
}
"""About what the quick profile finds."""


# ---- the verdict ------------------------------------------------------------------------------------


def test_the_claim_fails_on_what_is_found(lstms):
    values = lstms(FOUND)
    assert set(values) == {name for name, check in experiment.CHECKS.items() if check["arm"] == "claim"}
    assert verdict(values) == "fails"


def test_the_claim_holds_where_only_orthogonal_weights_learn(lstms):
    values = lstms({case: 0.9 if case[1] == ORTHOGONAL else 0.1 for case in FOUND})
    assert verdict(values) == "holds"


@pytest.mark.parametrize("task", ["adding", "copying", "recalling"])
def test_no_verdict_from_a_task_that_no_start_learns(lstms, task):
    notes = []
    values = lstms(
        {case: 0.0 if case[0] == task else found for case, found in FOUND.items()}, emit=notes.append
    )
    assert math.isnan(values[f"{task}_gain"])
    assert any(f"No LSTM learned {task}" in getattr(event, "text", "") for event in notes)
    assert results(values)[f"{task}_gain"].outcome == "unclear"
    assert verdict(values) != "holds"


# ---- training: mutants that change a check's outcome --------------------------------------------------


def recalled(start, **size):
    return experiment.learned(make_lab(**size), "recalling", start)


def test_recalling_needs_open_forget_gates_and_no_orthogonal_ones():
    default, turned, chrono = (
        recalled(start)
        for start in (experiment.LSTM_DEFAULT, experiment.LSTM_ORTHOGONAL, experiment.LSTM_CHRONO)
    )
    found = results({"recalling_gain": turned - default, "recalling_forget_gain": chrono - default})
    assert found["recalling_gain"].outcome == "fail"
    assert found["recalling_forget_gain"].outcome == "pass"


def test_mutant_the_rnn_wired_in_as_the_orthogonal_lstm():
    """Orthogonal weights do make a tanh RNN recall: the gain would be seen."""
    gain = recalled(experiment.RNN_ORTHOGONAL) - recalled(experiment.LSTM_DEFAULT, recalling_steps=40)
    assert results({"recalling_gain": gain})["recalling_gain"].outcome == "pass"


def test_mutant_chrono_that_opens_no_gate():
    """With the forget gates left as they were nothing is gained."""
    shut = experiment.Start(name="LSTM, chrono", options={"forget_bias": 0.0})
    gain = recalled(shut) - recalled(experiment.LSTM_DEFAULT, recalling_steps=40)
    assert results({"recalling_forget_gain": gain})["recalling_forget_gain"].outcome == "fail"


def copied(start, **options):
    return experiment.learned(make_lab(copying_rates=[0.01]), "copying", start, **options)


def test_the_rnn_gains_in_copying_and_the_lstm_hardly():
    turned = copied(experiment.RNN_ORTHOGONAL)
    found = results(
        {
            "rnn_copying_gain": turned - copied(experiment.RNN_DEFAULT),
            "rnn_copying_identity": turned - copied(experiment.RELU_IDENTITY),
            "rnn_no_difference": turned - copied(experiment.RNN_ORTHOGONAL, again=1),
            "copying_gain": copied(experiment.LSTM_ORTHOGONAL) - copied(experiment.LSTM_DEFAULT),
        }
    )
    assert all(found[name].tripped for name in found if found[name].arm == "control")
    assert found["copying_gain"].outcome == "fail"
    # Mutant: the RNN wired in as the orthogonal LSTM; the gain would be seen.
    gain = turned - copied(experiment.LSTM_DEFAULT)
    assert results({"copying_gain": gain})["copying_gain"].outcome == "pass"


def test_mutant_no_start_is_orthogonal(monkeypatch):
    """With torch's weights everywhere the control does not trip, and the run is invalid."""
    monkeypatch.setattr(experiment, "RNN_ORTHOGONAL", experiment.RNN_DEFAULT)
    lab = make_lab("control", adding_steps=1, shuffled_steps=10, copying_steps=20)
    experiment.trial(lab)
    assert lab.values["rnn_copying_gain"] == 0.0
    assert not results(lab.values)["rnn_copying_gain"].tripped


def test_an_lstm_as_torch_begins_it_learns_to_add():
    """In the steps that the shuffled control has: it is not for want of steps that it learns nothing."""
    steps = QUICK["shuffled_steps"]
    assert experiment.learned(make_lab(adding_steps=steps), "adding", experiment.LSTM_DEFAULT) > 0.7
    assert experiment.learned(make_lab(), "adding", experiment.LSTM_DEFAULT, shuffled=True) < 0.3


# ---- the parts --------------------------------------------------------------------------------------


def recurrent(start, seed=0):
    return experiment.build(make_lab(seed=seed), "copying", start).core[0].layer.weight_hh_l0.detach()


def test_every_gate_is_orthogonal_and_has_a_matrix_of_its_own():
    gates = recurrent(experiment.LSTM_ORTHOGONAL).double().chunk(4)
    for gate in gates:
        assert torch.allclose(gate @ gate.T, torch.eye(experiment.WIDTH, dtype=torch.float64), atol=1e-5)
    assert not torch.equal(gates[0], gates[1])
    default = recurrent(experiment.LSTM_DEFAULT).double().chunk(4)[0]
    assert float(default.abs().max()) <= 1.0 / math.sqrt(experiment.WIDTH)


@pytest.mark.parametrize("task", ["adding", "copying"])
def test_two_starts_differ_in_the_recurrent_matrix_alone(task):
    one, other = (
        experiment.build(make_lab(), task, start).state_dict()
        for start in (experiment.LSTM_DEFAULT, experiment.LSTM_ORTHOGONAL)
    )
    assert [name for name in one if not torch.equal(one[name], other[name])] == ["core.0.layer.weight_hh_l0"]


def test_another_network_of_the_seed_has_other_weights():
    lab = make_lab()
    one, other = (experiment.build(lab, "copying", experiment.RNN_ORTHOGONAL, again) for again in (0, 1))
    assert not torch.equal(one.embedding, other.embedding)


def test_the_adder_answers_from_the_last_state():
    adder = experiment.build(make_lab(), "adding", experiment.LSTM_DEFAULT)
    assert isinstance(adder, experiment.Adder)
    x = torch.rand(3, 7, 2, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        states = adder.core(adder.into(x))
        by_hand = states[:, -1] @ adder.head.weight[0] + adder.head.bias
        assert torch.allclose(adder(x), by_hand, atol=1e-6)


def test_the_error_is_that_of_the_sums():
    batch = tasks.Batch(torch.zeros(2, 1, 2), torch.tensor([0.5, 1.5]))
    assert float(experiment.squared_error(lambda inputs: torch.ones(2), batch)) == pytest.approx(0.25)


def test_chance_is_what_the_best_constant_answer_gets():
    """The sum of two uniform numbers has variance 1/6; a guess among 8 symbols costs log 8."""
    batch = tasks.adding(torch.Generator().manual_seed(0), 20000, length=30)
    error = float(((batch.targets - 1.0) ** 2).mean())
    assert error == pytest.approx(experiment.CHANCE["adding"], rel=0.03)
    assert experiment.CHANCE["copying"] == pytest.approx(math.log(8.0))


def test_shuffled_answers_belong_to_other_sequences():
    lab = make_lab()
    true, other = (
        experiment.draw(lab, "adding", torch.Generator().manual_seed(3), shuffled)
        for shuffled in (False, True)
    )
    assert torch.equal(true.inputs, other.inputs)
    assert torch.equal(true.targets, other.targets.roll(-1))


def test_a_curve_is_drawn_as_shares_of_chance():
    points = []
    experiment._curve(make_lab(emit=points.append), "c", [2.0] * 10 + [100.0] * 10 + [7.0], 4.0)
    assert [(point.x, point.y) for point in points] == [(10.0, 0.5), (20.0, 1.5)]


@pytest.mark.slow
def test_the_quick_profile():
    found = engine.run(NAME, lambda event: None, device="cpu", first_seed=50)
    assert all(result.tripped for result in found.values())
    assert judged(NAME, found, [CLAIM]) == {CLAIM: "fails"}
