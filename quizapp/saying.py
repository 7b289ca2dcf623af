"""How the commands of study groups speak: what strangers wrote is written out with `visible`.

No character of theirs steers a terminal. Knows no command.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from quizapp.bank import Bank


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
        if out.exists() and out.read_bytes() != raw and not yes and not sure(f"Write over {out}?"):
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
