from __future__ import annotations

import pytest

from pertinent.errors import CollectionMismatch, CollectionNotFound, StoreError
from pertinent.store.server.reader import ServerReader
from pertinent.store.server.shard import ServerShard
from pertinent.store.server.writer import ServerWriter
from support.fakes import EMBEDDER as OTHER
from support.servers import Connect
from support.tiny_documents import EMBEDDER, embed, encode


def test_a_reader_sees_whole_generations(made: Connect, writer: ServerWriter) -> None:
    writer.replace([encode("1", "first text"), encode("2", "second text")])
    writer.publish()
    reader = ServerReader(made(), "there", EMBEDDER)

    def seen(store: ServerReader) -> set[str]:
        lists = store.first_stage("text", embed(["text"])[0], 10)
        found = {one.passage.text for one in lists.dense}
        assert found == {one.passage.text for one in lists.bm25}
        assert store.count() == len(found)
        return found

    assert seen(reader) == {"first text", "second text"}
    writer.replace([encode("1", "newer text"), encode("3", "third text")])
    writer.remove(["2"])
    assert seen(reader) == {"first text", "second text"}
    assert not reader.refresh()
    writer.publish()
    # Until it refreshes, a reader goes on with the generation it began with.
    assert seen(reader) == {"first text", "second text"}
    assert reader.refresh()
    assert seen(reader) == {"newer text", "third text"}
    writer.replace([encode("2", "second text")])
    assert seen(reader) == {"newer text", "third text"}


def test_what_went_is_swept_away(made: Connect, writer: ServerWriter) -> None:
    for number in range(5):
        writer.replace([encode("1", f"version {number}")])
        writer.publish()
    # Manifest, lease, the newest version, and the one before for whoever still reads it.
    assert made().count("there").count == 4


def test_what_cannot_be_read(made: Connect, shard: ServerShard) -> None:
    with pytest.raises(CollectionNotFound, match="no collection 'absent'"):
        ServerReader(made(), "absent")
    with pytest.raises(CollectionMismatch):
        ServerReader(made(), "there", OTHER)
    with pytest.raises(CollectionMismatch):
        ServerWriter(made(), "there", OTHER)
    made().set_payload("there", {"manifest": "{"}, points=["00000000-0000-0000-0000-000000000001"])
    with pytest.raises(StoreError, match="damaged"):
        ServerReader(made(), "there")


def test_a_foreign_point_is_told_without_its_text(made: Connect, writer: ServerWriter) -> None:
    document = encode("1", "secret words")
    writer.replace([document])
    made().delete_payload("there", ["headings"], points=[document.passages[0].id])
    with pytest.raises(StoreError) as caught:
        writer.first_stage("secret", embed(["secret"])[0], 5)
    assert "secret" not in str(caught.value)
