"""Connections that ask nothing, requests that make no sense, and what is said of either."""

from __future__ import annotations

import logging
import socket
import time
import zlib
from pathlib import Path

import pytest
from aiohttp.http_exceptions import BadHttpMessage

from quizapp.mock.endpoint import KEY
from quizapp.serving import watch
from quizapp.serving.door import Addresses, is_loopback
from quizapp.serving.guest import Guest
from quizapp.serving.watch import PATIENCE, SILENT, Watch
from tests.evening import Evening


class Line:
    """A connection with its transport in one."""

    def __init__(self, address: str = "192.0.2.7") -> None:
        self.address = address
        self.closed = False
        self.transport = self

    def get_extra_info(self, name: str) -> tuple[str, int]:
        assert name == "peername"
        return (self.address, 5000)

    def is_closing(self) -> bool:
        return self.closed

    def abort(self) -> None:
        self.closed = True


def test_who_asks_nothing_in_time_is_sent_away_and_who_asked_is_not():
    seen = Watch()
    silent, asked = Line(), Line()
    seen.asked(asked)
    seen.look([silent, asked], 100.0)
    seen.look([silent, asked], 100.0 + PATIENCE)
    assert not silent.closed
    seen.look([silent, asked], 100.1 + PATIENCE)
    assert silent.closed
    assert not asked.closed


def test_one_address_cannot_hold_every_line_and_the_oldest_go_first():
    seen = Watch()
    early, other = [Line() for _ in range(5)], Line("192.0.2.8")
    seen.look([*early, other], 100.0)
    late = [Line() for _ in range(SILENT)]
    seen.look([*early, *late, other], 101.0)
    assert all(line.closed for line in early)
    assert not any(line.closed for line in [*late, other])


def test_what_goes_wrong_is_a_line_without_what_was_asked_and_not_for_ever():
    said: list[str] = []
    log = watch.logger(said.append)
    for error in (BadHttpMessage("/?key=secret"), ConnectionResetError("secret"), TimeoutError()):
        log.error("Error handling request %s", "/?key=secret", exc_info=error)
    log.error("no exception: secret")
    assert said == []
    for _ in range(watch.LINES * 2):
        try:
            raise ValueError("/?key=secret")
        except ValueError:
            log.exception("Error handling request")
    assert len(said) == watch.LINES
    assert said[0].startswith("a request could not be answered: ValueError at ")
    assert "secret" not in "".join(said)
    assert not logging.getLogger("quizapp.serving").handlers


def test_an_address_that_was_mapped_is_known():
    assert Addresses(8128).ours("127.0.0.1:8128", "::ffff:127.0.0.1")
    assert Addresses(8128).ours("192.168.1.5:8128", "::ffff:192.168.1.5")
    assert not Addresses(8128).ours("[::ffff:192.168.1.5]:8128", "192.168.1.5")
    assert not is_loopback("::ffff:192.168.1.5")


@pytest.mark.parametrize("origin", ["http://[evil", "http://[::1", "http://evil\u2100.com", "http://\udcff"])
def test_an_origin_that_cannot_be_read_is_not_ours(origin: str):
    assert not Addresses(8128).same_origin({"Origin": origin, "Host": "127.0.0.1:8128"})


def test_a_visitor_does_not_get_the_hosts_key_to_a_model(home: Path, monkeypatch):
    monkeypatch.setenv(KEY, "secret")

    async def nothing(_: object) -> None: ...

    theirs = Guest(home / "visitors" / "a", home / "turn", nothing, nothing)
    mine = Guest(home, home / "turn", nothing, nothing)
    assert KEY not in theirs._build_environment()
    assert mine._build_environment()[KEY] == "secret"


# ---- over the wire


@pytest.fixture(scope="module")
def evening(tmp_path_factory):
    evening = Evening(tmp_path_factory.mktemp("evening"))
    yield evening
    assert evening.end() == 0
    said = "".join(evening.said)
    assert "Traceback" not in said
    assert "could not be answered" not in said
    assert not any(key in said for key in evening.keys)


def raw(evening: Evening, sent: bytes) -> str:
    """What comes back for these bytes."""
    host, _, port = evening.host.rpartition(":")
    with socket.create_connection((host, int(port)), timeout=5) as line:
        line.sendall(sent)
        found = b""
        try:
            while piece := line.recv(65_536):
                found += piece
        except ConnectionResetError:
            pass
    return found.decode("latin-1")


