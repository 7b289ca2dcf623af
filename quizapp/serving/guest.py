"""The process of one open tab: the whole app, with a folder of its own, gone when the tab is.

Speaks with it as Textual's driver for the web wants to be spoken to. What it prints to stderr is for the
host's eyes only. Knows nothing of keys and cookies.
"""

from __future__ import annotations

import asyncio
import os
import re
import signal
import struct
import sys
from asyncio.subprocess import PIPE, Process
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

from textual_serve.app_service import AppService
from textual_serve.download_manager import DownloadManager

from quizapp import paths, served
from quizapp.mock.endpoint import KEY

PRELUDE = b"__GANGLION__\n"
"""What the driver says first."""
CHATTER = 10
"""Lines that may come before it."""
PATIENCE = 5.0
"""Seconds in which an app may end by itself, with the experiment it may be running."""
LARGEST = 1 << 24
"""Bytes of one packet; the app never says as much at once."""
COLUMNS, ROWS = (20, 400), (5, 150)
"""The least and the most that a browser may ask for."""
HEADER = struct.Struct(">cI")
CONTROL = re.compile(r"[^\t\x20-\x7e\xa0-\U0010ffff]")


class Guest(AppService):
    """One app. `ended` is called once when it has ended by itself, with whether all was well."""

    def __init__(
        self,
        home: Path,
        turn: Path,
        show: Callable[[bytes], Awaitable[None]],
        ended: Callable[[bool], Awaitable[None]],
        command: tuple[str, ...] = (sys.executable, "-m", "quizapp"),
    ) -> None:
        """home: the folder for its data. turn: the file that is locked while an experiment runs."""
        super().__init__(
            " ".join(command),
            write_bytes=show,
            write_str=_unused,
            close=_nothing,
            download_manager=DownloadManager(),
        )
        self.home = home
        self._turn = turn
        self._words = command
        self._ended = ended
        self._last_words: deque[str] = deque(maxlen=40)
        self._ending: asyncio.Task[None] | None = None

    def _build_environment(self, width: int = 80, height: int = 24) -> dict[str, str]:
        environment = super()._build_environment(width, height)
        for name in ("VISUAL", "EDITOR", "NO_COLOR", *([KEY] if self.home != paths.home() else [])):
            environment.pop(name, None)
        root = str(paths.PACKAGE.parent)
        return environment | {
            "QUIZAPP_HOME": str(self.home),
            served.VARIABLE: str(self._turn),
            "TEXTUAL_DRIVER": "quizapp.ui.remote:RemoteDriver",
            "PYTHONPATH": os.pathsep.join([root, *filter(None, [os.environ.get("PYTHONPATH")])]),
            "PYTHONSAFEPATH": "1",  # nothing is imported from a visitor's folder
        }

    async def start(self, width: int, height: int) -> None:
        """Start the app. Raises OSError when it cannot be started."""
        self._process = process = await asyncio.create_subprocess_exec(
            *self._words,
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
            env=self._build_environment(_within(width, COLUMNS), _within(height, ROWS)),
            cwd=self.home,
            start_new_session=True,  # a ctrl+c is the server's, which then sees to an orderly end
        )
        self._stdin = process.stdin
        self._task = asyncio.create_task(self.run())

    async def set_terminal_size(self, width: int, height: int) -> None:
        """Tell the app how large it is, within reason."""
        await super().set_terminal_size(_within(width, COLUMNS), _within(height, ROWS))

    async def run(self) -> None:
        """Show what the app draws until it ends."""
        assert self._process is not None
        listening = asyncio.create_task(self._listen(self._process))
        started = await self._show(self._process)
        await listening
        code = await self._process.wait()
        if self._ending is None:
            if code or not started:
                self._report(code)
            await self._ended(started and not code)

    async def _show(self, process: Process) -> bool:
        """Hand every drawing on; whether there was a beginning. Reads on when nobody looks any more."""
        assert process.stdout is not None
        started = False
        with suppress(asyncio.IncompleteReadError, ValueError):
            for _ in range(CHATTER):
                started = started or await process.stdout.readline() == PRELUDE
            while started:
                kind, size = HEADER.unpack(await process.stdout.readexactly(HEADER.size))
                if size > LARGEST:
                    break
                payload = await process.stdout.readexactly(size)
                if kind == b"D":
                    with suppress(OSError):  # the tab is closed, and we have not been told yet
                        await self.on_data(payload)
        with suppress(ProcessLookupError):
            if not process.stdout.at_eof():
                process.kill()
        return started

    async def _listen(self, process: Process) -> None:
        """Keep the last lines of stderr; a pipe that nobody reads would block the app."""
        assert process.stderr is not None
        while chunk := await process.stderr.read(65536):
            lines = chunk.decode(errors="replace").splitlines()
            self._last_words.extend(CONTROL.sub("", line)[:200] for line in lines)

    def _report(self, code: int) -> None:
        said = "\n".join(f"  {line}" for line in self._last_words)
        print(f"quizapp: the app of {self.home.name} ended with code {code}\n{said}", file=sys.stderr)

    async def stop(self) -> None:
        """End the app and whatever it started; returns when it is gone. May be called again."""
        if self._ending is None:
            self._ending = asyncio.create_task(self._stop())
        await asyncio.shield(self._ending)

    async def _stop(self) -> None:
        if self._process is None or self._task is None:
            return
        await self.send_meta({"type": "quit"})
        self.stdin.close()
        with suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(self._task), PATIENCE)
        if self._process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
        await self._task


def _within(value: int, bounds: tuple[int, int]) -> int:
    return max(bounds[0], min(bounds[1], value))


async def _unused(_: str) -> None: ...


async def _nothing() -> None: ...
