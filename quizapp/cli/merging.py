"""The command `quizapp pack merge`: conflicts are shown and settled one by one. The merging is in `share`."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from quizapp.cli.saying import builtin_bank, put, say, sure

if TYPE_CHECKING:
    from datetime import date

    from quizapp.bank import Bank
    from quizapp.share.merge import Conflict, Merged
    from quizapp.share.sources import Source

FILE = click.Path(path_type=Path)


@click.command(epilog="Example: quizapp pack merge old.yaml mine.yaml theirs.yaml -o merged.yaml")
@click.argument("base", type=FILE)
@click.argument("mine", type=FILE)
@click.argument("theirs", type=FILE)
@click.option("-o", "--out", required=True, type=FILE, help="A .yaml file, a new folder, or a .qpack.")
@click.option("--prefer", type=click.Choice(["mine", "theirs"]), help="Settle every conflict so.")
@click.option("--no-input", is_flag=True, help="Ask nothing: list conflicts, write nothing, exit with 1.")
@click.option("--yes", is_flag=True, help="Write over a file that is there.")
@click.pass_context
def merge(
    ctx: click.Context,
    base: Path,
    mine: Path,
    theirs: Path,
    out: Path,
    prefer: Literal["mine", "theirs"] | None,
    no_input: bool,
    yes: bool,
) -> None:
    """Merge what two people made of the same questions. BASE is what both began with.

    The three are question files, folders of them, or packs.
    What only one side changed is taken. Conflicts are settled one by one: m mine, t theirs, e edit, s skip.
    A skipped one stands as in MINE, and both sides are kept in OUT.conflicts.yaml. Comments are not kept.
    """
    from quizapp import clock
    from quizapp.share import merge as merging
    from quizapp.share import sources

    builtin = builtin_bank()
    old, one, other = (sources.read(path, builtin) for path in (base, mine, theirs))
    sources.writable(out, one, other)
    if out.is_file() and not yes and (no_input or not sure(f"Write over {out}?")):
        say(f"{out} is there already, and stays as it was. (--yes writes over it.)", aside=True)
        ctx.exit(2)
    merged = merging.merge(old.entries, one.entries, other.entries)
    skipped = _settle(merged, prefer, no_input)
    if merged.conflicts and no_input:
        count = len(merged.conflicts)
        say(f"{count} conflict{'s' * (count != 1)} left; nothing was written.", aside=True)
        ctx.exit(1)
    if skipped:  # first: what was not settled is lost otherwise, if the rest cannot be written
        kept = _beside(out)
        put(kept, _left(skipped), yes=True)
    _finish(merged, out, one, other, clock.now().date(), builtin)
    if skipped:
        say(f"{len(skipped)} skipped: they stand as in {mine}; both sides are in {kept}", aside=True)
    ctx.exit(int(bool(skipped)))


def _beside(out: Path) -> Path:
    """A file for what was skipped, where there is none yet: what was skipped last time stays."""
    names = (f"{out.name}.conflicts{f'-{number}' if number else ''}.yaml" for number in itertools.count())
    return next(path for path in map(out.with_name, names) if not path.exists())


def _finish(merged: Merged, out: Path, one: Source, other: Source, today: date, builtin: Bank) -> None:
    from quizapp.share import sources

    sources.write(out, merged.entries, one, other, today, builtin)
    counts = ", ".join(f"{len(body)} {part}" for part, body in merged.entries.items() if body)
    say(f"{out}: {counts or 'nothing'}")
    if out.suffix != sources.SUFFIX:
        say("Comments in the files were not carried over.", aside=True)
    for problem in sources.amiss(merged.entries, builtin):
        say(f"To put right: {problem}", aside=True)


def _settle(merged: Merged, prefer: str | None, no_input: bool) -> list[Conflict]:
    """Settle what can be settled; returns what was skipped."""
    from quizapp.share.merge import MISSING

    skipped = []
    conflicts = list(merged.conflicts)
    for number, conflict in enumerate(conflicts, 1):
        say(f"[{number}/{len(conflicts)}] {conflict.about}", aside=True)
        for side in ("base", "mine", "theirs"):
            value = getattr(conflict, side)
            text = "(not there)" if value is MISSING else _yaml(value)
            say("\n".join(f"  {side + ':':<8}{row}" for row in text.splitlines()), aside=True)
        choice = prefer or ("skip" if no_input else _asked())
        if choice == "edit":
            merged.settle(conflict, _edited(conflict))
        elif choice != "skip":
            merged.settle(conflict, getattr(conflict, choice))
        else:
            skipped.append(conflict)
    return skipped


def _asked() -> str:
    letters = {"m": "mine", "t": "theirs", "e": "edit", "s": "skip"}
    said = click.prompt("  [m]ine, [t]heirs, [e]dit or [s]kip", type=click.Choice([*letters]), err=True)
    return letters[str(said)]


def _yaml(value: Any) -> str:  # noqa: ANN401 - plain data
    from quizapp.share import written

    return written.text(value)


def _edited(conflict: Conflict) -> Any:  # noqa: ANN401 - plain data
    """What comes out of the editor, as often as it takes; left as it was, it is as it stands there."""
    from quizapp import strict_yaml
    from quizapp.errors import Problem
    from quizapp.share.merge import MISSING

    sides = [(side, getattr(conflict, side)) for side in ("theirs", "mine")]
    shown = [f"# {side}:\n" + "".join(f"#   {row}\n" for row in _yaml(value).splitlines())
             for side, value in sides if value is not MISSING]  # fmt: skip
    value = next(value for _, value in reversed(sides) if value is not MISSING)
    text = f"# {conflict.about}: what is left here is taken.\n{''.join(shown)}{_yaml(value)}"
    while True:
        text = click.edit(text, extension=".yaml", require_save=False) or text
        found = strict_yaml.parse(text, conflict.about)
        if isinstance(found, Problem):
            said = str(found)
        elif found.data is None:
            said = "Nothing is left."
        elif not conflict.path and not _is_entry(found.data, conflict):
            said = f"This must stay `key: value` lines, and its id {conflict.id}."
        else:
            return found.data
        say(said, aside=True)
        click.pause("Press a key to edit it again.", err=True)


def _is_entry(data: Any, conflict: Conflict) -> bool:  # noqa: ANN401 - plain data
    """Whether an edited entry is one still, and the same. Misconceptions have their id outside."""
    return isinstance(data, dict) and str(data.get("id", conflict.id)) == conflict.id


def _left(skipped: Iterable[Conflict]) -> bytes:
    from quizapp.share.merge import MISSING

    rows = [
        {
            "about": conflict.about,
            **{
                side: getattr(conflict, side)
                for side in ("base", "mine", "theirs")
                if getattr(conflict, side) is not MISSING
            },
        }
        for conflict in skipped
    ]
    return _yaml(rows).encode()
