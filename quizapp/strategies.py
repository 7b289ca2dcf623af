"""What somebody who knows nothing scores on single-key items by the looks of the options alone.

A strategy that scores far above chance shows where the key is; one that scores far below shows where it is
not. The cues are those that guidelines for item writers tell to avoid (Haladyna, Downing and Rodriguez 2002,
"A review of multiple-choice item-writing guidelines for classroom assessment"). All strategies are judged
together, with the step-down correction of Holm (1979, "A simple sequentially rejective multiple test
procedure"). Nothing here knows files or findings.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from quizapp import model
from quizapp.model import Item

ALPHA = 0.05
BAND = 1.959964
"""Standard deviations to either side that hold 95% of a normal distribution."""
SMALLEST_VARIANCE = 5.0
"""Of the number of hits, below which a normal approximation is too coarse; 27 items of four options."""

_HEDGE = re.compile(
    r"\b(?:may|might|can|could|should|would|often|usually|sometimes|generally|typically|normally|mostly|most"
    r"|likely|perhaps|probably|possibly|partly|tends?|some|about|roughly|nearly|almost|approximately|depends?"
    r"|at least|at most|up to)\b",
    re.IGNORECASE,
)
_ABSOLUTE = re.compile(
    r"\b(?:always|never|all|every|each|any|no|none|nothing|nobody|only|must|cannot|impossible|exactly|entirely"
    r"|completely|totally|alone|whole)\b",
    re.IGNORECASE,
)
_PUNCTUATION = re.compile(r"[^\w\s]")
_WORD = re.compile(r"[a-z0-9]+")
_EMPTY_WORDS = frozenset(
    _WORD.findall(
        "a an and are as at be by do does for from has have how in is it its no not of on one or so than that"
        " the their them then there they this to was what when which who why will with"
    )
)


@dataclass(frozen=True, kw_only=True)
class Puzzle:
    """One question with a single key, stripped to what a guesser sees."""

    id: str
    stem: str
    options: tuple[str, ...]
    key: int
    """The place of the key, from 0, as authored."""


def puzzles(items: Iterable[Item]) -> list[Puzzle]:
    """The single-key items whose options can be compared: all text, or all code."""
    found = []
    for item in items:
        if not isinstance(item, model.Choice | model.Code):
            continue
        texts = tuple(option.text for option in item.options)
        codes = tuple(getattr(option, "code", "") for option in item.options)
        if all(texts) or all(codes):
            stem = f"{item.stem}\n{item.code}" if isinstance(item, model.Code) else item.stem
            key = next(place for place, option in enumerate(item.options) if option.correct)
            found.append(Puzzle(id=item.id, stem=stem, options=texts if all(texts) else codes, key=key))
    return found


# ---- the strategies: each scores the options, and the highest score is picked -----------------------

Scores = Callable[[Puzzle], Sequence[int]]


def content_words(text: str) -> frozenset[str]:
    """The distinct words of a text that carry meaning, in lower case."""
    return frozenset(_WORD.findall(text.lower())) - _EMPTY_WORDS


def _longest(puzzle: Puzzle) -> list[int]:
    return [len(option) for option in puzzle.options]


def _shortest(puzzle: Puzzle) -> list[int]:
    return [-len(option) for option in puzzle.options]


def _most_hedged(puzzle: Puzzle) -> list[int]:
    return [len(_HEDGE.findall(option)) for option in puzzle.options]


def _fewest_absolutes(puzzle: Puzzle) -> list[int]:
    return [-len(_ABSOLUTE.findall(option)) for option in puzzle.options]


def _most_stem_words(puzzle: Puzzle) -> list[int]:
    stem = content_words(puzzle.stem)
    return [len(stem & content_words(option)) for option in puzzle.options]


def _most_punctuation(puzzle: Puzzle) -> list[int]:
    return [len(_PUNCTUATION.findall(option)) for option in puzzle.options]


def _convergence(puzzle: Puzzle) -> list[int]:
    """Words shared with the other options, once for each of them: the key is what its variants vary."""
    words = [content_words(option) for option in puzzle.options]
    return [sum(len(mine & other) for j, other in enumerate(words) if j != i) for i, mine in enumerate(words)]


LOOKS: dict[str, tuple[str, Scores]] = {
    "longest": ("L08", _longest),
    "shortest": ("L08", _shortest),
    "most hedged": ("L09", _most_hedged),
    "fewest absolutes": ("L09", _fewest_absolutes),
    "most stem words": ("L09", _most_stem_words),
    "most punctuation": ("L09", _most_punctuation),
    "convergence": ("L09", _convergence),
}
"""Strategies by name, each with the rule of the field guide it belongs to."""


# ---- how they score ---------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Tried:
    """One strategy on one puzzle."""

    id: str
    options: int
    picked: frozenset[int]
    """The options that tie for the highest score."""
    key: int

    @property
    def credit(self) -> float:
        """The chance of hitting the key when one of the picked options is drawn."""
        return (self.key in self.picked) / len(self.picked)


@dataclass(frozen=True, kw_only=True)
class Result:
    """What one strategy scores, beside what chance would."""

    strategy: str
    rule: str
    n: int
    """Items that it can be tried on."""
    decides: int
    """Items in which it prefers some options to others."""
    score: float
    """The share of keys that it hits; k options that tie earn 1/k."""
    chance: float
    low: float
    """Lower end of the 95% band of chance for this strategy alone."""
    high: float
    p: float
    """Two-sided, by the normal approximation."""
    holm: float | None
    """The same, corrected for trying all the strategies; None where there are too few items to judge."""
    change: tuple[str, ...]
    """Items that give the key away, most telling first; empty while the score is at chance."""

    @property
    def tripped(self) -> bool:
        """Whether the score is not one that chance can explain."""
        return self.holm is not None and self.holm < ALPHA

    @property
    def needed(self) -> int:
        """How many items must cease to give the key away before the score is back in the band."""
        return max(0, math.ceil(round(max(self.score - self.high, self.low - self.score) * self.n, 9)))


def by_looks(found: Sequence[Puzzle]) -> list[tuple[str, str, list[Tried]]]:
    """Every strategy that looks at the texts: (its name, its rule, what it picks)."""
    return [
        (name, rule, [_try(puzzle, scores) for puzzle in found]) for name, (rule, scores) in LOOKS.items()
    ]


def by_position(found: Sequence[Puzzle], rule: str = "L10") -> list[tuple[str, str, list[Tried]]]:
    """Always the first option, always the second...; each on the items that have such an option."""
    most = max((len(puzzle.options) for puzzle in found), default=0)
    return [
        (
            f"position {place + 1}",
            rule,
            [
                Tried(id=p.id, options=len(p.options), picked=frozenset({place}), key=p.key)
                for p in found
                if len(p.options) > place
            ],
        )
        for place in range(most)
    ]


def _try(puzzle: Puzzle, scores: Scores) -> Tried:
    values = scores(puzzle)
    best = max(values)
    picked = frozenset(place for place, value in enumerate(values) if value == best)
    return Tried(id=puzzle.id, options=len(puzzle.options), picked=picked, key=puzzle.key)


def judge(tried: Iterable[tuple[str, str, Sequence[Tried]]]) -> list[Result]:
    """The results of strategies that are tried together, in their order."""
    strategies = [(name, rule, picks) for name, rule, picks in tried if picks]
    p_values = [_p(picks) for _, _, picks in strategies]
    judged = [
        place for place, (_, _, picks) in enumerate(strategies) if _variance(picks) >= SMALLEST_VARIANCE
    ]
    corrected = dict(zip(judged, holm([p_values[place] for place in judged]), strict=True))
    return [
        _result(name, rule, picks, p_values[place], corrected.get(place))
        for place, (name, rule, picks) in enumerate(strategies)
    ]


def holm(p_values: Sequence[float]) -> list[float]:
    """Step-down adjusted p-values, in their order (Holm 1979): the smallest times m, the next m-1..."""
    adjusted = [0.0] * len(p_values)
    largest = 0.0
    for rank, place in enumerate(sorted(range(len(p_values)), key=lambda place: p_values[place])):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[place]))
        adjusted[place] = largest
    return adjusted


def _chance(picks: Sequence[Tried]) -> float:
    return math.fsum(1 / one.options for one in picks) / len(picks)


def _variance(picks: Sequence[Tried]) -> float:
    """Of the credit when every key is drawn at random: the sum of 1/k (1/t - 1/k), t of k options picked."""
    return math.fsum(1 / one.options * (1 / len(one.picked) - 1 / one.options) for one in picks)


def _score(picks: Sequence[Tried]) -> float:
    return math.fsum(one.credit for one in picks) / len(picks)


def _p(picks: Sequence[Tried]) -> float:
    variance = _variance(picks)
    if not variance:
        return 1.0
    deviation = abs(_score(picks) - _chance(picks)) * len(picks) / math.sqrt(variance)
    return math.erfc(deviation / math.sqrt(2))


def _result(name: str, rule: str, picks: Sequence[Tried], p: float, corrected: float | None) -> Result:
    score, chance = _score(picks), _chance(picks)
    half = BAND * math.sqrt(_variance(picks)) / len(picks)
    telling = [
        one
        for one in picks
        if (
            one.credit > 1 / one.options
            if score > chance + half
            else score < chance - half and not one.credit
        )
    ]
    return Result(
        strategy=name,
        rule=rule,
        n=len(picks),
        decides=sum(len(one.picked) < one.options for one in picks),
        score=score,
        chance=chance,
        low=max(0.0, chance - half),
        high=min(1.0, chance + half),
        p=p,
        holm=corrected,
        change=tuple(one.id for one in sorted(telling, key=lambda one: len(one.picked))),
    )


def table(results: Sequence[Result]) -> str:
    """The results as lines of text, one per strategy."""
    lines = ["strategy             n  decides   score  chance       95% band        p  p (Holm)"]
    for one in results:
        band = f"{one.low:.3f}-{one.high:.3f}"
        corrected = "too few" if one.holm is None else f"{one.holm:.4f}{'*' if one.tripped else ' '}"
        lines.append(
            f"{one.strategy:<17}{one.n:>5}{one.decides:>9}{one.score:>8.3f}{one.chance:>8.3f}{band:>15}"
            f"{one.p:>9.4f}{corrected:>10}"
        )
    return "\n".join(lines)
