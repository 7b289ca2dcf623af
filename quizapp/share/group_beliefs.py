"""What the members of a study group believe: confidence against being right, claim by claim. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from quizapp.bank import Bank
from quizapp.learner import SURE
from quizapp.share.group import Answer, Member


@dataclass(frozen=True, kw_only=True)
class Side:
    """Somebody's newest answer to the item in question."""

    who: str
    correct: bool
    confidence: float


@dataclass(frozen=True, kw_only=True)
class Dispute:
    """A claim by the answers of the members who shared theirs: each one's newest to each item about it."""

    claim: str
    says: str
    score: float
    """0 to 1: how evenly and how surely the members are split on `item`."""
    item: str
    members: int
    answers: int
    right: int
    confidence: float
    sure_and_wrong: int
    """So many answers were wrong with a confidence of at least 90%."""
    sides: tuple[Side, ...]


def newest(sharing: Iterable[Member], bank: Bank) -> tuple[dict[str, list[tuple[Member, Answer]]], int]:
    """Item -> every member's newest answer that came with a confidence; and how many are outdated."""
    found: dict[str, dict[str, tuple[Member, Answer]]] = defaultdict(dict)
    outdated = 0
    for member in sharing:
        for answer in sorted(member.answers or (), key=lambda answer: answer.at):
            item = bank.items.get(answer.item)
            if item is None or item.rev != answer.rev:
                outdated += 1
            elif answer.confidence is not None:
                found[answer.item][member.id] = (member, answer)
    return {item: list(each.values()) for item, each in found.items()}, outdated


def disputes(newest: Mapping[str, list[tuple[Member, Answer]]], bank: Bank) -> tuple[Dispute, ...]:
    """Claims that at least two members answered about: confident and split ones first."""
    items: dict[str, list[str]] = defaultdict(list)
    for id_ in newest:
        for about in dict.fromkeys(bank.items[id_].claims):
            items[about].append(id_)
    made = []
    for claim_id, ids in items.items():
        said = [pair for id_ in ids for pair in newest[id_]]
        members = {member.id for member, _ in said}
        claim = bank.claims.get(claim_id)
        if claim is None or len(members) < 2:
            continue
        item = max(sorted(ids), key=lambda id_: disagreement([answer for _, answer in newest[id_]]))
        answers = [answer for _, answer in said]
        made.append(
            Dispute(
                claim=claim_id,
                says=claim.says,
                score=disagreement([answer for _, answer in newest[item]]),
                item=item,
                members=len(members),
                answers=len(answers),
                right=sum(answer.correct for answer in answers),
                confidence=fmean(_sure(answer) for answer in answers),
                sure_and_wrong=sum(not answer.correct and _sure(answer) >= SURE for answer in answers),
                sides=tuple(sorted((_side(*pair) for pair in newest[item]), key=_order)),
            )
        )
    return tuple(sorted(made, key=lambda one: (-one.score, -one.members, -one.sure_and_wrong, one.claim)))


def disagreement(answers: Sequence[Answer]) -> float:
    """0 to 1: the weight of the lighter side, right or wrong, doubled, over the number of answers.

    An answer weighs 0 at a confidence of 50% and 1 at 99%: all sure and evenly split is 1.
    """
    weights = {True: 0.0, False: 0.0}
    for answer in answers:
        weights[answer.correct] += (_sure(answer) - 0.5) / 0.49
    return 2 * min(weights.values()) / len(answers) if answers else 0.0


def _sure(answer: Answer) -> float:
    return 0.5 if answer.confidence is None else answer.confidence


def _side(member: Member, answer: Answer) -> Side:
    return Side(who=member.name or "a member", correct=answer.correct, confidence=_sure(answer))


def _order(side: Side) -> tuple[bool, float, str]:
    return not side.correct, -side.confidence, side.who
