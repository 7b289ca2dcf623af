"""The app makes the day's backup by itself, away from the first paint and from the keys."""

from __future__ import annotations

import threading
from contextlib import closing
from datetime import UTC, datetime

import pytest

from quizapp import backups, clock, paths, restore
from quizapp.model import Review
from quizapp.store import Store
from quizapp.ui.app import QuizApp

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@pytest.fixture
def answered(home):
    with closing(Store(paths.answers())) as store:
        store.add_review(
            Review(
                **{"item": "a-b", "rev": 1, "at": NOW, "given": "[1]", "score": 1.0, "correct": True},
                **{"confidence": 0.9, "rating": 3, "seconds": 2.5},
            )
        )


async def ready(pilot, done):
    for _ in range(200):
        if done():
            return
        await pilot.pause(0.05)
    raise AssertionError("it was not made")


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_the_first_start_of_a_day_makes_one(answered, monkeypatch, size):
    monkeypatch.setattr(QuizApp, "clock", lambda self: NOW)
    monkeypatch.setattr(QuizApp, "_start_bench", lambda self: None)
    made = paths.backups() / "answers-2026-03-02.sqlite3"
    async with QuizApp().run_test(size=size) as pilot:
        await ready(pilot, made.exists)
    assert restore.held(made).answers == 1


async def test_it_waits_for_nobody_and_a_failure_stays_quiet(answered, monkeypatch):
    monkeypatch.setattr(QuizApp, "clock", lambda self: NOW)
    monkeypatch.setattr(QuizApp, "_start_bench", lambda self: None)
    seen = threading.Event()
    threads = []

    def slow(*_):
        threads.append(threading.current_thread())
        seen.wait(20)
        raise backups.BackupError("no space")

    monkeypatch.setattr(backups, "copy", slow)
    async with QuizApp().run_test(size=(80, 24)) as pilot:
        await ready(pilot, lambda: threads)
        await pilot.press("question_mark")
        await pilot.pause()
        assert len(pilot.app.screen_stack) == 2  # the keys work meanwhile
        assert threads[0].daemon
        assert threads[0] is not threading.main_thread()
        await pilot.press("escape")
    seen.set()
    threads[0].join(5)
    assert not paths.backups().exists()


def test_practice_line_by_line_makes_one_too(answered, monkeypatch, capsys):
    import io
    import sys

    from quizapp import plain

    monkeypatch.setattr(clock, "now", lambda: NOW)
    begun = []
    begin = backups.begin
    monkeypatch.setattr(backups, "begin", lambda *given: begun.append(begin(*given)))
    monkeypatch.setattr(sys, "stdin", io.StringIO("q\n"))
    plain.study(None, "", cram=False, limits={}, width=80)
    begun[0].join(10)
    assert (paths.backups() / "answers-2026-03-02.sqlite3").exists()
