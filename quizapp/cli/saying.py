"""How commands speak and ask, and what nearly all of them open. Knows no command.

What strangers wrote goes out through `say`: no character of theirs steers a terminal.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from contextlib import closing

    from quizapp.bank import Bank
    from quizapp.store import Store


def say(text: str, *, aside: bool = False) -> None:
    """Write a line out; aside: to stderr."""
    from quizapp.safe_text import visible

    click.echo(visible(text), err=aside)


def builtin_bank() -> Bank:
    """The questions that came with quizapp, without any pack."""
    from quizapp import bank, packs, paths

    return packs.without(bank.load(cache=paths.cache()))


def put(out: Path, raw: bytes, yes: bool) -> None:
    """Put a file where it was asked for, over another one only when that is said. Raises PackError."""
    from quizapp import files
    from quizapp.errors import PackError

    try:
        if out.is_file() and out.read_bytes() != raw and not yes and not sure(f"Write over {out}?"):
            raise PackError(f"{out} is there already, and stays as it was", "Name another file.")
        files.replace(out, raw)
    except OSError as error:
        what = f"{out} cannot be written: {error.strerror or error}"
        raise PackError(what, "Check that its folder exists, is writable and has space.") from error


def sure(question: str) -> bool:
    """Whether the one at the keyboard says so; nobody there: no."""
    from quizapp.safe_text import visible

    try:
        return click.confirm(visible(question), default=False, err=True)
    except click.Abort:
        click.echo(err=True)
        return False


def aside(text: str) -> None:
    """Say something that is not the result."""
    click.echo(f"quizapp: {text}", err=True)


def colour() -> bool:
    """Whether the output is looked at by somebody who wants colours."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def width() -> int:
    """How wide a page of text may be here, in characters."""
    from quizapp import summary

    return min(summary.WIDEST, shutil.get_terminal_size().columns)


def json_lines(rows: Iterable[Any]) -> None:
    """Write every row as a JSON object on its line."""
    import json

    from quizapp.report import plain

    for row in rows:
        click.echo(json.dumps(plain(row), allow_nan=False))


def the_bank() -> Bank:
    """All questions, packs included; it is said when one is left out."""
    from quizapp import bank, paths

    found = bank.load(cache=paths.cache())
    if found.left_out:
        aside("a pack is left out, as `quizapp pack list` explains")
    return found


def the_store() -> closing[Store]:
    """The learner's file, closed when done."""
    from contextlib import closing

    from quizapp import paths
    from quizapp.store import Store

    return closing(Store(paths.answers()))
