"""Files put in the place of others, whole or not at all; and files by others, opened with care.

What to say when it fails is the caller's.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO


def replace(path: Path, body: bytes) -> None:
    """Write `body` beside what is there and put it in its place; links are followed, permissions kept.

    Raises OSError; what was there is then as it was.
    """
    replace_all({path: body})


def replace_all(bodies: Mapping[Path, bytes]) -> None:
    """The same for several files: all are written before the first is put in its place."""
    written: list[tuple[Path, Path]] = []
    try:
        for path, body in bodies.items():
            target = Path(os.path.realpath(path))
            fresh = target.with_name(f".{target.name[:40]}.{os.urandom(6).hex()}.new")
            written.append((fresh, target))
            _write(fresh, target, body)
        for fresh, target in written:
            fresh.replace(target)
    finally:
        for fresh, _ in written:
            with suppress(OSError):
                fresh.unlink()


def _write(fresh: Path, target: Path, body: bytes) -> None:
    with suppress(FileNotFoundError):
        if not stat.S_ISREG(target.stat().st_mode):
            raise OSError(f"{target} is no plain file")
    with fresh.open("xb") as file:  # never what somebody else put there under this name
        file.write(body)
        file.flush()
        os.fsync(file.fileno())
    with suppress(FileNotFoundError):
        fresh.chmod(target.stat().st_mode & 0o7777)


def opened(path: Path) -> BinaryIO:
    """A plain file, to be read; what is looked at is what is opened. Raises OSError, also for a pipe."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise IsADirectoryError(f"{path} is no file")
        return os.fdopen(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise
