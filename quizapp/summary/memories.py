"""What the schedule says, as text: retention, reviews to come, mastery."""

from __future__ import annotations

from datetime import date

from quizapp import figures
from quizapp.bank import Bank
from quizapp.figures import between, clipped, percent
from quizapp.memories import Forecast, Mastery, Memories, Retained, Retention
from quizapp.summary.section import Section, said, table

LATE = 0.02
"""When FSRS expected this much less than it plans for, reviews came late."""


def memory(held: Memories, width: int) -> tuple[Section, ...]:
    """What was kept, and what comes back when."""
    return _retention(held.retention, width), _forecast(held.forecast, width)


def _retention(found: Retention, width: int) -> Section:
    strip = max(11, min(41, width - 42))
    kinds = (("all", found.all), ("young, below 21 days", found.young), ("mature", found.mature))
    first = 0.5 if all(one.recalled.low is None or one.recalled.low >= 0.5 for _, one in kinds) else 0.0
    rows = [f"{'interval':<21}{'recalled':>8}{'of':>7}  {figures.axis(strip, first)}"]
    rows += [
        f"{name:<21}{percent(one.recalled.share, 8)}{one.recalled.n:>7,}  "
        f"{figures.dot(one.recalled, found.desired, strip, first)}"
        for name, one in kinds
    ]
    return table(
        "True retention",
        rows,
        width,
        f"● recalled  ━ 95% interval  │ planned: {found.desired:.0%}",
        _kept(found.all, found.desired),
        "Counted are reviews of learned items that were due; recalled is what was not rated again.",
    )


def _kept(one: Retained, desired: float) -> str:
    recalled, expected = one.recalled, one.expected
    if recalled.low is None or recalled.high is None or expected is None:
        return "No learned item has come back yet."
    there = f"({between(recalled)}); FSRS expected {percent(expected)} at those moments"
    if recalled.low > desired:
        return f"More than the {desired:.0%} that is planned for {there}."
    if recalled.high < desired:
        late = ": they came late" if expected < desired - LATE else ""
        return f"Less than the {desired:.0%} that is planned for {there}{late}."
    return f"In keeping with the {desired:.0%} that is planned for {there}."


def _forecast(found: Forecast, width: int) -> Section:
    due = [day.due for day in found.days]
    title = "Reviews to come"
    if not sum(due) + found.later:
        return said(title, "Nothing is learned yet, so nothing comes back.", width)
    wide = next((wide for wide in (3, 2) if width >= 7 + wide * len(due)), 1)
    overdue = f" ({found.overdue:,} overdue)" if found.overdue else ""
    return table(
        title,
        figures.columns(due, 5, wide, date.fromisoformat(found.days[0].day)),
        width,
        f"Today {due[0]:,}{overdue}, 7 days {sum(due[:7]):,}, {len(due)} days {sum(due):,}, "
        f"later {found.later:,}; {sum(due) / len(due):.1f} a day. New and suspended items are not in it.",
    )


def mastery(held: Memories, bank: Bank, width: int) -> tuple[Section, ...]:
    """What would be recalled now, by topic and by concept."""
    return _topics(held, width), *_concepts(held, bank, width)


def _topics(held: Memories, width: int) -> Section:
    room = max(6, min(30, width - 46))
    rows = [f"{'topic':<22}{'':<{room}}{'now':>6}{'seen':>6} of{'due':>9}"]
    rows += [
        f"{topic.replace('_', ' '):<22}{_bar(one, room)}{percent(one.recall, 6)}"
        f"{one.seen:>6,} of {one.items:<4,}{one.due:>4,}"
        for topic, one in held.topics.items()
    ]
    return table(
        "Mastery by topic",
        rows,
        width,
        "█ recalled now: the mean of what FSRS predicts for every item, an unseen one counting as 0; "
        "░ seen, but forgotten by now; · not seen.",
    )


def _bar(one: Mastery, width: int) -> str:
    return figures.bar(one.recall, one.seen / one.items, width)


def _concepts(held: Memories, bank: Bank, width: int) -> list[Section]:
    """The concepts of every topic, weakest first; those not begun in one line."""
    by_topic: dict[str, list[str]] = {}
    for id_ in held.concepts:
        concept = bank.concepts.get(id_)
        by_topic.setdefault(concept.topic if concept else "no topic", []).append(id_)
    sections = []
    for topic, ids in sorted(by_topic.items()):
        begun = [id_ for id_ in ids if held.concepts[id_].seen]
        begun.sort(key=lambda id_: (held.concepts[id_].recall, id_))
        rest = [id_ for id_ in ids if not held.concepts[id_].seen]
        rows = [_concept(id_, held.concepts[id_], bank, width) for id_ in begun]
        not_begun = f"not begun: {' '.join(rest)}" if rest else ""
        sections.append(table(f"Concepts: {topic.replace('_', ' ')}", rows, width, not_begun))
    return sections


def _concept(id_: str, one: Mastery, bank: Bank, width: int) -> str:
    numbers = f" {_bar(one, 8)}{percent(one.recall, 5)}{one.seen:>4}/{one.items}"
    room = max(8, width - len(numbers) - 5)
    says = bank.concepts[id_].concept if id_ in bank.concepts else ""
    return f"{id_:<4} {clipped(says, room):<{room}}{numbers}"
