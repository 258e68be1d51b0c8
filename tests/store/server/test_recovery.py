from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from pertinent.errors import StoreError
from pertinent.store.protocol import EncodedDocument
from pertinent.store.server import lease
from pertinent.store.server.reader import ServerReader
from pertinent.store.server.shard import ServerShard
from pertinent.store.server.writer import ServerWriter
from support.servers import Connect
from support.tiny_documents import EMBEDDER, encode

OLD = [
    encode("changed", "one", "two", "three", source="old.md"),
    encode("moved", "four", "five", source="old.md"),
    encode("filled"),
    encode("emptied", "six"),
    encode("same", "seven"),
]
NEW = [
    encode("changed", "eight", "nine", source="new.md"),
    encode("moved", "four", "five", source="new.md"),
    encode("filled", "ten"),
    encode("emptied"),
    encode("added", "eleven", "twelve"),
]


class Killed(BaseException):
    """The process is gone."""


@contextmanager
def killed_at(step: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Die before the request of this number, each of which writes one point."""
    steps = 0

    def counted(whole: Callable) -> Callable:
        def call(self: ServerShard, points: list, *more: object) -> None:
            nonlocal steps
            for point in points:
                if steps == step:
                    raise Killed
                steps += 1
                whole(self, [point], *more)

        return call

    def dead(self: ServerWriter) -> None:
        raise StoreError("gone", hint="")

    with monkeypatch.context() as patch:
        for name in ("upsert", "set_payload"):
            patch.setattr(ServerShard, name, counted(getattr(ServerShard, name)))
        patch.setattr(ServerWriter, "_settle", dead)
        yield


def versions(store: ServerReader | ServerWriter) -> dict[str, tuple[str, ...]]:
    return {document.id: document.passage_ids for document in store.documents()}


def expected(documents: list[EncodedDocument]) -> dict[str, tuple[str, ...]]:
    return {one.id: tuple(passage.id for passage in one.passages) for one in documents}


@pytest.mark.parametrize("published", [True, False])
@pytest.mark.parametrize("step", range(15))
def test_each_document_is_old_or_new(
    made: Connect, writer: ServerWriter, monkeypatch: pytest.MonkeyPatch, step: int, published: bool
) -> None:
    writer.replace(OLD)
    writer.publish()
    if not published:
        writer.replace([encode("changed", "a version that no reader saw")])
    before = versions(writer)
    died = False
    with killed_at(step, monkeypatch):
        try:
            writer.replace(NEW)
        except Killed:
            died = True
    reader = ServerReader(made(), "there", EMBEDDER)
    assert versions(reader) == expected(OLD)
    # Eight new points, and the old ones of what changed, was filled and emptied.
    assert died == (step < (13 if published else 11))

    monkeypatch.setattr(lease.time, "time", lambda whole=lease.time.time: whole() + 100)
    again = ServerWriter(made(), "there", EMBEDDER)
    after, new = versions(again), expected(NEW)
    assert after["same"] == before["same"]
    for document in after | new:
        assert after.get(document) in (before.get(document), new.get(document)), document
    passages = sum(map(len, after.values()))
    assert (again.manifest.documents, again.manifest.passages, again.count()) == (
        len(after),
        passages,
        passages,
    )
    if not died:
        assert {name: after[name] for name in new} == new

    again.replace(NEW)
    again.publish()
    reader.refresh()
    assert versions(reader) == expected([*NEW, OLD[-1]])


@pytest.mark.parametrize("step", range(4))
def test_a_removal_is_done_or_finished(
    made: Connect, writer: ServerWriter, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    writer.replace(OLD)
    writer.publish()
    with killed_at(step, monkeypatch):
        try:
            writer.remove(["changed"])
        except Killed:
            assert step < 3
    monkeypatch.setattr(lease.time, "time", lambda whole=lease.time.time: whole() + 100)
    again = ServerWriter(made(), "there", EMBEDDER)
    assert ("changed" in versions(again)) == (step == 0)
    assert again.recovery.finished == (("changed",) if step in (1, 2) else ())
    assert again.count() == (7 if step == 0 else 4)


def test_what_a_fault_breaks_off_is_settled_at_once(
    made: Connect, writer: ServerWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer.replace(OLD)
    before = versions(writer)
    with monkeypatch.context() as patch:
        patch.setattr(ServerShard, "set_payload", lambda *_: (_ for _ in ()).throw(StoreError("no", hint="")))
        with pytest.raises(StoreError, match="no"):
            writer.remove(["same"])
    assert versions(writer) == before
    assert writer.remove(["same"]) == 1
