"""A learning rate chosen early: every rate of a grid is trained for some steps, and the best goes on.

This is successive halving with one cut, for experiments whose time does not allow every rate the whole
of the steps. It knows no task and no experiment.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from torch import nn

from .train import Fit, Tuned, tuned

Part = Callable[[nn.Module, float, int, int], Fit]
"""(model, learning rate, first, last) -> what happened in the steps from `first` to before `last`."""


def raced(
    build: Callable[[], nn.Module],
    train: Part,
    rates: Iterable[float],
    *,
    early: int,
    steps: int,
    judge: Callable[[nn.Module, Fit], float] | None = None,
) -> Tuned:
    """Train a fresh model at every rate for `early` steps; the one judged lowest goes on, to `steps` in all.

    It goes on with its weights and a fresh optimiser, and not at all when its training ended by itself,
    the loss being low enough or no finite number. With `early` no less than `steps` every rate is trained
    to the end. `build` and `judge` are those of `tuned`.
    """
    early = min(early, steps)
    best = tuned(build, lambda model, rate: train(model, rate, 0, early), rates, judge)
    begun = best.fit
    if early == steps or begun.steps < early or begun.diverged:
        return best
    rest = train(best.model, best.learning_rate, early, steps)
    return replace(best, fit=Fit(losses=begun.losses + rest.losses, norms=begun.norms + rest.norms))
