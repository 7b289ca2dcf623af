"""What the probe finds, what it must not find, and verdicts that change when it is broken on purpose.

The outcomes are taken from fewer sequences and steps than the app's (the profile SMALL), three seeds.
"""

import dataclasses
import math
from functools import cache

import pytest
import torch
from quizapp.verifiers.experiments import state_probe as experiment
from quizapp.verifiers.lab import Lab
from quizapp.verifiers.models.tagger import Tagger

from quizapp import bank
from quizapp.verifiers import catalogue, engine
from tests.bench.judged import judged

NAME = "state_probe"
CLAIM = "cannot-inspect-hidden"
SMALL = {**experiment.PROFILES["quick"], "sequences": 1200, "steps": 60}
LEARN = experiment.learn


@cache
def trained(seed):
    """The network of a seed after training, the same for every test."""
    lab = make_lab(seed=seed)
    return LEARN(lab, experiment.prepare(lab))


def run_small(patch, seeds=3, learn=lambda lab, scene: trained(lab.seed)):
    full = catalogue.read(NAME)
    patch.setattr(catalogue, "read", lambda name: dataclasses.replace(full, profiles={"quick": SMALL}))
    patch.setattr(experiment, "learn", learn)
    return engine.run(NAME, lambda event: None, device="cpu", seeds=seeds)


BANK = cache(bank.load)


def verdict(results):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bank, "load", BANK)  # reading it takes longer than all that is judged here
        return judged(NAME, results, {CLAIM})[CLAIM]


def make_lab(arm="claim", seed=0, emit=lambda event: None):
    return Lab(arm=arm, seed=seed, size=SMALL, device="cpu", emit=emit)


@pytest.fixture(scope="module", autouse=True)
def trained_before_anything_is_broken():
    for seed in range(4):
        trained(seed)


@pytest.fixture(scope="module")
def sound():
    with pytest.MonkeyPatch.context() as patch:
        return run_small(patch, seeds=4)


def test_the_claim_fails_and_every_control_comes_out_as_it_must(sound):
    assert all(result.tripped for result in sound.values())
    assert verdict(sound) == "fails"
    assert sound["untrained_recent"].outcome == sound["trained_recent"].outcome == "fail"
    assert sound["training_discards"].outcome == "pass"


def test_direction_of_the_prototype(sound):
    """Measured independently before: 0.93 untrained, 1.00 trained, 0.12 to 0.13 shuffled."""
    assert sound["untrained_recent"].estimate == pytest.approx(0.93, abs=0.1)
    assert sound["trained_recent"].estimate == pytest.approx(1.0, abs=0.1)
    for name in ("shuffled_untrained", "shuffled_trained", "no_memory_before"):
        assert sound[name].estimate == pytest.approx(1 / 8, abs=0.03)


@pytest.mark.slow
def test_the_outcomes_at_the_apps_own_size():
    results = engine.run(NAME, lambda event: None, device="cpu")
    assert all(result.tripped for result in results.values())
    assert verdict(results) == "fails"


# ---- mutants --------------------------------------------------------------------------------------------


def test_mutant_the_state_of_the_first_token_is_probed(monkeypatch):
    """It has seen one token, 23 places back: nothing recent is in it, and the claim would hold."""
    states = Tagger.states
    monkeypatch.setattr(Tagger, "states", lambda self, tokens: states(self, tokens).flip(1))
    results = run_small(monkeypatch)
    assert verdict(results) == "holds"
    assert not results["no_memory_now"].tripped


def test_mutant_a_probe_fitted_to_other_labels(monkeypatch):
    fitted = experiment.Probe.fitted

    def mixed(states, labels, **options):
        order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(5))
        return fitted(states, labels[order], **options)

    monkeypatch.setattr(experiment.Probe, "fitted", mixed)
    results = run_small(monkeypatch)
    assert verdict(results) == "holds"
    assert not results["no_memory_now"].tripped


def test_mutant_tokens_that_tell_of_each_other_spring_a_control(monkeypatch):
    """If every token repeats the one before, a state without memory shows that one too."""
    prepare = experiment.prepare

    def repeating(lab):
        scene = prepare(lab)
        return dataclasses.replace(scene, probed=scene.probed[:, -1:].expand_as(scene.probed))

    monkeypatch.setattr(experiment, "prepare", repeating)
    results = run_small(monkeypatch, seeds=2)
    assert not results["no_memory_before"].tripped


def test_mutant_no_training(monkeypatch):
    results = run_small(monkeypatch, learn=lambda lab, scene: (scene.untrained, True))
    assert results["training_discards"].outcome == "fail"
    assert verdict(results) == "fails", "an untrained state can be read too"


