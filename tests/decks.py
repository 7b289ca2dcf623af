"""What the tests of exports share: a deck of every kind with fabricated evidence, and hostile texts."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from quizapp.evidence import Run
from quizapp.export.deck import Deck, of
from quizapp.model import build
from quizapp.verifiers import catalogue

FIXTURES = Path(__file__).parent / "fixtures"
STATES = ("fresh", "missing", "stale", "invalid", "reference")


@pytest.fixture
def run() -> Run:
    """A fabricated run of the bench as it stands, so that it is not stale."""
    made = build(Run, json.loads((FIXTURES / "fabricated_run.json").read_text(encoding="utf-8")))
    return dataclasses.replace(made, fingerprint=catalogue.read("gradient_distance").fingerprint)


@pytest.fixture
def deck(all_kinds, run: Run) -> Deck:
    return of(all_kinds, {run.experiment: run})


@pytest.fixture(params=STATES)
def state(request, all_kinds, run: Run) -> tuple[str, Deck]:
    """A deck whose evidence is in some state, and the words that every format must say of it."""
    if request.param == "missing":
        return "Not run yet", of(all_kinds, {})
    if request.param == "stale":
        return "Stale", of(all_kinds, {run.experiment: dataclasses.replace(run, fingerprint="0123")})
    if request.param == "invalid":
        bad = dataclasses.replace(run, status="invalid", reason="transformer_flat came out fail")
        return "nothing follows from it", of(all_kinds, {run.experiment: bad})
    if request.param == "reference":
        made = of(all_kinds, {run.experiment: run})
        return "a made-up processor", dataclasses.replace(made, kept="reference")
    return "With a forget bias of 3", of(all_kinds, {run.experiment: run})


def poisoned(value, text):
    """The same item with every free text in it replaced; choices stay apart by a number after it."""
    if isinstance(value, tuple):
        return tuple(poisoned(part, text) for part in value)
    if not dataclasses.is_dataclass(value):
        return value
    free = {"text", "stem", "why", "statement", "worked", "front", "back", "more", "prompt", "after"}
    free |= {"answer_aloud", "ref", "locator", "seen", "junior", "senior", "staff", "name", "unit", "code"}
    lists = {"caveats", "followups", "anchors", "grade_yourself"}
    changes = {}
    for entry in dataclasses.fields(value):
        old = getattr(value, entry.name)
        if entry.name in free and isinstance(old, str) and old:
            changes[entry.name] = text
        elif entry.name in lists:
            changes[entry.name] = tuple(text for _ in old)
        elif entry.name == "choices":
            changes[entry.name] = tuple(f"{text} {place}" for place in range(len(old)))
        elif entry.name == "key" and isinstance(old, str):
            changes[entry.name] = f"{text} 0"
        else:
            changes[entry.name] = poisoned(old, text)
    return dataclasses.replace(value, **changes)


def hostile(deck: Deck, text: str) -> Deck:
    """The same deck with every text of its items and claims replaced."""
    claims = {id_: dataclasses.replace(one, says=text, correct=text) for id_, one in deck.claims.items()}
    return dataclasses.replace(
        deck, items=tuple(poisoned(item, text) for item in deck.items), claims=claims, title=text
    )
