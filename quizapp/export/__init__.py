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


def _html(deck: Deck) -> bytes:
    from quizapp.export import html

    return html.render(deck)


def _pdf(deck: Deck) -> bytes:
    from quizapp.export import pdf

    return pdf.render(deck)


def _text(deck: Deck) -> bytes:
    from quizapp.export import anki_text

    return anki_text.tabs(deck)


def _csv(deck: Deck) -> bytes:
    from quizapp.export import anki_text

    return anki_text.commas(deck)


def _gift(deck: Deck) -> bytes:
    from quizapp.export import gift

    return gift.render(deck)


def _json(deck: Deck) -> bytes:
    from quizapp.export import json_file

    return json_file.render(deck)


FORMATS: dict[str, Callable[[Deck], bytes]] = {
    ".html": _html,
    ".pdf": _pdf,
    ".md": _markdown,
    ".apkg": _anki,
    ".txt": _text,
    ".csv": _csv,
    ".gift": _gift,
    ".json": _json,
}
"""Suffix -> what renders it. The same deck gives the same bytes."""
WORDS = {
    ".html": "one page for any browser: cards, a quiz, search; works offline",
    ".pdf": "to print: questions first, then answers, then what was measured",
    ".md": "to read, on GitHub or elsewhere",
    ".apkg": "for Anki: import it again and your edits stay",
    ".txt": "the same notes as text; needs the .apkg once, overwrites edits",
    ".csv": "the same with commas, for spreadsheets too",
    ".gift": "for Moodle's question bank",
    ".json": "for programs: everything, with `quizapp schema deck`",
}
"""What each format is for."""
DATED = (".apkg", ".json")
"""Formats that carry the date of each item; the others leave the ledger alone."""


def render(deck: Deck, suffix: str) -> bytes:
    """The deck in the format of a suffix. Raises ExportError when there is no such format."""
    made = FORMATS.get(suffix.lower())
    if made is None:
        raise ExportError(
            f"there is no format for {suffix!r}" if suffix else "the name has no suffix to tell the format",
            f"Use a name that ends in {', '.join(FORMATS)}.",
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
    if deck.kept in ("reference", "none"):  # what their notes say has a history of its own
        ledger = ledger.with_stem(f"{ledger.stem}-{deck.kept}")
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
