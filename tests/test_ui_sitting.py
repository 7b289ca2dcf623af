"""A sitting on the screen: its end, the time box, cramming, slips, and starting with many answers."""

from __future__ import annotations

from datetime import timedelta

import pytest

from quizapp.model import Review
from quizapp.ui import app as app_module
from quizapp.ui.practice import PracticeScreen
from tests.screen import flat, quiet, text  # noqa: F401 - a fixture
from tests.test_ui_practice import SIZES, only, settled, shown_place

DAYS = 2_000
"""After so many anything is due."""


@pytest.fixture
def at(clock, monkeypatch):
    """The clock of the app, to be moved."""
    monkeypatch.setattr(app_module.QuizApp, "clock", lambda self: clock())
    return clock


def keep(app, clock, item, *ratings, days=60, cram=False):
    """Answers to an item, so many days apart, the last of them that long ago."""
    for place, rating in enumerate(ratings):
        app.store.add_review(
            Review(
                item=item,
                rev=1,
                at=clock() - timedelta(days=days * (len(ratings) - place)),
                given="1",
                score=1.0,
                correct=rating > 1,
                confidence=None,
                rating=rating,
                seconds=3.0,
                cram=cram,
            )
        )


async def answer(app, pilot, place, sure="4"):
    """Answer the choice at hand and read the feedback."""
    await pilot.press(await shown_place(app, place), sure)
    await settled(app, pilot)


# ---- the end ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
async def test_the_end_says_what_it_came_to(quiet, at, size):  # noqa: F811
    app = only(quiet(start="study"), "fix-choice")
    keep(app, at, "fix-choice", 4, 3)
    at.forward(days=DAYS)
    async with app.run_test(size=size) as pilot:
        await settled(app, pilot)
        await answer(app, pilot, 1)
        await pilot.press("enter")
        await settled(app, pilot)
        shown = flat(app)
        for words in (
            "1 answered, 1 right",
            "90% sure: 1 of 1",
            "What moved",
            "↑",
            "The next item is due in",
        ):
            assert words in shown
        await pilot.press("down", "up", "u")
        await settled(app, pilot)
        assert app.screen.phase == "ask"
        assert len(app.store.reviews()) == 2


async def test_leaving_in_the_middle_says_that_all_is_kept(quiet, at):  # noqa: F811
    app = only(quiet(), "fix-choice", "fix-multi")
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await settled(app, pilot)
        await pilot.press("s")
        await settled(app, pilot)
        await answer(app, pilot, 0)
        await pilot.press("escape")
        await settled(app, pilot)
        assert "1 answered, all of it kept." in flat(app)
        assert len(app.store.reviews()) == 1


async def test_home_says_when_the_day_is_done(quiet, at):  # noqa: F811
    app = only(quiet(new_per_day=1), "fix-choice", "fix-card")
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(app, pilot)
        assert "0 due, 1 of 2 new" in flat(app)
        app.store.add_review(
            Review(
                **{"item": "fix-choice", "rev": 1, "at": at(), "given": "1", "score": 1.0, "correct": True},
                **{"confidence": 0.9, "rating": 4, "seconds": 1.0},
            )
        )
        await pilot.press("s")
        await settled(app, pilot)
        assert "1 new item over the limit of 1 a day" not in flat(app), "nothing was answered in this sitting"
        await pilot.press("escape")
        await settled(app, pilot)
        assert "done for today (1 new for another day), 1 learned" in flat(app)


# ---- the time box -----------------------------------------------------------------------------------


async def test_the_time_box_ends_after_the_item_and_offers_to_go_on(quiet, at):  # noqa: F811
    app = only(quiet(start="study", minutes=25), "fix-choice", "fix-multi")
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(app, pilot)
        at.forward(minutes=30)
        await answer(app, pilot, 1)
        assert "✓ Right" in flat(app), "the item at hand comes to its end"
        await pilot.press("enter")
        await settled(app, pilot)
        shown = flat(app)
        assert "25 minutes are over" in shown
        assert "enter go on" in shown
        await pilot.press("u")
        await settled(app, pilot)
        assert (app.screen.item.id, app.store.reviews()) == ("fix-choice", [])
        await answer(app, pilot, 1)
        await pilot.press("enter")
        await settled(app, pilot)
        assert app.screen.phase == "done"
        await pilot.press("enter")
        await settled(app, pilot)
        assert app.screen.item.id == "fix-multi"


# ---- cramming ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
async def test_cram_from_home_leaves_the_schedule_alone(quiet, at, size):  # noqa: F811
    app = only(quiet(), "fix-choice")
    keep(app, at, "fix-choice", 4, 3, days=1)
    async with app.run_test(size=size) as pilot:
        await settled(app, pilot)
        held = dict(app.learner.memories)
        await pilot.press("k")
        await settled(app, pilot)
        assert "cram: the schedule does not change 1 left" in flat(app)
        await answer(app, pilot, 0)
        assert "✗ Wrong" in flat(app)
        await pilot.press("enter")
        await settled(app, pilot)
        assert app.screen.phase == "ask", "until it is right once"
        await answer(app, pilot, 1)
        await pilot.press("enter")
        await settled(app, pilot)
        shown = flat(app)
        assert "Everything was right once." in shown
        assert "2 answered, 1 right" in shown
        assert [one.cram for one in app.store.reviews()] == [False, False, True, True]
        assert app.learner.memories == held
        await pilot.press("u")
        await settled(app, pilot)
        assert "1 left" in flat(app)
        assert len(app.store.reviews()) == 3


