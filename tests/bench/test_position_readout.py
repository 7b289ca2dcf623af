"""What a Transformer knows of order and place: the outcomes, the parts, and models that are wired wrongly."""

import functools
import math
from functools import partial

import pytest
import torch
from quizapp.verifiers.experiments import position_readout as experiment
from quizapp.verifiers.lab import Lab
from quizapp.verifiers.tasks import IGNORE, Batch
from quizapp.verifiers.verdict import judge
from quizapp.verifiers.wire import Figure, Note

from quizapp import bank
from quizapp.verifiers import catalogue, engine, outside
from tests.bench.judged import judged, within

inside = partial(within, experiment.CHECKS)

NAME = "position_readout"
CLAIM = "pe-required"
QUICK = experiment.PROFILES["quick"]
SHORT = {**QUICK, "rates": (5e-3,)}
HASTY = {
    **QUICK,
    "order_steps": 10,
    "sentence_steps": 10,
    "place_steps": 10,
    "rates": (2e-3,),
    "held_out": 100,
}
"""Sizes at which nothing learns anything, for what needs no learning."""


@pytest.fixture(scope="module", autouse=True)
def bank_read_once():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bank, "load", functools.cache(bank.load))
        yield


def a_lab(arm="claim", seed=0, size=SHORT, emit=lambda event: None):
    return Lab(arm=arm, seed=seed, size=size, device="cpu", emit=emit)


def run_trial(arm="claim", **options):
    lab = a_lab(arm, **options)
    experiment.trial(lab)
    return lab.values


def hastily():
    """What the app would say of the claim if every seed gave the numbers of one hasty trial."""
    values = run_trial(size=HASTY)
    checks = catalogue.read(NAME).checks
    results = {name: judge(checks[name], [value, value], 1) for name, value in values.items()}
    return values, judged(NAME, results, {CLAIM})[CLAIM]


# ---- the outcomes -----------------------------------------------------------------------------------


def test_a_decoder_knows_order_and_place_and_an_encoder_does_not():
    values = run_trial()
    assert {name for name in values if inside(values[name], name)} == {
        "encoder_shift",
        "encoder_order_accuracy",
        "encoder_place",
        "untrained_encoder_r2",
    }
    assert values["decoder_order_accuracy"] > 0.95
    assert values["decoder_place"] > 2 * values["encoder_place"]


def test_the_controls_come_out_as_they_must():
    values = run_trial("control")
    for name, value in values.items():
        must = experiment.CHECKS[name]["must"]
        assert inside(values[name], name) == (must == "pass"), (name, value)


@pytest.mark.slow
def test_the_quick_profile():
    results = engine.run(NAME, lambda event: None, device="cpu", first_seed=100)
    assert all(result.tripped for result in results.values())
    assert judged(NAME, results, {CLAIM}) == {CLAIM: "fails"}
    for name in ("decoder_order_accuracy", "decoder_place", "untrained_decoder_r2"):
        assert results[name].outcome == "fail"
    for name in ("encoder_shift", "encoder_order_accuracy", "encoder_place", "untrained_encoder_r2"):
        assert results[name].outcome == "pass"


# ---- what must not be said, and mutants ----------------------------------------------------------------


def test_a_decoder_that_has_not_learned_is_no_evidence():
    notes = []
    lab = a_lab(size=HASTY, emit=lambda event: notes.append(event.text) if isinstance(event, Note) else None)
    experiment.trial(lab)
    assert math.isnan(lab.values["decoder_order_accuracy"])
    assert any("did not learn the order task in this budget" in note for note in notes)
    assert not math.isnan(lab.values["untrained_decoder_r2"])


def test_the_untrained_probe_alone_makes_the_claim_fail():
    values, verdict = hastily()
    assert not inside(values["untrained_decoder_r2"], "untrained_decoder_r2")
    assert verdict == "fails"


def test_mutant_a_decoder_without_its_mask(monkeypatch):
    monkeypatch.setattr(experiment, "DECODER", experiment.ENCODER)
    values, verdict = hastily()
    assert inside(values["untrained_decoder_r2"], "untrained_decoder_r2")
    assert verdict == "unclear"


def test_mutant_no_start_token(monkeypatch):
    """The anchor is the cause of what an untrained decoder gives away."""
    one_r2 = experiment._one_r2
    monkeypatch.setattr(
        experiment, "_one_r2", lambda lab, kind, start, shuffled: one_r2(lab, kind, False, shuffled)
    )
    values, verdict = hastily()
    assert inside(values["untrained_decoder_r2"], "untrained_decoder_r2")
    assert verdict == "unclear"


