"""A pack: made of a part of a bank, and read from bytes with everything in it checked. Touches no disk."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any

from quizapp import packs
from quizapp.bank import PARTS, Bank, pack_of, references
from quizapp.errors import PackError, Problem
from quizapp.evidence import Run
from quizapp.pack_content import Content, examine, read_runs
from quizapp.share import archive, manifest, written
from quizapp.share.manifest import Manifest

AMISS = "Tell whoever made it; until that is put right it stays closed."


@dataclass(frozen=True, kw_only=True)
class Pack:
    """A pack in which everything is in order."""

    manifest: Manifest
    files: Mapping[str, bytes]
    """Without the manifest."""
    content: Content

    @property
    def name(self) -> str:
        """What it is called."""
        return self.manifest.name


# ---- reading --------------------------------------------------------------------------------------


def read(raw: bytes, shown: str, builtin: Bank) -> Pack:
    """The pack in the bytes of a file, called `shown` in messages. Raises PackError with what is wrong.

    builtin: the built-in banks, which a pack may refer to.
    """
    files = archive.members(raw, shown)
    said = files.pop(packs.MANIFEST, None)
    if said is None:
        raise PackError(f"{shown} has no {packs.MANIFEST}: it is a zip, but no pack", archive.AGAIN)
    about = manifest.read(said, shown)
    manifest.compare(about, files, shown)
    content = examine(files, f"{shown}:", builtin)
    if content.problems:
        raise _amiss(shown, list(content.problems))
    return Pack(manifest=about, files=files, content=content)


def _amiss(shown: str, problems: list[Problem]) -> PackError:
    count = len(problems)
    return PackError(f"{shown} has {count} problem{'s' * (count != 1)}:", AMISS, problems)


# ---- making ---------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Part:
    """What goes into a pack."""

    entries: written.Entries
    runs: tuple[Run, ...] = ()
    left_out: tuple[str, ...] = ()
    """What could not go along, in words."""


def part(
    bank: Bank, items: Iterable[str], runs: Mapping[str, Run], also: AbstractSet[str] = frozenset()
) -> Part:
    """These items of a bank, whatever they refer to, and the runs that their claims rest on.

    also: ids of other entries to take along. Ids lose the name of a pack they came from. Raises PackError
    when two entries would then have one id.
    """
    chosen = {id_: bank.items[id_] for id_ in items}
    wanted = {"claim": set(also), "misconception": set(also), "concept": set(also)}
    for item in chosen.values():
        for what, reference, _ in references(item):
            wanted[what].add(reference)
    wrong = {id_: one for id_, one in bank.misconceptions.items() if id_ in wanted["misconception"]}
    wanted["concept"] |= {one.concept for one in wrong.values()}
    claims = {id_: one for id_, one in bank.claims.items() if id_ in wanted["claim"]}
    found: dict[str, Mapping[str, Any]] = {
        "items": chosen,
        "claims": claims,
        "misconceptions": wrong,
        "concepts": {id_: one for id_, one in bank.concepts.items() if id_ in wanted["concept"]},
    }
    needed = dict.fromkeys(name for claim in claims.values() for name in claim.experiments)
    kept, left_out = [], []
    for run in (runs[name] for name in needed if name in runs):
        _, amiss = read_runs(line(run), "")
        if amiss:
            left_out.append(f"the run of {run.experiment} stays here: {amiss[0].what}")
        else:
            kept.append(run)
    return Part(
        entries={part: _bare(found[part], bank) for part in PARTS}, runs=tuple(kept), left_out=tuple(left_out)
    )


def _bare(records: Mapping[str, Any], bank: Bank) -> dict[str, dict[str, Any]]:
    """Entries as plain data, their ids and references without the name of a pack."""
    found: dict[str, dict[str, Any]] = {}
    for id_, record in records.items():
        entry: dict[str, Any] = _stripped(written.plain(record), bank)
        bare = id_.rpartition(":")[2]
        if bare in found:
            todo = f"Take the items of one pack: --filter pack:{pack_of(id_) or 'NAME'}"
            raise PackError(f"two entries would have the id {bare!r} in the pack", todo)
        found[bare] = entry
    return found


def _stripped(value: Any, bank: Bank) -> Any:  # noqa: ANN401 - plain data
    if isinstance(value, dict):
        return {key: _stripped(one, bank) for key, one in value.items()}
    if isinstance(value, list):
        return [_stripped(one, bank) for one in value]
    if isinstance(value, str) and ":" in value and any(value in getattr(bank, part) for part in PARTS):
        return value.rpartition(":")[2]
    return value


def make(part: Part, *, name: str, author: str, created: date, builtin: Bank) -> bytes:
    """The pack as the bytes of a file; the same part, name, author and day give the same bytes.

    Raises PackError when it would not be accepted by who is to open it.
    """
    files = written.files(part.entries)
    if part.runs:
        ordered = sorted(part.runs, key=lambda run: (run.experiment, run.device))
        files["evidence/runs.jsonl"] = b"".join(line(run) for run in ordered)
    about = manifest.of(files, name=name, author=author, created=created)
    raw = archive.archive({packs.MANIFEST: manifest.written(about), **files})
    read(raw, f"{name}.qpack", builtin)
    return raw


def line(run: Run) -> bytes:
    """A run as one line of JSON; numbers that JSON has no word for are written as words."""
    data = _worded(asdict(replace(run, id=0)))
    return (json.dumps(data, allow_nan=False, ensure_ascii=False) + "\n").encode()


def _worded(value: Any) -> Any:  # noqa: ANN401 - plain data
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, Mapping):
        return {key: _worded(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_worded(one) for one in value]
    return value
