"""The rules of the field guide that a program can be sure about, one small function each.

A rule takes an item and yields (rule, what is wrong, what to do). Rules know one item at a time; they
know no files, no other items and no experiments.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence
from itertools import combinations

from quizapp import model, parts
from quizapp.grade import plain
from quizapp.model import Item
from quizapp.steps import question

Complaint = tuple[str, str, str]
"""(rule, what is wrong, what to do)."""

LONGEST_TO_SHORTEST = 1.35
LONGER = 4
"""Characters by which the key may not stand out from every other option."""
WORDS = {"stem": 70, "option": 16, "front": 20, "back": 25, "aloud": 45}
FEEDBACK_WORDS = 8

_NEGATIVE = re.compile(
    r"\b(?:NOT|EXCEPT)\b"
    r"|\bexcept\s*[?:]?\s*$"
    r"|\b[Ww]hich(?:\s+(?!that\b|who\b|when\b|where\b|if\b|whose\b|because\b)\w+){0,6}?"
    r"\s+(?:(?:is|are|was|were|does|do|did|can|could|would|will|should|has|have)\s+(?:not|never)\b"
    r"|(?:isn|aren|wasn|doesn|don|didn|couldn|wouldn|won|can)['’]t\b)"
    r"|\bleast likely\b"
)
_ALL_OF_THEM = re.compile(
    r"\b(?:all|none|both|neither|either|any)(?: of)? (?:the )?(?:above|preceding)\b"
    r"|\b(?:all|none|both|neither|either|any) of (?:the |these )?(?:other )?(?:options|answers)\b"
    r"|^(?:all|none|both|neither) of (?:these|them)\.?$",
    re.IGNORECASE,
)
_VAGUE = re.compile(
    r"\b(?:often|usually|sometimes|frequently|occasionally|rarely|seldom|generally|typically|normally"
    r"|mostly|(?<!how )(?<!as )(?<!so )(?<!too )(?<!that )(?<!this )many|several|a few)\b",
    re.IGNORECASE,
)
_ABSOLUTE = re.compile(r"\b(?:always|never|impossible|completely|entirely|totally)\b", re.IGNORECASE)
_YES_NO = re.compile(
    r"^(?:is|are|was|were|does|do|did|can|could|will|would|should|has|have|must)\b[^?]*\?$", re.IGNORECASE
)
_NUMBER = re.compile(r"^[-+~≈]?\d")


def _options(item: Item) -> tuple[parts.Option, ...]:
    """What is picked from, where it is text."""
    if isinstance(item, model.Choice | model.Multi):
        return item.options
    return ()


def _explained(item: Item) -> Iterator[tuple[str, str, bool, str | None, str]]:
    """Everything a learner may pick: (what it is, text, whether it is right, misconception, why)."""
    for name in ("options", "reasons", "fixes"):
        for part in getattr(item, name, ()):
            text = part.text or getattr(part, "code", "")
            yield (
                name.removesuffix("s") if name != "fixes" else "fix",
                text,
                part.correct,
                part.misconception,
                part.why,
            )
    for span in getattr(item, "spans", ()):
        yield "sentence", span.text, span.ok, span.misconception, span.why


def _short(text: str) -> str:
    text = " ".join(text.split())
    return f"“{text[:47]}...”" if len(text) > 50 else f"“{text}”"


def _count(text: str) -> int:
    return len(text.split())


# ---- the rules, in the order of the guide ---------------------------------------------------------


def no_negative_lead_in(item: Item) -> Iterator[Complaint]:
    """L04: no `which is not`, `except`; kind flaw is the place for finding errors."""
    if isinstance(item, model.Choice | model.Multi | model.Code):
        lead_in = re.split(r"(?<=[.!?])\s+", " ".join(item.stem.split()))[-1]
        if found := _NEGATIVE.search(lead_in):
            yield "L04", f"the question asks for what is not so: “{found[0]}”", "Ask for what is so."


def no_all_of_the_above(item: Item) -> Iterator[Complaint]:
    """L05: no option about the other options."""
    for option in _options(item):
        if _ALL_OF_THEM.search(option.text):
            todo = "Write an option that stands by itself, or use kind multi."
            yield "L05", f"{_short(option.text)} is about the other options", todo


def key_not_marked_by_length(item: Item) -> Iterator[Complaint]:
    """L08: options about as long as each other, and the key not the odd one out."""
    options = _options(item)
    if not options or all(_NUMBER.match(option.text) for option in options):
        return
    lengths = [len(option.text) for option in options]
    ratio = max(lengths) / max(1, min(lengths))
    if ratio > LONGEST_TO_SHORTEST and max(lengths) - min(lengths) >= LONGER:
        what = f"the longest option has {max(lengths)} characters, the shortest {min(lengths)}"
        yield "L08", f"{what} (ratio {ratio:.2f})", f"Bring the ratio under {LONGEST_TO_SHORTEST}."
    if isinstance(item, model.Choice):
        key = next(len(option.text) for option in options if option.correct)
        others = [len(option.text) for option in options if not option.correct]
        if key - max(others) >= LONGER:
            yield (
                "L08",
                f"the key is the longest by {key - max(others)} characters",
                "Cut it, or fill the others.",
            )


def wrong_ones_are_misconceptions(item: Item) -> Iterator[Complaint]:
    """L12: whatever is wrong names what whoever picks it believes."""
    for what, text, right, misconception, _ in _explained(item):
        if not right and not misconception:
            todo = "Add `misconception:` with an id of misconceptions.yaml."
            yield "L12", f"the wrong {what} {_short(text)} names no misconception", todo


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


def no_vague_or_lone_absolute(item: Item) -> Iterator[Complaint]:
    """L15: no `often`, and no `always` that only one option has."""
    options = _options(item)
    for option in options:
        if found := _VAGUE.search(option.text):
            yield "L15", f"“{found[0]}” in {_short(option.text)} is vague", "Say how much, or when."
    absolute = [found[0] for option in options if (found := _ABSOLUTE.search(option.text))]
    if len(absolute) == 1:
        yield "L15", f"“{absolute[0]}” is in one option only", "Drop it, or have others as absolute."


def reading_load(item: Item) -> Iterator[Complaint]:
    """L18: short stems, options, fronts, and answers one can say in a breath."""
    lengths: list[tuple[str, int, int]] = [("answer_aloud", _count(item.answer_aloud), WORDS["aloud"])]
    if isinstance(item, model.Card):
        lengths += [
            ("the front", _count(item.front), WORDS["front"]),
            ("the back", _count(item.back), WORDS["back"]),
        ]
    elif not isinstance(item, model.Open | model.Flaw | model.Cloze):
        lengths.append(("the question", _count(question(item)), WORDS["stem"]))
    lengths += [(_short(option.text), _count(option.text), WORDS["option"]) for option in _options(item)]
    for what, words, most in lengths:
        if words > most:
            yield "L18", f"{what} has {words} words", f"Cut it to {most}."


def feedback_explains(item: Item) -> Iterator[Complaint]:
    """L23: every why says what the chooser believed, in a sentence that is not the option again."""
    whys = [(f"{what} {_short(text)}", text, why) for what, text, _, _, why in _explained(item)]
    whys += [(f"trap {trap.value:g}", "", trap.why) for trap in getattr(item, "traps", ())]
    for what, text, why in whys:
        if _count(why) < FEEDBACK_WORDS:
            todo = f"Write at least {FEEDBACK_WORDS}: what whoever picks it believed, and what is so."
            yield "L23", f"the why of {what} has {_count(why)} words", todo
        elif text and plain(text) in plain(why) and _count(why) - _count(text) < FEEDBACK_WORDS / 2:
            yield "L23", f"the why of {what} only repeats it", "Say what whoever picks it believed."


def cards_make_one_think(item: Item) -> Iterator[Complaint]:
    """L27: no question that yes answers, and no answer that the front gives away."""
    if not isinstance(item, model.Card):
        return
    if _YES_NO.match(item.front.strip()):
        yield "L27", "the front can be answered with yes or no", "Ask what, why or how."
    if plain(item.back) and plain(item.back) in plain(item.front):
        yield "L27", "the front contains the answer", "Take it out of the front."


Rule = Callable[[Item], Iterator[Complaint]]
RULES: Sequence[Rule] = (
    no_negative_lead_in,
    no_all_of_the_above,
    key_not_marked_by_length,
    wrong_ones_are_misconceptions,
    traps_apart,
    no_vague_or_lone_absolute,
    reading_load,
    feedback_explains,
    cards_make_one_think,
)
