"""Small plots as lines of plain text, readable without colour. Knows no screen."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from quizapp.shares import Share

SHADES = "░▒▓█"
EIGHTHS = " ▁▂▃▄▅▆▇█"
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
"""English, whatever the locale, like every other word of the app."""


def wrapped(text: str, width: int) -> list[str]:
    """Prose in lines of at most `width` characters."""
    return textwrap.wrap(text, max(10, width)) or [""]


def clipped(text: str, width: int) -> str:
    """One line of at most `width` characters; what was cut off is an ellipsis."""
    text = " ".join(text.split())
    return text if len(text) <= width else f"{text[: max(0, width - 1)].rstrip()}…"


def percent(value: float | None, width: int = 0) -> str:
    """A share as whole per cent, or a dash; 0% is none at all, and 100% all."""
    if value is not None and 0.0 < value < 1.0:
        value = min(0.99, max(0.01, value))
    return ("-" if value is None else f"{value:.0%}").rjust(width)


def between(one: Share) -> str:
    """The interval of a share in words."""
    return "" if one.low is None or one.high is None else f"{100 * one.low:.0f} to {one.high:.0%}"


def short_date(day: date) -> str:
    """A day without its year: `2 Mar`."""
    return f"{day.day} {MONTHS[day.month - 1]}"


def span(seconds: float) -> str:
    """A span of time: `45 s`, `12 min`, `3 h 05 min`."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60:,} h {minutes % 60:02d} min"


def how_long(wait: timedelta) -> str:
    """A span of time in one unit."""
    minutes = wait.total_seconds() / 60
    if minutes < 90:
        return f"{max(1, round(minutes))} min"
    if minutes < 36 * 60:
        return f"{round(minutes / 60)} h"
    return f"{round(minutes / 1440)} days"


def dot(one: Share, mark: float, width: int, first: float = 0.0) -> str:
    """A share on the line from `first` to 1: `●` its place, `━` its interval, `│` the mark to compare with.

    The mark is `┼` where the interval covers it and `◉` where it is the share itself.
    """

    def place(value: float) -> int:
        return min(width - 1, max(0, round((value - first) / (1 - first) * (width - 1))))

    cells = ["·"] * width
    if one.share is not None and one.low is not None and one.high is not None:
        for column in range(place(one.low), place(one.high) + 1):
            cells[column] = "━"
        cells[place(one.share)] = "●"
    at = place(mark)
    cells[at] = {"·": "│", "━": "┼", "●": "◉"}[cells[at]]
    return "".join(cells)


def axis(width: int, first: float = 0.0, steps: int = 2) -> str:
    """The labels under or over `dot`: the first, the last, and what is between."""
    cells = [" "] * (width + 4)
    for step in range(steps + 1):
        label = f"{first + (1 - first) * step / steps:.0%}"
        start = max(0, round(step / steps * (width - 1)) - len(label) // 2)
        cells[start : start + len(label)] = label
    return "".join(cells).rstrip()


def bar(value: float, behind: float, width: int) -> str:
    """A share as `█`, a second one that it is part of as `░` behind it, and the rest as `·`."""
    full = min(width, round(value * width))
    light = min(width, max(full, round(behind * width)))
    return "█" * full + "░" * (light - full) + "·" * (width - light)


def columns(values: Sequence[int], height: int, wide: int, start: date) -> list[str]:
    """Values of consecutive days as upright columns, `wide` characters apart; the first is today.

    The greatest value is at the side. One that towers over all others is cut off, and marked with `▲`.
    """
    ranked = sorted(values, reverse=True)
    towers = ranked[0] > 3 * ranked[1] > 0
    top = ranked[1] if towers else ranked[0]
    edge = max(3, len(str(top)))
    rows = []
    for row in range(height, 0, -1):
        cells = (_cell(value, top, row, height).ljust(wide) for value in values)
        rows.append(f"{top if row == height else '':>{edge}} │{''.join(cells)}")
    rows.append(f"{0:>{edge}} └{'─' * (len(values) * wide)}")
    return [row.rstrip() for row in [*rows, _dates(start, len(values), wide, edge + 2)]]


def _cell(value: int, top: int, row: int, height: int) -> str:
    """What a column shows in one row, counted from 1 at the bottom."""
    if value > top and row == height:
        return "▲"
    eighths = max(1, round(8 * height * value / top)) if value else 0
    return EIGHTHS[min(8, max(0, eighths - 8 * (row - 1)))]


def _dates(start: date, days: int, wide: int, edge: int) -> str:
    cells = [" "] * (edge + days * wide + 6)
    for ahead in range(0, days, 7):
        label = "today" if ahead == 0 else short_date(start + timedelta(days=ahead))
        at = edge + ahead * wide
        cells[at : at + len(label)] = label
    return "".join(cells)


def calendar(counts: Mapping[date, int], today: date, width: int, most: int = 26) -> list[str]:
    """A heat map: a column per week, a row per weekday; a shade and the number on every day with any.

    As many weeks as fit into the width, at most `most`; the last one is this week.
    """
    cell = 1 + max(2, len(str(max(counts.values(), default=0))))
    weeks = max(1, min(most, (width - 4) // cell))
    monday = today - timedelta(days=today.weekday() + 7 * (weeks - 1))
    top = max((count for day, count in counts.items() if monday <= day <= today), default=0)
    cuts = [-(-top * part // len(SHADES)) for part in range(1, len(SHADES) + 1)]  # rounded up
    grid = ["    " + "".join(_month(monday, week).ljust(cell) for week in range(weeks))]
    for weekday, name in enumerate(DAYS):
        days = [monday + timedelta(days=7 * week + weekday) for week in range(weeks)]
        shown = (_day(counts.get(day, 0), cuts, cell) if day <= today else "" for day in days)
        grid.append(f"{name} {''.join(shown)}")
    return [line.rstrip() for line in [*grid, "", "    " + "   ".join(["· none", *_ranges(cuts)])]]


def _month(monday: date, week: int) -> str:
    """The name of a month over the first week that begins in it."""
    day = monday + timedelta(days=7 * week)
    return MONTHS[day.month - 1] if day.day <= 7 else ""


def _day(count: int, cuts: Sequence[int], cell: int) -> str:
    if count == 0:
        return "·".rjust(cell)
    shade = next(shade for shade, cut in zip(SHADES, cuts, strict=True) if count <= cut)
    return f"{shade}{count:>{cell - 1}}"


def _ranges(cuts: Sequence[int]) -> list[str]:
    """What the shades stand for; one that can stand for nothing is left out."""
    found, low = [], 1
    for shade, cut in zip(SHADES, cuts, strict=True):
        if cut >= low:
            found.append(f"{shade} {low}" if cut == low else f"{shade} {low}-{cut}")
            low = cut + 1
    return found
