"""Needs and rules -> a choice: who is out, who is ahead and by what, and how much that is worth. Pure.

The same needs and rules always give the same choice. Where candidates tie, the order of the rules holds.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import Literal

from quizapp.picker import formulas
from quizapp.picker.needs import RECALL, Needs, count, sizes
from quizapp.picker.rules import Candidate, Constraint, Device, Rules, Score, Task, When

TIE = 0.1
"""Scores this near are the same: the values in the rules are no finer."""
AHEAD = 1.0
"""From here on a recommendation leans one way; below, it depends."""
BILLION = 1e9
"""Training tokens above which a pure RNN is not recommended without its trade-off."""
Strength = Literal["none", "only", "tie", "depends", "leans"]


@dataclass(frozen=True, kw_only=True)
class Costs:
    """What a candidate takes at the length asked for, counted from the formulas."""

    carried: int
    """Bytes that one sequence carries, or that one layer needs at once where nothing is generated."""
    flops: int
    """Operations of the sequence layers for a token at that length."""
    depth: int
    """Steps in a row of a training pass."""
    weights: int
    """Bytes of the weights: the same for all."""
    scores: int
    """Bytes of the scores where they are written out."""

    @property
    def memory(self) -> int:
        """Bytes of weights, of what is carried, and of scores."""
        return self.weights + self.carried + self.scores


@dataclass(frozen=True, kw_only=True)
class Part:
    """What one rule adds to a score."""

    rule: Score
    adds: float


@dataclass(frozen=True, kw_only=True)
class Standing:
    """One candidate, weighed."""

    candidate: Candidate
    score: float
    parts: tuple[Part, ...]
    costs: Costs
    excluded: tuple[tuple[Constraint, str], ...] = ()
    """The constraints it breaks, each with the sentence about it."""


@dataclass(frozen=True, kw_only=True)
class Situation:
    """Needs with nothing left open."""

    needs: Needs
    device: Device
    task: Task
    length: int
    recall: str
    budget: float
    """Bytes of memory."""

    @cached_property
    def facts(self) -> Mapping[str, bool | str]:
        """What `when` of a rule may ask about."""
        return {
            "task": self.task.id,
            "device": self.device.id,
            "matrix_unit": self.device.matrix_unit,
            "gpu": self.device.gpu,
            "recall": self.recall,
            "stream": self.needs.stream,
            "throughput": self.needs.throughput,
            "latency": self.needs.latency,
        }


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What comes of it."""

    at: Situation
    ranked: tuple[Standing, ...]
    """Who is left, best first."""
    out: tuple[Standing, ...]
    """Who is excluded, in the order of the rules."""

    @property
    def best(self) -> tuple[Standing, ...]:
        """The one ahead, or all that tie with it; nobody when all are excluded."""
        return tuple(one for one in self.ranked if round(self.ranked[0].score - one.score, 6) < TIE)

    @property
    def runner_up(self) -> Standing | None:
        """The first that neither ties with the best nor computes the same function."""
        same = {self._function(one.candidate) for one in self.best}
        rest = self.ranked[len(self.best) :]
        return next((one for one in rest if self._function(one.candidate) not in same), None)

    def _function(self, candidate: Candidate) -> str:
        """What a candidate computes: a window that holds the whole sequence is no window."""
        inside = candidate.layer != "window" or self.at.length <= self.at.device.shape.window
        return candidate.same_as if candidate.same_as and inside else candidate.id

    @property
    def margin(self) -> float:
        """How far the best is ahead of the runner-up."""
        return math.inf if self.runner_up is None else self.ranked[0].score - self.runner_up.score

    @property
    def deciding(self) -> tuple[Part, ...]:
        """The rules that put the best before the runner-up, the heaviest first; adds: the difference."""
        if self.runner_up is None:
            return ()
        both = self.ranked[0], self.runner_up
        first, second = ({part.rule.id: part.adds for part in one.parts} for one in both)
        rules = {part.rule.id: part.rule for part in (*self.ranked[0].parts, *self.runner_up.parts)}
        found = [
            Part(rule=rule, adds=first.get(id_, 0.0) - second.get(id_, 0.0)) for id_, rule in rules.items()
        ]
        return tuple(sorted((part for part in found if part.adds > 1e-9), key=lambda part: -part.adds))

    @property
    def strength(self) -> Strength:
        """How much the recommendation is worth. There is nothing stronger than `leans`."""
        if not self.ranked:
            return "none"
        if len({self._function(one.candidate) for one in self.best}) > 1:
            return "tie"
        if self.runner_up is None:
            return "only"
        judged = sum(part.adds for part in self.deciding if part.rule.basis == "judgement")
        solid = sum(part.adds for part in self.deciding) - judged
        return "leans" if self.margin >= AHEAD and solid > judged else "depends"

    @property
    def above_a_billion(self) -> bool:
        """Whether there are more training tokens than a pure RNN is recommended for as it is."""
        return self.at.needs.tokens > BILLION

    @property
    def warning(self) -> str:
        """The trade-off that must be said before a pure RNN is recommended for more than a billion tokens."""
        pure = [one for one in self.best if one.candidate.pure_rnn]
        if not self.above_a_billion or not pure:
            return ""
        names = " and ".join(one.candidate.name for one in pure)
        steps = " and ".join(f"{one.costs.depth:,}" for one in pure)
        prices = "; ".join(one.candidate.above_a_billion for one in pure)
        return (
            f"A pure RNN ({names}) for {count(self.at.needs.tokens)} training tokens; the trade-off first: "
            f"{prices}. At {self.at.length:,} tokens a training pass waits for {steps} steps in a row, "
            f"a Transformer of this size for {self.at.device.layers}."
        )


