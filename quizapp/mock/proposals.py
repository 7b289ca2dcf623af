"""Which points of a rubric an answer seems to make, each with the words it goes by. Never ticks. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from quizapp import terms
from quizapp.interviews import RULES, Question
from quizapp.model import Open
from quizapp.terms import Heard

MOST = 20_000
"""Characters of an answer that are listened to."""


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """One point that may have been made."""

    asker: str
    """`rules`, or the model that suggests it."""
    question: int
    """Which of the questions about the item, from 0, was answered so."""
    words: tuple[str, ...]
    """The words of the answer it goes by."""
    quote: str
    """The sentence they stand in."""


def keys(item: Open) -> tuple[str, ...]:
    """What can be ticked: the points of the rubric, then `flag0`, `flag1`..."""
    return (*(point.id for point in item.rubric), *(f"flag{index}" for index in range(len(item.red_flags))))


def meaning(item: Open, key: str) -> str:
    """What ticking a key says."""
    if key.startswith("flag"):
        return item.red_flags[int(key.removeprefix("flag"))].text
    return next(point.text for point in item.rubric if point.id == key)


def propose(item: Open, questions: Sequence[Question]) -> dict[str, Proposal]:
    """Key -> what speaks for ticking it, by the rules, else by what a model said of the answers."""
    found: dict[str, Proposal] = {}
    for place, question in enumerate(questions):
        for key, heard in by_rules(item, question).items():
            said = question.answer.said[:MOST] if question.answer else ""
            words, quote = heard.words(said), heard.quote(said)
            found.setdefault(key, Proposal(asker=RULES, question=place, words=words, quote=quote))
    for place, question in enumerate(questions):
        for hint in question.answer.hints if question.answer else ():
            for key, quote in hint.points.items():
                if key in keys(item):
                    found.setdefault(
                        key, Proposal(asker=hint.asker, question=place, words=(quote,), quote=quote)
                    )
    return found


def by_rules(item: Open, question: Question) -> Mapping[str, Heard]:
    """What the rules hear in the answer to one question."""
    if question.answer is None:
        return {}
    said = question.answer.said[:MOST]
    found: dict[str, Heard] = {}
    for point in item.rubric:
        asked = question.prompt if question.point == point.id else ""
        if point.terms:
            heard = terms.hear(said, point.terms, asked=asked)
        else:
            heard = terms.hear_some(said, terms.derived(point.text, item.prompt))
        if heard is not None:
            found[point.id] = heard
    for index, flag in enumerate(item.red_flags):
        heard = terms.hear(said, flag.terms, flag=True)
        if heard is not None:
            found[f"flag{index}"] = heard
    return found
