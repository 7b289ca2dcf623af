"""The rules of the field guide that a program can be sure about, one small function each.

A rule takes an item and yields (rule, what is wrong, what to do). Rules know one item at a time; they
know no files, no other items and no experiments. Here are those on whatever is read and picked from, most
of them guidelines that Haladyna, Downing and Rodriguez (2002) found textbooks on testing to agree on; those
on a single kind of item are in `kinds`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from quizapp import model, parts
from quizapp.kinds import KIND_RULES, Complaint, Rule, short
from quizapp.model import Item
from quizapp.spelling import plain
from quizapp.steps import question

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
_NUMBER = re.compile(r"^[-+~≈]?\d")
_WHICH_IS_TRUE = re.compile(
    r"\bwhich(?: one)?(?: of (?:the following|these)(?: \w+)?| (?:statement|option|answer|claim)s?)?"
    r" (?:is|are) (?:true|correct|right|false|wrong)\W*$",
    re.IGNORECASE,
)
_ARTICLE = re.compile(r"\b(an?)[\s:.?…_]*$")
_UNSURE_SOUND = re.compile(r"u|eu|one|once|ho|heir", re.IGNORECASE)
_PERCENTAGE = re.compile(r"\d\s*(?:%|percent\b|per cent\b)")
_ENDS = re.compile(r"[.!?;]$")


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


def _count(text: str) -> int:
    return len(text.split())


# ---- the rules, in the order of the guide ---------------------------------------------------------


def asks_something(item: Item) -> Iterator[Complaint]:
    """L03: no `which of these is true?`, which says nothing until one has read the options."""
    if isinstance(item, model.Choice | model.Code) and (found := _WHICH_IS_TRUE.search(item.stem)):
        todo = "Ask what can be answered with the options covered, or use kind multi."
        yield "L03", f"“{found[0].strip()}” asks nothing by itself", todo


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
            yield "L05", f"{short(option.text)} is about the other options", todo


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


def _alternatives(item: Item) -> Iterator[tuple[str, list[str]]]:
    """Every list that one picks from: (what it is a list of, the texts)."""
    for name in ("options", "reasons", "fixes", "spans"):
        texts = [part.text for part in getattr(item, name, ()) if part.text]
        if len(texts) >= 3:
            yield name, texts


def no_lone_outlier(item: Item) -> Iterator[Complaint]:
    """L11: no option that alone has, or lacks, a full stop or a capital.

    Only plain words count for capitals: not numbers, formulas or acronyms. A lone capital among small
    letters may be a name and is left alone.
    """
    for name, texts in _alternatives(item):
        ended = [text for text in texts if _ENDS.search(text)]
        bare = [text for text in texts if not _ENDS.search(text)]
        small = [text for text in texts if re.match(r"[a-z]+(?:[\s,]|$)", text)]
        capital = [text for text in texts if re.match(r"[A-Z][a-z]*(?:[\s,]|$)", text)]
        todo = "Write all of them alike."
        if len(ended) == 1:
            yield "L11", f"{short(ended[0])} alone of the {name} ends in “{ended[0][-1]}”", todo
        elif len(bare) == 1:
            yield "L11", f"{short(bare[0])} alone of the {name} has no full stop", todo
        if len(small) == 1 and len(capital) == len(texts) - 1:
            yield "L11", f"{short(small[0])} alone of the {name} starts with a small letter", todo


def wrong_ones_are_misconceptions(item: Item) -> Iterator[Complaint]:
    """L12: whatever is wrong names what whoever picks it believes."""
    for what, text, right, misconception, _ in _explained(item):
        if not right and not misconception:
            todo = "Add `misconception:` with an id of misconceptions.yaml."
            yield "L12", f"the wrong {what} {short(text)} names no misconception", todo


def no_vague_or_lone_absolute(item: Item) -> Iterator[Complaint]:
    """L15: no `often`, and no `always` that only one option has."""
    options = _options(item)
    for option in options:
        if found := _VAGUE.search(option.text):
            yield "L15", f"“{found[0]}” in {short(option.text)} is vague", "Say how much, or when."
    absolute = [found[0] for option in options if (found := _ABSOLUTE.search(option.text))]
    if len(absolute) == 1:
        yield "L15", f"“{absolute[0]}” is in one option only", "Drop it, or have others as absolute."


def article_fits_every_option(item: Item) -> Iterator[Complaint]:
    """L16: after a stem that ends in `a` or `an`, every option starts with the sound for it.

    Only where spelling settles the sound: not for acronyms, numbers and symbols.
    """
    article = _ARTICLE.search(getattr(item, "stem", ""))
    for option in _options(item) if article else ():
        word = re.match(r"[A-Za-z][a-z]+\b", option.text)
        if article and word and not _UNSURE_SOUND.match(word[0]):
            needed = "an" if word[0][0] in "aeioAEIO" else "a"
            if needed != article[1]:
                what = f"the stem ends in “{article[1]}”, and {short(option.text)} needs “{needed}”"
                yield "L16", what, "End the stem before the article."


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
    lengths += [(short(option.text), _count(option.text), WORDS["option"]) for option in _options(item)]
    for what, words, most in lengths:
        if words > most:
            yield "L18", f"{what} has {words} words", f"Cut it to {most}."


def scope_is_stated(item: Item) -> Iterator[Complaint]:
    """L21: who says a percentage or an absolute also says when it stops being true.

    A number that `verify` recomputes follows from what the question gives and needs no more scope.
    """
    if item.caveats:
        return
    keys = [text for what, text, right, _, _ in _explained(item) if right and what != "sentence"]
    for text in (*keys, getattr(item, "back", ""), item.answer_aloud):
        found = _ABSOLUTE.search(text) or (None if item.verify else _PERCENTAGE.search(text))
        if found:
            yield (
                "L21",
                f"“{found[0]}” in {short(text)} has no scope",
                "Add `caveats:`: where, when, measured how.",
            )
            return


def feedback_explains(item: Item) -> Iterator[Complaint]:
    """L23: every why says what the chooser believed, in a sentence that is not the option again."""
    whys = [(f"{what} {short(text)}", text, why) for what, text, _, _, why in _explained(item)]
    whys += [(f"trap {trap.value:g}", "", trap.why) for trap in getattr(item, "traps", ())]
    for what, text, why in whys:
        if _count(why) < FEEDBACK_WORDS:
            todo = f"Write at least {FEEDBACK_WORDS}: what whoever picks it believed, and what is so."
            yield "L23", f"the why of {what} has {_count(why)} words", todo
        elif text and plain(text) in plain(why) and _count(why) - _count(text) < FEEDBACK_WORDS / 2:
            yield "L23", f"the why of {what} only repeats it", "Say what whoever picks it believed."


RULES: Sequence[Rule] = (
    asks_something,
    no_negative_lead_in,
    no_all_of_the_above,
    key_not_marked_by_length,
    no_lone_outlier,
    wrong_ones_are_misconceptions,
    no_vague_or_lone_absolute,
    article_fits_every_option,
    reading_load,
    scope_is_stated,
    feedback_explains,
    *KIND_RULES,
)
