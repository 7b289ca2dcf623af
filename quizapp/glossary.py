"""The terms of the subject, read from the items that ask for them: there is no second source.

A tag `term:context_window` makes an item the entry of a term. Pure; knows no store and no screen.
"""

from __future__ import annotations

import difflib
import re
import textwrap
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from quizapp import claims as catalogue
from quizapp import fuzzy
from quizapp.bank import DELETION, Bank
from quizapp.errors import QuizError
from quizapp.evidence import Run
from quizapp.model import Card, Claim, Cloze, Item
from quizapp.picker.grounds import newest
from quizapp.reference import Reference

TAG = "term:"
SENTENCE = re.compile(r"(?<=[.!?:])\s+")
ALIKE = 0.75
"""How alike a word and a term must be, of 1, to be meant."""
MOST = 6
"""So many related terms and items to practise are named."""


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A claim that shows what a term is about, with the newest verdict."""

    claim: str
    says: str
    verdict: str
    """`cited` where nothing can be run, `not run` where nothing was."""
    whose: str
    """`yours`, `reference`, or nothing."""
    experiments: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Term:
    """One entry."""

    name: str
    people_say: str
    """How the word is used loosely; empty where no item is about that."""
    means: str
    more: str
    item: str
    """The item it is read from."""
    concepts: tuple[str, ...]
    """What to know about it, in a sentence each."""
    claims: tuple[str, ...]
    related: tuple[str, ...]
    practise: tuple[str, ...]
    """Items, its own first."""


def terms(bank: Bank) -> dict[str, Term]:
    """Every term by its name, in the order of the alphabet."""
    tagged: dict[str, Card | Cloze] = {}
    for item in (one for one in bank.items.values() if isinstance(one, Card | Cloze)):
        for tag in item.tags:
            if tag.startswith(TAG):  # the first keeps the name: a pack cannot take it
                tagged.setdefault(tag.removeprefix(TAG).replace("_", " "), item)
    near = _Near(bank)
    known = sorted(tagged, key=str.casefold)
    return {name: _term(name, tagged, near, bank) for name in known}


class _Near:
    """Which items are about the same as another: they share concepts, a family or claims."""

    def __init__(self, bank: Bank) -> None:
        self._place = {id_: place for place, id_ in enumerate(bank.items)}
        self._with: dict[str, list[str]] = {}
        for item in bank.items.values():
            for key in self._keys(item):
                self._with.setdefault(key, []).append(item.id)

    @staticmethod
    def _keys(item: Item) -> dict[str, int]:
        """What an item can share -> how much that counts."""
        about = dict.fromkeys((f"concept {id_}" for id_ in item.concepts), 2)
        about |= dict.fromkeys((f"claim {id_}" for id_ in item.claims), 1)
        return about | ({f"family {item.family}": 2} if item.family else {})

    def to(self, item: Item) -> list[str]:
        """The others, the nearest first; equally near ones in the order of the bank."""
        counted: Counter[str] = Counter()
        for key, worth in self._keys(item).items():
            for other in self._with[key]:
                counted[other] += worth
        del counted[item.id]
        return sorted(counted, key=lambda other: (-counted[other], self._place[other]))


def _term(name: str, tagged: Mapping[str, Card | Cloze], near: _Near, bank: Bank) -> Term:
    item = tagged[name]
    if isinstance(item, Card):
        people_say, means, more = _people_say(item.front), item.back, item.more
    else:
        people_say, means, more = "", DELETION.sub(r"\2", item.text), item.why
    around = near.to(item)
    entries = [item.id, *around]
    others = [other for other in tagged if other != name and tagged[other].id in entries]
    return Term(
        name=name,
        people_say=people_say,
        means=_line(means),
        more=_line(more),
        item=item.id,
        concepts=tuple(_line(bank.concepts[id_].concept) for id_ in item.concepts if id_ in bank.concepts),
        claims=item.claims,
        related=tuple(sorted(others, key=lambda other: entries.index(tagged[other].id)))[:MOST],
        practise=tuple(entries[:MOST]),
    )


def _people_say(front: str) -> str:
    """What comes before the question, where the front quotes how a word is used; else nothing."""
    *said, asked = SENTENCE.split(_line(front))
    return " ".join(said) if said and '"' in " ".join(said) and asked.endswith("?") else ""


def _line(text: str) -> str:
    return " ".join(text.split())


def find(known: Mapping[str, Term], asked: str) -> Term:
    """The term that is meant. Raises QuizError, with the terms that may have been, when none clearly is."""
    word = _plain(asked)
    named = {_plain(name): term for name, term in known.items()}
    named = {_initials(name): term for name, term in known.items() if " " in name or "-" in name} | named
    if word in named:
        return named[word]
    if word.endswith("s") and word[:-1] in named:
        return named[word[:-1]]
    begun = {term.name for name, term in named.items() if word and name.startswith(word)}
    if len(begun) == 1:
        return known[begun.pop()]
    near = like(known, asked)
    todo = f"Did you mean: {', '.join(near)}?" if near else "`quizapp define` lists the terms."
    raise QuizError(f"there is no term {asked[:40]!r}", todo)


def like(known: Mapping[str, Term], asked: str) -> list[str]:
    """The terms that may be meant, likeliest first, at most three."""
    plain = {_plain(name): name for name in known}
    alike = [plain[name] for name in difflib.get_close_matches(_plain(asked), plain, 3, ALIKE)]
    return list(dict.fromkeys([*alike, *fuzzy.rank(asked, known, 3)]))[:3]


def matching(known: Mapping[str, Term], typed: str) -> list[str]:
    """The terms to list while somebody types: those that contain it or are like it, or all."""
    word = _plain(typed)
    if not word:
        return list(known)
    return [name for name in known if word in _plain(name) or word == _initials(name)] or like(known, typed)


def _plain(text: str) -> str:
    """How terms are compared: without case, dashes as spaces."""
    return " ".join(text.casefold().replace("-", " ").replace("_", " ").split())


def _initials(name: str) -> str:
    return "".join(word[0] for word in _plain(name).split())


def shown(
    term: Term, bank: Mapping[str, Claim], runs: Mapping[str, Run], reference: Reference
) -> tuple[Shown, ...]:
    """The claims that show it, each with its newest verdict and its experiments."""
    return tuple(_shown(bank[id_], runs, reference) for id_ in term.claims if id_ in bank)


def _shown(claim: Claim, runs: Mapping[str, Run], reference: Reference) -> Shown:
    evidence, whose = newest(claim, runs, reference)
    titles = [known.title for name in claim.experiments if (known := catalogue.experiment(name))]
    return Shown(
        claim=claim.id,
        says=_line(claim.says),
        verdict=evidence.verdict if evidence else "not run" if claim.checks else "cited",
        whose=whose,
        experiments=tuple(f"{name}: {title}" for name, title in zip(claim.experiments, titles, strict=False)),
    )


def listed(known: Iterable[Term]) -> list[str]:
    """One line per term: its name and what it means."""
    rows = [(term.name, term.means) for term in known]
    width = max((len(name) for name, _ in rows), default=0)
    return [f"{name:<{width}}  {means}" for name, means in rows]


def text(term: Term, shown: Iterable[Shown], width: int) -> list[str]:
    """An entry as lines no longer than `width`."""
    lines = [term.name]
    for label, said in (("People say", term.people_say), ("It means", term.means), ("More", term.more)):
        lines += _labelled(label, said, width) if said else []
    for row in shown:
        verdict = f"{row.verdict} ({row.whose})" if row.whose else row.verdict
        by = f" by {'; '.join(row.experiments)}" if row.experiments else ""
        lines += _labelled("Shown by", f"“{row.says}” {verdict}{by}: quizapp prove {row.claim}", width)
    lines += _labelled("Related", ", ".join(term.related), width) if term.related else []
    return [*lines, *_labelled("Practise", ", ".join(term.practise), width)]


def _labelled(label: str, said: str, width: int) -> list[str]:
    """A label with its text beside it."""
    return textwrap.wrap(
        said,
        max(30, width),
        initial_indent=f"  {label:<12}",
        subsequent_indent=" " * 14,
        break_on_hyphens=False,
    )