def test_mutant_an_encoder_that_is_given_positions(monkeypatch):
    monkeypatch.setattr(experiment, "ENCODER", experiment.PLACED)
    values = run_trial(size=HASTY)
    assert not inside(values["encoder_shift"], "encoder_shift")
    assert values["untrained_encoder_r2"] > experiment.CHECKS["untrained_encoder_r2"]["bounds"][1]


# ---- the parts --------------------------------------------------------------------------------------


def test_a_question_after_and_a_start_before():
    batch = Batch(torch.tensor([[5, 0, 1]]), torch.tensor([[IGNORE, IGNORE, 1]]))
    asked = experiment.asked_at_end(batch, 9)
    assert asked.inputs.tolist() == [[5, 0, 1, 9]]
    assert asked.targets.tolist() == [[IGNORE, IGNORE, IGNORE, 1]]
    places = Batch(torch.tensor([[5, 0, 1]]), torch.tensor([[0, 1, 2]]))
    started = experiment.started(places, 9)
    assert started.inputs.tolist() == [[9, 5, 0, 1]]
    assert started.targets.tolist() == [[IGNORE, 0, 1, 2]]


@pytest.mark.parametrize("task", ["order_task", "sentence_task", "counting_task"])
def test_the_token_asked_is_the_same_in_every_sequence(task):
    task = getattr(experiment, task)(a_lab())
    batch = task.draw(torch.Generator().manual_seed(0), 200)
    assert batch.inputs[:, -1].unique().tolist() == [task.tokens - 1]
    assert int(batch.inputs[:, :-1].max()) < task.tokens - 1
    assert (batch.targets[:, :-1] == IGNORE).all()
    assert 60 < int(batch.targets[:, -1].sum()) < 140


def test_the_probe_is_least_squares_with_a_penalty():
    generator = torch.Generator().manual_seed(0)
    states = torch.randn(8, 10, 3, generator=generator, dtype=torch.float64)
    places = states @ torch.tensor([1.0, -2.0, 0.5], dtype=torch.float64) + 4.0
    places = places + 0.3 * torch.randn(8, 10, generator=generator, dtype=torch.float64)
    x, y = states[:4].reshape(40, 3), places[:4].reshape(40)
    # A ridge is least squares with rows added: the root of the penalty on each weight, target zero.
    rows = torch.cat((x - x.mean(0), math.sqrt(experiment.RIDGE) * torch.eye(3, dtype=torch.float64)))
    wanted = torch.cat((y - y.mean(), torch.zeros(3, dtype=torch.float64)))
    weights = torch.linalg.lstsq(rows, wanted[:, None]).solution[:, 0]
    guess = (states[4:].reshape(40, 3) - x.mean(0)) @ weights + y.mean()
    truth = places[4:].reshape(40)
    r2 = 1.0 - float(((truth - guess) ** 2).mean()) / float(truth.var(correction=0))
    assert experiment.probe_r2(states, places) == pytest.approx(r2, abs=1e-12)
    assert 0.9 < r2 < 1.0


def test_a_probe_of_noise_finds_nothing():
    generator = torch.Generator().manual_seed(0)
    states = torch.randn(200, 10, 3, generator=generator, dtype=torch.float64)
    places = torch.randn(200, 10, generator=generator, dtype=torch.float64)
    assert abs(experiment.probe_r2(states, places)) < 0.02


class Bag(torch.nn.Module):
    """Scores from the sum of all tokens, or from the first token alone."""

    def __init__(self, first):
        super().__init__()
        self.first = first

    def forward(self, x):
        seen = x[:, :1] if self.first else x.sum(dim=1, keepdim=True)
        return torch.stack((seen, 2 * seen), dim=2).float().expand(-1, x.shape[1], -1)


def test_the_shift_of_a_bag_of_words_is_zero_and_of_a_first_word_is_not():
    lab = a_lab()
    task = experiment.order_task(lab)
    assert experiment.shift(lab, Bag(first=False), task) == 0.0
    assert experiment.shift(lab, Bag(first=True), task) > 0.5


