"""The rules of the field guide on single kinds of items: numbers, true or false, cards, clozes, open ones."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence
from itertools import combinations

from quizapp import model, parts, terms
from quizapp.bank import DELETION
from quizapp.model import Item
from quizapp.spelling import plain

Complaint = tuple[str, str, str]
"""(rule, what is wrong, what to do)."""
Rule = Callable[[Item], Iterator[Complaint]]

FEWEST_REASONS = 3
LEVELS = ("junior", "senior", "staff")
"""The bands of an open answer."""

_YES_NO = re.compile(
    r"^(?:is|are|was|were|does|do|did|can|could|will|would|should|has|have|must)\b[^?]*\?$", re.IGNORECASE
)
_SMALL_WORDS = re.compile(
    r"(?:\b(?:an?|and|are|as|at|be|by|for|from|in|is|it|of|on|or|that|the|this|to|with)\b\s*)+"
)


def short(text: str) -> str:
    """A text in quotes, cut to fit a line."""
    text = " ".join(text.split())
    return f"“{text[:47]}...”" if len(text) > 50 else f"“{text}”"


def traps_apart(item: Item) -> Iterator[Complaint]:
    """L14: no number is within tolerance of both the key and a trap, or of two traps."""
    if not isinstance(item, model.Numeric | model.Estimate):
        return
    named = [(f"the trap {trap.value:g}", trap.value) for trap in item.traps]
    if item.answer.value is not None:
        named.insert(0, (f"the key {item.answer.value:g}", item.answer.value))
    for (one, a), (other, b) in combinations(named, 2):
        if _overlap(a, b, item.answer.tol):
            yield "L14", f"{one} and {other} are within two tolerances", "Tighten `tol`, or drop the trap."


def _overlap(a: float, b: float, tol: parts.Tolerance) -> bool:
    """Whether some number would count as both."""
    if tol.abs is not None:
        return abs(a - b) <= 2 * tol.abs
    if tol.rel is not None:
        return abs(a - b) <= tol.rel * (abs(a) + abs(b))
    if tol.log10 is not None and a > 0 and b > 0:
        return abs(math.log10(a / b)) <= 2 * tol.log10
    return a == b


def true_or_false_for_a_reason(item: Item) -> Iterator[Complaint]:
    """L19: at least three reasons, some for true and some for false, and the key for the truth."""
    if not isinstance(item, model.TrueFalse):
        return
    if len(item.reasons) < FEWEST_REASONS:
        yield "L19", f"has {len(item.reasons)} reasons", f"Give at least {FEWEST_REASONS}."
    argued = [item.truth if reason.supports is None else reason.supports for reason in item.reasons]
    for truth in {True, False} - set(argued):
        todo = f"Add a reason with `supports: {str(truth).lower()}`."
        yield "L19", f"no reason argues for {str(truth).lower()}", todo
    for reason, truth in zip(item.reasons, argued, strict=True):
        if reason.correct and truth != item.truth:
            yield (
                "L19",
                f"the right reason {short(reason.text)} argues against the key",
                "Correct `supports`.",
            )


def cards_make_one_think(item: Item) -> Iterator[Complaint]:
    """L27: no question that yes answers, and no answer that the front gives away."""
    if not isinstance(item, model.Card):
        return
    if _YES_NO.match(item.front.strip()):
        yield "L27", "the front can be answered with yes or no", "Ask what, why or how."
    if plain(item.back) and plain(item.back) in plain(item.front):
        yield "L27", "the front contains the answer", "Take it out of the front."


def gaps_are_sound(item: Item) -> Iterator[Complaint]:
    """L28: every gap hides a content word, accepts that word, and rejects nothing that it accepts."""
    if not isinstance(item, model.Cloze):
        return
    for gap, hidden in DELETION.findall(item.text):
        accepted = {plain(word) for word in item.accept.get(gap, ())}
        if plain(hidden) not in accepted:
            yield (
                "L28",
                f"gap {gap} does not accept its own word {short(hidden)}",
                f"Add it to `accept.{gap}`.",
            )
        if _SMALL_WORDS.fullmatch(hidden):
            yield "L28", f"gap {gap} hides only {short(hidden)}", "Hide a word that carries the idea."
    if not item.reject:
        todo = "Say under `reject` which wrong words come up, and why they are wrong."
        yield "L28", "no wrong filling gets an answer of its own", todo
    for reject in item.reject:
        if reject.deletion not in item.accept:
            yield (
                "L28",
                f"rejects {short(reject.value)} for an unknown gap {reject.deletion!r}",
                "Name a gap.",
            )
        elif plain(reject.value) in {plain(word) for word in item.accept[reject.deletion]}:
            what = f"gap {reject.deletion} both accepts and rejects {short(reject.value)}"
            yield "L28", what, "Take it out of one of the lists."


def rubric_is_sound(item: Item) -> Iterator[Complaint]:
    """L31: points of several levels, some of them musts, red flags, and answers that differ by band."""
    if not isinstance(item, model.Open):
        return
    ids = [point.id for point in item.rubric]
    if len(set(ids)) < len(ids) or any(re.fullmatch(r"flag\d+", id_) for id_ in ids):
        yield (
            "L31",
            "ids of the rubric are not distinct",
            "Give every point an id of its own, and none `flag0`.",
        )
    musts = [point for point in item.rubric if point.must]
    if not musts or len(musts) == len(item.rubric):
        what = "every point is a must" if musts else "no point is a must"
        yield "L31", what, "Mark with `must: true` what the lowest band needs, and only that."
    if len({point.level for point in item.rubric}) < len(LEVELS):
        yield "L31", "the points do not span three levels", f"Have points for {', '.join(LEVELS)}."
    if not item.red_flags:
        yield "L31", "has no red flags", "Say what would cost a candidate the interview."
    for name, bands in (("bands", item.bands), ("model_answers", item.model_answers)):
        if len({plain(text) for text in (bands.junior, bands.senior, bands.staff)}) < len(LEVELS):
            yield "L31", f"two of the `{name}` are the same", "Write one for each level."


def terms_are_sound(item: Item) -> Iterator[Complaint]:
    """L31: every term can be read; the question makes no point, and no model answer shows a red flag."""
    if not isinstance(item, model.Open):
        return
    lists = [(f"point {point.id}", point.terms) for point in item.rubric]
    lists += [(f"red flag {short(flag.text)}", flag.terms) for flag in item.red_flags]
    unread = False
    for what, lines in lists:
        for line in lines:
            try:
                terms.term(line)
            except ValueError as error:
                unread = True
                yield "L31", f"a term of {what} cannot be read: {line!r}", str(error)
    for what, lines in () if unread else lists:
        if terms.hear(item.prompt, lines):
            yield "L31", f"the question itself shows {what}", "Take out the term that it has already."
    answers = (item.model_answers.junior, item.model_answers.senior, item.model_answers.staff)
    for flag in () if unread else item.red_flags:
        if any(terms.hear(said, flag.terms, flag=True) for said in answers):
            what = f"a model answer shows the red flag {short(flag.text)}"
            yield "L31", what, "Sharpen its terms; `!` stands before words that must not be there."


KIND_RULES: Sequence[Rule] = (
    traps_apart,
    true_or_false_for_a_reason,
    cards_make_one_think,
    gaps_are_sound,
    rubric_is_sound,
    terms_are_sound,
)
