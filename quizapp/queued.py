"""The bench of a visitor: one experiment at a time over all visitors, and no bench between experiments.

A locked file says whose turn it is; the lock goes with the process that holds it, however that ends.
"""

from __future__ import annotations

import asyncio
import fcntl
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

from quizapp.errors import BenchError
from quizapp.proof import Bench
from quizapp.verifiers.wire import Event, Request

LOOK = 0.2
"""Seconds between looks at whether it is our turn."""
STEP_BACK = 2 * LOOK
"""Seconds after a run in which others, who look more often than that, get their turn first."""


class QueuedBench(Bench):
    """A bench that waits for its turn, and is gone when its run is over: many would fill the host."""

    def __init__(self, turn: Path) -> None:
        super().__init__()
        self._turn = turn
        self._ours = False

    async def start(self) -> None:
        """Start the process, but only while it is our turn."""
        if self._ours:
            await super().start()

    async def events(self, request: Request) -> AsyncGenerator[Event, None]:
        """The events of one run, once it is our turn. Cancelling or closing it ends the waiting too."""
        async with self._our_turn(), aclosing(super().events(request)) as events:
            async for event in events:
                yield event

    @asynccontextmanager
    async def _our_turn(self) -> AsyncIterator[None]:
        try:
            file = self._turn.open("ab")
        except OSError as error:
            raise BenchError(f"nothing says whose turn it is: {error}", "Ask your host.") from error
        with file:
            try:
                while not _locked(file.fileno()):
                    self.waiting = True
                    await asyncio.sleep(LOOK)
            finally:
                self.waiting = False
            self._ours = True
            try:
                yield
            finally:
                self._ours = False
                await self.close()
        await asyncio.sleep(STEP_BACK)


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
