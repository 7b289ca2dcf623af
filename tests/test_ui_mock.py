"""The mock interview with the keyboard: answers, follow-ups, rubrics, bands; nothing typed is lost."""

import asyncio
import threading

import pytest

from quizapp import bank, paths, settings
from quizapp.errors import QuizError
from quizapp.interviews import Interviews
from quizapp.mock.drafts import Drafts
from quizapp.mock.endpoint import Endpoint, Reply
from quizapp.ui import talk as talk_module
from quizapp.ui.app import QuizApp
from quizapp.ui.debrief import DebriefScreen
from quizapp.ui.mock import MockScreen, Wish
from quizapp.ui.talk import TalkScreen
from tests.screen import flat, settled, text

SIZES = [(80, 24), (120, 40)]
ANSWER = "In one layer of full attention any token is one hop away, but reachable is not recalled."


@pytest.fixture(scope="module")
def real():
    return bank.load()


@pytest.fixture
def mock(home, monkeypatch, real):
    """The app at the first page of mock interviews, on the real questions."""
    monkeypatch.setattr(bank, "load", lambda *_, **__: real)

    async def nothing(self):
        return None

    monkeypatch.setattr(QuizApp, "_warm", nothing)
    return lambda **wish: QuizApp(start="mock", wish=Wish(**{"seed": 3, **wish}))


async def press(app, pilot, *keys):
    """Each key once what the one before began is done."""
    for key in keys:
        await pilot.press(key)
        await settled(app, pilot)


def told(app):
    """What the app said in passing."""
    return " ".join(notice.message for notice in app._notifications)


async def answer(app, pilot, said):
    app.screen.query_one("#answer").insert(said)
    await press(app, pilot, "ctrl+s")


async def to_rubrics(app, pilot, *answers):
    await settled(app, pilot)
    await press(app, pilot, "enter")
    for said in answers:
        await answer(app, pilot, said)
    await press(app, pilot, "f10", "f10")
    assert isinstance(app.screen, DebriefScreen)


@pytest.mark.parametrize("size", SIZES)
async def test_an_interview_from_the_first_page_to_the_band(mock, size):
    app = mock(minutes=5)
    async with app.run_test(size=size) as pilot:
        await settled(app, pilot)
        assert "Begin ‹ any topic › 5 minutes, 3 questions or fewer" in flat(app)
        await press(app, pilot, "enter")
        shown = flat(app)
        assert "question 1 of 3 · path length 0 of 5 min" in shown
        assert "Attention puts any two tokens one step apart" in shown
        await answer(app, pilot, ANSWER)
        assert "question 2 of 3 · follow-up" in flat(app)
        assert "Attention puts any two tokens" in flat(app)
        await answer(app, pilot, "The cache grows, and a window makes the path longer.")
        assert "question 3 of 3" in flat(app)
        await press(app, pilot, "ctrl+s", "ctrl+s")
        shown = flat(app)
        assert "rubric 1 of 2 · 0 of 9 points, " in shown
        assert "› [?] 1 junior, must" in shown
        assert "you wrote “In one layer of full attention" in shown
        await press(app, pilot, "a", "enter")
        assert "rubric 2 of 2" in flat(app)
        await press(app, pilot, "enter")
        shown = flat(app)
        assert "Overall" in shown
        assert "NOT YET" in shown
        assert "junior path length, " in shown
        assert "It would have been senior with:" in shown
        assert [len(line) <= size[0] for line in text(app).splitlines()]
        (kept,) = Interviews(app.store).all()
        assert kept.state == "done"
        assert {"r1", "r2", "r3"} <= set(kept.ticks[kept.items[0]].ticked)


async def test_what_is_only_proposed_does_not_count(mock):
    app = mock()
    async with app.run_test(size=(80, 24)) as pilot:
        await to_rubrics(app, pilot, ANSWER)
        assert app.screen.ticking.waiting >= 2
        await press(app, pilot, "enter")
        assert "proposed and not confirmed" in told(app)
        assert Interviews(app.store).all()[0].ticks == {}
        await press(app, pilot, "enter")
        (kept,) = Interviews(app.store).all()
        assert kept.ticks[kept.items[0]].ticked == ()


async def test_every_way_to_tick(mock):
    app = mock()
    async with app.run_test(size=(80, 24)) as pilot:
        await to_rubrics(app, pilot, ANSWER)
        ticking = app.screen.ticking
        await press(app, pilot, "y")
        assert ticking.ticked == ["r1"]
        assert ticking.here == "r2"
        await press(app, pilot, "n")
        assert ticking.state["r2"] is False
        await press(app, pilot, "9", "up", "space")
        assert ticking.ticked == ["r1", "r8", "r9"]
        await press(app, pilot, "8")
        assert ticking.ticked == ["r1", "r9"]
        await press(app, pilot, "v")
        assert "In one layer of full attention" in flat(app)
        assert "[x]" not in flat(app)
        await press(app, pilot, "v")
        assert "[x]" in flat(app)


