"""A file put in the place of another, whole or not at all. What to say when it fails is the caller's."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path


def replace(path: Path, body: bytes) -> None:
    """Write `body` beside what is there and put it in its place; links are followed, permissions kept.

    Raises OSError; what was there is then as it was.
    """
    target = Path(os.path.realpath(path))
    fresh = target.with_name(f".{target.name}.{os.getpid()}.new")
    try:
        with fresh.open("wb") as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileNotFoundError):
            fresh.chmod(target.stat().st_mode & 0o7777)
        fresh.replace(target)
    except BaseException:
        with suppress(OSError):
            fresh.unlink()
        raise
