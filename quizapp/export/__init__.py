"""Decks as files other people can use. One file per format: render(deck) -> bytes, pure.

This picks the format by suffix and writes the file whole or not at all.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from quizapp import files
from quizapp.errors import ExportError
from quizapp.export import changes
from quizapp.export.deck import Deck, of

__all__ = ["FORMATS", "Deck", "of", "render", "write"]


def _markdown(deck: Deck) -> bytes:
    from quizapp.export import markdown

    return markdown.render(deck)


def _anki(deck: Deck) -> bytes:
    from quizapp.export import anki

    return anki.render(deck)


FORMATS: dict[str, Callable[[Deck], bytes]] = {".md": _markdown, ".apkg": _anki}
"""Suffix -> what renders it. The same deck gives the same bytes."""
DATED = (".apkg",)
"""Formats that carry the date of each item; the others leave the ledger alone."""


def render(deck: Deck, suffix: str) -> bytes:
    """The deck in the format of a suffix. Raises ExportError when there is no such format."""
    made = FORMATS.get(suffix.lower())
    if made is None:
        raise ExportError(
            f"there is no format for {suffix!r}" if suffix else "the name has no suffix to tell the format",
            f"Use a name that ends in {' or '.join(FORMATS)}.",
        )
    return made(deck)


def write(deck: Deck, path: Path, *, ledger: Path | None = None, now: datetime | None = None) -> None:
    """Write the deck to a file, in the format of its suffix, whole or not at all.

    ledger: the file that remembers when items last changed (see changes), read and then brought up to
    date; with it, importing an Anki package again updates the notes that changed, as of `now`.
    Raises ExportError when the format is unknown or the file cannot be written.
    """
    if path.is_dir():
        raise ExportError(f"{path} is a folder", "Name a file in it, such as questions.md.")
    if ledger is None or now is None or path.suffix.lower() not in DATED:
        _replace(path, render(deck, path.suffix))
        return
    known = changes.read(ledger).after(deck, now)
    _replace(path, render(changes.dated(deck, known), path.suffix))
    _replace(ledger, changes.written(known), folders=True)


def _replace(path: Path, body: bytes, folders: bool = False) -> None:
    """Put a file in the place of what was there, through a fresh one beside it."""
    try:
        if folders:
            path.parent.mkdir(parents=True, exist_ok=True)
        files.replace(path, body)
    except OSError as error:
        raise ExportError(
            f"{path} cannot be written: {error.strerror or error}",
            "Check that its folder exists, is writable and has space.",
        ) from error
