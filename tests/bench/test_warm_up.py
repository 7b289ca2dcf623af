"""What the models learn, what they share, and verdicts that change when the cause is taken away.

Most tests train only what the claim rests on, three seeds of it; the slow one runs everything.
"""

import dataclasses
import math

import pytest
import torch
from quizapp.verifiers.experiments import warm_up as experiment
from quizapp.verifiers.lab import Lab
from quizapp.verifiers.tasks import IGNORE
from quizapp.verifiers.train import Fit

from quizapp.verifiers import catalogue, engine, tasks
from tests.bench.judged import judged

NAME = "warm_up"
CLAIM = "transformer-stable-by-design"
SHORT = {"length": 8, "batch": 4, "steps": 20, "others": False}


def lab_of(size=SHORT, arm="claim", seed=0, emit=lambda event: None):
    return Lab(arm=arm, seed=seed, size=size, device="cpu", emit=emit)


def run_only(patch, *names):
    """The experiment with these checks alone, on three seeds."""
    whole = catalogue.read(NAME)
    checks = {name: whole.checks[name] for name in names}
    patch.setattr(catalogue, "read", lambda name: dataclasses.replace(whole, checks=checks))
    patch.setattr(experiment, "CHECKS", {name: experiment.CHECKS[name] for name in names})
    return engine.run(NAME, lambda event: None, device="cpu", seeds=3)


@pytest.fixture(scope="module")
def sound():
    with pytest.MonkeyPatch.context() as patch:
        return run_only(patch, "post_cold_fast", "post_cold_gentle")


def verdict(results):
    return judged(NAME, results, [CLAIM])[CLAIM]


def test_post_ln_without_warm_up_learns_at_the_gentle_rate_and_not_at_the_fast_one(sound):
    assert sound["post_cold_gentle"].outcome == "pass"
    assert sound["post_cold_fast"].outcome == "fail"
    assert sound["post_cold_fast"].estimate < 0.28  # the ledger's own threshold for a failure
    assert verdict(sound) == "fails"


# ---- mutants: each turns the claim's verdict round ---------------------------------------------------


def test_mutant_the_norms_are_at_the_entrance_after_all(sound, monkeypatch):
    build = experiment.build
    monkeypatch.setattr(experiment, "build", lambda lab, norm: build(lab, "pre"))
    mutated = run_only(monkeypatch, "post_cold_fast")
    assert mutated["post_cold_fast"].outcome == "pass"
    assert verdict({**sound, **mutated}) == "holds"


def test_mutant_warm_up_is_left_on(sound, monkeypatch):
    recipe = experiment.train.Recipe
    monkeypatch.setattr(
        experiment.train,
        "Recipe",
        lambda **options: recipe(**{**options, "warm_up": options["steps"] // 2}),
    )
    mutated = run_only(monkeypatch, "post_cold_fast")
    assert mutated["post_cold_fast"].outcome == "pass"
    assert verdict({**sound, **mutated}) == "holds"


@pytest.mark.slow
def test_the_outcomes_of_the_quick_profile():
    results = engine.run(NAME, lambda event: None, device="cpu", seeds=3, first_seed=50)
    assert all(result.tripped for result in results.values())
    outcomes = {name: result.outcome for name, result in results.items()}
    assert outcomes == {
        "post_cold_fast": "fail",
        "post_cold_gentle": "pass",
        "pre_cold_fast": "pass",
        "post_warm_fast": "pass",
        "pre_cold_violent": "fail",
    }


# ---- the parts --------------------------------------------------------------------------------------


def test_learned_is_one_when_perfect_and_zero_for_a_guess():
    def ended(*losses):
        return experiment.learned(Fit(losses=losses, norms=(1.0,) * len(losses)))

    assert ended(0.0) == 1.0
    assert ended(math.log(16)) == pytest.approx(0.0)
    assert ended(math.log(4)) == pytest.approx(0.5)
    assert ended(100.0) == -1.0
    assert ended(0.0, math.inf) == -1.0
    assert ended(*[math.log(16)] * 5, *[0.0] * 10) == 1.0  # the last ten count


def test_what_came_before_is_asked_of_every_token_that_has_one():
    batch = tasks.delayed_copy(torch.Generator().manual_seed(0), 50, length=9, symbols=5, lag=2)
    for row, answers in zip(batch.inputs.tolist(), batch.targets.tolist(), strict=True):
        assert answers == [IGNORE, IGNORE, *row[:-2]]
    assert batch.inputs.unique().tolist() == [0, 1, 2, 3, 4]


def test_models_of_a_seed_begin_with_the_same_weights_wherever_the_norms_are():
    pre, post = (experiment.build(lab_of(), norm).state_dict() for norm in ("pre", "post"))
    assert set(pre) - set(post) == {"core.last_norm.weight", "core.last_norm.bias"}
    assert all(pre[name].equal(value) for name, value in post.items())
    other = experiment.build(lab_of(seed=1), "post").state_dict()
    assert not other["embedding"].equal(post["embedding"])


def trained(name, monkeypatch):
    """The recipe and the batches that a run is trained with, without training it."""
    seen = []

    def fit(model, draw, recipe, *, watch):
        seen.append((model.core.blocks[0].norm, recipe, draw().inputs))
        return Fit(losses=(1.0,), norms=(1.0,))

    monkeypatch.setattr(experiment.train, "fit", fit)
    experiment.run(lab_of(), name)
    return seen[0]


@pytest.mark.parametrize(
    ("name", "norm", "rate", "warm_up"),
    [
        ("post_cold_fast", "post", 0.008, 0),
        ("post_warm_fast", "post", 0.008, 10),
        ("post_cold_gentle", "post", 0.003, 0),
        ("pre_cold_violent", "pre", 0.3, 0),
    ],
)
def test_a_name_says_how_its_model_is_trained(name, norm, rate, warm_up, monkeypatch):
    placed, recipe, inputs = trained(name, monkeypatch)
    assert (placed, recipe.learning_rate, recipe.warm_up) == (norm, rate, warm_up)
    assert (recipe.steps, recipe.clip, recipe.enough) == (20, None, None)
    assert inputs.equal(trained("pre_cold_fast", monkeypatch)[2])


def test_a_learning_curve_is_drawn_every_ten_steps_and_a_run_repeats_itself():
    points, again = [], []
    experiment.run(lab_of(emit=points.append), "post_warm_gentle")
    experiment.run(lab_of(emit=again.append), "post_warm_gentle")
    assert points == again
    assert [point.x for point in points] == [10.0, 20.0]
    assert {point.curve for point in points} == {"post-LN, warm-up, rate 0.003"}
    assert all(1.0 < point.y < 1.5 * experiment.CHANCE for point in points)


def test_the_full_profile_completes_the_square(monkeypatch):
    ran = []

    def run(lab, name):
        ran.append(name)
        return Fit(losses=(1.0,), norms=(1.0,))

    monkeypatch.setattr(experiment, "run", run)
    for arm in engine.ARMS:
        experiment.trial(lab_of({**SHORT, "others": True}, arm))
    ran.remove("pre_cold_violent")
    assert sorted(ran) == sorted(
        f"{norm}_{start}_{speed}"
        for norm in ("pre", "post")
        for start in ("cold", "warm")
        for speed in ("slow", "gentle", "fast", "faster")
    )
