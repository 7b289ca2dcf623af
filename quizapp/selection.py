"""A query asked of what the learner did: the one place where practice, evidence and the language meet."""

from __future__ import annotations

from collections.abc import Mapping

from quizapp import query
from quizapp.query import Facts, Query
from quizapp.study import Study
from quizapp.texts import Texts


def facts(study: Study, verdicts: Mapping[str, str], texts: Texts | None = None) -> Facts:
    """What is known now. verdicts: claim -> its verdict by the newest evidence."""
    return Facts(
        now=study.now(),
        memories=study.memories,
        marked=study.marking.marked,
        wrong=study.wrong,
        verdicts=verdicts,
        texts=texts or Texts(),
    )


def ids(study: Study, asked: Query) -> frozenset[str]:
    """The items of a sitting that a query selects now. Evidence is read only by a query that asks for it."""
    verdicts: dict[str, str] = {}
    if "verdict" in asked.fields:
        from quizapp import claims

        verdicts = claims.verdicts(study.bank.claims.values(), study.store.newest_runs())
    found = query.select(study.bank.items.values(), asked, facts(study, verdicts))
    return frozenset(item.id for item in found)
