"""One item on paper: what is asked, what there is to pick from, the answer, and why. Plain text.

Every kind of item is written out here once; formats only lay it out and escape it.
"""

from __future__ import annotations

import math
from bisect import bisect
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from quizapp import model, parts, steps
from quizapp.bank import DELETION
from quizapp.grade import Numbers, in_full, truth_of
from quizapp.model import Item, Misconception

UNMEASURED = "Nobody has measured it yet"
SALT = "export"
"""Options stand in the same order in every export."""


@dataclass(frozen=True, kw_only=True)
class Pick:
    """One thing to pick: an option, a reason, a sentence, a place in an order."""

    label: str
    text: str
    right: bool
    why: str = ""
    code: bool = False
    misconception: str = ""
    """The id of the wrong belief that picking it shows."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """One list to pick from; `why` explains the list as a whole."""

    prompt: str
    picks: tuple[Pick, ...]
    why: str = ""
    judged: bool = True
    """Whether a pick is right or wrong by itself (a place in an order is not)."""
    later: bool = False
    """Whether it gives the part before it away, and so has no place beside the question."""


@dataclass(frozen=True, kw_only=True)
class Block:
    """A few lines under a heading of their own."""

    title: str
    lines: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """An item written out."""

    question: str
    code: str = ""
    lang: str = ""
    parts: tuple[Part, ...] = ()
    answer: tuple[str, ...]
    blocks: tuple[Block, ...] = ()
    """What else to say after the answer."""


def sheet(item: Item, numbers: Numbers, misconceptions: Mapping[str, Misconception]) -> Sheet:
    """The item written out. Raises TypeError for a kind that has no rule.

    numbers: `experiment.check` -> its newest estimate, for answers that are measured.
    """
    match item:
        case model.Choice() | model.Multi() | model.Code():
            return _picked(item)
        case model.TrueFalse():
            return _truefalse(item)
        case model.Numeric() | model.Estimate():
            return _number(item, numbers)
        case model.PredictNumber():
            return _predict_number(item, numbers, misconceptions)
        case model.Order():
            return _order(item)
        case model.Cloze():
            return _cloze(item)
        case model.Card():
            return _card(item, misconceptions)
        case model.Open():
            return _open(item)
        case model.PredictPlot():
            return _predict_plot(item, numbers, misconceptions)
        case model.Flaw():
            return _flaw(item)
    raise TypeError(f"no sheet for {item.kind}")


def cited(source: model.Source) -> str:
    """Where it stands, and how much of that was read."""
    where = f", {source.locator}" if source.locator else ""
    return f"{source.ref}{where} (read: {source.seen})"


def _part(prompt: str, options: Sequence[model.Option | model.Reason], order: Iterable[int]) -> Part:
    """The options in the order they are shown, lettered."""
    picks = []
    for place, index in enumerate(order):
        option = options[index]
        code = getattr(option, "code", "")
        picks.append(
            Pick(
                label=letter(place),
                text=code or option.text,
                right=option.correct,
                why=option.why,
                code=bool(code),
                misconception=option.misconception or "",
            )
        )
    return Part(prompt=prompt, picks=tuple(picks))


def letter(place: int) -> str:
    """A, B, C..."""
    return chr(ord("A") + place)


def _right(part: Part) -> tuple[str, ...]:
    """The right picks; code of several lines is only named."""
    return tuple(
        f"{pick.label}." if pick.code and "\n" in pick.text.strip() else f"{pick.label}. {pick.text}"
        for pick in part.picks
        if pick.right
    )


def _picked(item: model.Choice | model.Multi | model.Code) -> Sheet:
    step = steps.steps(item, SALT)[0]
    part = _part(step.prompt, item.options, step.order)
    code, lang = (item.code, item.lang) if isinstance(item, model.Code) else ("", "")
    return Sheet(question=item.stem, code=code, lang=lang, parts=(part,), answer=_right(part))


def _truefalse(item: model.TrueFalse) -> Sheet:
    part = _part("Because", item.reasons, steps.steps(item, SALT)[1].order)
    truth = "True" if item.truth else "False"
    reasons = tuple(f"{truth}. {reason}" for reason in _right(part))
    return Sheet(question=f"True or false, and why? {item.statement}", parts=(part,), answer=reasons)


def amount(value: float, answer: model.Answer) -> str:
    """A number with its unit, whole ones in full; or that nobody has measured it."""
    if math.isnan(value):
        return UNMEASURED
    return f"{value:,.{15 if value.is_integer() else 6}g} {answer.unit}".strip()


def tolerance(answer: model.Answer) -> str:
    """How far off still counts, in words."""
    tol = answer.tol
    if tol.abs is not None:
        return f"within {tol.abs:g} {answer.unit}".strip()
    if tol.rel is not None:
        return f"within {100 * tol.rel:g}%"
    return f"within a factor of {10 ** (tol.log10 or 0.0):.3g}"


def _answer(answer: model.Answer, numbers: Numbers) -> tuple[str, ...]:
    truth = truth_of(answer, numbers)
    source = f", as measured by {answer.evidence}" if answer.evidence else ""
    if math.isnan(truth):
        return (f"{UNMEASURED}: {answer.evidence} has not run.",)
    return (f"{amount(truth, answer)} ({tolerance(answer)} counts{source})",)


def _number(item: model.Numeric | model.Estimate, numbers: Numbers) -> Sheet:
    blocks = [Block(title="Worked out", lines=(item.worked,))]
    question = item.stem
    if isinstance(item, model.Estimate):
        question += f" Give a {item.interval.level:.0%} interval and a best guess."
        if item.anchors:
            blocks.append(Block(title="To anchor on", lines=item.anchors))
    if item.traps:
        lines = tuple(f"{amount(trap.value, item.answer)}: {trap.why}" for trap in item.traps)
        blocks.append(Block(title="If you said", lines=lines))
    return Sheet(question=question, answer=_answer(item.answer, numbers), blocks=tuple(blocks))


def _beliefs(ids: Iterable[str], misconceptions: Mapping[str, Misconception]) -> tuple[Block, ...]:
    """What people believe instead, and what settles it."""
    known = [misconceptions[id_] for id_ in ids if id_ in misconceptions]
    if not known:
        return ()
    lines = tuple(f"“{belief.says}”: {belief.refute}" for belief in known)
    return (Block(title="Commonly believed instead", lines=lines),)


def _predict_number(
    item: model.PredictNumber, numbers: Numbers, misconceptions: Mapping[str, Misconception]
) -> Sheet:
    after = (Block(title="And then", lines=(item.after,)),) if item.after else ()
    return Sheet(
        question=item.stem,
        answer=_answer(item.answer, numbers),
        blocks=after + _beliefs(item.misconceptions, misconceptions),
    )


def order(item: model.Order) -> tuple[list[int], list[int]]:
    """Places in the file, as they are shown and as they are right."""
    ranked = sorted(range(len(item.sequence)), key=lambda index: item.sequence[index].value)
    shown = list(steps.steps(item, SALT)[0].order)
    if shown == ranked:
        shown.reverse()  # or the question would give the answer away
    return shown, ranked


def _order(item: model.Order) -> Sheet:
    shown, ranked = order(item)
    picks = tuple(
        Pick(label=letter(place), text=item.sequence[index].text, right=True)
        for place, index in enumerate(shown)
    )
    answer = tuple(
        f"{place}. {item.sequence[index].text} ({in_full(item.sequence[index].value)})"
        for place, index in enumerate(ranked, 1)
    )
    blocks = [Block(title="Worked out", lines=(item.worked,))]
    if item.swaps:
        texts = [item.sequence[index].text for index in ranked]
        lines = tuple(f"{texts[s.pair[0]]} ⇄ {texts[s.pair[1]]}: {s.why}" for s in item.swaps)
        blocks.append(Block(title="If you swapped", lines=lines))
    part = Part(prompt="Put in order, first to last", picks=picks, judged=False)
    return Sheet(question=item.stem, parts=(part,), answer=answer, blocks=tuple(blocks))


def _cloze(item: model.Cloze) -> Sheet:
    filled = DELETION.sub(lambda gap: f"[{gap[2]}]", item.text)
    accepted = tuple(f"Gap {gap[1:]}: {' · '.join(words)}" for gap, words in item.accept.items())
    blocks = [Block(title="Because", lines=(item.why,)), Block(title="Accepted", lines=accepted)]
    if item.reject:
        lines = tuple(f"{part.value} (gap {part.deletion[1:]}): {part.why}" for part in item.reject)
        blocks.append(Block(title="If you said", lines=lines))
    return Sheet(question=steps.question(item), answer=(filled,), blocks=tuple(blocks))


def _card(item: model.Card, misconceptions: Mapping[str, Misconception]) -> Sheet:
    blocks = [Block(title="Grade yourself", lines=item.grade_yourself)]
    if item.more:
        blocks.append(Block(title="More", lines=(item.more,)))
    return Sheet(
        question=item.front,
        answer=(item.back,),
        blocks=tuple(blocks) + _beliefs(item.misconceptions, misconceptions),
    )


def _open(item: model.Open) -> Sheet:
    answers, bands = item.model_answers, item.bands
    rubric = tuple(
        f"{point.id}: {point.text} ({point.level}, weight {point.weight}{', a must' if point.must else ''})"
        for point in item.rubric
    )
    blocks = [Block(title="Rubric", lines=rubric)]
    if item.red_flags:
        blocks.append(Block(title="Red flags", lines=tuple(flag.text for flag in item.red_flags)))
    takes = (f"Junior: {bands.junior}", f"Senior: {bands.senior}", f"Staff: {bands.staff}")
    blocks.append(Block(title="What it takes", lines=takes))
    answer = (f"Junior: {answers.junior}", f"Senior: {answers.senior}", f"Staff: {answers.staff}")
    return Sheet(question=item.prompt, answer=answer, blocks=tuple(blocks))


def key_of(ask: model.Ask, numbers: Numbers) -> str | None:
    """The right choice of a question about a curve; None while nobody has measured it."""
    if ask.evidence is None:
        return ask.key
    measured = numbers.get(ask.evidence, math.nan)
    return None if math.isnan(measured) else ask.choices[bisect(ask.edges, measured)]


def _predict_plot(
    item: model.PredictPlot, numbers: Numbers, misconceptions: Mapping[str, Misconception]
) -> Sheet:
    parts, answer = [], []
    for ask in item.ask:
        key = key_of(ask, numbers)
        picks = tuple(
            Pick(label=letter(place), text=choice, right=choice == key)
            for place, choice in enumerate(ask.choices)
        )
        parts.append(Part(prompt=ask.prompt, picks=picks, why=ask.why, judged=key is not None))
        answer.append(f"{ask.prompt}: {key or UNMEASURED}")
    axes = f"x: {_axis(item.axes.x)}; y: {_axis(item.axes.y)}"
    return Sheet(
        question=f"{item.stem}\n{axes}",
        parts=tuple(parts),
        answer=tuple(answer),
        blocks=_beliefs(item.misconceptions, misconceptions),
    )


def _axis(axis: parts.Axis) -> str:
    scale = "" if axis.scale == "linear" else f", {axis.scale} scale"
    return f"{axis.name}, {axis.range[0]:,g} to {axis.range[1]:,g}{scale}"


def _flaw(item: model.Flaw) -> Sheet:
    spans = tuple(
        Pick(
            label=str(place),
            text=span.text,
            right=span.ok,
            why=span.why,
            misconception=span.misconception or "",
        )
        for place, span in enumerate(item.spans, 1)
    )
    fixes = replace(_part("Put it right", item.fixes, steps.steps(item, SALT)[1].order), later=True)
    wrong = tuple(f"Sentence {pick.label} is wrong: {pick.text}" for pick in spans if not pick.right)
    return Sheet(
        question=steps.question(item),
        parts=(Part(prompt="Which sentence is wrong?", picks=spans), fixes),
        answer=wrong + _right(fixes),
    )
