"""Read a Textual screen as plain text, and give an app a bank of its own."""

from __future__ import annotations

from contextlib import suppress

import pytest
from textual.worker import WorkerCancelled

from quizapp import paths
from quizapp.ui.app import QuizApp
from tests.conftest import FIXTURE_BANK


def text(app: QuizApp) -> str:
    """What is on the screen, line by line, without colours."""
    strips = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip).rstrip() for strip in strips)


def flat(app: QuizApp) -> str:
    """The same with every run of spaces and line ends as one space, so that wrapping does not matter."""
    return " ".join(text(app).split())


async def settled(app: QuizApp, pilot) -> None:
    """Everything that was begun is done, with what that began in turn, and painted; however long it takes.

    Not while a sheet is open: the worker that waits for it does not end before it is closed.
    """
    still = 0
    while still < 2:  # what is done after the next refresh has not begun yet in the first round
        with suppress(WorkerCancelled):  # another one took its place
            await app.workers.wait_for_complete()
        await pilot.pause()
        still = 0 if any(not worker.is_finished for worker in app.workers) else still + 1


@pytest.fixture
def quiet(home, monkeypatch):
    """An app on the fixture bank, with a home of its own and no bench process."""
    monkeypatch.setattr(paths, "questions", lambda: FIXTURE_BANK)

    async def nothing(self) -> None:
        return None

    monkeypatch.setattr(QuizApp, "_warm", nothing)
    return QuizApp