def settled(needs: Needs, rules: Rules) -> Situation:
    """The needs, with what the task and the device bring along."""
    device, task = rules.device(needs.device), rules.task(needs.task)
    return Situation(
        needs=needs,
        device=device,
        task=task,
        length=needs.length or task.length,
        recall=needs.recall or task.recall,
        budget=device.memory if needs.memory is None else needs.memory,
    )


def choose(needs: Needs, rules: Rules) -> Choice:
    """Weigh every candidate."""
    at = settled(needs, rules)
    levels = [(rule, _level(rule, at)) for rule in rules.scores if _applies(rule.when, at)]
    standings = []
    for candidate in rules.candidates:
        parts = tuple(
            Part(rule=rule, adds=rule.values[candidate.id] * level)
            for rule, level in levels
            if level and rule.values.get(candidate.id)
        )
        kept = at.task.generates or needs.stream
        counted = costs(candidate.layer, candidate.scores, at.device, at.length, kept)
        standings.append(
            Standing(
                candidate=candidate,
                score=round(sum(part.adds for part in parts), 6),
                parts=parts,
                costs=counted,
                excluded=tuple(_excluded(candidate, counted, at, rules.constraints)),
            )
        )
    ranked = sorted((one for one in standings if not one.excluded), key=lambda one: -one.score)
    return Choice(at=at, ranked=tuple(ranked), out=tuple(one for one in standings if one.excluded))


def _applies(when: Mapping[When, Sequence[bool | str]], at: Situation) -> bool:
    return all(at.facts[name] in allowed for name, allowed in when.items())


def _level(rule: Score, at: Situation) -> float:
    """How much a rule counts for these needs: 1, or read off its points."""
    if rule.by is None:
        return 1.0
    if rule.by == "recall":
        return _between(rule.points, float(RECALL.index(at.recall)))
    amount = at.length if rule.by == "length" else at.needs.tokens
    return _between([(math.log2(x), y) for x, y in rule.points], math.log2(amount))


def _between(points: Sequence[tuple[float, float]], at: float) -> float:
    """The height at a place on straight lines between points; flat beyond them."""
    if at <= points[0][0]:
        return points[0][1]
    for (x1, y1), (x2, y2) in pairwise(points):
        if at <= x2:
            return y1 + (y2 - y1) * (at - x1) / (x2 - x1)
    return points[-1][1]


@lru_cache(maxsize=4096)
def costs(kind: str, scores: bool, device: Device, length: int, kept: bool) -> Costs:
    """What a model of that kind takes. kept: every layer keeps what it carries, as in generating."""
    shape = device.shape
    return Costs(
        carried=formulas.carried_bytes(kind, shape if kept else replace(shape, layers=1), length),
        flops=formulas.flops_per_token(kind, shape, length),
        depth=formulas.serial_depth(kind, shape, length),
        weights=formulas.weight_bytes(shape),
        scores=formulas.score_bytes(shape, length) if scores else 0,
    )


def _excluded(
    candidate: Candidate, counted: Costs, at: Situation, constraints: Sequence[Constraint]
) -> Iterator[tuple[Constraint, str]]:
    """The constraints that a candidate breaks."""
    amounts = {"tokens": at.needs.tokens, "length": at.length}
    for rule in constraints:
        if not _applies(rule.when, at) or any(amounts[name] <= least for name, least in rule.above.items()):
            continue
        if rule.over == "memory":
            broken = counted.memory > at.budget
        else:
            broken = candidate.id in rule.excludes and not (rule.unless_stated and candidate.above_a_billion)
        if broken:
            needed, budget = sizes(counted.memory, at.budget)
            yield rule, rule.says.format(needed=needed, budget=budget)
