"""The terms of the subject, read from the items that ask for them: there is no second source.

A tag `term:context_window` makes an item the entry of a term; `term:pre-LN/pre-norm` names it otherwise, too.
What has no entry is looked for in the sentences of the concepts. Pure; knows no store and no screen.
"""

from __future__ import annotations

import difflib
import re
import textwrap
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import suppress
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
FITS = 4.5
"""What a letter typed must count on average, as `fuzzy` counts, for a term to be offered: not scattered."""
SENTENCE = re.compile(r"(?<=[.!?:])\s+")
ALIKE = 0.75
"""How alike a word and a term must be, of 1, to be meant."""
WORD = re.compile(r"[a-z][a-z0-9]+")
SHORTEST = 4
"""Letters of a word that may hold a slip."""
SLIP = 0.8
"""How alike a word and one that is said somewhere must be, of 1."""
MOST = 6
"""So many related terms and items to practise are named."""
CROWD = 200
"""Items that share one thing and are looked at; a deck may have thousands in one concept."""
SAID = 3
"""So many sentences are shown about a word without an entry."""


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
    also: tuple[str, ...]
    """Other names of it."""
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


@dataclass(frozen=True, kw_only=True)
class Around:
    """What there is about a word that has no entry of its own."""

    asked: str
    sentences: tuple[str, ...]
    """Concepts that say it."""
    practise: tuple[str, ...]
    """Items about those."""


def terms(bank: Bank) -> dict[str, Term]:
    """Every term by its name, in the order of the alphabet."""
    tagged: dict[str, Card | Cloze] = {}
    also: dict[str, tuple[str, ...]] = {}
    for item in (one for one in bank.items.values() if isinstance(one, Card | Cloze)):
        for tag in item.tags:
            if tag.startswith(TAG):
                name, *others = tag.removeprefix(TAG).replace("_", " ").split("/")
                if name not in tagged:  # the first keeps the name: a pack cannot take it
                    tagged[name], also[name] = item, tuple(filter(None, others))
    near = _Near(bank)
    named: dict[str, list[str]] = {}
    for name, item in tagged.items():
        named.setdefault(item.id, []).append(name)
    known = sorted(tagged, key=str.casefold)
    return {name: _term(name, also[name], tagged[name], named, near, bank) for name in known}


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
            for other in self._with[key][:CROWD]:
                counted[other] += worth
        counted.pop(item.id, None)
        return sorted(counted, key=lambda other: (-counted[other], self._place[other]))


