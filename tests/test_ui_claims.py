"""The catalogue: filter, states of evidence, cited claims."""

from quizapp.ui.claims import ClaimsScreen
from tests.screen import flat, quiet  # noqa: F401 - a fixture


async def test_browse_filter_and_read(quiet):  # noqa: F811
    app = quiet(start="claims")
    async with app.run_test(size=(80, 24)) as pilot:
        await app.workers.wait_for_complete()
        await pilot.pause()
        assert "3 of 3 claims" in flat(app)
        await pilot.press("slash", *"tanh")
        await pilot.pause()
        shown = flat(app)
        assert "1 of 3 claims" in shown
        assert "literature: true" in shown
        await pilot.press("enter", "enter")
        await pilot.pause()
        assert "What will the bench say?" in flat(app)


async def test_a_filter_that_fits_nothing_says_so(quiet):  # noqa: F811
    app = quiet(start="claims")
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("slash", *"zzz")
        await pilot.pause()
        assert "No claim fits the filter" in flat(app)
        await pilot.press("enter", "enter")
        await pilot.press("escape")
        await pilot.pause()
        assert "quizapp" in flat(app)


async def test_a_cited_claim_offers_no_run(quiet):  # noqa: F811
    app = quiet(start="claims")
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("slash", *"cited")
        await pilot.pause()
        assert "Cited only" in flat(app)
        await pilot.press("enter", "enter")
        await pilot.pause()
        assert isinstance(app.screen, ClaimsScreen)
        assert any("nothing to run" in note.message for note in app._notifications)
