"""Take the picture in the README: the app proves a claim on this machine and exports its screen as SVG.

Run: python bench/picture.py docs/prove.svg
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from pathlib import Path

CLAIM = "lstm-gradient-exponential-decay"


async def take(path: Path) -> None:
    """Prove the claim with a prediction, wait for the verdict, save the screen."""
    from quizapp.ui.app import QuizApp

    app = QuizApp(claim=CLAIM)
    async with app.run_test(size=(110, 40)) as pilot:
        await pilot.press("2")
        while getattr(app.screen, "phase", "") != "done":
            await pilot.pause(0.2)
        await pilot.pause(0.5)
        path.write_text(app.export_screenshot(title="quizapp"), encoding="utf-8")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as home:
        os.environ["QUIZAPP_HOME"] = home
        asyncio.run(take(Path(sys.argv[1])))
