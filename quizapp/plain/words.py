"""An item and what is said about an answer, as plain sentences in the order in which they are read aloud.

Pure; knows no screen. Every line stands by itself: nothing is told by place, colour or a sign alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from quizapp import marks, model
from quizapp.answered import Answered
from quizapp.bank import DELETION
from quizapp.figures import how_long
from quizapp.model import Grade, Item, Remark
from quizapp.schedule import RATINGS, interval
from quizapp.steps import Step, asked_next, question
from quizapp.study import CRAM, Study

Said = tuple[str, str]
"""What is read, and below it code that keeps its shape."""


def heading(study: Study, item: Item, place: int) -> str:
    """Which question it is, and what is left."""
    due, new = study.left()
    on = marks.words(study.marking.of(item.id), study.now())
    about = ", ".join((item.topic.replace("_", " "), _KINDS.get(item.kind, item.kind), item.level, *on))
    return f"Question {place}: {about}. {due} due and {new} new left."


_KINDS = {
    "choice": "pick one",
    "multi": "pick every right one",
    "truefalse": "true or false, and why",
    "numeric": "a number",
    "estimate": "an estimate",
    "order": "put in order",
    "cloze": "fill the gaps",
    "flaw": "find the flaw",
    "predict_plot": "predict a plot",
    "predict_number": "predict a number",
}


def asked(item: Item) -> list[Said]:
    """What is asked."""
    if isinstance(item, model.Cloze):
        return [(DELETION.sub(lambda gap: f"(gap {gap[1][1:]})", item.text), "")]
    found = [(question(item), item.code if isinstance(item, model.Code) else "")]
    if isinstance(item, model.PredictPlot):
        x, y = item.axes.x, item.axes.y
        found.append((f"From left to right: {x.name} ({x.scale}). Upwards: {y.name} ({y.scale}).", ""))
    return found


def options(step: Step) -> list[Said]:
    """The options, numbered."""
    rows = []
    for place, option in enumerate(step.options, 1):
        several = step.code and "\n" in option.strip()
        rows.append((f"{place}. (code)", option) if several else (f"{place}. {option}", ""))
    return rows


# ---- after the answer ---------------------------------------------------------------------------------


def told(
    done: Answered, confidence: float | None, note: str, known: Mapping[str, Item], *, cram: bool
) -> Iterator[Said]:
    """Everything that is said about an answer. known: every item, as some are named as what is asked next."""
    item, judged = done.item, done.grade
    yield verdict(item, judged, confidence, overruled=done.overruled), ""
    if judged.summary:
        yield judged.summary, ""
    yield from remarks(item, judged)
    yield from ((text, "") for text in _more(item, known))
    if note:
        yield f"Your note: {note}", ""
    yield back(done, cram=cram), ""


def _more(item: Item, known: Mapping[str, Item]) -> Iterator[str]:
    if item.answer_aloud:
        yield f"Say aloud: {item.answer_aloud}"
    yield from (f"But: {caveat}" for caveat in item.caveats)
    yield from (f"Then they ask: {text}" for text in asked_next(item, known))
    for source in item.sources:
        read = {"no": "not read", "full": "read"}.get(source.seen, f"{source.seen} read")
        yield f"Source: {source.ref}{', ' + source.locator if source.locator else ''} ({read})."


def verdict(item: Item, judged: Grade, confidence: float | None, *, overruled: bool) -> str:
    """Right or wrong, and how sure one was."""
    if isinstance(item, model.Card):
        return "Rated."
    head = "Right" if judged.correct else "Wrong"
    if not judged.correct and 0 < judged.score < 1:
        head += f", with {judged.score:.0%} of the points"
    sure = "" if confidence is None else f" You were {confidence:.0%} sure."
    return f"{head}{', overruled by you' if overruled else ''}.{sure}"


def remarks(item: Item, judged: Grade) -> Iterator[Said]:
    """What is said about each part: what was chosen first, then what is right, then the rest."""
    if isinstance(item, model.Order):
        yield from ((text, "") for text in _ordered(judged.remarks))
        return
    ranked = sorted(judged.remarks, key=lambda one: (not one.chosen, not one.correct))
    for remark in judged.remarks if isinstance(item, model.Cloze | model.Flaw) else ranked:
        label = _label(item, remark)
        if isinstance(item, model.Code) and "\n" in remark.text.strip():
            yield f"{label}: {remark.why}", remark.text
        else:
            yield f"{label}: {_ended(remark.text)} {remark.why}", ""


def _ordered(found: Sequence[Remark]) -> Iterator[str]:
    yield "The right order:"
    for place, remark in enumerate((remark for remark in found if remark.correct), 1):
        where = "you had it here" if remark.chosen else "you had it elsewhere"
        yield f"{place}. {remark.text}: {remark.why}; {where}."
    yield from (f"Mixed up: {_ended(remark.text)} {remark.why}" for remark in found if not remark.correct)


def _label(item: Item, remark: Remark) -> str:
    match item:
        case model.Numeric() | model.PredictNumber() | model.Estimate():
            return "A known trap"
        case model.Open():
            if not remark.correct:
                return "A red flag you raised"
            return "You said" if remark.chosen else "You did not say"
        case model.PredictPlot():
            return "Predicted right" if remark.correct else "Predicted wrong"
        case model.Cloze():
            return "Your filling, right" if remark.correct else "Your filling, wrong"
        case model.Flaw() if remark.text in [span.text for span in item.spans]:
            head = "The wrong sentence" if remark.correct else "A sentence that is right"
            return f"{head}, which you picked" if remark.chosen else head
    head = "Right" if remark.correct else "Wrong"
    return f"Your answer, {head.lower()}" if remark.chosen else head


def _ended(text: str) -> str:
    text = " ".join(text.split())
    return text if text.endswith((".", "?", "!")) else f"{text}."


def back(done: Answered, *, cram: bool) -> str:
    """When it comes back."""
    if cram or done.memory is None:
        return f"{CRAM.capitalize()}."
    return f"Rated {RATINGS[done.rating]}; back in {how_long(interval(done.memory))}."


def filled(item: model.Cloze) -> str:
    """A cloze with its gaps filled in."""
    return DELETION.sub(lambda gap: gap[2], item.text)
