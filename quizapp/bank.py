"""The question files -> a Bank. One loading path, so that `check` accepts exactly what the app accepts.

Every problem is found at once and has a file, a line, a column and something to do.
"""

from __future__ import annotations

import dataclasses
import difflib
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quizapp import model, paths
from quizapp.errors import BankError, Problem
from quizapp.model import Claim, Concept, Item, Misconception

if TYPE_CHECKING:
    from pydantic import TypeAdapter

    from quizapp.strict_yaml import Document

SCHEMA = 1
GUESSES, AMONG = 20, 1_000
"""So many references that lead nowhere get a guess at what was meant, among so many ids: it is dear."""
DELETION = re.compile(r"\{\{(c\d+)::(.+?)\}\}")


@dataclass(frozen=True, kw_only=True)
class Bank:
    """Everything there is to learn, by id."""

    items: Mapping[str, Item] = field(default_factory=dict)
    claims: Mapping[str, Claim] = field(default_factory=dict)
    misconceptions: Mapping[str, Misconception] = field(default_factory=dict)
    concepts: Mapping[str, Concept] = field(default_factory=dict)
    places: Mapping[str, str] = field(default_factory=dict)
    """Where each item and claim stands: file:line:column."""
    left_out: tuple[Problem, ...] = ()
    """What is wrong with packs that were left out."""


PARTS: dict[str, type[Any]] = {
    "items": Item,
    "claims": Claim,
    "misconceptions": Misconception,
    "concepts": Concept,
}
"""What a file may hold, beside `schema`. Misconceptions are a mapping, the others lists."""


def pack_of(id_: str) -> str:
    """The pack an id belongs to; empty: it is built in."""
    return id_.partition(":")[0] if ":" in id_ else ""


def load(folder: Path | None = None, cache: Path | None = None) -> Bank:
    """The bank in a folder, from the cache when nothing changed. Raises BankError with every problem.

    folder: left out, the built-in banks and beside them the packs that were opened.
    """
    from quizapp import bank_cache

    packs_too = folder is None and paths.packs().is_dir()
    folder = folder or paths.questions()
    files = sorted(folder.glob("*.yaml"))
    watched = list(files)
    if packs_too:
        from quizapp import packs

        watched += packs.watched(paths.packs())
    key = bank_cache.key(watched)
    if cache is not None and (kept := bank_cache.remembered(cache, key)) is not None:
        return kept
    bank, problems = read(files)
    if problems:
        raise BankError(problems)
    if packs_too:
        bank = packs.beside(bank, paths.packs())
    if cache is not None:
        bank_cache.remember(cache, key, bank)
    return bank


def in_order() -> Bank:
    """What of the built-in banks and the packs is in order; for when not all of it is, as `load` says."""
    from quizapp import packs

    return packs.beside(read(sorted(paths.questions().glob("*.yaml")))[0], paths.packs())


def read(files: Iterable[Path]) -> tuple[Bank, list[Problem]]:
    """What the files say and every problem in them. The bank holds only what is in order."""
    from quizapp import strict_yaml

    return understood(strict_yaml.read(path, _shown(path)) for path in files)


def understood(
    documents: Iterable[Document | Problem], around: Bank | None = None
) -> tuple[Bank, list[Problem]]:
    """What documents say and every problem in them. around: what they may refer to beside their own."""
    problems: list[Problem] = []
    found: dict[str, dict[str, Any]] = {part: {} for part in PARTS}
    places: dict[str, tuple[Document, list[str | int]]] = {}
    for document in documents:
        if isinstance(document, Problem):
            problems.append(document)
        else:
            problems += _take(document, found, places)
    problems += _links(found, places, around or Bank())
    bank = Bank(
        items=found["items"],
        claims=found["claims"],
        misconceptions=found["misconceptions"],
        concepts=found["concepts"],
        places={id_: _place(*where) for id_, where in places.items()},
    )
    return bank, problems


def _shown(path: Path) -> str:
    """The path as a person would type it from here."""
    with suppress(ValueError):
        return str(path.resolve().relative_to(Path.cwd()))
    return str(path)


def _place(document: Document, loc: list[str | int]) -> str:
    problem = document.problem(loc, "", "")
    return f"{problem.file}:{problem.line}:{problem.column}"


# ---- one document ---------------------------------------------------------------------------------


