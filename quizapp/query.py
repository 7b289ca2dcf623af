"""A small language that selects items: text -> Query -> a test of one item. Knows no store and no clock.

    softmax "path length"          both texts occur somewhere in the item
    topic:attention -is:learned    a field has a value; `-` negates
    is:due level:senior or is:new  spaces mean and; `or` comes last
    claim:"cat-sat"                a value may stand in quotes

Values of topic, kind, level, is and verdict may be cut short; of id, claim, concept and pack any part.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime
from typing import get_args

from quizapp import model, schedule
from quizapp.bank import Bank, pack_of
from quizapp.errors import QueryError
from quizapp.marks import Marked
from quizapp.model import Item, Memory
from quizapp.parts import Level
from quizapp.texts import Texts, plain

Test = Callable[[Item], bool]

STATES = ("due", "new", "learned", "suspended", "buried", "flagged", "lapsed", "wrong")
VERDICTS = ("holds", "depends", "fails", "unclear", "invalid", "none")
FIELDS = ("topic", "claim", "concept", "kind", "level", "is", "verdict", "id", "pack")
CLOSED: Mapping[str, tuple[str, ...]] = {
    "topic": get_args(model.Topic),
    "kind": tuple(model.KINDS),
    "level": get_args(Level),
    "is": STATES,
    "verdict": VERDICTS,
}
"""Fields whose values are known beforehand."""
SHOWN = 6
"""How many values of an open field an error lists."""

_TERM = re.compile(r'(?P<minus>-)?(?:(?P<field>[A-Za-z_]+):)?(?:"(?P<phrase>[^"]*)(?P<end>"?)|(?P<word>\S*))')


@dataclass(frozen=True, kw_only=True)
class Term:
    """One condition."""

    field: str
    """One of FIELDS, or empty for a text."""
    text: str
    """The text to find, ready to be compared."""
    values: frozenset[str] = frozenset()
    """The values of the field that count."""
    negated: bool = False


@dataclass(frozen=True, kw_only=True)
class Query:
    """Alternatives of terms: an item fits when every term of one alternative does. Without any, all do."""

    text: str
    alternatives: tuple[tuple[Term, ...], ...] = ()

    @property
    def fields(self) -> frozenset[str]:
        """The fields it asks about; an empty name stands for texts."""
        return frozenset(term.field for terms in self.alternatives for term in terms)


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What is known of the items beside what they say."""

    now: datetime
    """In the learner's time zone."""
    memories: Mapping[str, Memory] = field(default_factory=dict)
    marked: Mapping[str, Marked] = field(default_factory=dict)
    wrong: AbstractSet[str] = frozenset()
    """Items whose newest answer was wrong."""
    verdicts: Mapping[str, str] = field(default_factory=dict)
    """Claim -> its verdict by the newest evidence; claims without evidence are left out."""
    texts: Texts = field(default_factory=Texts)


# ---- reading --------------------------------------------------------------------------------------


def parse(text: str, bank: Bank) -> Query:
    """The query. Raises QueryError saying where it goes wrong and what is allowed there."""
    alternatives: list[list[Term]] = [[]]
    place, after_or = 0, -1
    while (begin := _skip(text, place)) < len(text):
        match = _TERM.match(text, begin)
        assert match is not None  # every part of the pattern may be empty
        place = match.end()
        if match["word"] and match[0].casefold() == "or":
            if not alternatives[-1]:
                raise QueryError(begin, "`or` has nothing before it", 'To find the word itself, write "or".')
            alternatives.append([])
            after_or = begin
            continue
        if match["phrase"] is not None and place < len(text) and not text[place].isspace():
            raise QueryError(place, "something follows a quotation mark", "Put a space there.")
        alternatives[-1].append(_term(match, begin, bank))
    if not alternatives[-1] and after_or >= 0:
        raise QueryError(after_or, "`or` has nothing after it", 'To find the word itself, write "or".')
    return Query(text=text, alternatives=tuple(tuple(terms) for terms in alternatives if terms))


def _skip(text: str, place: int) -> int:
    while place < len(text) and text[place].isspace():
        place += 1
    return place


def _term(match: re.Match[str], begin: int, bank: Bank) -> Term:
    name, phrase, word = match["field"], match["phrase"], match["word"]
    if phrase is not None and not match["end"]:
        raise QueryError(match.start("phrase") - 1, "this quotation mark is not closed", 'Close it with ".')
    value = plain(word if phrase is None else phrase)
    if not value:
        at = match.end("field") + 1 if name else begin
        if name:
            raise QueryError(at, f"`{name}:` has no value", _allowed(_field(name, match), bank))
        what = (
            "`-` has nothing to negate" if match["minus"] else "there is nothing between the quotation marks"
        )
        raise QueryError(at, what, "Write a word, a phrase in quotes or a field, such as is:due.")
    negated = bool(match["minus"])
    if not name:
        return Term(field="", text=value, negated=negated)
    name = _field(name, match)
    at = match.start("word") if phrase is None else match.start("phrase")
    return Term(field=name, text=value, values=_values(name, value, at, bank), negated=negated)


def _field(name: str, match: re.Match[str]) -> str:
    if (known := name.casefold()) in FIELDS:
        return known
    said = f"Fields: {', '.join(FIELDS)}. To find the text itself, put it in quotes."
    todo = f"{_near(known, FIELDS, ':')}{said}"
    raise QueryError(match.start("field"), f"there is no field `{name}:`", todo)


