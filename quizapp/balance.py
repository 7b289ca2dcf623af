"""The rules of the field guide that only show when many items lie side by side.

Counts and shares, coverage both ways, near-duplicates, and what guessing would score. It is handed a whole
bank, never a single file, and knows no files: a remark names the entry it stands at.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from quizapp import model, strategies
from quizapp.bank import DELETION, Bank, references
from quizapp.grade import unknown_numbers
from quizapp.model import Item
from quizapp.rules import Complaint
from quizapp.steps import question

FEWEST_ITEMS = 30
"""What holds fewer items is a beginning, not a bank: shares of it mean nothing."""
ALIKE = 0.35
"""The Jaccard similarity of word trigrams from which two questions are the same one."""
MOST_REMEMBERED = 0.20
TRUE_SHARE = (0.40, 0.60)
WRONG_PREMISES = 0.05
ITEMS_PER_CLAIM = 2
LEVELS = {"junior": 0.30, "mid": 0.35, "senior": 0.25, "staff": 0.10}
LEVEL_SLACK = 0.02
SHOWN = 6
"""The most ids that one remark names."""

COLUMNS: dict[str, tuple[str, ...]] = {
    "choice": ("choice",),
    "multi": ("multi",),
    "truefalse": ("truefalse",),
    "numeric or estimate": ("numeric", "estimate"),
    "order": ("order",),
    "cloze": ("cloze",),
    "card": ("card",),
    "open": ("open",),
    "predict": ("predict_plot", "predict_number"),
    "flaw": ("flaw",),
    "code": ("code",),
}
BLUEPRINT: dict[str, tuple[int, ...]] = {
    "parallelism": (9, 3, 4, 5, 2, 2, 3, 3, 3, 2, 2),
    "path_length": (9, 3, 4, 5, 2, 2, 3, 3, 3, 3, 1),
    "attention": (10, 4, 4, 5, 2, 3, 4, 3, 3, 3, 3),
    "positional_encoding": (9, 4, 3, 3, 1, 2, 3, 3, 3, 3, 2),
    "stability": (9, 3, 4, 3, 1, 2, 3, 3, 3, 3, 2),
    "quadratic_cost": (10, 4, 4, 9, 2, 2, 3, 3, 3, 3, 1),
    "choosing": (9, 4, 3, 3, 2, 0, 2, 7, 2, 4, 0),
    "scaling": (8, 3, 3, 4, 1, 1, 2, 3, 1, 2, 0),
    "glossary": (6, 2, 4, 0, 1, 10, 15, 0, 0, 2, 0),
    "synthesis": (2, 1, 1, 1, 1, 0, 1, 8, 0, 5, 0),
}
"""How many items a topic needs of each kind, in the order of COLUMNS."""

PAIRS: dict[str, tuple[str, str]] = {
    "equivariant and invariant": (r"\bequivarian", r"\binvarian"),
    "prefill and decode": (r"\b(?:prefill|prompt)", r"\b(?:decod|generat|writ)"),
    "pre-LN and post-LN": (r"\bpre-(?:LN|norm)", r"\bpost-(?:LN|norm)"),
    "LayerNorm and RMSNorm": (r"\bLayerNorm", r"\bRMSNorm"),
    "LayerNorm and BatchNorm": (r"\bLayerNorm", r"\bBatchNorm"),
    "vanishing and exploding": (r"\bvanish", r"\bexplod"),
    "self- and cross-attention": (r"\bself-attention", r"\bcross-attention"),
    "training and generation": (r"\btrain", r"\bgenerat"),
    "work and depth": (r"\bwork\b", r"\b(?:depth|span)\b"),
    "KV cache and weights": (r"\bcache", r"\bweights\b"),
}
"""What learners take for one another; some item must hold both against each other."""


@dataclass(frozen=True, kw_only=True)
class Remark:
    """One thing to say about a bank."""

    at: str
    """The entry it stands at: an item, claim, concept or misconception."""
    complaint: Complaint
    about: str = ""
    """The entry, where the remark is about that one and not about the bank."""


def remarks(bank: Bank, experiments: Collection[str], blueprint: bool) -> list[Remark]:
    """Everything to say about a whole bank; nothing about one that has hardly begun.

    `blueprint`: whether the bank is the one that the guide's blueprint is about.
    """
    items = list(bank.items.values())
    if len(items) < FEWEST_ITEMS:
        return []
    found = [
        *_guessable(items),
        *near_duplicates(items),
        *_shares(items),
        *uncovered(bank),
        *_contrasts(items),
    ]
    if blueprint:
        found += [*_unpredicted(bank, experiments), *_cells(bank), *_levels(items)]
    return found


def strategy_results(items: Iterable[Item]) -> list[strategies.Result]:
    """What every test-wise strategy scores on these items."""
    found = strategies.puzzles(items)
    return strategies.judge([*strategies.by_looks(found), *strategies.by_position(found)])


def _some(ids: Sequence[str], most: int = SHOWN) -> str:
    rest = f" and {len(ids) - most} more" if len(ids) > most else ""
    return ", ".join(ids[:most]) + rest


# ---- L08, L09, L10, L32: what guessing scores -------------------------------------------------------


def _guessable(items: Sequence[Item]) -> Iterator[Remark]:
    for result in strategy_results(items):
        if result.tripped:
            yield _tripped(result, "the key")
    flaws = [item for item in items if isinstance(item, model.Flaw)]
    spans = [
        strategies.Puzzle(
            id=flaw.id,
            stem="",
            options=tuple(span.text for span in flaw.spans),
            key=next(place for place, span in enumerate(flaw.spans) if not span.ok),
        )
        for flaw in flaws
    ]
    for result in strategies.judge(strategies.by_position(spans, "L32")):
        if result.tripped:
            yield _tripped(result, "the flaw")


def _tripped(result: strategies.Result, key: str) -> Remark:
    above = result.score > result.chance
    what = (
        f"“{result.strategy}” finds {key} in {result.score:.1%} of {result.n} items; chance is "
        f"{result.chance:.1%}, its band {result.low:.1%} to {result.high:.1%} (p {result.p:.2g}, after Holm "
        f"{result.holm:.2g})"
    )
    change = f"Let it {'no longer ' if above else ''}find {key} in {result.needed} of"
    todo = f"{change}: {_some(result.change, max(SHOWN, result.needed))}."
    return Remark(at=result.change[0], complaint=(result.rule, what, todo))


# ---- L30: the same question twice -------------------------------------------------------------------


def asked(item: Item) -> str:
    """The text that makes this question this one."""
    if isinstance(item, model.Cloze):
        return DELETION.sub(lambda gap: gap[2], item.text)
    if isinstance(item, model.Flaw):
        return " ".join(span.text for span in item.spans)
    return f"{item.stem} {item.code}" if isinstance(item, model.Code) else question(item)


def _trigrams(text: str) -> frozenset[tuple[str, ...]]:
    words = re.findall(r"\w+", text.lower())
    return frozenset(zip(words, words[1:], words[2:], strict=False)) or frozenset({tuple(words)})


def near_duplicates(items: Sequence[Item]) -> Iterator[Remark]:
    """L30: two items that ask in the same words and are not declared variants.

    Only pairs that share a trigram are compared, found through an index from trigrams to items.
    """
    trigrams = [_trigrams(asked(item)) for item in items]
    holders: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for place, grams in enumerate(trigrams):
        for gram in grams:
            holders[gram].append(place)
    shared = Counter(pair for places in holders.values() for pair in combinations(places, 2))
    for (one, other), common in sorted(shared.items()):
        first, second = items[one], items[other]
        alike = common / (len(trigrams[one]) + len(trigrams[other]) - common)
        allowed = any(item.lint_allow.get("L30", "").strip() for item in (first, second))
        if alike < ALIKE or allowed or (first.family and first.family == second.family):
            continue
        what = f"asks in nearly the words of {first.id} (trigram similarity {alike:.2f})"
        todo = "Ask something else, or give both the same `family`."
        yield Remark(at=second.id, complaint=("L30", what, todo), about=second.id)


# ---- L02, L32, L33: shares --------------------------------------------------------------------------


def _part(share: float, whole: int) -> float:
    """The share of a whole; rounded, so that 0.28 of 100 is not a little more than 28."""
    return round(share * whole, 6)


def _shares(items: Sequence[Item]) -> Iterator[Remark]:
    beyond = [item for item in items if item.topic != "glossary"]
    recalled = [item.id for item in beyond if item.bloom == "remember"]
    most = math.floor(_part(MOST_REMEMBERED, len(beyond)))
    if len(recalled) > most:
        what = f"{len(recalled)} of {len(beyond)} items outside the glossary only ask to remember"
        todo = f"Make it at most {most}; they are {_some(recalled)}."
        yield Remark(at=recalled[0], complaint=("L02", what, todo))

    statements = [item for item in items if isinstance(item, model.TrueFalse)]
    true = [item.id for item in statements if item.truth]
    least = math.ceil(_part(TRUE_SHARE[0], len(statements)))
    most = math.floor(_part(TRUE_SHARE[1], len(statements)))
    if not least <= len(true) <= most:
        too_many = true if len(true) > most else [item.id for item in statements if not item.truth]
        what = f"{len(true)} of {len(statements)} statements are true"
        todo = f"Make it {least} to {most}; turn round some of {_some(too_many)}."
        yield Remark(at=too_many[0], complaint=("L32", what, todo))

    premises = [item.id for item in items if isinstance(item, model.Flaw) and item.speaker == "interviewer"]
    needed = math.ceil(_part(WRONG_PREMISES, len(items)))
    if len(premises) < needed:
        what = f"{len(premises)} of {len(items)} items have an interviewer with a wrong premise"
        others = [item.id for item in items if isinstance(item, model.Flaw) and item.id not in premises]
        todo = (
            f"Have at least {needed}: new items of kind flaw, or `speaker: interviewer` in {_some(others)}."
        )
        yield Remark(at=(others or [items[0].id])[0], complaint=("L33", what, todo))


# ---- coverage ---------------------------------------------------------------------------------------


def uncovered(bank: Bank) -> Iterator[Remark]:
    """What no item is about. (A claim without any item is found by the check of claims.)"""
    claimed = Counter(claim for item in bank.items.values() for claim in set(item.claims))
    used: dict[str, set[str]] = {"concept": set(), "misconception": set(), "claim": set()}
    for item in bank.items.values():
        for what, id_, _ in references(item):
            used[what].add(id_)
    for claim in bank.claims:
        if 0 < claimed[claim] < ITEMS_PER_CLAIM:
            (only,) = (item.id for item in bank.items.values() if claim in item.claims)
            todo = f"Have at least {ITEMS_PER_CLAIM}, so that one can come back as the other."
            yield Remark(
                at=claim, complaint=("coverage", f"{only} is the only item about it", todo), about=claim
            )
    for concept in bank.concepts:
        if concept not in used["concept"]:
            todo = "Write one, or add the id to the `concepts:` of an item."
            yield Remark(
                at=concept, complaint=("coverage", "no item is about this concept", todo), about=concept
            )
    for id_ in bank.misconceptions:
        if id_ not in used["misconception"]:
            todo = "Let a distractor, trap, swap, flaw or red flag name it, or take it out."
            yield Remark(
                at=id_, complaint=("coverage", "nobody can fall for this misconception", todo), about=id_
            )


def _unpredicted(bank: Bank, experiments: Collection[str]) -> Iterator[Remark]:
    """L25: experiments that no item of a predict kind reads from, or runs through its first claim."""
    predicted: set[str] = set()
    for item in bank.items.values():
        if isinstance(item, model.PredictPlot | model.PredictNumber):
            predicted |= {name.partition(".")[0] for name in unknown_numbers(item, {})}
            for claim in item.claims[:1]:
                predicted |= set(bank.claims[claim].experiments) if claim in bank.claims else set()
    missing = sorted(set(experiments) - predicted)
    if missing:
        at = next(
            (c.id for c in bank.claims.values() if missing[0] in c.experiments), next(iter(bank.places))
        )
        what = (
            f"{len(missing)} of {len(experiments)} experiments have no item that has their outcome predicted"
        )
        yield Remark(at=at, complaint=("L25", what, f"They are {_some(missing, len(missing))}."))


def _seen(item: Item) -> str:
    """What a learner reads of an item, feedback aside."""
    names = ("options", "reasons", "fixes", "sequence", "rubric")
    parts = [part.text for name in names for part in getattr(item, name, ())]
    return "\n".join([asked(item), getattr(item, "back", ""), *parts])


def _contrasts(items: Sequence[Item]) -> Iterator[Remark]:
    """L29: pairs of words that are taken for one another and that no item holds together."""
    texts = [_seen(item) for item in items]
    for name, sides in PAIRS.items():
        patterns = [re.compile(side, re.IGNORECASE) for side in sides]
        if not any(all(pattern.search(text) for pattern in patterns) for text in texts):
            todo = "Write an item that tells them apart."
            yield Remark(at=items[0].id, complaint=("L29", f"no item mentions both {name}", todo))


# ---- the blueprint ----------------------------------------------------------------------------------


def _cells(bank: Bank) -> Iterator[Remark]:
    """Cells of the blueprint with too few items."""
    counts: Counter[tuple[str, str]] = Counter((item.topic, item.kind) for item in bank.items.values())
    stands: dict[str, str] = {concept.topic: concept.id for concept in bank.concepts.values()}
    stands.update((item.topic, item.id) for item in reversed([*bank.items.values()]))
    for topic, row in BLUEPRINT.items():
        for (column, kinds), needed in zip(COLUMNS.items(), row, strict=True):
            have = sum(counts[topic, kind] for kind in kinds)
            if have < needed:
                what = f"{topic} has {have} of the {needed} items of kind {column} in the blueprint"
                at = stands.get(topic, next(iter(bank.places)))
                yield Remark(at=at, complaint=("blueprint", what, f"Write {needed - have} more."))


def _levels(items: Sequence[Item]) -> Iterator[Remark]:
    """Levels that have less than their share, among the items that belong to one level."""
    levels: Counter[str] = Counter(item.level for item in items if item.level != "all")
    for level, share in LEVELS.items():
        least = math.ceil(_part(share - LEVEL_SLACK, levels.total()))
        if levels[level] < least:
            what = f"{levels[level]} of {levels.total()} items are for {level}; {share:.0%} are wanted"
            at = next((item.id for item in items if item.level == level), items[0].id)
            yield Remark(at=at, complaint=("levels", what, f"Have at least {least}."))
