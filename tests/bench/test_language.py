"""The text, what networks are shown of it, and figures of context worked by hand."""

from __future__ import annotations

import math

import pytest
import torch
from quizapp.verifiers.lab import Lab
from quizapp.verifiers.tasks import IGNORE, Batch

from quizapp.verifiers import language

SIZE = {"lstm": (8, 1), "transformer": (8, 1), "steps": 12, "batch": 4, "time": 16, "rates": (0.01, 0.02),
        "tests": 20}  # fmt: skip


def lab_of(text=None, emit=lambda event: None):
    return Lab(arm="claim", seed=0, size={"text": text}, device="cpu", emit=emit)


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def test_characters_become_classes():
    assert language.classes("aZ \n\t .9é").tolist() == [1, 26, 0, 27, 28, 28]


def test_the_text_is_english_and_the_test_is_kept_apart():
    learned, held = language.text()
    assert len(held) * 8 < len(learned) < len(held) * 10
    assert len(learned) > 200_000
    share = torch.bincount(learned, minlength=language.CLASSES) / len(learned)
    assert int(share[1:27].argmax()) + 1 == language.ALPHABET.index("e")
    blocks = set(map(tuple, learned.view(-1, language.BLOCK).tolist()))
    assert not blocks & set(map(tuple, held.view(-1, language.BLOCK).tolist()))


def test_every_character_is_asked_for_after_those_before_it():
    characters = torch.arange(50)
    batch = language.windows(seeded(), characters, 20, 6)
    assert batch.inputs.shape == (20, 6)
    assert (batch.targets == batch.inputs + 1).all()
    assert int(batch.targets.max()) < 50


def test_hidden_characters_are_asked_for_and_not_shown():
    shown = language.windows(seeded(), language.text()[1], 200, 50)
    batch = language.hidden(seeded(1), shown)
    covered = batch.targets != IGNORE
    assert (batch.inputs[covered] == language.MASK).all()
    assert batch.targets[covered].equal(shown.inputs[covered])
    assert batch.inputs[~covered].equal(shown.inputs[~covered])
    assert float(covered.double().mean()) == pytest.approx(language.HIDDEN, abs=0.01)


def test_only_a_profile_with_text_reads_any():
    assert language.sizes(lab_of()) is None
    assert language.sizes(lab_of({"cpu": SIZE, "gpu": {}})) == SIZE


@pytest.mark.parametrize("kind", ["lstm", "transformer"])
def test_reading_lowers_the_loss_and_repeats_itself(kind):
    options = {"causal": True, "positions": "learned"} if kind == "transformer" else {}
    size, notes = {**SIZE, "steps": 90}, []
    model = language.trained(lab_of(emit=notes.append), size, kind, seed=3, **options)
    again = language.trained(lab_of(), size, kind, seed=3, **options)
    assert all(one.equal(other) for one, other in zip(model.parameters(), again.parameters(), strict=True))
    test = language.exam(size, 16)
    assert test.inputs.equal(language.exam(size, 16).inputs)
    assert language.perplexity(model, test) < 27
    assert "learning rate 0.02 of (0.01, 0.02)" in notes[0].text


def test_a_perplexity_is_of_the_characters_asked_for():
    class Sure(torch.nn.Module):
        """Half of the chance for the token it is shown."""

        def __init__(self):
            super().__init__()
            self.share = torch.nn.Parameter(torch.tensor(0.5))

        def forward(self, x):
            return torch.where(torch.nn.functional.one_hot(x, 3) == 1, self.share, 0.25).log()

    targets = torch.tensor([[0, 1, IGNORE, IGNORE]])
    assert language.perplexity(Sure(), Batch(torch.tensor([[0, 1, 2, 2]]), targets)) == pytest.approx(2.0)
    assert language.perplexity(Sure(), Batch(torch.tensor([[1, 0, 2, 2]]), targets)) == pytest.approx(4.0)


def test_what_is_read_is_the_end_and_no_more_than_can_be():
    class Length(torch.nn.Module):
        """A chance of 1 / the number of characters read."""

        def __init__(self):
            super().__init__()
            self.nothing = torch.nn.Parameter(torch.zeros(()))

        def forward(self, x):
            share = torch.tensor(1.0 / x.shape[1])
            return torch.stack((share, 1.0 - share)).log().expand(*x.shape, 2) + self.nothing

    batch = Batch(torch.zeros(3, 9, dtype=torch.long), torch.zeros(3, 9, dtype=torch.long))
    nats = language.truncated(Length(), batch, (2, 4, 6, 8), 4)
    assert nats.exp().round().tolist() == [[2.0] * 3, [4.0] * 3, [4.0] * 3, [4.0] * 3]


def test_an_effective_context_is_the_smallest_within_a_hundredth():
    nats = torch.tensor([[2.0], [1.5], [1.009], [1.0]])
    assert language.effective(nats, (10, 20, 30, 40)) == 30.0
    assert language.effective(nats[:2], (10, 20)) == 20.0


def test_relative_lengths_count_hard_characters_against_the_best_of_the_group():
    far = torch.tensor([[4.0, 0.1], [3.0, 0.1], [2.0, 0.1], [2.0, 0.1]])  # gains up to the third context
    near = torch.tensor([[4.0, 0.1], [3.5, 0.1], [3.5, 0.1], [3.5, 0.1]])  # is behind from the second on
    assert language.relative_effective([far, near], (10, 20, 30, 40), 0.5) == [30.0, 20.0]
    easy = torch.tensor([[4.0, 2.0], [4.0, 1.0], [4.0, 0.5]])  # what gains is not what is hard
    assert language.relative_effective([easy], (10, 20, 30), 0.5) == [10.0]
    assert language.relative_effective([easy], (10, 20, 30), 1.0) == [30.0]


def test_who_gains_only_on_a_worse_self_does_not_count():
    """A network that catches up with the best of its group by reading more has not used more than it."""
    best = torch.tensor([[1.0], [1.0], [1.0]])
    late = torch.tensor([[3.0], [2.0], [1.0]])
    assert language.relative_effective([best, late], (10, 20, 30), 1.0) == [10.0, 10.0]


def test_places_in_a_row_of_spaced_pieces_hold_every_character_once(monkeypatch):
    monkeypatch.setattr(language, "text", lambda: (torch.arange(9), torch.arange(1000)))
    batch = language.every(time=32, step=4)
    assert batch.targets.equal(batch.inputs + 1)
    for place in (0, 5, 28):
        asked = batch.targets[:, place : place + 4].flatten()
        assert asked.sort().values.equal(torch.arange(place + 1, place + 1 + len(asked)))


def test_a_curve_is_flat_after_its_last_step_down():
    steps = torch.cat((torch.full((32,), 2.0), torch.full((32,), 1.5), torch.full((64,), 1.0)))
    assert language.flat_after(steps, 16) == 64.0
    assert language.flat_after(torch.full((128,), 1.0), 16) == 0.0
    assert language.flat_after(torch.linspace(3.0, 1.0, 128), 16) > 96.0
    assert math.isclose(language.CLOSE, math.log(1.01))