def _values(name: str, value: str, at: int, bank: Bank) -> frozenset[str]:
    """The values of a field that a query means. Raises QueryError when there is none."""
    if name in CLOSED:
        wanted = value.replace(" ", "_").replace("-", "_")
        known: Iterable[str] = CLOSED[name]
        if wanted in known:
            return frozenset({wanted})
        found = frozenset(one for one in known if one.startswith(wanted))
    else:
        known = _open(name, bank)
        found = frozenset(one for one in known if value in one.casefold())
    if not found:
        todo = f"{_near(value, known, '')}{_allowed(name, bank)}"
        raise QueryError(
            at, f"there is no {name} `{value}`" if name != "is" else f"there is no is:{value}", todo
        )
    return found


def _open(name: str, bank: Bank) -> list[str]:
    if name == "pack":
        return sorted({pack_of(id_) for id_ in bank.items} - {""})
    return list({"claim": bank.claims, "concept": bank.concepts, "id": bank.items}[name])


def _allowed(name: str, bank: Bank) -> str:
    if name in CLOSED:
        return f"There are: {', '.join(CLOSED[name])}."
    known = _open(name, bank)
    shown = ", ".join(known[:SHOWN]) + (f" and {len(known) - SHOWN} more" if len(known) > SHOWN else "")
    if name == "pack":
        return f"Packs that were opened: {shown}." if known else "No pack was opened: quizapp pack open FILE."
    return f"Any part of an id will do: {shown}." if known else f"The question files hold no {name}."


def _near(value: str, known: Iterable[str], sign: str) -> str:
    folded = {one.casefold(): one for one in known}
    near = difflib.get_close_matches(value, list(folded), 1)
    return f"Did you mean {folded[near[0]]}{sign}? " if near else ""


def narrowed(text: str, terms: str) -> str:
    """The query whose every alternative has these terms too; they stand last, so that places stay."""
    pieces, begin, place = [], 0, 0
    while (start := _skip(text, place)) < len(text):
        match = _TERM.match(text, start)
        assert match is not None  # every part of the pattern may be empty
        place = match.end()
        if match["word"] and match[0].casefold() == "or":
            pieces.append(text[begin:start].rstrip())
            begin = place
    pieces.append(text[begin:])
    if len(pieces) > 1 and not all(piece.strip() for piece in pieces):
        return text  # an alternative is missing: parsing says where
    return " or".join(f"{piece} {terms}" if piece else terms for piece in pieces)


# ---- selecting ------------------------------------------------------------------------------------


def compiled(query: Query, facts: Facts) -> Test:
    """The test whether an item fits. What the terms need is looked up once, here."""
    alternatives = [
        _all([_test(term, facts) for term in _cheap_first(terms)]) for terms in query.alternatives
    ]
    return _any(alternatives) if alternatives else lambda item: True


def select(items: Iterable[Item], query: Query, facts: Facts) -> list[Item]:
    """The items that fit, in their order."""
    test = compiled(query, facts)
    return [item for item in items if test(item)]


def _cheap_first(terms: Iterable[Term]) -> list[Term]:
    return sorted(terms, key=lambda term: term.field == "")


def _all(tests: list[Test]) -> Test:
    if len(tests) == 1:
        return tests[0]

    def fits(item: Item) -> bool:
        for test in tests:  # noqa: SIM110 - a generator takes three times as long
            if not test(item):
                return False
        return True

    return fits


def _test(term: Term, facts: Facts) -> Test:
    test = _plain_test(term, facts)
    return (lambda item: not test(item)) if term.negated else test


def _plain_test(term: Term, facts: Facts) -> Test:
    values, text = term.values, term.text
    match term.field:
        case "topic":
            return lambda item: item.topic in values
        case "kind":
            return lambda item: item.kind in values
        case "level":
            return lambda item: item.level in values
        case "id":
            return lambda item: item.id in values
        case "claim":
            return lambda item: not values.isdisjoint(item.claims)
        case "concept":
            return lambda item: not values.isdisjoint(item.concepts)
        case "pack":
            return lambda item: pack_of(item.id) in values
        case "is":
            return _any([_state(value, facts) for value in sorted(values)])
        case "verdict":
            return _any([_verdict(value, facts) for value in sorted(values)])
    of = facts.texts.of
    return lambda item: text in of(item)


def _any(tests: list[Test]) -> Test:
    if len(tests) == 1:
        return tests[0]

    def fits(item: Item) -> bool:
        for test in tests:  # noqa: SIM110 - as above
            if test(item):
                return True
        return False

    return fits


def _state(state: str, facts: Facts) -> Test:
    memories, marked, now = facts.memories, facts.marked, facts.now
    asleep = {id_ for id_, on in marked.items() if on.asleep(now)}
    if state == "new":
        return lambda item: item.id not in memories and item.id not in asleep
    ids: AbstractSet[str] = frozenset()
    match state:
        case "due":
            ids = {id_ for id_, known in memories.items() if schedule.is_due(known, now)} - asleep
        case "learned":
            ids = memories.keys()
        case "suspended":
            ids = {id_ for id_, on in marked.items() if on.suspended}
        case "buried":
            ids = {id_ for id_, on in marked.items() if on.buried_at(now)}
        case "flagged":
            ids = {id_ for id_, on in marked.items() if on.flagged}
        case "lapsed":
            ids = {id_ for id_, known in memories.items() if known.lapses}
        case "wrong":
            ids = facts.wrong
    return lambda item: item.id in ids


def _verdict(verdict: str, facts: Facts) -> Test:
    """Whether some claim of the item has the verdict; `none`: it has claims, and none of them a verdict."""
    known = facts.verdicts
    if verdict == "none":
        decided = frozenset(known)
        return lambda item: bool(item.claims) and decided.isdisjoint(item.claims)
    ids = frozenset(claim for claim, said in known.items() if said == verdict)
    return lambda item: not ids.isdisjoint(item.claims)
