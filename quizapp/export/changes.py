"""When each item last changed: what lets a second import update only what is new.

Anki updates a note when the package's copy is newer than the collection's, and an edit by the learner
makes the collection's newer. So a note keeps its date for as long as its content stays the same. The
dates live in a small JSON ledger beside the learner's data; the clock is handed in.

Content is the item as its author wrote it, the measured numbers it quotes, and what is concluded about
its claims. How long a run took, on what day, the digits of a check and whether it has gone stale are
not: the evidence shows them whenever a note is updated, but running an experiment again and finding
the same must not overwrite what a learner wrote into a note.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from quizapp.errors import ExportError
from quizapp.export import sheet
from quizapp.export.deck import Deck
from quizapp.grade import truth_of
from quizapp.model import Item, PredictPlot

FIRST = 1_735_689_600
"""2025-01-01, the date of an item seen for the first time: older than any edit a learner can make."""
DAY = 86_400
EDITORIAL = ("review", "lint_allow", "verify", "family", "bloom", "difficulty", "time_s", "concepts")
"""Fields of an item that are not in a note."""


@dataclass(frozen=True)
class Change:
    """The content of an item, and since when it has been this."""

    content: str
    at: int
    """Unix seconds."""


@dataclass(frozen=True)
class Changes:
    """Item -> its last change. Items that are not in a deck keep theirs."""

    items: Mapping[str, Change] = field(default_factory=dict)

    def after(self, deck: Deck, now: datetime) -> Changes:
        """The ledger once this deck has been exported."""
        items = dict(self.items)
        for item in deck.items:
            digest, old = content(deck, item), items.get(item.id)
            if old is None:
                items[item.id] = Change(digest, first(item))
            elif old.content != digest:
                items[item.id] = Change(digest, max(int(now.timestamp()), old.at + 1))
        return Changes(items)


def first(item: Item) -> int:
    """The date of an item that no ledger knows. A bumped revision still updates what was not edited."""
    return FIRST + (item.rev - 1) * DAY


def content(deck: Deck, item: Item) -> str:
    """A hash of everything in a note whose change is worth an update."""
    plain = dataclasses.asdict(item)
    for name in EDITORIAL:
        plain.pop(name)
    answer = getattr(item, "answer", None)
    quoted = [sheet.amount(truth_of(answer, deck.numbers), answer)] if answer is not None else []
    if isinstance(item, PredictPlot):
        quoted += [str(sheet.key_of(ask, deck.numbers)) for ask in item.ask]
    concluded = []
    for claim in (deck.claims[id_] for id_ in item.claims if id_ in deck.claims):
        evidence = deck.evidence.get(claim.id)
        conditions = list(evidence.conditions) if evidence is not None else []
        verdict = evidence.verdict if evidence is not None else ""
        concluded.append([claim.says, claim.correct, verdict, conditions])
    whole = json.dumps([plain, quoted, concluded], sort_keys=True)
    return hashlib.sha256(whole.encode()).hexdigest()[:16]


def dated(deck: Deck, changes: Changes) -> Deck:
    """The deck with the dates of its items."""
    known = {item.id: changes.items[item.id].at for item in deck.items if item.id in changes.items}
    return dataclasses.replace(deck, changed=known)


def read(path: Path) -> Changes:
    """The ledger in a file; an empty one when there is no file. Raises ExportError when it is not one."""
    try:
        body = json.loads(path.read_text(encoding="utf-8"))
        return Changes({id_: Change(str(entry[0]), int(entry[1])) for id_, entry in body.items()})
    except FileNotFoundError:
        return Changes()
    except (OSError, ValueError, AttributeError, TypeError, LookupError) as error:
        raise ExportError(
            f"{path} cannot be read as the dates of what was exported: {error}",
            "Delete it: the next package then updates only notes whose items change after that.",
        ) from error


def written(changes: Changes) -> bytes:
    """The ledger as it is kept."""
    body = {id_: [change.content, change.at] for id_, change in sorted(changes.items.items())}
    return (json.dumps(body, indent=0) + "\n").encode()
