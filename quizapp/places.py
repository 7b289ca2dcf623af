"""Where one can go by a few letters: topics, claims, items. Pure, and quick with thousands of them."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from quizapp import fuzzy
from quizapp.bank import Bank
from quizapp.steps import brief


@dataclass(frozen=True)
class Place:
    """Somewhere to go, or something to do."""

    kind: str
    """What happens there, in a word: study, prove, item, go, here."""
    name: str
    """What it is called: an id, a topic, a sentence of its own."""
    about: str = ""
    """More words to find it by."""


def of(bank: Bank) -> Iterator[Place]:
    """The topics to study, the claims that can be tested, and every item."""
    items = bank.items.values()
    for topic in sorted({item.topic for item in items}):
        yield Place("study", topic)
    for claim in bank.claims.values():
        if claim.checks:
            yield Place("prove", claim.id, claim.says)
    for item in items:
        yield Place("item", item.id, brief(item))


class Index:
    """Places, ready to be found."""

    def __init__(self, places: Iterable[Place]) -> None:
        self.places = tuple(places)
        self._names = [fuzzy.folded(place.name.replace("_", " ")) for place in self.places]
        self._texts = [
            f"{place.kind} {name} {fuzzy.folded(place.about)}"
            for place, name in zip(self.places, self._names, strict=True)
        ]

    def find(self, typed: str, limit: int) -> list[Place]:
        """The places meant, best first: those with every word, then those with the letters in their name."""
        words = fuzzy.folded(typed).split()
        said: Sequence[int] = range(len(self.places))
        for word in words:
            said = [at for at in said if word in self._texts[at]]
        best = heapq.nsmallest(limit, said, key=partial(self._how_far, words, " ".join(words)))
        if len(best) < limit:
            known = set(best)
            others = {name: at for at, name in enumerate(self._names) if at not in known}
            best += [others[name] for name in fuzzy.rank(typed, others, limit - len(best))]
        return [self.places[at] for at in best]

    def _how_far(self, words: Sequence[str], begins: str, at: int) -> tuple[int, int, int]:
        """Nearest: the name begins so; then: it has every word; of two such the shorter, then the first."""
        name = self._names[at]
        if name.startswith(begins):
            return 0, 0, at
        return (1 if all(word in name for word in words) else 2), len(name), at
