"""The race of learning rates: who goes on, how far, and who does not."""

import math

import torch
from quizapp.verifiers.race import raced
from quizapp.verifiers.train import Fit, Recipe, fit
from torch import nn

from quizapp.verifiers import tasks


def scripted(losses, ends=None):
    """A stand-in for training: rate -> its loss at every step; `ends` after so many steps of a part."""
    calls = []

    def train(model, rate, first, last):
        calls.append((rate, first, last))
        told = [losses[rate]] * min(last - first, ends or last)
        return Fit(losses=tuple(told), norms=(1.0,) * len(told))

    return train, calls


def test_every_rate_begins_and_the_best_goes_on():
    train, calls = scripted({0.1: 2.0, 0.2: 1.0, 0.3: 3.0})
    best = raced(nn.Identity, train, [0.1, 0.2, 0.3], early=5, steps=20)
    assert calls == [(0.1, 0, 5), (0.2, 0, 5), (0.3, 0, 5), (0.2, 5, 20)]
    assert (best.learning_rate, best.fit.steps) == (0.2, 20)
    assert best.tried == ((0.1, 2.0), (0.2, 1.0), (0.3, 3.0))


def test_a_judge_is_asked_once_for_every_rate():
    train, calls = scripted({0.1: 2.0, 0.2: 1.0})
    best = raced(nn.Identity, train, [0.1, 0.2], early=5, steps=20, judge=lambda _, made: -made.final())
    assert calls[-1] == (0.1, 5, 20)
    assert best.learning_rate == 0.1


def test_nobody_goes_on_where_training_has_ended():
    for losses, ends, early in (({0.1: 0.01}, 3, 5), ({0.1: math.nan}, None, 5), ({0.1: 1.0}, None, 50)):
        train, calls = scripted(losses, ends)
        raced(nn.Identity, train, [0.1], early=early, steps=20)
        assert calls == [(0.1, 0, min(early, 20))]


def test_the_model_that_goes_on_is_the_one_that_began():
    """Two parts of plain gradient descent, which has no memory, are one run of as many steps."""

    class Linear(nn.Module):
        def __init__(self):
            super().__init__()
            self.scores = nn.Parameter(torch.zeros(3, 3, dtype=torch.float64))

        def forward(self, x):
            return self.scores[x]

    batch = tasks.delayed_copy(torch.Generator().manual_seed(0), 4, length=5, symbols=3, lag=1)

    def train(model, rate, first, last):
        return fit(model, lambda: batch, Recipe(steps=last - first, learning_rate=rate, optimizer="sgd"))

    best = raced(Linear, train, [0.1, 0.5], early=4, steps=10)
    whole = fit(Linear(), lambda: batch, Recipe(steps=10, learning_rate=best.learning_rate, optimizer="sgd"))
    assert best.fit.losses == whole.losses
