"""A deck as GIFT, Moodle's text format of questions. Pure; the same deck gives the same bytes.

An item that takes several steps (true or false, then why) becomes one question for each. What GIFT cannot
grade (a card, an open question) becomes an essay with the answer or the rubric in its feedback. Texts are
HTML in which nothing is markup but ours. Some readers of GIFT end an answer at the first brace, escaped or
not, and some keep the escaped backslash: so both stand as HTML entities wherever HTML is read.
"""

from __future__ import annotations

import dataclasses
import html
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from quizapp import model, steps
from quizapp.export import findings
from quizapp.export.deck import Deck, topic_name
from quizapp.export.sheet import UNMEASURED, Part, Pick, Sheet, cited, order, sheet
from quizapp.grade import truth_of
from quizapp.model import Item
from quizapp.parts import Tolerance
from quizapp.safe_text import UNPRINTABLE

ESCAPED = {ord(sign): f"\\{sign}" for sign in "~=#:"} | {ord(sign): f"&\\#{ord(sign)};" for sign in "\\{}[$"}
"""Brackets begin the name of a format, dollars maths."""
PLAIN = {ord(sign): f"\\{sign}" for sign in "~=#:{}\\"}


@dataclass(frozen=True, kw_only=True)
class Question:
    """One question of GIFT. Everything but the name is escaped already."""

    name: str
    stem: str
    answers: tuple[str, ...] = ()
    opening: str = ""
    """What stands at the beginning of the answers: `#` before numbers."""
    why: str = ""
    """Feedback that only this step of an item has."""


def render(deck: Deck) -> bytes:
    """The file."""
    lines = [f"// {_remark(deck.title)}", "// For Moodle: Question bank, Import, GIFT format.", ""]
    for topic, items in deck.topics().items():
        lines += [f"$CATEGORY: quizapp/{topic_name(topic)}", ""]
        for item in items:
            written = sheet(item, deck.numbers, deck.misconceptions)
            after = _after(deck, item, written)
            for question in questions(deck, item, written):
                lines += [*_lines(item, question, after), ""]
    return "\n".join(lines).encode()


def _remark(value: str) -> str:
    return re.sub(r"[\[\]\s]+", " ", UNPRINTABLE.sub("\ufffd", value))


def _lines(item: Item, question: Question, after: str) -> list[str]:
    tags = "".join(f" [tag:{_remark(tag)}]" for tag in (item.kind, item.level, *item.tags))
    head = f"::{plain(question.name)}::[html]{question.stem}{{{question.opening}"
    body = [f"\t{answer}" for answer in question.answers]
    return [f"// [id:{question.name}]{tags}", head, *body, f"\t####{question.why}{after}", "}"]


# ---- escaping -------------------------------------------------------------------------------------


def text(value: str) -> str:
    """A text that means itself, as HTML in GIFT, on one line."""
    return _html(value.strip())


def _html(value: str) -> str:
    clean = html.escape(UNPRINTABLE.sub("\ufffd", value), quote=False)
    return clean.translate(ESCAPED).replace("\n", "<br>")


def plain(value: str) -> str:
    """A text that means itself where GIFT reads no HTML."""
    return " ".join(UNPRINTABLE.sub("\ufffd", value).split()).translate(PLAIN)


def _p(value: str) -> str:
    return f"<p>{text(value)}</p>"


def _pre(value: str) -> str:
    return f"<pre>{_html(value.rstrip())}</pre>" if value.strip() else ""


def _list(title: str, lines: Iterable[str]) -> str:
    entries = "".join(f"<li>{text(line)}</li>" for line in lines)
    return f"<p><b>{text(title)}</b></p><ul>{entries}</ul>" if entries else ""


# ---- questions ------------------------------------------------------------------------------------


def questions(deck: Deck, item: Item, written: Sheet) -> list[Question]:
    """The questions of an item, one for each step."""
    made = _steps(deck, item, written)
    if len(made) == 1:
        return [Question(name=item.id, **made[0])]
    return [Question(name=f"{item.id}.{place}", **parts) for place, parts in enumerate(made, 1)]


def _steps(deck: Deck, item: Item, written: Sheet) -> list[dict[str, Any]]:
    match item:
        case model.Choice() | model.Code():
            stem = _p(written.question) + _pre(written.code)
            return [{"stem": stem, "answers": _one(written.parts[0])}]
        case model.Multi():
            stem = _p(written.question) + _p("Pick every right one.")
            return [{"stem": stem, "answers": _many(written.parts[0])}]
        case model.TrueFalse():
            return _truefalse(item, written)
        case model.Numeric() | model.Estimate() | model.PredictNumber():
            return [_number(item, deck)]
        case model.Order():
            return [_order(item)]
        case model.Cloze():
            return [_gap(item, gap) for gap in item.accept]
        case model.PredictPlot():
            return [_ask(written, part) for part in written.parts]
        case model.Flaw():
            return _flaw(written)
    return [{"stem": _p(written.question)}]


def _said(pick: Pick) -> str:
    """What can be picked. A percent sign at its beginning would be read as a weight."""
    said = _pre(pick.text) if pick.code else text(pick.text)
    return f"&\\#37;{said[1:]}" if said.startswith("%") else said


def _feedback(why: str) -> str:
    return f"#{text(why)}" if why.strip() else ""


def _one(part: Part) -> tuple[str, ...]:
    return tuple(f"{'=' if pick.right else '~'}{_said(pick)}{_feedback(pick.why)}" for pick in part.picks)