def test_the_rate_falls_for_the_last_fifth_of_the_steps(monkeypatch):
    recipes = []

    def fit(model, draw, recipe):
        recipes.append((recipe.steps, recipe.learning_rate))
        return experiment.train.Fit(losses=(1.0,) * recipe.steps, norms=(1.0,) * recipe.steps)

    monkeypatch.setattr(experiment.train, "fit", fit)
    task = experiment.order_task(a_lab())
    assert experiment.cooled(Bag(first=True), lambda: None, task, 0.5).steps == 80
    assert recipes == [(64, 0.5), (16, 0.05)]


def test_every_rate_gets_the_same_weights_and_the_same_data(monkeypatch):
    seen = []

    def cooled(model, draw, task, rate):
        seen.append((model.embedding.sum().item(), draw().inputs.tolist()))
        return experiment.train.Fit(losses=(rate,), norms=(1.0,))

    monkeypatch.setattr(experiment, "cooled", cooled)
    lab = a_lab(size=QUICK)
    best = experiment.trained(lab, experiment.order_task(lab), experiment.DECODER)
    assert seen[0] == seen[1]
    assert best.learning_rate == min(QUICK["rates"])


def test_the_same_seed_gives_the_same_numbers():
    first, again = run_trial(size=HASTY, seed=3), run_trial(size=HASTY, seed=3)
    assert all(first[name] == again[name] or math.isnan(first[name]) for name in first)
    assert first["untrained_decoder_r2"] != run_trial(size=HASTY, seed=4)["untrained_decoder_r2"]


# ---- the text, beside published numbers -------------------------------------------------------------

TEXT = {"transformer": (32, 2), "steps": 12, "batch": 16, "time": 32, "rates": (3e-3,), "tests": 200}


def perplexities(size=TEXT, seed=0):
    lab = a_lab(seed=seed)
    experiment._read_text(lab, size)
    return lab.figures


def test_quick_reads_no_text_and_full_fills_every_figure(monkeypatch):
    monkeypatch.setattr(experiment.language, "trained", lambda *given, **options: options["positions"])
    monkeypatch.setattr(experiment.language, "perplexity", lambda model, test: float(len(model)))
    assert set(perplexities()) == set(experiment.FIGURES)
    assert experiment.language.sizes(a_lab()) is None
    full = experiment.PROFILES["full"]
    assert experiment.language.sizes(a_lab(size=full)) == full["text"]["cpu"]


def test_networks_on_text_differ_in_their_positions_alone(monkeypatch):
    seen = []

    def trained(lab, size, kind, **options):
        seen.append((options.pop("positions"), options["masked"], options))
        return

    monkeypatch.setattr(experiment.language, "trained", trained)
    monkeypatch.setattr(experiment.language, "perplexity", lambda model, test: 1.0)
    perplexities()
    assert [(positions, masked) for positions, masked, _ in seen] == [
        ("none", False), ("learned", False), ("sinusoidal", False), ("alibi", False),
        ("none", True), ("learned", True),
    ]  # fmt: skip
    assert all(options == seen[0][2] for _, masked, options in seen if not masked)
    assert all(options["causal"] is not masked for _, masked, options in seen)


def beside(figures, who):
    """Whether the published ratio of that kind of network agrees with these, said by two alike seeds."""
    row = next(row for row in catalogue.read(NAME).outside if row.ours[0] == f"{who}_without")
    found = {
        name: Figure(name=name, unit="u", meaning="m", estimate=at, low=at, high=at, values=(at,) * 2)
        for name, at in figures.items()
    }
    return outside.compare(row, found).outcome


@pytest.mark.slow
def test_mutant_masked_encoders_get_positions_only_in_name(monkeypatch):
    """With positions an encoder fills gaps far better; with the cause removed the agreement is gone."""
    size = {**TEXT, "steps": 800, "batch": 32}
    known = dict.fromkeys(experiment.FIGURES, 1.0)
    trained = experiment.language.trained

    def masked_only(lab, size, kind, **options):
        return trained(lab, size, kind, **options) if options["masked"] else None

    perplexity = experiment.language.perplexity
    monkeypatch.setattr(
        experiment.language, "perplexity", lambda model, test: perplexity(model, test) if model else 1.0
    )
    monkeypatch.setattr(experiment.language, "trained", masked_only)
    assert beside({**known, **perplexities(size)}, "masked") == "agrees"
    monkeypatch.setattr(
        experiment.language,
        "trained",
        lambda *given, **options: masked_only(*given, **{**options, "positions": "none"}),
    )
    assert beside({**known, **perplexities(size)}, "masked") == "differs"
