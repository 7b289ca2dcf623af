"""The plan of a sitting: what is known of the learner, handed to `plan` and `forecast`. Fit for a thread."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import asdict
from datetime import date
from typing import Any

from quizapp import clock, forecast, plan
from quizapp.errors import QuizError
from quizapp.forecast import Forecast, Glance
from quizapp.habits import Habits, habits
from quizapp.model import Item, Memory
from quizapp.study import Study


def follow(study: Study) -> None:
    """Have a sitting ask what the plan asks today, if the day of an interview is set that can be planned."""
    day = study.settings.interview
    if day is not None and not study.cram and applies(study):
        study.order = plan.today(*_known(study), study.now(), day, _minutes(study)).order


def applies(study: Study) -> bool:
    """Whether the day of an interview is set that can be planned; else practice goes on as without one."""
    if study.settings.interview is None:
        return False
    try:
        return plan.days_left(study.now(), study.settings.interview) > 0
    except QuizError:
        return False


def glance(study: Study, day: date) -> Glance:
    """Today in few numbers. Raises QuizError when no plan can be made."""
    return forecast.glance(*_known(study), study.now(), day, _minutes(study))


def ahead(study: Study, day: date) -> Forecast:
    """The whole plan. Raises QuizError when none can be made."""
    return forecast.forecast(*_known(study), study.now(), day, _minutes(study))


def headless(topic: str | None, query: str, limits: Mapping[str, int | date | None]) -> Forecast:
    """The whole plan for what a topic and a query select. Raises QuizError when none can be made.

    limits: settings that hold in place of those that were set; None: as it was set.
    """
    from quizapp import bank, opening, paths, settings
    from quizapp.learner import Learner
    from quizapp.query import parse
    from quizapp.store import Store

    questions = bank.load(cache=paths.cache())
    asked = opening.limited(settings.load(paths.settings()), limits)
    if asked.interview is None:
        todo = "Give --by DATE, or set one for good: `quizapp set interview DATE` (YYYY-MM-DD)."
        raise QuizError("no day of an interview is set", todo)
    only = parse(query, questions) if query else None
    with closing(Store(paths.answers())) as store:
        now = clock.now()
        learner = Learner(store, paths.snapshot())
        study = opening.sitting(
            questions, store, lambda: now, learner=learner, settings=asked, topic=topic, only=only
        )
        return ahead(study, asked.interview)


def data(found: Forecast) -> dict[str, Any]:
    """A plan as plain data: numbers, text, lists and mappings."""
    return asdict(found)


def _known(study: Study) -> tuple[list[Item], Mapping[str, Memory], Habits]:
    known = habits(study.store.reviews(), study.bank.items, study.now())
    return study.awake(), study.memories, known


def _minutes(study: Study) -> int:
    return plan.MINUTES if study.settings.minutes is None else study.settings.minutes
