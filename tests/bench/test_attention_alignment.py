"""The alignment experiment: what comes out, that broken parts turn it round, and its parts by hand."""

import math
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
import torch
import yaml
from quizapp.verifiers.experiments import attention_alignment as experiment
from quizapp.verifiers.experiments.attention_alignment import COPY, KEYS, RECALL, REVERSE, VALUES
from quizapp.verifiers.lab import Lab
from quizapp.verifiers.models.attention import Attention

from quizapp.verifiers import engine, tasks

from .judged import judged, within

inside = partial(within, experiment.CHECKS)

NAME = "attention_alignment"
CLAIMS_FILE = Path(__file__).parents[2] / "questions" / "claims.yaml"
QUICK = experiment.PROFILES["quick"]
OWN = ("rnn-alignment-implicit-fixed", "attention-explicit-dynamic")


def lab(arm="claim", emit=lambda event: None, **size):
    return Lab(arm=arm, seed=0, size={**QUICK, **size}, device="cpu", emit=emit)


def run_trial(arm="claim"):
    """The numbers of one trial."""
    one = lab(arm)
    experiment.trial(one)
    return one.values


def attending(**size):
    """An LSTM with attention that learned to recall."""
    one, puzzle = lab(**size), experiment.RECALL
    build = partial(experiment.lstm, one, puzzle, attention=True)
    return experiment._learned(one, "", puzzle, build, experiment.peak)


def transformer(**options):
    """A Transformer that learned to recall."""
    one = lab(**options)
    build = partial(experiment.transformer, one, RECALL)
    return experiment._learned(one, "", RECALL, build, experiment.peak)


# ---- what comes out ---------------------------------------------------------------------------------


def test_the_claim_arm():
    values = run_trial()
    outside = {name for name, number in values.items() if not inside(number, name)}
    # Which layer has the alignment is a matter of seed and rate.
    assert outside - {"first_layer_alignment"} == {"rnn_map_alignment", "rnn_map_moved", "rnn_read_moved"}
    assert values["first_layer_alignment"] <= values["best_layer_alignment"]


def test_the_control_arm():
    for name, number in run_trial("control").items():
        assert inside(number, name) == (experiment.CHECKS[name]["must"] == "pass"), name


@pytest.mark.slow
def test_the_outcomes():
    results = engine.run(NAME, lambda event: None, device="cpu")
    assert all(result.tripped for result in results.values())
    assert judged(NAME, results, OWN) == dict(zip(OWN, ("fails", "holds"), strict=True))


def test_the_claims_name_checks_of_this_experiment():
    entries = {
        entry["id"]: entry for entry in yaml.safe_load(CLAIMS_FILE.read_text(encoding="utf-8"))["claims"]
    }
    assert f"{NAME}.rnn_map_moved" in entries[OWN[0]]["supports"]
    assert f"{NAME}.transformer_moved" in entries[OWN[1]]["supports"]


# ---- mutants ----------------------------------------------------------------------------------------


def test_mutant_keys_and_queries_swapped(monkeypatch):
    """Who looks at whom is read the wrong way round: the Transformer's map is no alignment any more."""
    assert inside(transformer().alignment, "transformer_alignment")
    maps = experiment.maps
    monkeypatch.setattr(
        experiment, "maps", lambda model, x: [weights.transpose(1, 2) for weights in maps(model, x)]
    )
    assert not inside(transformer().alignment, "transformer_alignment")


def test_mutant_attention_without_a_say(monkeypatch):
    """With even weights the Transformer still learns, as its docstring says, and has no alignment."""
    heard = Attention._project

    def deaf(self, x, start):
        q, k, v = heard(self, x, start=start)
        return 0.0 * q, k, v

    monkeypatch.setattr(Attention, "_project", deaf)
    found = transformer()
    assert not math.isnan(found.alignment)  # it learned
    assert not inside(found.alignment, "transformer_alignment")


def test_of_a_net_that_did_not_learn_nothing_is_said():
    said = []
    found = transformer(emit=said.append, steps=2)
    assert math.isnan(found.alignment)
    assert math.isnan(found.moved)
    assert "did not learn" in said[-1].text


def test_mutant_sources_in_the_order_of_their_keys(monkeypatch):
    """Then every answer stands at one place, nothing moves, and the claim's `fixed` is right."""
    assert not inside(attending().moved, "rnn_map_moved")
    draw = RECALL.draw

    def in_order(generator, batch):
        drawn = draw(generator, batch)
        drawn.inputs[:, :KEYS] = drawn.inputs[:, :KEYS].sort(dim=1).values
        return drawn

    monkeypatch.setattr(experiment, "RECALL", replace(RECALL, draw=in_order))
    assert inside(attending().moved, "rnn_map_moved")


# ---- the parts --------------------------------------------------------------------------------------


