"""A zip by strangers -> its members as bytes, within limits that are checked before and while they are read.

Only what `archive` writes is accepted: plain files, stored or deflated, one after the other with nothing
before, between or behind them. Nothing is written to disk. Knows neither manifests nor banks.
"""

from __future__ import annotations

import io
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path

from quizapp import files
from quizapp.errors import PackError
from quizapp.packs import BYTES, MANIFEST, MEMBER, MEMBERS

FILE_BYTES = 12_000_000
"""The most that the zip itself may take."""
RATIO = 100
"""How many times smaller a member may be packed; text is packed some ten times smaller."""
SMALL = 10_000
"""Members of so few bytes may be packed as small as they like."""
NAME_LENGTH = 80
EPOCH = (1980, 1, 1, 0, 0, 0)
CHUNK = 65_536
END = struct.Struct("<4s4H2LH")
LOCAL = struct.Struct("<4s5H3L2H")
ELSEWHERE = 20
"""Bytes before the end, where a zip of another kind says that its directory is elsewhere."""
RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)
"""Names that some systems keep for devices."""
AGAIN = "Have it made again with `quizapp pack make`; open nothing that does not come from there."


def archive(members: Mapping[str, bytes]) -> bytes:
    """The zip of these members; the same members give the same bytes."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as file:
        for name in sorted(members, key=lambda name: (name != MANIFEST, name)):
            about = zipfile.ZipInfo(name, EPOCH)
            about.create_system = 3
            about.external_attr = (stat.S_IFREG | 0o644) << 16
            about.compress_type = zipfile.ZIP_DEFLATED
            file.writestr(about, members[name])
    return made.getvalue()


def read(path: Path) -> bytes:
    """The bytes of a file that should be a pack. Raises PackError."""
    try:
        with files.opened(path) as file:
            raw = file.read(FILE_BYTES + 1)
    except IsADirectoryError as error:
        raise PackError(f"{path} is no file", "Name the file you were sent, such as group.qpack.") from error
    except OSError as error:
        todo = "Check the path and its permissions."
        raise PackError(f"{path} cannot be read: {error.strerror or error}", todo) from error
    if len(raw) > FILE_BYTES:
        raise PackError(f"{path} is larger than {FILE_BYTES:,} bytes", "Have it made of fewer questions.")
    return raw


def members(raw: bytes, shown: str) -> dict[str, bytes]:
    """Name -> content of everything in a zip. shown: what to call it. Raises PackError at the first doubt."""
    directory, count = _ending(raw, shown)
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as file:
            listed = file.infolist()
            if len(listed) != count:
                raise PackError(f"{shown} says it has {count:,} members, and has {len(listed):,}", AGAIN)
            _names(listed, shown)
            for one in listed:
                _kind(one, shown)
            _sizes(listed, shown)
            _places(raw, listed, directory, shown)
            return {one.filename: _content(file, one, shown) for one in listed}
    except (zipfile.BadZipFile, NotImplementedError, struct.error, ValueError, EOFError) as error:
        raise PackError(f"{shown} is damaged: {error}", AGAIN) from error


def _ending(raw: bytes, shown: str) -> tuple[int, int]:
    """Where the directory begins, and of how many. It is looked at before anybody builds a list from it."""
    if not raw:
        raise PackError(f"{shown} is empty", "Ask for it to be sent again.")
    if END.size > len(raw) or b"PK\x05\x06" not in raw:
        what = "is cut short" if raw.startswith(b"PK\x03\x04") else "is not a zip"
        raise PackError(f"{shown} {what}", "Ask for it to be sent again; a pack ends in .qpack.")
    sign, disk, first_disk, here, count, size, begin, comment = END.unpack(raw[-END.size :])
    if sign != b"PK\x05\x06" or comment:
        raise PackError(f"{shown} has something behind its end, or is cut short", AGAIN)
    far = raw[-END.size - ELSEWHERE :].startswith(b"PK\x06\x07")
    if far or count == 0xFFFF or begin == 0xFFFFFFFF or disk or first_disk or here != count:
        raise PackError(f"{shown} is a zip in parts, or of a kind that no pack needs", AGAIN)
    if count > MEMBERS + 1 or size > (MEMBERS + 1) * 300:
        raise PackError(f"{shown} has {count:,} members, more than {MEMBERS + 1}", AGAIN)
    if count == 0:
        raise PackError(f"{shown} has no members", AGAIN)
    if begin + size + END.size != len(raw) or not raw.startswith(b"PK\x03\x04"):
        raise PackError(f"{shown} has something before its beginning or between its parts", AGAIN)
    return int(begin), int(count)


# ---- what the directory says ----------------------------------------------------------------------


def _names(listed: list[zipfile.ZipInfo], shown: str) -> None:
    seen: dict[str, str] = {}
    for one in listed:
        name = one.orig_filename
        if what := _doubt(name):
            raise PackError(f"{shown}: the member {name[:NAME_LENGTH]!r} {what}", AGAIN)
        before = seen.get(name.casefold())
        if before is not None:
            what = "is there twice" if before == name else f"differs from {before!r} only in case"
            raise PackError(f"{shown}: the member {name!r} {what}", AGAIN)
        seen[name.casefold()] = name
    for name in seen.values():
        if name != MANIFEST and not MEMBER.fullmatch(name):
            what = f"{shown}: the member {name!r} has no place in a pack"
            raise PackError(what, "A pack holds manifest.json, questions/*.yaml and evidence/*.jsonl.")


def _doubt(name: str) -> str:
    """What is wrong with the name of a member; empty when nothing is."""
    parts = name.split("/")
    if len(name) > NAME_LENGTH:
        return f"has a name of {len(name):,} characters, more than {NAME_LENGTH}"
    if not (name.isascii() and name.isprintable()):
        return "has a name with characters that are not plain letters, digits and signs"
    if "\\" in name:
        return "has a backslash in its name"
    if name.startswith("/") or name[1:2] == ":":
        return "has an absolute path"
    if ".." in parts or "." in parts:
        return "has a path that leads elsewhere"
    if name.endswith("/"):
        return "is a folder"
    if len(parts) > 2:
        return "lies too deep"
    if any(RESERVED.match(part) for part in parts):
        return "has the name of a device"
    if name.lower().endswith((".zip", ".qpack", ".apkg", ".gz", ".tar", ".7z", ".xz", ".bz2", ".whl")):
        return "is an archive in an archive"
    return ""


def _kind(one: zipfile.ZipInfo, shown: str) -> None:
    mode = one.external_attr >> 16
    what = ""
    if stat.S_ISLNK(mode):
        what = "is a link"
    elif stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        what = "is a device or a folder, not a file"
    elif one.flag_bits & 0x2041:
        what = "is encrypted"
    elif one.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        what = f"is packed in a way ({one.compress_type}) that is not accepted"
    elif one.extra or one.comment or one.flag_bits & 0x8:
        what = "carries more than a name and a content"
    if what:
        raise PackError(f"{shown}: the member {one.filename!r} {what}", AGAIN)


def _sizes(listed: list[zipfile.ZipInfo], shown: str) -> None:
    total = sum(one.file_size for one in listed)
    if total > BYTES:
        raise PackError(f"{shown} would unpack to {total:,} bytes, more than {BYTES:,}", AGAIN)
    for one in listed:
        if one.file_size > max(SMALL, RATIO * one.compress_size):
            what = f"would unpack to more than {RATIO} times its size"
            raise PackError(f"{shown}: the member {one.filename!r} {what}", AGAIN)


def _places(raw: bytes, listed: list[zipfile.ZipInfo], directory: int, shown: str) -> None:
    """Members lie one after the other, and say of themselves what the directory says of them."""
    end = 0
    for one in sorted(listed, key=lambda one: one.header_offset):
        begin = one.header_offset
        if begin != end:
            what = "lies over another one" if begin < end else "has hidden data before it"
            raise PackError(f"{shown}: the member {one.filename!r} {what}", AGAIN)
        sign, _, flags, method, _, _, crc, packed, size, name, extra = LOCAL.unpack_from(raw, begin)
        after = begin + LOCAL.size
        said = (sign, flags, method, crc, packed, size, extra, raw[after : after + name])
        listed_as = (b"PK\x03\x04", one.flag_bits, one.compress_type, one.CRC, one.compress_size)
        if said != (*listed_as, one.file_size, 0, one.orig_filename.encode("ascii")):
            what = f"{shown}: the member {one.filename!r} is not what the directory says"
            raise PackError(what, AGAIN)
        end = after + name + packed
    if end != directory:
        what = "lies over the directory" if end > directory else "is followed by hidden data"
        raise PackError(f"{shown}: the last member {what}", AGAIN)


# ---- contents -------------------------------------------------------------------------------------


def _content(file: zipfile.ZipFile, one: zipfile.ZipInfo, shown: str) -> bytes:
    """One member, read piece by piece; never more than it said."""
    pieces, length = [], 0
    try:
        with file.open(one) as packed:
            while piece := packed.read(CHUNK):
                length += len(piece)
                if length > one.file_size:
                    break
                pieces.append(piece)
    except (zlib.error, zipfile.BadZipFile, EOFError) as error:
        raise PackError(f"{shown}: the member {one.filename!r} is damaged: {error}", AGAIN) from error
    if length != one.file_size:
        what = f"says it has {one.file_size:,} bytes, and has another size"
        raise PackError(f"{shown}: the member {one.filename!r} {what}", AGAIN)
    content = b"".join(pieces)
    if content.startswith((b"PK\x03\x04", b"\x1f\x8b", b"7z\xbc\xaf", b"\xfd7zXZ")):
        raise PackError(f"{shown}: the member {one.filename!r} is an archive in an archive", AGAIN)
    return content