def test_what_has_not_learned_is_not_compared(monkeypatch):
    monkeypatch.setattr(experiment, "learn", lambda lab, scene: (scene.untrained, False))
    lab = make_lab()
    experiment.trial(lab)
    assert math.isnan(lab.values["trained_recent"])
    assert math.isnan(lab.values["training_discards"])
    assert lab.values["untrained_recent"] > 0.8


def test_a_budget_too_small_is_said(monkeypatch):
    notes = []
    lab = Lab(
        arm="claim",
        seed=3,
        size={**SMALL, "steps": 2},
        device="cpu",
        emit=lambda event: notes.append(getattr(event, "text", "")),
    )
    _, learned = experiment.learn(lab, experiment.prepare(lab))
    assert not learned
    assert any("did not learn in this budget" in note for note in notes)


# ---- the parts ------------------------------------------------------------------------------------------


def test_a_probe_finds_what_is_there_and_not_what_is_not():
    generator = torch.Generator().manual_seed(0)
    labels, other = torch.randint(8, (2, 2000), generator=generator)
    directions = torch.randn(8, 20, generator=generator, dtype=torch.float64)
    noise = torch.randn(2000, 20, generator=generator, dtype=torch.float64)
    states = 5.0 + directions[labels] + 0.1 * noise
    probe = experiment.Probe.fitted(states[:1000], labels[:1000])
    assert (probe.guesses(states[1000:]) == labels[1000:]).double().mean() == 1.0
    blind = experiment.Probe.fitted(states[:1000], other[:1000])
    assert (blind.guesses(states[1000:]) == other[1000:]).double().mean() < 0.25


def test_the_probe_is_ridge_regression():
    """Against the normal equations of the padded problem, solved by another routine."""
    generator = torch.Generator().manual_seed(1)
    states = torch.randn(60, 4, generator=generator, dtype=torch.float64)
    labels = torch.randint(8, (60,), generator=generator)
    probe = experiment.Probe.fitted(states, labels, penalty=0.3)
    centred = states - states.mean(dim=0)
    strength = 0.3 * float(centred.square().sum(dim=0).mean())
    rows = torch.cat((centred, torch.ones(60, 1, dtype=torch.float64)), dim=1)
    padding = math.sqrt(strength) * torch.eye(5, dtype=torch.float64)[:4]
    wanted = torch.zeros(64, 8, dtype=torch.float64)
    wanted[torch.arange(60), labels] = 1.0
    found = torch.linalg.lstsq(torch.cat((rows, padding)), wanted).solution
    assert torch.allclose(probe.weight, found, atol=1e-10)


def test_the_scale_of_the_states_does_not_matter():
    generator = torch.Generator().manual_seed(2)
    states = torch.randn(200, 6, generator=generator, dtype=torch.float64)
    labels = torch.randint(8, (200,), generator=generator)
    one, small = (experiment.Probe.fitted(scale * states, labels) for scale in (1.0, 1e-4))
    assert torch.equal(one.guesses(states), small.guesses(1e-4 * states))


def test_steps_back_are_counted_from_the_last_token(monkeypatch):
    """A state that is the one-hot of the token 4 places before the last shows that one alone."""
    scene = experiment.prepare(make_lab())

    def four_back(self, tokens):
        return torch.nn.functional.one_hot(tokens.roll(4, dims=1), 8).float()

    monkeypatch.setattr(Tagger, "states", four_back)
    found = experiment.probe_all(scene, scene.untrained)
    assert found[4] == 1.0
    assert max(accuracy for back, accuracy in found.items() if back != 4) < 0.25


def test_without_memory_a_state_depends_on_the_last_token_alone():
    lab = make_lab()
    scene = experiment.prepare(lab)
    model = experiment.without_memory(scene, lab)
    with torch.no_grad():
        one, other = model.states(torch.tensor([[1, 2, 3, 4], [7, 0, 5, 4]]))[:, -1]
        kept = scene.untrained.states(torch.tensor([[1, 2, 3, 4], [7, 0, 5, 4]]))[:, -1]
    assert torch.allclose(one, other, atol=1e-6)
    assert not torch.allclose(kept[0], kept[1], atol=1e-3)


def test_both_arms_probe_the_same_network_with_the_same_tokens():
    one, other = (experiment.prepare(make_lab(arm)) for arm in engine.ARMS)
    assert torch.equal(one.probed, other.probed)
    assert torch.equal(one.untrained.embedding, other.untrained.embedding)
    assert one.seed == other.seed
