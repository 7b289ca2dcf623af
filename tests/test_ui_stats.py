"""The statistics screen: pages, keys, sizes, and the confident errors."""

# ruff: noqa: F811 - fixtures are imported and then asked for by name

import json
import threading
from datetime import UTC, datetime, timedelta

import pytest

from quizapp import memories, paths, statistics
from quizapp.model import Review
from quizapp.store import Store
from quizapp.summary import NAMES
from quizapp.ui.errors import ErrorsScreen
from quizapp.ui.home import HomeScreen
from quizapp.ui.stats import StatsScreen
from tests.screen import flat, quiet, text  # noqa: F401 - a fixture


@pytest.fixture
def practised(quiet, all_kinds):
    """An app of somebody who was sure and wrong, and learned something."""
    item = next(item for item in all_kinds.items.values() if item.kind == "choice")
    wrong = next(index for index, option in enumerate(item.options) if option.misconception)
    right = next(index for index, option in enumerate(item.options) if option.correct)
    store = Store(paths.answers())
    for id_, given, ago in ((item.id, wrong, 3), (item.id, right, 2), ("gone", 0, 1), (item.id, wrong, 0)):
        correct = given == right and id_ == item.id
        store.add_review(
            Review(
                item=id_,
                rev=1,
                at=datetime.now(UTC) - timedelta(days=ago),
                given=json.dumps(given),
                score=float(correct),
                correct=correct,
                confidence=0.9,
                rating=4 if correct else 1,
                seconds=20.0,
            )
        )
    store.close()
    return quiet()


async def settled(app, pilot):
    await app.workers.wait_for_complete()
    await pilot.pause()


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_every_page_at_its_number(practised, size):
    app = practised
    wanted = ("Answers per day", "Brier score", "True retention", "Mastery by topic", "Sure, and wrong")
    async with app.run_test(size=size) as pilot:
        await pilot.press("t")
        await settled(app, pilot)
        assert isinstance(app.screen, StatsScreen)
        for number, (name, title) in enumerate(zip(NAMES, wanted, strict=True), 1):
            await pilot.press(str(number))
            await pilot.pause()
            shown = text(app)
            assert f"[{number} {name}]" in shown
            assert title in shown
            assert max(map(len, shown.splitlines())) <= size[0]
        await pilot.press("right")
        await pilot.pause()
        assert "[1 practice]" in text(app)
        assert "all time 4 25%" in flat(app)
        await pilot.press("left")
        await pilot.pause()
        assert "[5 mistakes]" in text(app)
        await pilot.press("escape")
        await pilot.pause()
        assert isinstance(app.screen, HomeScreen)


async def test_it_scrolls_and_a_new_page_begins_at_its_top(practised):
    app = practised
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("t")
        await settled(app, pilot)
        assert "Predictions of claims" not in text(app)
        await pilot.press("end")
        await pilot.pause()
        assert "Predictions of claims" in text(app)
        await pilot.press("2", "1")
        await pilot.pause()
        assert "all time" in text(app)


async def test_what_needs_no_schedule_is_there_before_the_rest(practised, monkeypatch):
    app = practised
    first, second = threading.Event(), threading.Event()

    def held_back(count, go_on):
        def slow(*given):
            go_on.wait(10)
            return count(*given)

        return slow

    monkeypatch.setattr(statistics, "answers", held_back(statistics.answers, first))
    monkeypatch.setattr(memories, "memories", held_back(memories.memories, second))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("t", "2")
        await pilot.pause()
        assert "Counting" in text(app)
        first.set()
        for _ in range(500):
            await pilot.pause(0.01)
            if "Brier score" in text(app):
                break
        assert "Brier score" in text(app)
        await pilot.press("3")
        await pilot.pause()
        assert "Going through every answer" in text(app)
        second.set()
        await settled(app, pilot)
        assert "True retention" in text(app)


async def test_leaving_ends_the_counting(practised, monkeypatch):
    app = practised
    begun, go_on, taken = threading.Event(), threading.Event(), []

    def slow(reviews, *rest):
        for review in reviews:
            taken.append(review)
            begun.set()
            go_on.wait(10)

    monkeypatch.setattr(memories, "memories", slow)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("t")
        while not begun.is_set():
            await pilot.pause(0.01)
        await pilot.press("escape")
        await pilot.pause()
        assert isinstance(app.screen, HomeScreen)
        go_on.set()
    assert len(taken) == 1


async def test_going_through_confident_errors(practised):
    app = practised
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("t")
        await settled(app, pilot)
        await pilot.press("e")
        await settled(app, pilot)
        assert isinstance(app.screen, ErrorsScreen)
        shown = flat(app)
        assert "1 of 2, 2 not right since" in shown
        assert "✗ Wrong you were 90% sure" in shown
        assert "← you" in shown
        await pilot.press("down")
        await pilot.pause()
        assert "2 of 2" in flat(app)
        assert "no longer in the question files" in flat(app)
        await pilot.press("question_mark")
        await pilot.pause()
        assert "the next one" in flat(app)
        await pilot.press("escape", "escape")
        await pilot.pause()
        assert isinstance(app.screen, StatsScreen)


async def test_somebody_new_has_no_errors_to_go_through(quiet):
    app = quiet()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("t")
        await settled(app, pilot)
        assert "No answer yet" in flat(app)
        await pilot.press("e")
        await pilot.pause()
        assert isinstance(app.screen, StatsScreen)
        assert any("90% sure" in note.message for note in app._notifications)


async def test_it_follows_the_size_and_does_not_break_when_tiny(practised):
    app = practised
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("t")
        await settled(app, pilot)
        wide = text(app)
        await pilot.resize_terminal(24, 6)
        await pilot.pause()
        for key in (*"12345", "e"):
            await pilot.press(key)
            await pilot.pause()
        await pilot.press("escape", "1")
        await pilot.resize_terminal(120, 40)
        await pilot.pause()
        assert text(app) == wide
