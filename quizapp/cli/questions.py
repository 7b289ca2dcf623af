"""Question files: checked, begun, described, and written out as decks."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import click

from quizapp.cli.options import complete_kind, complete_topic, part_asked, part_options
from quizapp.cli.saying import aside, json_lines, the_bank, the_store

NAMED = 5
"""So many claims without evidence are named one by one."""


@click.command(epilog="Example: quizapp check questions/attention.yaml")
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
        json_lines(map(dataclasses.asdict, checked.strategies if strategies else checked.findings))
    elif strategies:
        click.echo(table(checked.strategies))
    else:
        for finding in checked.findings:
            click.echo(str(finding))
        click.echo(checked.summary, err=bool(checked.findings))
    ctx.exit(int(any(one.tripped for one in checked.strategies) if strategies else checked.failed))


@click.command(epilog="Example: quizapp export attention.html --topic attention --level senior")
@click.argument("out", type=click.Path(path_type=Path))
@part_options("Write")
@click.option(
    *("--evidence", "kept"),
    type=click.Choice(["latest", "group", "reference", "none"]),
    default="latest",
    show_default=True,
    help="Yours, beside it what came with quizapp and packs; also your study group's; only what came with "
    "quizapp; or none.",
)
def export(
    out: Path,
    topic: str | None,
    level: str | None,
    kind: str | None,
    claim: str | None,
    query: str,
    kept: Literal["latest", "group", "reference", "none"],
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
    from collections import Counter

    from quizapp import clock, paths
    from quizapp import export as exporter
    from quizapp.export.gather import gather, unproved
    from quizapp.store import utc_now

    query = part_asked(query, level=level, kind=kind, claim=claim)
    bank = the_bank()
    with the_store() as store:
        deck = gather(bank, store, clock.now, topic=topic, query=query, kept=kept)
    exporter.write(deck, out, ledger=paths.home() / "exported.json", now=utc_now())
    click.echo(f"{out}: {len(deck.items)} items, {len(deck.claims)} claims")
    missing = unproved(deck)
    if len(missing) > NAMED:
        scope = f"--topic {topic}" if topic else "--all"
        counts = ", ".join(
            f"{count} have {what}" for what, count in Counter(what for _, what in missing).items()
        )
        aside(f"of its claims {counts}; the file says which. quizapp prove {scope}")
    else:
        for id_, what in missing:
            click.echo(f"{id_} has {what}: quizapp prove {id_}", err=True)


@click.group(epilog="Example: quizapp new item --kind choice --topic attention my-bank.yaml")
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
    aside(f"fill in what has no value yet; `quizapp check {file}` says what is missing")


@click.command(epilog="Example: quizapp schema > questions/schema/bank.json")
@click.argument("what", type=click.Choice(["bank", "deck", "rules"]), default="bank")
def schema(what: str) -> None:
    """Print the JSON Schema of the question files, for editors.

    With `deck`, that of `export deck.json`; with `rules`, that of the rules behind `quizapp pick`.
    """
    if what == "deck":
        from quizapp.export import json_file

        click.echo(json_file.schema_text(), nl=False)
        return
    from quizapp import schema

    click.echo(schema.rules_text() if what == "rules" else schema.text(), nl=False)
