"""Lines out and lines in, for a terminal, a pipe or a screen reader: nothing moves, nothing has a colour."""

from __future__ import annotations

import textwrap
from typing import TextIO

from quizapp.errors import QuizError


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
        line = self._source.readline()
        if not line:
            self._write("\n")
            raise EndOfInput
        return line.strip().lstrip("\ufeff")

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


def printable(text: str) -> str:
    """The text without what could steer a terminal."""
    return "".join(sign for sign in text if sign == "\n" or sign.isprintable())
