"""An interview line by line, for a pipe, a screen reader or a tiny terminal. No colours, nothing moves."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import TextIO

from quizapp.bank import Bank
from quizapp.interviews import RULES, Question
from quizapp.mock import bands, proposals, report, review
from quizapp.mock.drafts import Draft, Drafts
from quizapp.mock.endpoint import Endpoint, hint
from quizapp.mock.talk import Next, Talk
from quizapp.model import Open

Say = Callable[[str], None]
DONE = "."


class Ended(Exception):  # noqa: N818 - not an error: the input is at its end
    """Nobody types any more."""


def hold(talk: Talk, bank: Bank, source: TextIO, say: Say, drafts: Drafts, endpoint: Endpoint | None) -> bool:
    """Hold an interview and go through it; False when the input ended first. All that was said is kept."""
    lines = iter(source.readline, "")
    try:
        if talk.interview.state == "talk":
            _talk(talk, lines, say, drafts, endpoint)
        for item in talk.left:
            _tick(talk, item, lines, say)
    except Ended:
        return False
    _tell(talk, bank, say)
    return True


def _talk(talk: Talk, lines: Iterator[str], say: Say, drafts: Drafts, endpoint: Endpoint | None) -> None:
    say(
        f"Mock interview {talk.interview.id}: {report.topic_name(talk.interview.topic)}, "
        f"about {talk.interview.minutes} minutes."
    )
    say("Answer over as many lines as you like; a line with a single dot ends it. An empty answer passes.")
    while (question := talk.interview.open) is not None or not talk.interview.ended:
        if question is None:
            _go_on(talk)
            continue
        _put(talk, question, say)
        answer, seconds = _answer(question, lines, say, drafts)
        kept = talk.say(answer, seconds)
        drafts.drop(question.id)
        following = talk.plan()
        wording = ""
        if endpoint is not None and answer:
            wording = _consult(talk, question, kept, answer, following, endpoint, say)
        if following is None:
            talk.end()
        else:
            talk.ask(following, wording, endpoint.model if wording and endpoint else RULES)


def _go_on(talk: Talk) -> None:
    """It was broken off between an answer and the next question."""
    following = talk.plan()
    if following is None:
        talk.end()
    else:
        talk.ask(following)


def _put(talk: Talk, question: Question, say: Say) -> None:
    number = len(talk.interview.questions)
    kind = "Follow-up" if question.point else f"Question on {report.topic_name(_topic(talk, question))}"
    spent = report.minutes(talk.interview.seconds)
    say("")
    say(f"{number} of {talk.planned}. {kind} ({spent} of {talk.interview.minutes})")
    if question.asker != RULES:
        say(f"   (worded by the model {question.asker})")
    for line in report.wrap(question.prompt, "   "):
        say(line)


def _topic(talk: Talk, question: Question) -> str:
    item = talk.item(question.item)
    return item.topic if item else ""


def _answer(question: Question, lines: Iterator[str], say: Say, drafts: Drafts) -> tuple[str, float]:
    """What is typed until the dot; a draft is kept line by line."""
    draft = drafts.of(question.id)
    begun, typed = time.monotonic(), draft.said.splitlines()
    if typed:
        say("   You had begun:")
        for line in typed:
            say(f"   > {line}")
    for line in lines:
        if line.strip() == DONE:
            return "\n".join(typed), draft.seconds + time.monotonic() - begun
        typed.append(line.rstrip("\r\n"))
        drafts.keep(question.id, Draft("\n".join(typed), draft.seconds + time.monotonic() - begun))
    raise Ended


def _consult(
    talk: Talk, question: Question, kept: int, said: str, following: Next | None, endpoint: Endpoint, say: Say
) -> str:
    """Ask the model; returns its wording of the follow-up, if it has one."""
    from quizapp.errors import QuizError

    item = talk.item(question.item)
    if item is None:
        return ""
    aim = proposals.meaning(item, following.point) if following is not None and following.point else ""
    try:
        reply = endpoint.ask(item, question.prompt, said, aim)
    except QuizError as error:
        say(f"({error.what})")
        return ""
    if reply.made:
        talk.hint(kept, hint(endpoint, reply))
    return reply.follow_up if aim else ""


# ---- the debrief


def _tick(talk: Talk, item: Open, lines: Iterator[str], say: Say) -> None:
    """Go through one rubric: what is proposed counts only once it is accepted."""
    questions = talk.interview.about(item.id)
    proposed = proposals.propose(item, questions)
    keys = proposals.keys(item)
    say("")
    say(f"Debrief: {item.id}")
    for line in report.wrap(item.prompt, "   "):
        say(line)
    for number, key in enumerate(keys, 1):
        found = proposed.get(key)
        flag = "RED FLAG: " if key.startswith("flag") else ""
        for line in report.wrap(
            f"{'[?]' if found else '[ ]'} {number}. {flag}{proposals.meaning(item, key)}", "   "
        ):
            say(line)
        if found is not None:
            who = "you wrote" if found.asker == RULES else f"the model {found.asker} suggests, by"
            for line in report.wrap(f"{who}: {', '.join(found.words)}", "         "):
                say(line)
    say(
        "   [?] is proposed. An empty line accepts all of it; or type the numbers of what you said (0: none)."
    )
    say("")
    for line in lines:
        chosen = _numbers(line, len(keys))
        if chosen is None:
            say(f"   Type numbers from 1 to {len(keys)} with spaces, 0 for none, or an empty line.")
            continue
        ticked = list(proposed) if not line.strip() else [keys[number - 1] for number in chosen]
        say(f"   {report.ladder(talk.tick(item, ticked))}")
        return
    raise Ended


def _numbers(line: str, most: int) -> list[int] | None:
    """The numbers in a line; none for 0 or nothing; None when it says something else."""
    words = line.replace(",", " ").split()
    if not all(word.isascii() and word.isdigit() and len(word) < 4 for word in words):
        return None
    numbers = [int(word) for word in words]
    if numbers == [0]:
        return []
    return numbers if all(1 <= number <= most for number in numbers) else None


def _tell(talk: Talk, bank: Bank, say: Say) -> None:
    found = review.judged(bank, talk.interview)
    say("")
    if not found:
        say("Nothing was said, so there is no band.")
        return
    say(f"Overall: {report.ladder(review.overall(found))}")
    for line in report.wrap(bands.RULE, "   "):
        say(line)
    for one in found:
        say("")
        say(f"{one.item.id}: {report.ladder(one.band)}")
        for line in report.lift_lines(one):
            say(line)
    say("")
    for line in report.next_lines(bank, found):
        say(line)
