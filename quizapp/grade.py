"""(Item, given) -> Grade. One small function per kind; pure. What reads typed answers is imported late.

`given` is plain data, as it is kept in the store:
choice, code: index · multi: [indices] · truefalse: [bool, reason] · numeric, predict_number: text ·
estimate: [low, best, high] texts · order: [indices, first to last] · cloze: {gap: text} ·
card: rating 1-4 · open: [ticked point ids] · predict_plot: {ask: index} · flaw: [span, fix].
All indices count from 0 in the order of the file.
"""

from __future__ import annotations

import math
import re
from bisect import bisect
from collections.abc import Container, Iterable, Mapping, Sequence
from itertools import product
from typing import TYPE_CHECKING, Any

from quizapp import model
from quizapp.model import Grade, Item, Remark
from quizapp.parts import Tolerance

if TYPE_CHECKING:
    from quizapp.spelling import Filling

Numbers = Mapping[str, float]
"""`experiment.check` -> its newest estimate."""
SHOWN = 4
"""How many of the accepted spellings are said."""


def grade(item: Item, given: Any, numbers: Numbers, known: Container[str] = ()) -> Grade:  # noqa: ANN401 - plain data, by kind
    """The grade of an answer. Raises TypeError for a kind that has no rule.

    known: words that mean something of their own, so that none of them is taken for a slip of the pen.
    """
    match item:
        case model.Choice() | model.Code():
            return _one(item.options, given)
        case model.Multi():
            return _many(item, given)
        case model.TrueFalse():
            return _truefalse(item, given)
        case model.Numeric():
            return _numeric(item.answer, item.traps, given, numbers, item.worked)
        case model.PredictNumber():
            return _numeric(item.answer, (), given, numbers, item.after)
        case model.Estimate():
            return _estimate(item, given, numbers)
        case model.Order():
            return _order(item, given)
        case model.Cloze():
            return _cloze(item, given, known)
        case model.Card():
            return Grade(score=(given - 1) / 3, correct=given >= 2, summary=item.more)
        case model.Open():
            return _open(item, given)
        case model.PredictPlot():
            return _predict_plot(item, given, numbers)
        case model.Flaw():
            return _flaw(item, given)
    raise TypeError(f"no rule for {item.kind}")


MEASURED = (model.Numeric, model.Estimate, model.PredictNumber, model.PredictPlot)
"""The kinds of items whose answer may be what an experiment measures."""


def unknown_numbers(item: Item, numbers: Numbers) -> list[str]:
    """The checks whose measured value this item needs and that nobody has measured yet."""
    if not isinstance(item, MEASURED):
        return []
    answer = getattr(item, "answer", None)
    needed = [answer.evidence] if answer is not None and answer.evidence else []
    needed += [ask.evidence for ask in getattr(item, "ask", ()) if ask.evidence]
    return [check for check in needed if check not in numbers]


def _remark(part: model.Option | model.Reason, chosen: bool) -> Remark:
    text = part.text or getattr(part, "code", "")
    return Remark(text=text, correct=part.correct, chosen=chosen, why=part.why)


def _one(options: Iterable[model.Option], given: int) -> Grade:
    remarks = tuple(_remark(option, index == given) for index, option in enumerate(options))
    right = remarks[given].correct
    return Grade(score=float(right), correct=right, remarks=remarks)


def _many(item: model.Multi, given: list[int]) -> Grade:
    remarks = tuple(_remark(option, index in given) for index, option in enumerate(item.options))
    right = sum(remark.correct and remark.chosen for remark in remarks)
    wrong = sum(remark.chosen and not remark.correct for remark in remarks)
    full = sum(remark.correct for remark in remarks)
    return Grade(score=max(0, right - wrong) / full, correct=right == full and not wrong, remarks=remarks)


def _truefalse(item: model.TrueFalse, given: list[Any]) -> Grade:
    said, reason = given
    remarks = tuple(_remark(part, index == reason) for index, part in enumerate(item.reasons))
    right = said == item.truth and remarks[reason].correct
    verdict = "The statement is true." if item.truth else "The statement is false."
    return Grade(score=float(right), correct=right, remarks=remarks, summary=verdict)


def truth_of(answer: model.Answer, numbers: Numbers) -> float:
    """The number of an answer, read from the evidence if it is a measured one. NaN if nobody measured it."""
    if answer.evidence is not None:
        return numbers.get(answer.evidence, math.nan)
    return answer.value if answer.value is not None else math.nan


def within(value: float, truth: float, tol: Tolerance) -> bool:
    """Whether a number is near enough."""
    if tol.abs is not None:
        return abs(value - truth) <= tol.abs
    if tol.rel is not None:
        return abs(value - truth) <= tol.rel * abs(truth) + 1e-12
    if tol.log10 is not None and value > 0 and truth > 0:
        return abs(math.log10(value / truth)) <= tol.log10
    return False


