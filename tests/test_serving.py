"""A study evening over the wire: who gets in, what is answered, and what is left when they go."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import sqlite3
from contextlib import asynccontextmanager, closing
from pathlib import Path

import aiohttp
import pytest

from quizapp import paths
from quizapp.serving import evening as server
from quizapp.serving import site
from quizapp.serving.door import Door, Visitor
from tests.evening import Evening, alive, until
from tests.toybench import refused as refused_command

PLACES = 3


@pytest.fixture(scope="module")
def evening(tmp_path_factory):
    evening = Evening(tmp_path_factory.mktemp("evening"), "--visitors", str(PLACES))
    yield evening
    assert evening.end() == 0
    assert "Traceback" not in "".join(evening.said)


@asynccontextmanager
async def tab(evening: Evening, cookie: str, *, drawn: bool = True, **headers: str):
    """An open tab, as the page opens it; what it says first has been drawn."""
    async with (
        aiohttp.ClientSession(headers={"Cookie": cookie, "Origin": evening.origin, **headers}) as session,
        session.ws_connect(f"{evening.origin}/ws?width=80&height=24") as line,
    ):
        while drawn:
            message = await line.receive(20)
            assert message.type == aiohttp.WSMsgType.BINARY, message
            drawn = b"topic" not in message.data
        yield line


async def refused(evening: Evening, **headers: str) -> int:
    async with aiohttp.ClientSession(headers=headers) as session:
        with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
            await session.ws_connect(f"{evening.origin}/ws")
        return caught.value.status


# ---- the door


@pytest.mark.parametrize("path", ["/", "/part/page.js", "/part/js/textual.js", "/nowhere", "/ws", "/enter"])
def test_without_a_key_there_is_a_plain_sentence(evening, path):
    answer = evening.ask(path, Origin=evening.origin)
    assert answer.status == 403
    assert answer.getheader("Content-Type") == "text/plain; charset=utf-8"
    assert answer.text == f"{site.NO_KEY}\n"


@pytest.mark.parametrize("key", ["", "wrong", "%C3%A4", "A" * 43])
def test_a_wrong_key_opens_nothing(evening, key):
    answer = evening.ask(f"/?key={key}")
    assert (answer.status, answer.text) == (403, f"{site.BAD_KEY}\n")
    assert answer.getheader("Set-Cookie") is None
    answer = evening.enter(key)
    assert (answer.status, answer.getheader("Set-Cookie")) == (403, None)


def test_the_key_is_exchanged_for_a_cookie_that_scripts_and_other_sites_do_not_get(evening):
    door = evening.ask(f"/?key={evening.keys[0]}")
    assert door.status == 200
    assert evening.keys[0] not in door.text
    answer = evening.enter()
    assert (answer.status, answer.text) == (204, "")
    words = answer.getheader("Set-Cookie").split("; ")
    assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= set(words)
    assert evening.keys[0] not in words[0]
    assert evening.ask(Cookie=words[0]).status == 200
    assert evening.ask(Cookie=words[0] + "x").status == 403
    assert evening.ask(f"/?key={evening.keys[0]}", Cookie=words[0]).status == 200


@pytest.mark.parametrize("host", ["evil.example", "evil.example:{port}", "127.0.0.1:1", "", "[::1]:{port}"])
def test_another_host_is_not_served(evening, host):
    port = evening.host.rpartition(":")[2]
    cookie = evening.cookie()
    for path in ("/", "/part/page.css", f"/?key={evening.keys[0]}", "/ws"):
        answer = evening.ask(path, Host=host.format(port=port), Cookie=cookie, Origin=evening.origin)
        assert (answer.status, answer.text) == (403, f"{site.NOT_OURS}\n")
    assert evening.ask(Host=f"localhost:{port}", Cookie=cookie).status == 200


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://[::1]:1", "https://{host}", None])
async def test_a_page_of_another_site_gets_no_socket_and_no_cookie(evening, origin):
    sent = {} if origin is None else {"Origin": origin.format(host=evening.host)}
    assert await refused(evening, Cookie=evening.cookie(), **sent) == 403
    answer = evening.ask("/enter", method="POST", body=evening.keys[0], **sent)
    assert (answer.status, answer.text) == (403, f"{site.FOREIGN}\n")


async def test_a_socket_needs_the_cookie(evening):
    assert await refused(evening, Origin=evening.origin) == 403
    assert await refused(evening, Origin=evening.origin, Cookie="quizapp=" + "A" * 43) == 403


# ---- the answers


def test_every_answer_is_sealed(evening):
    cookie = evening.cookie()
    answers = [
        evening.ask(Cookie=cookie),
        evening.ask(),
        evening.ask("/nowhere", Cookie=cookie),
        evening.ask("/part/js/textual.js", Cookie=cookie),
        evening.ask("/", method="DELETE", Cookie=cookie),
        evening.enter(),
    ]
    assert [answer.status for answer in answers] == [200, 403, 404, 200, 405, 204]
    for answer in answers:
        assert answer.getheader("X-Content-Type-Options") == "nosniff"
        assert answer.getheader("Referrer-Policy") == "no-referrer"
        assert answer.getheader("X-Frame-Options") == "DENY"
        policy = answer.getheader("Content-Security-Policy")
        assert "default-src 'none'; script-src 'self'; " in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe-eval" not in policy
        assert "Python" not in answer.getheader("Server")
    assert [answer.getheader("Cache-Control") for answer in answers] == [
        *["no-store"] * 3,
        "private, no-cache",
        *["no-store"] * 2,
    ]


def test_every_part_of_the_page_is_there_and_nothing_else(evening):
    cookie = evening.cookie()
    for name in site.PARTS:
        assert evening.ask(f"/part/{name}", Cookie=cookie).status == 200, name
    for name in ("index.html", "../door.py", "..%2Fdoor.py", "js/../../server.py", "%2Fetc%2Fpasswd"):
        assert evening.ask(f"/part/{name}", Cookie=cookie).status == 404, name
    ours = "".join(path.read_text() for path in site.PAGE.iterdir())
    assert "https://" not in ours
    assert ours.replace("http://www.w3.org/2000/svg", "").count("http://") == 0


# ---- an app for every tab


async def test_two_visitors_have_two_folders_and_come_back_to_their_own(evening):
    before = set(evening.visitors())
    cookies = [evening.cookie(), evening.cookie()]
    for cookie in cookies:
        async with tab(evening, cookie):
            pass
    new = set(evening.visitors()) - before
    assert len(new) == 2
    for folder in new:
        assert folder.stat().st_mode & 0o077 == 0
        with closing(sqlite3.connect(folder / "answers.sqlite3")) as db:
            assert db.execute("SELECT count(*) FROM reviews").fetchone() == (0,)
    again = evening.enter(Cookie=cookies[0]).getheader("Set-Cookie").split(";")[0]
    assert again == cookies[0]
    assert not (evening.home / "answers.sqlite3").exists()


def test_two_tabs_that_a_visitor_opens_first_at_once_have_one_folder(home, monkeypatch):
    site.prepare()
    visitor = Visitor("twice")

    def no_longer_so(path):
        path.mkdir()  # by the other tab, once this one has looked
        return False

    with monkeypatch.context() as patch:
        patch.setattr(Path, "exists", no_longer_so)
        made = site._home(visitor)
    assert made == site._home(visitor) == site.visitors() / "twice"
    assert (made / paths.cache().name).read_bytes() == paths.cache().read_bytes()


async def test_what_makes_no_sense_is_passed_over_and_sizes_are_kept_in_reason(evening):
    async with tab(evening, evening.cookie()) as line:
        for odd in ("", "{", "[]", "[1]", '["stdin", 3]', '["resize", {"width": "x"}]', '["format", "c:"]'):
            await line.send_str(odd)
        await line.send_str("[" * 60_000)
        await line.send_bytes(b"\xff\xfe")
        await line.send_json(["resize", {"width": 10**9, "height": -(10**9)}])
        await line.send_json(["ping", "x" * 5000])
        while (message := await line.receive(10)).type is aiohttp.WSMsgType.BINARY:
            assert len(message.data) < 10**6
        assert json.loads(message.data) == ["pong", "x" * 32]
        await line.send_json(["focus"])
        await line.send_json(["stdin", "q"])
        await over(line)
        assert line.close_code == site.LEFT
    until(lambda: not evening.apps())


async def over(line: aiohttp.ClientWebSocketResponse) -> None:
    while (await line.receive(10)).type not in (aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.CLOSE):
        pass


async def test_a_closed_tab_leaves_no_process_and_frees_its_place(evening):
    until(lambda: not evening.apps())
    cookies = [evening.cookie() for _ in range(PLACES)]
    async with tab(evening, cookies[0], drawn=False), tab(evening, cookies[1], drawn=False):
        async with tab(evening, cookies[2], drawn=False):
            until(lambda: len(evening.apps()) == PLACES)
            async with tab(evening, evening.cookie(), drawn=False) as late:
                await over(late)
                assert late.close_code == site.FULL
            assert len(evening.apps()) == PLACES
        until(lambda: len(evening.apps()) == PLACES - 1)
        async with tab(evening, cookies[2]):
            pass
    until(lambda: not evening.apps())


async def test_one_visitor_cannot_take_every_place(evening, monkeypatch):
    until(lambda: not evening.apps())
    site_ = site.Site(None, None, places=16)
    me, other = object(), object()
    site_._tabs = dict.fromkeys(range(site.TABS), me)
    assert "tabs open already" in site_._full(me)
    assert site_._full(other) == ""
    site_.places = site.TABS
    assert f"{site.TABS} places are taken" in site_._full(other)


# ---- how it is asked for


@pytest.mark.parametrize(("host", "warned"), [("127.0.0.1", False), ("localhost", False), ("0.0.0.0", True)])
def test_serving_a_network_is_warned_about(host, warned):
    links, asides = [], []
    server._announce(server.Plan(host=host), Door(mine=True), "http://x/?key=", links.append, asides.append)
    assert ("no TLS" in "".join(asides)) is warned
    assert len(set(links)) == 2


def test_only_names_of_this_machine_are_served():
    assert server._names("127.0.0.1") == set()
    names = server._names("0.0.0.0")
    assert socket.gethostname().lower() in names
    assert "0.0.0.0" not in names
    assert "192.168.1.20" in server._names("192.168.1.20")


def test_what_cannot_be_served_is_said(capsys, home):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert f"port {port} of 127.0.0.1 is in use" in refused_command(capsys, "serve", "--port", str(port))
    assert "cannot serve at 203.0.113.7" in refused_command(capsys, "serve", "--host", "203.0.113.7")


# ---- the end


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
async def test_the_end_of_the_server_is_the_end_of_every_app(tmp_path, how):
    evening = Evening(tmp_path)
    try:
        async with tab(evening, evening.cookie()) as line:
            apps = evening.apps()
            assert len(apps) == 1
            code, _ = await asyncio.gather(asyncio.to_thread(evening.end, how), over(line))
    finally:
        evening.end(signal.SIGKILL)
    until(lambda: not alive(apps))
    if how is not signal.SIGKILL:
        assert code == 0
        assert line.close_code == aiohttp.WSCloseCode.GOING_AWAY
        assert "ending every app" in "".join(evening.said)


async def test_mine_shows_the_own_data_to_the_first_browser(tmp_path):
    evening = Evening(tmp_path, "--mine")
    try:
        own, all_ = evening.keys
        me = evening.cookie(own)
        assert evening.enter(own).status == 403
        async with tab(evening, me):
            assert (tmp_path / paths.answers().name).exists()
            assert evening.visitors() == []
        async with tab(evening, evening.cookie(all_)):
            assert len(evening.visitors()) == 1
    finally:
        evening.end()
