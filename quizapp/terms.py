"""What rules can hear in an answer: the terms of a point, in a sentence that does not deny them.

A term is a line of words that must stand in one sentence, in any order: `mask leak/cheat`. A slash separates
words of which one is enough, a hyphen joins neighbours (`teacher-forcing`), `!` stands before words that must
not be in the sentence (`flash linear !memory`), and a word also fits a longer one that begins with it
(`quadrat`: quadratic). Parts of a sentence under a "not" are passed over, unless the term has a `not` of its
own. Pure; knows no interview, and hears words, not truth: a person decides.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

PREFIX = 4
"""Letters from which on a word also fits longer ones."""
VERB = 3
"""Letters from which on it also fits its form in -ing: map and mapping, reshape and reshaping."""
REACH = 25
"""How many words of a sentence a term may span."""
NOT = "not"

_TOKEN = re.compile(r"\d+(?:[.,]\d+)+[^\W_]*%?|[^\W_]+(?:[_^'’][^\W_]+)*%?|√|[.!?\n;,:()–—]")
_END = frozenset(".!?\n")
_SIGNS = frozenset(";,:()–—")
_TURNS = frozenset(
    ("but", "while", "whereas", "although", "though", "because", "so", "since", "which", "yet", "if")
)
_BOTH_WAYS = frozenset(("not", "never", "cannot", "hardly"))
"""They deny what comes before them in their part of the sentence, too."""
_ONWARDS = frozenset(("no", "without", "nothing", "none", "nobody", "neither", "nor", "instead"))
_DENYING = _BOTH_WAYS | _ONWARDS
_EMPTY_NOT = frozenset(("only", "just", "merely", "simply", "least"))
"""After `not`, these take it back: not only this but that."""
_SAID_TO_BE_WRONG = frozenset(
    (
        "wrong",
        "false",
        "myth",
        "mistake",
        "mistakes",
        "misconception",
        "incorrect",
        "untrue",
        "wrongly",
        "error",
    )
)
_SMALL = frozenset(
    re.findall(
        r"\w+",
        "about above after again against also alone another because been before being below between both "
        "cannot could does down each else enough even every from gets give given gives have having here "
        "into itself just keep less like made make makes many more most much must need needs never "
        "nothing once only other over same says should since some such than that their them then there "
        "these they this those through under until upon what when where which while whom whose will with "
        "within without would your",
    )
)


@dataclass(frozen=True)
class Token:
    """A word of an answer, as it is compared, and where it stands."""

    word: str
    start: int
    end: int
    parted: bool
    """Whether a comma, a bracket or the like stands before it."""


@dataclass(frozen=True)
class Heard:
    """Words of an answer that fit a term: where each stands, and the sentence around them."""

    places: tuple[tuple[int, int], ...]
    sentence: tuple[int, int]

    def words(self, text: str) -> tuple[str, ...]:
        """The words, as they were written."""
        return tuple(text[start:end] for start, end in self.places)

    def quote(self, text: str) -> str:
        """The sentence, as it was written."""
        return " ".join(text[slice(*self.sentence)].split())


def hear(text: str, terms: Sequence[str], *, asked: str = "", flag: bool = False) -> Heard | None:
    """The first words of a text that fit one of the terms; None when nothing does.

    asked: the question it answers; what that already says need not be said again, but some of a term must be.
    flag: the terms are of a red flag; then a sentence that calls something wrong is passed over as well.
    """
    known = [token for sentence in sentences(asked) for token in sentence]
    for sentence in sentences(text):
        if flag and any(token.word in _SAID_TO_BE_WRONG for token in sentence):
            continue
        denied = _denied(sentence)
        for line in terms:
            if (found := _fits(sentence, term(line), denied, known)) is not None:
                return found
    return None


def derived(text: str, asked: str) -> tuple[str, ...]:
    """The key words of a point that has no terms: those that the question does not have already."""
    known = {_stem(token.word) for sentence in sentences(asked) for token in sentence}
    stems = [_stem(token.word) for sentence in sentences(text) for token in sentence]
    return tuple(dict.fromkeys(stem for stem in stems if len(stem) >= PREFIX and stem not in known))


def hear_some(text: str, words: Sequence[str]) -> Heard | None:
    """A sentence with half of some key words, three at least: the rule for a point without terms."""
    enough = max(3, (len(words) + 1) // 2)
    if len(words) < enough:
        enough = max(2, len(words))
    for sentence in sentences(text):
        denied = _denied(sentence)
        found: dict[str, Token] = {}
        for place, token in enumerate(sentence):
            stem = next((word for word in words if token.word.startswith(word)), None)
            if stem is not None and place not in denied:
                found.setdefault(stem, token)
        if len(found) >= enough:
            return _heard(sentence, list(found.values()))
    return None


def _stem(word: str) -> str:
    if len(word) < PREFIX or word in _SMALL or not word.isalpha():
        return ""
    return word[: max(PREFIX, len(word) - 3)]


# ---- sentences ------------------------------------------------------------------------------------


def sentences(text: str) -> Iterator[list[Token]]:
    """The words of each sentence or line."""
    sentence: list[Token] = []
    parted = False
    for found in _TOKEN.finditer(text):
        if found[0] in _SIGNS:
            parted = True
        elif found[0] not in _END:
            sentence.append(Token(_plain(found[0]), found.start(), found.end(), parted))
            parted = False
        elif sentence:
            yield sentence
            sentence = []
    if sentence:
        yield sentence


def _plain(word: str) -> str:
    word = word.lower().replace("²", "^2").replace("³", "^3").replace("’", "'").replace("√", "sqrt")
    return word.replace(",", "") if word[0].isdigit() else word


def _denies(sentence: Sequence[Token], place: int) -> bool:
    word = sentence[place].word
    if word in _ONWARDS:
        return True
    after = sentence[place + 1].word if place + 1 < len(sentence) else ""
    return (word in _BOTH_WAYS or word.endswith("n't")) and after not in _EMPTY_NOT


def _denied(sentence: Sequence[Token]) -> frozenset[int]:
    """The places of a sentence that stand under a "not"."""
    denied: set[int] = set()
    for place in range(len(sentence)):
        if not _denies(sentence, place):
            continue
        onwards = place + 1
        while onwards < len(sentence) and not _ends_part(sentence[onwards]):
            onwards += 1
        denied.update(range(place, onwards))
        back = place
        while sentence[place].word not in _ONWARDS and back and not _begins_part(sentence, back):
            back -= 1
        denied.update(range(back, place))
    return frozenset(denied)


def _ends_part(token: Token) -> bool:
    """Whether a "not" before it reaches no further; after a comma, `or` goes on with the list it denies."""
    return token.word in _TURNS or (token.parted and token.word not in ("or", "nor"))


def _begins_part(sentence: Sequence[Token], place: int) -> bool:
    """Whether a "not" behind it denies nothing before it."""
    return sentence[place].parted or sentence[place - 1].word in _TURNS | {"and"}


# ---- terms ----------------------------------------------------------------------------------------


Group = tuple[tuple[str, ...], ...]
"""Alternatives, each of words that follow one another."""


@dataclass(frozen=True)
class Term:
    """A term, taken apart."""

    wanted: tuple[Group, ...]
    unwanted: tuple[Group, ...]


@cache
def term(line: str) -> Term:
    """A term from its line. Raises ValueError, saying what to write instead."""
    wanted: list[Group] = []
    unwanted: list[Group] = []
    for group in line.lower().split():
        taken = tuple(tuple(words.split("-")) for words in group.removeprefix("!").split("/"))
        if not all(_is_word(word) for words in taken for word in words):
            raise ValueError("Write words with spaces, `/` between alternatives, `-` between neighbours.")
        (unwanted if group.startswith("!") else wanted).append(taken)
    if not wanted:
        raise ValueError("Write at least one word without `!`.")
    return Term(tuple(wanted), tuple(unwanted))


def _is_word(word: str) -> bool:
    found = _TOKEN.fullmatch(word)
    return found is not None and _plain(word) == word and word not in _END | _SIGNS


def fits(word: str, token: str) -> bool:
    """Whether a word of a term fits a word of an answer."""
    if token == word or token in (f"{word}s", f"{word}'s"):
        return True
    if len(word) >= VERB and token in (f"{word}ing", f"{word}{word[-1]}ing", f"{word.removesuffix('e')}ing"):
        return True
    return len(word) >= PREFIX and not word[0].isdigit() and token.startswith(word)


def _fits(
    sentence: Sequence[Token], sought: Term, denied: frozenset[int], known: Sequence[Token]
) -> Heard | None:
    if any(_places(sentence, group, frozenset()) for group in sought.unwanted):
        return None
    if any(word in _DENYING for group in sought.wanted for words in group for word in words):
        denied = frozenset()
    choices: list[dict[int, int]] = []
    for group in sought.wanted:
        if found := _places(sentence, group, denied):
            choices.append(found)
        elif not _places(known, group, frozenset()):
            return None
    for first in choices[0] if choices else ():
        taken = [min(found, key=lambda place: abs(place - first)) for found in choices]
        if max(taken) - min(taken) <= REACH:
            pairs = zip(taken, choices, strict=True)
            return _heard(
                sentence, [sentence[place + at] for place, found in pairs for at in range(found[place])]
            )
    return None


def _places(sentence: Sequence[Token], group: Group, denied: frozenset[int]) -> dict[int, int]:
    """Where words of a sentence fit a group -> how many of them."""
    found = {place: _length(sentence, group, place) for place in range(len(sentence)) if place not in denied}
    return {place: length for place, length in found.items() if length}


def _length(sentence: Sequence[Token], group: Group, place: int) -> int:
    """How many words at a place fit a group; 0 for none."""
    for words in group:
        if words == (NOT,):
            if _denies(sentence, place):
                return 1
        elif place + len(words) <= len(sentence) and all(
            fits(word, sentence[place + at].word) for at, word in enumerate(words)
        ):
            return len(words)
    return 0


def _heard(sentence: Sequence[Token], tokens: Sequence[Token]) -> Heard:
    places = tuple((token.start, token.end) for token in sorted(set(tokens), key=lambda token: token.start))
    return Heard(places, (sentence[0].start, sentence[-1].end))