async def test_a_draft_is_on_disk_within_seconds_and_the_interview_goes_on(mock, monkeypatch):
    monkeypatch.setattr(talk_module, "DRAFT_EVERY", 0.05)
    app = mock()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(app, pilot)
        await press(app, pilot, "enter")
        await pilot.press(*"half an an")
        question = app.screen.talk.interview.open.id
        for _ in range(100):
            if Drafts(paths.home()).of(question).said == "half an an":
                break
            await asyncio.sleep(0.02)
        assert Drafts(paths.home()).of(question).said == "half an an"
        await pilot.press(*"sw")
        await press(app, pilot, "escape")
        assert isinstance(app.screen, MockScreen)
        assert "take up" in flat(app)
    again = mock(resume=True)
    async with again.run_test(size=(80, 24)) as pilot:
        await settled(again, pilot)
        assert again.screen.query_one("#answer").text == "half an answ"[:12]
        await press(again, pilot, "ctrl+s")
        assert "question 2 of 4" in flat(again)
        assert Drafts(paths.home()).of(question).said == ""


async def test_quitting_keeps_what_was_typed_in_the_last_second(mock):
    app = mock()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(app, pilot)
        await press(app, pilot, "enter")
        question = app.screen.talk.interview.open.id
        await pilot.press(*"half", "ctrl+q")
    assert Drafts(paths.home()).of(question).said == "half"


async def test_another_size_changes_neither_the_view_nor_the_place(mock):
    app = mock()
    async with app.run_test(size=(80, 10)) as pilot:
        await settled(app, pilot)
        await press(app, pilot, "enter")
        await answer(app, pilot, ANSWER)
        await press(app, pilot, "f10", "f10", "v")
        assert not app.screen.query_one("#body").display
        await pilot.resize_terminal(70, 10)
        await settled(app, pilot)
        assert not app.screen.query_one("#body").display
        await press(app, pilot, "v", "a", "enter")
        assert app.screen.phase == "done"
        await press(app, pilot, "pagedown", "pagedown")
        place = app.screen.query_one("#body").scroll_offset.y
        assert place > 4
        await pilot.resize_terminal(72, 10)
        await settled(app, pilot)
        assert app.screen.query_one("#body").scroll_offset.y == place


async def test_broken_off_in_the_rubrics_it_goes_on_there(mock):
    app = mock()
    async with app.run_test(size=(80, 24)) as pilot:
        await to_rubrics(app, pilot, ANSWER)
        await press(app, pilot, "escape")
        assert "debrief" in flat(app)
        await press(app, pilot, "down", "enter")
        assert "rubric 1 of 1" in flat(app)


async def test_an_empty_answer_passes_only_when_asked_for_twice(mock):
    app = mock()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(app, pilot)
        await press(app, pilot, "enter", "ctrl+s")
        assert "Once more to pass" in told(app)
        assert "question 1 of 4" in flat(app)
        await pilot.press("x", "backspace")
        await press(app, pilot, "ctrl+s")
        assert "question 1 of 4" in flat(app)
        await press(app, pilot, "ctrl+s")
        assert "question 2 of 4" in flat(app)


async def test_topic_and_minutes_are_chosen_with_keys(mock):
    app = mock()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(app, pilot)
        await press(app, pilot, "right", "plus", "plus", "minus")
        assert "‹ attention › 20 minutes, 5 questions" in flat(app)
        await press(app, pilot, "enter")
        assert app.screen.talk.interview.topic == "attention"
        assert app.screen.talk.interview.items[0].startswith("att-")


async def test_a_topic_without_open_questions_says_so(mock):
    app = mock(topic="glossary")
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(app, pilot)
        await press(app, pilot, "enter")
        assert "there is no open question about glossary" in told(app)
        assert isinstance(app.screen, MockScreen)


async def test_from_the_band_to_practice_to_proof_and_to_the_rubrics(mock):
    app = mock()
    async with app.run_test(size=(80, 24)) as pilot:
        await to_rubrics(app, pilot, ANSWER)
        await press(app, pilot, "a", "enter")
        assert "To practise next" in app.screen.query_one("#text").content.plain
        await press(app, pilot, "s")
        study = app.screen.study
        assert study.cram
        assert app.screen.item.id in study.only
        await press(app, pilot, "escape", "1")
        assert app.screen.claim.id in app.bank.claims
        app.pop_screen()
        await press(app, pilot, "t")
        assert "[x]" in flat(app)


