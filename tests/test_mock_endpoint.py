"""A model as interviewer: what is sent, what is taken from the reply, every failure one calm line."""

import contextlib
import json
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from quizapp import bank, paths, settings
from quizapp.errors import QuizError, SettingsError
from quizapp.mock import endpoint as module
from quizapp.mock.endpoint import KEY, Endpoint

SAID = "Any token is one hop away, but reachable is not the same as recalled."


class Stub(ThreadingHTTPServer):
    """An endpoint on this machine that says what it is told to."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.status, self.body, self.wait, self.location, self.drip = 200, b"{}", 0.0, "", 0.0
        self.asked = []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def address(self):
        return f"http://127.0.0.1:{self.server_address[1]}/v1"

    def says(self, found):
        content = found if isinstance(found, str) else json.dumps(found)
        self.body = json.dumps({"choices": [{"message": {"content": content}}]}).encode()


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        stub = self.server
        size = int(self.headers["Content-Length"])
        stub.asked.append((self.path, dict(self.headers), json.loads(self.rfile.read(size))))
        time.sleep(stub.wait)
        self.send_response(stub.status)
        if stub.location:
            self.send_header("Location", stub.location)
        self.end_headers()
        try:
            for at in range(0, len(stub.body), 4096 if not stub.drip else 1):
                self.wfile.write(stub.body[at : at + (4096 if not stub.drip else 1)])
                time.sleep(stub.drip)
        except OSError:
            pass  # it had enough

    def log_message(self, *_):
        pass


@pytest.fixture
def stub():
    stub = Stub()
    yield stub
    stub.shutdown()
    stub.server_close()


@pytest.fixture(scope="module")
def item():
    return bank.load().items["path-review-one-step-claim"]


@pytest.fixture
def ask(stub, item, monkeypatch):
    monkeypatch.delenv(KEY, raising=False)
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")  # nobody is there: this machine is asked directly
    return lambda: Endpoint(address=stub.address, model="tiny").ask(item, item.prompt, SAID, "the aim")


def test_a_good_reply(stub, ask, item):
    stub.says(
        {"made": {"r1": "Any token is one hop away"}, "follow_up": "And over that hop, how much arrives?"}
    )
    reply = ask()
    assert reply.made == {"r1": "Any token is one hop away"}
    assert reply.follow_up == "And over that hop, how much arrives?"
    ((path, headers, body),) = stub.asked
    assert path == "/v1/chat/completions"
    assert "Authorization" not in headers
    assert body["model"] == "tiny"
    told = json.loads(body["messages"][1]["content"])
    assert set(told) == {"question", "asked", "rubric", "answer", "aim"}
    assert told["answer"] == SAID


def test_a_fence_and_words_around_the_object_do_not_matter(stub, ask):
    stub.says('Sure!\n```json\n{"made": {}, "follow_up": "What arrives over that hop?"}\n```')
    assert ask().follow_up == "What arrives over that hop?"


def test_only_words_of_the_answer_count_and_nothing_reaches_the_terminal_raw(stub, ask):
    stub.says(
        {
            "made": {
                "r1": "the candidate said it all",
                "r2": "reachable",
                "r77": "Any token is one",
                "r3": 5,
            },
            "follow_up": "What\x1b[31m arrives\nover that hop?",
        }
    )
    reply = ask()
    assert reply.made == {"r2": "reachable"}
    assert reply.follow_up == "What [31m arrives over that hop?"
    stub.says({"made": [], "follow_up": "x" * 400})
    assert ask() == module.Reply()


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"<html>hello</html>", "not the JSON"),
        (b"\xff\xfe", "not the JSON"),
        (b"[" * 50_000, "not the JSON"),
        (b"{}", "another shape"),
        (b'{"choices": []}', "another shape"),
        (b'{"choices": [{"message": {"content": null}}]}', "another shape"),
        (b'{"choices": [{"message": {"content": "no object"}}]}', "another shape"),
        (b"5", "another shape"),
        (b"", "not the JSON"),
        (b" " * 200_000, "too long"),
    ],
)
def test_garbage_is_one_calm_line(stub, ask, body, words):
    stub.body = body
    with pytest.raises(QuizError, match=words) as found:
        ask()
    assert "\n" not in found.value.what
    assert found.value.what.endswith("the rules go on alone.")


def test_an_error_of_the_server_and_nobody_there(stub, ask, item):
    stub.status = 500
    with pytest.raises(QuizError, match="it said 500"):
        ask()
    with pytest.raises(QuizError, match="cannot be reached"):
        Endpoint(address="http://127.0.0.1:9/v1", model="tiny").ask(item, "", SAID, "")


def test_answers_do_not_follow_a_redirect(stub, ask):
    stub.status, stub.location = 302, stub.address + "/elsewhere"
    with pytest.raises(QuizError, match="it said 302"):
        ask()
    assert len(stub.asked) == 1


@pytest.mark.parametrize(("wait", "drip"), [(2.0, 0.0), (0.0, 0.05)])
def test_slow_and_dripping_replies_are_not_waited_for(stub, ask, monkeypatch, wait, drip):
    monkeypatch.setattr(module, "SECONDS", 0.4)
    stub.wait, stub.drip = wait, drip
    stub.body = b" " * 400
    begun = time.monotonic()
    with pytest.raises(QuizError, match="no reply within"):
        ask()
    assert time.monotonic() - begun < 1.5


def dripping(line):
    """A head that never ends."""
    line.sendall(b"HTTP/1.1 200 OK\r\nX: ")
    for _ in range(100):
        line.sendall(b"a")
        time.sleep(0.05)


def going_on(line):
    """It says for ever that it will say something."""
    for _ in range(1_000):
        line.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        time.sleep(0.005)


@pytest.mark.parametrize("how", [dripping, going_on])
def test_a_head_that_never_ends_is_not_waited_for(item, monkeypatch, how):
    monkeypatch.setattr(module, "SECONDS", 0.4)
    ended = threading.Event()

    def answer():
        line, _ = listening.accept()
        with line, contextlib.suppress(OSError):
            line.recv(65_536)
            how(line)
        ended.set()

    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=answer, daemon=True).start()
        address = f"http://127.0.0.1:{listening.getsockname()[1]}/v1"
        begun = time.monotonic()
        with pytest.raises(QuizError, match="no reply within"):
            Endpoint(address=address, model="tiny").ask(item, item.prompt, SAID, "")
        assert time.monotonic() - begun < 1.5
        assert ended.wait(2), "the line was not cut"


def test_a_redirect_to_a_file_is_not_followed(stub, ask):
    stub.status, stub.location = 302, "file:///etc/passwd"
    with pytest.raises(QuizError, match="it said 302"):
        ask()


def test_the_key_goes_only_where_it_is_safe(stub, ask, item, monkeypatch):
    monkeypatch.setenv(KEY, "secret")
    stub.says({"made": {}})
    Endpoint(address=stub.address, model="tiny").ask(item, "", SAID, "")
    assert stub.asked[0][1]["Authorization"] == "Bearer secret"
    away = Endpoint(address="http://example.org/v1", model="tiny")
    assert away._key() == ""
    assert any("not sent" in line for line in away.promise())
    assert "leave this one" in away.promise()[0]
    assert Endpoint(address="https://example.org/v1", model="tiny")._key() == "secret"
    monkeypatch.setenv(KEY, "two\nlines")
    assert Endpoint(address="https://example.org/v1", model="tiny")._key() == ""


def test_it_is_off_until_it_is_set_and_what_is_set_is_looked_at(home):
    file = paths.settings()
    assert (settings.load(file).endpoint, settings.load(file).model) == ("", "")
    settings.put(file, "endpoint", "http://localhost:11434/v1/")
    settings.put(file, "model", "llama3.2:3b")
    assert settings.load(file).endpoint == "http://localhost:11434/v1"
    for bad in ("localhost:11434", "ftp://x", "https://user:key@host/v1", "http://x/v1?key=1"):
        with pytest.raises(SettingsError):
            settings.put(file, "endpoint", bad)
    with pytest.raises(SettingsError):
        settings.put(file, "model", "two words")
