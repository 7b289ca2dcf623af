"""The model against a plain loop, and the copying experiment with its parts broken one by one."""

import math
from functools import partial
from pathlib import Path

import pytest
import torch
import yaml
from quizapp.verifiers.experiments import encoder_decoder as experiment
from quizapp.verifiers.lab import Lab
from quizapp.verifiers.models.encoder_decoder import EncoderDecoder
from quizapp.verifiers.models.lstm import LSTM
from quizapp.verifiers.tasks import IGNORE

from quizapp.verifiers import engine, tasks
from tests.bench.judged import within

inside = partial(within, experiment.CHECKS)

NAME = "encoder_decoder"
CLAIMS_FILE = Path(__file__).parents[2] / "questions" / "claims.yaml"
QUICK = experiment.PROFILES["quick"]
UNTRAINED = {**QUICK, "steps": 1, "last_steps": 1, "tested": 20}


def lab(arm="claim", size=QUICK, emit=lambda event: None):
    return Lab(arm=arm, seed=0, size=size, device="cpu", emit=emit)


def run_trial(arm="claim", size=QUICK):
    """The numbers of one trial."""
    one = lab(arm, size)
    experiment.trial(one)
    return one.values


@pytest.fixture(scope="module")
def claim():
    return run_trial()


@pytest.fixture(scope="module")
def control():
    return run_trial("control")


# ---- what comes out ---------------------------------------------------------------------------------


def test_one_vector_loses_long_sources_and_attention_does_not(claim):
    for name in ("plain_accuracy_5", "plain_drop", "wider_vector_gain", "attention_accuracy_20"):
        assert inside(claim[name], name), (name, claim[name])
    assert not inside(claim["plain_accuracy_20"], "plain_accuracy_20")
    assert claim["plain_accuracy_20"] > 1.5 / experiment.SYMBOLS  # far from chance: it did learn


def test_the_plain_net_knows_the_source_by_the_vector_alone(claim, control):
    assert claim["scores_beyond_vector"] == 0.0
    assert claim["cut_gradient_plain"] == 0.0
    assert control["scores_beyond_vector_attending"] > 0.01
    assert control["cut_gradient_attending"] > 0.9


def test_the_gradient_is_lost_on_the_chain_unless_gates_are_open(claim, control):
    assert inside(claim["gradient_ratio"], "gradient_ratio")
    assert not inside(control["gradient_ratio_open_gates"], "gradient_ratio_open_gates")
    assert not inside(claim["gradient_ratio_trained"], "gradient_ratio_trained")


def test_nothing_is_lost_when_long_sources_say_no_more_than_short_ones(control):
    assert not inside(control["sparse_drop"], "sparse_drop")
    assert inside(control["sparse_accuracy_20"], "sparse_accuracy_20")


@pytest.mark.slow
def test_the_outcomes():
    results = engine.run(NAME, lambda event: None, device="cpu")
    assert all(result.tripped for result in results.values())
    fails = {name for name, result in results.items() if result.arm == "claim" and result.outcome != "pass"}
    assert fails == {"plain_accuracy_20", "gradient_ratio_trained"}
    assert all(result.outcome != "unclear" for result in results.values())


def test_the_claims_name_checks_of_this_experiment():
    entries = {
        entry["id"]: entry for entry in yaml.safe_load(CLAIMS_FILE.read_text(encoding="utf-8"))["claims"]
    }
    bottleneck = entries["fixed-vector-bottleneck"]
    assert f"{NAME}.wider_vector_gain" in bottleneck["supports"]
    assert f"{NAME}.plain_drop" in bottleneck["also"], "more training makes it smaller"
    assert f"{NAME}.attention_accuracy_20" in {limit["check"] for limit in bottleneck["limits"]}


# ---- mutants ----------------------------------------------------------------------------------------


def test_mutant_the_plain_net_secretly_attends(monkeypatch):
    """Two supports of two claims turn round, without any training."""
    net = experiment.net

    def attending(lab, **options):
        return net(lab, **{**options, "attention": True})

    monkeypatch.setattr(experiment, "net", attending)
    values = run_trial(size=UNTRAINED)
    assert not inside(values["scores_beyond_vector"], "scores_beyond_vector")
    assert not inside(values["cut_gradient_plain"], "cut_gradient_plain")
    assert not inside(values["gradient_ratio"], "gradient_ratio")


