"""What the answers say, as text: practice, calibration, mistakes."""

from __future__ import annotations

from datetime import date, timedelta

from quizapp import figures, schedule, statistics
from quizapp.bank import Bank
from quizapp.calibration import Calibration, ConfidentError, Sureness
from quizapp.figures import between, clipped, percent, short_date, wrapped
from quizapp.mistakes import Costly
from quizapp.model import Flaw
from quizapp.statistics import Answers, Predictions, Time
from quizapp.steps import question
from quizapp.summary.section import SHOWN, Section, plural, said, table

WIDE_INTERVAL = 0.3
"""An interval this wide says little."""


def practice(found: Answers, bank: Bank, width: int) -> tuple[Section, ...]:
    """How much, how often, how long; and the predictions of claims."""
    return (
        _spans(found, width),
        _days(found, width),
        _time(found.time, bank, width),
        _predictions(found.predictions, width),
    )


def _spans(found: Answers, width: int) -> Section:
    names = {None: "all time", 30: "last 30 days", 7: "last 7 days"}
    rows = [f"{'':<14}{'answers':>8}{'right':>7}  {'95% interval':<14}{'items':>6}  time"]
    rows += [
        f"{names[span.days]:<14}{span.right.n:>8,}{percent(span.right.share, 7)}  "
        f"{between(span.right):<14}{span.items:>6,}  {figures.span(span.seconds)}"
        for span in found.spans
    ]
    return table("Answers", rows, width, f"{found.items_seen:,} of {found.items:,} items seen.")


def _days(found: Answers, width: int) -> Section:
    counts = {date.fromisoformat(day): count for day, count in found.days.items()}
    today = schedule.day_of(found.at, found.at.tzinfo)
    title = "Answers per day"
    if not counts:
        return said(title, "No answer yet. Press s at home to begin.", width)
    best = max(counts, key=lambda day: (counts[day], day))
    # Today is not over: a row of days that ends yesterday still stands.
    end = today if today in counts else today - timedelta(days=1)
    row = 0
    while end - timedelta(days=row) in counts:
        row += 1
    return table(
        title,
        figures.calendar(counts, today, width),
        width,
        f"{len(counts):,} {plural(len(counts), 'day')} with practice; {row} in a row now; "
        f"the most: {counts[best]:,} on {short_date(best)} {best.year}.",
    )


def _time(time: Time, bank: Bank, width: int) -> Section:
    if time.median is None:
        return said("Time", "None yet.", width)
    room = max(10, width - 35)
    rows = [f"{'in all':>10}{'answers':>9}{'median':>8}{'plan':>6}  what took longest"]
    rows += [
        f"{figures.span(item.seconds):>10}{item.answers:>9}{f'{item.median:.0f} s':>8}"
        f"{'-' if item.planned is None else f'{item.planned} s':>6}  {clipped(asked(item.item, bank), room)}"
        for item in time.items[:SHOWN]
    ]
    return table(
        "Time",
        rows,
        width,
        f"{figures.span(time.seconds)} in all; the answer in the middle took {time.median:.0f} s. "
        "An answer counts for at most 15 minutes. The plan is what a prepared candidate needs.",
    )


def asked(item: str, bank: Bank) -> str:
    """What tells an item from others: its question; of a flaw what is said; its id when it is gone."""
    known = bank.items.get(item)
    if known is None:
        return item
    return " ".join(part.text for part in known.spans) if isinstance(known, Flaw) else question(known)


def _predictions(predictions: Predictions, width: int) -> Section:
    title, right = "Predictions of claims", predictions.right
    undecided = f"{predictions.open} more decided nothing or did not finish." if predictions.open else ""
    if right.n == 0:
        none = "No prediction has been settled yet: press c at home, choose a claim and predict."
        return said(title, f"{none} {undecided}".strip(), width)
    rows = [
        f"{right.hits} of {right.n} right: {percent(right.share)} ({between(right)})",
        "",
        f"{'predicted':<12}" + "".join(f"{name:>9}" for name in statistics.VERDICTS) + "   measured",
    ]
    rows += [
        f"{verdict:<12}" + "".join(f"{count or '·':>9}" for count in row.values())
        for verdict, row in predictions.pairs.items()
    ]
    return table(title, rows, width, undecided)


# ---- calibration ----------------------------------------------------------------------------------


def calibration(found: Calibration, width: int) -> tuple[Section, ...]:
    """Confidence against being right: the plot and the score."""
    return _levels(found, width), _brier(found, width)


