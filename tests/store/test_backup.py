from __future__ import annotations

import errno
import gzip
import io
import json
import os
import random
import tarfile
from pathlib import Path

import pytest

from pertinent.errors import CollectionMismatch, CollectionNotFound, DataError, PertinentError, StoreError
from pertinent.store import collection
from pertinent.store.backup import backup, restore
from support.tiny_documents import EMBEDDER, embed, encode

DOCUMENTS = [
    encode(f"d{n}", f"common word{n}", "second passage", metadata={"n": n, "open": n % 2 == 0})
    for n in range(20)
]


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("saved")
    with collection.create(folder / "c", EMBEDDER) as writer:
        writer.replace(DOCUMENTS)
        writer.publish()
        writer.remove(["d0"])  # acknowledged, but not published
        backup(folder / "c", folder / "c.backup")
    return folder / "c.backup"


def members(file: Path) -> list[tuple[tarfile.TarInfo, bytes | None]]:
    with tarfile.open(file) as tar:
        return [(member, content.read() if (content := tar.extractfile(member)) else None) for member in tar]


def write(file: Path, entries: list[tuple[tarfile.TarInfo, bytes | None]]) -> Path:
    with tarfile.open(file, "w:gz", compresslevel=1) as tar:
        for member, content in entries:
            if content is not None:
                member.size = len(content)
            tar.addfile(member, io.BytesIO(content) if content is not None else None)
    return file


def changed(saved: Path, file: Path, name: str, content: bytes) -> Path:
    entries = [(member, content if member.name == name else old) for member, old in members(saved)]
    return write(file, entries)


def test_there_and_back(saved, folder):
    manifest = restore(saved, folder)
    assert (manifest.documents, manifest.passages, manifest.generation) == (20, 40, 1)
    with collection.open_reader(folder, EMBEDDER) as reader:
        assert reader.count() == 40
        lists = reader.first_stage("word7", embed(["common word7"])[0], 3)
        assert lists.bm25[0].passage == DOCUMENTS[7].passages[0]
    with collection.open_writer(folder, EMBEDDER) as writer:
        assert writer.recovery == type(writer.recovery)()
        assert writer.known(["d3"])["d3"].fingerprint == DOCUMENTS[3].fingerprint
        writer.replace([encode("d3", "changed")])
        writer.publish()
        assert writer.manifest.passages == 39
    backup(folder, folder.with_name("again"))
    restore(folder.with_name("again"), folder.with_name("third"))
    with collection.open_reader(folder.with_name("third"), EMBEDDER) as reader:
        assert reader.count() == 39
    left = {entry.name for entry in folder.parent.iterdir()}
    assert left == {folder.name, "again", "third"}


def test_holes_stay_holes(saved, folder):
    restore(saved, folder)
    assert saved.stat().st_size < 2 << 20
    assert sum(path.stat().st_blocks * 512 for path in folder.rglob("*")) < 8 << 20


def test_only_the_owner_may_read_it(saved):
    assert saved.stat().st_mode & 0o777 == 0o600


def test_identity_is_new(saved, folder):
    first = restore(saved, folder / "a")
    second = restore(saved, folder / "b")
    assert first.identity != second.identity


def test_never_over_something(saved, folder):
    collection.create(folder, EMBEDDER).close()
    with pytest.raises(StoreError, match="already something"):
        restore(saved, folder)
    with collection.open_reader(folder, EMBEDDER) as reader:
        assert reader.count() == 0
    with pytest.raises(StoreError, match="exists already"):
        backup(folder, saved)


def test_nothing_to_back_up(tmp_path):
    with pytest.raises(CollectionNotFound):
        backup(tmp_path / "nowhere", tmp_path / "file")
    assert not list(tmp_path.iterdir())


@pytest.fixture
def without_links(monkeypatch):
    """A file system that knows no second names, as many on USB sticks and network shares."""

    def refuse(*_: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)


def test_where_links_are_not_possible(folder, without_links):
    with collection.create(folder, EMBEDDER) as writer:
        writer.replace(DOCUMENTS)
        writer.publish()
    target = folder.with_name("file")
    backup(folder, target)
    assert target.stat().st_mode & 0o777 == 0o600
    assert restore(target, folder.with_name("again")).documents == 20
    assert {entry.name for entry in folder.parent.iterdir()} == {folder.name, "file", "again"}


def test_a_file_made_meanwhile_is_kept_where_links_are_not_possible(folder, without_links, monkeypatch):
    collection.create(folder, EMBEDDER).close()
    target = folder.with_name("file")
    real = os.fsync

    def made_meanwhile(handle: int) -> None:
        target.write_text("somebody else's")
        real(handle)

    monkeypatch.setattr(os, "fsync", made_meanwhile)
    with pytest.raises(StoreError, match="exists"):
        backup(folder, target)
    assert target.read_text() == "somebody else's"
    assert {entry.name for entry in folder.parent.iterdir()} == {folder.name, "file"}


