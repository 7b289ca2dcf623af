"""Newton's method against the plain loop, hand-worked cases, and outcomes that change when it breaks."""

import math
from functools import partial
from pathlib import Path

import pytest
import torch
import yaml
from quizapp.verifiers.experiments import newton_scan as experiment
from quizapp.verifiers.lab import Lab
from quizapp.verifiers.models.rnn import RNN

from quizapp.verifiers import engine
from tests.bench.judged import within

inside = partial(within, experiment.CHECKS)

NAME = "newton_scan"
LIMIT = "iterations_contractive"
CLAIMS_FILE = Path(__file__).parents[2] / "questions" / "claims.yaml"
SHORT = {"draws": 2, "chaotic_draws": 1, "limit": 24, "short_limit": 22}


def run_trial(arm="claim"):
    """The numbers of one small trial."""
    lab = Lab(arm=arm, seed=0, size=SHORT, device="cpu", emit=lambda event: None)
    experiment.trial(lab)
    return lab.values


def systems(width=4, gain=0.9, draws=2, **options):
    lab = Lab(arm="claim", seed=3, size=SHORT, device="cpu", emit=lambda event: None)
    with torch.no_grad():
        return experiment.draw(lab, draws, width, gain, **options)


def test_the_outcomes():
    results = engine.run(NAME, lambda event: None, device="cpu", seeds=3)
    assert all(result.tripped for result in results.values())
    assert results[LIMIT].outcome == "pass"
    assert results[LIMIT].high <= 10
    for name in experiment.GAINS:
        assert results[name].estimate < 20
    assert results["iterations_gain_0_5"].estimate < results["iterations_gain_1_5"].estimate


def test_the_claim_names_this_limit():
    entries = {
        entry["id"]: entry for entry in yaml.safe_load(CLAIMS_FILE.read_text(encoding="utf-8"))["claims"]
    }
    limits = {limit["check"] for limit in entries["rnn-inherently-sequential"]["limits"]}
    if f"{NAME}.{LIMIT}" not in limits:
        pytest.skip("not among the limits yet")
    assert experiment.CHECKS[LIMIT]["arm"] == "claim"


# ---- mutants: each turns the limit's check, and with it `depends`, round --------------------------------


def test_mutant_the_maps_are_composed_in_the_wrong_order(monkeypatch):
    compose = experiment.compose
    monkeypatch.setattr(experiment, "compose", lambda earlier, later: compose(later, earlier))
    values = run_trial()
    assert not inside(values[LIMIT], LIMIT)
    assert values[LIMIT] == math.inf


def test_mutant_a_tangent_that_forgets_the_slope_of_tanh(monkeypatch):
    """The matrix W alone: right for a linear RNN, too large for tanh."""

    def unsloped(systems, after):
        return systems.recurrent.expand(len(after), *systems.recurrent.shape)

    iterations = experiment.iterations
    monkeypatch.setattr(
        experiment,
        "iterations",
        lambda systems, limit, jacobians=unsloped: iterations(systems, limit, jacobians),
    )
    assert not inside(run_trial()[LIMIT], LIMIT)
    assert inside(run_trial(arm="control")["iterations_linear"], "iterations_linear")


def test_mutant_chaos_in_place_of_contraction(monkeypatch):
    draw = experiment.draw
    monkeypatch.setattr(
        experiment,
        "draw",
        lambda lab, draws, width, gain, **options: draw(lab, 1, 16, 3.0),
    )
    assert not inside(run_trial()[LIMIT], LIMIT)


def test_mutant_an_rnn_that_is_linear_springs_a_control(monkeypatch):
    draw = experiment.draw

    def linear(lab, draws, width, gain, **options):
        return draw(lab, draws, width, 0.5, linear=True, orthogonal=True)

    monkeypatch.setattr(experiment, "draw", linear)
    values = run_trial(arm="control")
    assert values["iterations_tanh_in_one"] == 1.0
    assert inside(values["iterations_tanh_in_one"], "iterations_tanh_in_one")


# ---- the parts --------------------------------------------------------------------------------------


def test_the_states_are_those_of_the_rnn_and_of_torch():
    generator = torch.Generator().manual_seed(0)
    rnn = RNN(4, generator=generator)
    x = torch.randn(1, 32, 4, generator=generator, dtype=torch.float64)
    torchs = torch.nn.RNN(4, 4, batch_first=True, dtype=torch.float64)
    with torch.no_grad():
        for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"):
            getattr(torchs, f"{name}_l0").copy_(getattr(rnn, name))
        drive = x[0] @ rnn.weight_ih.T + rnn.bias_ih + rnn.bias_hh
        found = experiment.solved_serially(rnn.weight_hh[None].detach(), drive[:, None], False).states[:, 0]
        assert torch.allclose(found, rnn(x)[0], atol=1e-12)
        assert torch.allclose(found, torchs(x)[0][0], atol=1e-9)


def test_newton_arrives_at_the_plain_loops_states():
    some = systems()
    steps = experiment.newton(some)
    for _ in range(8):
        guess = next(steps)
    assert float((guess - some.states).abs().max()) < 1e-12


def test_every_iteration_makes_one_token_more_right():
    """Whatever the dynamics: the first k states are right after k iterations."""
    some = systems(width=16, gain=3.0)
    for number, guess in zip(range(1, 6), experiment.newton(some), strict=False):
        assert torch.allclose(guess[:number], some.states[:number], atol=1e-12)


def test_the_jacobians_are_autograds():
    some = systems()
    before = some.states[:3].clone()
    short = some.first(3)
    found = short.jacobians(short.next_states(before))

    def step(h):
        return torch.tanh(some.recurrent[1] @ h + some.drive[2, 1])

    wanted = torch.autograd.functional.jacobian(step, before[2, 1])
    assert torch.allclose(found[2, 1], wanted, atol=1e-12)


def test_composing_two_maps_is_applying_one_after_the_other():
    generator = torch.Generator().manual_seed(0)
    a1, a2 = torch.randn(2, 1, 1, 3, 3, generator=generator, dtype=torch.float64)
    b1, b2, h = torch.randn(3, 1, 1, 3, generator=generator, dtype=torch.float64)
    a, b = experiment.compose((a1, b1), (a2, b2))
    one_by_one = experiment.times(a2, experiment.times(a1, h) + b1) + b2
    assert torch.allclose(experiment.times(a, h) + b, one_by_one, atol=1e-12)


def test_the_lyapunov_exponent_of_a_scaled_rotation_is_the_log_of_its_scale():
    some = systems(gain=0.9, linear=True, orthogonal=True)
    assert experiment.lyapunov(some) == pytest.approx([math.log(0.9)] * 2, abs=2e-3)


def test_what_does_not_arrive_is_infinite():
    some = systems(width=16, gain=3.0)
    assert experiment.iterations(some, 5) == [math.inf, math.inf]
