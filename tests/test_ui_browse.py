"""Browse with the keyboard: filter, look without being told, mark, jump, edit."""

import shutil
import sys
from contextlib import nullcontext
from datetime import UTC, datetime

import pytest
from textual.app import SuspendNotSupported

from quizapp import paths
from quizapp.model import Review
from quizapp.ui.app import QuizApp
from quizapp.ui.browse import BrowseScreen
from quizapp.ui.marks import NoteScreen
from quizapp.ui.problems import ProblemsScreen
from tests.conftest import FIXTURE_BANK
from tests.screen import flat, quiet, text  # noqa: F401 - a fixture
from tests.screen import settled as ready
from tests.test_query import many

SIZES = [(80, 24), (120, 40)]
ANSWER = "took the sum for a free path"


async def until(pilot, app, words):
    """Wait for words while a sheet is open, whose worker does not end before it is closed."""
    for _ in range(1500):
        await pilot.pause(0.02)
        if words in text(app):
            return
    pytest.fail(f"{words!r} is not on the screen:\n{text(app)}")


def answered(item, correct, at):
    return Review(
        item=item, rev=1, at=at, given="1", score=1, correct=correct, confidence=0.9, rating=3, seconds=7.0
    )


async def test_the_filter_comes_out_from_under_an_item_in_full(quiet):  # noqa: F811
    app = quiet(start="browse")
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(app, pilot)
        await pilot.press("enter", "slash", *"kind:ch")
        await pilot.pause()
        assert app.screen.query_one("#filter").display
        assert "kind:ch" in flat(app)
        assert "1 of 1 that fit, 13 in all" in flat(app)


@pytest.mark.parametrize("size", SIZES)
async def test_filter_as_one_types_and_look_without_being_told(quiet, size):  # noqa: F811
    app = quiet(start="browse")
    async with app.run_test(size=size) as pilot:
        await ready(app, pilot)
        assert "1 of 13 items" in flat(app)
        await pilot.press("slash", *"kind:ch")
        assert "1 of 1 that fit, 13 in all" in flat(app)
        assert "An LSTM with a forget gate" in flat(app)
        assert "A. It" in flat(app)
        await pilot.press("enter", "enter")
        await pilot.pause()
        assert ANSWER not in flat(app)
        assert "✓" not in flat(app)
        await pilot.press("space")
        await pilot.pause()
        assert ANSWER in flat(app)
        assert "✓" in flat(app)
        await pilot.press("space")
        await pilot.pause()
        assert ANSWER not in flat(app)
        await pilot.press("escape")
        assert app.screen._listing.has_focus
        await pilot.press("escape")
        await pilot.pause()
        assert "all topics" in flat(app)


async def test_no_answer_of_any_kind_is_shown_before_the_key(quiet):  # noqa: F811
    secret = {
        "fix-card": "true previous tokens",
        "fix-open": "Training is parallel",
        "fix-truefalse": "permuting the rows",
        "fix-flaw": "Put it right",
    }
    app = quiet(start="browse")
    async with app.run_test(size=(120, 60)) as pilot:
        await ready(app, pilot)
        for name in app.screen._listing.names:
            app.screen._listing.go(app.screen._listing.names.index(name))
            await pilot.press("enter")
            await pilot.pause()
            assert secret.get(name, "✓") not in flat(app), name
            await pilot.press("space")
            await pilot.pause()
            assert secret.get(name, "Answer" if "✓" not in flat(app) else "✓") in flat(app), name
            await pilot.press("enter")


async def test_another_item_is_hidden_again(quiet):  # noqa: F811
    app = quiet(start="browse")
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(app, pilot)
        await pilot.press("space", "down", "up")
        await pilot.pause()
        assert "space shows the answer" in flat(app)


async def test_a_query_that_is_wrong_says_so_and_keeps_the_list(quiet):  # noqa: F811
    app = quiet(start="browse")
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(app, pilot)
        await pilot.press("slash")
        app.screen.query_one("#filter").value = "topik:x"
        await pilot.pause()
        assert "Did you mean topic:?" in flat(app)
        assert "1 of 13 items" in flat(app)
        await pilot.press(*["backspace"] * 7, *"zzz")
        await pilot.pause()
        assert "Did you mean" not in flat(app)
        assert "No item fits the filter" in flat(app)
        await pilot.press("enter", "s", "space", "enter", "e", "u", "f")
        await ready(app, pilot)
        assert app.store.marks() == []