def test_mutant_attention_that_reads_all_states_alike(monkeypatch):
    """The bottleneck claim's limit turns round: `depends` becomes `holds`."""

    def even(self, written, states):
        return (0.0 * self.query(written) @ states.transpose(1, 2)).softmax(dim=-1)

    monkeypatch.setattr(EncoderDecoder, "weights", even)
    right = experiment._learned(lab(), "", experiment.copying, attention=True)[1]
    assert right[20] < experiment.CHECKS["attention_accuracy_20"]["bounds"][0] - 0.2


def test_mutant_a_control_whose_sources_say_more_when_longer(monkeypatch):
    monkeypatch.setattr(experiment, "sparse_copying", experiment.copying)
    values = run_trial("control")
    assert inside(values["sparse_drop"], "sparse_drop")  # must fail: the run would be invalid
    assert not inside(values["sparse_accuracy_20"], "sparse_accuracy_20")


# ---- the experiment's parts -------------------------------------------------------------------------


def test_sparse_copying_asks_for_the_symbols_and_shifts_what_is_fed():
    batch = experiment.sparse_copying(torch.Generator().manual_seed(0), 3, 10)
    source, fed = batch.inputs.chunk(2, dim=1)
    asked = batch.targets[:, 10:]
    assert torch.equal(batch.targets[:, :10], torch.full((3, 10), IGNORE))
    assert torch.equal(asked[:, ::2], source[:, ::2])
    assert (asked[:, 1::2] == IGNORE).all()
    assert (source[:, 1::2] == experiment.BLANK).all()
    assert (fed[:, 0] == experiment.MARK).all()
    assert torch.equal(fed[:, 1:], source[:, :-1])
    dense = experiment.sparse_copying(torch.Generator().manual_seed(0), 3, 5)
    assert torch.equal(dense.inputs, experiment.copying(torch.Generator().manual_seed(0), 3, 5).inputs)
    assert torch.equal(dense.inputs[:, :5], source[:, ::2])


def test_the_gradient_is_that_of_one_graph_built_by_hand():
    """With h_t read back by torch.autograd.functional.jacobian from a plain loop."""
    model = EncoderDecoder(
        6, tokens=10, classes=8, generator=torch.Generator().manual_seed(0), dtype=torch.float64
    )
    batch = tasks.copy(torch.Generator().manual_seed(1), 1, length=20, symbols=8)
    source, fed = batch.inputs.chunk(2, dim=1)
    place = experiment.PROBED[1]

    def loss(h, c):
        for token in source[0, place + 1 :]:
            h, c = step(model.encoder, model.embedding[token], h, c)
        scores = model.decode(fed, torch.zeros(1, 20, 6), (h[None, None], c[None, None]))
        return torch.nn.functional.cross_entropy(scores[0, place], source[0, place])

    with torch.no_grad():
        h = c = torch.zeros(6, dtype=torch.float64)
        for token in source[0, : place + 1]:
            h, c = step(model.encoder, model.embedding[token], h, c)
    wanted = torch.autograd.functional.jacobian(lambda h: loss(h, c), h).norm()
    whole = experiment.PROBED
    try:
        experiment.PROBED = (place,)
        assert experiment.gradient(model, batch) == pytest.approx(float(wanted), rel=1e-6)
        assert experiment.gradient(model, batch, cut=True) == 0.0
    finally:
        experiment.PROBED = whole


def test_every_net_of_a_seed_sees_the_same_tokens_and_the_same_seed_gives_the_same_numbers():
    assert run_trial(size=UNTRAINED) == run_trial(size=UNTRAINED)
    first = experiment.net(lab())
    for options in ({"attention": True}, {"handed": 2}):
        other = experiment.net(lab(), **options).state_dict()
        assert all(torch.equal(value, other[name]) for name, value in first.state_dict().items())


def test_the_full_profile_draws_more_curves():
    events = []
    full = experiment.PROFILES["full"]
    size = {**full, "steps": 1, "last_steps": 1, "tested": 4, "rates": [0.01, 0.02]}
    experiment.trial(lab(size=size, emit=events.append))
    curves = {event.curve for event in events if hasattr(event, "curve")}
    assert set(full["more"]) < curves
    assert {event.x for event in events if hasattr(event, "curve")} == {5, 10, 20, 40}


# ---- the model --------------------------------------------------------------------------------------


