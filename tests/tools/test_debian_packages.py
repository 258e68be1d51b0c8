"""What is read of packages: no more than is bearable, and nothing of a damaged one."""

from __future__ import annotations

import gzip
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

from pertinent.errors import DataError
from support.debian import archive, stand_ins


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """With commands in the place of apt and dpkg."""
    monkeypatch.setenv("PATH", f"{stand_ins(tmp_path / 'bin', tmp_path)}:/usr/bin:/bin")
    return tmp_path


@pytest.fixture
def reading() -> ModuleType:
    return import_module("debian_texts.packages")


def test_a_broken_archive_is_refused(folder: Path, reading: ModuleType) -> None:
    broken = folder / "broken_1_all.deb"
    broken.write_bytes(b"no archive")
    with pytest.raises(DataError, match="cannot be read"):
        list(reading.files(broken, ["*"]))


def test_an_archive_of_which_a_part_is_missing_is_refused(folder: Path, reading: ModuleType) -> None:
    half = archive(folder / "half_1_all.deb", {"./a": b"x" * 512, "./b": b"x"})
    assert [path for path, _ in reading.files(half, ["*"])] == ["a", "b"]
    # What dpkg-deb does where the download was cut, here between two files.
    (folder / "bin" / "dpkg-deb").write_text('#!/bin/sh\nhead -c 1024 "$2"; exit 2\n')
    with pytest.raises(DataError, match="cannot be read"):
        list(reading.files(half, ["*"]))


def test_what_is_read_of_an_archive_may_be_its_beginning(folder: Path, reading: ModuleType) -> None:
    many = archive(folder / "many_1_all.deb", {f"./{number}": b"x" * 100_000 for number in range(50)})
    found = reading.files(many, ["*"])
    assert next(found)[0] == "0"
    found.close()


def test_sizes_are_bounded(folder: Path, reading: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MOST_FILE_BYTES", 1000)
    monkeypatch.setattr(reading, "MOST_BYTES", 1500)
    bomb = archive(folder / "bomb_1_all.deb", {"./a": gzip.compress(b"x" * 1_000_000)})
    assert [len(content) for _, content in reading.files(bomb, ["a"])] == [1000]
    many = archive(folder / "many_1_all.deb", {"./a": b"x" * 1000, "./b": b"x" * 1000})
    with pytest.raises(DataError, match="too much"):
        list(reading.files(many, ["*"]))


def test_what_lies_in_the_cache_is_not_fetched_again(folder: Path, reading: ModuleType) -> None:
    (folder / "small_1%3a2_all.deb").write_bytes(b"one")
    fetched = reading.fetch("small", folder / "cache")
    assert fetched.read_bytes() == b"one"
    assert reading.version(fetched) == "1:2"
    (folder / "bin" / "apt-get").unlink()
    assert reading.fetch("small", folder / "cache") == fetched


def test_an_archive_that_is_too_large_is_not_read(
    folder: Path, reading: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "MOST_ARCHIVE_BYTES", 2)
    (folder / "small_1_all.deb").write_bytes(b"one")
    with pytest.raises(DataError, match="too large"):
        reading.fetch("small", folder / "cache")
