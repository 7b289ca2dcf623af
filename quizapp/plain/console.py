"""Lines out and lines in, for a terminal, a pipe or a screen reader: nothing moves, nothing has a colour."""

from __future__ import annotations

import io
import select
import sys
import textwrap
from typing import TextIO

from quizapp.errors import QuizError

LOOK_UP = 0.25
"""Seconds. A ctrl+c that comes just before a read would otherwise wait until the read is over."""


class EndOfInput(Exception):  # noqa: N818 - it is how a sitting may end
    """Nobody will type any more."""


class Console:
    """Writes lines wrapped to `width` (0: not at all) and reads one line at a time.

    source, sink: text streams. Where the source is no terminal, a prompt is a line of its own, so that
    whoever reads line by line on the other side of a pipe gets it.
    """

    def __init__(self, source: TextIO, sink: TextIO, width: int) -> None:
        self._source = source
        self._sink = sink
        self._width = width
        self._typing = source.isatty()
        self._descriptor = _descriptor(source)

    def say(self, text: str = "", hang: int = 0) -> None:
        """A text, wrapped line by line. hang: by how much what follows the first line is indented."""
        for line in text.split("\n"):
            self._write(f"{line}\n" if not self._width else f"{self._wrapped(line, hang)}\n")

    def verbatim(self, text: str, indent: int = 4) -> None:
        """Lines that keep their shape, such as code."""
        self._write("".join(f"{' ' * indent}{line}".rstrip() + "\n" for line in text.rstrip().split("\n")))

    def ask(self, prompt: str) -> str:
        """The line typed after a prompt. Raises EndOfInput when there is none, and KeyboardInterrupt."""
        self._write(
            f"{self._wrapped(prompt, 0) if self._width else prompt}{' ' if self._typing else chr(10)}"
        )
        line = self._line()
        if not line:
            self._write("\n")
            raise EndOfInput
        return line.strip().lstrip("\ufeff")

    def _line(self) -> str:
        if self._descriptor is None:
            return self._source.readline()
        while not select.select([self._descriptor], [], [], LOOK_UP)[0]:
            pass
        return self._descriptor.readline().decode(errors="replace")

    def _wrapped(self, line: str, hang: int) -> str:
        room = max(self._width - 1, 10)
        return textwrap.fill(
            " ".join(line.split()),
            room,
            subsequent_indent=" " * hang,
            break_long_words=False,
            break_on_hyphens=False,
        )

    def _write(self, text: str) -> None:
        try:
            self._sink.write(printable(text))
            self._sink.flush()
        except UnicodeEncodeError as error:  # pragma: no cover - the command line replaces what has no place
            raise QuizError("the output cannot show this text", "Set PYTHONIOENCODING=utf-8.") from error


def _descriptor(source: TextIO) -> io.FileIO | None:
    """The stream without its buffers, to see what is waiting; None where that cannot be asked."""
    if sys.platform == "win32":
        return None
    try:
        return io.FileIO(source.fileno(), closefd=False)
    except io.UnsupportedOperation:
        return None


def printable(text: str) -> str:
    """The text without what could steer a terminal."""
    return "".join(sign for sign in text if sign == "\n" or sign.isprintable())
