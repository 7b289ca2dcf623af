"""The end of a sitting, as the learner reads it."""

from __future__ import annotations

from textual.content import Content

from quizapp.figures import how_long
from quizapp.study import Study
from quizapp.ui.look import bold, dim, lines


def closing(study: Study, width: int) -> Content:
    """Why it ends, what it came to, and when the next item is due."""
    rows: list[Content | str] = [bold(_why(study))]
    if study.answers:
        from quizapp import sitting  # its figures are not needed until now

        for section in sitting.sections(study, width):
            rows += ["", *([bold(section.title)] if section.title else []), *section.lines]
            rows += [dim(note) for note in section.notes if note]
    if not study.time_is_up and not study.cram and (due := _next_due(study)):
        rows += ["", due]
    if hint := _hint(study):
        rows += ["", dim(hint)]
    return lines(*rows)


def _why(study: Study) -> str:
    if study.time_is_up:
        minutes = study.settings.minutes
        return f"{minutes} minutes are over. Everything you answered is kept."
    if study.cram and study.answers:
        return "Everything was right once."
    return "Nothing more to ask now."


def _next_due(study: Study) -> str:
    now = study.now()
    dues = [study.memories[item.id].due for item in study.awake() if item.id in study.memories]
    later = [due for due in dues if due > now]
    return f"The next item is due in {how_long(min(later) - now)}." if later else ""


def _hint(study: Study) -> str:
    if study.time_is_up:
        return "enter goes on for as long again."
    if not study.has_items and study.only is not None:
        return "No item fits the filter. `quizapp browse` shows what a filter finds."
    if not study.has_items:
        return "There is no item on this topic yet. Choose another one."
    if not study.awake():
        return "Every item here is suspended or buried; b at home shows them: is:suspended or is:buried."
    if not study.answers and not study.cram:
        return "Every new item of today has been seen. Come back tomorrow, or choose another."
    return ""
