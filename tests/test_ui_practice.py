"""Practice with the keyboard: every mode of answering, undo, ratings, and nothing lost."""

import asyncio
from contextlib import suppress

import pytest
from textual.worker import WorkerFailed

from quizapp import paths, reference
from quizapp.errors import StoreError
from quizapp.model import Cloze
from quizapp.store import Store
from tests.screen import flat, quiet, settled  # noqa: F401 - a fixture

SIZES = [(80, 24), (120, 40)]


def only(app, *ids):
    """Leave these items in the app's bank, asked in this order."""
    items = {id_: app.bank.items[id_] for id_ in ids}
    object.__setattr__(app.bank, "items", items)
    return app


async def shown_place(app, place_in_file):
    """The key that picks the option at a place of the file."""
    step = app.screen.steps[len(app.screen.replies)]
    return str(step.order.index(place_in_file) + 1)


@pytest.mark.parametrize("size", SIZES)
async def test_a_choice_from_question_to_rating(quiet, size):  # noqa: F811
    app = only(quiet(start="study"), "fix-choice")
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        assert "What happens to the gradient" in flat(app)
        await pilot.press(await shown_place(app, 1))
        assert "How sure are you?" in flat(app)
        assert app.store.reviews() == []
        await pilot.press("4")
        await settled(app, pilot)
        shown = flat(app)
        assert "✓ Right" in shown
        assert "90% sure" in shown
        (review,) = app.store.reviews()
        assert (review.item, review.correct, review.confidence, review.rating) == ("fix-choice", True, 0.9, 3)
        await pilot.press("2")
        await settled(app, pilot)
        assert [review.rating for review in app.store.reviews()] == [2]


async def test_feedback_of_every_option_can_be_reached_at_80x24(quiet):  # noqa: F811
    app = only(quiet(start="study"), "fix-choice")
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(await shown_place(app, 0), "enter")
        await settled(app, pilot)
        seen = flat(app)
        for _ in range(10):
            await pilot.press("down")
            seen += flat(app)
        for words in ("Wrong", "product of a hundred factors", "took the sum for a free path", "Say aloud"):
            assert words in seen


async def test_undo_works_on_the_last_card_of_the_sitting(quiet):  # noqa: F811
    app = only(quiet(start="study"), "fix-card")
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("space", "3")
        assert "true previous tokens" in flat(app)
        await pilot.press("4")
        await settled(app, pilot)
        assert "Nothing more to ask now" in flat(app)
        await pilot.press("u")
        await settled(app, pilot)
        assert "teacher forcing" in flat(app)
        assert app.store.reviews() == []


async def test_undo_with_nothing_to_undo_keeps_what_was_begun(quiet):  # noqa: F811
    app = only(quiet(start="study"), "fix-flaw")
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("2")
        assert "Put it right" in flat(app)
        await pilot.press("u")
        await pilot.pause()
        assert "Put it right" in flat(app)


async def test_a_multi_toggles_and_an_order_needs_every_option(quiet):  # noqa: F811
    app = only(quiet(start="study"), "fix-multi", "fix-order")
    async with app.run_test(size=(80, 24)) as pilot:
        multi = app.screen.item.id == "fix-multi"
        assert multi
        await pilot.press("1", "1", await shown_place(app, 0), await shown_place(app, 1))
        picked = app.screen.picking.picked
        wanted = {app.screen.steps[0].order.index(place) for place in (0, 1)}
        assert set(picked) - {0} == wanted - {0}
        await pilot.press("enter", "enter")
        await settled(app, pilot)
        await pilot.press("enter")
        assert app.screen.item.id == "fix-order"
        await pilot.press("1", "2", "enter")
        assert "How sure" not in flat(app)
        await pilot.press("3", "4", "enter")
        assert "How sure" in flat(app)


async def test_typing_a_cloze(quiet):  # noqa: F811
    app = only(quiet(start="study"), "fix-cloze")
    async with app.run_test(size=(80, 24)) as pilot:
        assert isinstance(app.screen.item, Cloze)
        await pilot.press("enter")
        assert app.screen.replies == []
        await pilot.press("d", "enter", *"sqrt d", "enter", "5")
        await settled(app, pilot)
        assert "✓ Right" in flat(app)


