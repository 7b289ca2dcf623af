"""Home, help, themes, problems."""

import shutil

from textual.css.query import NoMatches
from textual.worker import WorkerFailed

from quizapp import paths
from quizapp.ui.app import QuizApp
from tests.conftest import FIXTURE_BANK
from tests.screen import flat, quiet, settled  # noqa: F401 - a fixture


async def test_home_counts_and_opens_a_topic(quiet):  # noqa: F811
    app = quiet()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(app, pilot)
        shown = flat(app)
        assert "13 new" in shown
        assert "Nothing proved yet" in shown
        await pilot.press("down", "enter")
        await pilot.pause()
        assert app.screen.study.topic is not None
        await pilot.press("escape")
        await settled(app, pilot)
        assert "13 new" in flat(app)


async def test_every_screen_explains_its_keys(quiet):  # noqa: F811
    app = quiet()
    async with app.run_test(size=(80, 24)) as pilot:
        for key in (None, "s", "c"):
            if key:
                await pilot.press(key)
            await pilot.press("f1")
            await pilot.pause()
            assert "Keys" in flat(app)
            await pilot.press("escape")
            await pilot.press("escape")
            await pilot.pause()


async def test_every_theme(quiet):  # noqa: F811
    app = quiet()
    async with app.run_test(size=(80, 24)) as pilot:
        seen = [app.theme]
        for _ in range(3):
            await pilot.press("f2")
            seen.append(app.theme)
        assert seen == ["dark", "light", "contrast", "dark"]


async def test_problems_are_listed_and_one_can_go_on(home, tmp_path, monkeypatch):
    folder = tmp_path / "questions"
    shutil.copytree(FIXTURE_BANK, folder)
    bank = folder / "all_kinds.yaml"
    bank.write_text(bank.read_text().replace("kind: card", "kind: cart"), encoding="utf-8")
    monkeypatch.setattr(paths, "questions", lambda: folder)
    app = QuizApp()
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.pause()
        assert "unknown kind 'cart'" in flat(app)
        assert "all_kinds.yaml:" in flat(app)
        await pilot.press("enter")
        await settled(app, pilot)
        assert "12 new" in flat(app)


async def test_what_a_worker_misses_once_somebody_quit_is_no_error(quiet):  # noqa: F811
    app = quiet()
    async with app.run_test(size=(80, 24)):
        app.exit()
        app._handle_exception(WorkerFailed(NoMatches("the status")))
    assert app.return_code == 0
