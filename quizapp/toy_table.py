"""The timing table of the lesson's toy, as a lesson draws it, with what it mixes up said under it. Pure.

Built from the points and checks of a run of `toy_audit`; nothing is measured for it. Times at a number of
elements that was not timed are read off between the two measured ones beside it, and marked `~`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from quizapp.evidence import Curve, Run
from quizapp.verifiers.wire import CheckResult

EXPERIMENT = "toy_audit"
LOOP, SUM, TORCH, STEPS = "rnn_style", "attention_style", "mean in torch", "recurrence in torch, one by one"
HEAD = ("elements", "Python loop", "sum() in C", "torch mean", "torch steps", "loop/sum", "loop/torch")
TITLE = "The lesson's timing table, from this run"
CAPTION = "Microseconds on the machine of this run; ~ is read off between the measured neighbours."
CONFOUNDED = (
    "Confounded: the loop is interpreted Python, sum() and torch's mean are C, so each ratio swaps the "
    "language together with the function. Loop and sum() both add one element after another"
)


@dataclass(frozen=True, kw_only=True)
class Timing:
    """The table as text, and the lines to read it with."""

    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...]


def timing(run: Run) -> Timing | None:
    """The table of a run; None when it is another experiment or nothing was timed."""
    curves = {curve.name: curve for curve in run.plot.curves}
    if run.experiment != EXPERIMENT or LOOP not in curves or SUM not in curves:
        return None
    lengths = sorted({*curves[SUM].x, max(curves[LOOP].x)})
    checks = {check.name: check for check in run.checks}
    return Timing(
        rows=tuple(_row(length, curves) for length in lengths),
        notes=(CAPTION, *_notes(checks), *_doubts(run)),
    )


def drawn(found: Timing) -> list[str]:
    """The table as aligned lines."""
    rows = [HEAD, *found.rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]


def under(run: Run) -> list[str]:
    """The table and its notes after an empty line and a title; nothing for another experiment."""
    found = timing(run)
    return ["", TITLE, *drawn(found), *found.notes] if found else []


def _row(length: float, curves: Mapping[str, Curve]) -> tuple[str, ...]:
    loop, *others = (_at(curves.get(name), length) for name in (LOOP, SUM, TORCH, STEPS))
    ratios = (_ratio(loop, other) for other in others[:2])
    return (f"{length:,.0f}", *(_said(found) for found in (loop, *others)), *ratios)


def _at(curve: Curve | None, length: float) -> tuple[float, bool] | None:
    """(microseconds, whether they were measured there); None beyond what was measured."""
    points = sorted(zip(curve.x, curve.y, strict=True)) if curve else []
    for x, y in points:
        if x == length:
            return y, True
    for (x1, y1), (x2, y2) in pairwise(points):
        if x1 < length < x2 and min(y1, y2) > 0:
            share = math.log(length / x1) / math.log(x2 / x1)
            return y1 * (y2 / y1) ** share, False
    return None


def _said(found: tuple[float, bool] | None) -> str:
    if found is None:
        return "-"
    value, measured = found
    text = f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
    return text if measured else f"~{text}"


def _ratio(one: tuple[float, bool] | None, other: tuple[float, bool] | None) -> str:
    if one is None or other is None or not other[0]:
        return "-"
    return ("" if one[1] and other[1] else "~") + f"{one[0] / other[0]:.3g}"


def _notes(checks: Mapping[str, CheckResult]) -> Iterator[str]:
    """What the paired ratios say, and what they do not."""
    if said := _times(checks.get("rnn_over_attention")):
        yield f"At 1,000 elements, timed in pairs, the loop takes {said} as long as sum()."
    chain = checks.get("attention_style_depth")
    yield f"{CONFOUNDED}{f': {chain.estimate:,.0f} in a row for 1,024 elements in sum()' if chain else ''}."
    swapped = checks.get("swapped_rnn_over_mean")
    if swapped is not None and (said := _times(swapped)):
        turned = _turned(swapped)
        yield f"Languages swapped, recurrence in C and mean in a Python loop: {said} as long, so {turned}."
    inside = [
        (checks.get("same_language_ratio"), "both in Python, recurrence over mean"),
        (checks.get("sum_over_loop"), "the same mean, C over Python"),
    ]
    known = [f"{what}: {said}" for check, what in inside if (said := _times(check))]
    if known:
        yield f"One thing changed at a time: {'; '.join(known)}."


def _times(check: CheckResult | None) -> str:
    """`5.84 times [5.08, 6.7]`."""
    if check is None or not math.isfinite(check.estimate):
        return ""
    return f"{check.estimate:.3g} times [{check.low:.3g}, {check.high:.3g}]"


def _turned(check: CheckResult) -> str:
    if check.high < 1:
        return "the order turns round: the table shows the language, not what serial dependence costs"
    if check.low > 1:
        return "the order stays, and here the language alone does not explain it"
    return "neither is faster for sure: the table cannot tell language from dependence"


def _doubts(run: Run) -> Sequence[str]:
    return ["A control came out wrong in this run: nothing follows from it."] if run.status != "ok" else []