async def test_the_history_of_an_item(quiet):  # noqa: F811
    app = quiet(start="browse", query="id:fix-choice")
    for day, correct in ((1, False), (2, True)):
        app.store.add_review(answered("fix-choice", correct, datetime(2026, 2, day, 12, tzinfo=UTC)))
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(app, pilot)
        await pilot.press("enter")
        await pilot.pause()
        shown = flat(app)
        for words in ("due now", "stability", "difficulty", "✗ wrong, good, 90% sure, 7 s", "✓ right"):
            assert words in shown
        assert shown.index("02 Feb 2026") < shown.index("01 Feb 2026"), "the newest first"
        await pilot.press("escape")
        await pilot.pause()
        assert "› due" in text(app)


async def test_marks_are_shown_kept_and_undone(quiet):  # noqa: F811
    app = quiet(start="browse")
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(app, pilot)
        name = app.screen._listing.current
        await pilot.press("s", "f")
        await ready(app, pilot)
        assert "› suspended *" in text(app)
        await pilot.press("n", *"[b]ask")
        await pilot.pause()
        await pilot.press("enter")
        await ready(app, pilot)
        assert "Note: [b]ask" in flat(app)
        assert "› suspended *n" in text(app)
        assert [(mark.item, mark.kind) for mark in app.store.marks()] == [
            (name, "suspend"),
            (name, "flag"),
            (name, "note"),
        ]
        await pilot.press("down", "u", "u", "ctrl+z")
        await ready(app, pilot)
        await pilot.press("b")
        await ready(app, pilot)
        assert app.screen._listing.current == name, "undoing shows what is undone"
        assert "› buried" in text(app)
        assert "Note:" not in flat(app)
        assert len(app.store.marks()) == 7


async def test_a_note_can_be_left_as_it_was(quiet):  # noqa: F811
    app = quiet(start="browse")
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(app, pilot)
        await pilot.press("n", "x")
        assert isinstance(app.screen, NoteScreen)
        await pilot.press("escape")
        await ready(app, pilot)
        assert isinstance(app.screen, BrowseScreen)
        assert app.store.marks() == []


async def test_keys_typed_fast_are_taken_in_their_order(quiet):  # noqa: F811
    app = quiet(start="browse")
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(app, pilot)
        first, second, third = app.screen._listing.names[:3]
        for key in ("f", "down", "s", "down", "space"):
            app.simulate_key(key)
        await ready(app, pilot)
        assert [(mark.item, mark.kind) for mark in app.store.marks()] == [
            (first, "flag"),
            (second, "suspend"),
        ]
        assert app.screen.revealed == third


async def test_jump_to_an_item_and_to_a_topic(quiet):  # noqa: F811
    app = quiet(start="browse", query="kind:choice")
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(app, pilot)
        await pilot.press("g", *"fxcard")
        await until(pilot, app, "› fix-card")
        await pilot.press("enter")
        await ready(app, pilot)
        assert app.screen._listing.current == "fix-card"
        assert app.screen.text == "", "it does not fit the filter, so the filter goes"
        await pilot.press("g", *"quad")
        await until(pilot, app, "› quadratic_cost")
        await pilot.press("enter")
        await ready(app, pilot)
        assert app.bank.items[app.screen._listing.current].topic == "quadratic_cost"
        await pilot.press("g", "z", "escape")
        await ready(app, pilot)
        assert isinstance(app.screen, BrowseScreen)


async def test_home_opens_it_and_counts_what_is_left(quiet):  # noqa: F811
    app = quiet()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("b")
        await ready(app, pilot)
        await pilot.press("s")
        await ready(app, pilot)
        await pilot.press("escape")
        await ready(app, pilot)
        assert "12 new" in flat(app)


@pytest.mark.parametrize("size", [(24, 6), (20, 5), (40, 10), (200, 60)])
async def test_any_size_of_terminal(quiet, size):  # noqa: F811
    app = quiet(start="browse")
    async with app.run_test(size=size) as pilot:
        await ready(app, pilot)
        question = text(app).partition("›")[2].partition("\n")[0].split()
        assert question[0] == ("new" if size[0] >= 40 else "An")  # the stem has what room there is
        for key in (
            "down",
            "enter",
            "space",
            "down",
            "enter",
            "g",
            "escape",
            "n",
            "escape",
            "slash",
            "x",
            "escape",
        ):
            await pilot.press(key)
        await pilot.press("question_mark", "escape", "end")
        await ready(app, pilot)
        assert app.is_running


