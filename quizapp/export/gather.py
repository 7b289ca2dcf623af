"""The deck a learner asks for: a part of the bank, told by a query, with the evidence they want in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from quizapp import paths, reference, selection
from quizapp import query as language
from quizapp.bank import Bank
from quizapp.errors import ExportError
from quizapp.export.deck import Deck, Kept, of
from quizapp.reference import Reference
from quizapp.store import Store
from quizapp.study import Study


def gather(
    bank: Bank,
    store: Store,
    now: Callable[[], datetime],
    *,
    topic: str | None = None,
    query: str = "",
    kept: Kept = "latest",
) -> Deck:
    """The deck. Raises QueryError when the query cannot be understood, ExportError when nothing fits it or
    there is no group whose evidence is asked for.

    now: the clock, in the learner's time zone; a query may ask what is due.
    """
    asked = language.parse(query, bank)
    only = selection.ids(Study(bank, store, now), asked) if asked.alternatives else None
    shipped = reference.load()
    if kept == "group":
        shipped = _with_group(shipped, store, now())
    return of(bank, store.newest_runs(), topic, shipped, only=only, query=query.strip(), kept=kept)


def _with_group(shipped: Reference, store: Store, now: datetime) -> Reference:
    """The same with what members of the study group measured."""
    from quizapp.share import group, group_evidence, group_place

    members, broken = group_place.members(paths.group(), now)
    others = group_evidence.others(members, group.identity(store))
    if not others:
        what = f": {broken[0].what}" if broken else ""
        todo = "`quizapp group add` takes the files of the others; or --evidence latest."
        raise ExportError(f"there is no evidence of a study group here{what}", todo)
    return replace(shipped, others={**shipped.others, **others})


def unproved(deck: Deck) -> list[tuple[str, str]]:
    """(claim, what is missing) where a claim of the deck has no evidence, or none of today's bench."""
    found = []
    for id_, claim in deck.claims.items():
        evidence = deck.evidence[id_]
        if claim.checks and (evidence is None or evidence.stale):
            found.append((id_, "no evidence yet" if evidence is None else "stale evidence"))
    return found
