"""The real app in a real terminal: answer, prove, see a verdict, undo, quit; and what is left behind."""

import os
import signal
import sqlite3
import sys
import time

import pexpect
import pyte
import pytest

from quizapp import paths


class Terminal:
    """The app in a pty, with a terminal emulator that keeps its screen."""

    def __init__(self, home, *arguments, columns=80, rows=24, **environment):
        self.screen = pyte.Screen(columns, rows)
        self.stream = pyte.Stream(self.screen)
        self.child = pexpect.spawn(
            sys.executable,
            ["-m", "quizapp", *arguments],
            env={**os.environ, "QUIZAPP_HOME": str(home), "TERM": "xterm-256color", **environment},
            dimensions=(rows, columns),
            encoding="utf-8",
            timeout=30,
        )
        self.child.delaybeforesend = None

    def text(self) -> str:
        return " ".join(" ".join(self.screen.display).split())

    def settle(self, quiet: float = 0.3) -> str:
        """Read until the app has said nothing for a moment; what is on the screen then."""
        while True:
            try:
                self.stream.feed(self.child.read_nonblocking(65536, timeout=quiet))
            except (pexpect.TIMEOUT, pexpect.EOF):
                return self.text()

    def wait(self, words: str, seconds: float = 30.0) -> None:
        """Read until the words are on a settled screen; fails with the screen when they never are."""
        end = time.monotonic() + seconds
        while words not in self.settle():
            if time.monotonic() > end or not self.child.isalive():
                pytest.fail(f"{words!r} is not on the screen:\n" + "\n".join(self.screen.display))

    def press(self, keys: str) -> None:
        self.child.send(keys)

    def gone(self) -> int | None:
        """Wait for the end; the exit code."""
        self.child.expect(pexpect.EOF)
        self.child.close()
        return self.child.exitstatus


@pytest.fixture
def terminal(home):
    opened = []

    def start(*arguments, **how):
        opened.append(Terminal(home, *arguments, **how))
        return opened[-1]

    yield start
    for one in opened:
        one.child.close(force=True)


def rows(query):
    with sqlite3.connect(paths.answers()) as db:
        found = db.execute(query).fetchall()
    db.close()
    return found


def test_answer_prove_undo_quit(terminal):
    app = terminal()
    app.wait("quizapp 0 due")
    app.wait("parallelism")
    app.press("s")
    for _ in range(30):  # until an item that has a claim to prove has been answered
        app.wait("new ")
        answer_one(app)
        if "prove it" in app.text():
            break
        app.press("\r")
    answered = len(rows("SELECT 1 FROM reviews"))
    assert answered >= 1
    app.press("p")
    app.wait("What will the bench say?")
    app.press("1")
    app.wait("Verdict:", seconds=90)
    app.wait("You predicted holds")
    app.press("\x1b")
    app.wait("undo")
    app.press("u")
    app.wait("undo last")
    assert rows("SELECT rating FROM amendments") == [(None,)]
    app.press("\x1b")
    app.wait("Last verdicts")
    app.press("q")
    assert app.gone() == 0
    assert len(rows("SELECT 1 FROM reviews")) == answered
    assert len(rows("SELECT 1 FROM runs WHERE status = 'ok'")) >= 1
    assert len(rows("SELECT 1 FROM predictions")) == 1


def answer_one(app):
    """Get through one item, whatever its kind, without trying to be right."""
    before = len(rows("SELECT 1 FROM reviews"))
    for _ in range(12):
        shown = app.settle()
        if len(rows("SELECT 1 FROM reviews")) > before:
            return
        if "1 again" in shown:
            app.press("3")
        elif "take it" in shown:
            app.press("1\r")
        elif "turn it" in shown:
            app.press(" ")
        elif "how sure" in shown:
            app.press("3")
        elif "enter when done" in shown:
            app.press("1234567\r")
        else:
            app.press("1")


def test_without_a_terminal_it_says_what_works_instead(home):
    import subprocess

    done = subprocess.run(
        [sys.executable, "-m", "quizapp"], capture_output=True, text=True, stdin=subprocess.DEVNULL
    )
    assert done.returncode == 2
    assert "terminal" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("environment", [{"NO_COLOR": "1"}, {"COLORTERM": ""}])
def test_without_colour(terminal, environment):
    app = terminal(**environment)
    app.wait("quizapp 0 due")
    app.press("c")
    app.wait("claims")
    app.press("\x1b")
    app.wait("all topics")
    app.press("q")
    assert app.gone() == 0


def test_a_tiny_terminal(terminal):
    app = terminal(columns=24, rows=6)
    app.wait("quizapp")
    app.press("s")
    app.wait("0 due")
    app.press("\x1b")
    app.wait("quizapp")
    app.press("q")
    assert app.gone() == 0


def test_two_copies_at_once(terminal):
    one, two = terminal("study"), terminal("study")
    for app in (one, two):
        app.wait("new ")
        answer_one(app)
    assert len(rows("SELECT 1 FROM reviews")) == 2
    for app in (one, two):
        app.press("\x11")
        assert app.gone() == 0


def test_a_terminal_that_goes_takes_the_app_along_even_under_nohup(tmp_path):
    child = pexpect.spawn(
        sys.executable,
        ["-m", "quizapp"],
        env={**os.environ, "QUIZAPP_HOME": str(tmp_path), "TERM": "xterm-256color"},
        ignore_sighup=True,
        timeout=30,
    )
    child.expect_exact("\x1b[?1049h")  # it has the screen
    child.ptyproc.fileobj.close()  # the terminal is gone; the process was told nothing else
    child.closed = child.ptyproc.closed = True
    for _ in range(200):
        if os.waitpid(child.pid, os.WNOHANG)[0]:
            break
        time.sleep(0.05)
    else:
        os.kill(child.pid, signal.SIGKILL)
        pytest.fail("the app outlived its terminal")