async def test_markup_in_a_bank_is_shown_as_it_is(quiet):  # noqa: F811
    app = quiet(start="browse", query="id:fix-choice")
    hostile = "[bold red]{not} [/] markup[link=x]y"
    object.__setattr__(app.bank.items["fix-choice"], "stem", hostile)
    try:
        async with app.run_test(size=(120, 24)) as pilot:
            await ready(app, pilot)
            await pilot.press("enter")
            await pilot.pause()
            assert hostile in flat(app)
    finally:
        object.__setattr__(app.bank.items["fix-choice"], "stem", "What happens to the gradient?")


async def test_five_thousand_items_draw_only_what_is_in_sight(quiet, all_kinds):  # noqa: F811
    app = quiet(start="browse")
    app.bank = many(all_kinds, 5000)
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(app, pilot)
        drawn = []
        draw = app.screen._listing._draw
        app.screen._listing._draw = lambda *row: drawn.append(row[0]) or draw(*row)
        await pilot.press("end")
        await pilot.pause()
        assert "5000 of 5000 items" in flat(app)
        assert len(drawn) < 100


# ---- the question files -----------------------------------------------------------------------------


@pytest.fixture
def edited(home, tmp_path, monkeypatch):
    """An app on a bank of its own, and how an editor (a Python program) changes the file it is given."""
    folder = tmp_path / "questions"
    shutil.copytree(FIXTURE_BANK, folder)
    monkeypatch.setattr(paths, "questions", lambda: folder)

    async def nothing(self) -> None:
        return None

    monkeypatch.setattr(QuizApp, "_warm", nothing)
    monkeypatch.setattr(QuizApp, "suspend", lambda self: nullcontext())

    def by(old, new):
        program = tmp_path / "editor.py"
        code = (
            "import pathlib, sys\n"
            "line, file = sys.argv[1], pathlib.Path(sys.argv[2])\n"
            "text = file.read_text()\n"
            f"file.write_text(text.replace({old!r}, {new!r}))\n"
            f"pathlib.Path({str(tmp_path / 'line')!r}).write_text(line)\n"
        )
        program.write_text(code, encoding="utf-8")
        monkeypatch.setenv("VISUAL", f"{sys.executable} {program}")
        return QuizApp(start="browse", query="id:fix-choice")

    return by


async def test_an_edit_is_seen_at_once_and_the_session_goes_on(edited, tmp_path):
    app = edited("What happens to the gradient", "What becomes of the gradient")
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(app, pilot)
        await pilot.press("f")
        await ready(app, pilot)
        await pilot.press("e")
        await ready(app, pilot)
        assert "1 of 1 that fit" in flat(app)
        await pilot.press("enter")
        await pilot.pause()
        assert "What becomes of the gradient" in flat(app)
        lines = (tmp_path / "questions" / "all_kinds.yaml").read_text().splitlines()
        assert "fix-choice" in lines[int((tmp_path / "line").read_text()) - 1]
        await pilot.press("u")
        await ready(app, pilot)
        assert [mark.value for mark in app.store.marks()] == ["on", ""], "the undo goes back beyond the edit"


async def test_a_broken_bank_shows_the_problems_and_keeps_the_old_one(edited):
    app = edited("kind: card", "kind: cart")
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(app, pilot)
        await pilot.press("e")
        await ready(app, pilot)
        assert isinstance(app.screen, ProblemsScreen)
        assert "unknown kind 'cart'" in flat(app)
        assert "stay as they were" in flat(app)
        await pilot.press("enter")
        await ready(app, pilot)
        assert len(app.bank.items) == 13
        assert "forget gate" in flat(app)


@pytest.mark.parametrize("why", ["no editor", "no terminal"])
async def test_where_no_editor_can_be_opened_it_says_so(edited, monkeypatch, why):
    app = edited("a", "b")
    if why == "no editor":
        monkeypatch.setenv("VISUAL", "no-such-editor")
    else:

        def refuse(self):
            raise SuspendNotSupported

        monkeypatch.setattr(QuizApp, "suspend", refuse)
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await ready(app, pilot)
        await pilot.press("e")
        await ready(app, pilot)
        said = " ".join(note.message for note in app._notifications)
        assert ("no-such-editor" if why == "no editor" else "press r") in said


@pytest.mark.parametrize(("columns", "letters"), [(80, 36), (100, 50), (120, 34), (160, 50)])
async def test_the_question_has_most_of_a_row(quiet, columns, letters):  # noqa: F811
    app = quiet(start="browse")
    async with app.run_test(size=(columns, 30)) as pilot:
        await ready(app, pilot)
        item = app.bank.items["fix-open"]
        asked = " ".join(item.prompt.split())
        assert asked[:letters] in text(app)
        assert ("fix-open " in text(app)) == (columns < 110)
