"""The commands of study groups: `quizapp pack ...`. What they do is in `share`; here it is asked and said.

Whatever comes from others is written out with `visible`, so that no character of theirs steers a terminal.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from quizapp.cli.merging import merge
from quizapp.cli.options import part_asked, part_options
from quizapp.cli.saying import builtin_bank, put, say, sure

if TYPE_CHECKING:
    from quizapp.bank import Bank
    from quizapp.share.difference import Change
    from quizapp.share.pack import Pack, Part

FILE = click.Path(path_type=Path)


@click.group(epilog="Example: quizapp pack open tuesday-group.qpack")
def pack() -> None:
    """Share questions and evidence with a study group, and merge what several people edited.

    A pack is one file. Opening it runs nothing, shows first what would change, and asks.
    """


# ---- making ---------------------------------------------------------------------------------------


@pack.command(epilog="Example: quizapp pack make tuesday-group.qpack my-bank.yaml --author Anna")
@click.argument("out", type=FILE)
@click.argument("path", nargs=-1, type=FILE)
@part_options("Take")
@click.option("--name", help="What the pack is called; left out: as the file.")
@click.option("--author", default="", help="Who made it, if you want to say.")
@click.option(
    *("--evidence", "kept"),
    type=click.Choice(["latest", "none"]),
    default="latest",
    show_default=True,
    help="Your newest runs for the claims in it, with device and date; or none.",
)
@click.option("--yes", is_flag=True, help="Write over a file that is there.")
def make(
    out: Path,
    path: tuple[Path, ...],
    topic: str | None,
    query: str,
    name: str | None,
    author: str,
    kept: Literal["latest", "none"],
    yes: bool,
    **fields: str | None,
) -> None:
    """Make a pack of question files or folders (PATH), or of the questions that are here.

    It takes along whatever its items refer to. The same questions, name, author and day give the same bytes.
    """
    from quizapp import clock
    from quizapp.errors import PackError
    from quizapp.share import account, sources
    from quizapp.share import pack as maker

    if out.suffix != sources.SUFFIX:
        raise PackError(f"{out} does not end in {sources.SUFFIX}", f"Call it {out.stem}{sources.SUFFIX}.")
    part = _part(path, part_asked(query, topic=topic, **fields), kept)
    today, builtin = clock.now().date(), builtin_bank()
    raw = maker.make(part, name=name or out.stem.lower(), author=author, created=today, builtin=builtin)
    put(out, raw, yes)
    say(f"{out}: {account.counted(part.entries)}; {account.devices(part.runs)}")
    for text in part.left_out:
        say(text, aside=True)


def _part(path: tuple[Path, ...], query: str, kept: str) -> Part:
    from quizapp import bank, clock, opening, paths, selection, settings
    from quizapp import query as language
    from quizapp.errors import PackError
    from quizapp.learner import Learner
    from quizapp.share import pack as maker
    from quizapp.store import Store

    found, own = (bank.load(cache=paths.cache()), None) if not path else _of_files(path)
    asked = language.parse(query, found)
    store = Store(paths.answers())
    try:
        study = opening.sitting(
            found,
            store,
            clock.now,
            learner=Learner(store),
            settings=settings.Settings(),
        )
        chosen = selection.ids(study, asked) if asked.alternatives else frozenset(found.items)
        runs = store.newest_runs() if kept == "latest" else {}
    finally:
        store.close()
    also = frozenset(own or ())
    items = [id_ for id_ in found.items if id_ in chosen and (own is None or id_ in also)]
    if not items and not (also and not asked.alternatives):
        todo = "`quizapp browse` shows what a query finds; try one that says less."
        raise PackError("no item fits, so there is nothing to pack", todo)
    return maker.part(found, items, runs, frozenset() if asked.alternatives else also)


def _of_files(path: tuple[Path, ...]) -> tuple[Bank, list[str]]:
    """The bank of question files, with the built-in ones around it, and the ids that are the files' own."""
    import dataclasses

    from quizapp import bank, packs, strict_yaml
    from quizapp.check import question_files
    from quizapp.errors import PackError

    builtin = builtin_bank()
    files = [file for one in path for file in question_files(one)]
    own, problems = bank.understood((strict_yaml.read(file, str(file)) for file in files), builtin)
    if problems:
        raise PackError("these files cannot be packed:", "Put this right first.", problems)
    around = packs.joined(dataclasses.replace(builtin, items={}), own)
    return around, [id_ for part in bank.PARTS for id_ in getattr(own, part)]


# ---- opening --------------------------------------------------------------------------------------


def _read(file: Path, builtin: Bank) -> Pack:
    from quizapp.share import archive
    from quizapp.share import pack as maker

    return maker.read(archive.read(file), str(file), builtin)


