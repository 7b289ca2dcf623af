"""The plan until an interview, as text. Pure functions of a forecast and a width."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from datetime import date

from quizapp import figures
from quizapp.figures import percent, span
from quizapp.forecast import Forecast, Glance, LeftOut, Shortfall, Stretch
from quizapp.summary.section import Section, plural, table

ROWS = 12
"""More stretches of days than this are put together."""
GROUPS = 3
"""So many sorts of items of each kind of sort; `--json` has all."""
SORTS = {"kind": "kinds", "level": "levels", "topic": "topics", "family": "families"}


def line(found: Glance) -> str:
    """Today in a line."""
    days = f"Interview in {found.days_left} {plural(found.days_left, 'day')}"
    if not found.load.order:
        return f"{days}: {percent(found.stopped)} recalled then. Nothing is worth asking today."
    if found.done:
        return f"{days}: {percent(found.stopped)} recalled then. Done for today; {_load(found)} on top."
    gained = f"{percent(found.after_today)} with today's {_load(found)}"
    return f"{days}: {percent(found.stopped)} recalled then, {gained}."


def _load(found: Glance) -> str:
    counts = [
        f"{count} {word}" for count, word in ((found.load.new, "new"), (found.load.again, "again")) if count
    ]
    return f"{' and '.join(counts)} ({span(found.load.seconds)})"


def sections(found: Forecast, width: int) -> tuple[Section, ...]:
    """The plan, in lines of at most `width` characters."""
    parts = (_head(found, width), _topics(found, width), _days(found, width))
    return (*parts, _short(found.shortfall, found, width)) if found.shortfall else parts


def text(found: Forecast, width: int) -> str:
    """The sections under one another."""
    lines: list[str] = []
    for section in sections(found, width):
        lines += ["", section.title, "", *section.lines, *section.notes]
    return "\n".join(lines[1:])


def _head(found: Forecast, width: int) -> Section:
    day, today = date.fromisoformat(found.day), found.stretches[0]
    days = f"{found.days_left} {plural(found.days_left, 'day')}"
    room = max(6, min(30, width - 34))
    rows = [
        f"{name:<24}{figures.bar(share, share, room)}{percent(share, 6)}"
        for name, share in (
            ("now", found.now),
            ("then, without practice", found.all.stopped),
            ("then, with today alone", found.after_today),
            ("then, with the plan", found.all.planned),
        )
    ]
    return table(
        f"Interview on {day.isoformat()}: {days} with {found.minutes:g} minutes each",
        rows,
        width,
        f"Expected recall of all {found.all.items:,} {plural(found.all.items, 'item')}, by FSRS; one never "
        f"seen counts as 0. Today: {today.new} new and {today.again} again, {span(60 * today.minutes)}.",
    )


def _topics(found: Forecast, width: int) -> Section:
    room = max(6, min(30, width - 52))
    rows = [f"{'topic':<22}{'':<{room}}{'without':>9}{'plan':>6}{'met':>6} of items"]
    rows += [
        f"{name.replace('_', ' '):<22}{figures.bar(one.stopped, one.planned, room)}{percent(one.stopped, 9)}"
        f"{percent(one.planned, 6)}{one.met:>6,} of {one.items:,}"
        for name, one in found.topics.items()
    ]
    return table("On the day, by topic", rows, width, "█ recalled without more practice, ░ with the plan.")


def _days(found: Forecast, width: int) -> Section:
    rows = [f"{'from':<12}{'days':>5}{'new a day':>11}{'again':>8}{'minutes':>9}"]
    for some in _together(found.stretches):
        days = sum(one.days for one in some)
        new, again = sum(one.new for one in some) / days, sum(one.again for one in some) / days
        minutes = sum(one.minutes for one in some) / days
        rows.append(f"{some[0].day:<12}{days:>5}{new:>11.0f}{again:>8.0f}{minutes:>9.0f}")
    return table("Day by day", rows, width)


def _together(stretches: tuple[Stretch, ...]) -> Iterator[tuple[Stretch, ...]]:
    """Today by itself, then at most so many stretches of about as many days each."""
    yield stretches[:1]
    rest = stretches[1:]
    days = sum(one.days for one in rest)
    begun: list[Stretch] = []
    for one in rest:
        begun.append(one)
        if sum(some.days for some in begun) * ROWS >= days or one is rest[-1]:
            yield tuple(begun)
            begun = []


def _short(found: Shortfall, plan: Forecast, width: int) -> Section:
    """What is left out, and why that."""
    named = [
        line
        for by in SORTS
        if (groups := [one for one in found.groups if one.by == by][:GROUPS])
        for line in textwrap.wrap(
            f"{SORTS[by]:<10}{'; '.join(map(_group, groups))}", width, subsequent_indent=" " * 10
        )
    ]
    return table(
        f"Too short: {found.items:,} {plural(found.items, 'item')} left out",
        named,
        width,
        f"They take {span(60 * found.minutes)}. To meet every item once takes at least {found.needed:.0f} "
        f"minutes a day; {plan.minutes:g} were given. Left out is what gains least recall on the day for a "
        f"minute; here by sort of item, least first, in items gained a minute. A minute on the new items of "
        f"the plan gains {found.worth:.2f}.",
    )


def _group(one: LeftOut) -> str:
    return f"{one.name.replace('_', ' ')} {one.items} of {one.of} ({one.worth:.2f})"
