"""An Anki package as notes: which of its collections counts, taken out of the zip within limits.

Only the collection is unpacked, into a folder that goes again; no name in the zip becomes a path. Pictures
and sounds are counted and left where they are.
"""

from __future__ import annotations

import io
import struct
import tempfile
import zipfile
import zlib
from pathlib import Path
from typing import IO, BinaryIO

from quizapp import files
from quizapp.errors import IncomingError
from quizapp.share.incoming import collection
from quizapp.share.incoming.notes import Found

BYTES = 2_000_000_000
"""The most that the package may take, with its pictures."""
MEMBERS = 50_000
DIRECTORY = 10_000_000
"""The most bytes of the list of its members."""
DATABASE = 256_000_000
RATIO = 200
"""How many times smaller a collection may be packed, once it is longer than SMALL."""
SMALL = 8_000_000
CHUNK = 1 << 16
WINDOW = 1 << 27
"""The most memory that unpacking may ask for."""
NEWEST = {1: "collection.anki2", 2: "collection.anki21", 3: "collection.anki21b"}
"""What the file `meta` says -> which collection counts; the others are stubs then."""
AGAIN = "Export the deck from Anki once more: File > Export, Anki Deck Package (.apkg)."


def read(path: Path) -> Found:
    """The notes of a package. Raises IncomingError when it is none, or over a limit."""
    try:
        with (
            files.opened(path) as file,
            _package(path, file) as package,
            tempfile.TemporaryDirectory(prefix="quizapp-import-") as folder,
        ):
            members = {one.filename: one for one in package.infolist()}
            if len(members) < len(package.infolist()):
                raise IncomingError(f"{path} has a member twice", AGAIN)
            member = members[_chosen(path, package, members)]
            database = Path(folder) / "collection"
            _unpack(path, package, member, database)
            found = collection.read(database, str(path))
            media = sum(name.isdecimal() for name in members)
    except (
        zipfile.BadZipFile,
        zlib.error,
        NotImplementedError,
        EOFError,
        struct.error,
        UnicodeError,
    ) as error:
        raise IncomingError(f"{path} is no Anki package, or damaged: {error}", AGAIN) from error
    except OSError as error:
        todo = "Check the path, its permissions, and the space for temporary files."
        raise IncomingError(f"{path} cannot be read: {error.strerror or error}", todo) from error
    if media:
        found.losses["media"] += media
    return found


def _package(path: Path, file: BinaryIO) -> zipfile.ZipFile:
    """The zip, once the size of its list of members was looked at: reading it takes memory."""
    size = file.seek(0, io.SEEK_END)
    if size > BYTES:
        raise IncomingError(f"{path} is larger than {BYTES:,} bytes", "Export it without media.")
    file.seek(max(0, size - 65_600))
    tail = file.read()
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) < at + 22:
        raise IncomingError(f"{path} is no Anki package: it is no zip, or cut short", AGAIN)
    count, length = struct.unpack("<10xHL6x", tail[at : at + 22])
    elsewhere = b"PK\x06\x07" in tail[max(0, at - 20) : at]  # of more members than a deck has
    if count > MEMBERS or length > DIRECTORY or elsewhere:
        raise IncomingError(f"{path} has more than {MEMBERS:,} members", "Export it without media.")
    return zipfile.ZipFile(file)


def _chosen(path: Path, package: zipfile.ZipFile, members: dict[str, zipfile.ZipInfo]) -> str:
    """The collection that counts."""
    version = 0
    if "meta" in members:
        said = _read(package, members["meta"], 64)
        version = said[1] if len(said) >= 2 and said[:1] == b"\x08" else 0
        if version not in NEWEST:
            what = f"{path} was written by an Anki newer than this quizapp knows (its version is {version})"
            raise IncomingError(what, "In Anki's export window, tick: Support older Anki versions.")
    for name in [NEWEST[version]] if version else ["collection.anki21", "collection.anki2"]:
        if name in members:
            return name
    raise IncomingError(f"{path} is a zip, but no Anki package: it has no collection", AGAIN)


def _read(package: zipfile.ZipFile, member: zipfile.ZipInfo, most: int) -> bytes:
    with _opened(package, member) as file:
        return file.read(most)


def _opened(package: zipfile.ZipFile, member: zipfile.ZipInfo) -> IO[bytes]:
    if member.flag_bits & 1:
        raise IncomingError(f"its {member.filename} is encrypted", AGAIN)
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise IncomingError(f"its {member.filename} is packed in a way that Anki does not use", AGAIN)
    return package.open(member)


def _unpack(path: Path, package: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path) -> None:
    """Put the collection where SQLite can read it; never more than the limits, whatever the zip says."""
    packed = max(1, member.compress_size)
    written = 0
    with _opened(package, member) as file, target.open("xb") as out:
        source = _inflated(path, file) if member.filename.endswith("b") else file
        while piece := source.read(CHUNK):
            written += len(piece)
            if written > DATABASE:
                raise IncomingError(f"{path} would unpack to more than {DATABASE:,} bytes", AGAIN)
            if written > max(SMALL, RATIO * packed):
                what = f"{path} would unpack to more than {RATIO} times its size"
                raise IncomingError(what, "No deck does that; it is damaged or meant to do harm.")
            out.write(piece)


def _inflated(path: Path, file: IO[bytes]) -> IO[bytes]:
    import zstandard

    class Guarded(io.RawIOBase):
        """What zstandard unpacks, with its errors as ours."""

        def __init__(self) -> None:
            inflater = zstandard.ZstdDecompressor(max_window_size=WINDOW)
            self._source = inflater.stream_reader(file, read_across_frames=False)

        def read(self, size: int = -1) -> bytes:
            try:
                return bytes(self._source.read(size))
            except zstandard.ZstdError as error:
                raise IncomingError(
                    f"{path} is damaged: its collection cannot be unpacked: {error}", AGAIN
                ) from error

    return Guarded()  # type: ignore[return-value] # only ever read
