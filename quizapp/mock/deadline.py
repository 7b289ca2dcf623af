"""A request over HTTP that has come to its end after so many seconds, whatever the other side does.

The time limit of a socket holds for every piece anew: whoever sends a byte now and then is waited for as
long as they like. So the asking is done aside, and the line is cut when the time is over. Standard library
only.
"""

from __future__ import annotations

import http.client
import queue
import socket
import threading
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

_T = TypeVar("_T")
Lines = list[socket.socket]


class Plain(urllib.request.HTTPHandler):
    """Opens lines that can be cut."""

    def __init__(self, lines: Lines) -> None:
        super().__init__()
        self._lines = lines

    def http_open(self, request: urllib.request.Request) -> http.client.HTTPResponse:
        """Ask."""
        return self.do_open(_known(http.client.HTTPConnection, self._lines), request)


class Sealed(urllib.request.HTTPSHandler):
    """The same with TLS."""

    def __init__(self, lines: Lines) -> None:
        super().__init__()
        self._lines = lines

    def https_open(self, request: urllib.request.Request) -> http.client.HTTPResponse:
        """Ask."""
        return self.do_open(_known(http.client.HTTPSConnection, self._lines), request)


def _known(kind: type[http.client.HTTPConnection], lines: Lines) -> Any:  # noqa: ANN401 - urllib's own type
    """Connections of a kind whose sockets are known."""

    class Known(kind):  # type: ignore[misc, valid-type]
        def connect(self) -> None:
            super().connect()
            lines.append(self.sock)

    return Known


def within(seconds: float, lines: Lines, work: Callable[[], _T]) -> _T:
    """What `work` returns or raises; TimeoutError after so many seconds, and then its lines are cut."""
    found: queue.SimpleQueue[tuple[_T | None, BaseException | None]] = queue.SimpleQueue()

    def do() -> None:
        try:
            found.put((work(), None))
        except BaseException as error:
            found.put((None, error))

    threading.Thread(target=do, daemon=True, name="asking a model").start()
    try:
        value, error = found.get(timeout=seconds)
    except queue.Empty:
        for line in lines:
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
        raise TimeoutError from None
    if error is not None:
        raise error
    return value  # type: ignore[return-value] # there is one when there is no error
