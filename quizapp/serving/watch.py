"""Connections that ask nothing are closed, and what goes wrong with a request is said in a line.

Neither tells what was asked: it may hold a key. Knows no page and no visitor.
"""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any
from weakref import WeakKeyDictionary, WeakSet

from aiohttp.http_exceptions import HttpProcessingError

PATIENCE = 10.0
"""Seconds in which a connection has to ask something, whole."""
IDLE = 30.0
"""Seconds that it may then stay open without asking more."""
LOOK = 1.0
"""Seconds between looks."""
SILENT = 32
"""Connections of one address that may be open without having asked anything."""
LINES = 50
"""So many lines are said of an evening; whoever sends nonsense for hours fills no screen."""
NOT_OURS = (HttpProcessingError, ConnectionError, TimeoutError)
"""What others bring about, and is of no interest to the host."""


class Watch:
    """Knows the connections that have asked something."""

    def __init__(self) -> None:
        self._asked: WeakSet[asyncio.BaseTransport] = WeakSet()
        self._since: WeakKeyDictionary[asyncio.BaseTransport, float] = WeakKeyDictionary()

    def asked(self, transport: asyncio.BaseTransport | None) -> None:
        """A whole request came in through it."""
        if transport is not None:
            self._asked.add(transport)

    async def keep(self, connections: Callable[[], Iterable[Any]]) -> None:
        """Look at the connections, again and again."""
        while True:
            self.look(connections(), asyncio.get_running_loop().time())
            await asyncio.sleep(LOOK)

    def look(self, connections: Iterable[Any], now: float) -> None:
        """Close those that have said nothing for too long, and of many from one address the oldest."""
        silent: dict[str, list[asyncio.Transport]] = defaultdict(list)
        for transport in (one.transport for one in connections):
            if transport is None or transport in self._asked or transport.is_closing():
                continue
            if now - self._since.setdefault(transport, now) > PATIENCE:
                transport.abort()
            else:
                silent[str((transport.get_extra_info("peername") or [""])[0])].append(transport)
        for those in silent.values():
            for transport in sorted(those, key=lambda one: self._since[one])[:-SILENT]:
                transport.abort()


class Lines(logging.Handler):
    """What went wrong with a request, by its name and place."""

    def __init__(self, say: Callable[[str], object]) -> None:
        super().__init__()
        self._say = say
        self._left = LINES

    def emit(self, record: logging.LogRecord) -> None:
        """Say it, unless somebody else brought it about."""
        error = record.exc_info[1] if record.exc_info else None
        if error is None or isinstance(error, NOT_OURS) or self._left == 0:
            return
        self._left -= 1
        at = traceback.extract_tb(error.__traceback__)[-1:]
        where = "".join(f" at {frame.filename}:{frame.lineno}" for frame in at)
        self._say(f"a request could not be answered: {type(error).__name__}{where}")


def logger(say: Callable[[str], object]) -> logging.Logger:
    """For aiohttp to complain to."""
    made = logging.Logger("quizapp.serving", logging.WARNING)
    made.addHandler(Lines(say))
    return made
