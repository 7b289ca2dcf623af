"""A home of somebody who has practised for long: thousands of items, tens of thousands of answers.

The items are those that came with quizapp, again and again under other ids, put where the app keeps the bank
as it was last read. Run: python bench/filled.py FOLDER [items] [answers]
"""

from __future__ import annotations

import dataclasses
import random
import sqlite3
import sys
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from quizapp import bank, bank_cache, paths
from quizapp.bank import Bank
from quizapp.store import Store

ITEMS, ANSWERS = 5_000, 50_000
DAYS = 300
"""So long ago was the first answer."""


def fill(home: Path, items: int = ITEMS, answers: int = ANSWERS) -> None:
    """Put a bank of so many items, and so many answers to them, into a folder for QUIZAPP_HOME."""
    home.mkdir(parents=True, exist_ok=True)
    (home / "settings.yaml").write_text("tour: false\n", encoding="utf-8")
    found = copied(bank.load(), items)
    files = sorted(paths.questions().glob("*.yaml"))
    bank_cache.remember(home / paths.cache().name, bank_cache.key(files), found)
    answer(home / paths.answers().name, list(found.items), answers)


def copied(own: Bank, items: int) -> Bank:
    """The bank with its items repeated until there are so many; families are kept apart."""
    there, made, places = list(own.items.values()), {}, dict(own.places)
    for count in range(items):
        turn, item = count // len(there), there[count % len(there)]
        if turn:
            family = item.family and f"{item.family}-{turn}"
            places[f"{item.id}-{turn}"] = own.places[item.id]
            item = dataclasses.replace(item, id=f"{item.id}-{turn}", family=family)
        made[item.id] = item
    return dataclasses.replace(own, items=made, places=places)


def answer(path: Path, ids: list[str], count: int, now: datetime | None = None) -> None:
    """Answers to four in five of the items, as many to each, over the days up to now."""
    Store(path).close()  # makes the tables
    known = ids[: max(1, 4 * len(ids) // 5)]
    source, began = random.Random(0), (now or datetime.now(UTC)) - timedelta(days=DAYS)

    def rows() -> Iterable[tuple[object, ...]]:
        for place in range(count):
            at = began + timedelta(days=DAYS) * (place / count)
            rating = source.choice((1, 2, 3, 3, 3, 4))
            right, sure = rating > 1, source.choice((None, 0.6, 0.75, 0.9, 0.99))
            item = known[place % len(known)]
            yield item, 1, at.isoformat(), "0", float(right), int(right), sure, rating, 9.0

    with sqlite3.connect(path) as db:
        db.executemany(
            """INSERT INTO reviews (item, rev, at, given, score, correct, confidence, rating, seconds)
               VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)""",
            rows(),
        )


if __name__ == "__main__":
    fill(Path(sys.argv[1]), *map(int, sys.argv[2:]))
