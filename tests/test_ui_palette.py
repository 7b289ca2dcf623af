"""The command palette: everything within reach, nothing taken for markup, enter never means an older word."""

# ruff: noqa: F811 - fixtures are imported and then asked for by name

import time

import pytest

from quizapp import paths, settings
from quizapp.places import Index, Place, of
from quizapp.ui.browse import BrowseScreen
from quizapp.ui.home import HomeScreen
from quizapp.ui.practice import PracticeScreen
from quizapp.ui.prove import ProveScreen
from tests.screen import flat, quiet  # noqa: F401 - a fixture


async def until(pilot, true):
    """Wait for something that threads do."""
    for _ in range(3000):
        await pilot.pause(0.01)
        if true():
            return
    raise AssertionError(flat(pilot.app))


async def opened(app, pilot, typed=""):
    await pilot.press("ctrl+p")
    await until(pilot, lambda: " here " in flat(app))
    await pilot.press(*typed)


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_it_begins_with_what_keys_do_here(quiet, size):
    app = quiet()
    async with app.run_test(size=size) as pilot:
        await opened(app, pilot)
        shown = flat(app)
        below = ("theme light",) if size[1] > 24 else ()
        for words in ("statistics: how the practice is going t", "theme dark", "quit q", *below):
            assert words in shown
        await pilot.press("escape")
        assert isinstance(app.screen, HomeScreen)


async def test_a_topic_a_claim_and_an_item_are_a_few_letters_away(quiet):
    app = quiet()
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot, "study parallel")
        await until(pilot, lambda: "study parallelism" in flat(app))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, PracticeScreen))
        assert app.screen.study.topic == "parallelism"
        await opened(app, pilot, "lstm-gradient-fades")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ProveScreen))
        await opened(app, pilot, "teacher forcing")
        await until(pilot, lambda: "item fix-card" in flat(app))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, BrowseScreen))
        assert app.screen._at.id == "fix-card"
        await opened(app, pilot, "go home")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, HomeScreen))


async def test_enter_right_after_the_letters_means_the_letters(quiet):
    app = quiet(start="study")
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot)
        first = app._screen_stacks[app._current_mode][0].item
        await pilot.press(*"theme light", "enter")
        await until(pilot, lambda: app.theme == "light")
        await app.workers.wait_for_complete()
        assert app.screen.item is first
        assert settings.load(paths.settings()).theme == "light"


async def test_a_question_under_it_is_as_it_was(quiet):
    app = quiet(start="study")
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        before = flat(app)
        await opened(app, pilot, "x" * 30)
        await pilot.press("enter", "escape")
        await pilot.pause()
        assert flat(app) == before


async def test_what_files_say_is_no_markup(quiet):
    app = quiet()
    object.__setattr__(app.bank.items["fix-choice"], "stem", "[bold]{x} [/] zzz")
    try:
        async with app.run_test(size=(80, 24)) as pilot:
            await opened(app, pilot, "zzz")
            await until(pilot, lambda: "[bold]{x} [/] zzz" in flat(app))
    finally:
        object.__setattr__(app.bank.items["fix-choice"], "stem", "What happens to the gradient?")


# ---- the index ---------------------------------------------------------------------------------------


def test_every_place_of_a_bank(all_kinds):
    places = list(of(all_kinds))
    assert {place.kind for place in places} == {"study", "prove", "item"}
    assert {place.name for place in places if place.kind == "item"} == set(all_kinds.items)
    assert all(all_kinds.claims[place.name].checks for place in places if place.kind == "prove")
    flaw = next(place for place in places if place.name == "fix-flaw")
    assert len(flaw.about) > 40, "a flaw is found by what is said in it"


PLACES = (
    Place("item", "path-lstm", "Which one?"),
    Place("item", "lstm-long", "Why?"),
    Place("study", "path_length"),
    Place("item", "other", "About an LSTM of old"),
)


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        ("lstm", ["lstm-long", "path-lstm", "other"]),
        ("path length", ["path_length"]),
        ("study", ["path_length"]),
        ("old lstm", ["other"]),
        ("OLD", ["other"]),
        ("llg", ["lstm-long"]),
        ("qq", []),
    ],
)
def test_the_nearest_comes_first(typed, names):
    assert [place.name for place in Index(PLACES).find(typed, 5)] == names


def test_five_thousand_items_are_no_matter():
    index = Index(Place("item", f"att-{n}-gradient-{n % 7}", "softmax of a kernel " * 4) for n in range(5000))
    for typed in ("a", "gradient", "soft kern", "grdnt", "zzz"):
        began = time.process_time()
        assert len(index.find(typed, 20)) == (0 if typed == "zzz" else 20)
        assert time.process_time() - began < 0.5, typed
