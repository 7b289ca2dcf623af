"""Small pieces of drawing that every screen shares. Bank texts are never parsed as markup."""

from __future__ import annotations

import math

from textual.content import Content
from textual.style import Style
from textual.widget import Widget

VERDICTS = {
    "holds": ("✓", "bold $text-success"),
    "depends": ("≈", "bold $text-warning"),
    "fails": ("✗", "bold $text-error"),
    "unclear": ("?", "bold"),
    "invalid": ("!", "bold $text-error"),
    "crashed": ("!", "bold $text-error"),
    "timeout": ("!", "bold $text-error"),
    "cancelled": ("-", "dim"),
}
OUTCOMES = {"pass": ("✓", "$text-success"), "fail": ("✗", "$text-error"), "unclear": ("?", "dim")}


def verdict(name: str, width: int = 0) -> Content:
    """A verdict as a sign and a word, readable without colour, in at least `width` characters."""
    sign, style = VERDICTS.get(name, (" ", ""))
    return Content.styled(f"{sign} {name}".ljust(width), style)


def bold(text: str) -> Content:
    """Plain text, in bold."""
    return Content.styled(text, "bold")


def dim(text: str) -> Content:
    """Plain text, receding."""
    return Content.styled(text, "dim")


def lines(*parts: Content | str) -> Content:
    """Parts under one another."""
    return Content("\n").join([part if isinstance(part, Content) else Content(part) for part in parts])


def hang(head: Content | str, body: Content | str, width: int) -> Content:
    """A head with a text beside it that keeps to its own column, in lines of `width` characters."""
    first = head if isinstance(head, Content) else Content(head)
    text = body if isinstance(body, Content) else Content(body)
    wrapped = text.wrap(max(10, width - len(first)))
    return lines(first + wrapped[0], *(line.pad_left(len(first)) for line in wrapped[1:]))


def tap(content: Content, what: str) -> Content:
    """Content that does the same as a key when it is clicked: a key, or the id of a named action."""
    return content.stylize(Style.from_meta({"@click": f"screen.tap({what!r})"}))


def keys(*pairs: tuple[str, str]) -> Content:
    """Hints: each key with what it does."""
    return Content("  ").join([Content.assemble((key, "bold $text"), " ", what) for key, what in pairs])


def amount(value: float) -> str:
    """A measured number in few characters."""
    return f"{value:.3g}"


def gauge(low: float, high: float, bounds: tuple[float | None, float | None], width: int = 20) -> Content:
    """Where an interval lies against its bounds: `·` outside, `░` inside the bounds, `━` the interval.

    Logarithmic when everything is positive and spans more than three decades.
    """
    finite = [value for value in (low, high, *bounds) if value is not None and math.isfinite(value)]
    if len(finite) < 2 or math.isnan(low) or math.isnan(high):
        return Content(" " * width)
    positive = [value for value in finite if value > 0]
    log = len(positive) >= 2 and min(finite) >= 0 and max(positive) / min(positive) > 1e3
    tiny = min(positive) / 10 if log else 0.0

    def place(value: float) -> float:
        return math.log10(max(value, tiny)) if log else value

    ends = [place(value) for value in finite]
    first, last = min(ends), max(ends)
    pad = 0.15 * (last - first) or 1.0
    first, last = first - pad, last + pad
    cell = (last - first) / width
    floor = -math.inf if bounds[0] is None else place(bounds[0])
    ceiling = math.inf if bounds[1] is None else place(bounds[1])
    start = int((max(place(low) if math.isfinite(low) else first, first) - first) / cell)
    stop = int((min(place(high) if math.isfinite(high) else last, last) - first) / cell)
    strip = []
    for column in range(width):
        middle = first + (column + 0.5) * cell
        inside = floor <= middle <= ceiling
        if start <= column <= min(stop, width - 1):
            strip.append(("━", "bold"))
        else:
            strip.append(("░", "$text-success") if inside else ("·", "dim"))
    return Content.assemble(*strip)


def bring(body: Widget, part: Widget) -> None:
    """Show the top of a body; where a part of it would begin out of sight, that part. Once it is laid out."""

    def go() -> None:
        above = part.virtual_region.y
        body.scroll_to(y=above if above + 1 >= body.size.height else 0, animate=False)

    body.call_after_refresh(go)


def scroll(body: Widget, key: str) -> bool:
    """Scroll by a key; False when it is not one that scrolls."""
    page = max(1, body.size.height - 2)
    rows = {"down": 2, "j": 2, "up": -2, "k": -2, "pagedown": page, "pageup": -page}.get(key)
    if rows is None:
        return False
    # At once: a scroll that waits for the next refresh is late, and two in between count as one.
    body.scroll_relative(y=rows, animate=False, immediate=True)
    return True
