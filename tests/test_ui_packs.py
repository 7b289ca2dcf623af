"""Packs in the app: items and evidence say whose they are, a broken pack is told, markup is only text."""

from datetime import UTC, datetime

import pytest

from quizapp import paths
from quizapp.evidence import Run
from quizapp.model import build
from quizapp.share import pack, place
from quizapp.ui.problems import ProblemsScreen
from tests import qpacks
from tests.conftest import FIXTURE_BANK
from tests.screen import flat, quiet, text
from tests.test_share_packs import CHECK, OWN

__all__ = ["quiet"]
NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
SIZES = [(80, 24), (120, 40)]


def opened(body=OWN, **files):
    from quizapp import bank

    raw = qpacks.pack({"questions/own.yaml": body, **files})
    builtin = bank.load(FIXTURE_BANK)
    place.put(pack.read(raw, "a.qpack", builtin), "group", paths.packs(), NOW)


@pytest.mark.parametrize("size", SIZES)
async def test_browse_filters_by_pack_and_says_whose_an_item_is(quiet, size):
    opened(OWN.replace("How many heads can go?", "'[bold]How[/] <b>many</b> heads?'"))
    app = quiet(start="browse", query="pack:group")
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        await app.workers.wait_for_complete()
        await pilot.pause()
        assert "1 of 2 that fit" in flat(app)
        assert "· pack group ·" in flat(app)
        assert "[bold]How[/] <b>many</b> heads?" in flat(app)


@pytest.mark.parametrize("size", SIZES)
async def test_practice_says_whose_an_item_is(quiet, size):
    opened()
    app = quiet(start="study", query="pack:group")
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        assert "2 new" in flat(app)
        assert "pack group" in text(app).splitlines()[0]


async def test_a_broken_pack_is_told_and_the_rest_works(quiet):
    opened()
    (paths.packs() / "group" / "questions" / "own.yaml").write_text("hello")
    app = quiet()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert isinstance(app.screen, ProblemsScreen)
        assert "1 problem in your packs" in flat(app)
        await pilot.press("enter")
        assert not isinstance(app.screen, ProblemsScreen)
        assert app.bank.items


async def test_evidence_of_others_is_shown_as_theirs(quiet, monkeypatch):
    from quizapp import bank

    whole = bank.load(paths.PACKAGE.parent / "questions")
    claim = next(one for one in whole.claims.values() if len(one.experiments) == 1)
    checks = [{**CHECK, "name": name.partition(".")[2]} for name in claim.supports]
    line = pack.line(build(Run, qpacks.run(experiment=claim.experiments[0], checks=checks)))
    opened("schema: 1\n", **{"evidence/anna.jsonl": line.decode()})
    monkeypatch.setattr(paths, "questions", lambda: paths.PACKAGE.parent / "questions")
    app = quiet(start="claims")
    async with app.run_test(size=(120, 60)) as pilot:
        await pilot.pause()
        await app.workers.wait_for_complete()
        app.screen.query_one("#filter").value = claim.id
        await pilot.pause()
        await pilot.pause()
        assert "From the pack group (cpu, a box" in flat(app)
        assert not app.store.newest_runs()
