"""The fit loop against torch's own optimisers, and what it does when numbers go wrong."""

import math

import pytest
import torch
from quizapp.verifiers.models.fused import Fused
from quizapp.verifiers.models.gru import GRU
from quizapp.verifiers.models.lstm import LSTM
from quizapp.verifiers.models.rnn import RNN
from quizapp.verifiers.models.tagger import Tagger, core, parameters
from quizapp.verifiers.tasks import IGNORE, Batch
from quizapp.verifiers.train import Recipe

from quizapp.verifiers import tasks, train

DOUBLE = torch.float64


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def model(width=8, kind="lstm", **options):
    made = generator()
    body = core(kind, width, generator=made, dtype=DOUBLE, **options)
    return Tagger(body, width=width, tokens=4, classes=2, generator=made, dtype=DOUBLE)


def batches(seed=1):
    made = generator(seed)
    return lambda: tasks.parity(made, 4, length=6)


@pytest.mark.parametrize(
    ("recipe", "theirs"),
    [
        (Recipe(steps=20, learning_rate=1e-2), lambda w: torch.optim.Adam(w, lr=1e-2)),
        (
            Recipe(steps=20, learning_rate=1e-2, betas=(0.9, 0.98), weight_decay=0.1),
            lambda w: torch.optim.AdamW(w, lr=1e-2, betas=(0.9, 0.98), weight_decay=0.1),
        ),
        (Recipe(steps=20, learning_rate=0.5, optimizer="sgd"), lambda w: torch.optim.SGD(w, lr=0.5)),
        (
            Recipe(steps=20, learning_rate=0.5, optimizer="sgd", clip=0.1),
            lambda w: torch.optim.SGD(w, lr=0.5),
        ),
    ],
)
def test_it_trains_as_torchs_own_optimisers_do(recipe, theirs):
    ours, other = model(), model()
    fit = train.fit(ours, batches(), recipe)
    draw, optimizer, losses = batches(), theirs(list(other.parameters())), []
    for _ in range(recipe.steps):
        loss = train.cross_entropy(other, draw())
        optimizer.zero_grad()
        loss.backward()
        if recipe.clip is not None:
            torch.nn.utils.clip_grad_norm_(other.parameters(), recipe.clip)
        optimizer.step()
        losses.append(loss.item())
    assert fit.losses == pytest.approx(losses, abs=1e-6)
    for a, b in zip(ours.parameters(), other.parameters(), strict=True):
        # torch's clipping divides by the norm plus 1e-6.
        assert torch.allclose(a, b, atol=1e-5 if recipe.clip else 1e-9)


def test_the_learning_rate_rises_linearly_from_zero():
    """With plain gradient descent on a straight line the way gone is the sum of the rates."""
    weight = torch.nn.Parameter(torch.zeros(1, dtype=DOUBLE))
    line = torch.nn.ParameterList([weight])
    recipe = Recipe(steps=5, learning_rate=1.0, optimizer="sgd", warm_up=4)
    train.fit(line, lambda: None, recipe, loss=lambda model, batch: -model[0].sum())
    assert weight.item() == pytest.approx(0.25 + 0.5 + 0.75 + 1.0 + 1.0)


def test_norms_are_those_before_clipping_and_clipping_keeps_the_step_short():
    weight = torch.nn.Parameter(torch.tensor([3.0, 4.0], dtype=DOUBLE))
    line = torch.nn.ParameterList([weight])
    recipe = Recipe(steps=1, learning_rate=1.0, optimizer="sgd", clip=1.0)
    fit = train.fit(line, lambda: None, recipe, loss=lambda model, batch: 0.5 * model[0].square().sum())
    assert fit.norms == (5.0,)
    assert weight.tolist() == pytest.approx([3.0 - 0.6, 4.0 - 0.8])


def test_training_ends_when_a_number_is_none():
    weight = torch.nn.Parameter(torch.tensor([1.0], dtype=DOUBLE))
    growing = torch.nn.ParameterList([weight])
    recipe = Recipe(steps=50, learning_rate=1e200, optimizer="sgd")
    fit = train.fit(growing, lambda: None, recipe, loss=lambda model, batch: model[0].pow(4).sum())
    assert fit.diverged
    assert fit.steps < 5
    assert fit.final() == math.inf


