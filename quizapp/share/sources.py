"""What is merged: a question file, a folder of them or a pack -> entries, and entries -> one of these."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from quizapp import bank, files, packs, strict_yaml
from quizapp.bank import PARTS, Bank
from quizapp.errors import PackError, Problem
from quizapp.evidence import Run
from quizapp.pack_content import listed
from quizapp.share import archive, pack, written
from quizapp.share.manifest import Manifest, named
from quizapp.share.written import Entries
from quizapp.strict_yaml import Document

SUFFIX = ".qpack"


@dataclass(frozen=True, kw_only=True)
class Source:
    """One of the three that are merged."""

    entries: Entries
    homes: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """(part, id) -> the name of the file it stands in."""
    runs: tuple[Run, ...] = ()
    manifest: Manifest | None = None


def read(path: Path, builtin: Bank) -> Source:
    """What is at a path. Raises PackError, for question files with every problem in them."""
    if path.suffix == SUFFIX:
        found = pack.read(archive.read(path), str(path), builtin)
        return Source(entries=found.content.entries, runs=found.content.runs, manifest=found.manifest)
    named = sorted(path.glob("*.yaml")) if path.is_dir() else [path]
    if not named or not path.exists():
        raise PackError(
            f"there are no question files at {path}", f"Name a .yaml file, a folder of them or a {SUFFIX}."
        )
    found_here: dict[str, dict[str, dict[str, Any]]] = {part: {} for part in PARTS}
    homes: dict[tuple[str, str], str] = {}
    problems: list[Problem] = []
    for file in named:
        document = strict_yaml.read(file, str(file))
        amiss = document if isinstance(document, Problem) else bank.refused(document)
        if isinstance(document, Problem) or amiss is not None:
            problems += [amiss] if amiss is not None else []
            continue
        problems += _odd(document)
        for part, loc, id_, entry in listed(document):
            if id_ in found_here[part] or id_ == "None":
                what = "has no id" if id_ == "None" else f"the id {id_!r} is taken"
                problems.append(document.problem(loc, what, "Give it an id of its own."))
            found_here[part][id_] = entry
            homes[part, id_] = file.name
    if problems:
        raise PackError(f"{path} cannot be merged:", "Put this right first.", problems)
    return Source(entries=found_here, homes=homes)


def _odd(document: Document) -> list[Problem]:
    """Entries that have no fields: a merge would drop them."""
    found = []
    for part in PARTS:
        body = document.data.get(part) or []
        for place, entry in body.items() if isinstance(body, dict) else enumerate(body):
            if not isinstance(entry, dict):
                todo = "Write `key: value` lines."
                found.append(document.problem([part, place], "is not a mapping", todo))
    return found


def amiss(entries: Entries, around: Bank) -> list[Problem]:
    """What is wrong with entries as questions, once they stand in one file."""
    made = written.files(entries)
    return bank.understood((strict_yaml.decoded(made[name], name) for name in made), around)[1]


def writable(path: Path, mine: Source, theirs: Source) -> None:
    """Raise PackError for an OUT that cannot be written to, before anybody settles conflicts for it."""
    file = path.suffix in (SUFFIX, ".yaml", ".yml")
    if path.is_dir() if file else path.is_file() or (path.is_dir() and any(path.iterdir())):
        raise PackError(f"{path} is there already", "Name a .yaml file, or a folder that is not there yet.")
    if file and not path.parent.is_dir():
        raise PackError(f"there is no folder {path.parent}", "Make it first, or name another file.")
    if path.suffix == SUFFIX:
        try:
            named(_name(path, mine, theirs))
        except PackError as error:
            raise PackError(error.what, "Call OUT by up to 40 small letters, digits and hyphens.") from None


def _name(path: Path, mine: Source, theirs: Source) -> str:
    """What a merged pack is called: as before, else like its file."""
    about = mine.manifest or theirs.manifest
    return about.name if about else path.stem.lower()


def write(path: Path, entries: Entries, mine: Source, theirs: Source, today: date, builtin: Bank) -> None:
    """Put entries where OUT says: a pack, one file, or a folder with the files they came from.

    Raises PackError; then nothing was written over.
    """
    writable(path, mine, theirs)
    try:
        if path.suffix == SUFFIX:
            files.replace(path, _packed(path, entries, mine, theirs, today, builtin))
        elif path.suffix in (".yaml", ".yml"):
            files.replace(path, written.bank(entries))
        else:
            path.mkdir(parents=True, exist_ok=True)
            bodies = _foldered(entries, [mine, theirs])
            files.replace_all({path / name: written.bank(body) for name, body in bodies.items()})
    except OSError as error:
        what = f"{path} cannot be written: {error.strerror or error}"
        raise PackError(what, "Check that its folder is writable and has space.") from error


def _packed(path: Path, entries: Entries, mine: Source, theirs: Source, today: date, builtin: Bank) -> bytes:
    newest = packs.by_device([*mine.runs, *theirs.runs])
    runs = tuple(run for of_device in newest.values() for run in of_device.values())
    about = mine.manifest or theirs.manifest
    return pack.make(
        pack.Part(entries=entries, runs=runs),
        name=_name(path, mine, theirs),
        author=about.author if about else "",
        created=today,
        builtin=builtin,
    )


def _foldered(entries: Entries, sources: Sequence[Source]) -> dict[str, dict[str, dict[str, Any]]]:
    """Name of a file -> what goes into it: each entry into the file it came from."""
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for part in PARTS:
        for id_, entry in entries.get(part, {}).items():
            home = next((one.homes[part, id_] for one in sources if (part, id_) in one.homes), f"{part}.yaml")
            found.setdefault(home, {}).setdefault(part, {})[id_] = dict(entry)
    return found
