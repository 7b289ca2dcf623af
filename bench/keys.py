"""Time from a key to the repaint it causes, over a real pty, while other processes use every core.

Three screens: the claims list (down), the cursor of a question (down), and the help sheet opened and closed
over a claim that is being proved, where curves are drawn as they come in. Every key waits for a text that
only its own effect paints, so that periodic redraws are not taken for replies. A claim that has been
proved is proved again. Run: python bench/keys.py [presses]
"""

from __future__ import annotations

import fcntl
import os
import pty
import random
import re
import select
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

LIMIT = 50.0
"""Milliseconds that the 99th percentile may take."""
LONGEST = 5.0
"""Seconds after which a key counts as swallowed."""
LONG_RUNNING = "gradient_distance"
"""The experiment to prove meanwhile, if there is a claim that needs it."""
ROWS, COLUMNS = 32, 100
DOWN, ESCAPE = b"\x1b[B", b"\x1b"
STYLING = re.compile(rb"\x1b\[[0-9;?]*[A-Za-z]")


class Terminal:
    """A program on a pty, with everything it paints."""

    def __init__(self, command: list[str], home: str) -> None:
        self.pid, self.descriptor = pty.fork()
        if self.pid == 0:
            here = {"QUIZAPP_HOME": home, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
            os.execvpe(command[0], command, {**os.environ, **here})
        fcntl.ioctl(self.descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        self.painted = b""

    def read(self, seconds: float) -> bool:
        """Take in what has been painted; False when there was nothing for so long."""
        if not select.select([self.descriptor], [], [], max(0.0, seconds))[0]:
            return False
        self.painted += os.read(self.descriptor, 65536)
        return True

    def settle(self, seconds: float) -> None:
        """Read for so long."""
        end = time.perf_counter() + seconds
        while (left := end - time.perf_counter()) > 0:
            self.read(left)

    def wait(self, text: bytes, seconds: float = LONGEST) -> float:
        """The time at which `text` was painted. Raises TimeoutError when it is not."""
        end = time.perf_counter() + seconds
        while text not in STYLING.sub(b"", self.painted):
            if not self.read(end - time.perf_counter()) and time.perf_counter() >= end:
                raise TimeoutError(f"{text.decode()!r} was not painted within {seconds:g} s")
        return time.perf_counter()

    def press(self, key: bytes, text: bytes, seconds: float = LONGEST) -> float:
        """Milliseconds from a key to `text`."""
        while self.read(0.0):
            pass
        self.painted = b""
        began = time.perf_counter()
        os.write(self.descriptor, key)
        return 1000.0 * (self.wait(text, seconds) - began)

    def type(self, keys: bytes, then: float = 0.3) -> None:
        """Type without measuring."""
        self.painted = b""
        os.write(self.descriptor, keys)
        self.settle(then)

    def shows(self, text: bytes) -> bool:
        """Whether `text` has been painted since the last key."""
        return text in STYLING.sub(b"", self.painted)

    def close(self) -> None:
        """End the program."""
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.descriptor)


@contextmanager
def every_core_busy() -> Iterator[None]:
    """As many processes as cores, each of which computes all the time."""
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in os.sched_getaffinity(0)]
    try:
        yield
    finally:
        for process in busy:
            process.kill()
            process.wait()


def pause(terminal: Terminal, source: random.Random) -> None:
    """As long as a human takes, so that keys meet the ticks of the app at every phase."""
    terminal.settle(source.uniform(0.05, 0.25))


def in_the_claims(terminal: Terminal, presses: int, source: random.Random) -> list[float]:
    """Down through the claims; every one shows its standing in the literature."""
    terminal.type(b"c", then=0.0)
    terminal.wait(b"literature")
    took = []
    for _ in range(presses):
        pause(terminal, source)
        took.append(terminal.press(DOWN, b"literature"))
    terminal.type(ESCAPE)
    return took


def in_a_question(terminal: Terminal, presses: int, source: random.Random) -> list[float]:
    """The cursor of a question with options, from whichever topic asks one first."""
    for _ in range(10):
        terminal.type(b"\r", then=0.6)
        if terminal.shows("›".encode()):
            break
        terminal.type(ESCAPE)
        terminal.type(DOWN)
    took = []
    for _ in range(presses):
        pause(terminal, source)
        took.append(terminal.press(DOWN, "›".encode()))
    terminal.type(ESCAPE)
    return took


def while_proving(terminal: Terminal, presses: int, source: random.Random) -> list[float]:
    """The help sheet opened and closed over a run; its own text appears, and the sentence under test."""
    terminal.type(b"c")
    terminal.type(b"/")
    terminal.type(long_running().encode(), then=1.0)
    terminal.type(b"\r")
    terminal.press(b"\r", b"People say")
    terminal.press(b"s", b"cancel")
    took = []
    while len(took) < presses:
        pause(terminal, source)
        over = terminal.shows(b"Verdict:")
        took.append(terminal.press(b"?", b"this help"))
        pause(terminal, source)
        over |= terminal.shows(b"Verdict:")
        took.append(terminal.press(b"x", b"People say"))
        if over or terminal.shows(b"Verdict:"):
            terminal.type(b"r")
            terminal.press(b"s", b"cancel")
    terminal.type(ESCAPE)
    return took


def long_running() -> str:
    """The id of a claim whose proof takes long."""
    from quizapp import headless

    claims = [claim for claim in headless.bank_of_claims(lambda _: None).claims.values() if claim.checks]
    claims.sort(key=lambda claim: LONG_RUNNING not in claim.experiments)
    return claims[0].id


def measure(
    script: Callable[[Terminal, int, random.Random], list[float]], presses: int, home: str
) -> list[float]:
    """Start the app, let its bench warm up, then press keys on busy cores: milliseconds each."""
    terminal = Terminal([sys.executable, "-m", "quizapp"], home)
    try:
        terminal.wait(b"topic", 30.0)
        terminal.settle(3.0)
        with every_core_busy():
            return script(terminal, presses, random.Random(0))
    finally:
        terminal.close()


def said(name: str, took: list[float]) -> float:
    """Print the percentiles of a list of milliseconds; returns the 99th."""
    cuts = statistics.quantiles(took, n=100, method="inclusive")
    print(
        f"{name:<16}{len(took):>5} keys   p50 {cuts[49]:5.1f}   p90 {cuts[89]:5.1f}   "
        f"p99 {cuts[98]:5.1f}   longest {max(took):5.1f} ms"
    )
    return cuts[98]


def main() -> int:
    """Print the percentiles of every screen; 1 when one of them is over the limit."""
    presses = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    scripts = {"claims": in_the_claims, "question": in_a_question, "while proving": while_proving}
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        worst = max(said(name, measure(script, presses, home)) for name, script in scripts.items())
    print(f"worst p99 {worst:.1f} ms (limit {LIMIT:g})")
    return 1 if worst > LIMIT else 0


if __name__ == "__main__":
    sys.exit(main())
