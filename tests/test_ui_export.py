"""Export with the keyboard: format, part, evidence, file; nothing written over unasked, none for visitors."""

# ruff: noqa: F811 - fixtures are imported and then asked for by name

import asyncio
import json
import threading

import pytest
from textual.widgets import Input

from quizapp import export, served
from quizapp.errors import ExportError
from quizapp.export import wish
from quizapp.ui.browse import BrowseScreen
from quizapp.ui.export import ExportScreen
from quizapp.ui.home import HomeScreen
from tests.screen import flat, quiet  # noqa: F401 - a fixture

SIZES = [(80, 24), (120, 40)]


@pytest.fixture
def here(quiet, tmp_path, monkeypatch):
    """The folder that the app is started in."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


async def settled(app, pilot):
    for _ in range(3):
        await app.workers.wait_for_complete()
        await pilot.pause()


async def press(app, pilot, *keys):
    await pilot.press(*keys)
    await settled(app, pilot)


async def fill(app, pilot, name, text):
    line = app.screen.query_one(name, Input)
    line.focus()
    line.value = text
    await pilot.pause()


async def opened(app, pilot):
    await settled(app, pilot)
    app.open_export()
    await settled(app, pilot)
    assert isinstance(app.screen, ExportScreen)


# ---- what is asked ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "suffix", "name"),
    [
        ("", ".html", "questions.html"),
        ("questions.html", ".pdf", "questions.pdf"),
        ("~/deck.APKG", ".md", "~/deck.md"),
        ("my.notes", ".csv", "my.notes.csv"),
        ("a/b", ".gift", "a/b.gift"),
    ],
)
def test_a_file_is_named_after_its_format(text, suffix, name):
    assert wish.suffixed(text, suffix) == name


def test_a_tilde_is_home_and_nothing_is_an_error(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert wish.path_of(" ~/a.md ") == tmp_path / "a.md"
    with pytest.raises(ExportError, match="no file"):
        wish.path_of("  ")
    with pytest.raises(ExportError, match="nobody"):
        wish.path_of("~nobody-of-this-name/a.md")


def test_every_format_has_its_words():
    assert list(export.WORDS) == list(export.FORMATS)


# ---- the screen ------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [*SIZES, (24, 6)])
async def test_from_home_with_the_topic_at_the_cursor(quiet, here, size):
    app = quiet()
    async with app.run_test(size=size) as pilot:
        await settled(app, pilot)
        while not isinstance(app.screen, HomeScreen):
            await press(app, pilot, "escape")
        await press(app, pilot, "down", "x")
        assert isinstance(app.screen, ExportScreen)
        assert app.screen.query_one("#part", Input).value == "topic:attention"
        await press(app, pilot, "enter")
        assert (here / "questions.html").read_bytes().startswith(b"<!doctype html>")
        await press(app, pilot, "escape")
        assert isinstance(app.screen, HomeScreen)


@pytest.mark.parametrize("size", SIZES)
async def test_from_browse_with_its_filter_and_every_choice(quiet, here, size):
    app = quiet(start="browse", query="kind:choice")
    async with app.run_test(size=size) as pilot:
        await settled(app, pilot)
        await press(app, pilot, "x")
        place = list(export.FORMATS).index(".json")
        await press(app, pilot, *["down"] * place)
        assert "questions.json" in flat(app)
        assert "‹ yours, beside it what came with quizapp and packs ›" in flat(app)
        await press(app, pilot, "left")
        assert "‹ none ›" in flat(app)
        await press(app, pilot, "enter")
        assert "1 item, 0 claims" in flat(app)
        body = json.loads((here / "questions.json").read_text(encoding="utf-8"))
        assert [item["id"] for item in body["items"]] == ["fix-choice"]
        assert body["kept"] == "none"
        await press(app, pilot, "escape")
        assert isinstance(app.screen, BrowseScreen)


async def test_every_format_can_be_written(quiet, here):
    app = quiet()
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot)
        for suffix in export.FORMATS:
            await press(app, pilot, "enter")
            assert "13 items, 3 claims" in flat(app)
            assert (here / f"questions{suffix}").stat().st_size > 1000
            await press(app, pilot, "down")
        assert len(list(here.iterdir())) == len(export.FORMATS)


@pytest.mark.parametrize("size", SIZES)
async def test_a_file_is_written_over_only_when_asked_twice(quiet, here, size):
    (here / "questions.md").write_text("mine", encoding="utf-8")
    (here / "other.md").write_text("mine", encoding="utf-8")
    app = quiet()
    async with app.run_test(size=size) as pilot:
        await opened(app, pilot)
        await fill(app, pilot, "#file", "questions.md")
        await press(app, pilot, "enter")
        assert "questions.md is there already. Enter again writes over it." in flat(app)
        await fill(app, pilot, "#file", "other.md")
        await press(app, pilot, "enter")
        assert "other.md is there already" in flat(app)
        assert {path.read_text(encoding="utf-8") for path in here.iterdir()} == {"mine"}
        await press(app, pilot, "enter")
        assert "13 items" in flat(app)
        assert (here / "other.md").read_text(encoding="utf-8") != "mine"
        assert (here / "questions.md").read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize(
    ("part", "file", "said"),
    [
        ("level:zzz", "a.md", "there is no level"),
        ("zzzzzz", "a.md", "no item fits"),
        ("", "missing/a.md", "cannot be written"),
        ("", "a.docx", "there is no format"),
        ("", "", "no file is named"),
        ("", ".", "is a folder"),
        ("", "[bold]a[/].nope", "there is no format"),
    ],
)
async def test_what_goes_wrong_is_said_calmly(quiet, here, part, file, said):
    app = quiet()
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot)
        await fill(app, pilot, "#part", part)
        await fill(app, pilot, "#file", file)
        await press(app, pilot, "enter")
        assert said in flat(app)
        assert list(here.iterdir()) == []
        await fill(app, pilot, "#part", "")
        await fill(app, pilot, "#file", "good.md")
        await press(app, pilot, "enter")
        assert (here / "good.md").exists()


async def test_keys_do_not_wait_for_the_file_and_leaving_does_not_lose_it(quiet, here, monkeypatch):
    go = threading.Event()
    render = export.FORMATS[".md"]
    monkeypatch.setitem(export.FORMATS, ".md", lambda deck: (go.wait(20), render(deck))[1])
    app = quiet()
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot)
        await fill(app, pilot, "#file", "slow.md")
        await pilot.press("enter")
        await pilot.pause()
        assert "Writing..." in flat(app)
        await pilot.press("enter", "escape")  # once is enough
        await pilot.pause()
        assert isinstance(app.screen, HomeScreen)
        assert not (here / "slow.md").exists()
        go.set()
        for _ in range(200):
            await asyncio.sleep(0.02)
            if app._notifications:
                break
        (told,) = [notice.message for notice in app._notifications]
        assert "13 items" in told
        assert (here / "slow.md").exists()


@pytest.mark.parametrize("start", ["home", "browse"])
async def test_a_visitor_has_no_export(quiet, here, tmp_path, monkeypatch, start):
    monkeypatch.setenv(served.VARIABLE, str(tmp_path / "turn"))
    app = quiet(start=start)
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(app, pilot)
        at = app.screen
        await press(app, pilot, "x")
        app.open_export()
        await settled(app, pilot)
        assert app.screen is at
        await pilot.press("ctrl+p", *"export")
        await pilot.pause(0.3)
        assert "Questions with their evidence" not in flat(app)
        assert "export what" not in flat(app)
        await pilot.press("escape")
        app.push_screen(screen := ExportScreen())
        await pilot.pause()
        screen._ask()
        await settled(app, pilot)
        assert list(here.iterdir()) == []
