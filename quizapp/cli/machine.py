"""The installation: settings, keys, and what is missing."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from quizapp.cli.saying import aside, json_lines

if TYPE_CHECKING:
    from quizapp.errors import Problem


@click.command("set", epilog="Example: quizapp set interview 2027-01-31")
@click.argument("name", required=False)
@click.argument("value", required=False)
def set_(name: str | None, value: str | None) -> None:
    """Set one thing, or say what is set. An empty VALUE takes it back."""
    from quizapp import paths, settings

    if name is None or value is None:
        rows = settings.shown(settings.load(paths.settings()))
        if name is not None and name not in dict(rows):
            raise click.BadParameter(f"there is no setting {name!r}; there are: {', '.join(dict(rows))}")
        for row, text in rows:
            if name in (None, row):
                click.echo(f"{row:<16} {text or '-'}")
        aside(f"they are in {paths.settings()}")
        return
    click.echo(f"{name:<16} {dict(settings.shown(settings.put(paths.settings(), name, value)))[name] or '-'}")


@click.command(epilog="Example: quizapp keys practice")
@click.argument("screen", required=False)
@click.option("--json", "as_json", is_flag=True, help="One JSON object per action and line.")
@click.pass_context
def keys(ctx: click.Context, screen: str | None, as_json: bool) -> None:
    """List what has keys, of one SCREEN or all: its id, its keys now, what it does.

    Give it other keys in settings.yaml: a line `keys:`, and below it `  practice.undo: z, ctrl+z`.
    """
    from quizapp import paths, settings
    from quizapp.ui import keytable

    asked = settings.load(paths.settings()).keys
    problems = keytable.problems(paths.settings(), asked)
    good = asked.keys() - keytable.wrong(asked).keys()
    rows = [row for row in keytable.rows(asked) if screen in (None, row.id.partition(".")[0])]
    if not rows:
        raise click.BadParameter(f"there is no screen {screen!r}; there are: {', '.join(keytable.names())}")
    if as_json:
        json_lines(
            {"id": row.id, "keys": row.keys, "changed": row.id in good, "what": row.what} for row in rows
        )
    else:
        for row in rows:
            click.echo(f"{row.id:<18} {', '.join(row.keys):<20} {row.what}")
    for problem in problems:
        click.echo(str(problem), err=True)
    aside(f"change them in {paths.settings()}")
    ctx.exit(int(bool(problems)))


@click.command(epilog="Example: quizapp doctor")
@click.pass_context
def doctor(ctx: click.Context) -> None:
    """Look at the installation and say what is missing and what to do."""
    from quizapp.doctor import examine

    findings = examine(_key_problems)
    for finding in findings:
        click.echo(str(finding))
    bad = sum(not finding.ok for finding in findings)
    click.echo(f"\n{bad} problem{'s' if bad > 1 else ''} found." if bad else "\nAll is well.")
    ctx.exit(int(bad > 0))


def _key_problems(path: Path, asked: Mapping[str, str]) -> list[Problem]:
    from quizapp.ui import keytable

    return keytable.problems(path, asked)