def _many(part: Part) -> tuple[str, ...]:
    """Right picks share the whole, and a wrong one costs as much as a right one brings, as in the app."""
    share = f"{100 / sum(pick.right for pick in part.picks):.5f}".rstrip("0").rstrip(".")
    return tuple(
        f"~%{'' if pick.right else '-'}{share}%{_said(pick)}{_feedback(pick.why)}" for pick in part.picks
    )


def _truefalse(item: model.TrueFalse, written: Sheet) -> list[dict[str, Any]]:
    """The statement; then, with its truth told, the reason."""
    truth = "true" if item.truth else "false"
    (right,) = (pick for pick in written.parts[0].picks if pick.right)
    why = f"It is {truth}: {right.text}"
    first = {
        "stem": _p(item.statement),
        "answers": (f"{truth.upper()}{_feedback(why)}{_feedback(why)}",),
    }
    stem = _p(item.statement) + _p(f"This is {truth}. Why?")
    return [first, {"stem": stem, "answers": _one(written.parts[0])}]


def _number(item: model.Numeric | model.Estimate | model.PredictNumber, deck: Deck) -> dict[str, Any]:
    """A number within its tolerance, and the wrong numbers that have a name."""
    unit = item.answer.unit
    stem = _p(item.stem) + (_p(f"Answer in {unit}.") if unit else "")
    truth = truth_of(item.answer, deck.numbers)
    if not math.isfinite(truth):
        return {"stem": stem, "why": _p(f"{UNMEASURED}.")}
    answers = [f"=%100%{_near(truth, item.answer.tol)}"]
    if (spread := _spread(truth, item.answer.tol)) is not None:
        answers.append(f"=%100%{_figure(spread[0])}..{_figure(spread[1])}")
    for trap in () if isinstance(item, model.PredictNumber) else item.traps:
        answers.append(f"=%0%{_near(trap.value, item.answer.tol)}{_feedback(trap.why)}")
    return {"stem": stem, "answers": tuple(answers), "opening": "#"}


def _figure(value: float) -> str:
    return f"{value:.15g}"


def _spread(value: float, tol: Tolerance) -> tuple[float, float] | None:
    """The numbers that count, where there are more of them above than below."""
    if tol.abs is not None or tol.rel is not None or tol.log10 is None or value <= 0:
        return None
    factor = 10**tol.log10
    return value / factor, value * factor


def _near(value: float, tol: Tolerance) -> str:
    """The number and how far off still counts, on both sides: Moodle shows the number as the answer."""
    spread = _spread(value, tol)
    far = value - spread[0] if spread else tol.abs if tol.abs is not None else (tol.rel or 0.0) * abs(value)
    return f"{_figure(value)}:{_figure(far)}"


def _order(item: model.Order) -> dict[str, Any]:
    shown, ranked = order(item)
    answers = tuple(f"={text(item.sequence[at].text)} -> {ranked.index(at) + 1}" for at in shown)
    return {"stem": _p(item.stem) + _p("Give each its place, first to last."), "answers": answers}


def _gap(item: model.Cloze, gap: str) -> dict[str, Any]:
    """One gap to fill. An arrow would make it a question of pairs, and a star stands for anything."""
    stem = _p(steps.question(item))
    if len(item.accept) > 1:
        stem += _p(f"What belongs into gap {gap[1:]}?")
    answers = [f"=%100%{_word(word)}" for word in item.accept[gap] if "->" not in word]
    for wrong in item.reject:
        if wrong.deletion == gap and "->" not in wrong.value:
            answers.append(f"=%0%{_word(wrong.value)}{_feedback(wrong.why)}")
    return {"stem": stem, "answers": tuple(answers)}


def _word(word: str) -> str:
    return plain(word.replace("*", "\\*"))


def _ask(written: Sheet, part: Part) -> dict[str, Any]:
    stem = _p(written.question) + _p(part.prompt)
    if not part.judged:
        return {"stem": stem, "why": _p(f"{UNMEASURED}.")}
    return {"stem": stem, "answers": _one(part), "why": _p(part.why) if part.why else ""}


def _flaw(written: Sheet) -> list[dict[str, Any]]:
    """The sentence that is wrong; then, with it told, its repair."""
    spans, fixes = written.parts
    said = "".join(f"<li>{text(pick.text)}</li>" for pick in spans.picks)
    stem = f"{_p(written.question)}<ol>{said}</ol>"
    find = dataclasses.replace(
        spans, picks=tuple(dataclasses.replace(pick, right=not pick.right) for pick in spans.picks)
    )
    (wrong,) = (pick.label for pick in find.picks if pick.right)
    return [
        {"stem": stem + _p(spans.prompt), "answers": _one(find)},
        {"stem": stem + _p(f"Sentence {wrong} is wrong. Put it right."), "answers": _one(fixes)},
    ]


# ---- what is said afterwards ----------------------------------------------------------------------


def _after(deck: Deck, item: Item, written: Sheet) -> str:
    """The answer, what else there is to say, and the evidence: the same after every step.

    An answer that is a letter says nothing: Moodle letters the options anew.
    """
    said = "" if any(part.judged for part in written.parts) else "".join(_p(line) for line in written.answer)
    said += "".join(_list(block.title, block.lines) for block in written.blocks)
    if item.answer_aloud:
        said += _list("Say it aloud", (item.answer_aloud,))
    said += _list("When it stops being true", item.caveats) + _list("Asked next", deck.asked_next(item))
    for claim in (deck.claims[id_] for id_ in item.claims if id_ in deck.claims):
        found = findings.told(claim, deck.evidence.get(claim.id), deck.references.get(claim.id, ()))
        said += _list("Evidence", found)
    return said + _list("Sources", map(cited, item.sources))
