"""(Item, given) -> Grade. One small function per kind; pure.

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
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any

from quizapp import model
from quizapp.model import Grade, Item, Remark
from quizapp.parts import Tolerance

Numbers = Mapping[str, float]
"""`experiment.check` -> its newest estimate."""


def grade(item: Item, given: Any, numbers: Numbers) -> Grade:  # noqa: ANN401 - plain data, by kind
    """The grade of an answer. Raises TypeError for a kind that has no rule."""
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
            return _cloze(item, given)
        case model.Card():
            return Grade(score=(given - 1) / 3, correct=given >= 2, summary=item.more)
        case model.Open():
            return _open(item, given)
        case model.PredictPlot():
            return _predict_plot(item, given, numbers)
        case model.Flaw():
            return _flaw(item, given)
    raise TypeError(f"no rule for {item.kind}")


def unknown_numbers(item: Item, numbers: Numbers) -> list[str]:
    """The checks whose measured value this item needs and that nobody has measured yet."""
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


_FACTORS = {"k": 1e3, "m": 1e6, "g": 1e9, "b": 1e9, "t": 1e12}


def number(text: str, unit: str = "") -> float | None:
    """The number somebody typed: `1,000`, `4 GiB`, `10^-3`, `1/3`, `5%`, `3k`; None when there is none.

    A percent sign or the letter of a factor counts only when it is not the unit that was asked for.
    """
    plain = text.strip().lower().replace(",", "").replace("_", "").replace("−", "-").replace(" ", "")
    plain = plain.lstrip("~≈=")
    found = re.match(
        r"(?P<sign>[-+]?)(?P<base>\d+\.?\d*(?:e[-+]?\d+)?|\.\d+(?:e[-+]?\d+)?)"
        r"(?:(?:\^|\*\*)(?P<power>[-+]?\d+\.?\d*))?(?:/(?P<below>\d+\.?\d*))?(?P<rest>.*)$",
        plain,
    )
    if not found:
        return None
    try:
        value = math.pow(float(found["base"]), float(found["power"] or 1)) / float(found["below"] or 1)
    except (OverflowError, ZeroDivisionError, ValueError):
        return None
    rest = found["rest"]
    if rest and not unit.lower().startswith(rest[0]):
        value *= 0.01 if rest[0] == "%" else _FACTORS.get(rest, 1.0)
    return -value if found["sign"] == "-" else value


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
    truth = truth_of(answer, numbers)
    value = number(given, answer.unit)
    if value is None:
        summary = f"{given!r} is not a number. The answer is {_amount(truth, answer)}.\n{worked}"
        return Grade(score=0.0, correct=False, summary=summary)
    right = within(value, truth, answer.tol)
    remarks = tuple(
        Remark(text=_amount(trap.value, answer), correct=False, chosen=True, why=trap.why)
        for trap in traps
        if not right and within(value, trap.value, answer.tol)
    )
    said = f"You said {_amount(value, answer)}; it is {_amount(truth, answer)}."
    return Grade(score=float(right), correct=right, remarks=remarks, summary=f"{said}\n{worked}".strip())


def _amount(value: float, answer: model.Answer) -> str:
    """The number as it is said: six figures of what was computed, four of what was measured."""
    figures = 6 if answer.evidence is None else 4
    return f"{value:,.{figures}g} {answer.unit}".strip()


def _estimate(item: model.Estimate, given: list[str], numbers: Numbers) -> Grade:
    low, best, high = (number(text, item.answer.unit) for text in given)
    if low is None or best is None or high is None:
        summary = f"Three numbers were asked for. {item.worked}"
        return Grade(score=0.0, correct=False, summary=summary)
    truth = truth_of(item.answer, numbers)
    inside = low <= truth <= high
    near = within(best, truth, item.answer.tol)
    traps = tuple(
        Remark(text=_amount(trap.value, item.answer), correct=False, chosen=True, why=trap.why)
        for trap in item.traps
        if not near and within(best, trap.value, item.answer.tol)
    )
    caught = "is inside" if inside else "is outside"
    summary = f"It is {_amount(truth, item.answer)}, which {caught} your interval.\n{item.worked}"
    return Grade(score=0.5 * inside + 0.5 * near, correct=near, remarks=traps, summary=summary)


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
            why=f"{item.sequence[index].value:g}",
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


def plain(text: str) -> str:
    """A typed word without what does not matter: case, spaces, hyphens, the usual signs.

    The point and the minus of a number stay.
    """
    text = text.strip().lower()
    for sign, word in (("√", "sqrt"), ("−", "-"), ("²", "^2"), ("θ", "theta")):
        text = text.replace(sign, word)
    text = re.sub(r"[\s_*()\[\]{},'\"$\\]", "", text)
    return re.sub(r"\.(?!\d)|(?<=[^\W\d])-|-(?!\d)", "", text)


def same(typed: str, word: str) -> bool:
    """Whether two words are one, or two numbers equal."""
    one, other = plain(typed), plain(word)
    with suppress(ValueError):
        return float(one) == float(other)
    return one == other


def _cloze(item: model.Cloze, given: Mapping[str, str]) -> Grade:
    remarks = []
    for gap, accepted in item.accept.items():
        typed = given.get(gap, "")
        right = any(same(typed, word) for word in accepted)
        why = f"Accepted: {', '.join(accepted)}."
        for reject in item.reject:
            if reject.deletion == gap and not right and same(typed, reject.value):
                why = reject.why
        remarks.append(Remark(text=typed or "(nothing)", correct=right, chosen=True, why=why))
    right_ones = sum(remark.correct for remark in remarks)
    return Grade(
        score=right_ones / len(remarks),
        correct=right_ones == len(remarks),
        remarks=tuple(remarks),
        summary=item.why,
    )


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
