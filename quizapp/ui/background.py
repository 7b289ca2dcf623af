"""Something slow in a thread that holds nobody up, not even at the end of the app."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

Result = TypeVar("Result")


def in_background(what: Callable[[], Result]) -> asyncio.Future[Result]:
    """Call something in a thread of its own; a result that nobody waits for any more is dropped."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[Result] = loop.create_future()

    def settle(how: Callable[[Any], None], value: object) -> None:
        if not future.done():
            how(value)

    def run() -> None:
        try:
            done: tuple[Callable[[Any], None], object] = (future.set_result, what())
        except Exception as error:  # it is raised where somebody waits
            done = (future.set_exception, error)
        with suppress(RuntimeError):  # the app has ended meanwhile
            loop.call_soon_threadsafe(settle, *done)

    threading.Thread(target=run, daemon=True).start()
    return future


async def unless(skip: asyncio.Event, what: Callable[[], Result]) -> Result | None:
    """The result of something slow; None when `skip` is set first."""
    asked, skipped = in_background(what), asyncio.ensure_future(skip.wait())
    either: tuple[asyncio.Future[Any], ...] = (asked, skipped)
    await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
    skipped.cancel()
    if asked.done():
        return asked.result()
    asked.cancel()
    return None
