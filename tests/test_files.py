"""Files put in the place of others, whole or not at all, and files opened with care."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from quizapp import files


def test_several_files_are_all_written_or_none(tmp_path: Path):
    (tmp_path / "a").write_bytes(b"old")
    with pytest.raises(OSError, match="No such file"):
        files.replace_all({tmp_path / "a": b"new", tmp_path / "no" / "b": b"new"})
    assert (tmp_path / "a").read_bytes() == b"old"
    files.replace_all({tmp_path / "a": b"new", tmp_path / "b": b"new"})
    assert {one.name: one.read_bytes() for one in tmp_path.iterdir()} == {"a": b"new", "b": b"new"}


def test_links_are_followed_and_permissions_kept(tmp_path: Path):
    (tmp_path / "a").write_bytes(b"old")
    (tmp_path / "a").chmod(0o640)
    (tmp_path / "link").symlink_to(tmp_path / "a")
    files.replace(tmp_path / "link", b"new")
    assert (tmp_path / "a").read_bytes() == b"new"
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o640
    assert (tmp_path / "link").is_symlink()


def test_nothing_is_written_through_what_somebody_else_put_beside_it(tmp_path: Path, monkeypatch):
    (tmp_path / "precious").write_bytes(b"precious")
    monkeypatch.setattr(os, "urandom", lambda size: b"x" * size)
    (tmp_path / f".a.{(b'x' * 6).hex()}.new").symlink_to(tmp_path / "precious")
    with pytest.raises(FileExistsError):
        files.replace(tmp_path / "a", b"new")
    assert (tmp_path / "precious").read_bytes() == b"precious"
    assert not (tmp_path / "a").exists()


def test_what_is_no_plain_file_is_neither_replaced_nor_opened(tmp_path: Path):
    os.mkfifo(tmp_path / "pipe")
    for odd in (tmp_path / "pipe", tmp_path, Path("/dev/null")):
        with pytest.raises(IsADirectoryError, match="is no file"):
            files.opened(odd)
    with pytest.raises(OSError, match="no plain file"):
        files.replace(tmp_path / "pipe", b"new")
    assert (tmp_path / "pipe").is_fifo()
    with pytest.raises(FileNotFoundError):
        files.opened(tmp_path / "nothing")
    (tmp_path / "a").write_bytes(b"text")
    with files.opened(tmp_path / "a") as file:
        assert file.read() == b"text"


def test_a_name_as_long_as_a_system_allows_can_be_replaced(tmp_path: Path):
    files.replace(tmp_path / ("n" * 255), b"new")
    files.replace(tmp_path / ("\u00e4" * 127), b"new")
    assert len(list(tmp_path.iterdir())) == 2
