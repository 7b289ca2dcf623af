"""English text by the character, networks that read it, and how well they do with how much of it.

The text is Python's own documentation (pydoc_data, which every Python carries), so it differs a little
from one version of Python to the next: letters, space, stop and one sign for the rest, which makes chance
log 29 = 3.37 nats. Every tenth block of 1000 characters is kept for the test. Knows no experiment.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from . import train
from .lab import Lab
from .models import tagger
from .tasks import IGNORE, Batch

ALPHABET = " abcdefghijklmnopqrstuvwxyz."
CLASSES = len(ALPHABET) + 1
"""Characters told apart; the last class is every other one."""
BLOCK = 1000
"""Characters of a block of text; every tenth is for the test."""
MASK, HIDDEN = CLASSES, 0.15
"""The token that hides a character, and the share that is hidden (Devlin 2018)."""
CLOSE = math.log(1.01)
"""Nats that are 1% of perplexity."""


@lru_cache(maxsize=1)
def text() -> tuple[Tensor, Tensor]:
    """Python's documentation as classes: what is learned from and what is kept for the test, [characters]."""
    from pydoc_data.topics import topics  # half a megabyte, read only when it is needed

    whole = classes(" ".join(topics[name] for name in sorted(topics)))  # [characters]
    blocks = whole[: len(whole) // BLOCK * BLOCK].view(-1, BLOCK)  # [blocks, BLOCK]
    kept = torch.arange(len(blocks)) % 10 == 9  # [blocks]
    return blocks[~kept].flatten(), blocks[kept].flatten()  # [characters] each


def classes(written: str) -> Tensor:
    """Letters without case, space (any white space in a row is one), stop, anything else: [characters]."""
    numbers = {sign: number for number, sign in enumerate(ALPHABET)}
    folded = re.sub(r"\s+", " ", written.lower())
    return torch.tensor([numbers.get(sign, CLASSES - 1) for sign in folded])  # [characters]


def windows(generator: torch.Generator, characters: Tensor, batch: int, time: int) -> Batch:
    """Pieces of the text, each character asked for after those before it."""
    start = torch.randint(len(characters) - time, (batch, 1), generator=generator)  # [batch, 1]
    pieces = characters[start + torch.arange(time + 1)]  # [batch, time + 1]
    return Batch(pieces[:, :-1], pieces[:, 1:])


def hidden(generator: torch.Generator, batch: Batch) -> Batch:
    """The same pieces with some characters hidden, which are then asked for in their own place."""
    covered = torch.rand(batch.inputs.shape, generator=generator) < HIDDEN  # [batch, time]
    return Batch(
        torch.where(covered, MASK, batch.inputs),  # [batch, time]
        torch.where(covered, batch.inputs, IGNORE),  # [batch, time]
    )


# ---- networks -------------------------------------------------------------------------------------------


def sizes(lab: Lab) -> Mapping[str, Any] | None:
    """What the profile says of text on this kind of device, None where it does without."""
    known = lab.size.get("text")
    return known["cpu" if lab.device.type == "cpu" else "gpu"] if known else None


def trained(
    lab: Lab,
    size: Mapping[str, Any],
    kind: str,
    *,
    seed: int,
    masked: bool = False,
    **options: Any,  # noqa: ANN401 - handed on to the network
) -> nn.Module:
    """A network that has read the text, at the rate with the lowest loss after a third of the steps.

    size: steps, batch, time (characters of a piece), rates, and `kind`: (width, layers). All networks of a
    seed read the same pieces; the last quarter of the steps has a fifth of the rate.
    """
    learned, _ = text()
    width, layers = size[kind]
    third, late = size["steps"] // 3, size["steps"] // 4

    def build() -> tagger.Tagger:
        weights = torch.Generator().manual_seed(seed)
        body = tagger.core(kind, width, generator=weights, layers=layers, device=lab.device, **options)
        return tagger.Tagger(
            body,
            width=width,
            tokens=CLASSES + 1,
            classes=CLASSES,
            generator=weights,
            scaled=True,  # large vectors of tokens would hide the small ones of positions
            device=lab.device,
        )

    def pieces(number: int) -> Callable[[], Batch]:
        drawn = torch.Generator().manual_seed(number)

        def draw() -> Batch:
            batch = windows(drawn, learned, size["batch"], size["time"])
            return (hidden(drawn, batch) if masked else batch).to(lab.device)

        return draw

    def read(model: nn.Module, rate: float) -> train.Fit:
        recipe = train.Recipe(steps=third, learning_rate=rate, clip=1.0, warm_up=20)
        return train.fit(model, pieces(seed + 1), recipe)

    best = train.tuned(build, read, size["rates"], judge=lambda _, fit: fit.final(25))
    draw = pieces(seed + 2)
    for steps, rate in ((size["steps"] - third - late, 1.0), (late, 0.2)):
        recipe = train.Recipe(steps=steps, learning_rate=rate * best.learning_rate, clip=1.0)
        train.fit(best.model, draw, recipe)
    if lab.seed % 1000 == 0:
        said = ", ".join(f"{name} {value}" for name, value in options.items() if name == "positions")
        lab.note(
            f"Text: {'masked ' * masked}{kind}{', ' * bool(said)}{said}: {tagger.parameters(best.model)} "
            f"parameters, learning rate {best.learning_rate:g} of {size['rates']}, {size['steps']} steps"
        )
    return best.model


# ---- how well they read ---------------------------------------------------------------------------------


def exam(size: Mapping[str, Any], time: int, *, masked: bool = False) -> Batch:
    """Pieces of the text that is kept for the test, always the same."""
    drawn = torch.Generator().manual_seed(0)
    batch = windows(drawn, text()[1], size["tests"], time)
    return hidden(drawn, batch) if masked else batch


def every(time: int, step: int) -> Batch:
    """Pieces of the text kept for the test that begin `step` characters apart, all of them.

    Any `step` places in a row of these pieces hold, but for the ends, every character once: losses there
    differ by what was read before, not by which characters are asked for.
    """
    held = text()[1]  # [characters]
    pieces = held.unfold(0, time + 1, step)  # [pieces, time + 1]
    return Batch(pieces[:, :-1], pieces[:, 1:])


@torch.no_grad()
def losses(model: nn.Module, batch: Batch, rows: int = 250) -> Tensor:
    """Nats at every character, 0 where none is asked: [batch, time], in float64 on the CPU."""
    device = next(model.parameters()).device
    found = []
    for start in range(0, len(batch.inputs), rows):
        part = batch.rows(torch.arange(start, min(start + rows, len(batch.inputs)))).to(device)
        scores = model(part.inputs).transpose(1, 2)  # [rows, classes, time]
        nats = functional.cross_entropy(scores, part.targets, ignore_index=IGNORE, reduction="none")
        found.append(nats.cpu().double())  # [rows, time]
    return torch.cat(found)  # [batch, time]


def perplexity(model: nn.Module, batch: Batch) -> float:
    """e to the mean loss of the characters asked for."""
    return math.exp(float(losses(model, batch).sum()) / int((batch.targets != IGNORE).sum()))


def truncated(model: nn.Module, batch: Batch, contexts: Sequence[int], longest: int) -> Tensor:
    """Nats at the last character when only the last c before it are read: [contexts, batch].

    longest: the most that the network can read; longer contexts are cut to that.
    """
    rows: list[Tensor] = []
    for c in contexts:
        read = min(c, longest)
        end = Batch(batch.inputs[:, -read:], batch.targets[:, -read:])  # [batch, read]
        rows.append(losses(model, end)[:, -1] if not rows or read == c else rows[-1])  # [batch]
    return torch.stack(rows)  # [contexts, batch]


def effective(nats: Tensor, contexts: Sequence[int]) -> float:
    """The smallest context within 1% of the lowest perplexity (Khandelwal 2018), for [contexts, batch]."""
    means = nats.mean(dim=1).tolist()
    return float(next(c for c, mean in zip(contexts, means, strict=True) if mean <= min(means) + CLOSE))


def relative_effective(
    group: Sequence[Tensor], contexts: Sequence[int], hardest: float, gain: float = 0.01
) -> list[float]:
    """The relative effective context length of each network of a group (Dai 2019, appendix C, from memory).

    group: nats [contexts, batch] of each network, for contexts in equal steps. At a context c the best of
    the group at every character is the baseline, and counted are the `hardest` share of the characters, by
    it. A network's gain is how much of their mean loss goes when it reads one step more, where it may fall
    back on the baseline. Its length is the first context at which a step more gains less than 1%.
    """
    best = torch.stack(list(group)).amin(dim=0)  # [contexts, batch]
    count = max(1, round(hardest * best.shape[1]))
    found = []
    for nats in group:
        reached = float(contexts[-1])
        for place, c in enumerate(contexts[:-1]):
            hard = best[place].topk(count).indices  # [count]
            before = best[place, hard]  # [count]
            after = torch.minimum(before, nats[place + 1, hard])  # [count]
            if float(after.mean()) > (1.0 - gain) * float(before.mean()):
                reached = float(c)
                break
        found.append(reached)
    return found


def flat_after(nats: Tensor, width: int) -> float:
    """After how many characters a curve of losses [time] stays within 1% of perplexity of its last quarter.

    The curve is averaged over `width` characters at a time, the distance of the pieces it comes from.
    """
    last = float(nats[-(len(nats) // 4) :].mean())
    means = nats[: len(nats) // width * width].view(-1, width).mean(dim=1).tolist()  # [blocks]
    flat = len(means)
    while flat and means[flat - 1] <= last + CLOSE:
        flat -= 1
    return float(flat * width)
