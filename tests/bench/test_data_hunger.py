"""Small networks with few and many sequences, hand-worked parts, and outcomes that change when broken."""

import dataclasses
import math

import pytest
import torch
from quizapp.verifiers.experiments import data_hunger as experiment
from quizapp.verifiers.lab import Lab
from quizapp.verifiers.models.tagger import parameters
from quizapp.verifiers.tasks import Batch
from quizapp.verifiers.wire import Note, Point
from torch import nn

from quizapp.verifiers import catalogue, engine
from tests.bench.judged import judged

NAME = "data_hunger"
CLAIM = "transformers-need-more-data"
SMALL = {
    "few": 16,
    "many": 1024,
    "batch": 16,
    "symbols": 4,
    "lstm_width": 29,
    "transformer_width": 24,
    "steps": {"chain": 150, "near": 30, "far": 40, "lookup": 70},
    "rates": [1.5e-2],
    "every": 10,
    "patience": 70,
    "validation": 64,
    "test": 128,
}


def lab(arm="claim", seed=0, emit=lambda event: None, **sizes):
    return Lab(arm=arm, seed=seed, size={**SMALL, **sizes}, device="cpu", emit=emit)


def run_trial(arm="claim", **options):
    """The numbers of one small trial."""
    made = lab(arm, **options)
    experiment.trial(made)
    return made.values


def inside(values, name):
    low, high = experiment.CHECKS[name]["bounds"]
    return (low is None or low <= values[name]) and (high is None or values[name] <= high)


def run_hurried(monkeypatch):
    """Two seeds of ten steps each, by the engine."""
    read = catalogue.read
    size = {**SMALL, "steps": dict.fromkeys(SMALL["steps"], 10)}
    monkeypatch.setattr(
        catalogue, "read", lambda name: dataclasses.replace(read(name), profiles={"quick": size})
    )
    return engine.run(NAME, lambda event: None, device="cpu", seeds=2)


# ---- outcomes ---------------------------------------------------------------------------------------


def test_the_claims_arm():
    values = run_trial()
    assert all(inside(values, name) for name in values), values


def test_the_controls_come_out_as_they_must():
    values = run_trial("control")
    for name, value in values.items():
        assert inside(values, name) == (experiment.CHECKS[name]["must"] == "pass"), (name, value)


@pytest.mark.slow
def test_the_quick_profile():
    results = engine.run(NAME, lambda event: None, device="cpu", first_seed=7000)
    assert all(result.tripped for result in results.values())
    assert judged(NAME, results, [CLAIM]) == {CLAIM: "depends"}
    assert {result.outcome for result in results.values() if result.arm == "claim"} == {"pass"}


def test_the_same_seed_gives_the_same_numbers_whatever_ran_before():
    sizes = {"steps": {"near": 10, "lookup": 10}}
    first = run_trial("control", seed=3, **sizes)
    assert run_trial("control", seed=4, **sizes) != first
    assert run_trial("control", seed=3, **sizes) == first


# ---- mutants: each turns an outcome round -----------------------------------------------------------


def test_mutant_an_lstm_in_the_transformers_place(monkeypatch):
    """Then nobody leads, and the claim fails."""
    build = experiment.build
    monkeypatch.setattr(experiment, "build", lambda lab, kind, puzzle, seed: build(lab, "lstm", puzzle, seed))
    results = run_hurried(monkeypatch)
    for name in ("lstm_lead_few", "transformer_lead_far_few", "transformer_lead_lookup_many"):
        assert results[name].estimate == 0.0
        assert results[name].outcome == "fail"
    assert judged(NAME, results, [CLAIM]) == {CLAIM: "fails"}


def test_mutant_the_networks_swapped(monkeypatch):
    build = experiment.build
    other = {"lstm": "transformer", "transformer": "lstm"}
    monkeypatch.setattr(
        experiment, "build", lambda lab, kind, puzzle, seed: build(lab, other[kind], puzzle, seed)
    )
    values = run_trial(steps={"chain": 60, "far": 40, "lookup": 70})
    for name in ("lstm_lead_few", "transformer_lead_far_few", "transformer_lead_lookup_many"):
        assert values[name] < -0.05


