"""Every screen survives a terminal that shrinks and grows, and says what matters at 24x6."""

# ruff: noqa: F811 - fixtures are imported and then asked for by name

from __future__ import annotations

import pytest
from textual.widgets import Input, TextArea

from quizapp.ui.keyed import Keyed
from tests.flows import FLOWS, begun, settled, still  # noqa: F401 - a fixture
from tests.screen import flat, quiet, text  # noqa: F401 - a fixture
from tests.test_snapshots import PROVED, SIZES, names, screens, stored
from tests.test_ui_prove import replayed  # noqa: F401 - a fixture

SHRINKS = ((40, 10), (24, 6))
WIDE = (120, 40)
SEEN = {
    # flow: step -> what is to be read at 24x6
    "new": {"tour": "Welcome"},
    "home": {"": "all topics", "help": "Keys", "date": "Your interview"},
    "palette": {"typed": "gradient"},
    "choice": {"asked": "An LSTM with a", "sure": "How sure are you?", "told": "✗ Wrong", "note": "Note on"},
    "done": {"": "Nothing more"},
    "order": {"moved": "One square"},
    "cloze": {"asked": "The dot product"},
    "card": {"turned": "Said that"},
    "browse": {"": "An LSTM", "full": "fix-choice", "goto": "flaw"},
    "claims": {"": "The gradient"},
    "stats": {"answers": "Answers", "errors": "sure, and wrong"},
    "export": {"": "html"},
    "mock": {"": "Begin", "typed": "over the tokens.", "rubric": "Training is", "band": "Overall"},
    "workshop": {"": "Widen the", "full": "Widen the"},
    "pick": {"": "Recommendation"},
    "glossary": {"": "dot product"},
    "problems": {"": "2 problems"},
    "reading": {"": "Reading your"},
}


async def survives(app, pilot, essential):
    """Shrink and grow again."""
    before, focused, screen = text(app), app.focused, app.screen
    for size in SHRINKS:
        await pilot.resize_terminal(*size)
        await settled(app, pilot)
        assert app.screen is screen
        assert app.focused is focused, size
        if isinstance(screen, Keyed):
            assert " help" in flat(app), text(app)
        if size == (24, 6):
            assert essential in flat(app), text(app)
    await pilot.resize_terminal(*WIDE)
    await settled(app, pilot)
    assert text(app).split() == before.split()


@pytest.mark.parametrize("name", SEEN)
async def test_a_screen_survives_every_size(quiet, still, monkeypatch, name):
    app, steps = begun(FLOWS[name], still, quiet, monkeypatch)
    async with app.run_test(size=WIDE) as pilot:
        await settled(app, pilot)
        for step, keys in steps.items():
            for key in keys:
                await pilot.press(key)
                if len(key) > 1 or not isinstance(app.focused, Input | TextArea):
                    await settled(app, pilot)
            await settled(app, pilot)
            if step in SEEN[name]:
                await survives(app, pilot, SEEN[name][step])


async def test_a_proof_survives_every_size(replayed, still):
    app = replayed()
    async with app.run_test(size=WIDE) as pilot:
        for keys, essential in (((), "1-3 predict"), (("1",), "up down scroll"), (("c",), '"""')):
            await settled(app, pilot)
            await pilot.press(*keys)
            await settled(app, pilot)
            await survives(app, pilot, essential)


def test_every_screen_is_among_them():
    walked = {**{flow: dict.fromkeys(steps, ()) for flow, steps in SEEN.items()}, "prove": PROVED}
    seen = [stored(name, SIZES[0]) for flow, steps in walked.items() for name in names(flow, steps)]
    assert {file.read_text(encoding="utf-8").partition("\n")[0] for file in seen} == screens()