def step(layer, x, h, c):
    """One step of an LSTM written out, for one vector."""
    gates = layer.weight_ih_l0 @ x + layer.bias_ih_l0 + layer.weight_hh_l0 @ h + layer.bias_hh_l0
    i, f, g, o = gates.chunk(4)
    c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
    return torch.sigmoid(o) * torch.tanh(c), c


@pytest.mark.parametrize("attention", [False, True])
@pytest.mark.parametrize("handed", [None, 0, 2])
@torch.no_grad()
def test_the_model_is_a_plain_loop(attention, handed):
    model = EncoderDecoder(
        6,
        tokens=5,
        classes=3,
        generator=torch.Generator().manual_seed(0),
        attention=attention,
        handed=handed,
        dtype=torch.float64,
    )
    x = torch.randint(5, (2, 8), generator=torch.Generator().manual_seed(1))
    found = model(x)
    for row, tokens in enumerate(x):
        h = c = torch.zeros(6, dtype=torch.float64)
        states = []
        for token in tokens[:4]:
            h, c = step(model.encoder, model.embedding[token], h, c)
            states.append(h)
        kept = 6 if handed is None else handed
        h = torch.tensor([*h[:kept], *[0.0] * (6 - kept)], dtype=torch.float64)
        c = torch.tensor([*c[:kept], *[0.0] * (6 - kept)], dtype=torch.float64)
        for place, token in enumerate(tokens[4:], start=4):
            h, c = step(model.decoder, model.embedding[token], h, c)
            scores = model.head.weight @ h + model.head.bias
            if attention:
                query = model.query.weight @ h + model.query.bias
                raised = [math.exp(float(query @ state)) for state in states]
                weights = [value / sum(raised) for value in raised]
                context = sum(weight * state for weight, state in zip(weights, states, strict=True))
                scores = scores + model.context_head.weight @ context + model.context_head.bias
                assert model.alignment(x)[row, place - 4].tolist() == pytest.approx(weights)
            assert torch.allclose(found[row, place], scores, atol=1e-9)
        assert (found[row, :4] == 0.0).all()


def test_reading_on_from_a_state_is_reading_all_at_once():
    model = EncoderDecoder(6, tokens=5, classes=3, generator=torch.Generator().manual_seed(0))
    x = torch.randint(5, (2, 7), generator=torch.Generator().manual_seed(1))
    states, last = model.encode(x)
    begun, between = model.encode(x[:, :3])
    ended, end = model.encode(x[:, 3:], between)
    assert torch.allclose(torch.cat((begun, ended), dim=1), states, atol=1e-6)
    assert all(torch.allclose(one, other, atol=1e-6) for one, other in zip(end, last, strict=True))


def test_the_first_weights_are_those_of_our_lstm_with_its_forget_bias():
    generator = torch.Generator().manual_seed(0)
    model = EncoderDecoder(6, tokens=5, classes=3, generator=generator, forget_bias=3.0)
    again = torch.Generator().manual_seed(0)
    torch.randn(5, 6, generator=again, dtype=torch.float64)
    plain = LSTM(6, generator=again, forget_bias=3.0, dtype=torch.float32)
    assert torch.equal(model.encoder.weight_hh_l0, plain.weight_hh)
    for layer in (model.encoder, model.decoder):
        forget = (layer.bias_ih_l0 + layer.bias_hh_l0)[6:12]
        assert torch.allclose(forget, torch.full((6,), 3.0))


def test_bytes_of_the_source_grow_with_it_only_with_attention():
    common = {"tokens": 5, "classes": 3, "generator": torch.Generator().manual_seed(0)}
    assert [EncoderDecoder(6, **common).state_bytes(length) for length in (5, 20)] == [48, 48]
    assert EncoderDecoder(6, handed=2, **common).state_bytes(20) == 16
    assert EncoderDecoder(6, attention=True, **common).state_bytes(20) == 48 + 4 * 6 * 20


def test_what_cannot_be_asked_for():
    common = {"tokens": 5, "classes": 3, "generator": torch.Generator().manual_seed(0)}
    with pytest.raises(ValueError, match="handed over"):
        EncoderDecoder(6, handed=7, **common)
    with pytest.raises(ValueError, match="no attention"):
        EncoderDecoder(6, **common).alignment(torch.zeros(1, 4, dtype=torch.long))
