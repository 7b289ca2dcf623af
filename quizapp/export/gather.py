"""The deck a learner asks for: a part of the bank, told by a query, with the evidence they want in it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from quizapp import query as language
from quizapp import reference, selection
from quizapp.bank import Bank
from quizapp.export.deck import Deck, Kept, of
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
    """The deck. Raises QueryError when the query cannot be understood, ExportError when nothing fits it.

    now: the clock, in the learner's time zone; a query may ask what is due.
    """
    asked = language.parse(query, bank)
    only = selection.ids(Study(bank, store, now), asked) if asked.alternatives else None
    return of(bank, store.newest_runs(), topic, reference.load(), only=only, query=query.strip(), kept=kept)


def unproved(deck: Deck) -> list[tuple[str, str]]:
    """(claim, what is missing) where a claim of the deck has no evidence, or none of today's bench."""
    found = []
    for id_, claim in deck.claims.items():
        evidence = deck.evidence[id_]
        if claim.checks and (evidence is None or evidence.stale):
            found.append((id_, "no evidence yet" if evidence is None else "stale evidence"))
    return found
