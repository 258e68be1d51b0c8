from __future__ import annotations

from contextlib import suppress

import pytest

from pertinent.errors import StoreError
from pertinent.store import collection
from pertinent.store.generations import generation_folder
from pertinent.store.shard import Shard, _engine
from support.tiny_documents import EMBEDDER, encode


def test_missing_shard(tmp_path):
    with pytest.raises(StoreError, match="Opening the collection's shard failed"):
        Shard(tmp_path / "nowhere")


@pytest.mark.parametrize("name", ["segment.json", "edge_config.json", "mutable_id_tracker.mappings"])
@pytest.mark.parametrize("content", [b"", b"{", b"\xff" * 100])
def test_damaged_files_are_told_or_survived(folder, name, content):
    with collection.create(folder, EMBEDDER) as writer:
        writer.replace([encode("1", "some text")])
        writer.publish()
    for place in (folder / "shard", generation_folder(folder, 2) / "shard"):
        (file,) = place.rglob(name)
        file.write_bytes(content)
    for open_it in (collection.open_reader, collection.open_writer):
        # Anything else than a StoreError, a panic of the engine above all, fails the test.
        with suppress(StoreError):
            open_it(folder, EMBEDDER).close()
    assert not list((folder / "readers").iterdir())
    # Whatever happened, the lock is free and the collection can be deleted.
    collection.delete(folder)


class PanicException(BaseException):
    """As the engine's binding names it."""


@pytest.mark.parametrize(
    "error", [PanicException("secret text"), ValueError("secret text"), OSError(5, "I/O")]
)
def test_faults_of_the_engine_tell_nothing_of_the_content(error):
    with pytest.raises(StoreError) as caught, _engine("Searching"):
        raise error
    assert "secret" not in str(caught.value)
    assert caught.value.__cause__ is error


def test_full_disk_is_named():
    with pytest.raises(StoreError, match="disk is full") as caught, _engine("Storing passages"):
        raise RuntimeError("WAL error: No space left on device (os error 28)")
    assert "Free some space" in caught.value.hint


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, GeneratorExit])
def test_interruptions_pass(error):
    with pytest.raises(error), _engine("Searching"):
        raise error


def test_everything_can_be_read_in_batches(folder, monkeypatch):
    monkeypatch.setattr("pertinent.store.shard._UPSERT_POINTS", 3)
    document = encode("1", *(f"passage {n}" for n in range(10)))
    with collection.create(folder, EMBEDDER) as writer:
        writer.replace([document])
        batches = list(writer._shard.batches())
    assert [len(batch) for batch in batches] == [3, 3, 3, 1]
    points = {str(point.id): point for batch in batches for point in batch}
    assert points.keys() == {passage.id for passage in document.passages}
    for passage, vector in zip(document.passages, document.vectors, strict=True):
        assert points[passage.id].vector["dense"] == pytest.approx(vector.tolist(), abs=1e-6)
        assert points[passage.id].payload["text"] == passage.text