async def test_the_first_page_is_a_key_away_from_home_and_help_lists_the_keys(home, monkeypatch):
    async def nothing(self):
        return None

    monkeypatch.setattr(QuizApp, "_warm", nothing)
    app = QuizApp()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(app, pilot)
        await press(app, pilot, "m")
        assert isinstance(app.screen, MockScreen)
        await press(app, pilot, "enter", "f1")
        assert "hand the answer in" in flat(app)
        await press(app, pilot, "escape", "escape", "escape")
        assert "all topics" in flat(app)


async def test_a_tiny_terminal_still_asks_and_ticks(mock):
    app = mock()
    async with app.run_test(size=(24, 6)) as pilot:
        await settled(app, pilot)
        assert "Begin" in flat(app)
        await press(app, pilot, "enter")
        await pilot.press(*"one hop")
        assert "one hop" in flat(app)
        await press(app, pilot, "f8", "f10", "f10")
        assert "[ ]" in flat(app)
        await press(app, pilot, "enter")
        assert "NOT YET" in flat(app)


async def test_texts_are_never_read_as_markup(mock):
    app = mock()
    async with app.run_test(size=(80, 24)) as pilot:
        await to_rubrics(app, pilot, "[red]one hop for any token[/] [oops \x1b[31m")
        await press(app, pilot, "v")
        assert "[red]one hop for any token[/] [oops" in flat(app)


async def test_with_motion_off_no_clock_ticks_and_no_cursor_blinks(mock):
    settings.put(paths.settings(), "motion", "false")
    app = mock()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(app, pilot)
        await press(app, pilot, "enter")
        screen = app.screen
        assert not screen.query_one("#answer").cursor_blink
        screen._before = 300.0
        await screen._look()
        assert "0 of 15 min" in flat(app)
        await pilot.press("x")
        await screen._look()
        assert "5 of 15 min" in flat(app)


# ---- with a model


@pytest.fixture
def model(mock, monkeypatch):
    """A model is set up, and says what the test wants."""
    settings.put(paths.settings(), "endpoint", "http://localhost:9/v1")
    settings.put(paths.settings(), "model", "tiny")
    calls = []

    def says(what):
        def ask(self, item, prompt, said, aim):
            calls.append((prompt, said, aim))
            return what()

        monkeypatch.setattr(Endpoint, "ask", ask)

    says.calls = calls
    return says


async def test_nothing_is_sent_before_somebody_agreed_to_what_is_sent_where(mock, model):
    model(lambda: Reply(follow_up="And what arrives over it?", made={"r9": "blue bananas"}))
    app = mock()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(app, pilot)
        await press(app, pilot, "enter")
        shown = flat(app)
        assert "Sent to http://localhost:9/v1/chat/completions (on this machine), model tiny" in shown
        assert "y agrees, n goes on without it." in shown
        await press(app, pilot, "y")
        assert model.calls == []
        await answer(app, pilot, ANSWER + " And blue bananas.")
        assert len(model.calls) == 1
        assert "Worded by the model tiny: And what arrives over it?" in flat(app)
        await press(app, pilot, "f10", "f10")
        ticking = app.screen.ticking
        assert ticking.proposed["r9"].asker == "tiny"
        assert ticking.state["r9"] is None
        assert "suggested by the model tiny, from “blue bananas”" in ticking.row(8, 90).plain
    again = mock()
    async with again.run_test(size=(80, 24)) as pilot:
        await settled(again, pilot)
        await press(again, pilot, "enter")
        assert "question 1 of 4" in flat(again)


async def test_without_consent_the_rules_are_alone(mock, model):
    model(lambda: Reply(follow_up="And what arrives over it?"))
    app = mock()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(app, pilot)
        await press(app, pilot, "enter", "n")
        await answer(app, pilot, ANSWER)
        assert "question 2 of 4" in flat(app)
        assert model.calls == []


def fails():
    raise QuizError("The model at localhost did not help (it said 500); the rules go on alone.")


async def test_a_model_that_fails_is_one_calm_line(mock, model):
    model(fails)
    app = mock()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(app, pilot)
        await press(app, pilot, "enter", "y")
        await answer(app, pilot, ANSWER)
        assert "it said 500" in told(app)
        assert "question 2 of 4 · follow-up" in flat(app)


async def test_nobody_waits_for_a_slow_model(mock, model):
    held = threading.Event()
    model(lambda: Reply(follow_up=str(held.wait(5))))
    app = mock()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(app, pilot)
        await press(app, pilot, "enter", "y")
        app.screen.query_one("#answer").insert(ANSWER)
        await pilot.press("ctrl+s")
        for _ in range(50):
            await pilot.pause(0.02)
            if "The model is reading" in flat(app):
                break
        await pilot.press("n")
        await settled(app, pilot)
        assert isinstance(app.screen, TalkScreen)
        assert "question 2 of 4 · follow-up" in flat(app)
        held.set()