def refused(document: Document) -> Problem | None:
    """Why a document is not a bank; None when it is one, whatever may be wrong with its entries."""
    data = document.data
    if not isinstance(data, dict) or not set(data) <= {"schema", *PARTS}:
        todo = f"Start it with `schema: {SCHEMA}` and one of: {', '.join(PARTS)}."
        return document.problem([], "is not a bank", todo)
    if data.get("schema") != SCHEMA:
        todo = f"Write `schema: {SCHEMA}`, or get a newer quizapp for a newer file."
        return document.problem(["schema"], f"has schema {data.get('schema')!r}, not {SCHEMA}", todo)
    for part in PARTS:
        if not isinstance(data.get(part), list | dict | None):
            return document.problem([part], f"`{part}` is no list", "Put entries under it, each after `- `.")
    return None


def _take(
    document: Document,
    found: dict[str, dict[str, Any]],
    places: dict[str, tuple[Document, list[str | int]]],
) -> list[Problem]:
    """Put what a document holds into `found`; return what is wrong with it."""
    if (unfit := refused(document)) is not None:
        return [unfit]
    problems = []
    for part in found:
        body = document.data.get(part, [])
        entries = body.items() if isinstance(body, dict) else enumerate(body or [])
        for place, entry in entries:
            loc: list[str | int] = [part, place]
            value, wrong = _entry(document, part, loc, entry)
            problems += wrong
            if value is None:
                continue
            id_ = str(place) if part == "misconceptions" else value.id
            if id_ in found[part]:
                first = _place(*places[id_]) if id_ in places else "another file"
                problems.append(
                    document.problem([*loc, "id"], f"the id {id_!r} is taken", f"It is also at {first}.")
                )
                continue
            found[part][id_] = value
            places[id_] = (document, loc)
    return problems


def _entry(document: Document, part: str, loc: list[str | int], entry: object) -> tuple[Any, list[Problem]]:
    """One entry, checked; None when it is not in order."""
    from pydantic import ValidationError

    if not isinstance(entry, dict):
        return None, [document.problem(loc, "is not a mapping", "Write `key: value` lines.")]
    cls = PARTS[part]
    if part == "items":
        kind = entry.get("kind")
        if not isinstance(kind, str) or kind not in model.KINDS:
            todo = f"Use one of: {', '.join(model.KINDS)}."
            return None, [document.problem([*loc, "kind"], f"unknown kind {kind!r}", todo)]
        cls = model.KINDS[kind]
    try:
        value = _adapter(cls).validate_python(entry)  # type: ignore[arg-type] # classes can be hashed
    except ValidationError as error:
        return None, [_explain(document, loc, cls, detail) for detail in error.errors() if not _echo(detail)]
    return value, [
        document.problem([*loc, *inner], what, todo)
        for inner, what, todo in (_structure(value) if isinstance(value, Item) else [])
    ]


@lru_cache(maxsize=64)
def _adapter(cls: type[Any]) -> TypeAdapter[Any]:
    """What checks entries of a class: a hundred times dearer to make than to use."""
    from pydantic import TypeAdapter

    return TypeAdapter(cls)


def _echo(detail: Any) -> bool:  # noqa: ANN401
    """Whether a list is called too short only because something in it is wrong, which is said too."""
    return bool(detail["type"] == "too_short" and len(detail["input"]) >= detail["ctx"]["min_length"])


def _explain(document: Document, loc: list[str | int], cls: type[Any], detail: Any) -> Problem:  # noqa: ANN401
    """What pydantic found, said so that one can act on it."""
    path = [*loc, *detail["loc"]]
    name = ".".join(str(step) for step in detail["loc"])
    kind, message = detail["type"], detail["msg"]
    if kind == "missing":
        return document.problem(path[:-1], f"`{name}` is missing", f"Add `{path[-1]}:` here.")
    if kind in ("unexpected_keyword_argument", "extra_forbidden"):
        known = [entry.name for entry in dataclasses.fields(cls)]
        near = difflib.get_close_matches(str(path[-1]), known, 1)
        todo = f"Did you mean `{near[0]}`?" if near else "Remove it, or check how deep it is indented."
        return document.problem(path, f"unknown key `{name}`", todo)
    todo = f"Use one of: {detail['ctx']['expected']}." if kind == "literal_error" else "Write its value."
    if detail["input"] is None:
        return document.problem(path, f"`{name}` is not filled in", todo)
    if kind == "literal_error":
        return document.problem(path, f"`{name}` is {detail['input']!r}", todo)
    return document.problem(path, f"`{name}`: {message}", f"It is {str(detail['input'])[:60]!r} now.")


# ---- what a schema cannot say ---------------------------------------------------------------------


