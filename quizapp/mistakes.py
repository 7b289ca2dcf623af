"""Which misconceptions wrong answers show, by the items as they are now. Pure functions."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from quizapp import model
from quizapp.amounts import readings
from quizapp.bank import Bank
from quizapp.grade import filling, sprung
from quizapp.model import Item, Review

UNSAID = 0.5
"""What a wrong answer costs when its confidence was not said."""


@dataclass(frozen=True, kw_only=True)
class Costly:
    """A misconception that was chosen."""

    misconception: str
    """Its id."""
    says: str
    """The wrong belief."""
    refute: str
    """What is so instead."""
    times: int
    """How often an answer showed it."""
    cost: float
    """Each time counts as much as the learner was sure: 0.5 to 0.99, and 0.5 when that was not said."""
    items: tuple[str, ...]
    """The ids of the items it was shown on."""
    at: datetime
    """The last time."""


@dataclass(frozen=True, kw_only=True)
class Mistakes:
    """What the wrong answers come down to."""

    wrong: int
    """Wrong answers."""
    named: int
    """Those of them that show at least one misconception."""
    outdated: int
    """Wrong answers left out: the item has changed its meaning since, or is no longer there."""
    costly: tuple[Costly, ...]
    """The most costly first."""


def shown(item: Item, given: Any) -> list[str]:  # noqa: ANN401 - plain data, by kind
    """The misconceptions a wrong answer shows, as `grade` reads it: the wrong things that were chosen.

    Where nothing is chosen (a card) none is shown. Raises what indexing raises when the answer does not
    fit the item.
    """
    match item:
        case model.Choice() | model.Code():
            return _of(item.options, [given])
        case model.Multi():
            return _of(item.options, given)
        case model.TrueFalse():
            return _of(item.reasons, [given[1]])
        case model.Flaw():
            return _of(item.fixes, [given[1]])
        case model.Numeric():
            return _traps(item.answer, item.traps, given)
        case model.Estimate():
            return _traps(item.answer, item.traps, given[1])
        case model.Order():
            ranked = sorted(range(len(item.sequence)), key=lambda index: item.sequence[index].value)
            return [
                swap.misconception
                for swap in item.swaps
                if given.index(ranked[swap.pair[0]]) > given.index(ranked[swap.pair[1]])
            ]
        case model.Cloze():
            found = {gap: filling(item, gap, given.get(gap, "")) for gap in item.accept}
            return [
                reject.misconception
                for reject in item.reject
                if (fit := found[reject.deletion].rejected) is not None
                and not found[reject.deletion].right
                and fit.word == reject.value
            ]
        case model.Open():
            return [flag.misconception for i, flag in enumerate(item.red_flags) if f"flag{i}" in given]
        case model.PredictPlot() | model.PredictNumber():
            return list(item.misconceptions)
    return []


def _of(options: Sequence[model.Option | model.Reason], chosen: Iterable[int]) -> list[str]:
    picked = [options[index] for index in chosen]
    return [part.misconception for part in picked if part.misconception and not part.correct]


def _traps(answer: model.Answer, traps: Iterable[model.Trap], given: str) -> list[str]:
    return [trap.misconception for trap in sprung(answer, traps, readings(given, answer.unit))]


def mistakes(reviews: Iterable[Review], bank: Bank) -> Mistakes:
    """The misconceptions behind the wrong answers, the most costly first.

    Only answers to the items as they are now are looked at: those whose `rev` has not changed since.
    """
    found: dict[str, list[Review]] = {}
    wrong = named = outdated = 0
    for review in reviews:
        if review.correct:
            continue
        wrong += 1
        item = bank.items.get(review.item)
        if item is None or item.rev != review.rev:
            outdated += 1
            continue
        try:
            ids = shown(item, json.loads(review.given))
        except (ValueError, TypeError, LookupError, AttributeError):
            outdated += 1  # the item was changed without a new `rev`: nobody knows what was chosen
            continue
        named += bool(ids)
        for id_ in dict.fromkeys(ids):
            found.setdefault(id_, []).append(review)
    costly = [_costly(id_, shown_by, bank) for id_, shown_by in found.items()]
    costly.sort(key=lambda one: (-one.cost, one.misconception))
    return Mistakes(wrong=wrong, named=named, outdated=outdated, costly=tuple(costly))


def _costly(id_: str, shown_by: Sequence[Review], bank: Bank) -> Costly:
    misconception = bank.misconceptions.get(id_)
    return Costly(
        misconception=id_,
        says=misconception.says if misconception else "",
        refute=misconception.refute if misconception else "",
        times=len(shown_by),
        cost=sum(UNSAID if review.confidence is None else review.confidence for review in shown_by),
        items=tuple(dict.fromkeys(review.item for review in shown_by)),
        at=max(review.at for review in shown_by),
    )