def test_nothing_stays_where_neither_link_nor_rename_is_possible(folder, without_links, monkeypatch):
    collection.create(folder, EMBEDDER).close()

    def refuse(*_: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(StoreError, match="Writing the backup"):
        backup(folder, folder.with_name("file"))
    assert [entry.name for entry in folder.parent.iterdir()] == [folder.name]


def test_no_such_backup(tmp_path):
    with pytest.raises(DataError, match="no backup at"):
        restore(tmp_path / "nowhere", tmp_path / "c")


def test_backup_where_one_may_not_write(saved, folder):
    collection.create(folder, EMBEDDER).close()
    with pytest.raises(StoreError):
        backup(folder, folder / "no" / "such" / "folder")
    assert not list((folder / "readers").iterdir())


def hostile(kind: str) -> tuple[tarfile.TarInfo, bytes | None]:
    member = tarfile.TarInfo("shard/x")
    content: bytes | None = b"x"
    match kind:
        case "parent":
            member.name = "shard/../../escaped"
        case "absolute":
            member.name = "/tmp/escaped"
        case "hidden":
            member.name = "shard/.escaped"
        case "elsewhere":
            member.name = "lock"
        case "symlink":
            member.type, member.linkname, content = tarfile.SYMTYPE, "/etc/passwd", None
        case "hardlink":
            member.type, member.linkname, content = tarfile.LNKTYPE, "manifest.json", None
        case "device":
            member.type, content = tarfile.CHRTYPE, None
        case "fifo":
            member.type, content = tarfile.FIFOTYPE, None
        case "deep":
            member.name = "shard" + "/a" * 13
    return member, content


@pytest.mark.parametrize(
    "kind",
    ["parent", "absolute", "hidden", "elsewhere", "symlink", "hardlink", "device", "fifo", "deep"],
)
def test_hostile_members(saved, tmp_path, kind):
    entries = members(saved)
    file = write(tmp_path / "file", [*entries[:2], hostile(kind), *entries[2:]])
    with pytest.raises(DataError, match="no backup holds"):
        restore(file, tmp_path / "c")
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]


def test_same_member_twice(saved, tmp_path):
    entries = members(saved)
    file = write(tmp_path / "file", [*entries, entries[1]])
    with pytest.raises(PertinentError):
        restore(file, tmp_path / "c")
    assert not (tmp_path / "c").exists()


def test_size_is_bounded(saved, tmp_path):
    with pytest.raises(DataError, match="too large"):
        restore(saved, tmp_path / "c", max_bytes=1 << 20)
    assert not list(tmp_path.iterdir())


def test_manifest_comes_first(saved, tmp_path):
    entries = members(saved)
    file = write(tmp_path / "file", [*entries[1:], entries[0]])
    with pytest.raises(DataError, match="begin with a manifest"):
        restore(file, tmp_path / "c")


def test_newer_format(saved, tmp_path):
    manifest = json.dumps({"format_version": 99}).encode()
    file = changed(saved, tmp_path / "file", "manifest.json", manifest)
    with pytest.raises(CollectionMismatch):
        restore(file, tmp_path / "c")
    assert not (tmp_path / "c").exists()


def test_counts_that_do_not_agree(saved, tmp_path):
    values = json.loads(next(content for member, content in members(saved) if member.name == "manifest.json"))
    file = changed(saved, tmp_path / "file", "manifest.json", json.dumps({**values, "documents": 7}).encode())
    with pytest.raises(DataError, match="do not agree"):
        restore(file, tmp_path / "c")
    assert not (tmp_path / "c").exists()


@pytest.mark.parametrize("content", [b"", b"not a database at all" * 100])
def test_broken_ledger(saved, tmp_path, content):
    file = changed(saved, tmp_path / "file", "ledger.sqlite", content)
    with pytest.raises(PertinentError):
        restore(file, tmp_path / "c")
    assert not (tmp_path / "c").exists()


def test_broken_shard(saved, tmp_path):
    name = next(member.name for member, _ in members(saved) if member.name.endswith("segment.json"))
    file = changed(saved, tmp_path / "file", name, b"{")
    with pytest.raises(StoreError):
        restore(file, tmp_path / "c")
    assert not (tmp_path / "c").exists()


@pytest.mark.parametrize(
    "content", [b"", b"hello", gzip.compress(b"hello" * 1000, mtime=0), b"\x1f\x8b\x08\x00" * 50]
)
def test_not_a_backup(tmp_path, content):
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(DataError, match="cannot be restored"):
        restore(tmp_path / "file", tmp_path / "c")
    assert not (tmp_path / "c").exists()


def test_any_damage_is_told(saved, tmp_path):
    chance = random.Random(3)
    whole = saved.read_bytes()
    for round_ in range(6):
        if round_ % 2:
            damaged = whole[: chance.randrange(1, len(whole) - 8)]
        else:
            spot = chance.randrange(10, len(whole))
            damaged = whole[:spot] + bytes([whole[spot] ^ 0xFF]) + whole[spot + 1 :]
        (tmp_path / "file").write_bytes(damaged)
        with pytest.raises(PertinentError):
            restore(tmp_path / "file", tmp_path / "c")
        assert [entry.name for entry in tmp_path.iterdir()] == ["file"]
