"""What the learner reads after an answer."""

from __future__ import annotations

from datetime import timedelta

from textual.content import Content

from quizapp import model
from quizapp.bank import DELETION
from quizapp.model import Grade, Item, Remark
from quizapp.schedule import RATINGS, interval
from quizapp.study import Answered, Study
from quizapp.ui.look import bold, dim, lines


def feedback(done: Answered, confidence: float | None, *, again: str = "", note: str = "") -> Content:
    """Right or wrong, why, per option, what to say aloud, the learner's note, and when it comes back."""
    noted: list[Content | str] = [Content.assemble(("Your note: ", "bold"), note), ""] if note else []
    return lines(judged(done.item, done.grade, confidence), *noted, again or _schedule(done))


def judged(item: Item, grade: Grade, confidence: float | None) -> Content:
    """The same without the schedule."""
    parts: list[Content | str] = [_headline(item, grade, confidence), ""]
    if isinstance(item, model.Card):
        parts += [bold(item.back), *[dim(f"  ☐ {point}") for point in item.grade_yourself], ""]
    if grade.summary:
        parts += [grade.summary, ""]
    for remark in grade.remarks:
        parts += _remark(remark)
    return lines(*parts, *_more(item))


def _headline(item: Item, grade: Grade, confidence: float | None) -> Content:
    if isinstance(item, model.Card):
        return bold("Answer")
    said = "" if confidence is None else f"  you were {confidence:.0%} sure"
    if grade.correct:
        return Content.assemble(("✓ Right", "bold $text-success"), (said, "dim"))
    partly = f" ({grade.score:.0%} of the points)" if 0 < grade.score < 1 else ""
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


def closing(study: Study) -> Content:
    """What to say when there is nothing more to ask."""
    answers, awake = study.answers, study.awake()
    right = sum(done.grade.correct for done in answers)
    rows: list[Content | str] = [bold("Nothing more to ask now.")]
    if answers:
        rows.append(f"{len(answers)} answered, {right} right.")
    dues = [study.memories[item.id].due for item in awake if item.id in study.memories]
    if dues:
        wait = min(dues) - answers[-1].memory.last if answers else None
        when = f"in {how_long(wait)}" if wait is not None else f"{min(dues).astimezone():%d %b %H:%M}"
        rows.append(f"The next item is due {when}.")
    if not study.has_items and study.only is not None:
        rows.append(dim("No item fits the filter. `quizapp browse` shows what a filter finds."))
    elif not study.has_items:
        rows.append(dim("There is no item on this topic yet. Choose another one."))
    elif not awake:
        rows.append(
            dim("Every item here is suspended or buried; b at home shows them: is:suspended or is:buried.")
        )
    elif not answers:
        rows.append(dim("Every new item of today has been seen. Come back tomorrow, or choose another."))
    return lines(*rows)


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