def request(first: str, *heads: str, host: str = "{host}", body: bytes = b"") -> str:
    lines = [f"{first} HTTP/1.1", f"Host: {host}", "Connection: close", *heads]
    return "\r\n".join(lines) + "\r\n\r\n" + body.decode("latin-1")


def post(body: bytes, *heads: str) -> str:
    return request("POST /enter", "Origin: http://{host}", f"Content-Length: {len(body)}", *heads, body=body)


NONSENSE = {
    "TLS": "\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03" + "x" * 150,
    "an escape as a method": "\x1b]0;x\x07 / HTTP/1.1\r\nHost: a\r\n\r\n",
    "another protocol": "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "no host": "GET / HTTP/1.0\r\n\r\n",
    "two hosts": request("GET /", "Host: evil.example"),
    "a long key": request("GET /?key=" + "A" * 9_000),
    "a whole address": request("GET http://evil.example/?key={key}", host="evil.example"),
    "a host as a number": request("GET /", host="2130706433:{port}"),
    "a host with a point": request("GET /", host="localhost.:{port}"),
    "a host with a name": request("GET /", host="x@{host}"),
    "an origin in brackets": request("GET /ws", "Origin: http://[evil"),
    "an origin with a sign": request("GET /ws", "Origin: http://evil\xe2\x84\x80.com"),
    "an origin with a name": request("GET /ws", "Origin: http://a@{host}"),
    "letters that do not exist": post(b"x", "Content-Type: text/plain; charset=bogus"),
    "letters that are none": post(b"00", "Content-Type: text/plain; charset=hex"),
    "no letters": post(b"\xff\xfe\xfd"),
    "a long body": post(b"x" * 5_000),
    "a bomb": post(zlib.compress(b"x" * 5_000_000), "Content-Encoding: deflate"),
    "a body packed oddly": post(b"x", "Content-Encoding: br"),
    "two lengths": post(b"xxxxx", "Content-Length: 6"),
    "a length below nothing": request("POST /enter", "Origin: http://{host}", "Content-Length: -5"),
    "pieces of no length": request(
        "POST /enter", "Origin: http://{host}", "Transfer-Encoding: chunked", body=b"zz"
    ),
    "a cookie of signs": request("GET /", 'Cookie: quizapp="\\377; =x; ;;; [x]=1; $Version=1'),
    "many heads": request("GET /", *(f"X{n}: 1" for n in range(500))),
    "a path up": request("GET /part/..%2f..%2f..%2fetc%2fpasswd"),
    "a path up twice": request("GET /part/%252e%252e/door.py"),
    "a path with backslashes": request("GET /part/..\\..\\door.py"),
    "a path of no letters": request("GET /part/%ff%fe%00"),
    "a path with an escape": request("GET /part/\x1b[2J"),
    "a key of halves": request("GET /?key=%ed%a0%80"),
    "two keys": request("GET /?key=x&key={key}"),
    "everything": request("OPTIONS *"),
    "a tunnel": request("CONNECT evil.example:80"),
}  # fmt: skip


@pytest.mark.parametrize("what", NONSENSE)
def test_nonsense_is_refused_and_the_host_is_not_told(evening, what):
    port = evening.host.rpartition(":")[2]
    sent = NONSENSE[what]
    for name, value in (("host", evening.host), ("port", port), ("key", evening.keys[0])):
        sent = sent.replace(f"{{{name}}}", value)
    answer = raw(evening, sent.encode("latin-1"))
    assert answer.split(" ")[1] in ("400", "403", "404", "413"), answer[:200]
    assert evening.keys[0] not in answer
    assert "Set-Cookie" not in answer
    assert evening.ask().status == 403


def cut(line: socket.socket) -> bool:
    """Whether the other side has ended a connection on which it said nothing."""
    line.setblocking(False)
    try:
        return line.recv(1, socket.MSG_PEEK) == b""
    except BlockingIOError:
        return False
    except ConnectionResetError:
        return True


def test_many_who_ask_nothing_do_not_keep_others_out(evening):
    """They are gone soon, while somebody who asks is answered."""
    host, _, port = evening.host.rpartition(":")
    lines = [socket.create_connection((host, int(port)), timeout=5) for _ in range(SILENT * 4)]
    try:
        for line in lines:
            line.sendall(b"GET / HTTP/1.1\r\nX: ")
        assert evening.ask().status == 403
        end = time.monotonic() + 6
        while time.monotonic() < end and sum(map(cut, lines)) < SILENT * 3:
            time.sleep(0.1)
        assert sum(map(cut, lines)) >= SILENT * 3
    finally:
        for line in lines:
            line.close()
    assert evening.ask().status == 403
