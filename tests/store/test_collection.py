from __future__ import annotations

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


def test_create_store_publish_read(folder, embedder, encode, embed):
    with collection.create(folder, embedder) as writer:
        writer.replace([encode("1", "metformin lowers glucose"), encode("2", "aspirin thins blood")])
        reader = collection.open_reader(folder, embedder)
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


def test_missing(folder, embedder):
    assert not collection.exists(folder)
    for action in (
        lambda: collection.open_writer(folder, embedder),
        lambda: collection.open_reader(folder),
        lambda: collection.delete(folder),
        lambda: collection.describe(folder),
    ):
        with pytest.raises(CollectionNotFound):
            action()
    assert not folder.exists()


def test_open_writer_creates_on_request_only(folder, embedder):
    collection.open_writer(folder, embedder, create=True).close()
    assert collection.exists(folder)
    collection.open_writer(folder, embedder, create=True).close()


def test_create_never_overwrites(folder, embedder):
    folder.mkdir()
    (folder / "letter.txt").write_text("mine")
    with pytest.raises(StoreError, match="already something"):
        collection.create(folder, embedder)
    assert (folder / "letter.txt").read_text() == "mine"
    assert [entry.name for entry in folder.parent.iterdir()] == [folder.name]


def test_create_accepts_an_empty_folder(folder, embedder):
    folder.mkdir()
    collection.create(folder, embedder).close()
    assert collection.exists(folder)


@pytest.mark.parametrize("options", [{"language": "klingon"}, {"k": -1.0}, {"b": 2.0}])
def test_create_refuses_bad_bm25(folder, embedder, options):
    with pytest.raises(UsageError):
        collection.create(folder, embedder, **options)
    assert not folder.exists()


def test_create_refuses_a_reranker(folder, embedder):
    with pytest.raises(UsageError):
        collection.create(folder, changed(embedder, dimensions=0))


@pytest.mark.parametrize("difference", [{"name": "other"}, {"revision": "2"}, {"dimensions": 8}])
def test_another_embedder_is_refused(folder, embedder, difference):
    collection.create(folder, embedder).close()
    other = changed(embedder, **difference)
    with pytest.raises(CollectionMismatch, match="made with embedder tiny"):
        collection.open_writer(folder, other)
    with pytest.raises(CollectionMismatch):
        collection.open_reader(folder, other)
    collection.open_reader(folder).close()
    collection.open_writer(folder, embedder).close()


def test_second_writer_is_told_who_writes(folder, embedder):
    import os

    with collection.create(folder, embedder):
        with pytest.raises(CollectionLocked, match=f"process {os.getpid()} on"):
            collection.open_writer(folder, embedder)
        with pytest.raises(CollectionLocked):
            collection.delete(folder)
    collection.open_writer(folder, embedder).close()


def test_delete(folder, embedder):
    collection.create(folder, embedder).close()
    reader = collection.open_reader(folder, embedder)
    collection.delete(folder)
    assert not list(folder.parent.iterdir())
    assert reader.count() == 0
    with pytest.raises(CollectionNotFound):
        reader.refresh()
    reader.close()


def test_delete_refuses_what_is_no_collection(tmp_path):
    (tmp_path / "letter.txt").write_text("mine")
    with pytest.raises(CollectionNotFound):
        collection.delete(tmp_path)
    assert (tmp_path / "letter.txt").exists()


def test_recreated_collection_is_noticed(folder, embedder, encode):
    collection.create(folder, embedder).close()
    reader = collection.open_reader(folder, embedder)
    collection.delete(folder)
    with collection.create(folder, embedder) as writer:
        assert writer.manifest.generation == reader.manifest.generation
    assert reader.refresh()
    reader.close()


def test_leftovers_of_killed_creations_are_removed(folder, embedder):
    scratch = folder.with_name(f".{folder.name}.0badcafe.new")
    (scratch / "shard").mkdir(parents=True)
    collection.create(folder, embedder).close()
    assert not scratch.exists()
