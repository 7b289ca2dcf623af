"""What became of a file of cards, in words: what came over, what was refused, what was left behind."""

from __future__ import annotations

from collections.abc import Iterator

from quizapp.safe_text import visible
from quizapp.share.incoming.items import Taken

SAID = {
    "remarks": "rows that begin with #, {n}: remarks, as in Anki's files",
    "media": "{n} files of pictures and sounds stay in the package",
    "pictures": "pictures, in {cards}: where they were, their name stands",
    "sounds": "sounds, in {cards}: where they were, their name stands",
    "files": "things embedded from elsewhere, in {cards}",
    "scripts": "scripts, in {cards}: removed",
    "looks": "bold, colours, links and the like, in {cards}: plain text now",
    "tables": "tables, in {cards}: a | stands between the cells now",
    "tags": "other HTML, in {cards}: its text alone",
    "formulas": "formulas, in {cards}: they stay as LaTeX, as text",
    "hidden": "control characters and terminal codes, in {cards}: removed",
    "overlaps": "gaps within gaps, or several gaps with one number, in {cards}: filled in or asked together",
    "templates": "the look of {n} of Anki's note types",
    "scheduled": "the schedule of {n} of Anki's cards: here they are new",
    "parts": "families, difficulty, misconceptions and checks of {n} of our items: no export holds them",
    "printed": "{n} of our items of other kinds came back as cards, as they were printed",
}
"""What is left behind, in the order it is said."""


def counts(taken: Taken) -> str:
    """How many of what."""
    kinds = ", ".join(f"{count:,} {kind}" for kind, count in taken.kinds.most_common())
    total = sum(taken.kinds.values())
    parts = [f"{total:,} item{'s' if total != 1 else ''}" + (f" ({kinds})" if kinds else "")]
    if taken.here:
        parts.append(f"{len(taken.here):,} here already")
    parts.append(f"{len(taken.refused):,} refused")
    return ", ".join(parts)


def left_behind(taken: Taken) -> list[str]:
    """What did not come over, line by line."""
    return [
        said.format(n=f"{count:,}", cards=f"{count:,} card{'s' if count != 1 else ''}")
        for name, said in SAID.items()
        if (count := taken.losses[name])
    ]


def refused(taken: Taken, file: str) -> Iterator[str]:
    """Every row that was not taken, with its line."""
    for one in taken.refused:
        where = f"{file}:{one.line}" if one.what == "row" else f"{file}, note {one.line}"
        yield visible(f"{where}: {one.why}")
