"""A deck as JSON, complete: whatever another program may want. Pure; same deck, same bytes.

`File` is what stands in it, and `schema()` says so to others; a number that is not finite is null.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, make_dataclass
from functools import reduce
from operator import or_
from typing import Annotated, Any, Literal, get_type_hints

from quizapp.evidence import Evidence
from quizapp.export import findings
from quizapp.export.deck import Deck, Kept
from quizapp.model import KINDS, Claim, Item, Misconception
from quizapp.parts import STRICT
from quizapp.report import plain
from quizapp.safe_text import UNPRINTABLE

VERSION: Literal[1] = 1


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What is known about a claim."""

    state: str
    """A word: a verdict (holds, depends, fails, unclear, invalid...), or stale, not-run, cited."""
    sentence: str
    """The same in words, with everything that speaks against relying on it."""
    again: str
    """The command that measures it again; empty for a claim that cannot be tested here."""
    evidence: Evidence | None
    """What was measured; null when it has not been, or cannot be."""


@dataclass(frozen=True, kw_only=True)
class File:
    """A deck that quizapp exported."""

    schema: Literal[1]
    """The version of this form."""
    title: str
    """What was exported, in words."""
    topic: str | None
    """The only topic in it, or null for all of them."""
    kept: Kept
    """Whose evidence it carries: the learner's beside the reference and that of packs (latest), a study
    group's too (group), the reference alone, or none."""
    items: tuple[Item, ...]
    """The questions, topic by topic."""
    claims: Mapping[str, Claim]
    """The claims that the items are about, by id."""
    evidence: Mapping[str, Finding]
    """Claim -> what is known about it."""
    references: Mapping[str, tuple[Evidence, ...]]
    """Claim -> what was measured before quizapp was shipped, one piece per kind of device; then what others
    measured, whose `origin` says who."""
    misconceptions: Mapping[str, Misconception]
    """The wrong beliefs that options, traps and flaws name, by id."""
    numbers: Mapping[str, float]
    """`experiment.check` -> its newest estimate, for answers that are measured."""
    changed: Mapping[str, int]
    """Item -> when its content last changed, in Unix seconds."""


_NUMBER = {
    "name": "What the experiment calls it.",
    "unit": "What it is counted in.",
    "meaning": "What the number says.",
    "estimate": "The number.",
    "low": "The lower end of its interval.",
    "high": "The upper end of its interval.",
}
UNSAID = {
    "CheckResult": _NUMBER | {"bounds": "Where the interval has to lie for a pass, fixed before the run."},
    "Figure": _NUMBER,
    "Beside": _NUMBER | {"row": "What was published.", "unit": "What the measured numbers are counted in."},
    "Outside": {
        "what": "What was measured there.",
        "source": "Authors, year, table or figure.",
        "margin": "How near ours has to come, in the sense of `agrees_in`.",
    },
}
"""Sentences for fields of the bench. There a changed file would make all its evidence stale."""
MEASURED = ("Beside", "CheckResult", "Curve", "Figure", "Outside", "Run")
"""What may hold a number that is not finite."""


def render(deck: Deck) -> bytes:
    """The file."""
    body = json.dumps(plain(asdict(_file(deck))), ensure_ascii=False, allow_nan=False, indent=1)
    body = body.encode(errors="replace").decode()
    # The same to a program; no character of it steers the terminal of whoever looks at the file.
    return f"{UNPRINTABLE.sub(lambda sign: json.dumps(sign[0])[1:-1], body)}\n".encode()


def _file(deck: Deck) -> File:
    return File(
        schema=VERSION,
        title=deck.title,
        topic=deck.topic,
        kept=deck.kept,
        items=deck.items,
        claims=deck.claims,
        evidence={id_: _finding(claim, deck.evidence.get(id_)) for id_, claim in deck.claims.items()},
        references=deck.references,
        misconceptions=deck.misconceptions,
        numbers=deck.numbers,
        changed=deck.changed,
    )


def _finding(claim: Claim, evidence: Evidence | None) -> Finding:
    return Finding(
        state=findings.state(claim, evidence),
        sentence=findings.sentence(claim, evidence),
        again=findings.command(claim, evidence) if claim.checks else "",
        evidence=evidence,
    )


# ---- the schema -----------------------------------------------------------------------------------


def schema() -> dict[str, Any]:
    """The JSON Schema of the file. Everything is always there, so every field is required."""
    from pydantic import Field

    from quizapp import schema as schemas

    items: Any = Annotated[reduce(or_, KINDS.values()), Field(discriminator="kind")]
    hints = get_type_hints(File, include_extras=True) | {"items": tuple[items, ...]}
    about = {"__doc__": File.__doc__, "__module__": __name__, "__pydantic_config__": STRICT}
    made = schemas.of(make_dataclass("File", hints.items(), namespace=about, kw_only=True))
    for name, part in [(File.__name__, made), *made["$defs"].items()]:
        _complete(part, UNSAID.get(name, {}))
        if name in MEASURED:
            part["properties"] = _nullable(part["properties"])
    made["properties"]["numbers"] = _nullable(made["properties"]["numbers"])
    return {"$schema": schemas.DIALECT, **made}


def schema_text() -> str:
    """The schema as it is committed."""
    return json.dumps(schema(), indent=1, ensure_ascii=False) + "\n"


def _complete(part: dict[str, Any], sentences: Mapping[str, str]) -> None:
    """Every field required, none with a default, all with a sentence; in place."""
    part["required"] = list(part["properties"])
    part["additionalProperties"] = False
    for name, entry in part["properties"].items():
        entry.pop("default", None)
        if name in sentences:
            entry.setdefault("description", sentences[name])


def _nullable(value: Any) -> Any:  # noqa: ANN401 - any part of a schema
    """The same with null in the place of numbers that are not finite."""
    if isinstance(value, list):
        return [_nullable(part) for part in value]
    if not isinstance(value, dict):
        return value
    found = {key: _nullable(part) for key, part in value.items()}
    return found | {"type": ["number", "null"]} if found.get("type") == "number" else found
