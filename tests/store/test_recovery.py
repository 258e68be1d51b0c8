"""A change that breaks off anywhere is finished or undone at the next opening."""

from __future__ import annotations

import shutil

import pytest

from pertinent.errors import StoreError
from pertinent.store import collection
from pertinent.store.backup import backup, restore
from pertinent.store.filters import Condition
from pertinent.store.ledger import Ledger
from pertinent.store.shard import Shard
from support.tiny_documents import EMBEDDER, encode

OLD = encode("1", "old text one", "old text two", metadata={"v": 1})
NEW = encode("1", "new text one", "new text two", "new text three", metadata={"v": 2})
OTHER = encode("2", "another text")


class Died(BaseException):
    """Stands for the end of the process at this very place."""


def die(*_: object, **__: object) -> None:
    raise Died


def ids(*documents) -> set[str]:
    return {passage.id for document in documents for passage in document.passages}


def break_off(folder, monkeypatch, owner, method, action) -> None:
    """Run ``action`` on a writer of OLD and OTHER whose ``owner.method`` is the last thing it does not do."""
    with collection.create(folder, EMBEDDER) as writer:
        writer.replace([OLD, OTHER])
    writer = collection.open_writer(folder, EMBEDDER)
    with monkeypatch.context() as patch:
        patch.setattr(owner, method, die)
        patch.setattr("pertinent.store.writer.settle", die)
        with pytest.raises(Died):
            action(writer)
    with pytest.raises(StoreError, match="broken off"):
        writer.replace([OTHER])
    writer.close()


STEPS_OF_REPLACING = [
    (Ledger, "intend", OLD),
    (Shard, "upsert", OLD),
    (Shard, "delete", NEW),
    (Ledger, "finish", NEW),
]


@pytest.mark.parametrize(("owner", "method", "kept"), STEPS_OF_REPLACING)
def test_replacing(folder, monkeypatch, owner, method, kept):
    break_off(folder, monkeypatch, owner, method, lambda writer: writer.replace([NEW]))
    with collection.open_writer(folder, EMBEDDER) as writer:
        stored = writer.known(["1"])["1"]
        assert stored.fingerprint == kept.fingerprint
        assert set(stored.passage_ids) == ids(kept)
        assert set(writer._shard.ids()) == ids(kept, OTHER)
        assert writer.recovery.lost == ()
        assert (writer.manifest.documents, writer.manifest.passages) == (2, len(ids(kept, OTHER)))
        writer.publish()
    with collection.open_reader(folder, EMBEDDER) as reader:
        assert reader.count() == len(ids(kept, OTHER))
    with collection.open_writer(folder, EMBEDDER) as writer:
        assert writer.recovery == type(writer.recovery)()


