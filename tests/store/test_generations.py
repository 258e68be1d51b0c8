from __future__ import annotations

import gc
import hashlib
import os
import shutil
import tempfile
from pathlib import Path

import pytest

from pertinent.errors import CollectionNotFound, StoreError
from pertinent.store import collection, copying, generations, shard
from pertinent.store.generations import PrivateCopy, generation_folder
from support.rights import run_bound_by_permissions
from support.tiny_documents import EMBEDDER, embed, encode


def hashes(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def published(folder: Path) -> Path:
    return generation_folder(folder, collection.describe(folder).generation)


@pytest.fixture
def graphs(monkeypatch):
    """Collections small enough for a test, yet with immutable segments and graphs."""
    monkeypatch.setattr(shard, "EXACT_LIMIT", 30)


def batch(start: int, count: int, revision: int = 0):
    return [
        encode(f"d{n}", f"common word{n} revision{revision}", metadata={"n": n, "tag": f"t{n % 3}"})
        for n in range(start, start + count)
    ]


@pytest.mark.parametrize("optimized", [False, True])
def test_a_generation_never_changes(folder, graphs, optimized):
    """The assumption behind all hard links, against the engine itself."""
    with collection.create(folder, EMBEDDER) as writer:
        writer.replace(batch(0, 200))
        if optimized:
            writer.optimize()
        writer.publish()
        place = published(folder)
        before = hashes(place)
        linked = [path for path in place.rglob("*") if path.is_file() and path.stat().st_nlink > 1]
        assert bool(linked) == optimized

        with collection.open_reader(folder, EMBEDDER) as reader:
            reader.first_stage("word7", embed(["word7"])[0], 10)
            reader.count()
        assert hashes(place) == before

        for round_ in range(3):
            writer.replace(batch(50 * round_, 40, revision=round_ + 1))
            writer.replace(batch(300 + 40 * round_, 40))
            writer.remove([f"d{n}" for n in range(150 + 10 * round_, 160 + 10 * round_)])
            writer._shard.flush()
        writer.replace([encode("new field", "text", metadata={"another": 1.5})])
        writer.optimize()
        writer._shard.flush()
        assert hashes(place) == before
        with collection.open_reader(folder, EMBEDDER) as reader:
            assert reader.count() == 200
    with collection.open_writer(folder, EMBEDDER) as writer:
        writer.replace(batch(0, 10, revision=9))
    assert hashes(place) == before


def test_space_for_a_publication_is_foreseen(folder, graphs):
    with collection.create(folder, EMBEDDER) as writer:
        writer.replace(batch(0, 300))
        for _ in range(2):
            writer._shard.flush()
            foreseen = copying.bytes_to_publish(folder / "shard")
            writer.publish()
            files = [path.stat() for path in (published(folder) / "shard").rglob("*") if path.is_file()]
            taken = sum(file.st_blocks * 512 for file in files if file.st_nlink == 1)
            assert taken == pytest.approx(foreseen, rel=0.1)
            writer.optimize()


def test_readers_have_no_log(folder):
    collection.create(folder, EMBEDDER).close()
    with collection.open_reader(folder, EMBEDDER):
        assert not list((folder / "readers").rglob("wal"))
    assert (folder / "shard" / "wal").is_dir()


def test_readers_answer_as_the_writer_with_graphs(folder, graphs):
    with collection.create(folder, EMBEDDER) as writer:
        writer.replace(batch(0, 200))
        writer.optimize()
        writer.replace(batch(100, 20, revision=1))
        writer.publish()
        with collection.open_reader(folder, EMBEDDER) as reader:
            for n in (3, 105, 199):
                question = f"word{n}"
                vector = embed([f"common word{n} revision0"])[0]
                expected = writer.first_stage(question, vector, 5)
                assert reader.first_stage(question, vector, 5) == expected
                assert expected.bm25[0].passage.document_id == f"d{n}"


def test_copy_is_tried_again_when_its_source_vanishes(folder, monkeypatch):
    with collection.create(folder, EMBEDDER) as writer:
        writer.replace(batch(0, 3))
        writer.publish()
        real, calls = generations.copy_for_reader, []

        def slow(source: Path, target: Path) -> None:
            calls.append(source)
            if len(calls) == 1:  # the writer publishes twice while we copy
                for revision in (1, 2):
                    writer.replace(batch(0, 3, revision))
                    writer.publish()
            real(source, target)

        monkeypatch.setattr(generations, "copy_for_reader", slow)
        with collection.open_reader(folder, EMBEDDER) as reader:
            assert reader.manifest.generation == 4
            assert reader.count() == 3
        assert [source.parent.name for source in calls] == ["00000002", "00000004"]


def test_a_copy_that_was_removed_behind_it_is_not_trusted(folder, monkeypatch):
    """All files were copied, but the folder lost its name meanwhile: who knows what was missed."""
    with collection.create(folder, EMBEDDER) as writer:
        writer.replace(batch(0, 3))
        writer.publish()
        real = generations.copy_for_reader

        def copy_then_lose(source: Path, target: Path) -> None:
            real(source, target)
            monkeypatch.setattr(generations, "copy_for_reader", real)
            for revision in (1, 2):
                writer.replace(batch(0, 3, revision))
                writer.publish()

        monkeypatch.setattr(generations, "copy_for_reader", copy_then_lose)
        copy = PrivateCopy(folder)
        assert copy.manifest.generation == 4
        copy.remove()


def test_missing_generation_is_told_and_repaired_by_a_writer(folder):
    collection.create(folder, EMBEDDER).close()
    shutil.rmtree(folder / "generations")
    with pytest.raises(StoreError):
        collection.open_reader(folder)
    with collection.open_writer(folder, EMBEDDER) as writer:
        writer.publish()
    collection.open_reader(folder).close()


def test_half_written_and_unpublished_generations_are_removed(folder):
    collection.create(folder, EMBEDDER).close()
    for name in ("00000002", ".00000003.new", ".00000001.0badcafe.old"):
        (folder / "generations" / name / "shard").mkdir(parents=True)
    with collection.open_writer(folder, EMBEDDER) as writer:
        assert [entry.name for entry in (folder / "generations").iterdir()] == ["00000001"]
        writer.replace(batch(0, 2))
        writer.publish()


def test_full_disk_while_publishing_keeps_the_old_generation(folder, monkeypatch):
    with collection.create(folder, EMBEDDER) as writer:
        writer.replace(batch(0, 3))
        real = copying.copy_sparse

        def full(source: Path, target: Path, *, sync: bool = False) -> None:
            if source.name == "segment.json":
                raise OSError(28, "No space left on device")
            real(source, target, sync=sync)

        monkeypatch.setattr(copying, "copy_sparse", full)
        with pytest.raises(StoreError, match="No space left") as caught:
            writer.publish()
        assert "Free some space" in caught.value.hint
        assert [entry.name for entry in (folder / "generations").iterdir()] == ["00000001"]
        monkeypatch.undo()
        writer.publish()
        with collection.open_reader(folder, EMBEDDER) as reader:
            assert reader.count() == 3


@pytest.mark.parametrize("action", ["replace", "publish", "optimize"])
def test_a_nearly_full_disk_is_refused_before_the_engine_meets_it(folder, monkeypatch, action):
    with collection.create(folder, EMBEDDER) as writer:
        writer.replace(batch(0, 3))
        status = os.statvfs(folder)
        full = os.statvfs_result((*status[:3], 5, 5, *status[5:]))
        monkeypatch.setattr("pertinent.store.files.os.statvfs", lambda _: full)
        with pytest.raises(StoreError, match="almost full"):
            getattr(writer, action)(*([batch(3, 3)] if action == "replace" else []))
        monkeypatch.undo()
        writer.replace(batch(3, 3))
        assert writer.count() == 6


def test_private_copies_of_the_dead_are_removed(folder):
    collection.create(folder, EMBEDDER).close()
    dead = folder / "readers" / ("0" * 32)
    (dead / "shard").mkdir(parents=True)
    dead.with_suffix(".lock").touch()
    alive = collection.open_reader(folder)
    assert not dead.exists()
    assert not dead.with_suffix(".lock").exists()
    second = collection.open_reader(folder)
    assert len(list((folder / "readers").glob("*.lock"))) == 2
    alive.close()
    second.close()
    assert not list((folder / "readers").iterdir())


def test_a_forgotten_reader_cleans_up(folder):
    collection.create(folder, EMBEDDER).close()
    reader = collection.open_reader(folder)
    assert list((folder / "readers").iterdir())
    del reader
    gc.collect()
    assert not list((folder / "readers").iterdir())


def test_collection_that_may_only_be_read(folder, tmp_path, monkeypatch):
    with collection.create(folder, EMBEDDER) as writer:
        writer.replace(batch(0, 3))
        writer.publish()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(generations.os, "access", lambda *_: False)
    with collection.open_reader(folder, EMBEDDER) as reader:
        assert reader.count() == 3
        assert len(list(tmp_path.glob("pertinent-readers-*/*.lock"))) == 1
    assert not list(tmp_path.glob("pertinent-readers-*/*"))


READ = """
import sys
from pathlib import Path
from pertinent.store import collection
from support.rights import run_bound_by_permissions
from support.tiny_documents import EMBEDDER, embed
with collection.open_reader(Path(sys.argv[1]), EMBEDDER) as reader:
    found = reader.first_stage("word7", embed(["common word7 revision0"])[0], 3)
    print(reader.count(), found.bm25[0].passage.document_id, found.dense[0].passage.document_id)
    print(*(path.relative_to(sys.argv[2]).parts[0] for path in Path(sys.argv[2]).glob("*/*.lock")))
"""


@pytest.mark.parametrize("folders_too", [True, False])
def test_collection_whose_files_nobody_may_write(folder, graphs, tmp_path, folders_too):
    with collection.create(folder, EMBEDDER) as writer:
        writer.replace(batch(0, 200))
        writer.optimize()
        writer.publish()
    temp = tmp_path / "temp"
    temp.mkdir()
    every = [folder, *folder.rglob("*")]
    before = hashes(folder)
    for path in every:
        if path.is_file() or folders_too:
            path.chmod(0o555 if path.is_dir() else 0o444)
    try:
        printed = run_bound_by_permissions(READ, folder, temp, temp=temp)
    finally:
        for path in every:
            path.chmod(0o755 if path.is_dir() else 0o644)
    assert printed.splitlines()[0] == "200 d7 d7"
    assert bool(printed.splitlines()[1]) == folders_too
    assert not list(temp.glob("*/*"))
    assert hashes(folder) == before


def test_no_place_for_a_private_copy_is_told(folder, tmp_path, monkeypatch):
    collection.create(folder, EMBEDDER).close()
    (folder / "readers").write_text("in the way")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "none"))
    with pytest.raises(StoreError, match="Making a reader's folder failed"):
        collection.open_reader(folder, EMBEDDER)

    def nowhere() -> str:
        raise FileNotFoundError(2, "No usable temporary directory found")

    monkeypatch.setattr(generations.tempfile, "gettempdir", nowhere)
    with pytest.raises(StoreError, match="Making a reader's folder failed"):
        collection.open_reader(folder, EMBEDDER)


