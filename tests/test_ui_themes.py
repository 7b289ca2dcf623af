"""Colours: enough contrast in every theme, kept when chosen, and never the only sign of anything."""

# ruff: noqa: F811 - fixtures are imported and then asked for by name

import re
from pathlib import Path

import pytest
from textual.color import Color

from quizapp import paths, settings
from quizapp.ui import themes
from quizapp.ui.app import QuizApp
from quizapp.ui.look import OUTCOMES, VERDICTS
from tests.screen import flat, quiet  # noqa: F401 - a fixture
from tests.test_ui_prove import recording, replayed  # noqa: F401 - a fixture

ENOUGH = {"dark": 4.5, "light": 4.5, "contrast": 7.0}
"""WCAG 2: AA for the first two, AAA for high contrast."""
DIM = 0.66
"""What Textual leaves of a dim text's distance from its background."""


def luminance(color):
    parts = (part / 255 for part in color.rgb)
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def ratio(text, background):
    """Between 1 and 21, as WCAG 2 counts it."""
    dark, light = sorted((luminance(text), luminance(background)))
    return (light + 0.05) / (dark + 0.05)


def colours(name):
    theme = themes.THEMES[name]
    return {**theme.to_color_system().generate(), **theme.variables}


def pairs():
    """(text, background) of every rule in app.tcss that names one of them, and of what is written inside."""
    rules = Path("quizapp/ui/app.tcss").read_text(encoding="utf-8")
    backgrounds = set(re.findall(r"background: \$([a-z-]+)", rules)) | {"background"}
    texts = set(re.findall(r"(?<!-)color: \$([a-z-]+)", rules)) | {"foreground", "text"}
    texts |= {
        word[1:]
        for style, *_ in (*VERDICTS.values(), *OUTCOMES.values())
        for word in style.split()
        if "$" in word
    }
    texts |= {
        f"text-{name}" for name in ("success", "warning", "error", "primary", "secondary", "accent", "muted")
    }
    cursors = {"block-cursor-background", "block-cursor-blurred-background"}
    return sorted((text, background) for text in texts for background in backgrounds | cursors)


@pytest.mark.parametrize("name", themes.THEMES)
def test_every_text_stands_out_against_every_background(name):
    known = colours(name)
    weak = {}
    for text, background in pairs():
        below, above = Color.parse(known[background]), Color.parse(known[text])
        weak[text, background] = ratio(above, below)
        if text in ("foreground", "text"):
            weak[f"dim {text}", background] = ratio(below.blend(above, DIM), below)
    for curve in range(themes.CURVES):
        weak[f"curve-{curve}", "background"] = ratio(
            Color.parse(known[f"curve-{curve}"]), Color.parse(known["background"])
        )
    assert {pair: round(found, 2) for pair, found in weak.items() if found < ENOUGH[name]} == {}


def drawn(app):
    """(text, its colour, the colour below) of everything on the screen that can be read."""
    for strip in app.screen._compositor.render_strips():
        for segment in strip:
            if segment.style and any(character.isalnum() for character in segment.text):
                style = segment.style
                yield segment.text, Color.from_rich_color(style.color), Color.from_rich_color(style.bgcolor)


def faint(app, enough):
    """What is written with too little contrast."""
    found = {(text.strip(), above.rgb, below.rgb) for text, above, below in drawn(app)}
    return {one for one in found if ratio(*(Color(*rgb) for rgb in one[1:])) < enough}


async def walk(app, pilot):
    """Through the screens; yields on each."""
    for keys in (
        ("question_mark",),
        ("escape", "c"),
        ("slash", "x"),
        ("escape", "escape", "t"),
        ("escape", "b"),
        ("space",),
        ("g",),
        ("escape", "n"),
        ("escape", "escape", "s"),
        ("1", "enter", "enter"),
        ("ctrl+p",),
    ):
        await pilot.press(*keys)
        await pilot.pause(0.03)  # not until every worker is done: one waits for a sheet to be closed
        yield " ".join(keys)


@pytest.mark.parametrize("name", themes.THEMES)
async def test_what_is_drawn_stands_out_on_every_screen(quiet, name):
    settings.put(paths.settings(), "theme", name)
    app = quiet()
    weak = set()
    async with app.run_test(size=(100, 24)) as pilot:
        async for place in walk(app, pilot):
            weak |= {(place, text) for text in faint(app, ENOUGH[name])}
    assert weak == set()


@pytest.mark.parametrize("name", themes.THEMES)
async def test_a_proof_stands_out(replayed, name):
    settings.put(paths.settings(), "theme", name)
    app = replayed(bias3="pass")
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("1")
        await app.workers.wait_for_complete()
        await pilot.pause()
        assert "≈ depends" in flat(app)
        assert faint(app, ENOUGH[name]) == set()
        await pilot.press("c")
        await pilot.pause()
        assert faint(app, ENOUGH[name]) == set()


async def test_f2_goes_through_them_and_the_choice_is_kept(quiet):
    app = quiet()
    async with app.run_test(size=(80, 24)) as pilot:
        assert app.theme == "dark"
        for name in ("light", "contrast", "dark", "light", "contrast"):
            await pilot.press("f2")
            assert app.theme == name
        await app.workers.wait_for_complete()
    assert settings.load(paths.settings()).theme == "contrast"
    assert QuizApp().theme == "contrast"


async def test_a_settings_file_that_cannot_be_read_is_left_alone(quiet):
    paths.settings().parent.mkdir(parents=True, exist_ok=True)
    paths.settings().write_text("minutes: [\n", encoding="utf-8")
    app = quiet()
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await pilot.pause()
        assert "1 problem in your settings" in flat(app)
        await pilot.press("enter", "f2")
        await app.workers.wait_for_complete()
        await pilot.pause()
        assert app.theme == "light"
        assert "theme light is not kept" in flat(app)
    assert paths.settings().read_text(encoding="utf-8") == "minutes: [\n"


# ---- without colours ---------------------------------------------------------------------------------


async def test_without_colours_signs_and_words_say_it(replayed, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    app = replayed(bias3="pass")
    object.__setattr__(app.bank, "items", {"fix-choice": app.bank.items["fix-choice"]})
    shown, colourful = "", set()
    async with app.run_test(size=(100, 48)) as pilot:
        await pilot.press("1")
        await app.workers.wait_for_complete()
        for keys in ((), ("escape",), ("s",), ("down", "enter", "4"), ("f",)):
            await pilot.press(*keys)
            await app.workers.wait_for_complete()
            await pilot.pause()
            shown += flat(app)
            colourful |= {text for text, *both in drawn(app) if any(len({*one.rgb}) > 1 for one in both)}
    assert colourful == set()
    for words in ("≈ depends", "✓ pass", "✓ tripped", "A LSTM", "1 new", "← you", "· flagged"):
        assert words in shown, words
    assert "✓ Right" in shown or "✗ Wrong" in shown


def test_every_verdict_has_a_sign_of_its_own_kind():
    signs = {name: sign for name, (sign, _) in VERDICTS.items()}
    assert all(sign.strip() for sign in signs.values())
    assert len({signs[name] for name in ("holds", "depends", "fails", "unclear")}) == 4
    assert len({sign for sign, _ in OUTCOMES.values()}) == len(OUTCOMES)
