"""The bank as it was last read, as JSON, so that a start without changes needs neither YAML nor pydantic."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from quizapp import files, model
from quizapp.bank import Bank
from quizapp.errors import Problem
from quizapp.model import Claim, Concept, Misconception, build

READERS = ("bank", "model", "parts", "packs", "pack_content")
Key = list[list[Any]]


def key(files: Iterable[Path]) -> Key:
    """What must be unchanged for the cache to count: the files, and the code that reads them."""
    code = [Path(__file__).with_name(f"{name}.py") for name in READERS]
    return [_stamp(path) for path in (*files, *code)]


def _stamp(path: Path) -> list[Any]:
    try:
        stat = path.stat()
    except FileNotFoundError:  # a pack that was removed a moment ago
        return [str(path), 0, 0]
    return [str(path), stat.st_mtime_ns, stat.st_size]


def remembered(cache: Path, key: Key) -> Bank | None:
    """The bank as it was kept under this key; None when there is none or it cannot be read."""
    try:
        kept = json.loads(cache.read_text(encoding="utf-8"))
        if kept["key"] != key:
            return None
        return Bank(
            items={entry["id"]: build(model.KINDS[entry["kind"]], entry) for entry in kept["items"]},
            claims={entry["id"]: build(Claim, entry) for entry in kept["claims"]},
            misconceptions={id_: build(Misconception, e) for id_, e in kept["misconceptions"].items()},
            concepts={entry["id"]: build(Concept, entry) for entry in kept["concepts"]},
            places=kept["places"],
            left_out=tuple(Problem(*problem) for problem in kept["left_out"]),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def remember(cache: Path, key: Key, bank: Bank) -> None:
    """Keep the bank. A cache that cannot be written only costs time."""
    kept = {
        "key": key,
        "items": [dataclasses.asdict(item) for item in bank.items.values()],
        "claims": [dataclasses.asdict(claim) for claim in bank.claims.values()],
        "misconceptions": {id_: dataclasses.asdict(m) for id_, m in bank.misconceptions.items()},
        "concepts": [dataclasses.asdict(concept) for concept in bank.concepts.values()],
        "places": dict(bank.places),
        "left_out": [dataclasses.astuple(problem) for problem in bank.left_out],
    }
    with suppress(OSError):
        cache.parent.mkdir(parents=True, exist_ok=True)
        files.replace(cache, json.dumps(kept).encode())
