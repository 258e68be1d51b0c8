"""Copies of shards: linked or sparse, and brought to disk where they are published."""

from __future__ import annotations

import errno
import os

import pytest

from pertinent.store import copying


def test_published_folders_and_files_that_cannot_be_linked_are_brought_to_disk(tmp_path, monkeypatch):
    segment = tmp_path / "shard" / "segments" / "one"
    segment.mkdir(parents=True)
    for name in ("segment.json", "id_tracker.mappings", "page_0.dat"):
        (segment / name).write_text("{}")
    synced: list[int] = []
    real = os.fsync

    def watch(handle: int) -> None:
        synced.append(os.fstat(handle).st_ino)
        real(handle)

    def refuse(*_: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "fsync", watch)
    monkeypatch.setattr(os, "link", refuse)
    copying.copy_for_publication(tmp_path / "shard", tmp_path / "copy")
    made = [tmp_path / "copy", *(tmp_path / "copy").rglob("*")]
    assert len(made) == 6
    assert set(synced) == {path.stat().st_ino for path in made}
    synced.clear()
    copying.copy_for_reader(tmp_path / "shard", tmp_path / "another")
    assert synced == []


def test_sparse_copies_are_equal_and_sparse(tmp_path):
    source, target = tmp_path / "source", tmp_path / "target"
    with source.open("wb") as file:
        file.write(b"head")
        file.seek(8 << 20)
        file.write(b"middle")
        file.truncate(16 << 20)
    copying.copy_sparse(source, target, sync=True)
    assert target.read_bytes() == source.read_bytes()
    assert target.stat().st_blocks * 512 < 1 << 20


@pytest.mark.parametrize("size", [0, 1, 4096, 100_000])
def test_plain_copies(tmp_path, size):
    (tmp_path / "source").write_bytes(os.urandom(size))
    copying.copy_sparse(tmp_path / "source", tmp_path / "target")
    assert (tmp_path / "target").read_bytes() == (tmp_path / "source").read_bytes()
