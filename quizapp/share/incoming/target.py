"""Where imported items go: question files, or a pack of the learner's. Nothing is replaced unasked."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from quizapp import files
from quizapp.bank import Bank
from quizapp.errors import IncomingError, Problem
from quizapp.pack_content import examine
from quizapp.share import pack, place, written

Entries = dict[str, dict[str, dict[str, Any]]]
LENGTH = 1_000
"""The most items of one file."""


def bank(entries: Entries, out: Path, around: Bank, *, again: bool) -> list[Path]:
    """Write question files; more than one where one would grow too long. Returns them. Raises IncomingError.

    again: files of that name may be replaced. around: the built-in questions.
    """
    if out.suffix != ".yaml":
        raise IncomingError(f"{out} does not end in .yaml, so nothing would read it", "Name one that does.")
    bodies = _split(entries)
    names = [out if not place else out.with_stem(f"{out.stem}-{place + 1}") for place in range(len(bodies))]
    there = [name for name in names if name.exists()]
    if there and not again:
        raise IncomingError(f"{there[0]} is there already", "Name another file, or replace it: --replace")
    if there and (left := out.with_stem(f"{out.stem}-{len(names) + 1}")).exists():
        what = f"{left} would stay from an earlier, longer import, with questions that come again now"
        raise IncomingError(what, "Remove it, and what follows it, or name another file.")
    _sound({name.name: body for name, body in zip(names, bodies, strict=True)}, around)
    try:
        files.replace_all(dict(zip(names, bodies, strict=True)))
    except OSError as error:
        what = f"{out} cannot be written: {error.strerror or error}"
        raise IncomingError(what, "Check that its folder exists and that you may write there.") from error
    return names


def _split(entries: Entries) -> list[bytes]:
    """The bytes of the files; the concepts are in the first."""
    items = list(entries["items"].values())
    size = LENGTH
    while True:
        parts = [items[at : at + size] for at in range(0, len(items), size)] or [[]]
        bodies = []
        for number, part in enumerate(parts):
            concepts = {"concepts": entries["concepts"]} if not number else {}
            bodies.append(written.bank({**concepts, "items": {entry["id"]: entry for entry in part}}))
        if all(len(body) <= written.FILE_BYTES for body in bodies) or size == 1:
            return bodies
        size = max(1, size // 2)


def _sound(bodies: dict[str, bytes], around: Bank) -> None:
    """Read back what will be written, as the app will. Raises IncomingError; it is our mistake then."""
    problems: tuple[Problem, ...] = examine(bodies, "", around).problems
    if problems:
        what = f"the import would not be a question file in order: {problems[0]}"
        raise IncomingError(what, "Leave that card out of what you import, and report it, please.")


def into_pack(entries: Entries, name: str, root: Path, around: Bank, now: datetime, *, again: bool) -> Path:
    """Make a pack of the items and open it here; returns its folder. Raises PackError, IncomingError."""
    there = place.opened(root, name, around)
    if there is not None and not again:
        what = f"there is a pack {name!r} here already"
        raise IncomingError(what, "Give the import another name, or replace that pack: --replace")
    part = pack.Part(entries=entries)
    raw = pack.make(part, name=name, author="", created=now.date(), builtin=around)
    place.put(pack.read(raw, name, around), name, root, now, edited=there is not None and there.edited)
    return root / name
