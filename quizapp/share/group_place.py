"""What members shared, in the learner's folder `group/`: taken, listed, removed. One file for each member.

Nothing of it ever reaches the learner's own answers, schedule or evidence.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from quizapp import files
from quizapp.errors import GroupError
from quizapp.share import group_file
from quizapp.share.group import Member

SUFFIX = ".jsonl"
MEMBERS = 200
ROOM = "Check that the folder is writable and has space."


@dataclass(frozen=True, kw_only=True)
class Taken:
    """What became of a file."""

    member: Member
    before: Member | None
    """What was here of the same member."""
    done: str
    """`new`, `replaced`, `same` (nothing to do) or `older` (what is here is newer and stays)."""


def found(given: Iterable[Path]) -> Iterator[Path]:
    """The files to take: those given, and of folders those in them that are of a study group. No links."""
    for path in given:
        if not path.is_dir():
            yield path
            continue
        inside = sorted(one for one in path.glob(f"*{SUFFIX}") if one.is_file() and not one.is_symlink())
        if len(inside) > MEMBERS:
            raise GroupError(f"{path} holds more than {MEMBERS} files", "Name the files of your group alone.")
        ours = [one for one in inside if not one.name.startswith(".") and _begins(one)]
        if not ours:
            raise GroupError(
                f"{path} holds no file of a study group", "They end in .jsonl: quizapp group make"
            )
        yield from ours


def _begins(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return group_file.is_one(file.read(200))
    except OSError:
        return True  # it is said when it is read


def take(path: Path, root: Path, now: datetime) -> Taken:
    """Put a member's file beside the others, in the place of an older one. Raises GroupError."""
    raw = group_file.load(path)
    member = group_file.read(raw, str(path), now)
    target = root / f"{member.id}{SUFFIX}"
    before = _before(target, now)
    if before is not None and raw == group_file.load(target):
        return Taken(member=member, before=before, done="same")
    if before is not None and member.newest < before.newest:
        return Taken(member=member, before=before, done="older")
    if before is None and len(_files(root)) >= MEMBERS:
        raise GroupError(f"there are {MEMBERS} members already", "quizapp group remove NAME makes room.")
    try:
        root.mkdir(parents=True, exist_ok=True)
        files.replace(target, raw)
    except OSError as error:
        raise GroupError(f"{target} cannot be written: {error.strerror or error}", ROOM) from error
    return Taken(member=member, before=before, done="new" if before is None else "replaced")


def _before(target: Path, now: datetime) -> Member | None:
    """What is here already; a file that was broken here is as good as none."""
    try:
        return group_file.read(group_file.load(target), str(target), now)
    except GroupError:
        return None


def _files(root: Path) -> list[Path]:
    return sorted(
        one for one in root.glob(f"*{SUFFIX}") if group_file.ID.fullmatch(one.stem) and not one.is_symlink()
    )


def members(root: Path, now: datetime) -> tuple[list[Member], list[GroupError]]:
    """Everybody, by name, and what is wrong with the files that are left out."""
    held, broken = [], []
    for file in _files(root):
        try:
            held.append(group_file.read(group_file.load(file), str(file), now))
        except GroupError as error:
            broken.append(error)
    return sorted(held, key=lambda member: (member.called.casefold(), member.id)), broken


def remove(name: str, root: Path, now: datetime) -> str:
    """Take away what a member shared, by name or id; returns what they were called. Raises GroupError."""
    held, _ = members(root, now)
    hits = [one for one in held if name in (one.name, one.called, one.id)]
    if not hits and group_file.ID.fullmatch(name) and (root / f"{name}{SUFFIX}") in _files(root):
        called, id_ = name, name  # broken here, so nobody knows its name
    elif len(hits) == 1:
        called, id_ = hits[0].called, hits[0].id
    else:
        there = ", ".join(f"{one.called} ({one.id})" for one in hits or held) or "nobody"
        what = f"there are {len(hits)} members" if hits else "there is no member"
        raise GroupError(f"{what} called {name[:60]!r}", f"Name one of these, or its id: {there}.")
    try:
        (root / f"{id_}{SUFFIX}").unlink()
    except OSError as error:
        raise GroupError(f"{called} cannot be removed: {error.strerror or error}", ROOM) from error
    return called
