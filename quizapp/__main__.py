"""The command line. The interface is imported only by the commands that draw, torch by none.

Exit codes: 0 all is well, 1 there is something to look at, 2 it could not be done or was asked wrongly,
130 interrupted, 141 nobody reads our output any more.
"""

from __future__ import annotations

import io
import os
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from quizapp import __version__
from quizapp.commands import (
    Commands,
    complete_kind,
    complete_topic,
    part_asked,
    part_options,
    plan,
    serve,
    sitting_options,
    topic_option,
)
from quizapp.data_commands import backup, data, import_, restore
from quizapp.errors import QuizError
from quizapp.exercise_commands import exercise
from quizapp.grouping import group
from quizapp.lookup_commands import define, pick
from quizapp.packing import pack

if TYPE_CHECKING:
    from contextlib import closing

    from quizapp.bank import Bank
    from quizapp.errors import Problem
    from quizapp.evidence import Evidence, Run
    from quizapp.model import Claim
    from quizapp.store import Store

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
        ctx.exit(_open("home"))


@cli.command(epilog="Example: quizapp study --topic attention")
@sitting_options
@click.option("--plain", is_flag=True, help="Line by line, for screen readers and pipes: nothing moves.")
@click.option("--width", type=click.IntRange(min=0), help="With --plain: of a line; 0: do not wrap.")
@click.pass_context
def study(
    ctx: click.Context,
    /,
    topic: str | None,
    level: str | None,
    kind: str | None,
    claim: str | None,
    query: str,
    cram: bool,
    plain: bool,
    width: int | None,
    **limits: int | None,
) -> None:
    """Open the app and start asking. `quizapp set` keeps the limits for good."""
    query = part_asked(query, level=level, kind=kind, claim=claim)
    if plain:
        from quizapp import plain as lines

        lines.study(topic, query, cram=cram, limits=limits, width=width)
        return
    if width is not None:
        raise click.UsageError("--width goes with --plain")
    given: dict[str, Any] = {name: limit for name, limit in limits.items() if limit is not None}
    ctx.exit(_open("study", topic, query, **given, **({"cram": True} if cram else {})))


@cli.command(epilog="Example: quizapp browse is:due topic:attention")
@click.argument("query", nargs=-1)
@click.pass_context
def browse(ctx: click.Context, query: tuple[str, ...]) -> None:
    """Open the app where items are found, looked at, marked and edited.

    \b
    softmax "path length"    both occur somewhere in the item
    topic:attention -is:new  fields: topic, claim, concept, kind, level, is, verdict, id, pack; - negates
    is:due or is:wrong       is: due, new, learned, wrong, lapsed, suspended, buried, flagged
    verdict:fails            by your newest evidence: holds, depends, fails, unclear, invalid, none

    Spaces mean and; `or` comes last. Put -- before a query that begins with a minus.
    """
    ctx.exit(_open("browse", query=" ".join(query)))


@cli.command(epilog="Example: quizapp mock --topic attention --minutes 20")
@topic_option("Questions of this topic, as far as there are enough.")
@click.option("--minutes", type=click.IntRange(5, 60), default=15, show_default=True, help="How long, about.")
@click.option("--seed", type=click.IntRange(min=0), help="The same seed begins with the same question.")
@click.option("--resume", is_flag=True, help="Take up the newest one that is not finished.")
@click.option("--plain", is_flag=True, help="Line by line, without a screen; also over a pipe.")
@click.option("--list", "listed", is_flag=True, help="The interviews so far.")
@click.option("--show", type=int, metavar="N", help="One interview with all that was said.")
@click.option("--json", "as_json", is_flag=True, help="With --list or --show: one JSON object per line.")
@click.pass_context
def mock(ctx: click.Context, /, topic: str | None, listed: bool, show: int | None, **how: Any) -> None:  # noqa: ANN401
    """Hold a mock interview: a question, follow-ups, and a band with what would have lifted it."""
    from quizapp.mock import headless

    as_json = how.pop("as_json")
    if as_json and not listed and show is None:
        raise click.UsageError("--json goes with --list or --show")
    if listed or show is not None:
        with _store() as store:
            rows = headless.kept(_bank(), store, show, as_json)
        _json_lines(rows) if as_json else click.echo("\n".join(rows))
    elif how.pop("plain"):
        with _store() as store:
            ctx.exit(headless.hold(_bank(), store, topic or "", click.echo, **how))
    else:
        from quizapp.ui.mock import Wish

        ctx.exit(_open("mock", wish=Wish(topic=topic or "", **how)))