def _numeric(
    answer: model.Answer, traps: Iterable[model.Trap], given: str, numbers: Numbers, worked: str
) -> Grade:
    from quizapp.amounts import readings

    truth = truth_of(answer, numbers)
    values = readings(given, answer.unit)
    if not values:
        summary = f"{given!r} is not a number. The answer is {_amount(truth, answer)}.\n{worked}"
        return Grade(score=0.0, correct=False, summary=summary)
    value = next((one for one in values if within(one, truth, answer.tol)), values[0])
    right = within(value, truth, answer.tol)
    near = f"{'' if right else 'not '}within {_width(answer.tol)}"
    said = f"{_said(given, value, answer)}; it is {_amount(truth, answer)}: {near}."
    return Grade(
        score=float(right),
        correct=right,
        remarks=() if right else _trapped(answer, traps, values),
        summary=f"{said}\n{worked}".strip(),
    )


def _said(given: str, value: float, answer: model.Answer) -> str:
    """What was typed, and how it was taken where that is not plain to see."""
    amount = _amount(value, answer)
    typed = " ".join(given.split())
    if typed.replace(",", "").removesuffix(answer.unit).strip() == f"{value:.12g}":
        return f"You said {amount}"
    return f"“{typed}” is taken as {amount}"


def _trapped(
    answer: model.Answer, traps: Iterable[model.Trap], values: Iterable[float]
) -> tuple[Remark, ...]:
    return tuple(
        Remark(text=_amount(trap.value, answer), correct=False, chosen=True, why=trap.why)
        for trap in sprung(answer, traps, values)
    )


def sprung(answer: model.Answer, traps: Iterable[model.Trap], values: Iterable[float]) -> list[model.Trap]:
    """The traps that the readings of a wrong number fall into."""
    values = list(values)
    return [trap for trap in traps if any(within(value, trap.value, answer.tol) for value in values)]


def _width(tol: Tolerance) -> str:
    """How far off still counts, in words."""
    if tol.abs is not None:
        return f"{tol.abs:g}"
    if tol.rel is not None:
        return f"{100 * tol.rel:g}%"
    return f"a factor of {10 ** (tol.log10 or 0.0):.3g}"


def _amount(value: float, answer: model.Answer) -> str:
    """The number as it is said: whole ones in full, else six figures of what was computed, four of what was
    measured.
    """
    figures = 15 if value.is_integer() else 6 if answer.evidence is None else 4
    return f"{value:,.{figures}g} {answer.unit}".strip()


def _estimate(item: model.Estimate, given: list[str], numbers: Numbers) -> Grade:
    from quizapp.amounts import readings

    truth = truth_of(item.answer, numbers)
    read = [readings(text, item.answer.unit) for text in given]
    if not all(read):
        summary = f"Three numbers were asked for. It is {_amount(truth, item.answer)}.\n{item.worked}"
        return Grade(score=0.0, correct=False, summary=summary)
    tried = [_bracketed(item, way, truth) for way in _alike(list(product(*read)))]
    low, best, high, inside, near = max(tried, key=lambda way: way[3] + 2 * way[4])
    caught = "inside" if inside else "outside"
    said = (
        f"You said {_amount(low, item.answer)} to {_amount(high, item.answer)}, at best "
        f"{_amount(best, item.answer)}. It is {_amount(truth, item.answer)}, {caught} your interval; "
        f"your best guess is {'' if near else 'not '}within {_width(item.answer.tol)}."
    )
    return Grade(
        score=0.5 * inside + 0.5 * near,
        correct=near,
        remarks=() if near else _trapped(item.answer, item.traps, read[1]),
        summary=f"{said}\n{item.worked}",
    )


def _alike(ways: list[tuple[float, ...]]) -> list[tuple[float, ...]]:
    """The ways to read three numbers that take them in the same unit: the others lie far apart."""
    spreads = [max(way) / min(way) if min(way) > 0 else 1.0 for way in ways]
    return [way for way, spread in zip(ways, spreads, strict=True) if spread <= 2 * min(spreads)]


def _bracketed(
    item: model.Estimate, given: Sequence[float], truth: float
) -> tuple[float, float, float, bool, bool]:
    """Low, best and high, whether the number is between, and whether the best guess is near."""
    low, best, high = min(given[0], given[2]), given[1], max(given[0], given[2])
    return low, best, high, low <= truth <= high, within(best, truth, item.answer.tol)


def in_full(value: float) -> str:
    """Ten figures of a number; with commas from five digits on, so that years stay years."""
    return f"{value:{',' if abs(value) >= 10_000 else ''}.10g}"


def _order(item: model.Order, given: list[int]) -> Grade:
    """Kendall's tau, from -1 to 1, mapped to 0 to 1."""
    values = [item.sequence[index].value for index in given]
    pairs = [(a, b) for i, a in enumerate(values) for b in values[i + 1 :]]
    tau = sum((b > a) - (b < a) for a, b in pairs) / len(pairs)
    ranked = sorted(range(len(item.sequence)), key=lambda index: item.sequence[index].value)
    remarks = tuple(
        Remark(
            text=item.sequence[index].text,
            correct=True,
            chosen=given[place] == index,
            why=in_full(item.sequence[index].value),
        )
        for place, index in enumerate(ranked)
    )
    missed = tuple(
        Remark(
            text=f"{item.sequence[ranked[swap.pair[0]]].text} / {item.sequence[ranked[swap.pair[1]]].text}",
            correct=False,
            chosen=True,
            why=swap.why,
        )
        for swap in item.swaps
        if given.index(ranked[swap.pair[0]]) > given.index(ranked[swap.pair[1]])
    )
    return Grade(score=(tau + 1) / 2, correct=given == ranked, remarks=remarks + missed, summary=item.worked)


