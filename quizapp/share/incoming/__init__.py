"""Cards from elsewhere as items of ours: Anki packages, Anki's text files, tables.

`package` and `collection` read what Anki writes, `rows` reads text; all give `notes`. `sides` makes fronts
and backs of them, `plain` texts of their HTML, `own` the items that one of our exports was made of, `items`
all the rest. What strangers wrote is read within limits and never run.
"""

from __future__ import annotations

from pathlib import Path

from quizapp.errors import IncomingError
from quizapp.share.incoming.notes import Found


def read(path: Path) -> Found:
    """The notes in a file, by its suffix. Raises IncomingError when it cannot be read at all."""
    suffix = path.suffix.lower()
    if not path.is_file():
        what = "is no file" if path.exists() else "is not there"
        raise IncomingError(f"{path} {what}", "Name a file that ends in .apkg, .txt, .tsv or .csv.")
    if suffix in (".apkg", ".colpkg"):
        from quizapp.share.incoming import package

        return package.read(path)
    if suffix in (".txt", ".tsv", ".csv"):
        from quizapp.share.incoming import rows

        return rows.read(path)
    raise IncomingError(
        f"{path} ends in {suffix or 'nothing'!r}, which cannot be imported",
        "Name a file that ends in .apkg, .txt, .tsv or .csv; in Anki, File > Export writes them.",
    )
