"""docs/walk.md and docs/walk-wide.md: the app at 80x24 and at 120x40, on its own questions.

The claim in it is really put to the test, and the exercise is really checked, so that takes some minutes.
Run: python bench/walk.py
"""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from filled import answer
from ways import EXERCISE, Way, ways

from quizapp import bank, paths

DOCS = Path(__file__).parent.parent / "docs"
PAGES = {"walk.md": (80, 24), "walk-wide.md": (120, 40)}
NOW = datetime(2027, 1, 4, 18, 0, tzinfo=UTC)
PACKS = (
    ("pack", "make", "tuesday.qpack", "--topic", "attention", "--kind", "flaw", "--author", "Anna"),
    ("pack", "check", "tuesday.qpack"),
    ("pack", "open", "tuesday.qpack", "--yes"),
    ("pack", "list"),
)


async def rested(app: Any, pilot: Any, most: float) -> str:  # noqa: ANN401 - QuizApp, imported late
    """The screen once nothing changes any more."""
    shown, same = "", 0
    for _ in range(int(most / 0.1)):
        await pilot.pause(0.1)
        busy = not app.screen.is_modal and any(worker.is_running for worker in app.workers)
        now = drawn(app)
        same = same + 1 if now == shown and not busy else 0
        shown = now
        if same >= 3:
            break
    return shown


async def _cold(self: object) -> None:
    return None


def drawn(app: Any) -> str:  # noqa: ANN401 - QuizApp, imported late
    """What is on the screen, without colours."""
    strips = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip).rstrip() for strip in strips).rstrip()


async def walk(way: Way, size: tuple[int, int]) -> list[str]:
    """The paragraphs of a way."""
    from quizapp.ui.app import QuizApp
    from quizapp.ui.mock import Wish

    QuizApp.clock = lambda self: NOW  # type: ignore[method-assign] # the same day each time
    QuizApp._warm = _cold  # type: ignore[method-assign] # the bench starts where it is asked for
    wish = {"wish": Wish(topic="attention", minutes=5, seed=3)} if way.how.get("start") == "mock" else {}
    app = QuizApp(**{"start": "home", **way.how, **wish})
    found = [f"## {way.title}"]
    async with app.run_test(size=size) as pilot:
        await rested(app, pilot, 10)
        for said, keys in way.steps:
            for key in keys:
                await pilot.press(key)
                if len(key) > 1 or key.isdigit():
                    await rested(app, pilot, 30)
            shown = await rested(app, pilot, 180)
            found += [said, f"```text\n{shown}\n```"]
    return found


def packs() -> Iterator[str]:
    """How questions are shared: on the command line."""
    from click.testing import CliRunner

    from quizapp.__main__ import cli

    yield "## Packs"
    yield "Questions for others, and theirs beside yours: on the command line."
    for words in PACKS:
        told = CliRunner().invoke(cli, list(words)).output.rstrip()
        yield f"```text\n$ quizapp {' '.join(words)}\n{told}\n```"


def home(folder: Path, way: Way) -> None:
    """Where somebody keeps what they did."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    tour = "" if way.tour else "tour: false\n"
    Path(folder, "settings.yaml").write_text(f"{tour}motion: false\n", encoding="utf-8")
    if not way.new:
        answer(Path(folder, "answers.sqlite3"), list(bank.load().items)[::3], 600, NOW)
        exercises = Path(folder, "exercises")
        exercises.mkdir()
        tried = next(paths.PACKAGE.glob(f"exercises/*_{EXERCISE}/wrong/no_decay.py"))
        shutil.copy(tried, exercises / f"{EXERCISE}.py")


def main() -> None:
    """Write both pages."""
    back = Path.cwd()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        os.environ["QUIZAPP_HOME"] = f"{folder}/quizapp"
        os.chdir(folder)
        for page, size in PAGES.items():
            made = f"Made by `python bench/walk.py` from the app itself, at {size[0]}x{size[1]}."
            parts = ["# A walk through the app", made]
            for way in ways():
                home(Path(folder, "quizapp"), way)
                parts += asyncio.run(walk(way, size))
            parts += packs()
            for file in Path(folder).glob("*.*"):
                file.unlink()
            whole = "\n\n".join(parts).replace(folder, "~").replace("~/quizapp", "~/.local/share/quizapp")
            whole = whole.replace(f"{DOCS.parent}/", "")
            (DOCS / page).write_text(whole + "\n", encoding="utf-8")
        os.chdir(back)


if __name__ == "__main__":
    main()
