"""The manifest of a pack: its name, who made it and when, and what its files must be. Pure."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from quizapp import packs, strict_json
from quizapp.bank import SCHEMA
from quizapp.errors import PackError
from quizapp.safe_text import trick

FORMAT = 1
BYTES = 60_000
AUTHOR = 80
KEYS = {"format", "name", "author", "created", "schema", "members"}
_HASH = re.compile(r"[0-9a-f]{64}")
RESERVED = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))}
"""Names that some systems keep for devices."""
NEWER = "Get a newer quizapp."
AGAIN = "Have the pack made again with `quizapp pack make`."


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """What a pack says of itself."""

    name: str
    author: str
    created: str
    """The day, as 2026-01-31."""
    members: Mapping[str, tuple[str, int]]
    """File -> its sha256 and its size in bytes."""


def named(name: str) -> str:
    """The name, if a pack can have it. Raises PackError."""
    if not packs.NAME.fullmatch(name) or name in RESERVED:
        todo = "Use up to 40 small letters, digits and hyphens, such as --name tuesday-group."
        raise PackError(f"{name[:60]!r} cannot be the name of a pack", todo)
    return name


def of(members: Mapping[str, bytes], *, name: str, author: str, created: date) -> Manifest:
    """The manifest of these files. Raises PackError when the name or the author cannot be written there."""
    if len(author) > AUTHOR or trick(author) or "\n" in author:
        raise PackError(f"{author[:60]!r} cannot be the author", f"Use one line of up to {AUTHOR} letters.")
    sums = {file: (hashlib.sha256(content).hexdigest(), len(content)) for file, content in members.items()}
    return Manifest(name=named(name), author=author, created=created.isoformat(), members=sums)


def written(manifest: Manifest) -> bytes:
    """The manifest as a file."""
    data = {
        "format": FORMAT,
        "name": manifest.name,
        "author": manifest.author,
        "created": manifest.created,
        "schema": SCHEMA,
        "members": {
            file: {"sha256": digest, "size": size}
            for file, (digest, size) in sorted(manifest.members.items())
        },
    }
    return (json.dumps(data, indent=1, ensure_ascii=False) + "\n").encode()


def read(raw: bytes, shown: str) -> Manifest:
    """The manifest in a file. shown: what to call the pack. Raises PackError."""
    where = f"{shown}:{packs.MANIFEST}"
    if len(raw) > BYTES:
        raise PackError(f"{where} is {len(raw):,} bytes, more than {BYTES:,}", AGAIN)
    try:
        data = strict_json.loads(raw)
    except ValueError as error:
        raise PackError(f"{where} cannot be read: {error}", AGAIN) from error
    if not isinstance(data, dict):
        raise PackError(f"{where} is {type(data).__name__}, not a mapping", AGAIN)
    for key, ours in (("format", FORMAT), ("schema", SCHEMA)):
        theirs = data.get(key)
        if isinstance(theirs, int) and not isinstance(theirs, bool) and theirs > ours:
            raise PackError(f"{where} has {key} {theirs}, and this quizapp knows {ours}", NEWER)
        if theirs != ours or isinstance(theirs, bool):
            raise PackError(f"{where} has {key} {str(theirs)[:20]!r}, not {ours}", AGAIN)
    if set(data) != KEYS:
        odd = sorted(set(data) ^ KEYS)[0]
        raise PackError(f"{where}: the key {odd[:40]!r} is {'unknown' if odd in data else 'missing'}", AGAIN)
    return Manifest(
        name=named(_text(data, "name", where)),
        author=_text(data, "author", where, AUTHOR),
        created=_day(_text(data, "created", where), where),
        members=_members(data["members"], where),
    )


def _text(data: Mapping[str, Any], key: str, where: str, most: int = 60) -> str:
    value = data[key]
    if not isinstance(value, str) or len(value) > most or trick(value) or "\n" in value:
        raise PackError(f"{where}: `{key}` is not a line of at most {most} plain characters", AGAIN)
    return value


def _day(text: str, where: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise PackError(f"{where}: `created` is {text!r}, not a day", AGAIN) from error


def _members(data: Any, where: str) -> dict[str, tuple[str, int]]:  # noqa: ANN401 - plain data
    if not isinstance(data, dict) or len(data) > packs.MEMBERS:
        raise PackError(f"{where}: `members` is no mapping of at most {packs.MEMBERS} files", AGAIN)
    found = {}
    for name, about in data.items():
        digest, size = (about.get("sha256"), about.get("size")) if isinstance(about, dict) else (None, None)
        if not isinstance(digest, str) or not _HASH.fullmatch(digest) or type(size) is not int:
            raise PackError(f"{where}: {name[:80]!r} has no sha256 and size", AGAIN)
        found[name] = (digest, size)
    return found


def compare(manifest: Manifest, files: Mapping[str, bytes], shown: str) -> None:
    """Raises PackError where the files are not those the manifest names."""
    for name in sorted(manifest.members.keys() - files.keys()):
        raise PackError(f"{shown}: {name!r} is in the manifest and not in the pack", AGAIN)
    for name in sorted(files.keys() - manifest.members.keys()):
        raise PackError(f"{shown}: {name!r} is in the pack and not in the manifest", AGAIN)
    for name, (digest, size) in sorted(manifest.members.items()):
        if len(files[name]) != size or hashlib.sha256(files[name]).hexdigest() != digest:
            raise PackError(f"{shown}: {name!r} was changed: it is not what the manifest says", AGAIN)
