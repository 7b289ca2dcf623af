"""Time from a key to the repaint it causes, over a real pty, while an experiment uses every core.

Three screens: the claims list (down), the cursor of a question (down), and the help sheet opened and closed
over a claim that is being proved, where curves are drawn as they come in. Nothing moves by itself in a
question or in the list, so the first bytes are the reply there; over a run every key waits for a text that
only its own effect paints, so that no redraw is taken for a reply. A claim that has been proved is proved
again. Run: python bench/keys.py [presses for each]
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
from pathlib import Path

LIMIT = 50.0
"""Milliseconds that the 99th percentile may take."""
LONGEST = 5.0
"""Seconds after which a key counts as swallowed."""
LONG_RUNNING = "gradient_distance"
"""The experiment to prove meanwhile, if there is a claim that needs it."""
ROWS, COLUMNS = 16, 80
UP, DOWN, ESCAPE = b"\x1b[A", b"\x1b[B", b"\x1b"
CURSOR, LITERATURE, SENTENCE, VERDICT = "›".encode(), b"literature", b"People say", b"Verdict:"
Timings = dict[str, list[float]]
"""What was pressed -> milliseconds of every press."""
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

    def press(self, key: bytes, text: bytes = b"", seconds: float = LONGEST) -> float:
        """Milliseconds from a key to `text`, or to the first thing painted."""
        while self.read(0.0):
            pass
        self.painted = b""
        began = time.perf_counter()
        os.write(self.descriptor, key)
        if not self.read(seconds):
            raise TimeoutError(f"{key!r} painted nothing within {seconds:g} s")
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
    """As many processes as cores, each of which computes all the time, at the app's own priority."""
    spin = "while True: pass"
    busy = [subprocess.Popen([sys.executable, "-c", spin]) for _ in os.sched_getaffinity(0)]
    try:
        yield
    finally:
        for process in busy:
            process.kill()
            process.wait()


def pause(terminal: Terminal, source: random.Random) -> None:
    """As long as a human takes, so that keys meet the ticks of the app at every phase."""
    terminal.settle(source.uniform(0.05, 0.25))


def in_the_claims(terminal: Terminal, presses: int, source: random.Random) -> Timings:
    """Down through the claims; the bar moves, then the claim is shown in full."""
    terminal.type(b"c", then=0.0)
    terminal.wait(LITERATURE)
    bar, whole = [], []
    for _ in range(presses):
        pause(terminal, source)
        began = time.perf_counter()
        bar.append(terminal.press(DOWN))
        whole.append(1000.0 * (terminal.wait(LITERATURE) - began))
    return {"claims: down": bar, "(claim in full)": whole}


def in_a_question(terminal: Terminal, presses: int, source: random.Random) -> Timings:
    """The cursor of a question with options, from whichever topic asks one first."""
    for _ in range(10):
        terminal.type(b"\r", then=0.6)
        if terminal.shows(CURSOR):
            break
        terminal.type(ESCAPE)
        terminal.type(DOWN)
    took = []
    for _ in range(presses):
        pause(terminal, source)
        took.append(terminal.press(DOWN, CURSOR))
    return {"question: down": took}


def while_proving(terminal: Terminal, presses: int, source: random.Random) -> Timings:
    """Over a run: back up to the sentence under test, then the help sheet opened and closed."""
    terminal.type(b"c")
    terminal.type(b"/")
    claim = long_running()
    terminal.type(claim.encode(), then=1.0)
    terminal.type(b"\r")
    terminal.press(b"\r", SENTENCE)
    run_it(terminal)
    took: Timings = {"proving: up": [], "(help opens)": [], "(help closes)": []}
    over = False
    while len(took["(help closes)"]) < presses:
        if over:
            terminal.type(b"r")
            run_it(terminal)
        pause(terminal, source)
        terminal.type(DOWN * 2, then=source.uniform(0.3, 0.5))  # the sentence leaves the screen
        over = terminal.shows(VERDICT)
        if not over and not terminal.shows(SENTENCE):
            up = terminal.press(UP * 2, SENTENCE)
            over = terminal.shows(VERDICT)
            took["proving: up"] += [] if over else [up]  # a verdict scrolls up by itself
        status = claim.encode()  # the first line of the screen, painted whatever it is scrolled to
        for key, text, name in ((b"?", b"this help", "(help opens)"), (b"x", status, "(help closes)")):
            pause(terminal, source)
            over |= terminal.shows(VERDICT)
            took[name].append(terminal.press(key, text))
            over |= terminal.shows(VERDICT)
    return took


def run_it(terminal: Terminal) -> None:
    """Start the run and wait for its curves; with them there is more to see than fits."""
    terminal.press(b"s", b"cancel")
    terminal.wait(b"% left", 20.0)
    terminal.settle(0.5)


def long_running() -> str:
    """The id of a claim whose proof takes long."""
    from quizapp import headless

    claims = [claim for claim in headless.bank_of_claims(lambda _: None).claims.values() if claim.checks]
    claims.sort(key=lambda claim: LONG_RUNNING not in claim.experiments)
    return claims[0].id


def measure(script: Callable[[Terminal, int, random.Random], Timings], presses: int, home: str) -> Timings:
    """Start the app, let its bench warm up, then press keys on busy cores."""
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
        f"p99 {cuts[98]:5.1f}   longest {max(took):5.1f} ms",
        flush=True,
    )
    return cuts[98]


def main() -> int:
    """Print the percentiles of every key; 1 when one of them is over the limit."""
    presses = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    worst = 0.0
    for script in (in_the_claims, in_a_question, while_proving):
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
            Path(home, "settings.yaml").write_text("tour: false\n", encoding="utf-8")
            for name, took in measure(script, presses, home).items():
                p99 = said(name, took)
                if not name.startswith("("):  # a screen that opens is more than a repaint
                    worst = max(worst, p99)
    print(f"worst p99 {worst:.1f} ms (limit {LIMIT:g}); load average {os.getloadavg()[0]:.1f}")
    return 1 if worst > LIMIT else 0


if __name__ == "__main__":
    sys.exit(main())
