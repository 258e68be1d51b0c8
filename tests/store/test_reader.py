"""Readers that are closed and refreshed from several threads at once."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from pertinent.errors import StoreError
from pertinent.store import collection, reader
from pertinent.store.generations import KEPT
from support.tiny_documents import EMBEDDER, encode


def private_copies(folder: Path) -> list[Path]:
    return list((folder / "readers").iterdir())


def test_refreshing_a_closed_reader_opens_nothing(folder):
    with collection.create(folder, EMBEDDER) as writer:
        reading = collection.open_reader(folder, EMBEDDER)
        reading.close()
        writer.replace([encode("1", "one")])
        writer.publish()
        with pytest.raises(StoreError, match="closed"):
            reading.refresh()
        assert private_copies(folder) == []


def test_closing_beside_a_refresh_leaves_nothing_open(folder, monkeypatch):
    real = reader._Generation

    def closed_meanwhile(*arguments: object) -> object:
        opened = real(*arguments)
        reading.close()
        return opened

    with collection.create(folder, EMBEDDER) as writer:
        reading = collection.open_reader(folder, EMBEDDER)
        writer.replace([encode("1", "one")])
        writer.publish()
        monkeypatch.setattr(reader, "_Generation", closed_meanwhile)
        with pytest.raises(StoreError, match="closed"):
            reading.refresh()
        with pytest.raises(StoreError, match="closed"):
            reading.count()
        assert private_copies(folder) == []


def test_refreshes_beside_each_other_never_step_back(folder, monkeypatch):
    real = reader._Generation
    older_open, newer_read = threading.Event(), threading.Event()

    def halting(*arguments: object) -> object:
        opened = real(*arguments)
        if threading.current_thread() is slow:
            older_open.set()
            newer_read.wait(0.5)
        return opened

    with collection.create(folder, EMBEDDER) as writer, collection.open_reader(folder, EMBEDDER) as reading:
        monkeypatch.setattr(reader, "_Generation", halting)
        slow = threading.Thread(target=reading.refresh)
        writer.replace([encode("1", "one")])
        writer.publish()
        slow.start()
        assert older_open.wait(10)
        writer.replace([encode("2", "two")])
        writer.publish()
        assert reading.refresh()
        newer_read.set()
        slow.join()
        assert reading.manifest.generation == 3
        assert reading.count() == 2
        assert len(list((folder / "readers").glob("*.lock"))) == 1


def batch(start: int, count: int, revision: int = 0):
    return [
        encode(f"d{n}", f"common word{n} revision{revision}", metadata={"n": n, "tag": f"t{n % 3}"})
        for n in range(start, start + count)
    ]


def test_a_reader_keeps_its_generation_until_refreshed(folder):
    with collection.create(folder, EMBEDDER) as writer, collection.open_reader(folder, EMBEDDER) as reader:
        for revision in range(5):
            writer.replace(batch(0, 3, revision))
            writer.publish()
        assert reader.count() == 0
        assert reader.manifest.generation == 1
        assert len(list((folder / "generations").iterdir())) == KEPT
        assert reader.refresh()
        assert reader.count() == 3
        assert reader.manifest.generation == 6


def test_a_search_under_way_outlives_a_refresh(folder):
    with collection.create(folder, EMBEDDER) as writer:
        writer.replace(batch(0, 3))
        writer.publish()
        with collection.open_reader(folder, EMBEDDER) as reader:
            documents = reader.documents()
            assert next(documents).id == "d0"
            writer.remove(["d1", "d2"])
            writer.publish()
            assert reader.refresh()
            assert [document.id for document in documents] == ["d1", "d2"]
            assert reader.count() == 1
            assert len(list((folder / "readers").glob("*.lock"))) == 1
