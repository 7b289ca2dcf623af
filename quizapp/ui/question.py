"""What is asked, as it is shown while it is being answered, and the line above it. Draws only."""

from __future__ import annotations

from textual.content import Content

from quizapp import marks, model
from quizapp.model import Item
from quizapp.steps import question
from quizapp.study import Study
from quizapp.ui.look import bold, dim, lines


def asked(item: Item, *, opened: bool = False) -> Content:
    """What is asked, with its code or sentences; opened: with an answer to hold one's own against."""
    parts: list[Content | str] = [bold(question(item))]
    if isinstance(item, model.Code):
        parts += ["", item.code.rstrip()]
    if isinstance(item, model.PredictPlot):
        parts.append(
            dim(f"x: {item.axes.x.name} ({item.axes.x.scale}), y: {item.axes.y.name} ({item.axes.y.scale})")
        )
    if isinstance(item, model.Open) and opened:
        parts += ["", dim("A senior answer:"), item.model_answers.senior]
    return lines(*parts)


def status(study: Study, item: Item | None) -> Content:
    """What this sitting would still ask, and what the item at hand is."""
    due, new = study.left()
    about = ""
    if item is not None:
        on = marks.words(study.marking.of(item.id), study.now())
        about = " · ".join((item.topic.replace("_", " "), item.kind, item.level, *on))
    return Content.assemble((f"{due} due, {new} new", "bold"), f"   {about}")
