"""Packs to open, good and hostile: built byte by byte, so that every field can lie."""

from __future__ import annotations

import hashlib
import io
import json
import struct
import zipfile
from dataclasses import asdict

from quizapp import packs
from quizapp.evidence import Run

ITEM = """- id: {id}
  kind: choice
  topic: attention
  concepts: [T04]
  level: mid
  bloom: understand
  difficulty: 2
  time_s: 40
  stem: {stem}
  options:
  - {{text: First, correct: true, why: Because.}}
  - {{text: Second, misconception: M-ONE-HEAD, why: No.}}
  - {{text: Third, misconception: M-ONE-HEAD, why: No.}}
"""


def items(*entries: str) -> str:
    """A question file with these items."""
    return "schema: 1\nitems:\n" + "".join(entries)


def item(id_: str = "heads", stem: str = "How many heads?") -> str:
    """One item of a question file; it refers to the fixture bank."""
    return ITEM.format(id=id_, stem=stem)


def run(**given: object) -> dict[str, object]:
    """A run as the line of an evidence file says it."""
    made = Run(
        experiment="permutation",
        profile="quick",
        status="ok",
        device="cpu",
        machine="a box",
        seeds=(0, 1),
        fingerprint="f",
        at="2026-01-02T03:04:05+00:00",
    )
    return {**asdict(made), **given}


def manifest(files: dict[str, bytes], **given: object) -> bytes:
    """The manifest of these files; `given` stands in the place of what would be right."""
    members = {
        name: {"sha256": hashlib.sha256(body).hexdigest(), "size": len(body)} for name, body in files.items()
    }
    about = {"format": 1, "name": "group", "author": "Anna", "created": "2026-01-31", "schema": 1}
    return json.dumps({**about, "members": members, **given}).encode()


def pack(files: dict[str, bytes | str], **given: object) -> bytes:
    """A pack of these files with a manifest that fits them."""
    bodies = {name: body.encode() if isinstance(body, str) else body for name, body in files.items()}
    return zipped({packs.MANIFEST: manifest(bodies, **given), **bodies})


def good() -> bytes:
    """A pack with one item."""
    return pack({"questions/attention.yaml": items(item())})


def zipped(files: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    """A plain zip."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as file:
        for name, body in files.items():
            file.writestr(zipfile.ZipInfo(name), body, method)
    return made.getvalue()


class Forged:
    """A zip whose headers say whatever they are told; members are stored."""

    def __init__(self) -> None:
        self.body = b""
        self.directory = b""
        self.count = 0

    def add(
        self,
        name: bytes,
        content: bytes = b"x",
        *,
        mode: int = 0o100644,
        flags: int = 0,
        method: int = 0,
        size: int | None = None,
        packed: int | None = None,
        at: int | None = None,
        extra: bytes = b"",
        listed_as: bytes | None = None,
    ) -> Forged:
        """One member. at: where the directory says it lies. listed_as: its name in the directory."""
        crc = zipfile.crc32(content)
        size = len(content) if size is None else size
        packed = len(content) if packed is None else packed
        begin = len(self.body) if at is None else at
        listed = name if listed_as is None else listed_as
        sizes = struct.pack("<3L", crc, packed, size)
        when = struct.pack("<2H", 0, 33)
        if at is None:
            self.body += b"PK\x03\x04" + struct.pack("<3H", 20, flags, method) + when + sizes
            self.body += struct.pack("<2H", len(name), 0) + name + content
        self.directory += b"PK\x01\x02" + struct.pack("<4H", 0x314, 20, flags, method) + when + sizes
        self.directory += struct.pack("<5H2L", len(listed), len(extra), 0, 0, 0, mode << 16, begin)
        self.directory += listed + extra
        self.count += 1
        return self

    def bytes(self, *, before: bytes = b"", comment: bytes = b"", count: int | None = None) -> bytes:
        """The zip. count: how many members its end says it has."""
        count = self.count if count is None else count
        end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, count, count, len(self.directory), len(self.body), len(comment))  # fmt: skip  # noqa: E501
        return before + self.body + self.directory + end + comment