def filling(item: model.Cloze, gap: str, typed: str, known: Container[str] = ()) -> Filling:
    """What became of one gap."""
    from quizapp.spelling import fill

    rejected = [reject.value for reject in item.reject if reject.deletion == gap]
    return fill(typed, item.accept[gap], rejected, beside(item, gap), known)


def beside(item: model.Cloze, gap: str) -> tuple[str, str]:
    """The words before and behind a gap, as far as the next gap or the end of the sentence."""
    found = re.search(r"([^{}.;:]*)\{\{" + re.escape(gap) + r"::[^{}]*\}\}([^{}.;:,]*)", item.text)
    return (found[1], found[2]) if found else ("", "")


def _cloze(item: model.Cloze, given: Mapping[str, str], known: Container[str]) -> Grade:
    remarks = []
    for gap in item.accept:
        typed = given.get(gap, "").strip()
        found = filling(item, gap, typed, known)
        why = _why_filled(item, gap, typed, found)
        remarks.append(Remark(text=typed or "(nothing)", correct=found.right, chosen=True, why=why))
    right_ones = sum(remark.correct for remark in remarks)
    return Grade(
        score=right_ones / len(remarks),
        correct=right_ones == len(remarks),
        remarks=tuple(remarks),
        summary=item.why,
    )


def _why_filled(item: model.Cloze, gap: str, typed: str, found: Filling) -> str:
    """Why a filling counts or not."""
    fit, wrong, accepted = found.accepted, found.rejected, item.accept[gap]
    if found.right and fit is not None:
        if fit.how:
            return f"Accepted: “{typed}” {fit.how} “{fit.word}”."
        others = [word for word in accepted if word != fit.word][:SHOWN]
        return f"Accepted, as would be: {', '.join(others)}." if others else "Accepted."
    if wrong is not None:
        why = next(one.why for one in item.reject if one.deletion == gap and one.value == wrong.word)
        taken = f" {wrong.how} “{wrong.word}”, which is wrong here:" if wrong.how else " is wrong here:"
        return f"Not accepted: “{typed}”{taken} {why} Right is “{accepted[0]}”."
    more = f" and {len(accepted) - SHOWN} more spellings" if len(accepted) > SHOWN else ""
    typed = f"“{typed}” is" if typed else "there is nothing that is"
    return f"Not accepted: {typed} none of: {', '.join(accepted[:SHOWN])}{more}."


def _open(item: model.Open, given: list[str]) -> Grade:
    ticked = [point for point in item.rubric if point.id in given]
    flags = [flag for index, flag in enumerate(item.red_flags) if f"flag{index}" in given]
    total = sum(point.weight for point in item.rubric)
    score = max(0.0, sum(point.weight for point in ticked) / total - 0.2 * len(flags))
    musts = all(point in ticked for point in item.rubric if point.must)
    missed = tuple(
        Remark(text=point.text, correct=True, chosen=point in ticked, why=f"{point.level}, {point.weight}")
        for point in item.rubric
    )
    red = tuple(Remark(text=flag.text, correct=False, chosen=True, why="A red flag.") for flag in flags)
    return Grade(
        score=score, correct=musts and not flags, remarks=missed + red, summary=item.model_answers.senior
    )


def _predict_plot(item: model.PredictPlot, given: Mapping[str, int], numbers: Numbers) -> Grade:
    remarks = []
    for ask in item.ask:
        chosen = ask.choices[given[ask.id]]
        key, found = ask.key, ""
        if ask.evidence is not None:
            measured = numbers.get(ask.evidence, math.nan)
            known = not math.isnan(measured)
            key = ask.choices[bisect(ask.edges, measured)] if known else None
            found = (
                f"Measured: {measured:.4g}. ".replace("inf", "∞") if known else "Nobody has measured it yet. "
            )
        why = f"{found}{ask.why}" if chosen == key or key is None else f"{key}. {found}{ask.why}"
        remarks.append(Remark(text=f"{ask.prompt}: {chosen}", correct=chosen == key, chosen=True, why=why))
    right = sum(remark.correct for remark in remarks)
    return Grade(score=right / len(remarks), correct=right == len(remarks), remarks=tuple(remarks))


def _flaw(item: model.Flaw, given: list[int]) -> Grade:
    span, fix = given
    spans = tuple(
        Remark(text=part.text, correct=not part.ok, chosen=index == span, why=part.why)
        for index, part in enumerate(item.spans)
    )
    fixes = tuple(_remark(part, index == fix) for index, part in enumerate(item.fixes))
    found = not item.spans[span].ok
    repaired = item.fixes[fix].correct
    return Grade(score=0.5 * found + 0.5 * repaired, correct=found and repaired, remarks=spans + fixes)