def _levels(found: Calibration, width: int) -> Section:
    strip = max(11, min(51, width - 39))
    rows = [f"{'said':>5}{'right':>7}{'of':>7}  {figures.axis(strip)}"]
    rows += [
        f"{percent(level.confidence, 5)}{percent(level.right.share, 7)}{level.right.n:>7,}  "
        f"{figures.dot(level.right, level.confidence, strip)}  {_fit(level)}"
        for level in found.levels
    ]
    share = found.right.share
    means = (
        ""
        if share is None
        else (
            f"You were {percent(found.confidence)} sure on average and right {percent(share)} of the time "
            f"({between(found.right)}): {_tendency(found)}."
        )
    )
    legend = "● right  ━ 95% interval  │ what you said (┼ in the interval, ◉ on the spot)"
    return table("How sure you are, how often right", rows, width, legend, means)


def _fit(level: Sureness) -> str:
    low, high = level.right.low, level.right.high
    if low is None or high is None:
        return "no answers"
    if level.confidence > high:
        return "too sure"
    if level.confidence < low:
        return "not sure enough"
    return "few answers" if high - low > WIDE_INTERVAL else "fits"


def _tendency(found: Calibration) -> str:
    confidence, right = found.confidence or 0.0, found.right
    if right.high is not None and confidence > right.high:
        return "surer than right, and more so than by chance"
    if right.low is not None and confidence < right.low:
        return "you know more than you trust yourself to"
    return "on average as sure as right, as far as these answers can tell"


def _brier(found: Calibration, width: int) -> Section:
    title, brier, share = "Brier score", found.brier, found.right.share
    if brier is None:
        how = "Say how sure you are (1 to 5) before an answer is shown, and it is scored here."
        return said(title, how, width)
    rows = (
        f"    {brier.score:.3f}  your score: 0 is perfect, always saying 50% gives 0.250",
        f"=   {brier.reliability:.3f}  reliability: the price of being more or less sure than right",
        f"-   {brier.resolution:.3f}  resolution: the gain from telling what you know from what not",
        f"+   {brier.uncertainty:.3f}  uncertainty: what always saying {percent(share)} would score",
    )
    gain = brier.resolution - brier.reliability
    if abs(gain) < 0.0005:
        means = f"Your sureness so far says as much as always saying {percent(share)}."
    elif gain > 0:
        means = f"Your sureness tells something: it beats always saying {percent(share)} by {gain:.3f}."
    else:
        means = f"Your sureness misleads so far: always saying {percent(share)} would be {-gain:.3f} better."
    return table(title, rows, width, means)


# ---- mistakes -------------------------------------------------------------------------------------


def mistakes(found: Answers, bank: Bank, width: int) -> tuple[Section, ...]:
    """Confident errors, and the beliefs behind wrong choices."""
    return _confident(found, bank, width), _costly(found, width)


def _confident(found: Answers, bank: Bank, width: int) -> Section:
    errors = found.confident_errors
    title = "Sure, and wrong"
    if not errors:
        return said(title, "Nothing that you were 90% sure of was wrong yet.", width)
    still = sum(not error.right_since for error in errors)
    return table(
        title,
        [_error(error, found, bank, width) for error in errors[:SHOWN]],
        width,
        f"{len(errors)} {plural(len(errors), 'item')}, {still} not right since. "
        "In the app, e goes through them.",
    )


def _error(error: ConfidentError, found: Answers, bank: Bank, width: int) -> str:
    state = "right since" if error.right_since else "open"
    day = short_date(schedule.day_of(error.at, found.at.tzinfo))
    head = f"{percent(error.confidence)} sure  {state:<13}{day:<8}"
    return head + clipped(asked(error.item, bank), width - len(head))


def _costly(found: Answers, width: int) -> Section:
    title, by_belief = "Most costly misconceptions", found.mistakes
    outdated = by_belief.outdated
    left_out = f"{outdated:,} left out: the item has changed since or is gone." if outdated else ""
    if not by_belief.costly:
        return said(title, f"No wrong choice has shown one yet. {left_out}".strip(), width)
    rows: list[str] = [f"{'cost':>5}{'times':>6}{'items':>6}"]
    for one in by_belief.costly[: 2 * SHOWN]:
        rows += _belief(one, width)
    return table(
        title,
        rows,
        width,
        "What you chose when you were wrong, by the belief behind it. Each time costs as much as you were "
        f"sure: 90% sure is 0.9, unsaid is 0.5. Of {by_belief.wrong:,} wrong answers {by_belief.named:,} "
        f"show one. {left_out}".strip(),
    )


def _belief(one: Costly, width: int) -> list[str]:
    head = f"{one.cost:>5.1f}{one.times:>6}{len(one.items):>6}  "
    indent = " " * len(head)
    says = wrapped(one.says or one.misconception, width - len(head))
    refute = wrapped(one.refute, width - len(head) - 2) if one.refute else []
    return [
        head + says[0],
        *[indent + line for line in says[1:]],
        *[f"{indent}{' ' if place else '→'} {line}" for place, line in enumerate(refute)],
    ]
