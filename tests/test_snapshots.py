"""Every screen as plain text at two sizes, beside what it looked like when somebody last agreed with it.

When a screen is meant to look otherwise: `RENEW=1 pytest tests/test_snapshots.py`, then read the diff.
"""

from __future__ import annotations

import asyncio
import difflib
import os
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import textual.app
import textual.pilot
from textual.widgets import Input

from quizapp import paths, reference
from quizapp.ui.app import QuizApp
from tests.practised import NOW, practise, run
from tests.screen import quiet, text  # noqa: F401 - a fixture
from tests.test_ui_prove import replayed  # noqa: F401 - a fixture

SIZES = ((80, 24), (120, 40))
FOLDER = Path(__file__).parent / "snapshots"
ROOT = FOLDER.parent.parent
RENEW = bool(os.environ.get("RENEW"))
Steps = dict[str, tuple[str, ...]]


@dataclass(frozen=True)
class Flow:
    """Screens that follow each other. steps: name -> the keys that lead there from the one before."""

    steps: Steps
    start: str = "home"
    only: tuple[str, ...] = ()
    """The items in the bank, in this order; empty: all of them."""
    new: bool = False
    """Somebody who has not answered anything yet."""
    settings: str = ""
    """Further lines of settings.yaml."""
    how: dict[str, object] = field(default_factory=dict)
    """What the app is started with besides."""


FLOWS = {
    "new": Flow({"home": (), "tour": ("ctrl+p", *"tour", "enter")}, new=True),
    "home": Flow({"": (), "help": ("f1",), "date": ("escape", "d")}),
    "planned": Flow({"home": ()}, settings="interview: 2026-03-20\n"),
    "palette": Flow({"": ("ctrl+p",), "typed": tuple("gradient")}),
    "choice": Flow(
        {"asked": (), "sure": ("1",), "told": ("5",), "end": ("pagedown",), "note": ("n",)},
        start="study",
        only=("fix-choice",),
    ),
    "done": Flow({"": ("2", "3", "3")}, start="study", only=("fix-code",), new=True),
    "multi": Flow({"asked": (), "ticked": ("1", "3")}, start="study", only=("fix-multi",)),
    "truefalse": Flow({"asked": (), "because": ("2",)}, start="study", only=("fix-truefalse",), new=True),
    "numeric": Flow(
        {"asked": (), "told": (*"1,000", "enter", "4")}, start="study", only=("fix-numeric",), new=True
    ),
    "order": Flow({"asked": (), "begun": ("2", "1")}, start="study", only=("fix-order",), new=True),
    "cloze": Flow(
        {"asked": (), "told": (*"gate", "enter", "3")}, start="study", only=("fix-cloze",), new=True
    ),
    "card": Flow({"asked": (), "turned": ("space", "3")}, start="study", only=("fix-card",), new=True),
    "open": Flow({"asked": (), "opened": ("space", "3")}, start="study", only=("fix-open",), new=True),
    "plot": Flow({"asked": ()}, start="study", only=("fix-plot",), new=True),
    "flaw": Flow({"asked": (), "fix": ("2",)}, start="study", only=("fix-flaw",), new=True),
    "code": Flow({"asked": ()}, start="study", only=("fix-code",), new=True),
    "browse": Flow(
        {
            "": (),
            "answer": ("space",),
            "full": ("enter",),
            "filter": ("escape", "slash", *"is:due kind:choice"),
            "nothing": tuple(" gone"),
            "amiss": tuple(" is:x"),
            "goto": ("enter", "g", *"flaw"),
        },
        start="browse",
    ),
    "claims": Flow({"": (), "filter": ("slash", *"fades")}, start="claims"),
    "stats": Flow(
        {"answers": (), "calibration": ("2",), "memory": ("3",), "mastery": ("4",), "mistakes": ("5",)}
        | {"errors": ("e",)},
        start="stats",
    ),
    "export": Flow({"": ("x",)}),
    "mock": Flow({"": ()}, start="mock"),
}


def names(flow: str, steps: Steps) -> list[str]:
    """What the snapshots of a flow are called."""
    return ["-".join(filter(None, (flow, step))) for step in steps]


