"""The day of an interview: asked for at home, kept, told in a line, and followed in practice."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from quizapp import paths, settings
from tests.screen import flat, quiet, text  # noqa: F401 - a fixture

SIZES = [(80, 24), (120, 40)]
DAY = date.today() + timedelta(days=10)


async def settle(app, pilot):
    for _ in range(3):
        await app.workers.wait_for_complete()
        await pilot.pause()


async def type_day(app, pilot, day):
    await pilot.press("d")
    await pilot.pause()
    await pilot.press(*day, "enter")
    await pilot.pause()


@pytest.mark.parametrize("size", SIZES)
async def test_a_day_is_asked_for_kept_and_planned(quiet, size):  # noqa: F811
    app = quiet()
    async with app.run_test(size=size) as pilot:
        await settle(app, pilot)
        assert "Interview in" not in text(app)
        await type_day(app, pilot, DAY.isoformat())
        await settle(app, pilot)
        assert settings.load(paths.settings()).interview == DAY
        assert "days: 0% recalled then, " in flat(app)
        assert "with today's" in flat(app)


async def test_the_line_is_there_the_next_time_and_goes_with_the_day(quiet):  # noqa: F811
    settings.put(paths.settings(), "interview", DAY.isoformat())
    app = quiet()
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(app, pilot)
        assert "recalled then" in flat(app)
        await pilot.press("d")
        await pilot.pause()
        assert DAY.isoformat() in text(app)
        await pilot.press(*["backspace"] * 10, "enter")
        await settle(app, pilot)
        assert settings.load(paths.settings()).interview is None
        assert "recalled then" not in flat(app)


@pytest.mark.parametrize(("typed", "said"), [("2020-01-31", "is past"), ("soon", "year-month-day")])
async def test_what_is_no_day_to_plan_for_is_said_at_once(quiet, typed, said):  # noqa: F811
    app = quiet()
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(app, pilot)
        await type_day(app, pilot, typed)
        assert said in flat(app)
        await pilot.press("escape")
        await settle(app, pilot)
        assert app.settings.interview is None
        assert settings.load(paths.settings()).interview is None


async def test_a_day_that_is_past_is_said_at_home(quiet):  # noqa: F811
    settings.put(paths.settings(), "interview", "2020-01-31")
    app = quiet()
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(app, pilot)
        assert "The interview on 2020-01-31 is past." in flat(app)


@pytest.mark.parametrize("size", [*SIZES, (24, 6)])
async def test_practice_follows_the_plan(quiet, size):  # noqa: F811
    app = quiet(start="study", interview=DAY, minutes=5)
    async with app.run_test(size=size) as pilot:
        await settle(app, pilot)
        study = app.screen.study
        assert study.order
        assert study.next().id in study.order
        await pilot.press("escape")
        await settle(app, pilot)