def test_mutant_a_chain_without_anything_to_carry(monkeypatch):
    chain = experiment.chain
    monkeypatch.setattr(experiment, "chain", lambda lab, order: chain(lab, order=1))
    values = run_trial(steps={"near": 30, "far": 10, "lookup": 10})
    assert not inside(values, "lstm_lead_few")
    assert not inside(values, "lead_gone_with_data")


def test_mutant_never_more_than_few_sequences(monkeypatch):
    compared = experiment.compared
    monkeypatch.setattr(experiment, "compared", lambda lab, puzzle, amount: compared(lab, puzzle, "few"))
    values = run_trial(steps={"chain": 60, "far": 10, "lookup": 70})
    assert inside(values, "lstm_lead_few")
    assert not inside(values, "lead_gone_with_data")
    assert not inside(values, "transformer_lead_lookup_many")


def test_mutant_the_far_token_is_near(monkeypatch):
    def near():
        draw = experiment.partial(experiment.tasks.recall, lag=1, symbols=4, fillers=4)
        return experiment.Puzzle("far", draw, tokens=9, classes=4)

    monkeypatch.setattr(experiment, "far", near)
    values = run_trial(steps={"chain": 10, "far": 50, "lookup": 10})
    assert not inside(values, "transformer_lead_far_few")


# ---- the parts --------------------------------------------------------------------------------------


class Scores(nn.Module):
    """Says class 0 with the chances it is told, whatever the input."""

    def __init__(self):
        super().__init__()
        self.chance = nn.Parameter(torch.tensor(0.5))

    def forward(self, x):
        odds = torch.stack((self.chance, 1.0 - self.chance)).log()
        return odds.expand(*x.shape, 2)


def sequence(target):
    """One token, and the class asked for."""
    return Batch(torch.zeros(1, 1, dtype=torch.long), torch.full((1, 1), target))


def watched(chances, *, patience=100, deadline=100, others=()):
    """A watch that saw one validation after another; the class asked for is 0."""
    model = Scores()
    watch = experiment.Watch(model, sequence(0), 2, patience, rate=1.0, deadline=deadline, others=others)
    for step, chance in enumerate(chances):
        model.chance.data.fill_(chance)
        watch(step, 0.0)
    return watch


def test_the_test_loss_is_taken_where_the_validation_loss_is_lowest():
    # Looked at after steps 2, 4 and 6 only; the test loss would have been lowest at the last.
    watch = watched([0.99, 0.5, 0.99, 0.8, 0.99, 0.2])
    assert watch.step == 4
    assert watch.lowest == pytest.approx(-math.log(0.8))
    watch.judge(sequence(1))
    assert watch.test_loss == pytest.approx(-math.log(0.2))
    assert watch.curve == {
        2: pytest.approx(-math.log(0.5)),
        4: pytest.approx(-math.log(0.8)),
        6: pytest.approx(-math.log(0.8)),
    }


def test_training_ends_when_nothing_gets_better_any_more():
    with pytest.raises(experiment.Ended):
        watched([0.5, 0.5, 0.4, 0.4], patience=2)
    with pytest.raises(experiment.Ended):
        watched([math.nan] * 4, patience=4)
    watched([0.5, 0.5, 0.6, 0.6], patience=2)


def test_a_rate_that_is_behind_is_given_up():
    better = watched([0.5, 0.5, 0.6, 0.6])
    with pytest.raises(experiment.Ended):
        watched([0.4, 0.4, 0.5, 0.5], deadline=4, others=(better,))
    watched([0.4, 0.4, 0.5, 0.5], deadline=6, others=(better,))
    watched([0.4, 0.4, 0.7, 0.7], deadline=4, others=(better,))
    # One that ended stays where it was.
    with pytest.raises(experiment.Ended):
        watched([0.4, 0.4, 0.7, 0.7, 0.5, 0.55], deadline=4, others=(watched([0.8, 0.8]),))


def test_what_never_had_a_finite_loss_has_no_test_loss():
    watch = watched([math.nan] * 2)
    watch.judge(sequence(0))
    assert math.isnan(watch.test_loss)