def stored(name: str, size: tuple[int, int]) -> Path:
    """The file of a snapshot."""
    return FOLDER / f"{name}.{size[0]}x{size[1]}.txt"


async def settled(app: QuizApp, pilot) -> str:
    """The screen once nothing changes any more; a sheet that waits for an answer never ends its worker."""
    shown, same = "", 0
    for _ in range(500):
        await pilot.pause(0.01)
        busy = not app.screen.is_modal and any(worker.is_running for worker in app.workers)
        same = same + 1 if text(app) == shown and not busy else 0
        shown = text(app)
        if same >= 4:
            return shown.rstrip()
    pytest.fail(f"the screen does not come to rest:\n{shown}")


def differences(name: str, size: tuple[int, int], shown: str) -> str:
    """What is other than it was; empty: nothing. Renewed where that was asked for."""
    file = stored(name, size)
    if RENEW:
        file.write_text(f"{shown}\n", encoding="utf-8")
    before = file.read_text(encoding="utf-8") if file.exists() else ""
    lines = difflib.unified_diff(
        before.splitlines(), shown.splitlines(), f"{file.name}, kept", f"{file.name}, now", lineterm="", n=1
    )
    return "\n".join(lines)


@pytest.fixture
def still(home, monkeypatch):
    """Nothing depends on the day, the folder, or how long something takes."""
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(QuizApp, "clock", lambda self: NOW)
    shipped = reference.Reference(runs={"cpu": {run().experiment: run()}})
    monkeypatch.setattr(reference, "load", lambda *_: shipped)
    monkeypatch.setattr(QuizApp, "notify", lambda *args, **kwargs: None)  # it goes away by itself
    (home / "settings.yaml").write_text("tour: false\nmotion: false\n", encoding="utf-8")
    # The pilot waits until the whole process is idle, twice a key; here every picture waits for itself.
    monkeypatch.setattr(textual.app, "wait_for_idle", lambda *_: asyncio.sleep(0))
    monkeypatch.setattr(textual.pilot, "wait_for_idle", lambda *_: asyncio.sleep(0))
    return home


async def look(app: QuizApp, flow: str, steps: Steps, size: tuple[int, int]) -> None:
    """Walk through a flow; fails with every screen that has changed."""
    changed = []
    async with app.run_test(size=size) as pilot:
        await settled(app, pilot)
        for name, keys in zip(names(flow, steps), steps.values(), strict=True):
            for key in keys:
                await pilot.press(key)
                if len(key) > 1 or not isinstance(app.focused, Input):
                    await settled(app, pilot)
            changed.append(differences(name, size, await settled(app, pilot)))
    if any(changed):
        again = "Is it meant so? RENEW=1 pytest tests/test_snapshots.py, and read the diff."
        pytest.fail("\n\n".join(filter(None, (*changed, again))), pytrace=False)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("name", FLOWS)
async def test_it_looks_as_it_did(quiet, still, name, size):  # noqa: F811
    flow = FLOWS[name]
    if not flow.new:
        practise(paths.answers())
    if flow.settings:
        with (still / "settings.yaml").open("a", encoding="utf-8") as file:
            file.write(flow.settings)
    app = quiet(start=flow.start if flow.start != "stats" else "home", **flow.how)
    if flow.only:
        object.__setattr__(app.bank, "items", {id_: app.bank.items[id_] for id_ in flow.only})
    steps = flow.steps
    if flow.start == "stats":
        (first, keys), *rest = steps.items()
        steps = {first: ("t", *keys), **dict(rest)}
    await look(app, name, steps, size)


PROVED: Steps = {"predict": (), "verdict": ("1",), "checks": ("pagedown",), "source": ("c",)}


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_a_claim_that_is_proved_looks_as_it_did(replayed, still, size):  # noqa: F811
    await look(replayed(), "prove", PROVED, size)


def test_every_snapshot_is_of_a_screen():
    known = {
        stored(name, size).name
        for size in SIZES
        for flow, steps in [*[(flow, FLOWS[flow].steps) for flow in FLOWS], ("prove", PROVED)]
        for name in names(flow, steps)
    }
    assert {file.name for file in FOLDER.glob("*")} == known
