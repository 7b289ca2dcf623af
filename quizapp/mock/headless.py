"""Mock interviews on the command line: a list, one in full, and one held line by line."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from quizapp import backups, clock, paths, settings
from quizapp.bank import Bank
from quizapp.errors import QuizError
from quizapp.interviews import Interviews
from quizapp.mock import plain, report
from quizapp.mock.drafts import Drafts
from quizapp.mock.endpoint import Endpoint
from quizapp.mock.talk import Talk
from quizapp.store import Store


def kept(bank: Bank, store: Store, show: int | None, as_json: bool) -> list[Any]:
    """The interviews, or one of them, as lines or as data. Raises QuizError when there is no such one."""
    interviews, zone = Interviews(store), clock.HERE
    if show is None:
        found = interviews.all()
        if as_json:
            return [report.data(bank, one) for one in found]
        return [report.row(one, zone) for one in found] or ["No interviews yet. Begin with: quizapp mock"]
    one = interviews.one(show)
    if one is None:
        raise QuizError(f"there is no interview {show}", "`quizapp mock --list` lists them.")
    return [report.data(bank, one)] if as_json else [report.text(bank, one, zone)]


def hold(
    bank: Bank,
    store: Store,
    topic: str,
    say: Callable[[str], None],
    *,
    minutes: int,
    seed: int | None,
    resume: bool,
) -> int:
    """Hold one on standard input and output; returns the exit code: 1 when the input ended before it did."""
    backups.begin(store.path, clock.now)
    interviews = Interviews(store)
    if resume:
        found = interviews.unfinished()
        if found is None:
            raise QuizError("there is no interview to take up", "Begin one: quizapp mock --plain")
        talk = Talk(bank, interviews, clock.now, found)
    else:
        talk = Talk.begin(bank, interviews, clock.now, topic=topic, minutes=minutes, seed=seed)
    endpoint = _endpoint(interviews, say)
    if plain.hold(talk, bank, sys.stdin, say, Drafts(paths.home()), endpoint):
        return 0
    print("quizapp: broken off; go on with: quizapp mock --plain --resume", file=sys.stderr)
    return 1


def _endpoint(interviews: Interviews, say: Callable[[str], None]) -> Endpoint | None:
    """The model that helps, if one is set and the learner agreed to it on the screen."""
    chosen = settings.load(paths.settings())
    if not (chosen.endpoint and chosen.model):
        return None
    endpoint = Endpoint(address=chosen.endpoint, model=chosen.model)
    if interviews.agreed(endpoint.address, endpoint.model):
        return endpoint
    say(f"(A model is set up, at {endpoint.host}, and not asked: agree to it first, in `quizapp mock`.)")
    return None
