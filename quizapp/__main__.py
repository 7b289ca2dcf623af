"""The command line: the commands of `cli` under one name, and how it ends.

Nothing heavy is imported here: the interface only by the commands that draw, torch by none.
Exit codes: 0 all is well, 1 there is something to look at, 2 it could not be done or was asked wrongly,
130 interrupted, 141 nobody reads our output any more.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence

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
    for stream in (sys.stdout, sys.stderr):
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
    return int(code or 0)


if __name__ == "__main__":
    sys.exit(main())