def test_a_copy_that_fills_the_disk_is_not_searched(folder, monkeypatch):
    collection.create(folder, EMBEDDER).close()
    real = generations.copy_for_reader

    def fill(source: Path, target: Path) -> None:
        real(source, target)
        status = os.statvfs(folder)
        full = os.statvfs_result((*status[:3], 5, 5, *status[5:]))
        monkeypatch.setattr("pertinent.store.files.os.statvfs", lambda _: full)

    monkeypatch.setattr(generations, "copy_for_reader", fill)
    with pytest.raises(StoreError, match="almost full"):
        collection.open_reader(folder, EMBEDDER)
    assert not list((folder / "readers").iterdir())


def test_copies_where_links_are_not_possible(folder, monkeypatch):
    def refuse(*_: object) -> None:
        raise OSError(18, "Invalid cross-device link")

    with collection.create(folder, EMBEDDER) as writer:
        writer.replace(batch(0, 3))
        writer.publish()
    monkeypatch.setattr(copying.os, "link", refuse)
    with collection.open_reader(folder, EMBEDDER) as reader:
        assert reader.count() == 3


def test_collection_deleted_while_being_copied(folder, monkeypatch):
    collection.create(folder, EMBEDDER).close()
    real = generations.copy_for_reader

    def delete_first(source: Path, target: Path) -> None:
        shutil.rmtree(folder / "generations")
        (folder / "manifest.json").unlink()
        real(source, target)

    monkeypatch.setattr(generations, "copy_for_reader", delete_first)
    with pytest.raises(CollectionNotFound):
        collection.open_reader(folder)
    assert not list((folder / "readers").iterdir())
