"""The commands about the learner's own data: keep it, get it back, take it elsewhere; and cards from elsewhere.

Knows click; what a command needs is imported when it runs.
"""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import click

FILE = click.Path(path_type=Path)


def _aside(text: str) -> None:
    click.echo(f"quizapp: {text}", err=True)


@click.command(epilog="Example: quizapp backup ~/answers-before-the-move.sqlite3")
@click.argument("file", required=False, type=FILE)
def backup(file: Path | None) -> None:
    """Copy your answers to FILE, or to the folder of backups, where this copy then stays for good.

    quizapp also makes one itself, on every day you practise: 7 daily, 4 weekly and 12 monthly ones stay.
    """
    from datetime import datetime

    from quizapp import backups, paths

    made = backups.asked(paths.answers(), paths.backups(), file, datetime.now().astimezone())
    click.echo(f"{made} ({made.stat().st_size:,} bytes)")


@click.command(epilog="Example: quizapp restore backup-2027-01-31-180000.sqlite3")
@click.argument("file", type=FILE)
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_context
def restore(ctx: click.Context, file: Path, yes: bool) -> None:
    """Put a backup in the place of your answers.

    The backup is looked through first, and what you have now is backed up before it is replaced. Close every
    other quizapp: as long as one has the answers open, nothing is restored.
    """
    from datetime import datetime

    from quizapp import backups, paths
    from quizapp import restore as restoring

    if not file.exists() and (paths.backups() / file.name).exists():
        file = paths.backups() / file.name
    answers = paths.answers()
    click.echo(f"{file}: {restoring.held(file)}")
    if answers.exists():
        click.echo(f"{answers}: {_now(answers)}")
    if not yes and not click.confirm("Put the first in the place of the second?"):
        _aside("nothing was changed")
        ctx.exit(1)
    safe = restoring.restore(file, answers, paths.backups(), datetime.now().astimezone())
    paths.snapshot().unlink(missing_ok=True)
    click.echo("Restored." + (f" What was there is in {safe}" if safe else ""))


def _now(answers: Path) -> str:
    """What the learner has now, in words; it may be damaged, which is why they restore."""
    from quizapp import restore as restoring
    from quizapp.errors import QuizError

    try:
        return str(restoring.held(answers))
    except QuizError as error:
        return error.what.removeprefix(f"{answers} ")


@click.command(epilog="Example: quizapp data --json > everything.json")
@click.option("--json", "as_json", is_flag=True, help="Print everything you have, as one JSON object.")
@click.option("--reviews", type=FILE, metavar="OUT.csv", help="Write your answers as an FSRS review log; -: print it.")
def data(as_json: bool, reviews: Path | None) -> None:
    """Take your data elsewhere. docs/data.md says what is in it."""
    import json
    from datetime import datetime

    from quizapp import __version__, files, paths, records, settings
    from quizapp.errors import BackupError
    from quizapp.store import Store

    if as_json == (reviews is not None):
        raise click.UsageError("give --json or --reviews (one of the two)")
    with closing(Store(paths.answers())) as store:
        if as_json:
            chosen = settings.load(paths.settings())
            now = datetime.now().astimezone()
            found = records.everything(store.tables(), chosen, __version__, now)
            click.echo(json.dumps(found, ensure_ascii=False, allow_nan=False, indent=1))
            return
        answers = store.reviews()
    log = records.review_log(answers)
    crammed = sum(answer.cram for answer in answers)
    if str(reviews) == "-":
        click.echo(log, nl=False)
    else:
        assert reviews is not None
        try:
            files.replace(reviews, log.encode())
        except OSError as error:
            what = f"{reviews} cannot be written: {error.strerror or error}"
            raise BackupError(what, "Name a file in a folder you can write to.") from error
        click.echo(f"{reviews}: {len(answers) - crammed:,} answers")
    if crammed:
        _aside(f"{crammed:,} crammed answers are not in it: the schedule does not see them")
