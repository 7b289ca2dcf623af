"""The statistics as pages of plain text: for the statistics screen and for `quizapp stats` alike.

Pure functions of the records of `statistics`, the bank and a width. Knows no Textual and no terminal.
"""

from __future__ import annotations

from collections.abc import Iterable

from quizapp.bank import Bank
from quizapp.memories import Memories
from quizapp.statistics import Answers
from quizapp.summary import answers, memories
from quizapp.summary.section import Page, Section

__all__ = ["NAMES", "NARROWEST", "WIDEST", "Page", "Section", "pages", "text"]

NAMES = ("practice", "calibration", "memory", "mastery", "mistakes")
"""The pages, in order."""
NARROWEST = 40
"""No table fits into less."""
WIDEST = 100
"""Longer lines are hard to read."""


def pages(found: Answers, held: Memories | None, bank: Bank, width: int) -> tuple[Page, ...]:
    """Every page, in lines of at most `width` characters or NARROWEST; `held` is None while it is counted."""
    width = max(NARROWEST, width)
    waiting = (Section(title="", lines=("Going through every answer...",)),)
    sections = (
        answers.practice(found, bank, width),
        answers.calibration(found.calibration, width),
        memories.memory(held, width) if held else waiting,
        memories.mastery(held, bank, width) if held else waiting,
        answers.mistakes(found, bank, width),
    )
    return tuple(Page(name=name, sections=parts) for name, parts in zip(NAMES, sections, strict=True))


def text(shown: Iterable[Page]) -> str:
    """The pages under one another."""
    lines: list[str] = []
    for page in shown:
        for section in page.sections:
            lines += ["", section.title, "", *section.lines, *section.notes]
    return "\n".join(lines[1:])
