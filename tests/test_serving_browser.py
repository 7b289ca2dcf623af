"""A study evening as a visitor sees it: the real page in a real browser, with the real app behind it."""

from __future__ import annotations

import asyncio
import os
import shutil
import sqlite3
from contextlib import asynccontextmanager, closing
from urllib.parse import parse_qs, urlsplit

import pyte
import pytest

from tests.evening import Evening, until

async_api = pytest.importorskip("playwright.async_api", reason="playwright is not installed")
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium here to look at the page with")

DESK = {"viewport": {"width": 1200, "height": 800}}
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


class Tab:
    """A page that is looked at: what it asks for, what it complains of, and what the app has drawn."""

    def __init__(self, page) -> None:
        self.page = page
        self.asked: list[str] = []
        self.complaints: list[str] = []
        self.screen = pyte.Screen(80, 24)
        self.stream = pyte.ByteStream(self.screen)
        page.on("request", lambda request: self.asked.append(request.url))
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("websocket", self._socket)

    def _said(self, message) -> None:
        if message.type == "error":  # the terminal warns when the machine is busy
            self.complaints.append(message.text)

    def _socket(self, socket) -> None:
        self.asked.append(socket.url)
        size = parse_qs(urlsplit(socket.url).query)
        self.screen.resize(int(size["height"][0]), int(size["width"][0]))
        self.screen.reset()
        socket.on("framereceived", self._drawn)

    def _drawn(self, payload) -> None:
        if isinstance(payload, bytes):
            self.stream.feed(payload.replace(b"\x1b[?2026$p", b""))

    def text(self) -> str:
        return " ".join(" ".join(self.screen.display).split())

    async def wait(self, words: str, seconds: float = 20.0) -> None:
        for _ in range(round(seconds / 0.05)):
            if words in self.text():
                return
            await asyncio.sleep(0.05)
        pytest.fail(f"{words!r} is not on the screen:\n" + "\n".join(self.screen.display))

    async def come(self, link: str) -> None:
        """Open the link and wait for the home screen."""
        await self.page.goto(link)
        await self.page.locator("#starting").wait_for(state="hidden")
        await self.wait("all topics")


@pytest.fixture(scope="module")
def evening(tmp_path_factory):
    evening = Evening(tmp_path_factory.mktemp("evening"))
    yield evening
    evening.end()


@asynccontextmanager
async def browser():
    """Debian's Chromium; as root it runs only without its sandbox."""
    options = ["--no-sandbox"] if os.geteuid() == 0 else []
    async with async_api.async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=options)
        yield chromium
        await chromium.close()


def reviews(folder) -> int:
    with closing(sqlite3.connect(folder / "answers.sqlite3")) as db:
        return db.execute("SELECT count(*) FROM reviews").fetchone()[0]


async def answer(tab: Tab, folder) -> None:
    """Get through items until an answer is kept, whatever their kind, without trying to be right."""
    for _ in range(40):
        if reviews(folder):
            return
        shown = tab.text()
        for words, keys in (
            ("1 again", "3"),
            ("take it", "1\r"),
            ("turn it", " "),
            ("How sure", "3"),
            ("enter when done", "1234567\r"),
            ("", "1"),
        ):
            if words in shown:
                await tab.page.keyboard.type(keys)
                break
        await asyncio.sleep(0.3)
    pytest.fail("no answer was kept:\n" + "\n".join(tab.screen.display))


async def test_two_visitors_answer_each_for_themselves(evening):
    async with browser() as chromium:
        context = await chromium.new_context(**DESK)
        tab = Tab(await context.new_page())
        await tab.come(evening.links[0])
        assert tab.page.url == f"{evening.origin}/"
        assert await tab.page.title() == "quizapp"
        (mine,) = evening.visitors()

        await tab.page.keyboard.press("s")  # no click before it
        await answer(tab, mine)
        assert reviews(mine) == 1

        phone = await chromium.new_context(**PHONE)
        second = Tab(await phone.new_page())
        await second.come(evening.links[0])
        (other,) = set(evening.visitors()) - {mine}
        assert reviews(other) == 0
        assert 40 <= second.screen.columns <= 60
        await second.page.get_by_role("button", name="s", exact=True).tap()
        await second.page.get_by_role("button", name="escape").tap()
        wide = await second.page.evaluate("document.documentElement.scrollWidth")
        assert wide <= PHONE["viewport"]["width"]

        for one in (tab, second):
            assert [url for url in one.asked if urlsplit(url).netloc != evening.host] == []
            assert len(one.asked) > 8
            assert one.complaints == []
        (cookie,) = await context.cookies()
        assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Strict")
        assert await tab.page.evaluate("document.cookie") == ""
        assert evening.keys[0] not in await tab.page.evaluate("document.documentElement.outerHTML")

        await tab.page.close()
        until(lambda: len(evening.apps()) == 1)
        back = Tab(await context.new_page())
        await back.come(evening.origin)
        assert len(evening.visitors()) == 2
        await chromium.close()
    until(lambda: not evening.apps())


async def test_no_editor_is_opened_and_the_end_is_said_plainly_with_a_way_back(tmp_path):
    evening = Evening(tmp_path)
    try:
        async with browser() as chromium:
            stranger = await chromium.new_page()
            answered = await stranger.goto(f"{evening.origin}/?key=wrong")
            assert answered.status == 403
            assert "Ask your host for the link" in await stranger.inner_text("body")

            tab = Tab(await chromium.new_page())
            await tab.come(evening.links[0])
            await tab.page.keyboard.press("b")
            await tab.wait("1 of ")
            await tab.page.keyboard.type("ee")
            await tab.page.keyboard.press("Escape")
            await tab.wait("all topics")
            assert not (evening.home / "edited").exists()

            await tab.page.keyboard.press("q")
            await tab.page.get_by_text("You have left").wait_for()
            await tab.page.keyboard.press("Enter")  # the button has the focus
            await tab.page.locator("#starting").wait_for(state="hidden")
            await tab.wait("all topics")
            await asyncio.to_thread(evening.end)
            await tab.page.get_by_text("The evening is over").wait_for()
            assert await tab.page.get_by_role("button", name="Reload").is_visible()
            assert tab.complaints == []
    finally:
        evening.end()