async def test_cram_crams_the_topic_at_the_cursor(quiet, at):  # noqa: F811
    app = only(quiet(), "fix-choice", "fix-card")
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(app, pilot)
        await pilot.press("down", "k")
        await settled(app, pilot)
        assert app.screen.study.cram
        assert app.screen.study.topic == sorted({item.topic for item in app.bank.items.values()})[0]


async def test_an_item_says_which_answers_were_crammed(quiet, at):  # noqa: F811
    app = only(quiet(start="browse"), "fix-choice")
    keep(app, at, "fix-choice", 4, days=2)
    keep(app, at, "fix-choice", 3, days=1, cram=True)
    async with app.run_test(size=(120, 60)) as pilot:
        await settled(app, pilot)
        assert text(app).count("3 s, crammed") == 1


# ---- slips ------------------------------------------------------------------------------------------

SLIPPED_TWICE = (4, 3, 1, 3, 3, 3, 1, 3, 3, 3)


@pytest.mark.parametrize(
    ("testable", "todo"),
    [(True, "see it happen, p."), (False, "bury it, b, or write down what trips you, n.")],
)
async def test_the_third_slip_offers_something_else(quiet, at, monkeypatch, testable, todo):  # noqa: F811
    app = only(quiet(start="study"), "fix-choice")
    monkeypatch.setattr(PracticeScreen, "_claim", lambda self: "a-claim" if testable else None)
    opened = []
    monkeypatch.setattr(app_module.QuizApp, "open_prove", lambda self, claim: opened.append(claim))
    keep(app, at, "fix-choice", *SLIPPED_TWICE)
    at.forward(days=DAYS)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(app, pilot)
        assert app.learner.memories["fix-choice"].lapses == 2
        await answer(app, pilot, 0)
        assert f"This has slipped three times: {todo}" in flat(app)
        await pilot.press("p" if testable else "b")
        await settled(app, pilot)
        assert opened == (["a-claim"] if testable else [])
        assert app.screen.study.marking.of("fix-choice").buried_at(at()) == (not testable)


async def test_a_card_that_slips_stays_to_say_so_and_can_be_undone(quiet, at):  # noqa: F811
    app = only(quiet(start="study"), "fix-card")
    keep(app, at, "fix-card", *SLIPPED_TWICE)
    at.forward(days=DAYS)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(app, pilot)
        await pilot.press("space", "enter", "1")
        await settled(app, pilot)
        assert "This has slipped three times" in flat(app)
        await pilot.press("u")
        await settled(app, pilot)
        assert (app.screen.phase, len(app.store.reviews())) == ("ask", len(SLIPPED_TWICE))


async def test_a_rating_that_makes_it_the_third_slip_says_so(quiet, at):  # noqa: F811
    app = only(quiet(start="study"), "fix-choice")
    keep(app, at, "fix-choice", *SLIPPED_TWICE)
    at.forward(days=DAYS)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(app, pilot)
        await answer(app, pilot, 1)
        assert "slipped" not in flat(app)
        await pilot.press("1")
        await settled(app, pilot)
        assert "This has slipped three times" in flat(app)
        await pilot.press("1")
        await settled(app, pilot)
        assert app.screen.phase == "ask"


# ---- many answers -----------------------------------------------------------------------------------


async def test_many_answers_are_read_before_the_first_question_and_only_once(quiet, at, monkeypatch):  # noqa: F811
    monkeypatch.setattr(app_module, "AT_ONCE", 3)
    monkeypatch.setattr("quizapp.learner.KEPT_EVERY", 3)
    app = only(quiet(start="study"), "fix-choice")
    keep(app, at, "fix-choice", 4, 3, 3, 3)
    at.forward(days=DAYS)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(app, pilot)
        assert isinstance(app.screen, PracticeScreen)
        assert "1 due, 0 new" in flat(app)
    again = only(quiet(start="study"), "fix-choice")
    assert again.learner.behind() == 0, "the snapshot spares it"
    again.store.close()


async def test_leaving_while_answers_are_read(quiet, at, monkeypatch):  # noqa: F811
    monkeypatch.setattr(app_module, "AT_ONCE", -1)
    app = only(quiet(start="study"), "fix-choice")
    monkeypatch.setattr("quizapp.learner.Learner.refresh", lambda self: at and None)
    async with app.run_test(size=(24, 6)) as pilot:
        await pilot.press("escape")
        await settled(app, pilot)
        assert app.is_running