async def test_an_open_answer_is_graded_by_its_rubric(quiet):  # noqa: F811
    app = only(quiet(start="study"), "fix-open")
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("space")
        assert "How sure" in flat(app)
        assert "Training is parallel" not in flat(app)
        await pilot.press("3")
        assert "Training is parallel" in flat(app)
        await pilot.press("1", "2", "enter")
        await settled(app, pilot)
        (review,) = app.store.reviews()
        assert (review.correct, review.score, review.confidence) == (True, 0.8, 0.75)


async def test_leaving_and_coming_back_goes_on_where_it_was(quiet):  # noqa: F811
    app = only(quiet(), "fix-choice", "fix-card")
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("s")
        await pilot.pause()
        first = app.screen.item.id
        key = "space" if first == "fix-card" else "1"
        await pilot.press(key, "enter", *(["3"] if first == "fix-card" else []))
        await settled(app, pilot)
        await pilot.press("escape", "s")
        await pilot.pause()
        assert app.screen.item.id != first
    kept = Store(paths.answers())
    assert [review.item for review in kept.reviews()] == [first]
    kept.close()


async def test_a_topic_without_items_says_so(quiet):  # noqa: F811
    app = only(quiet(start="study", topic="synthesis"), "fix-choice")
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert "no item on this topic yet" in flat(app)


@pytest.mark.parametrize("size", [(20, 5), (40, 10), (200, 60)])
async def test_any_size_of_terminal(quiet, size):  # noqa: F811
    app = quiet(start="study")
    async with app.run_test(size=size) as pilot:
        for key in ("1", "enter", "enter", "question_mark", "escape", "escape"):
            await pilot.press(key)
        await settled(app, pilot)
        assert app.is_running


async def test_markup_in_a_bank_is_shown_as_it_is(quiet):  # noqa: F811
    app = only(quiet(start="study"), "fix-choice")
    hostile = "[bold red]{not} [/] markup[link=x]y"
    object.__setattr__(app.bank.items["fix-choice"], "stem", hostile)
    try:
        async with app.run_test(size=(80, 24)) as pilot:
            await pilot.pause()
            assert hostile in flat(app)
    finally:
        object.__setattr__(app.bank.items["fix-choice"], "stem", "What happens to the gradient?")


# ---- items that ask for a measurement ---------------------------------------------------------------


async def test_a_measurement_is_graded_by_the_reference_until_one_has_ones_own(quiet):  # noqa: F811
    app = only(quiet(start="study"), "fix-number")
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(app, pilot)
        assert "By how many nats per token" in flat(app)
        await pilot.press(*"0.25", "enter", "enter")
        await settled(app, pilot)
        assert "✓ Right" in flat(app)
        assert "0.2496" in flat(app)


async def test_practice_goes_on_without_a_reference(quiet, monkeypatch, tmp_path):  # noqa: F811
    (tmp_path / "cpu.jsonl").write_text("half a li", encoding="utf-8")
    whole = reference.load
    monkeypatch.setattr(reference, "load", lambda: whole(tmp_path))
    app = only(quiet(start="study"), "fix-number", "fix-choice")
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await settled(app, pilot)
        assert "What happens to the gradient" in flat(app), "the measurement is not asked for"
        assert "cpu.jsonl:1: is not a run" in flat(app)
        assert app.reference.runs == {}


# ---- marks ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["s", "b"])
async def test_an_item_is_put_aside_and_undoing_asks_it_again(quiet, key):  # noqa: F811
    app = only(quiet(start="study"), "fix-choice", "fix-card")
    async with app.run_test(size=(80, 24)) as pilot:
        first = app.screen.item.id
        await pilot.press(key)
        await settled(app, pilot)
        second = app.screen.item.id
        assert second != first
        assert "0 due, 1 new" in flat(app)
        await pilot.press(key)
        await settled(app, pilot)
        assert "suspended or buried" in flat(app)
        for expected in (second, first):
            await pilot.press("u")
            await settled(app, pilot)
            assert app.screen.item.id == expected
        assert "0 due, 2 new" in flat(app)
        assert len(app.store.marks()) == 4
        assert app.store.reviews() == []


