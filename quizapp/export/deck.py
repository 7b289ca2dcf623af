"""What is exported: items in order, what their claims say, and the newest evidence.

A Deck is plain data. It knows no format, no file and no clock: the same bank and the same runs make
the same Deck, and the same Deck makes the same bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, get_args

from quizapp import claims, steps
from quizapp.bank import Bank
from quizapp.errors import ExportError
from quizapp.evidence import Evidence, Run
from quizapp.model import Claim, Item, Misconception, Topic
from quizapp.reference import Reference
from quizapp.texts import Vocabulary

TOPICS: tuple[str, ...] = get_args(Topic)
TITLE = "Interview questions that prove themselves"
Kept = Literal["latest", "group", "reference", "none"]
"""Whose evidence a deck carries: the learner's newest beside the reference and that of packs, what a study
group measured too, the reference alone, or none."""


@dataclass(frozen=True, kw_only=True)
class Deck:
    """Everything a format needs, and nothing it would have to look up."""

    title: str
    topic: str | None = None
    """The only topic in it, or None for all of them."""
    items: tuple[Item, ...]
    """Topics in the order of the model, items in the order of their bank."""
    claims: Mapping[str, Claim] = field(default_factory=dict)
    """The claims of these topics and those the items mention, in that order."""
    evidence: Mapping[str, Evidence | None] = field(default_factory=dict)
    """Claim -> what the newest runs say about it; None when one of its experiments has not run."""
    references: Mapping[str, tuple[Evidence, ...]] = field(default_factory=dict)
    """Claim -> what was measured before it was shipped, one piece per kind of device; then what others
    measured, with its origin."""
    misconceptions: Mapping[str, Misconception] = field(default_factory=dict)
    numbers: Mapping[str, float] = field(default_factory=dict)
    """`experiment.check` -> its newest estimate, from runs whose controls came out right; the reference's
    where there is none."""
    changed: Mapping[str, int] = field(default_factory=dict)
    """Item -> when its content last changed, in Unix seconds (see changes.dated)."""
    vocabulary: Vocabulary = field(default_factory=lambda: Vocabulary(tuple), compare=False, repr=False)
    """The terms of the whole bank: none of them is a slip of the pen."""
    known: Mapping[str, Item] = field(default_factory=dict, compare=False, repr=False)
    """Every item of the bank: some are named as what is asked next."""
    kept: Kept = "latest"
    """Whose evidence it carries; with `none` it carries no claims either, but still the measured answers."""

    @cached_property
    def ids(self) -> frozenset[str]:
        """Of its items."""
        return frozenset(item.id for item in self.items)

    def asked_next(self, item: Item) -> tuple[str, ...]:
        """What is asked after an item, in words."""
        return steps.asked_next(item, self.known)

    def topics(self) -> dict[str, list[Item]]:
        """Topic -> its items, both in order."""
        found: dict[str, list[Item]] = {}
        for item in self.items:
            found.setdefault(item.topic, []).append(item)
        return found


def of(
    bank: Bank,
    runs: Mapping[str, Run],
    topic: str | None = None,
    shipped: Reference | None = None,
    *,
    only: AbstractSet[str] | None = None,
    query: str = "",
    kept: Kept = "latest",
) -> Deck:
    """The deck of a bank, or of a part of it, with the evidence that `runs` (newest first) hold.

    runs: experiment -> its newest run, as Store.newest_runs() returns them.
    shipped: the reference to hold them against; left out, none.
    only, query: the items that a query selected, and the query in words; None: all of them.
    Raises ExportError when there is nothing to export.
    """
    shipped = shipped or Reference(runs={})
    items = [item for item in bank.items.values() if topic in (None, item.topic)]
    if not items:
        known = [name for name in TOPICS if any(item.topic == name for item in bank.items.values())]
        what = "there are no items to export" if topic is None else f"there are no items on {topic!r}"
        raise ExportError(what, f"Topics with items: {', '.join(known) or 'none'}.")
    items = [item for item in items if only is None or item.id in only]
    if not items:
        raise ExportError(
            f"no item fits {query!r}", "`quizapp browse` shows what a query finds; try one that says less."
        )
    items.sort(key=lambda item: TOPICS.index(item.topic))
    mentioned = {id_ for item in items for id_ in item.claims}
    chosen = {
        id_: claim
        for id_, claim in bank.claims.items()
        if kept != "none" and (id_ in mentioned or (only is None and topic in (None, claim.topic)))
    }
    references = {
        id_: shipped.evidence(claim) if kept == "reference" else shipped.beside(claim)
        for id_, claim in chosen.items()
    }
    if kept == "reference":
        evidence = {id_: found[0] if found else None for id_, found in references.items()}
        references = {id_: found[1:] for id_, found in references.items()}
    else:
        evidence = {id_: claims.judge(claim, runs) for id_, claim in chosen.items()}
    parts = [topic_name(topic) if topic is not None else "", query if only is not None else ""]
    return Deck(
        title=": ".join([TITLE, *filter(None, parts)]),
        topic=topic,
        items=tuple(items),
        claims=chosen,
        evidence=evidence,
        misconceptions=bank.misconceptions,
        references=references,
        numbers=shipped.numbers() if kept == "reference" else shipped.key(runs.values()),
        vocabulary=Vocabulary(bank.items.values),
        known=bank.items,
        kept=kept,
    )


def topic_name(topic: str) -> str:
    """A topic as a heading: `path_length` is *Path length*."""
    return topic.replace("_", " ").capitalize()
