"""The commands about the learner's own data: keep it, get it back, take it elsewhere; cards from elsewhere.

Knows click; what a command needs is imported when it runs.
"""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path

import click

from quizapp.cli.options import topic_option
from quizapp.cli.saying import aside

FILE = click.Path(path_type=Path)


@click.command(epilog="Example: quizapp backup ~/answers-before-the-move.sqlite3")
@click.argument("file", required=False)
def backup(file: str | None) -> None:
    """Copy your data to FILE, or to the folder of backups, where this copy then stays for good.

    FILE may be a folder; one that ends in a slash is made where there is none.

    Your answers and all else quizapp keeps for you: settings, drafts, exercises, packs. Files elsewhere, such
    as your own question files, are yours to keep.

    quizapp also makes one itself, on every day you practise: 7 daily, 4 weekly and 12 monthly ones stay.
    """
    from quizapp import backups, belongings, clock, paths

    folder = not file or file.endswith(os.sep)
    place = Path(file) if file else paths.backups()
    now = clock.now()
    made = backups.asked(paths.answers(), place, None if folder else place, now)
    click.echo(f"{made} ({made.stat().st_size:,} bytes)")
    for name in belongings.here(paths.home())[1]:
        aside(f"{name} is not in it: it cannot be read, or is too much")


@click.command(epilog="Example: quizapp restore backup-2027-01-31-180000.sqlite3")
@click.argument("file", type=FILE)
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_context
def restore(ctx: click.Context, file: Path, yes: bool) -> None:
    """Put a backup in the place of your answers, and its files in theirs.

    The backup is looked through first, and what you have now is backed up before it is replaced. Close every
    other quizapp: as long as one has the answers open, nothing is restored.
    """
    from quizapp import clock, paths
    from quizapp import restore as restoring

    if not file.exists() and (paths.backups() / file.name).exists():
        file = paths.backups() / file.name
    answers = paths.answers()
    click.echo(f"{file}: {restoring.held(file)}")
    if answers.exists():
        click.echo(f"{answers}: {_now(answers)}")
    if not yes and not click.confirm("Put the first in the place of the second?"):
        aside("nothing was changed")
        ctx.exit(1)
    safe = restoring.restore(file, answers, paths.backups(), clock.now())
    paths.snapshot().unlink(missing_ok=True)
    folder = safe and safe.with_suffix("")
    more = f" and {folder}" if folder and folder != safe and folder.is_dir() else ""
    click.echo("Restored." + (f" What was there is in {safe}{more}" if safe else ""))


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
@click.option(
    "--reviews", type=FILE, metavar="OUT.csv", help="Write your answers as an FSRS review log; -: print it."
)
def data(as_json: bool, reviews: Path | None) -> None:
    """Take your data elsewhere. docs/data.md says what is in it."""
    import json

    from quizapp import __version__, belongings, clock, files, paths, records, settings
    from quizapp.errors import BackupError
    from quizapp.store import Store

    if as_json == (reviews is not None):
        raise click.UsageError("give --json or --reviews (one of the two)")
    with closing(Store(paths.answers())) as store:
        if as_json:
            chosen = settings.load(paths.settings())
            now = clock.now()
            beside, _ = belongings.here(paths.home())
            found = records.everything(store.tables(), chosen, __version__, now, beside)
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
        aside(f"{crammed:,} crammed answers are not in it: the schedule does not see them")


@click.command("import", epilog="Example: quizapp import attention.apkg -o attention-cards.yaml")
@click.argument("file", type=FILE)
@click.option(*("-o", "--out"), type=FILE, metavar="BANK.yaml", help="Write a question file.")
@click.option("--pack", "name", metavar="NAME", help="Make a pack of it, and open that here.")
@topic_option("The topic of cards that say none; left out: glossary.")
@click.option("--deck", default="", metavar="DECK", help="Only this of Anki's decks, with those below it.")
@click.option("--replace", is_flag=True, help="Replace the file or the pack if it is there.")
@click.pass_context
def import_(
    ctx: click.Context,
    file: Path,
    out: Path | None,
    name: str | None,
    topic: str | None,
    deck: str,
    replace: bool,
) -> None:
    """Take cards from elsewhere: an Anki package (.apkg), Anki's text files, a table (.csv, .tsv, .txt).

    A table has one card a row: front, back; or a first row that names the columns. What our own exports hold
    comes back as what it was, as far as they say it. It is reported what was refused and what stays behind:
    pictures, layout, Anki's schedule. Importing again gives the same ids, so answers find their cards.

    Exit code 1: something was refused.
    """
    from quizapp import bank, clock, packs, paths
    from quizapp.errors import IncomingError
    from quizapp.share import incoming
    from quizapp.share.incoming import items, report, target

    if (out is None) == (name is None):
        raise click.UsageError("give -o BANK.yaml or --pack NAME (one of the two)")
    found = incoming.read(file)
    whole = bank.load(cache=paths.cache())
    around = packs.without(whole)
    taken = items.taken(found, file.name, topic or "glossary", around, known=whole.items.keys(), deck=deck)
    for text in report.refused(taken, str(file)):
        click.echo(text, err=True)
    if not taken.entries["items"]:
        todo = "They are all here already." if taken.here and not taken.refused else "See what was refused."
        raise IncomingError(f"{file} holds no card to take: {report.counts(taken)}", todo)
    if out is not None:
        made = target.bank(taken.entries, out, around, again=replace)
    else:
        assert name is not None
        made = [target.into_pack(taken.entries, name, paths.packs(), around, clock.now(), again=replace)]
    click.echo(f"{', '.join(map(str, made))}: {report.counts(taken)}")
    if lost := report.left_behind(taken):
        click.echo("Left behind:\n" + "\n".join(f"  {text}" for text in lost))
    if name is not None:
        aside(f"practise them: quizapp study --filter pack:{name}")
    else:
        aside(
            f"`quizapp check {' '.join(map(str, made))}` says what the field guide asks of questions besides"
        )
    ctx.exit(int(bool(taken.refused)))