def _structure(item: Item) -> list[tuple[list[str | int], str, str]]:
    """What must be true of an item so that it can be asked: (place, what, what to do)."""
    match item:
        case model.Choice() | model.Code():
            return _one_key("options", item.options)
        case model.Multi():
            right = sum(option.correct for option in item.options)
            if not 2 <= right < len(item.options):
                return [
                    (["options"], f"{right} options are correct", "Mark at least 2, and not all of them.")
                ]
        case model.TrueFalse():
            return _one_key("reasons", item.reasons)
        case model.Flaw():
            wrong = sum(not span.ok for span in item.spans)
            found: list[tuple[list[str | int], str, str]] = []
            if wrong != 1:
                found.append((["spans"], f"{wrong} spans are wrong", "Exactly one has `ok: false`."))
            return found + _one_key("fixes", item.fixes)
        case model.Cloze():
            gaps = {name for name, _ in DELETION.findall(item.text)}
            if not gaps or gaps != set(item.accept):
                what = f"gaps {sorted(gaps)}, accept lists {sorted(item.accept)}"
                return [(["accept"], what, "Give every {{c1::word}} one accept list.")]
        case model.Numeric() | model.Estimate() | model.PredictNumber():
            return _answer(item.answer)
        case model.PredictPlot():
            return [problem for index, ask in enumerate(item.ask) for problem in _ask(index, ask)]
    return []


def _one_key(name: str, options: Iterable[Any]) -> list[tuple[list[str | int], str, str]]:
    right = sum(option.correct for option in options)
    if right == 1:
        return []
    return [([name], f"{right} of the {name} are correct", "Mark exactly one with `correct: true`.")]


def _answer(answer: model.Answer) -> list[tuple[list[str | int], str, str]]:
    found: list[tuple[list[str | int], str, str]] = []
    if (answer.value is None) == (answer.evidence is None):
        found.append((["answer"], "needs `value` or `evidence`, not both", "Give one of them."))
    if answer.tol.abs is None and answer.tol.rel is None and answer.tol.log10 is None:
        found.append((["answer", "tol"], "`tol` says nothing", "Give `abs`, `rel` or `log10`."))
    return found


def _ask(index: int, ask: model.Ask) -> list[tuple[list[str | int], str, str]]:
    place: list[str | int] = ["ask", index]
    if ask.evidence is None:
        if ask.key in ask.choices:
            return []
        if ask.key is None:
            return [(place, "needs `key` or `evidence`", "Write the right choice, or what measures it.")]
        return [(place, f"the key {ask.key!r} is not a choice", "Write one of the choices.")]
    if ask.key is not None or len(ask.edges) != len(ask.choices) - 1:
        return [(place, "evidence needs one edge less than choices, and no key", "Correct `edges`.")]
    return []


def _links(
    found: dict[str, dict[str, Any]], places: dict[str, tuple[Document, list[str | int]]], around: Bank
) -> list[Problem]:
    """References that lead nowhere."""
    problems: list[Problem] = []
    known = {
        "concept": {**around.concepts, **found["concepts"]},
        "claim": {**around.claims, **found["claims"]},
        "misconception": {**around.misconceptions, **found["misconceptions"]},
    }
    for id_, item in found["items"].items():
        document, loc = places[id_]
        for what, reference, inner in references(item):
            if reference not in known[what]:
                meant = known[what] if len(problems) < GUESSES and len(known[what]) <= AMONG else ()
                near = difflib.get_close_matches(reference, meant, 1)
                todo = f"Did you mean {near[0]}?" if near else f"Add it to {what}s.yaml, or remove it here."
                problems.append(document.problem([*loc, *inner], f"unknown {what} {reference!r}", todo))
    for id_, misconception in found["misconceptions"].items():
        if misconception.concept not in known["concept"]:
            document, loc = places[id_]
            what = f"unknown concept {misconception.concept!r}"
            problems.append(document.problem([*loc, "concept"], what, "Use an id from concepts.yaml."))
    return problems


def references(item: Item) -> list[tuple[str, str, list[str | int]]]:
    """Every id an item mentions: (what it is, the id, where in the item)."""
    found: list[tuple[str, str, list[str | int]]] = []
    found += [("concept", id_, ["concepts", i]) for i, id_ in enumerate(item.concepts)]
    found += [("claim", id_, ["claims", i]) for i, id_ in enumerate(item.claims)]
    found += [
        ("misconception", id_, ["misconceptions", i])
        for i, id_ in enumerate(getattr(item, "misconceptions", ()))
    ]
    for name in ("options", "reasons", "traps", "swaps", "reject", "red_flags", "spans", "fixes"):
        for index, part in enumerate(getattr(item, name, ())):
            if part.misconception:
                found.append(("misconception", part.misconception, [name, index, "misconception"]))
    return found
