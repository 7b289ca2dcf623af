"""Packs on disk: put beside the learner's data whole or not at all, listed, and taken away again.

The names of files come from `packs.MEMBER`, never from a zip as they are. What somebody edited here is set
aside, never deleted. Knows no screen and asks nothing.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from quizapp import files, packs
from quizapp.bank import Bank
from quizapp.errors import PackError, Problem
from quizapp.pack_content import Content, examine
from quizapp.share import manifest
from quizapp.share.manifest import Manifest
from quizapp.share.pack import Pack

FRESH, OLD, EDITED, ASIDE = ".fresh-", ".old-", ".edited-", "set-aside"
"""What folders are called on their way: made, taken away, taken away to be set aside; and where that is."""
HOUR = 3600
ROOM = "Check that the folder is writable and has space."


@dataclass(frozen=True, kw_only=True)
class Opened:
    """A pack that was opened here."""

    name: str
    folder: Path
    manifest: Manifest | None
    """None: it is gone or cannot be read."""
    content: Content
    edited: bool
    """Whether its files are not those that came."""


def opened(root: Path, name: str, builtin: Bank) -> Opened | None:
    """The pack of that name, as it stands here; None when there is none."""
    folder = root / name
    if folder not in packs.folders(root):
        return None
    about, found = None, {}
    unread: tuple[Problem, ...] = ()
    try:
        found = packs.files(folder)
    except OSError as error:
        what = f"cannot be read: {error.strerror or error}"
        unread = (Problem(str(folder), 1, 1, what, "Open the pack again, or remove it."),)
    with suppress(OSError, PackError), files.opened(folder / packs.MANIFEST) as file:
        about = manifest.read(file.read(manifest.BYTES + 1), str(folder))
    edited = about is None
    if about is not None:
        try:
            manifest.compare(about, found, str(folder))
        except PackError:
            edited = True
    content = Content(problems=unread) if unread else examine(found, f"{folder}/", builtin)
    return Opened(name=name, folder=folder, manifest=about, content=content, edited=edited)


def listed(root: Path, builtin: Bank) -> list[Opened]:
    """Every pack that was opened here, by name."""
    recover(root)
    found = (opened(root, folder.name, builtin) for folder in packs.folders(root))
    return [one for one in found if one is not None]


def put(pack: Pack, name: str, root: Path, now: datetime, *, edited: bool = False) -> Path | None:
    """Put a pack into its folder, in the place of one that is there. Raises PackError.

    edited: what is there was edited, so it is set aside; returns where.
    """
    target = root / manifest.named(name)
    fresh = ""
    try:
        root.mkdir(parents=True, exist_ok=True)
        recover(root)
        _sweep(root, now)
        if target.is_symlink() or (target.exists() and not target.is_dir()):
            raise PackError(f"{target} is no folder", "Move it away; a pack needs a folder of its own.")
        fresh = tempfile.mkdtemp(prefix=FRESH, dir=root)
        for file, body in {**pack.files, packs.MANIFEST: manifest.written(pack.manifest)}.items():
            if file != packs.MANIFEST and not packs.MEMBER.fullmatch(file):
                raise PackError(f"{file!r} has no place in a pack", ROOM)
            _write(Path(fresh) / file, body)
        Path(fresh).chmod(0o755)
        aside = _exchange(Path(fresh), target, now, edited)
    except OSError as error:
        raise PackError(f"{target} cannot be written: {error.strerror or error}", ROOM) from error
    finally:
        if fresh:
            shutil.rmtree(fresh, ignore_errors=True)
    return aside


def _sweep(root: Path, now: datetime) -> None:
    """Take away what a crash left half written; what is younger than an hour may still be at work."""
    for fresh in root.glob(f"{FRESH}*"):
        with suppress(OSError):
            if now.timestamp() - fresh.stat().st_mtime > HOUR:
                shutil.rmtree(fresh)


def _write(file: Path, body: bytes) -> None:
    file.parent.mkdir(exist_ok=True)
    with file.open("xb") as opened:
        opened.write(body)
        opened.flush()
        os.fsync(opened.fileno())


def _exchange(fresh: Path, target: Path, now: datetime, edited: bool) -> Path | None:
    """The fresh folder in the place of the old one; where that went, if it was set aside."""
    if not target.exists():
        fresh.rename(target)
        return None
    old = target.with_name(f"{EDITED if edited else OLD}{target.name}")
    target.rename(old)
    try:
        fresh.rename(target)
    except OSError:
        old.rename(target)
        raise
    if edited:
        return _aside(old, target, now)
    shutil.rmtree(old, ignore_errors=True)
    return None


def _aside(folder: Path, target: Path, now: datetime) -> Path:
    shelf = target.parent / f".{ASIDE}"
    shelf.mkdir(exist_ok=True)
    stem = f"{target.name}-{now:%Y%m%d-%H%M%S}"
    place, count = shelf / stem, 1
    while place.exists():
        place, count = shelf / f"{stem}-{count}", count + 1
    folder.rename(place)
    return place


def remove(root: Path, name: str, now: datetime, *, edited: bool) -> Path | None:
    """Take a pack away; answers to it stay. Returns where it was set aside, if it was edited here."""
    target = root / name
    recover(root)  # what a crash left under the name that it gets now
    try:
        old = target.with_name(f"{EDITED if edited else FRESH}{name}")
        shutil.rmtree(old, ignore_errors=True)
        target.rename(old)
        if edited:
            return _aside(old, target, now)
        shutil.rmtree(old)
    except OSError as error:
        raise PackError(f"{target} cannot be removed: {error.strerror or error}", ROOM) from error
    return None


def recover(root: Path) -> None:
    """Put back what a crash left half exchanged, or aside what was edited and is replaced by now."""
    for mark in (OLD, EDITED) if root.is_dir() else ():
        for old in root.glob(f"{mark}*"):
            target = old.with_name(old.name.removeprefix(mark))
            with suppress(OSError):
                if not target.exists():
                    old.rename(target)
                elif mark == OLD:
                    shutil.rmtree(old)
                else:
                    _aside(old, target, datetime.fromtimestamp(old.stat().st_mtime).astimezone())
