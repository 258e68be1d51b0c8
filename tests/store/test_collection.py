from __future__ import annotations

import os
from dataclasses import replace as changed

import pytest

from pertinent.errors import (
    CollectionLocked,
    CollectionMismatch,
    CollectionNotFound,
    StoreError,
    UsageError,
)
from pertinent.store import collection
from pertinent.store.lock import WriterLock
from support.tiny_documents import EMBEDDER, embed, encode


def test_create_store_publish_read(folder):
    with collection.create(folder, EMBEDDER) as writer:
        writer.replace([encode("1", "metformin lowers glucose"), encode("2", "aspirin thins blood")])
        reader = collection.open_reader(folder, EMBEDDER)
        assert reader.count() == 0
        writer.publish()
        assert reader.refresh()
        assert not reader.refresh()
        lists = reader.first_stage("glucose", embed(["metformin lowers glucose"])[0], 5)
        assert lists.bm25[0].passage.document_id == "1"
        assert [found.passage.document_id for found in lists.bm25] == ["1"]
        assert lists.dense[0].passage.document_id == "1"
        assert len(lists.dense) == 2
        reader.close()
    assert not list((folder / "readers").iterdir())


def test_missing(folder):
    assert not collection.exists(folder)
    for action in (
        lambda: collection.open_writer(folder, EMBEDDER),
        lambda: collection.open_reader(folder),
        lambda: collection.delete(folder),
        lambda: collection.describe(folder),
    ):
        with pytest.raises(CollectionNotFound):
            action()
    assert not folder.exists()


def test_removing_needs_no_embedder(folder):
    with collection.create(folder, EMBEDDER) as writer:
        writer.replace([encode("1", "text")])
    with collection.open_writer(folder) as writer:
        assert writer.remove(["1"]) == 1


def test_create_never_overwrites(folder):
    folder.mkdir()
    (folder / "letter.txt").write_text("mine")
    with pytest.raises(StoreError, match="already something"):
        collection.create(folder, EMBEDDER)
    assert (folder / "letter.txt").read_text() == "mine"
    assert [entry.name for entry in folder.parent.iterdir()] == [folder.name]


def test_looking_where_one_may_not(folder, monkeypatch):
    def refuse(*_: object) -> bool:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.is_file", refuse)
    with pytest.raises(StoreError, match="Permission denied"):
        collection.exists(folder)


def test_create_accepts_an_empty_folder(folder):
    folder.mkdir()
    collection.create(folder, EMBEDDER).close()
    assert collection.exists(folder)


@pytest.mark.parametrize("options", [{"language": "klingon"}, {"k": -1.0}, {"b": 2.0}])
def test_create_refuses_bad_bm25(folder, options):
    with pytest.raises(UsageError):
        collection.create(folder, EMBEDDER, **options)
    assert not folder.exists()


def test_create_refuses_a_reranker(folder):
    with pytest.raises(UsageError):
        collection.create(folder, changed(EMBEDDER, dimensions=0))


@pytest.mark.parametrize("difference", [{"name": "other"}, {"revision": "2"}, {"dimensions": 8}])
def test_another_embedder_is_refused(folder, difference):
    collection.create(folder, EMBEDDER).close()
    other = changed(EMBEDDER, **difference)
    with pytest.raises(CollectionMismatch, match="made with embedder tiny"):
        collection.open_writer(folder, other)
    with pytest.raises(CollectionMismatch):
        collection.open_reader(folder, other)
    collection.open_reader(folder).close()
    collection.open_writer(folder, EMBEDDER).close()


def test_second_writer_is_told_who_writes(folder):
    with collection.create(folder, EMBEDDER):
        with pytest.raises(CollectionLocked, match=f"process {os.getpid()} on"):
            collection.open_writer(folder, EMBEDDER)
        with pytest.raises(CollectionLocked):
            collection.delete(folder)
    collection.open_writer(folder, EMBEDDER).close()


def test_delete(folder):
    collection.create(folder, EMBEDDER).close()
    reader = collection.open_reader(folder, EMBEDDER)
    collection.delete(folder)
    assert not list(folder.parent.iterdir())
    assert reader.count() == 0
    with pytest.raises(CollectionNotFound):
        reader.refresh()
    reader.close()


def test_delete_removes_what_a_killed_deletion_left(folder):
    collection.create(folder, EMBEDDER).close()
    left = folder.with_name(f".{folder.name}.0badcafe.old")
    folder.rename(left)
    mine = folder.with_name(f".{folder.name}.notes.old")
    mine.mkdir()
    with WriterLock(left), pytest.raises(CollectionNotFound):
        collection.delete(folder)
    assert left.exists()
    (left / "lock").unlink()
    with pytest.raises(CollectionNotFound):
        collection.delete(folder)
    assert list(folder.parent.iterdir()) == [mine]


@pytest.mark.parametrize("opening", ["create", "open_writer"])
def test_the_next_writer_removes_what_a_killed_deletion_left(folder, opening):
    if opening == "open_writer":
        collection.create(folder, EMBEDDER).close()
    left = folder.with_name(f".{folder.name}.0badcafe.old")
    (left / "shard").mkdir(parents=True)
    (left / "lock").touch()
    getattr(collection, opening)(folder, EMBEDDER).close()
    assert [entry.name for entry in folder.parent.iterdir()] == [folder.name]


def test_delete_tells_what_it_could_not_remove(folder, monkeypatch):
    collection.create(folder, EMBEDDER).close()
    with monkeypatch.context() as patch:
        patch.setattr("shutil.rmtree", lambda *_, **__: None)
        with pytest.raises(StoreError, match="could not be removed"):
            collection.delete(folder)
    assert not collection.exists(folder)
    collection.create(folder, EMBEDDER).close()
    assert [entry.name for entry in folder.parent.iterdir()] == [folder.name]


def test_delete_refuses_what_is_no_collection(tmp_path):
    (tmp_path / "letter.txt").write_text("mine")
    with pytest.raises(CollectionNotFound):
        collection.delete(tmp_path)
    assert (tmp_path / "letter.txt").exists()


def test_recreated_collection_is_noticed(folder):
    collection.create(folder, EMBEDDER).close()
    reader = collection.open_reader(folder, EMBEDDER)
    collection.delete(folder)
    with collection.create(folder, EMBEDDER) as writer:
        assert writer.manifest.generation == reader.manifest.generation
    assert reader.refresh()
    reader.close()