def _open(
    start: Literal["home", "study", "browse", "mock"],
    topic: str | None = None,
    query: str = "",
    **sitting: Any,  # noqa: ANN401 - what QuizApp takes
) -> int:
    """Run the app; returns its exit code. Raises QuizError where there is no terminal to draw on."""
    from quizapp import served

    if served.turn() is None and not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise QuizError(
            "the app needs a terminal, and its input or output is not one",
            "Without a terminal these work: `quizapp study --plain`, `quizapp prove --all --json`, "
            "`quizapp claims --json`, `quizapp check --json`, `quizapp stats --json`, "
            "`quizapp export FILE`, `quizapp doctor`.",
        )
    import gc

    gc.disable()  # a tenth of the time to the first paint; the app turns it on again after that
    from quizapp.ui.app import QuizApp

    app = QuizApp(topic=topic, start=start, query=query, **sitting)
    app.run()
    return app.return_code or 0


cli.add_command(serve)
cli.add_command(plan)
cli.add_command(pack)
cli.add_command(group)
cli.add_command(exercise)
for _command in (import_, backup, restore, data, pick, define):
    cli.add_command(_command)


# ---- claims and what was measured -----------------------------------------------------------------


@cli.command(epilog="Example: quizapp prove --topic attention --json")
@click.argument("claim", nargs=-1)
@topic_option("Every claim of this topic that can be tested.")
@click.option("--all", "everything", is_flag=True, help="Every claim that can be tested.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per claim and line.")
@click.option("--profile", type=click.Choice(["quick", "full"]), default="quick", show_default=True)
@click.option(
    "--device", type=click.Choice(["auto", "cpu", "cuda", "mps"]), default="auto", show_default=True
)
@click.option("--seeds", type=click.IntRange(min=1), help="The most seeds to use.")
@click.option(
    "--runs",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Also put the runs into this file, one JSON object per line, in the place of earlier ones.",
)
@click.pass_context
def prove(
    ctx: click.Context,
    claim: tuple[str, ...],
    topic: str | None,
    everything: bool,
    as_json: bool,
    profile: str,
    device: str,
    seeds: int | None,
    runs: Path | None,
) -> None:
    """Put claims to the test and keep the evidence.

    Exit code 0: every run is valid and as expected. 1: a surprise, or nothing decided. 2: something
    did not come to its end.
    """
    if (bool(claim) + bool(topic) + everything) != 1:
        raise click.UsageError("name claims, or give --topic or --all (one of the three)")
    import asyncio

    from quizapp import headless, reference, report

    how = headless.How(profile=profile, device=device, seeds=seeds)
    shipped = reference.load()
    if runs is not None:
        _keep_runs(runs, ())  # what cannot be written is said before anything runs
    bank = headless.bank_of_claims(_aside)
    chosen = headless.named(bank, claim) if claim else headless.testable(bank, topic, _aside)

    def show(claim: Claim, evidence: Evidence) -> None:
        if as_json:
            _json_lines([report.evidence_data(evidence, seeds)])
        else:
            references = shipped.beside(claim)
            said = report.evidence_text(claim, evidence, references=references, colour=_colour(), seeds=seeds)
            click.echo(said + "\n")
        if runs is not None:
            _keep_runs(runs, evidence.runs)

    with _store() as store:
        ctx.exit(asyncio.run(headless.prove_all(chosen, store, how, show, sys.stderr)))


