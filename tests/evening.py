"""A study evening for tests: the real server in a process of its own, at a free port of this machine."""

from __future__ import annotations

import http.client
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

COOKIE = "quizapp"


class Evening:
    """`quizapp serve` under way. `links` in the order in which they were printed."""

    def __init__(self, home: Path, *options: str) -> None:
        self.home = home
        # An editor that would leave a trace, were it ever opened.
        environment = {**os.environ, "QUIZAPP_HOME": str(home), "EDITOR": f"touch {home / 'edited'}"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "quizapp", "serve", "--port", "0", *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
        )
        self.said: list[str] = []
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()
        self.links = []
        for _ in range(1 + ("--mine" in options)):
            self.links.append(self.process.stdout.readline().strip())
        assert all(self.links), "".join(self.said)
        found = urlsplit(self.links[0])
        self.host = found.netloc
        self.origin = f"http://{found.netloc}"
        self.keys = [urlsplit(link).query.removeprefix("key=") for link in self.links]

    def _listen(self) -> None:
        self.said.extend(self.process.stderr)

    def ask(
        self, path: str = "/", *, method: str = "GET", body: str | None = None, **headers: str
    ) -> http.client.HTTPResponse:
        """One request as it stands; `text` of what comes back is what it says."""
        connection = http.client.HTTPConnection(self.host, timeout=10)
        known = {"Host": self.host, **{name.replace("_", "-"): value for name, value in headers.items()}}
        connection.putrequest(method, path, skip_host=True)
        if body is not None:
            known["Content-Length"] = str(len(body))
        for name, value in known.items():
            connection.putheader(name, value)
        connection.endheaders(body.encode() if body is not None else None)
        answer = connection.getresponse()
        answer.text = answer.read().decode(errors="replace")
        connection.close()
        return answer

    def enter(self, key: str | None = None, **headers: str) -> http.client.HTTPResponse:
        """Exchange a key for a cookie, as the page does."""
        body = self.keys[-1] if key is None else key
        return self.ask("/enter", method="POST", body=body, **{"Origin": self.origin, **headers})

    def cookie(self, key: str | None = None) -> str:
        """The cookie of a new visitor, as a header has it."""
        return self.enter(key).getheader("Set-Cookie").split(";")[0]

    def apps(self) -> set[int]:
        """The processes that the server, and what it started, has started."""
        return descendants(self.process.pid)

    def visitors(self) -> list[Path]:
        """The folders of those who were here."""
        return sorted(path for path in (self.home / "visitors").iterdir() if path.is_dir())

    def end(self, how: signal.Signals = signal.SIGINT) -> int:
        """End it; the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        code = self.process.wait(20)
        self._listener.join(5)
        for stream in (self.process.stdout, self.process.stderr):
            stream.close()
        return code


def _processes() -> dict[int, int]:
    """Every living process -> its parent."""
    command = ["ps", "-A", "-o", "pid=,ppid=,stat="]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    rows = [line.split() for line in listed.splitlines()]
    return {int(pid): int(parent) for pid, parent, state in rows if not state.startswith("Z")}


def descendants(root: int) -> set[int]:
    """Every living process under one."""
    parents = _processes()
    found: set[int] = set()
    while more := {pid for pid, parent in parents.items() if parent in found | {root}} - found:
        found |= more
    return found


def alive(pids: set[int]) -> set[int]:
    """Those that are still there."""
    return pids & set(_processes())


def until(true: Callable[[], object], seconds: float = 15.0) -> None:
    """Wait until something holds."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.05)
