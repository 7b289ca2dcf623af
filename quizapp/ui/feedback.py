"""What the learner reads after an answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from textual.content import Content

from quizapp import model
from quizapp.answered import SLIPS
from quizapp.bank import DELETION
from quizapp.figures import how_long
from quizapp.model import Grade, Item, Remark
from quizapp.schedule import RATINGS, interval
from quizapp.steps import Step, asked_next
from quizapp.study import CRAM, Answered
from quizapp.ui.look import bold, dim, lines


def feedback(
    done: Answered,
    confidence: float | None,
    known: Mapping[str, Item],
    *,
    again: str = "",
    note: str = "",
    cram: bool = False,
    testable: bool = False,
) -> Content:
    """Right or wrong, why, per option, what to say aloud, the learner's note, and when it comes back.

    known: every item, as some are named as what is asked next.
    testable: the item has a claim that can be put to the test.
    """
    noted: list[Content | str] = [Content.assemble(("Your note: ", "bold"), note), ""] if note else []
    offer = [slipped(done, testable=testable)] if done.slips else []
    shown = judged(done.item, done.grade, confidence, known, *offer, overruled=done.overruled)
    return lines(shown, *noted, again or _schedule(done, cram))


def as_shown(done: Answered, steps: Sequence[Step]) -> Answered:
    """The same with what is said about the options in the order in which those were shown."""
    options = steps[-1].options if steps and steps[-1].mode in ("one", "many") else ()
    remarks = done.grade.remarks
    if sorted(options) != sorted(remark.text for remark in remarks):
        return done
    ordered = sorted(remarks, key=lambda remark: options.index(remark.text))
    return replace(done, grade=replace(done.grade, remarks=tuple(ordered)))


def judged(
    item: Item,
    grade: Grade,
    confidence: float | None,
    known: Mapping[str, Item],
    *first: Content,
    overruled: bool = False,
) -> Content:
    """The same without the schedule. first: what to say right after whether it was right."""
    parts: list[Content | str] = [_headline(item, grade, confidence, overruled), *first, ""]
    if isinstance(item, model.Card):
        parts += [bold(item.back), *[dim(f"  ☐ {point}") for point in item.grade_yourself], ""]
    if grade.summary:
        parts += [grade.summary, ""]
    for remark in grade.remarks:
        parts += _remark(remark)
    return lines(*parts, *_more(item, known))


def _headline(item: Item, grade: Grade, confidence: float | None, overruled: bool) -> Content:
    if isinstance(item, model.Card):
        return bold("Answer")
    said = "  overruled by you" if overruled else ""
    said += "" if confidence is None else f"{',' if said else ' '} you were {confidence:.0%} sure"
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


def _more(item: Item, known: Mapping[str, Item]) -> list[Content | str]:
    parts: list[Content | str] = [""]
    if item.answer_aloud:
        parts += [Content.assemble(("Say aloud: ", "bold"), item.answer_aloud), ""]
    parts += [Content.assemble(("But: ", "bold"), caveat) for caveat in item.caveats]
    parts += [Content.assemble(("Then they ask: ", "bold"), text) for text in asked_next(item, known)]
    for source in item.sources:
        read = {"no": "not read", "full": "read"}.get(source.seen, f"{source.seen} read")
        parts.append(dim(f"[{source.ref}{', ' + source.locator if source.locator else ''}; {read}]"))
    return [*parts, ""]


def slipped(done: Answered, *, testable: bool) -> Content:
    """What to do about an item that slips again and again, beside asking it again."""
    times = "three times" if done.slips == SLIPS else f"{done.slips} times"
    todo = "see it happen, p" if testable else "bury it, b, or write down what trips you, n"
    return Content.assemble((f"This has slipped {times}: {todo}.", "bold"))


def _schedule(done: Answered, cram: bool) -> Content:
    if cram or done.memory is None:
        back = "it comes back in a moment" if done.rating == 1 else "right once, and done"
        return Content.assemble((f"{CRAM}; {back}.", "dim"))
    wait = how_long(interval(done.memory))
    return Content.assemble(("Rated ", "dim"), (RATINGS[done.rating], "bold"), (f"; back in {wait}.", "dim"))


def filled(item: model.Cloze) -> str:
    """A cloze with its gaps filled in."""
    return DELETION.sub(lambda gap: gap[2], item.text)
