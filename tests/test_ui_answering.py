"""Each kind of item has its own way to be answered with the keyboard, and typed answers can be overruled."""

import pytest

from tests.screen import flat, quiet, text  # noqa: F401 - a fixture
from tests.test_ui_practice import only, settled, shown_place

SIZES = [(80, 24), (120, 40)]


@pytest.mark.parametrize("size", SIZES)
async def test_the_sentence_at_the_cursor_is_marked_in_its_text(quiet, size):  # noqa: F811
    app = only(quiet(start="study"), "fix-flaw")
    async with app.run_test(size=size) as pilot:
        spans = [span.text for span in app.screen.item.spans]
        assert f"›1 {spans[0]}" in flat(app)
        await pilot.press("down")
        assert f"›2 {spans[1]}" in flat(app)
        assert f"›1 {spans[0]}" not in flat(app)
        await pilot.press("enter")
        assert "Put it right" in flat(app)
        assert f"›2 {spans[1]}" in flat(app), "what was picked can still be read"
        await pilot.press(await shown_place(app, 0), "4")
        await settled(app, pilot)
        assert "✓ Right" in flat(app)


@pytest.mark.parametrize("size", SIZES)
async def test_gaps_fill_in_the_text_as_one_types(quiet, size):  # noqa: F811
    app = only(quiet(start="study"), "fix-cloze")
    async with app.run_test(size=size) as pilot:
        assert "[›1: ____]" in flat(app)
        assert "[2: ____]" in flat(app)
        await pilot.press(*"depth", "enter")
        assert "[1: depth]" in flat(app)
        assert "[›2: ____]" in flat(app)
        await pilot.press("shift+tab")
        assert "[›1: ____]" in flat(app)
        assert app.screen.query_one("#typed").value == "depth", "it can be put right"


async def test_an_interval_shows_what_was_typed_and_is_asked_again_when_it_is_none(quiet):  # noqa: F811
    app = only(quiet(start="study"), "fix-estimate")
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(*"lots", "enter")
        assert "Type one number, in GiB" in flat(app)
        assert app.screen.replies == []
        for _ in range(4):
            await pilot.press("backspace")
        await pilot.press(*"16", "enter")
        assert "Low end of your 90% interval: 16" in flat(app)
        await pilot.press(*"8", "enter")
        assert "below your low end, 16" in flat(app)
        await pilot.press("backspace", *"32", "enter", *"64", "enter", "3")
        await settled(app, pilot)
        assert "inside your interval; your best guess is within a factor of" in flat(app)


async def test_a_step_back_also_from_how_sure_one_is(quiet):  # noqa: F811
    app = only(quiet(start="study"), "fix-truefalse")
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("2")
        assert "True or false: False" in flat(app)
        await pilot.press("1")
        assert "How sure" in flat(app)
        await pilot.press("shift+tab")
        assert "Because" in flat(app)
        assert "How sure" not in flat(app)
        await pilot.press("shift+tab", "shift+tab", "1", await shown_place(app, 0))
        assert app.screen.replies[0] == 0
        await pilot.press("4")
        await settled(app, pilot)
        assert "✓ Right" in flat(app)
        await pilot.press("shift+tab")
        assert "✓ Right" in flat(app), "what was answered is answered"


async def test_picking_several_needs_one_and_an_order_fills_its_last_place(quiet):  # noqa: F811
    app = only(quiet(start="study"), "fix-multi", "fix-order")
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("enter")
        assert "How sure" not in flat(app)
        await pilot.press("1", "enter", "enter")
        await settled(app, pilot)
        await pilot.press("enter")
        assert app.screen.item.id == "fix-order"
        await pilot.press("2", "1", "3")
        assert "2 (1) " in flat(app)
        await pilot.press("backspace", "4", "enter")
        assert app.screen.replies == [[1, 0, 3, 2]]


@pytest.mark.parametrize("size", [(80, 24), (60, 12)])
async def test_the_cursor_stays_in_sight_in_a_long_list(quiet, size):  # noqa: F811
    app = only(quiet(start="study"), "fix-open")
    async with app.run_test(size=size) as pilot:
        await pilot.press("space")
        assert "A senior answer" not in flat(app), "nothing is told before one says how sure one is"
        await pilot.press("3")
        for _ in app.screen.steps[1].options:
            await pilot.press("down")
            await pilot.pause()
            assert any(line.strip().startswith("› ") for line in text(app).splitlines())
        await pilot.press("pageup", "pageup", "pageup")
        assert app.screen.item.prompt[:20] in flat(app)


async def test_shapes_of_curves_have_a_sketch(quiet):  # noqa: F811
    app = quiet(start="study", query="id:fix-plot")
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(app, pilot)
        shown = flat(app)
        await pilot.press("1")
        assert app.screen.item.ask[0].prompt.rstrip("?") in flat(app), "what was predicted stays in sight"
        assert shown != flat(app)


async def test_code_is_indented_and_options_hang(quiet):  # noqa: F811
    app = only(quiet(start="study"), "fix-code")
    async with app.run_test(size=(80, 24)):
        first = app.screen.item.code.splitlines()[0]
        assert any(line.startswith("     ") and first in line for line in text(app).splitlines())


# ---- overruling -------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
async def test_a_typed_answer_is_overruled_and_that_is_undone(quiet, size):  # noqa: F811
    app = only(quiet(start="study"), "fix-cloze")
    async with app.run_test(size=size) as pilot:
        await pilot.press(*"dim", "enter", *"root of it", "enter", "4")
        await settled(app, pilot)
        assert "✗ Wrong" in flat(app)
        assert "Not accepted: “dim” is none of" in flat(app)
        await pilot.press("o")
        await settled(app, pilot)
        assert "✓ Right overruled by you, you were 90% sure" in flat(app)
        (review,) = app.store.reviews()
        assert (review.correct, review.overruled, review.rating) == (True, True, 3)
        await pilot.press("u")
        await settled(app, pilot)
        assert "✗ Wrong" in flat(app)
        (review,) = app.store.reviews()
        assert (review.correct, review.overruled, review.rating) == (False, False, 1)
        for key in "ouu":
            await pilot.press(key)
            await settled(app, pilot)
        assert app.store.reviews() == []
        assert app.screen.phase == "ask"


async def test_what_was_picked_cannot_be_overruled(quiet):  # noqa: F811
    app = only(quiet(start="study"), "fix-choice")
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(await shown_place(app, 0), "4")
        await settled(app, pilot)
        assert "overrule" not in flat(app)
        await pilot.press("o")
        await settled(app, pilot)
        assert [review.overruled for review in app.store.reviews()] == [False]


@pytest.mark.parametrize(
    ("id_", "keys"), [("fix-choice", "1"), ("fix-multi", ("1", "enter")), ("fix-code", "1")]
)
async def test_what_is_said_about_options_keeps_their_order(quiet, id_, keys):  # noqa: F811
    app = only(quiet(start="study"), id_)
    async with app.run_test(size=(120, 60)) as pilot:
        options = [" ".join(option.split())[:30] for option in app.screen.steps[0].options]
        await pilot.press(*keys, "4")
        await settled(app, pilot)
        told = flat(app)
        assert sorted(options, key=told.index) == options
