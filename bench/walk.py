"""docs/walk.md: what the app looks like at 80x24, flow by flow, taken from the real app on its own questions.

The claim in it is really put to the test, so that takes a while. Run: python bench/walk.py
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from filled import answer

from quizapp import bank

OUT = Path(__file__).parent.parent / "docs" / "walk.md"
NOW = datetime(2027, 1, 4, 18, 0, tzinfo=UTC)
SIZE = (80, 24)
CLAIM = "lstm-gradient-exponential-decay"
SAID = "In one layer any token is one hop away, but the cost and the cache grow with every pair of tokens."
Step = tuple[str, tuple[str, ...]]
"""What is said above a screen, and the keys that lead to it."""

FLOWS: dict[str, tuple[dict[str, Any], list[Step]]] = {
    "Home": (
        {"start": "home"},
        [("What is due, topic by topic.", ()), ("`?` lists the keys of a screen.", ("question_mark",))],
    ),
    "Study": (
        {"start": "study", "query": "kind:choice topic:attention"},
        [
            ("Answer with a digit, or with the cursor and enter.", ()),
            ("Say how sure you are, before anything is told.", ("2",)),
            ("Then read why, option by option.", ("4",)),
            ("The rest of it, and when the item comes back.", ("pagedown", "pagedown")),
        ],
    ),
    "Prove it": (
        {"start": "claims", "claim": CLAIM},
        [
            ("Predict first: the prediction is locked before anything runs.", ()),
            ("The verdict, with the curves that were measured.", ("2",)),
            ("The checks it rests on, and the controls.", ("pagedown",)),
        ],
    ),
    "Mock interview": (
        {"start": "mock"},
        [
            ("A question as an interviewer asks it, and follow-ups.", ()),
            ("You type; ctrl+s hands in.", ("enter", *SAID)),
            ("What was heard is proposed, with your words beside it.", ("ctrl+s", "f10", "f10")),
        ],
    ),
    "The plan": (
        {"start": "home"},
        [
            ("The day of the interview.", ("d", *"2027-01-31")),
            ("Home says how it stands, and practice follows the plan.", ("enter",)),
        ],
    ),
    "Find": (
        {"start": "browse"},
        [
            ("Every item; the answer shows only when you ask for it.", ()),
            ("A query narrows the list as you type.", ("slash", *"softmax level:senior")),
            ("The item at the cursor, in full.", ("enter", "enter", "space")),
        ],
    ),
    "Statistics": (
        {"start": "home"},
        [
            ("How much, and how right.", ("t",)),
            ("How sure, against how often right.", ("2",)),
            ("What is remembered, and what comes back.", ("3",)),
        ],
    ),
    "Export": ({"start": "home"}, [("Questions with their evidence, for elsewhere.", ("x",))]),
}


async def rested(app: Any, pilot: Any, most: float) -> str:  # noqa: ANN401 - QuizApp, imported late
    """The screen once nothing changes any more."""
    shown, same = "", 0
    for _ in range(int(most / 0.1)):
        await pilot.pause(0.1)
        busy = not app.screen.is_modal and any(worker.is_running for worker in app.workers)
        now = drawn(app)
        same = same + 1 if now == shown and not busy else 0
        shown = now
        if same >= 5:
            break
    return shown


def drawn(app: Any) -> str:  # noqa: ANN401 - QuizApp, imported late
    """What is on the screen, without colours."""
    strips = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip).rstrip() for strip in strips).rstrip()


async def walk(flow: str, how: dict[str, Any], steps: list[Step]) -> list[str]:
    """The paragraphs of a flow."""
    from quizapp.ui.app import QuizApp
    from quizapp.ui.mock import Wish

    QuizApp.clock = lambda self: NOW  # type: ignore[method-assign] # the same day each time
    if how["start"] == "mock":
        how = {**how, "wish": Wish(topic="attention", minutes=5, seed=3)}
    app = QuizApp(**how)
    found = [f"## {flow}"]
    async with app.run_test(size=SIZE) as pilot:
        await rested(app, pilot, 10)
        for said, keys in steps:
            for key in keys:
                await pilot.press(key)
                if len(key) > 1:
                    await rested(app, pilot, 10)
            shown = await rested(app, pilot, 180)
            found += [said, f"```text\n{shown}\n```"]
    return found


def main() -> None:
    """Write the page."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        os.environ["QUIZAPP_HOME"] = folder
        Path(folder, "settings.yaml").write_text("tour: false\nmotion: false\n", encoding="utf-8")
        answer(Path(folder, "answers.sqlite3"), list(bank.load().items)[::3], 600, NOW)
        parts = ["# A walk through the app", "Made by `python bench/walk.py` from the app itself, at 80x24."]
        for flow, (how, steps) in FLOWS.items():
            parts += asyncio.run(walk(flow, how, steps))
    OUT.write_text("\n\n".join(parts) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