def test_where_answers_stand():
    generator = torch.Generator().manual_seed(0)
    for puzzle in (RECALL, REVERSE, COPY):
        batch = puzzle.draw(generator, 20)
        length = batch.inputs.shape[1] // 2
        places = puzzle.places(batch.inputs).expand(20, length)
        said = batch.inputs[:, :length].gather(1, places) % VALUES
        assert torch.equal(said, batch.targets[:, length:])
        assert (batch.targets[:, :length] == tasks.IGNORE).all()
    assert experiment.aligned(COPY, batch.inputs, torch.tensor([[0, 1, 3, 3]])) == 0.75


def test_a_source_elsewhere_still_has_the_asked_keys():
    x = RECALL.draw(torch.Generator().manual_seed(0), 3).inputs
    other = experiment.elsewhere(RECALL, x)
    assert torch.equal(other[:, KEYS:], x[:, KEYS:])
    assert torch.equal(other[:, :KEYS], x[:, :KEYS].roll(1, 0))
    assert torch.equal(other[:, :KEYS].sort(dim=1).values // VALUES, torch.arange(KEYS).expand(3, KEYS))
    copied = COPY.draw(torch.Generator().manual_seed(0), 3).inputs
    assert torch.equal(experiment.elsewhere(COPY, copied), copied.roll(1, 0))


def test_the_maps_are_those_that_make_the_output():
    """Weights times values, projected, is what each layer's attention gives."""
    model = experiment.transformer(lab(), REVERSE, width=8, layers=2)
    x = REVERSE.draw(torch.Generator().manual_seed(0), 3).inputs
    seen = []
    for block in model.core.blocks:
        block.attention.register_forward_hook(lambda module, given, out: seen.append((module, given[0], out)))
    maps = experiment.maps(model, x)
    assert len(maps) == 2
    for weights, (attention, entered, left) in zip(maps, seen, strict=True):
        assert torch.allclose(attention.out(weights @ attention.value(entered)), left, atol=1e-6)
        assert torch.equal(weights.triu(1), torch.zeros_like(weights))
    experiment.maps(model, x)
    assert len(seen) == 4  # our hooks are gone, and only ours


def test_one_value_is_replaced_where_it_stands_and_where_it_is_fed_back():
    recall = torch.tensor([[0 * 8 + 5, 2 * 8 + 1, 1 * 8 + 7, 3 * 8 + 0, 33, 32, 35, 34]])
    assert experiment.replaced(recall, 1).tolist() == [[5, 2 * 8 + 5, 15, 24, 33, 32, 35, 34]]
    assert experiment.replaced(recall, 3).tolist() == [[5, 17, 15, 3 * 8 + 4, 33, 32, 35, 34]]
    copied = torch.tensor([[3, 1, 3, 6, 8, 3, 1, 3]])
    assert experiment.replaced(copied, 0).tolist() == [[7, 1, 3, 6, 8, 7, 1, 3]]
    assert experiment.replaced(copied, 3).tolist() == [[3, 1, 3, 2, 8, 3, 1, 3]]


class Looker(torch.nn.Module):
    """Says the value at fixed places of the source, loudly."""

    def __init__(self, places):
        super().__init__()
        self.places = torch.tensor(places)

    def forward(self, x):
        length = x.shape[1] // 2
        said = torch.nn.functional.one_hot(x[:, self.places] % VALUES, VALUES).float() * 9.0
        return torch.cat((torch.zeros(len(x), length, VALUES), said), dim=1)


def test_what_a_net_misses_is_what_it_looks_at():
    x = COPY.draw(torch.Generator().manual_seed(0), 5).inputs
    for places in ([0, 1, 2, 3], [2, 2, 0, 1]):
        assert experiment.most_missed(Looker(places), x).tolist() == [places] * 5


def test_the_peak_of_an_lstm_is_that_of_its_weights_and_of_a_stack_the_last_layers():
    one = lab()
    x = RECALL.draw(torch.Generator().manual_seed(0), 5).inputs
    model = experiment.lstm(one, RECALL, attention=True)
    assert torch.equal(experiment.peak(model, x), model.alignment(x).argmax(dim=2))
    stack = experiment.transformer(one, RECALL, width=8, layers=3)
    last = experiment.maps(stack, x)[2][:, KEYS:, :KEYS]
    assert torch.equal(experiment.peak(stack, x), last.argmax(dim=2))


def test_the_same_seed_gives_the_same_numbers_and_rates_are_chosen():
    one, other = (attending(steps=30, lstm_rates=[0.0001, 0.01]) for _ in range(2))
    assert one.alignment == other.alignment or (math.isnan(one.alignment) and math.isnan(other.alignment))
    assert all(
        torch.equal(value, other.model.state_dict()[name]) for name, value in one.model.state_dict().items()
    )
    fast = attending(steps=30, lstm_rates=[0.01])
    assert torch.equal(fast.model.embedding, one.model.embedding)