def _keep_runs(file: Path, runs: Iterable[Run]) -> None:
    from quizapp import reference

    try:
        reference.write(file, runs)
    except OSError as error:
        todo = "Name another file, in a folder you can write to."
        raise QuizError(f"the runs cannot be put into {file}: {error}", todo) from error


@cli.command(epilog="Example: quizapp claims --topic path_length")
@topic_option("The claims of this topic only.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per claim and line.")
def claims(topic: str | None, as_json: bool) -> None:
    """List the claims: evidence (none, fresh, stale, cited), last verdict, and what to expect."""
    from quizapp import headless, report
    from quizapp.claims import judge, standing

    bank = headless.bank_of_claims(_aside)
    with _store() as store:
        runs = store.newest_runs()
    found = [claim for claim in bank.claims.values() if topic in (None, claim.topic)]
    judged = [(claim, judge(claim, runs)) for claim in found]
    rows = [(claim, evidence, standing(claim, evidence)) for claim, evidence in judged]
    if as_json:
        _json_lines(report.claim_data(*row) for row in rows)
    elif rows:
        click.echo(report.claims_text(rows, colour=_colour()))
    else:
        click.echo("There are no claims here.", err=True)


# ---- questions, decks, practice, the machine ------------------------------------------------------


@cli.command(epilog="Example: quizapp check questions/attention.yaml")
@click.argument("path", nargs=-1, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One JSON object per finding (or strategy) and line.")
@click.option("--strategies", is_flag=True, help="What guessing by looks scores, in place of the findings.")
@click.pass_context
def check(ctx: click.Context, path: tuple[Path, ...], as_json: bool, strategies: bool) -> None:
    """Check question files or folders; left out: the questions that came with quizapp."""
    import dataclasses

    from quizapp.check import check_paths
    from quizapp.strategies import table

    checked = check_paths(path)
    if as_json:
        _json_lines(map(dataclasses.asdict, checked.strategies if strategies else checked.findings))
    elif strategies:
        click.echo(table(checked.strategies))
    else:
        for finding in checked.findings:
            click.echo(str(finding))
        click.echo(checked.summary, err=bool(checked.findings))
    ctx.exit(int(any(one.tripped for one in checked.strategies) if strategies else checked.failed))


@cli.command(epilog="Example: quizapp export attention.html --topic attention --level senior")
@click.argument("out", type=click.Path(path_type=Path))
@part_options("Write")
@click.option(
    *("--evidence", "kept"),
    type=click.Choice(["latest", "reference", "none"]),
    default="latest",
    show_default=True,
    help="Yours, with what came with quizapp beside it; only what came with it; or none.",
)
def export(
    out: Path,
    topic: str | None,
    level: str | None,
    kind: str | None,
    claim: str | None,
    query: str,
    kept: Literal["latest", "reference", "none"],
) -> None:
    """Write questions with their evidence to a file; its suffix says how.

    \b
    .html   one page for any browser: cards, a quiz, search; works offline
    .pdf    to print: questions first, then answers, then what was measured
    .md     to read, on GitHub or elsewhere
    .apkg   for Anki: import it again and your edits stay
    .txt    the same notes as text; needs the .apkg once, overwrites edits
    .csv    the same with commas, for spreadsheets too
    .gift   for Moodle's question bank
    .json   for programs: everything, with `quizapp schema deck`
    """
    from datetime import datetime

    from quizapp import export as exporter
    from quizapp import paths
    from quizapp.export.gather import gather, unproved
    from quizapp.store import utc_now

    query = part_asked(query, level=level, kind=kind, claim=claim)
    bank = _bank()
    with _store() as store:
        deck = gather(bank, store, lambda: datetime.now().astimezone(), topic=topic, query=query, kept=kept)
    exporter.write(deck, out, ledger=paths.home() / "exported.json", now=utc_now())
    click.echo(f"{out}: {len(deck.items)} items, {len(deck.claims)} claims")
    for id_, missing in unproved(deck):
        click.echo(f"{id_} has {missing}: quizapp prove {id_}", err=True)


@cli.command(epilog="Example: quizapp stats --json")
@click.option("--json", "as_json", is_flag=True, help="One JSON object; docs/statistics.md lists its keys.")
def stats(as_json: bool) -> None:
    """Say how the practice is going."""
    from datetime import datetime

    from quizapp import marks, memories, statistics, summary

    bank, now = _bank(), datetime.now().astimezone()
    with _store() as store:
        reviews, predictions, marked = store.reviews(), store.predictions(), marks.fold(store.marks())
    found = statistics.answers(reviews, predictions, bank, now)
    held = memories.memories(reviews, bank, now, marked)
    if as_json:
        _json_lines([statistics.data(found, held)])
    else:
        width = min(summary.WIDEST, shutil.get_terminal_size().columns)
        click.echo(summary.text(summary.pages(found, held, bank, width)))


@cli.command("set", epilog="Example: quizapp set interview 2027-01-31")
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
        _aside(f"they are in {paths.settings()}")
        return
    click.echo(f"{name:<16} {dict(settings.shown(settings.put(paths.settings(), name, value)))[name] or '-'}")


@cli.command(epilog="Example: quizapp doctor")
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


@cli.command(epilog="Example: quizapp keys practice")
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
        _json_lines(
            {"id": row.id, "keys": row.keys, "changed": row.id in good, "what": row.what} for row in rows
        )
    else:
        for row in rows:
            click.echo(f"{row.id:<18} {', '.join(row.keys):<20} {row.what}")
    for problem in problems:
        click.echo(str(problem), err=True)
    _aside(f"change them in {paths.settings()}")
    ctx.exit(int(bool(problems)))


def _key_problems(path: Path, asked: Mapping[str, str]) -> list[Problem]:
    from quizapp.ui import keytable

    return keytable.problems(path, asked)


# ---- new questions --------------------------------------------------------------------------------


@cli.group(epilog="Example: quizapp new item --kind choice --topic attention my-bank.yaml")
def new() -> None:
    """Begin something new."""


@new.command(epilog="Example: quizapp new item --kind choice --topic attention my-bank.yaml")
@click.option("--kind", required=True, shell_complete=complete_kind, help="What kind of item.")
@click.option("--topic", required=True, shell_complete=complete_topic, help="The topic it belongs to.")
@click.option("--id", "id_", help="Its id, for good; left out: one that is free.")
@click.argument("file", required=False, type=click.Path(path_type=Path))
def item(kind: str, topic: str, id_: str | None, file: Path | None) -> None:
    """Print an item to fill in, or put it at the end of FILE (made if it is not there)."""
    from quizapp import new

    if file is None:
        click.echo(new.item(kind, topic, id_), nl=False)
        return
    line, id_ = new.append(file, kind, topic, id_)
    click.echo(f"{file}:{line}: {id_}")
    _aside(f"fill in what has no value yet; `quizapp check {file}` says what is missing")


@cli.command(epilog="Example: quizapp schema > questions/schema/bank.json")
@click.argument("what", type=click.Choice(["bank", "deck"]), default="bank")
def schema(what: str) -> None:
    """Print the JSON Schema of the question files, for editors; with `deck`, that of `export deck.json`."""
    if what == "deck":
        from quizapp.export import json_file

        click.echo(json_file.schema_text(), nl=False)
        return
    from quizapp import schema

    click.echo(schema.text(), nl=False)


# ---- what the commands share ----------------------------------------------------------------------


def _bank() -> Bank:
    from quizapp import bank, paths

    found = bank.load(cache=paths.cache())
    if found.left_out:
        _aside("a pack is left out, as `quizapp pack list` explains")
    return found


def _store() -> closing[Store]:
    from contextlib import closing

    from quizapp import paths
    from quizapp.store import Store

    return closing(Store(paths.answers()))


def _aside(text: str) -> None:
    click.echo(f"quizapp: {text}", err=True)


def _colour() -> bool:
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def _json_lines(rows: Iterable[Any]) -> None:
    import json

    from quizapp.report import plain

    for row in rows:
        click.echo(json.dumps(plain(row), allow_nan=False))


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
