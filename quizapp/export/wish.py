"""What somebody asks to be exported, and where to: from a line of text to a file. Knows no screen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from quizapp import export
from quizapp.bank import Bank
from quizapp.errors import ExportError
from quizapp.export.deck import Kept
from quizapp.export.gather import gather, unproved
from quizapp.store import Store

EVIDENCE: dict[Kept, str] = {
    "latest": "yours, beside it what came with quizapp and packs",
    "group": "the same, and what your study group measured",
    "reference": "only what came with quizapp",
    "none": "none",
}
STEM = "questions"


@dataclass(frozen=True, kw_only=True)
class Wish:
    """A part of the questions, with whose evidence, to which file."""

    path: Path
    query: str = ""
    kept: Kept = "latest"


@dataclass(frozen=True, kw_only=True)
class Written:
    """What came of it."""

    path: Path
    items: int
    claims: int
    size: int
    """In bytes."""
    unproved: int
    """Claims without evidence of today's bench."""


def suffixed(text: str, suffix: str) -> str:
    """A path with the suffix of a format in the place of another format's."""
    name = text.strip() or STEM
    before = Path(name).suffix.lower()
    return name[: len(name) - len(before)] + suffix if before in export.FORMATS else name + suffix


def path_of(text: str) -> Path:
    """The file that a line of text names; `~` is one's home. Raises ExportError when it names none."""
    if not text.strip():
        raise ExportError("no file is named", f"Name one, such as {STEM}.html.")
    try:
        return Path(text.strip()).expanduser()
    except RuntimeError as error:
        raise ExportError(f"{text.strip()} is nobody's home folder", "Write the path without `~`.") from error


def write(wish: Wish, bank: Bank, store: Store, ledger: Path, now: Callable[[], datetime]) -> Written:
    """Gather the deck and write it. Raises QueryError and ExportError."""
    deck = gather(bank, store, now, query=wish.query, kept=wish.kept)
    export.write(deck, wish.path, ledger=ledger, now=now())
    return Written(
        path=wish.path.absolute(),
        items=len(deck.items),
        claims=len(deck.claims),
        size=wish.path.stat().st_size,
        unproved=len(unproved(deck)),
    )


def told(written: Written) -> str:
    """What came of it, in words."""
    size = f"{written.size / 1e6:.1f} MB" if written.size >= 100_000 else f"{written.size / 1e3:.1f} kB"
    counts = f"{_count(written.items, 'item')}, {_count(written.claims, 'claim')}, {size}"
    without = f" {_count(written.unproved, 'claim')} without fresh evidence; the file says which."
    return f"Written to {written.path}: {counts}.{without if written.unproved else ''}"


def _count(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