def test_the_rate_with_the_lowest_validation_loss_counts(monkeypatch):
    def trained(lab, kind, puzzle, data, validation, rate, seed, others):
        seeds.add(seed)
        assert [other.rate for other in others] == [1.0, 2.0, 3.0][: int(rate) - 1]
        watch = experiment.Watch(Scores(), validation, 1, 1, rate, deadline=1)
        watch.lowest = {1.0: 0.3, 2.0: 0.2, 3.0: 0.4}[rate]
        watch.test_loss = {"lstm": 10.0, "transformer": 20.0}[kind] + rate
        return watch

    seeds = set()
    monkeypatch.setattr(experiment.Watch, "judge", lambda watch, test: None)
    monkeypatch.setattr(experiment, "trained", trained)
    made = experiment.compared(lab(seed=1, rates=[1.0, 2.0, 3.0]), experiment.far(), "few")
    assert (made["lstm"].test_loss, made["transformer"].test_loss) == (12.0, 22.0)
    assert experiment.lead(made) == -10.0
    assert len(seeds) == 1


def test_the_lstm_and_the_transformer_see_the_same_sequences(monkeypatch):
    seen = []

    def fit(model, draw, recipe, watch):
        seen.append([draw().inputs for _ in range(3)])
        watch(watch.every - 1, 0.0)

    monkeypatch.setattr(experiment, "fit", fit)
    experiment.compared(lab(seed=1, rates=[1.0, 2.0]), experiment.far(), "few")
    assert len(seen) == 4
    for batches in seen[1:]:
        assert all(torch.equal(a, b) for a, b in zip(batches, seen[0], strict=True))


def test_a_curve_stays_where_it_was_when_training_stopped_early():
    points = []
    made = lab(emit=points.append)
    watch = watched([0.5] * 2 + [0.8] * 2)
    experiment._draw_curve(made, "curve", watch, steps=8)
    assert all(isinstance(point, Point) for point in points)
    assert [(point.x, point.y) for point in points] == [
        (4.0, pytest.approx(-math.log(0.8))),
        (8.0, pytest.approx(-math.log(0.8))),
    ]


@pytest.mark.parametrize("make", [experiment.far, experiment.lookup])
def test_tokens_and_classes_are_as_many_as_are_drawn(make):
    puzzle = make()
    batch = puzzle.draw(torch.Generator().manual_seed(0), 500)
    assert batch.inputs.shape == (500, experiment.LENGTH)
    assert sorted(batch.inputs.unique().tolist()) == list(range(puzzle.tokens))
    assert sorted(batch.targets.unique().tolist()) == [experiment.tasks.IGNORE, *range(puzzle.classes)]


def test_the_chains_next_symbol_hangs_on_two_symbols_or_on_one():
    two, one = experiment.chain(lab(), order=2), experiment.chain(lab(), order=1)
    assert (two.name, one.name) == ("chain", "near")
    assert two.draw.keywords["table"].shape == (16, 4)
    assert one.draw.keywords["table"].shape == (4, 4)


@pytest.mark.parametrize("profile", ["quick", "full"])
def test_both_networks_have_about_as_many_parameters(profile):
    made = Lab(arm="claim", seed=0, size=experiment.PROFILES[profile], device="cpu", emit=lambda event: None)
    for puzzle in (experiment.chain(made, order=2), experiment.far(), experiment.lookup()):
        lstm, transformer = (
            parameters(experiment.build(made, kind, puzzle, 0)) for kind in ("lstm", "transformer")
        )
        assert lstm == pytest.approx(transformer, rel=0.05)


def test_size_memory_and_rate_are_said_once_per_run():
    notes = []
    sizes = {"steps": {"near": 10, "lookup": 10}}
    for seed in (2000, 2001):
        experiment.trial(lab("control", seed=seed, emit=notes.append, **sizes))
    texts = [note.text for note in notes if isinstance(note, Note)]
    assert len(texts) == 2
    # An LSTM keeps h and c, a Transformer a key and a value per token, in four bytes each.
    assert f"{2 * 29 * 4} bytes" in texts[0]
    assert f"{2 * 16 * 24 * 4} bytes" in texts[1]