async def test_flag_and_note_leave_the_item_where_it_is(quiet):  # noqa: F811
    app = only(quiet(start="study"), "fix-choice")
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("f")
        await settled(app, pilot)
        assert "· flagged" in flat(app)
        await pilot.press("n", *"[i]mind", "enter")
        await settled(app, pilot)
        assert "What happens to the gradient" in flat(app)
        assert "mind" not in flat(app), "a note may give the answer away"
        await pilot.press(await shown_place(app, 1), "4")
        await settled(app, pilot)
        for _ in range(12):
            await pilot.press("down")
        assert "Your note: [i]mind" in flat(app)


async def test_undo_takes_back_the_mark_first_and_then_the_answer(quiet):  # noqa: F811
    app = only(quiet(start="study"), "fix-choice")
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(await shown_place(app, 1), "4")
        await settled(app, pilot)
        await pilot.press("s")
        await settled(app, pilot)
        assert app.screen.phase == "told", "the feedback can still be read"
        assert "· suspended" in flat(app)
        await pilot.press("u")
        await settled(app, pilot)
        assert (app.screen.phase, len(app.store.reviews())) == ("told", 1)
        await pilot.press("u")
        await settled(app, pilot)
        assert (app.screen.phase, app.store.reviews()) == ("ask", [])


async def test_a_filter_chooses_what_is_asked(quiet):  # noqa: F811
    app = quiet(start="study", query="kind:card or kind:choice")
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert "0 due, 2 new" in flat(app)
    app.store.close()


async def test_a_filter_that_fits_nothing_says_so(quiet):  # noqa: F811
    app = quiet(start="study", query="is:suspended")
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert "No item fits the filter" in flat(app)


def full(*_, **__):
    raise StoreError("could not write: database or disk is full", "Free some space.")


KEYS = {"fix-choice": ["1", "4"], "fix-card": ["space", "3", "3"], "fix-open": ["space", "4", "1", "enter"]}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("id_", KEYS)
async def test_an_answer_that_cannot_be_kept_can_be_given_again(quiet, monkeypatch, size, id_):  # noqa: F811
    app = only(quiet(start="study"), id_)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        monkeypatch.setattr(app.store, "add_review", full)
        await pilot.press(*KEYS[id_])
        await settled(app, pilot)
        assert all("disk is full" in toast.message for toast in app._notifications)
        assert app._notifications
        assert app.store.reviews() == []
        monkeypatch.undo()
        again = {"fix-choice": ["4"], "fix-card": ["3"]}.get(id_, KEYS[id_][2:])
        await pilot.press(*again)
        await settled(app, pilot)
        assert [review.item for review in app.store.reviews()] == [id_]


async def test_what_cannot_be_taken_back_can_be_tried_again(quiet, monkeypatch):  # noqa: F811
    app = only(quiet(start="study"), "fix-choice")
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.press("1", "4")
        await settled(app, pilot)
        monkeypatch.setattr(app.store, "amend", full)
        await pilot.press("u")
        await settled(app, pilot)
        await pilot.press("3")
        await settled(app, pilot)
        assert all("disk is full" in toast.message for toast in app._notifications)
        assert app._notifications
        monkeypatch.undo()
        await pilot.press("u")
        await settled(app, pilot)
        assert app.store.reviews() == []


async def test_elsewhere_it_ends_the_app_with_a_sentence(quiet, monkeypatch, capsys):  # noqa: F811
    app = only(quiet(start="study"), "fix-choice")
    monkeypatch.setattr(app.store, "add_run", full)

    async def run():
        async with app.run_test(size=(80, 24)) as pilot:
            await pilot.pause()
            worker = app.run_worker(asyncio.to_thread(app.store.add_run))
            with suppress(WorkerFailed):
                await worker.wait()
            await pilot.pause()

    with pytest.raises(WorkerFailed):
        await run()
    assert app.return_code == 2
    said = capsys.readouterr()
    assert "Traceback" not in said.out + said.err
