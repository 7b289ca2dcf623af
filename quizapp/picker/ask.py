"""`quizapp pick`: the questions one by one, or flags; then the account. Knows the store, no screen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from quizapp.errors import QuizError
from quizapp.picker import flips, grounds, needs
from quizapp.picker.choose import choose, settled
from quizapp.picker.needs import Needs, Question
from quizapp.picker.rules import Rules
from quizapp.picker.told import Account

if TYPE_CHECKING:
    from quizapp.evidence import Run
    from quizapp.model import Claim
    from quizapp.reference import Reference


def inputs(rules: Rules) -> tuple[Question, ...]:
    """Every input that the rules know."""
    return needs.questions(
        tuple(task.id for task in rules.tasks), tuple(device.id for device in rules.devices)
    )


def given(rules: Rules, flags: Mapping[str, str | None]) -> Needs:
    """The needs that flags say; what no flag says is as usual. Raises QuizError at the first that is none."""
    found = Needs()
    for question in inputs(rules):
        if (text := flags.get(question.name)) is not None:
            found = needs.put(found, question, text)
    return found


def asked(rules: Rules, prompt: Callable[[str, str], str], refuse: Callable[[str], None]) -> Needs:
    """The needs, asked for one by one; an empty answer keeps what is usual, a wrong one is asked again.

    prompt: (question, what is usual) -> what was typed. refuse: says what is wrong with it.
    """
    found = Needs()
    for question in inputs(rules):
        while True:
            typed = prompt(_asks(question), usual(question, found, rules)).strip()
            try:
                found = needs.put(found, question, typed) if typed else found
            except QuizError as error:
                refuse(f"{error.what}. {error.todo}")
            else:
                break
    return found


def _asks(question: Question) -> str:
    return f"{question.asks} ({', '.join(question.choices)})" if question.choices else question.asks


def now(name: str, found: Needs, rules: Rules) -> Any:  # noqa: ANN401 - of any input
    """The value of an input, with what the task and the device bring along."""
    at = settled(found, rules)
    brought = {"length": at.length, "recall": at.recall, "memory": at.budget}
    return brought.get(name, getattr(found, name))


def usual(question: Question, found: Needs, rules: Rules) -> str:
    """The value of an input in words."""
    value = now(question.name, found, rules)
    if question.name == "task":
        return rules.task(value).name
    if question.name == "device":
        return rules.device(value).name
    return needs.said(question, value)


def account(
    wanted: Needs,
    rules: Rules,
    claims: Mapping[str, Claim],
    runs: Mapping[str, Run],
    reference: Reference,
) -> Account:
    """The choice with all that is said about it."""
    choice = choose(wanted, rules)
    return Account(
        choice=choice,
        flips=flips.flips(choice, rules),
        rests=grounds.rests(choice, claims, runs, reference),
        measured=grounds.measured(choice, runs, reference),
        rules=rules,
    )