def test_half_of_the_new_passages(folder, monkeypatch):
    whole = Shard.upsert

    def half(shard, points):
        whole(shard, points[: len(points) // 2])
        raise Died

    with collection.create(folder, EMBEDDER) as writer:
        writer.replace([OLD, OTHER])
        monkeypatch.setattr(Shard, "upsert", half)
        monkeypatch.setattr("pertinent.store.writer.settle", die)
        with pytest.raises(Died):
            writer.replace([NEW, encode("3", "first", "second")])
    monkeypatch.undo()
    with collection.open_writer(folder, EMBEDDER) as writer:
        assert set(writer.recovery.undone) | set(writer.recovery.finished) == {"1", "3"}
        assert "1" in writer.recovery.undone
        assert set(writer._shard.ids()) == ids(OLD, OTHER)


@pytest.mark.parametrize(("owner", "method", "kept"), STEPS_OF_REPLACING)
@pytest.mark.parametrize("error", [KeyboardInterrupt, StoreError("The disk is full.", hint="Free some.")])
def test_an_interrupted_writer_goes_on(folder, monkeypatch, owner, method, kept, error):
    real, calls = getattr(owner, method), []

    def once(*args: object, **options: object) -> object:
        calls.append(args)
        if len(calls) == 1:
            raise error
        return real(*args, **options)

    with collection.create(folder, EMBEDDER) as writer:
        writer.replace([OLD, OTHER])
        monkeypatch.setattr(owner, method, once)
        with pytest.raises((KeyboardInterrupt, StoreError)):
            writer.replace([NEW])
        assert writer.known(["1"])["1"].fingerprint == kept.fingerprint
        assert set(writer._shard.ids()) == ids(kept, OTHER)
        assert writer.manifest.passages == len(ids(kept, OTHER))
        writer.publish()
        with collection.open_reader(folder, EMBEDDER) as reader:
            assert reader.count() == len(ids(kept, OTHER))
        writer.replace([NEW])
        assert set(writer._shard.ids()) == ids(NEW, OTHER)
    with collection.open_writer(folder, EMBEDDER) as writer:
        assert writer.recovery == type(writer.recovery)()


@pytest.mark.parametrize(("owner", "method", "left"), [(Ledger, "intend", 2), (Shard, "delete", 1)])
def test_removing(folder, monkeypatch, owner, method, left):
    break_off(folder, monkeypatch, owner, method, lambda writer: writer.remove(["1"]))
    with collection.open_writer(folder, EMBEDDER) as writer:
        assert writer.manifest.documents == left
        assert set(writer._shard.ids()) == (ids(OLD, OTHER) if left == 2 else ids(OTHER))


def test_same_passages_from_another_file(folder, monkeypatch):
    """Only the source differs, so old and new passages have the same ids."""
    moved = encode("1", "old text one", "old text two", metadata={"v": 1}, source="moved.txt")
    assert moved.fingerprint == OLD.fingerprint
    break_off(folder, monkeypatch, Shard, "upsert", lambda writer: writer.replace([moved]))
    with collection.open_writer(folder, EMBEDDER) as writer:
        assert writer.known(["1"])["1"].source == OLD.source
        assert set(writer._shard.ids()) == ids(OLD, OTHER)
        writer.replace([moved])
        assert writer.known(["1"])["1"].source == "moved.txt"


@pytest.mark.parametrize("reopened", [True, False])
@pytest.mark.parametrize("stored", [0, 1, 2, 3])
def test_half_moved_to_another_file(folder, monkeypatch, stored, reopened):
    texts = ("text one", "text two", "text three")
    before, after = (encode("1", *texts, source=source) for source in ("old.txt", "moved.txt"))
    whole = Shard.upsert

    def half(shard, points):
        whole(shard, points[:stored])
        raise Died

    writer = collection.create(folder, EMBEDDER)
    writer.replace([before, OTHER])
    with monkeypatch.context() as patch:
        patch.setattr(Shard, "upsert", half)
        if reopened:
            patch.setattr("pertinent.store.writer.settle", die)
        with pytest.raises(Died):
            writer.replace([after])
    if reopened:
        writer.close()
        writer = collection.open_writer(folder, EMBEDDER)
    with writer:
        source = "moved.txt" if stored == len(texts) else "old.txt"
        assert writer.known(["1"])["1"].source == source
        by_source = {
            name: writer.count([Condition("source", "eq", name)]) for name in ("old.txt", "moved.txt")
        }
        assert by_source == {"old.txt": 0, "moved.txt": 0, source: len(texts)}
        assert {passage.source for passage in writer.passages(sorted(ids(before)))} == {source}
        assert writer.passages([p.id for p in OTHER.passages]) == list(OTHER.passages)
        writer.replace([after])
        assert writer.count([Condition("source", "eq", "moved.txt")]) == len(texts)


def test_what_a_power_cut_lost_is_told_and_can_come_back(folder):
    writer = collection.create(folder, EMBEDDER)
    writer.replace([OLD, OTHER])
    writer._shard.delete([OLD.passages[0].id])  # as if the disk had never got it
    writer._faulty = True
    writer.close()
    with collection.open_writer(folder, EMBEDDER) as writer:
        assert writer.recovery.lost == ("1",)
        assert writer.recovery.orphans == 1
        assert list(writer.known(["1", "2"])) == ["2"]
        assert set(writer._shard.ids()) == ids(OTHER)
        writer.replace([OLD])
        assert writer.count() == 3


def test_unpublished_changes_are_published_by_the_next_writer(folder):
    with collection.create(folder, EMBEDDER) as writer:
        writer.replace([OLD])
    with collection.open_reader(folder, EMBEDDER) as reader:
        assert reader.count() == 0
        with collection.open_writer(folder, EMBEDDER) as writer:
            writer.publish()
        assert reader.refresh()
        assert reader.count() == 2


def test_publishing_nothing_is_no_generation(folder):
    with collection.create(folder, EMBEDDER) as writer:
        writer.publish()
        assert writer.manifest.generation == 1
        writer.replace([])
        writer.remove(["unknown"])
        writer.publish()
        assert writer.manifest.generation == 1


def test_a_lost_log_is_noticed_and_restoring_cures_it(folder):
    """Without its log the engine numbers operations from 0 again and skips changes of older points."""
    with collection.create(folder, EMBEDDER) as writer:
        for number in range(10):
            writer.replace([encode(f"d{number}", "some text")])
        writer.publish()
    shutil.rmtree(folder / "shard" / "wal")
    with (
        collection.open_writer(folder, EMBEDDER) as writer,
        pytest.raises(StoreError, match="log does not fit"),
    ):
        writer.remove(["d9"])
    backup(folder, folder.with_name("file"))
    restore(folder.with_name("file"), folder.with_name("cured"))
    with collection.open_writer(folder.with_name("cured"), EMBEDDER) as writer:
        assert writer.remove(["d9"]) == 1
        assert writer.count() == 9
