"""How a sitting begins: what was asked for, in the app or in a command, as a Study. Knows no Textual."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING

from quizapp.bank import Bank
from quizapp.learner import Learner
from quizapp.settings import Settings
from quizapp.store import Store
from quizapp.study import Study

if TYPE_CHECKING:
    from quizapp.query import Query


def limited(settings: Settings, limits: Mapping[str, int | date | None]) -> Settings:
    """The settings with others that hold for one run; None: as it was set."""
    given = {name: limit for name, limit in limits.items() if limit is not None}
    return dataclasses.replace(settings, **given)  # type: ignore[arg-type] # as they were checked


def sitting(
    bank: Bank,
    store: Store,
    now: Callable[[], datetime],
    *,
    learner: Learner,
    settings: Settings,
    topic: str | None = None,
    only: Query | None = None,
    cram: bool = False,
) -> Study:
    """A new sitting, of the items a query selects now; it knows no measurements yet."""
    study = Study(bank, store, now, topic=topic, learner=learner, settings=settings, cram=cram)
    if only is not None:
        from quizapp import selection

        study.only = selection.ids(study, only)
    return study