def test_enough_ends_it_early_and_watch_sees_every_step():
    seen = []
    recipe = Recipe(steps=500, learning_rate=1e-2, enough=0.6)
    fit = train.fit(model(), batches(), recipe, watch=lambda step, loss: seen.append((step, loss)))
    assert train.PATIENCE <= fit.steps < 500
    assert fit.final() < 0.6
    assert seen == list(enumerate(fit.losses))
    assert not fit.diverged


def test_an_unknown_optimizer_is_refused():
    with pytest.raises(ValueError, match="adam or sgd"):
        train.fit(model(), batches(), Recipe(steps=1, learning_rate=1.0, optimizer="lion"))


def test_accuracy_and_loss_leave_out_what_is_not_asked():
    class Fixed(torch.nn.Module):
        def forward(self, x):
            return torch.tensor([[[2.0, 0.0], [0.0, 2.0], [0.0, 2.0]]])

    batch = Batch(torch.zeros(1, 3, dtype=torch.long), torch.tensor([[0, 0, IGNORE]]))
    assert train.accuracy(Fixed(), batch) == 0.5
    right, wrong = math.log(1 + math.exp(-2)), math.log(1 + math.exp(2))
    assert train.cross_entropy(Fixed(), batch).item() == pytest.approx((right + wrong) / 2, abs=1e-6)


def test_tuned_keeps_the_rate_judged_lowest_and_says_what_it_tried():
    def fit(model, rate):
        return train.fit(model, batches(), Recipe(steps=30, learning_rate=rate))

    tuned = train.tuned(model, fit, [1e-5, 1e-2])
    assert tuned.learning_rate == 1e-2
    assert [rate for rate, _ in tuned.tried] == [1e-5, 1e-2]
    assert tuned.fit.final() == min(score for _, score in tuned.tried)
    other = train.tuned(model, fit, [1e-5, 1e-2], judge=lambda model, fit: -fit.final())
    assert other.learning_rate == 1e-5
    lost = train.tuned(model, fit, [1e-2, 1e-5], judge=lambda model, fit: math.nan)
    assert lost.tried == ((1e-2, math.inf), (1e-5, math.inf))
    with pytest.raises(ValueError, match="learning rate"):
        train.tuned(model, fit, [])


@pytest.mark.parametrize("kind", ["rnn", "gru", "lstm"])
def test_fused_layers_are_the_plain_cells(kind):
    cells = {"rnn": RNN, "gru": GRU, "lstm": LSTM}
    before = torch.random.get_rng_state()
    plain = cells[kind](8, generator=generator())
    fused = Fused(cells[kind](8, generator=generator()))
    assert torch.equal(before, torch.random.get_rng_state()), "torch's own generator is left alone"
    x = torch.randn(3, 9, 8, generator=generator(2), dtype=DOUBLE)
    assert torch.allclose(plain(x), fused(x), atol=1e-12)
    assert fused.state_bytes(100) == plain.state_bytes(100)


def test_a_fused_relu_rnn_is_the_plain_one_and_a_linear_one_is_refused():
    relu = {"nonlinearity": "relu", "recurrent": "identity"}
    x = torch.randn(3, 9, 8, generator=generator(2), dtype=DOUBLE)
    plain = RNN(8, generator=generator(), **relu)
    assert torch.allclose(plain(x), Fused(RNN(8, generator=generator(), **relu))(x), atol=1e-12)
    with pytest.raises(ValueError, match="linear"):
        Fused(RNN(8, generator=generator(), nonlinearity="linear"))


def test_a_tagger_is_embedding_core_and_head():
    made = model(kind="transformer", causal=True, positions="rotary")
    x = torch.tensor([[0, 3, 1]])
    states = made.core(made.embedding[x])
    assert torch.allclose(made(x), states @ made.head.weight.T + made.head.bias)
    assert parameters(made) == sum(p.numel() for p in made.parameters())
    assert parameters(model(layers=2)) - parameters(model()) == 4 * (8 * 8 * 2 + 8 * 2)
    with pytest.raises(ValueError, match="unknown core"):
        core("mamba9", 8, generator=generator())


def test_a_seed_gives_the_same_training_whatever_ran_before():
    def losses():
        return train.fit(model(), batches(), Recipe(steps=5, learning_rate=1e-2)).losses

    first = losses()
    torch.rand(7)
    assert losses() == first