def _term(
    name: str,
    also: tuple[str, ...],
    item: Card | Cloze,
    named: Mapping[str, list[str]],
    near: _Near,
    bank: Bank,
) -> Term:
    """The term that an item is tagged with; named: item id -> the terms it is tagged with."""
    if isinstance(item, Card):
        people_say, means, more = _people_say(item.front), item.back, item.more
    else:
        people_say, means, more = "", DELETION.sub(r"\2", item.text), item.why
    entries = (item.id, *near.to(item))
    others = [other for id_ in entries for other in named.get(id_, ()) if other != name]
    return Term(
        name=name,
        also=also,
        people_say=people_say,
        means=_line(means),
        more=_line(more),
        item=item.id,
        concepts=tuple(_line(bank.concepts[id_].concept) for id_ in item.concepts if id_ in bank.concepts),
        claims=item.claims,
        related=tuple(others[:MOST]),
        practise=entries[:MOST],
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
    named = {_initials(name): term for name, term in known.items() if " " in name or "-" in name}
    named |= {_plain(other): term for term in known.values() for other in term.also}
    named |= {_plain(name): term for name, term in known.items()}
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


def look_up(bank: Bank, known: Mapping[str, Term], asked: str) -> Term | Around:
    """The entry that is meant; else what is said about the word; else the same for it without its slips.

    Raises QuizError when there is none of these.
    """
    try:
        return find(known, asked)
    except QuizError as error:
        if found := around(bank, asked):
            return found
        if (other := mended(bank, known, asked)) != _plain(asked):
            with suppress(QuizError):
                return look_up(bank, known, other)
        raise error from None


def like(known: Mapping[str, Term], asked: str) -> list[str]:
    """The terms that may be meant, likeliest first, at most three."""
    word = _plain(asked)
    plain = {_plain(other): name for name, term in known.items() for other in (*term.also, name)}
    alike = [plain[name] for name in difflib.get_close_matches(word, plain, 3, ALIKE)]
    least = FITS * len(word.replace(" ", ""))
    fitting = [name for name in fuzzy.rank(asked, known, 3) if (fuzzy.score(asked, name) or 0.0) >= least]
    return list(dict.fromkeys([*alike, *fitting]))[:3] if word else []


def mended(bank: Bank, known: Mapping[str, Term], asked: str) -> str:
    """What was typed without its slips, where the words of terms and concepts show what was meant."""
    named = [other for term in known.values() for other in (term.name, *term.also)]
    said = _plain(" ".join([*named, *(one.concept for one in bank.concepts.values())]))
    words = {word for word in WORD.findall(said) if len(word) >= SHORTEST}

    def mend(word: str) -> str:
        if word in words or len(word) < SHORTEST:
            return word
        alike = difflib.get_close_matches(word, sorted(words), 3, SLIP)
        return next((one for one in alike if one[0] == word[0] and abs(len(one) - len(word)) < 2), word)

    return " ".join(map(mend, _plain(asked).split()))


def around(bank: Bank, asked: str) -> Around | None:
    """What the concepts say about a word, or about its initials; None when none says it."""
    found = _saying(bank, _plain(asked))
    if not found and len(_plain(asked).split()) > 2:
        found = _saying(bank, _initials(asked))
    if not found:
        return None
    first = sorted(found, key=lambda id_: (found[id_], len(bank.concepts[id_].concept)))
    about = [item.id for id_ in first for item in bank.items.values() if id_ in item.concepts]
    return Around(
        asked=_line(asked),
        sentences=tuple(_line(bank.concepts[id_].concept) for id_ in first[:SAID]),
        practise=tuple(dict.fromkeys(about))[:MOST],
    )


def _saying(bank: Bank, word: str) -> dict[str, int]:
    """The concepts that say it -> where in their sentence."""
    if not word:
        return {}
    saying = re.compile(rf"\b{re.escape(word.removesuffix('s'))}(s|es)?\b")
    at = {id_: saying.search(_plain(one.concept)) for id_, one in bank.concepts.items()}
    return {id_: match.start() for id_, match in at.items() if match}


def around_text(found: Around, width: int) -> list[str]:
    """It as lines no longer than `width`."""
    lines = [found.asked, "  has no entry of its own; what is said about it:"]
    for sentence in found.sentences:
        lines += _labelled("", sentence, width)
    return [*lines, *_labelled("Practise", ", ".join(found.practise), width)]


def matching(known: Mapping[str, Term], typed: str) -> list[str]:
    """The terms to list while somebody types: those that contain it or are like it, or all."""
    word = _plain(typed)
    if not word:
        return list(known)
    return [
        name
        for name, term in known.items()
        if word == _initials(name) or any(word in _plain(other) for other in (name, *term.also))
    ] or like(known, typed)


_PLAIN = str.maketrans("-_", "  ", "'’")


def _plain(text: str) -> str:
    """How terms are compared: without case and apostrophes, dashes as spaces."""
    return " ".join(text.casefold().translate(_PLAIN).split())


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


def labelled(term: Term) -> list[tuple[str, str]]:
    """What an entry says, part by part, with the names of the parts."""
    parts = (("Also", ", ".join(term.also)), ("People say", term.people_say), ("It means", term.means))
    return [(label, said) for label, said in (*parts, ("More", term.more)) if said]


def text(term: Term, shown: Iterable[Shown], width: int) -> list[str]:
    """An entry as lines no longer than `width`."""
    lines = [term.name]
    for label, said in labelled(term):
        lines += _labelled(label, said, width)
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
