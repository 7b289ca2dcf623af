"""What the learner reads after an answer."""

from __future__ import annotations

from datetime import timedelta

from textual.content import Content

from quizapp import model
from quizapp.bank import DELETION
from quizapp.model import Item, Remark
from quizapp.schedule import RATINGS, interval
from quizapp.study import Answered
from quizapp.ui.look import bold, dim, lines


def feedback(done: Answered, confidence: float | None, *, again: str = "") -> Content:
    """Right or wrong, why, per option, what to say aloud, and when it comes back."""
    parts: list[Content | str] = [_headline(done, confidence), ""]
    if isinstance(done.item, model.Card):
        parts += [bold(done.item.back), *[dim(f"  ☐ {point}") for point in done.item.grade_yourself], ""]
    if done.grade.summary:
        parts += [done.grade.summary, ""]
    for remark in done.grade.remarks:
        parts += _remark(remark)
    parts += _more(done.item)
    return lines(*parts, again or _schedule(done))


def _headline(done: Answered, confidence: float | None) -> Content:
    if isinstance(done.item, model.Card):
        return bold("Answer")
    said = "" if confidence is None else f"  you were {confidence:.0%} sure"
    if done.grade.correct:
        return Content.assemble(("✓ Right", "bold $text-success"), (said, "dim"))
    partly = f" ({done.grade.score:.0%} of the points)" if 0 < done.grade.score < 1 else ""
    return Content.assemble((f"✗ Wrong{partly}", "bold $text-error"), (said, "dim"))


def _remark(remark: Remark) -> list[Content | str]:
    sign, style = ("✓", "$text-success") if remark.correct else ("✗", "$text-error")
    text = Content(remark.text)
    if remark.chosen:
        text = Content.assemble(text.stylize("bold"), ("  ← you", "bold"))
    return [Content.assemble((sign, style), " ", text), dim(remark.why)]


def _more(item: Item) -> list[Content | str]:
    parts: list[Content | str] = [""]
    if item.answer_aloud:
        parts += [Content.assemble(("Say aloud: ", "bold"), item.answer_aloud), ""]
    parts += [Content.assemble(("But: ", "bold"), caveat) for caveat in item.caveats]
    if item.followups:
        parts += [Content.assemble(("Then they ask: ", "bold"), text) for text in item.followups]
    for source in item.sources:
        read = {"no": "not read", "full": "read"}.get(source.seen, f"{source.seen} read")
        parts.append(dim(f"[{source.ref}{', ' + source.locator if source.locator else ''}; {read}]"))
    return [*parts, ""]


def _schedule(done: Answered) -> Content:
    wait = how_long(interval(done.memory))
    return Content.assemble(("Rated ", "dim"), (RATINGS[done.rating], "bold"), (f"; back in {wait}.", "dim"))


def how_long(wait: timedelta) -> str:
    """A span of time in one unit."""
    minutes = wait.total_seconds() / 60
    if minutes < 90:
        return f"{max(1, round(minutes))} min"
    if minutes < 36 * 60:
        return f"{round(minutes / 60)} h"
    return f"{round(minutes / 1440)} days"


def filled(item: model.Cloze) -> str:
    """A cloze with its gaps filled in."""
    return DELETION.sub(lambda gap: gap[2], item.text)
