"""What a sitting came to: answered, by how sure, what moved, what was hard, what comes back, what is left.

Pure functions of a sitting; text in sections, for any screen. Knows no Textual.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from quizapp import schedule
from quizapp.figures import clipped, span, wrapped
from quizapp.model import Item, Memory
from quizapp.steps import question
from quizapp.study import CRAM, Answered, Study
from quizapp.summary.section import Section, plural, said, table

SHOWN = 3
"""So many items of each kind; a sitting is looked back on for a moment."""
DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Moved:
    """An item whose stability another answer changed."""

    item: Item
    before: float
    """Days until recall fell to 90% when the sitting began."""
    after: float
    """The same now."""


@dataclass(frozen=True, kw_only=True)
class Returns:
    """How many items come back, and when; what is due now apart."""

    today: int
    tomorrow: int
    week: int
    """In the five days after tomorrow."""


def moved(answers: Iterable[Answered], memories: Mapping[str, Memory]) -> list[Moved]:
    """Items that were known before the sitting, what rose most first."""
    first: dict[str, Answered] = {}
    for done in answers:
        first.setdefault(done.item.id, done)
    found = [
        Moved(item=done.item, before=done.before.stability, after=memories[id_].stability)
        for id_, done in first.items()
        if done.before is not None and id_ in memories
    ]
    changed = [one for one in found if round(one.before, 1) != round(one.after, 1)]
    return sorted(changed, key=lambda one: one.before - one.after)


def hard(answers: Iterable[Answered]) -> list[tuple[Item, int]]:
    """Items that were missed, and how often, worst first; then those that were only hard (0)."""
    answers = list(answers)
    missed = Counter(done.item.id for done in answers if done.rating == 1)
    items = {done.item.id: done.item for done in answers if done.rating <= 2}
    return sorted(((item, missed[id_]) for id_, item in items.items()), key=lambda pair: -pair[1])


def returns(known: Iterable[Memory], now: datetime) -> Returns:
    """When memories come back. `now` is in the learner's time zone."""
    ends = schedule.day_end(now)
    counts: Counter[str] = Counter()
    for memory in known:
        if schedule.is_due(memory, now, ends):
            continue
        in_time = {"today": ends, "tomorrow": ends + DAY, "week": ends + 6 * DAY}
        counts[next((when for when, end in in_time.items() if memory.due <= end), "later")] += 1
    return Returns(today=counts["today"], tomorrow=counts["tomorrow"], week=counts["week"])


# ---- as text --------------------------------------------------------------------------------------


def sections(study: Study, width: int) -> tuple[Section, ...]:
    """What to say at the end of a sitting, in lines of at most `width` characters."""
    parts = [_answered, _hard, _left] if study.cram else [_answered, _moved, _hard, _returning, _left]
    return tuple(section for part in parts for section in part(study, width))


def _answered(study: Study, width: int) -> list[Section]:
    answers = study.answers
    if not answers:
        return []
    right = sum(done.grade.correct for done in answers)
    took = span((study.now() - study.began).total_seconds())
    by: dict[float | None, list[bool]] = {}
    for done in answers:
        by.setdefault(done.confidence, []).append(done.grade.correct)
    said_so = sorted(by.items(), key=lambda pair: -(pair[0] or 0.0))
    sure = ", ".join(
        f"{'not saying' if how is None else f'{how:.0%} sure'}: {sum(hits)} of {len(hits)}"
        for how, hits in said_so
    )
    about = f"{len(answers)} answered, {right} right, in {took}."
    if study.cram:
        about += f" {CRAM.capitalize()}."
    return [Section(title="", lines=(*wrapped(about, width), *wrapped(f"Right when {sure}.", width)))]


def _moved(study: Study, width: int) -> list[Section]:
    found = moved(study.answers, study.memories)
    rose = [one for one in found if one.after > one.before]
    fell = [one for one in reversed(found) if one.after < one.before]
    met = {done.item.id for done in study.answers if done.before is None}
    topics = sorted({one.item.topic for one in found})
    rows = [_row("↑", one, width) for one in rose[:SHOWN]] + [_row("↓", one, width) for one in fell[:SHOWN]]
    by_topic = ", ".join(_topic(topic, rose, fell) for topic in topics)
    if not rows and not met:
        return []
    notes = [f"{len(met)} met for the first time."] if met else []
    if len(found) > 1:
        notes.insert(0, f"By topic: {by_topic}.")
    title = "What moved: days until recall falls to 90%" if rows else "What moved"
    return [table(title, rows, width, " ".join(notes))]


def _topic(topic: str, rose: list[Moved], fell: list[Moved]) -> str:
    up = sum(one.item.topic == topic for one in rose)
    down = sum(one.item.topic == topic for one in fell)
    counts = [f"{count} {word}" for count, word in ((up, "up"), (down, "down")) if count]
    return f"{topic.replace('_', ' ')} {' and '.join(counts)}"


def _row(sign: str, one: Moved, width: int) -> str:
    head = f"{sign} {one.before:.1f} → {one.after:.1f}"
    return f"  {head:<18}{_asked(one.item, width - 20)}"


def _asked(item: Item, width: int) -> str:
    return clipped(question(item), max(10, width))


def _hard(study: Study, width: int) -> list[Section]:
    found = hard(study.answers)
    rows = [
        f"  {f'✗ missed {missed}×' if missed else 'hard':<14}{_asked(item, width - 16)}"
        for item, missed in found[: SHOWN + 2]
    ]
    more = len(found) - len(rows)
    return [table("What was hard", rows, width, f"And {more} more." if more else "")] if rows else []


def _returning(study: Study, width: int) -> list[Section]:
    known = [study.memories[item.id] for item in study.awake() if item.id in study.memories]
    found = returns(known, study.now())
    when = {"later today": found.today, "tomorrow": found.tomorrow, "in the five days after": found.week}
    said_so = ", ".join(f"{count} {words}" for words, count in when.items() if count)
    return [said("What comes back", f"{said_so}.", width)] if said_so else []


def _left(study: Study, width: int) -> list[Section]:
    left = study.today()
    asked = {"due": left.due, "new": left.new}
    rows = [", ".join(f"{count} {word}" for word, count in asked.items() if count)]
    if study.cram:
        rows = [f"{left.due} {plural(left.due, 'item')}" if left.due else ""]
    rows = [f"{rows[0]} for now."] if rows[0] else []
    most_new, most_due = study.settings.new_per_day, study.settings.reviews_per_day
    if not study.cram and left.due_over:
        rows.append(
            f"{left.due_over} due {plural(left.due_over, 'item')} over the limit of {most_due} a day."
        )
    if not study.cram and left.new_over:
        rows.append(
            f"{left.new_over} new {plural(left.new_over, 'item')} over the limit of {most_new} a day."
        )
    return [said("What is left", " ".join(rows), width)] if rows else []
