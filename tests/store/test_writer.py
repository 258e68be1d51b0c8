"""What the writer keeps when its work is broken off, and what it shows while it works."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

from pertinent.errors import DataError, StoreError
from pertinent.store import collection, ledger, writer
from pertinent.store.filters import parse_filters
from pertinent.store.generations import generation_folder, write_generation
from pertinent.store.ledger import Ledger
from pertinent.store.manifest import Manifest, read_manifest, write_manifest
from support.tiny_documents import EMBEDDER, embed, encode


@pytest.mark.parametrize("fault", [OSError(28, "No space left on device"), KeyboardInterrupt()], ids=repr)
@pytest.mark.parametrize("step", ["writer.write_manifest", "writing.Bm25Encoder"])
def test_a_manifest_that_was_not_written_is_not_used(folder, monkeypatch, step, fault):
    document = encode("1", "metformin lowers glucose in adults", metadata={"year": 1980})
    with collection.create(folder, EMBEDDER) as writing:
        before = writing.manifest

        def broken(*_: object) -> None:
            raise fault

        with monkeypatch.context() as patch:
            patch.setattr(f"pertinent.store.{step}", broken)
            with pytest.raises(type(fault)):
                writing.replace([document])
        assert writing.manifest == before
        assert read_manifest(folder).fields == {}
        writing.replace([document])
        assert read_manifest(folder).fields == writing.manifest.fields == {"year": "integer"}
        assert read_manifest(folder).bm25.average_length > 0
        expected = writing.first_stage("glucose", embed(["glucose"])[0], 5)
    with collection.create(folder.with_name("other"), EMBEDDER) as undisturbed:
        undisturbed.replace([document])
        assert undisturbed.first_stage("glucose", embed(["glucose"])[0], 5) == expected
    with collection.open_writer(folder, EMBEDDER) as again:
        assert again.count(parse_filters("year=1980")) == 1


@pytest.mark.parametrize("then", ["publish", "replace a known field", "replace a new field"])
def test_publication_broken_off_after_readers_saw_it(folder, monkeypatch, then):
    def interrupted(path: Path, manifest: Manifest) -> None:
        write_manifest(path, manifest)
        raise KeyboardInterrupt

    with collection.create(folder, EMBEDDER) as writing, collection.open_reader(folder, EMBEDDER) as reader:
        writing.replace([encode("1", "one", metadata={"n": 1})])
        with monkeypatch.context() as patch:
            patch.setattr(writer, "write_manifest", interrupted)
            with pytest.raises(KeyboardInterrupt):
                writing.publish()
        assert reader.refresh()
        live = generation_folder(folder, reader.manifest.generation)
        kept = live.stat().st_ino
        writing.replace([encode("2", "two", metadata={"m" if then.endswith("new field") else "n": 2})])
        assert read_manifest(folder).generation == 2
        assert live.stat().st_ino == kept
        writing.publish()
        assert writing.manifest.generation == 3
        assert live.stat().st_ino == kept
        assert reader.refresh()
        assert reader.count() == 2


def test_the_published_generation_is_never_written_over(folder):
    with collection.create(folder, EMBEDDER) as writing:
        writing.replace([encode("1", "one")])
        writing.publish()
    live = generation_folder(folder, 2)
    kept = live.stat().st_ino
    stored = Ledger(folder / "ledger.sqlite")
    try:
        with pytest.raises(StoreError, match="published"):
            write_generation(folder, read_manifest(folder), stored)
    finally:
        stored.close()
    assert live.stat().st_ino == kept
    assert [entry.name for entry in (folder / "generations").iterdir() if entry.name.startswith(".")] == []


def test_documents_are_never_listed_half_replaced(folder, monkeypatch):
    documents = [encode(f"d{n:03}", "text") for n in range(20)]
    deleted, listed = threading.Event(), threading.Event()

    def halt(values: object) -> str:
        # The old rows are gone when the new ones are being made.
        if writing._ledger._connection.in_transaction and not deleted.is_set():
            deleted.set()
            listed.wait(0.5)
        return json.dumps(values)

    with collection.create(folder, EMBEDDER) as writing:
        writing.replace(documents)
        monkeypatch.setattr(ledger, "json", SimpleNamespace(dumps=halt, loads=json.loads))
        thread = threading.Thread(target=writing.replace, args=(documents,))
        thread.start()
        assert deleted.wait(10)
        found = [document.id for document in writing.documents()]
        listed.set()
        thread.join()
        assert found == [document.id for document in documents]


def test_documents_can_be_listed_while_the_lister_writes(folder):
    with collection.create(folder, EMBEDDER) as writing:
        writing.replace([encode(f"d{n:04}") for n in range(1200)])
        seen = []
        for document in writing.documents():
            seen.append(document.id)
            if len(seen) % 300 == 0:
                writing.remove([document.id])
        assert seen == [f"d{n:04}" for n in range(1200)]


def test_field_names_that_would_make_the_manifest_unreadable(folder):
    with collection.create(folder, EMBEDDER) as writing:
        writing.replace([encode("1", "one", metadata={"n": 1})])
        before = writing.manifest
        names = {"\x01" * 190 + f"{n:010}": 1 for n in range(990)}
        with pytest.raises(DataError, match="metadata fields"):
            writing.replace([encode("2", "two", metadata=names)])
        assert writing.manifest == before
        writing.replace([encode("3", "three", metadata={"n": 3})])
        writing.publish()
    with collection.open_writer(folder, EMBEDDER) as again:
        assert [document.id for document in again.documents()] == ["1", "3"]
