"""The glossary screen: terms, filter, entry, and the ways on from there."""

from __future__ import annotations

from dataclasses import replace

import pytest

from quizapp.ui.browse import BrowseScreen
from quizapp.ui.glossary import GlossaryScreen
from quizapp.ui.prove import ProveScreen
from tests.screen import flat, quiet  # noqa: F401 - a fixture
from tests.test_ui_pick import cached, settle, whole  # noqa: F401 - fixtures


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_a_term_is_found_and_read(whole, size):  # noqa: F811
    app = whole()
    async with app.run_test(size=size) as pilot:
        await pilot.press("g")
        await settle(app, pilot)
        assert isinstance(app.screen, GlossaryScreen)
        await pilot.press("slash", *"contxt window")
        await settle(app, pilot)
        await pilot.press("enter")
        await settle(app, pilot)
        shown = flat(app)
        assert "> context window" in shown
        assert "People say" in shown
        assert "It means" in shown


async def test_on_to_related_terms_the_item_and_the_proof(whole):  # noqa: F811
    app = whole()
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("g", "slash", *"serial", "enter")
        await settle(app, pilot)
        assert "dependency_depth" in flat(app)
        assert "(reference)" in flat(app)
        await pilot.press("n")
        await settle(app, pilot)
        assert app.screen.term.name == "scan"
        await pilot.press("enter")
        await settle(app, pilot)
        assert isinstance(app.screen, BrowseScreen)
        await pilot.press("escape")
        await settle(app, pilot)
        if not isinstance(app.screen, GlossaryScreen):
            await pilot.press("escape")
            await settle(app, pilot)
        await pilot.press("p")
        await pilot.pause()
        assert isinstance(app.screen, ProveScreen)


async def test_what_was_edited_meanwhile_is_read_again(whole):  # noqa: F811
    app = whole()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("g")
        await settle(app, pilot)
        await pilot.press("slash", *"serial", "enter")
        await settle(app, pilot)
        term = app.screen.term
        changed = replace(app.bank.items[term.item], back="Something else.")
        await pilot.press("question_mark")
        gone = {id_: claim for id_, claim in app.bank.claims.items() if id_ not in term.claims}
        app.bank = replace(app.bank, items={**app.bank.items, term.item: changed}, claims=gone)
        await pilot.press("escape")
        await settle(app, pilot)
        assert app.screen.term.means == "Something else."
        await pilot.press("p")
        await settle(app, pilot)
        assert isinstance(app.screen, GlossaryScreen)


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_a_word_without_an_entry_shows_what_is_said_about_it(whole, size):  # noqa: F811
    app = whole()
    async with app.run_test(size=size) as pilot:
        await pilot.press("g", "slash", *"logits")
        await settle(app, pilot)
        assert "no entry of its own" in flat(app)
        assert "Logits are raw scores" in flat(app)


async def test_nothing_that_fits_is_said(whole):  # noqa: F811
    app = whole()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("g", "slash", *"zzzqqq")
        await settle(app, pilot)
        assert "No term is like that" in flat(app)
        await pilot.press("enter", "enter", "n", "p", "escape")
        await settle(app, pilot)
        assert "quizapp" in flat(app)


async def test_a_bank_without_terms_says_so(quiet):  # noqa: F811
    app = quiet()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("g")
        await settle(app, pilot)
        assert "there are no terms here" in flat(app)
        await pilot.press("n", "p", "enter", "down", "j", "escape")
        await settle(app, pilot)


async def test_a_tiny_terminal_does_not_break_it(whole):  # noqa: F811
    app = whole()
    async with app.run_test(size=(24, 6)) as pilot:
        await pilot.press("g", "down", "j", "pagedown", "slash", "a", "down")
        await settle(app, pilot)
        assert "glossary" in flat(app)
