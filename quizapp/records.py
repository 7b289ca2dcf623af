"""Everything the learner has, to take elsewhere: all of it as JSON, the answers as an FSRS review log.

docs/data.md describes both. Every table is written out as it is, so that what a later version keeps is in
the file too. Knows neither files nor a screen.
"""

from __future__ import annotations

import csv
import dataclasses
import hashlib
import io
import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import date, datetime
from typing import Any

from quizapp import belongings, schedule
from quizapp.belongings import Belongings
from quizapp.model import Memory, Review
from quizapp.settings import Settings

FORMAT = 1
"""Changed when what is in the file already would have to be read in another way."""
JSON_COLUMNS = {
    ("reviews", "given"),
    ("runs", "body"),
    ("interview_hints", "body"),
    ("interview_ticks", "ticked"),
    ("workshop", "said"),
}
"""Columns that hold JSON; they are written out as what they say."""
LOG = ("card_id", "review_time", "review_rating", "review_state", "review_duration")
"""The columns that tools for FSRS read."""


def everything(
    tables: Mapping[str, Iterable[Mapping[str, Any]]],
    settings: Settings,
    version: str,
    now: datetime,
    beside: Belongings | None = None,
) -> dict[str, Any]:
    """All there is, as JSON can say it. tables: those of the store; version: of quizapp; beside: files."""
    return {
        "format": FORMAT,
        "quizapp": version,
        "made": now.isoformat(),
        "settings": {
            entry.name: _plain(getattr(settings, entry.name)) for entry in dataclasses.fields(settings)
        },
        "tables": {
            name: [{column: _cell(name, column, value) for column, value in row.items()} for row in rows]
            for name, rows in tables.items()
        },
        "files": belongings.plain(beside or {}),
    }


def _plain(value: Any) -> Any:  # noqa: ANN401 - the value of a setting
    if isinstance(value, Mapping):
        return dict(value)
    return value.isoformat() if isinstance(value, date) else value


def _cell(table: str, column: str, value: Any) -> Any:  # noqa: ANN401 - what SQLite holds
    if (table, column) in JSON_COLUMNS and isinstance(value, str):
        with suppress(ValueError):
            return json.loads(value, parse_constant=_constant)
    return value


def _constant(name: str) -> str:
    """A number that is none, which JSON has no word for, as a text: NaN, Infinity, -Infinity."""
    return name


# ---- the review log -------------------------------------------------------------------------------


def card_id(item: str) -> int:
    """The number of an item in a review log: the same for everybody and in every log."""
    return int.from_bytes(hashlib.sha256(item.encode()).digest()[:6])


def review_log(reviews: Iterable[Review]) -> str:
    """The answers that the schedule saw, in order, as CSV; taken-back and crammed ones are not in it."""
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(LOG)
    memories: dict[str, Memory] = {}
    for review, before in schedule.replay(reviews, memories):
        at = round(review.at.timestamp() * 1000)
        state = before.state if before is not None else 0
        rows.writerow((card_id(review.item), at, review.rating, state, round(review.seconds * 1000)))
    return out.getvalue()
