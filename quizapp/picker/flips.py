"""What would change the choice: every input on its own, moved until another candidate is ahead.

A search and no more: what it names was computed by choosing again. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from quizapp.picker.choose import Choice, choose
from quizapp.picker.needs import RECALL, Needs, count, moved, size
from quizapp.picker.rules import Rules

LENGTHS = tuple(2**power for power in range(6, 25))
TOKENS = tuple(float(f"{digit}e{power}") for power in range(6, 14) for digit in (1, 3))
MEMORY = tuple(float(f"{digit}e{power}") for power in range(4, 13) for digit in (1, 2, 3, 4, 6, 8))
OTHERS: dict[str, tuple[Any, ...]] = {
    "recall": RECALL,
    "stream": (False, True),
    "latency": ("any", "tight"),
    "throughput": ("any", "high"),
}
WORDS = {
    ("recall", "none"): "without recall",
    ("recall", "some"): "with some recall",
    ("recall", "exact"): "with exact recall",
    ("stream", True): "as an endless stream",
    ("stream", False): "not as an endless stream",
    ("latency", "tight"): "with tight latency",
    ("latency", "any"): "without tight latency",
    ("throughput", "high"): "for high throughput",
    ("throughput", "any"): "without high throughput",
}


@dataclass(frozen=True, kw_only=True)
class Flip:
    """One input moved, nothing else."""

    name: str
    value: Any
    to: tuple[str, ...]
    """The ids of who is ahead then; several tie, none when nothing fits."""
    says: str
    """The move in words: `at 65,536 tokens`."""


def flips(found: Choice, rules: Rules) -> tuple[Flip, ...]:
    """The nearest move of every input, each way, at which others are ahead."""
    at = found.at
    still = replace(at.needs, length=at.length, recall=at.recall)
    moves: list[tuple[str, Sequence[Any]]] = []
    for name, values, now in (
        ("length", LENGTHS, at.length),
        ("memory", MEMORY, at.budget),
        ("tokens", TOKENS, at.needs.tokens),
    ):
        moves.append((name, [value for value in values if value > now]))
        moves.append((name, [value for value in reversed(values) if value < now]))
    for name, values in OTHERS.items():
        moves += [(name, [value]) for value in values if value != getattr(still, name)]
    moves += [("device", [device.id]) for device in rules.devices if device.id != at.device.id]
    moves += [("task", [task.id]) for task in rules.tasks if task.id != at.task.id]
    return tuple(flip for name, values in moves for flip in _first(found, still, name, values, rules))


def to_runner_up(found: Choice, rules: Rules) -> tuple[Flip, ...]:
    """The moves that put the runner-up ahead, alone or in a tie."""
    if found.runner_up is None:
        return ()
    wanted = found.runner_up.candidate.id
    return tuple(flip for flip in flips(found, rules) if wanted in flip.to)


def _first(found: Choice, still: Needs, name: str, values: Sequence[Any], rules: Rules) -> Iterator[Flip]:
    """The first of the values at which others are ahead. What merely joins or leaves a tie is none."""
    before = {one.candidate.id for one in found.best}
    for value in values:
        after = choose(moved(still, name, value), rules)
        best = tuple(one.candidate.id for one in after.best)
        if not before & set(best) and (best or before):
            yield Flip(name=name, value=value, to=best, says=_said(name, value, rules))
            return


def _said(name: str, value: Any, rules: Rules) -> str:  # noqa: ANN401 - of any input
    """A move in words."""
    if name in ("length", "memory", "tokens"):
        amounts = {"length": f"at {value:,} tokens", "memory": f"with {size(value)} of memory"}
        return amounts.get(name, f"trained on {count(value)} tokens")
    if name == "device":
        return f"on a {rules.device(value).name}"
    if name == "task":
        return f"for {re.split('[,:]', rules.task(value).name)[0]}"
    return WORDS[name, value]