def _changes(found: Pack, name: str, builtin: Bank) -> tuple[list[Change], bool]:
    """What opening would change, and whether what is here was edited."""
    from quizapp import paths
    from quizapp.share import account, difference, place

    here = place.opened(paths.packs(), name, builtin)
    before = account.of_its_own(here.content, builtin) if here else {}
    return difference.changes(before, account.of_its_own(found.content, builtin)), bool(here and here.edited)


def _describe(found: Pack, builtin: Bank) -> None:
    from quizapp.share import account

    say(account.heading(found.manifest))
    say(f"  {account.counted(found.content.entries)}; {account.devices(found.content.runs)}")
    for remark in account.remarks(found, builtin):
        say(f"  {remark}")


@pack.command("open", epilog="Example: quizapp pack open tuesday-group.qpack")
@click.argument("file", type=FILE)
@click.option("--as", "name", help="Another name for it here, to keep it beside one of the same name.")
@click.option("--yes", is_flag=True, help="Open it without being asked.")
@click.pass_context
def open_(ctx: click.Context, file: Path, name: str | None, yes: bool) -> None:
    """Put a pack beside the built-in questions, once you have seen what would change."""
    from quizapp import clock, paths
    from quizapp.share import account, difference, manifest, place

    builtin = builtin_bank()
    found = _read(file, builtin)
    name = manifest.named(name or found.name)
    _describe(found, builtin)
    changed, edited = _changes(found, name, builtin)
    say(f"\nOpening it as {name}: {difference.counted(changed)}")
    for row in difference.told(changed):
        say(f"  {row}")
    if edited:
        say(f"\n{name} was edited here since it was opened. What is here would be set aside, not deleted.")
    if not yes and not sure(f"\nOpen it as {name}?"):
        say("Nothing was changed. (--yes opens without asking.)", aside=True)
        ctx.exit(1)
    aside = place.put(found, name, paths.packs(), clock.now(), edited=edited)
    if aside is not None:
        say(f"What was edited here is in {aside}")
    adds = bool(account.of_its_own(found.content, builtin)["items"])
    say(f"{name} is open{f': quizapp study --filter pack:{name}' if adds else '; it adds no question here'}")


@pack.command(epilog="Example: quizapp pack check tuesday-group.qpack")
@click.argument("file", type=FILE)
def check(file: Path) -> None:
    """Say whether a pack can be opened, and what is in it. Changes nothing."""
    builtin = builtin_bank()
    _describe(_read(file, builtin), builtin)
    say("It can be opened.")


@pack.command(epilog="Example: quizapp pack diff tuesday-group.qpack")
@click.argument("file", type=FILE)
@click.option("--as", "name", help="The name it was opened as, if that is another one.")
@click.pass_context
def diff(ctx: click.Context, file: Path, name: str | None) -> None:
    """Say what opening a pack would change, by id and field. Exit code 1: something."""
    import sys

    from quizapp.share import difference, manifest

    builtin = builtin_bank()
    found = _read(file, builtin)
    changed, _ = _changes(found, manifest.named(name or found.name), builtin)
    for row in difference.told(changed, most=sys.maxsize):
        say(row)
    say(difference.counted(changed), aside=True)
    ctx.exit(int(bool(changed)))


@pack.command("list", epilog="Example: quizapp pack list --json")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per pack and line.")
@click.pass_context
def list_(ctx: click.Context, as_json: bool) -> None:
    """List the packs that were opened. Exit code 1: one of them is left out."""
    from quizapp import paths
    from quizapp.share import account, place

    builtin = builtin_bank()
    found = place.listed(paths.packs(), builtin)
    for one in found:
        if as_json:
            click.echo(json.dumps(account.data(one)))
            continue
        for row in account.row(one, builtin):
            say(row)
    if not found:
        say("No pack was opened yet: quizapp pack open FILE", aside=True)
    ctx.exit(int(any(one.content.problems for one in found)))


@pack.command(epilog="Example: quizapp pack remove tuesday-group")
@click.argument("name")
@click.option("--yes", is_flag=True, help="Remove it without being asked.")
@click.pass_context
def remove(ctx: click.Context, name: str, yes: bool) -> None:
    """Take a pack away. What you answered stays, and counts again when it is opened again."""
    from quizapp import clock, packs, paths
    from quizapp.errors import PackError
    from quizapp.share import account, place

    found = place.opened(paths.packs(), name, builtin_bank())
    if found is None:
        there = ", ".join(folder.name for folder in packs.folders(paths.packs())) or "none"
        raise PackError(f"there is no pack {name[:60]!r}", f"Packs that were opened: {there}.")
    say(f"{name}: {account.counted(found.content.entries)}{'; edited here' if found.edited else ''}")
    if not yes and not sure(f"Remove {name}? Your answers stay."):
        say("Nothing was changed. (--yes removes without asking.)", aside=True)
        ctx.exit(1)
    aside = place.remove(paths.packs(), name, clock.now(), edited=found.edited)
    say(f"{name} is removed; your answers to it stay.")
    if aside is not None:
        say(f"It was edited here, so it is kept in {aside}")


pack.add_command(merge)
