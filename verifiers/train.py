"""The fit loop: one for every experiment that trains.

The optimisers are written out because importing torch.optim costs more than a second; a test holds
them equal to torch's own. It knows no task and no experiment.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from .tasks import IGNORE, Batch

Loss = Callable[[nn.Module, Batch], Tensor]


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How to train."""

    steps: int
    learning_rate: float
    optimizer: str = "adam"
    """`adam` or `sgd`."""
    betas: tuple[float, float] = (0.9, 0.999)
    weight_decay: float = 0.0
    """Decoupled from the gradient (AdamW)."""
    warm_up: int = 0
    """Steps over which the learning rate rises linearly from zero."""
    clip: float | None = None
    """The largest norm of all gradients together."""
    enough: float | None = None
    """Stop early when the mean loss of the last PATIENCE steps is below this."""


PATIENCE = 10


@dataclass(frozen=True, kw_only=True)
class Fit:
    """What happened in training."""

    losses: tuple[float, ...]
    """One per step, before its update."""
    norms: tuple[float, ...]
    """The norm of all gradients together, one per step, before clipping."""

    @property
    def steps(self) -> int:
        """How many updates were made, or begun, when the numbers overflowed."""
        return len(self.losses)

    @property
    def diverged(self) -> bool:
        """Whether a loss or a gradient stopped being a finite number."""
        return not all(map(math.isfinite, (*self.losses, *self.norms)))

    def final(self, last: int = PATIENCE) -> float:
        """The mean loss of the last steps, in nats for cross-entropy; infinite when it diverged."""
        return math.inf if self.diverged else math.fsum(self.losses[-last:]) / len(self.losses[-last:])


def cross_entropy(model: nn.Module, batch: Batch) -> Tensor:
    """Mean nats per asked token."""
    scores = model(batch.inputs)  # [batch, time, classes]
    return functional.cross_entropy(scores.flatten(0, 1), batch.targets.flatten(), ignore_index=IGNORE)


@torch.no_grad()
def accuracy(model: nn.Module, batch: Batch) -> float:
    """The share of asked tokens whose highest score is the right class."""
    asked = batch.targets != IGNORE  # [batch, time]
    right = asked & (model(batch.inputs).argmax(dim=-1) == batch.targets)  # [batch, time]
    return int(right.sum()) / int(asked.sum())


def fit(
    model: nn.Module,
    draw: Callable[[], Batch],
    recipe: Recipe,
    *,
    loss: Loss = cross_entropy,
    watch: Callable[[int, float], None] | None = None,
) -> Fit:
    """Train the model in place; `draw` gives the next batch, `watch` is told every step and its loss.

    Training ends when a loss or a gradient is no finite number; the weights are then of no use.
    """
    weights: list[Tensor] = [parameter for parameter in model.parameters() if parameter.requires_grad]
    update = optimizer(weights, recipe)
    losses: list[float] = []
    norms: list[float] = []
    for step in range(recipe.steps):
        value = loss(model, draw())
        gradients = list(torch.autograd.grad(value, weights))
        norm = total_norm(gradients)
        losses.append(value.item())
        norms.append(norm.item())
        if not (math.isfinite(losses[-1]) and math.isfinite(norms[-1])):
            break
        if recipe.clip is not None and norms[-1] > recipe.clip:
            gradients = list(torch._foreach_mul(gradients, recipe.clip / norms[-1]))
        warm = min(1.0, (step + 1) / recipe.warm_up) if recipe.warm_up else 1.0
        update(gradients, recipe.learning_rate * warm)
        if watch is not None:
            watch(step, losses[-1])
        if recipe.enough is not None and step + 1 >= PATIENCE and _recent(losses) < recipe.enough:
            break
    return Fit(losses=tuple(losses), norms=tuple(norms))


def _recent(losses: list[float]) -> float:
    """The mean of the last losses."""
    return math.fsum(losses[-PATIENCE:]) / PATIENCE


def total_norm(gradients: Sequence[Tensor]) -> Tensor:
    """The norm of all of them together, a scalar."""
    norm: Tensor = torch.stack(torch._foreach_norm(list(gradients))).norm()  # []
    return norm


Update = Callable[[list[Tensor], float], None]


def optimizer(weights: list[Tensor], recipe: Recipe) -> Update:
    """What changes the weights, given gradients and a learning rate. Raises ValueError for another name."""
    if recipe.optimizer == "adam":
        return _adam(weights, recipe)
    if recipe.optimizer == "sgd":
        return _sgd(weights)
    raise ValueError(f"unknown optimizer {recipe.optimizer!r}: adam or sgd")


def _sgd(weights: list[Tensor]) -> Update:
    @torch.no_grad()
    def update(gradients: list[Tensor], rate: float) -> None:
        torch._foreach_add_(weights, gradients, alpha=-rate)

    return update


def _adam(weights: list[Tensor], recipe: Recipe) -> Update:
    """Adam with decoupled weight decay (Kingma and Ba 2015, Loshchilov and Hutter 2019), epsilon 1e-8."""
    first = [torch.zeros_like(weight) for weight in weights]
    second = [torch.zeros_like(weight) for weight in weights]
    beta1, beta2 = recipe.betas
    done = 0

    @torch.no_grad()
    def update(gradients: list[Tensor], rate: float) -> None:
        nonlocal done
        done += 1
        if recipe.weight_decay:
            torch._foreach_mul_(weights, 1.0 - rate * recipe.weight_decay)
        torch._foreach_lerp_(first, gradients, 1.0 - beta1)
        torch._foreach_mul_(second, beta2)
        torch._foreach_addcmul_(second, gradients, gradients, value=1.0 - beta2)
        spread = torch._foreach_sqrt(second)
        torch._foreach_div_(spread, math.sqrt(1.0 - beta2**done))
        torch._foreach_add_(spread, 1e-8)
        torch._foreach_addcdiv_(weights, first, spread, value=-rate / (1.0 - beta1**done))

    return update


@dataclass(frozen=True, kw_only=True)
class Tuned:
    """The best of a grid of learning rates."""

    model: nn.Module
    fit: Fit
    learning_rate: float
    tried: tuple[tuple[float, float], ...]
    """(learning rate, what it was judged by) of every rate, in the order tried."""


def tuned(
    build: Callable[[], nn.Module],
    train: Callable[[nn.Module, float], Fit],
    rates: Iterable[float],
    judge: Callable[[nn.Module, Fit], float] | None = None,
) -> Tuned:
    """Train a fresh model at every rate and keep the one judged lowest, by its final training loss if no
    judge is given. Judge by validation data, never by what the experiment reports.

    `build` must give the same weights every time, or rates are not all that differs.
    """
    best: tuple[float, nn.Module, Fit, float] | None = None
    tried = []
    for rate in rates:
        model = build()
        made = train(model, rate)
        score = judge(model, made) if judge is not None else made.final()
        score = math.inf if math.isnan(score) else score
        tried.append((rate, score))
        if best is None or score < best[0]:
            best = (score, model, made, rate)
    if best is None:
        raise ValueError("needs a learning rate to try")
    return Tuned(model=best[1], fit=best[2], learning_rate=best[3], tried=tuple(tried))
