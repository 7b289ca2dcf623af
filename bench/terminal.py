"""A program on a pty with everything it paints, and a machine that has other things to do."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

LONGEST = 5.0
"""Seconds after which a key counts as swallowed."""
ROWS, COLUMNS = 16, 80
STYLING = re.compile(rb"\x1b\[[0-9;?]*[A-Za-z]")


class Taken(NamedTuple):
    """What a key took, in milliseconds."""

    wall: float
    """Until it was painted."""
    cpu: float
    """What the program computed meanwhile, all its threads together: it does not depend on what else runs."""


class Terminal:
    """A program on a pty, with everything it paints."""

    def __init__(self, command: list[str], home: str) -> None:
        self.pid, self.descriptor = pty.fork()
        if self.pid == 0:
            here = {"QUIZAPP_HOME": home, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
            compiled = str(Path(home).parent / "compiled")
            here |= {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": compiled}  # as it is installed
            os.execvpe(command[0], command, {**os.environ, **here})
        fcntl.ioctl(self.descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        self.painted = b""
        self._clock = ~self.pid << 3 | 2
        """The CPU clock of that process, as Linux numbers them."""

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

    def wait(self, text: bytes, seconds: float = LONGEST) -> None:
        """Until `text` was painted. Raises TimeoutError when it is not."""
        end = time.perf_counter() + seconds
        while text not in STYLING.sub(b"", self.painted):
            if not self.read(end - time.perf_counter()) and time.perf_counter() >= end:
                raise TimeoutError(f"{text.decode()!r} was not painted within {seconds:g} s")

    def press(self, key: bytes, text: bytes = b"", seconds: float = LONGEST) -> Taken:
        """From a key to `text`, or to the first thing painted."""
        while self.read(0.0):
            pass
        self.painted = b""
        self._began = time.perf_counter(), time.clock_gettime(self._clock)
        os.write(self.descriptor, key)
        if not self.read(seconds):
            raise TimeoutError(f"{key!r} painted nothing within {seconds:g} s")
        return self.until(text, seconds)

    def until(self, text: bytes, seconds: float = LONGEST) -> Taken:
        """From the last key to `text`."""
        self.wait(text, seconds)
        wall, cpu = self._began
        return Taken(1000.0 * (time.perf_counter() - wall), 1000.0 * (time.clock_gettime(self._clock) - cpu))

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
