"""The report of a study group in a browser: nothing forbidden, nothing wider than a phone."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from quizapp.share import group_html
from quizapp.share.group_report import report
from tests.groups import member, run
from tests.test_share_group import SPLIT

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium here to look at the page with")

MACHINE = "AMD EPYC 7004 64-Core Processor with a name without end " + "x" * 60


@pytest.mark.parametrize("width", [320, 390, 1200])
def test_it_fits_and_shows_every_machine(all_kinds, tmp_path: Path, width: int):
    fails = ["lstm_slope"]
    members = [
        member(number, run(machine=MACHINE, fails=fails[:number]), name=name, answers=SPLIT[0])
        for number, name in enumerate(("Anna", "Bertrand von der Heide-Łukasiewicz", "Cleo"))
    ]
    page_file = tmp_path / "group.html"
    page_file.write_bytes(group_html.render(report(members, all_kinds)))
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": width, "height": 800})
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        page.goto(page_file.as_uri())
        page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        strip = page.locator(".strips").first
        assert strip.locator("svg").count() == 3
        assert all(box["width"] > 60 for box in (one.bounding_box() for one in strip.locator("svg").all()))
        assert "Bertrand" in strip.inner_text()
        assert said == []
        browser.close()
