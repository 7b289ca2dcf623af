"""The commands of a study group's evidence: `quizapp group ...`. What they do is in `share`.

Whatever comes from others is written out with `visible`, so that no character of theirs steers a terminal.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import click

from quizapp.cli.saying import put, say

if TYPE_CHECKING:
    from quizapp.share.group import Member
    from quizapp.share.group_place import Taken

FILE = click.Path(path_type=Path)
WIDEST = 110


@click.group(epilog="Example: quizapp group report")
def group() -> None:
    """Compare with a study group: where claims reproduced, what to argue about, what nobody proved.

    Everybody makes one file and puts it into a shared folder or a git checkout; there is no server. Nothing
    of it reaches your own answers, schedule or evidence.
    """


@group.command(epilog="Example: quizapp group make shared/anna.jsonl --name Anna --reviews")
@click.argument("out", type=FILE)
@click.option("--reviews", is_flag=True, help="Also your answers: item, when, right or wrong, how sure.")
@click.option("--name", default="", help="What to call you; left out: a number.")
@click.option("--yes", is_flag=True, help="Write over a file that is there.")
def make(out: Path, reviews: bool, name: str, yes: bool) -> None:
    """Write what you measured, newest run of each experiment and device, to share with your group.

    What you typed is never in it. The same data gives the same bytes.
    """
    from contextlib import closing

    from quizapp import clock, paths
    from quizapp.errors import GroupError
    from quizapp.share import group as maker
    from quizapp.share import group_file, group_place
    from quizapp.store import Store

    if out.suffix != group_place.SUFFIX:
        raise GroupError(
            f"{out} does not end in {group_place.SUFFIX}", f"Call it {out.stem}{group_place.SUFFIX}."
        )
    try:
        group_file.named(name)
    except ValueError as error:
        raise GroupError(f"this name cannot be used: {error}", "Use a short one.") from error
    with closing(Store(paths.answers())) as store:
        member = maker.of_store(store, name, reviews=reviews)
    raw = maker.written(member)
    group_file.read(raw, str(out), clock.now())
    put(out, raw, yes)
    say(f"{out}: {_held(member)}")


def _held(member: Member) -> str:
    answers = "no answers" if member.answers is None else f"{len(member.answers):,} answers"
    return f"{member.called}, {len(member.runs):,} runs, {answers}, up to {member.newest:%Y-%m-%d}"


@group.command(epilog="Example: quizapp group add shared/")
@click.argument("file", nargs=-1, required=True, type=FILE)
@click.pass_context
def add(ctx: click.Context, file: tuple[Path, ...]) -> None:
    """Take what members made: files, or folders of them. A newer file of a member replaces the older one.

    Exit code 1: some files were refused. 2: all of them.
    """
    from quizapp import clock, paths
    from quizapp.errors import GroupError
    from quizapp.share import group_place

    now = clock.now()
    refused = count = 0
    for path in list(group_place.found(file)):  # nothing is taken before all are found
        count += 1
        try:
            taken = group_place.take(path, paths.group(), now)
        except GroupError as error:
            refused += 1
            say(str(error), aside=True)
            continue
        say(f"{path}: {_done(taken)}")
        for text in _doubts(taken.member):
            say(f"  {text}")
    ctx.exit(2 if refused == count else int(refused > 0))


def _done(taken: Taken) -> str:
    before = "" if taken.before is None else f"{taken.before.newest:%Y-%m-%d %H:%M}"
    held = _held(taken.member)
    renamed = taken.before is not None and taken.before.called != taken.member.called
    whose = f" of {taken.before.called}" if taken.before is not None and renamed else ""
    return {
        "new": f"{held}; new here",
        "replaced": f"{held}; replaces what was here{whose}, up to {before}",
        "same": f"{held}; here already",
        "older": f"{held}; older than what is here, up to {before}, which stays",
    }[taken.done]


def _doubts(member: Member) -> list[str]:
    """What a file says that its numbers do not, and what comes from another version."""
    from quizapp.share.group_judge import judged

    told = [judged(run) for run in member.runs]
    said = [f"{one.run.experiment} on {one.run.device}: {lie}" for one in told for lie in one.lies]
    others = sum(not one.known for one in told)
    rows = [*said[:5], *([f"... and {len(said) - 5:,} more"] if len(said) > 5 else [])]
    rows = ["not as its numbers say; verdicts are drawn from the numbers:", *rows] if said else []
    return [
        *rows,
        *([f"{others} runs of other versions of their experiments; kept, not counted"] if others else []),
    ]


@group.command("list", epilog="Example: quizapp group list --json")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per member and line.")
@click.pass_context
def list_(ctx: click.Context, as_json: bool) -> None:
    """List the members whose files are here. Exit code 1: a file is left out."""
    from quizapp import clock, paths
    from quizapp.share import group_place

    members, broken = group_place.members(paths.group(), clock.now())
    for member in members:
        if as_json:
            answers = None if member.answers is None else len(member.answers)
            about: dict[str, object] = {
                "member": member.id,
                "name": member.name,
                "newest": member.newest.isoformat(),
                "machines": list(member.machines),
                "runs": len(member.runs),
                "reviews": answers,
            }
            click.echo(json.dumps(about))
        else:
            say(f"{member.id}  {_held(member)}")
    for error in broken:
        say(f"left out: {error}", aside=True)
    if not members and not broken:
        say("Nobody is here yet: quizapp group add FILE", aside=True)
    ctx.exit(int(bool(broken)))


@group.command(epilog="Example: quizapp group remove Anna")
@click.argument("name")
def remove(name: str) -> None:
    """Take away what a member shared, by name or id. They can be added again."""
    from quizapp import clock, paths
    from quizapp.share import group_place

    called = group_place.remove(name, paths.group(), clock.now())
    say(f"{called} is removed.")


@group.command(epilog="Example: quizapp group report --html tuesday.html")
@click.option("--md", type=FILE, metavar="OUT.md", help="Write it as Markdown.")
@click.option("--html", type=FILE, metavar="OUT.html", help="Write it as one page, with plots.")
@click.option(
    "--json", "as_json", is_flag=True, help="Print it as one JSON object; docs/group.md lists its keys."
)
@click.option("--claim", default="", metavar="CLAIM", help="Print this one alone, with all its numbers.")
@click.option("--named", is_flag=True, help="Say whose is whose, also of fewer than three members.")
@click.option("--yes", is_flag=True, help="Write over files that are there.")
@click.pass_context
def report(
    ctx: click.Context,
    /,
    md: Path | None,
    html: Path | None,
    as_json: bool,
    claim: str,
    named: bool,
    yes: bool,
) -> None:
    """Say how claims came out by machine, what members are sure and split about, and what nobody proved.

    Exit code 1: a member's file is left out.
    """
    import dataclasses

    from quizapp import bank, clock, paths
    from quizapp.errors import GroupError
    from quizapp.report import plain
    from quizapp.share import group_html, group_place, group_report, group_text

    if claim and (md or html or as_json):
        raise click.UsageError("--claim prints; it does not go with --md, --html or --json")
    members, broken = group_place.members(paths.group(), clock.now())
    for error in broken:
        say(f"left out: {error}", aside=True)
    if not members:
        raise GroupError("nobody is here yet", "Take what members made: quizapp group add FILE")
    known = bank.load(cache=paths.cache())
    if claim and (claim not in known.claims or not known.claims[claim].checks):
        raise GroupError(f"there is no claim {claim!r} that can be tested", "quizapp claims lists them.")
    made = group_report.report(members, known, named=named)
    if md is not None:
        put(md, group_text.render(made), yes)
        say(f"{md}: {made.members} member{'s' * (made.members != 1)}, {len(made.found)} claims")
    if html is not None:
        put(html, group_html.render(made), yes)
        say(f"{html}: {made.members} member{'s' * (made.members != 1)}, {len(made.found)} claims")
    if as_json:
        click.echo(json.dumps(plain(dataclasses.asdict(made)), allow_nan=False))
    if md is None and html is None and not as_json:
        width = min(WIDEST, shutil.get_terminal_size().columns)
        say(group_text.text(made, width, claim))
    ctx.exit(int(bool(broken)))
