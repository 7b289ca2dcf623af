"""Every screen as plain text at two sizes, beside what it looked like when somebody last agreed with it.

A snapshot begins with the name of its screen. When a screen is meant to look otherwise:
`RENEW=1 pytest tests/test_snapshots.py`, then read the diff.
"""

# ruff: noqa: F811 - fixtures are imported and then asked for by name

from __future__ import annotations

import difflib
import importlib
import os
import pkgutil
from pathlib import Path

import pytest
from textual.screen import Screen
from textual.widgets import Input, TextArea

import quizapp.ui
from quizapp.ui.app import QuizApp
from tests.flows import FLOWS, Steps, begun, settled, still  # noqa: F401 - a fixture
from tests.screen import quiet  # noqa: F401 - a fixture
from tests.test_ui_prove import replayed  # noqa: F401 - a fixture

SIZES = ((80, 24), (120, 40))
FOLDER = Path(__file__).parent / "snapshots"
RENEW = bool(os.environ.get("RENEW"))


def names(flow: str, steps: Steps) -> list[str]:
    """What the snapshots of a flow are called."""
    return ["-".join(filter(None, (flow, step))) for step in steps]


def stored(name: str, size: tuple[int, int]) -> Path:
    """The file of a snapshot."""
    return FOLDER / f"{name}.{size[0]}x{size[1]}.txt"


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


async def look(app: QuizApp, flow: str, steps: Steps, size: tuple[int, int]) -> None:
    """Walk through a flow; fails with every screen that has changed."""
    changed = []
    async with app.run_test(size=size) as pilot:
        await settled(app, pilot)
        for name, keys in zip(names(flow, steps), steps.values(), strict=True):
            for key in keys:
                await pilot.press(key)
                if len(key) > 1 or not isinstance(app.focused, Input | TextArea):
                    await settled(app, pilot)
            shown = await settled(app, pilot)
            changed.append(differences(name, size, f"{type(app.screen).__name__}\n{shown}"))
    if any(changed):
        again = "Is it meant so? RENEW=1 pytest tests/test_snapshots.py, and read the diff."
        pytest.fail("\n\n".join(filter(None, (*changed, again))), pytrace=False)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("name", FLOWS)
async def test_it_looks_as_it_did(quiet, still, monkeypatch, name, size):
    app, steps = begun(FLOWS[name], still, quiet, monkeypatch)
    await look(app, name, steps, size)


PROVED: Steps = {"predict": (), "verdict": ("1",), "checks": ("pagedown",), "source": ("c",)}


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_a_claim_that_is_proved_looks_as_it_did(replayed, still, size):
    await look(replayed(), "prove", PROVED, size)


def test_every_snapshot_is_of_a_screen():
    known = {
        stored(name, size).name
        for size in SIZES
        for flow, steps in [*[(flow, FLOWS[flow].steps) for flow in FLOWS], ("prove", PROVED)]
        for name in names(flow, steps)
    }
    assert {file.name for file in FOLDER.glob("*")} == known


def screens() -> set[str]:
    """The screens there are: those that no other one is made of."""
    found: set[type[Screen[object]]] = set()
    for module in pkgutil.iter_modules(quizapp.ui.__path__):
        for thing in vars(importlib.import_module(f"quizapp.ui.{module.name}")).values():
            if (
                isinstance(thing, type)
                and issubclass(thing, Screen)
                and thing.__module__.startswith("quizapp.")
            ):
                found.add(thing)
    return {one.__name__ for one in found if not any(one in other.__mro__[1:] for other in found)}


def test_every_screen_has_a_snapshot_at_each_size():
    for columns, rows in SIZES:
        seen = {
            file.read_text(encoding="utf-8").partition("\n")[0]
            for file in FOLDER.glob(f"*.{columns}x{rows}.txt")
        }
        assert screens() == seen
