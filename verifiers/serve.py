"""The warm parent: imports torch once, then has one process per request. Standard library only.

Requests and cancellations come as JSON lines on stdin; when stdin closes, everything ends. Where
forking is safe a child starts in milliseconds; elsewhere each request gets a fresh interpreter.
"""

from __future__ import annotations

import ctypes
import json
import os
import select
import selectors
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from .wire import Ended, Request, encode

FORKS = sys.platform == "linux"
TICK = 0.25
"""Seconds between looks at the deadline."""


def die_with_parent(yes: bool = True) -> None:
    """Ask the kernel to kill this process when its parent is gone (Linux; elsewhere stdin's end does it)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL if yes else 0)


@dataclass
class Child:
    """One run under way."""

    request: Request
    pid: int
    lifeline: int
    """The read end of a pipe that only the child holds; its last words are why it crashed."""
    deadline: float
    last_words: bytes = b""
    doom: str = ""
    """Why we killed it: `timeout` or `cancelled`."""


class _Server:
    def __init__(self, events: int, work: Callable[[Request, int], str]) -> None:
        self.events = events
        self.work = work
        self.waiting: deque[Request] = deque()
        self.child: Child | None = None
        self.selector = selectors.DefaultSelector()
        self.selector.register(0, selectors.EVENT_READ)
        self.partial = b""

    def run(self) -> int:
        """Serve until stdin ends."""
        while True:
            for key, _ in self.selector.select(TICK):
                if key.fd == 0:
                    if not self._hear():
                        self._kill("cancelled")
                        return 0
                else:
                    self._listen()
            if self.child is not None and time.monotonic() > self.child.deadline:
                self._kill("timeout")
            if self.child is not None and self._over(self.child):
                self._reap(self.child)
            if self.child is None and self.waiting:
                self._start(self.waiting.popleft())

    def _hear(self) -> bool:
        """Read what the app asks for; False at the end."""
        data = os.read(0, 65536)
        if not data:
            return False
        *lines, self.partial = (self.partial + data).split(b"\n")
        for line in lines:
            body = json.loads(line)
            if "cancel" in body:
                self._cancel(body["cancel"])
            else:
                self.waiting.append(Request(**body))
        return True

    def _cancel(self, id_: str) -> None:
        for request in [request for request in self.waiting if request.id == id_]:
            self.waiting.remove(request)
            self._say(request, "cancelled", "")
        if self.child is not None and self.child.request.id == id_:
            self._kill("cancelled")

    def _start(self, request: Request) -> None:
        lifeline, theirs = os.pipe()
        os.set_blocking(lifeline, False)
        start = self._fork if FORKS else self._spawn
        pid = start(request, theirs)
        os.close(theirs)
        self.child = Child(request, pid, lifeline, time.monotonic() + request.seconds)
        self.selector.register(lifeline, selectors.EVENT_READ)

    def _fork(self, request: Request, lifeline: int) -> int:
        pid = os.fork()
        if pid:
            with suppress(OSError):
                os.setpgid(pid, pid)
            return pid
        try:
            with suppress(OSError):
                os.setpgid(0, 0)
            die_with_parent()
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            reason = self.work(request, self.events)
            os.write(lifeline, reason.encode()[:4000])
        finally:
            sys.stderr.flush()
            os._exit(0)

    def _spawn(self, request: Request, lifeline: int) -> int:
        command = [sys.executable, "-m", __package__ or "", request.experiment]
        command += ["--profile", request.profile, "--device", request.device, "--lifeline", str(lifeline)]
        command += ["--first-seed", str(request.first_seed)]
        command += ["--seeds", str(request.seeds)] if request.seeds is not None else []
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=self.events,
            pass_fds=[lifeline],
            start_new_session=True,
        ).pid

    def _listen(self) -> None:
        """Take in a crashing child's reason, or see that it is gone."""
        child = self.child
        if child is not None and self._hear_out(child):
            self._reap(child)

    def _hear_out(self, child: Child) -> bool:
        """Read what the lifeline has; True at its end."""
        while True:
            try:
                data = os.read(child.lifeline, 4096)
            except BlockingIOError:
                return False
            if not data:
                return True
            child.last_words += data

    def _over(self, child: Child) -> bool:
        """Whether the child has ended although somebody it started still holds the lifeline."""
        if not FORKS:
            return False  # the lifeline is not handed on to what a fresh interpreter starts
        return os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None

    def _kill(self, doom: str) -> None:
        """Kill the run under way and wait until it is gone."""
        if self.child is not None:
            self.child.doom = doom
            self._reap(self.child)

    def _reap(self, child: Child) -> None:
        """End the child and whatever it started, and say how it ended."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)
        _, status = os.waitpid(child.pid, 0)
        self._hear_out(child)
        self.selector.unregister(child.lifeline)
        os.close(child.lifeline)
        self.child = None
        if child.doom:
            reason = f"stopped after {child.request.seconds:g} s" if child.doom == "timeout" else ""
            self._say(child.request, child.doom, reason)
        elif child.last_words:
            self._say(child.request, "crashed", child.last_words.decode(errors="replace"))
        elif os.WIFSIGNALED(status):
            name = signal.Signals(os.WTERMSIG(status)).name
            self._say(child.request, "crashed", f"the process was killed by {name}")
        elif os.WEXITSTATUS(status):
            self._say(child.request, "crashed", f"the process ended with code {os.WEXITSTATUS(status)}")
        else:
            self._say(child.request, "ok", "")

    def _say(self, request: Request, status: str, reason: str) -> None:
        with suppress(BrokenPipeError):
            # A killed child may have left half a line behind; the newline ends it.
            line = "\n" + encode(Ended(id=request.id, status=status, reason=reason))
            os.write(self.events, line.encode())


def _hung_up() -> bool:
    """Whether the app went before it could be asked to take us with it; it alone holds stdin open."""
    poll = select.poll()
    poll.register(0, 0)
    return bool(poll.poll(0))


def serve(events: int, work: Callable[[Request, int], str]) -> int:
    """Answer requests on stdin with events on the descriptor `events`, until stdin ends."""
    with suppress(OSError):
        os.nice(10)
    if FORKS:
        if _hung_up():
            return 0
        import torch  # noqa: F401 - so that every child has it already
    die_with_parent(False)  # from now on stdin's end tells us, and there is time to end what a run started
    return _Server(events, work).run()
