"""The command line: the commands of `cli` under one name, and how it ends.

Nothing heavy is imported here: the interface only by the commands that draw, torch by none.
Exit codes: 0 all is well, 1 there is something to look at, 2 it could not be done or was asked wrongly,
130 interrupted, 141 nobody reads our output any more.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from quizapp import __version__
from quizapp.cli import bench, data, evening, exercises, group, lookup, machine, packs, practice, questions
from quizapp.cli.options import Commands
from quizapp.errors import QuizError

INTERRUPTED = 130


@click.group(
    cls=Commands,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Example: quizapp prove cat-sat-equals-sat-cat",
)
@click.version_option(__version__, prog_name="quizapp")
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Practise for interviews with answers that prove themselves. Without a command: open the app."""
    if ctx.invoked_subcommand is None:
        ctx.exit(practice.open_app("home"))


for _command in (
    *(practice.study, practice.browse, practice.mock, practice.plan, practice.stats),
    *(bench.prove, bench.claims, lookup.define, lookup.pick, exercises.exercise),
    *(questions.check, questions.new, questions.schema, questions.export),
    *(packs.pack, group.group, evening.serve),
    *(data.import_, data.backup, data.restore, data.data),
    *(machine.set_, machine.keys, machine.doctor),
):
    cli.add_command(_command)


def main(arguments: Sequence[str] | None = None) -> int:
    """The entry point; returns the exit code. The one place where the command line catches QuizError."""
    _open_streams()
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without “quotes” still gets the rest
    try:
        code = cli.main(arguments, prog_name="quizapp", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return 2
    except QuizError as error:
        click.echo(f"quizapp: {error}", err=True)
        return 2
    except click.Abort:
        click.echo("quizapp: interrupted", err=True)
        return INTERRUPTED
    except OSError as error:
        return _failed(error)
    return int(code or 0)


def _open_streams() -> None:
    """Where a stream was closed (`quizapp stats >&-`) there is nothing to read, and nobody who reads."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115 - it stays open


def _failed(error: OSError) -> int:
    """Say what the system refused, such as output to a full disk; returns the exit code."""
    what = "the output cannot be written" if error.filename is None else f"{error.filename} cannot be used"
    click.echo(f"quizapp: {what}: {error.strerror or error}", err=True)
    try:
        sys.stdout.flush()
    except OSError:
        # Python flushes once more when it exits; give it somewhere to flush to.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 2


if __name__ == "__main__":
    sys.exit(main())
