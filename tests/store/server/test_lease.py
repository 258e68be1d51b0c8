from __future__ import annotations

import threading
import time

import pytest

from pertinent.errors import CollectionLocked, StoreError
from pertinent.store.bm25 import Bm25Encoder
from pertinent.store.server import lease
from pertinent.store.server.layout import to_points
from pertinent.store.server.lease import SECONDS, Lease
from pertinent.store.server.shard import ServerShard
from pertinent.store.server.writer import ServerWriter
from support.fakes import Clock
from support.servers import Connect
from support.tiny_documents import EMBEDDER, encode


class WallClock(Clock):
    """Stands for the ``time`` module."""

    def time(self) -> float:
        return 1_000.0 + self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> WallClock:
    clock = WallClock()
    monkeypatch.setattr(lease, "time", clock)
    return clock


def test_one_at_a_time(shard: ServerShard, clock: WallClock) -> None:
    first = Lease(shard)
    with pytest.raises(CollectionLocked, match=r"process \d+ on .* since"):
        Lease(shard)
    first.release()
    Lease(shard)


def test_it_is_renewed_by_whoever_goes_on(shard: ServerShard, clock: WallClock) -> None:
    first = Lease(shard)
    for _ in range(5):
        clock.sleep(SECONDS - 1)
        first.hold()
    with pytest.raises(CollectionLocked):
        Lease(shard)


def test_a_dead_writer_is_in_the_way_for_a_minute(shard: ServerShard, clock: WallClock) -> None:
    dead = Lease(shard)
    clock.sleep(SECONDS - 1)
    with pytest.raises(CollectionLocked):
        Lease(shard)
    clock.sleep(2)
    second = Lease(shard)
    with pytest.raises(CollectionLocked):
        dead.hold()
    dead.release()
    second.hold()
    with pytest.raises(CollectionLocked):
        Lease(shard)


def test_it_outlasts_a_holder_that_is_busy_elsewhere(
    made: Connect, shard: ServerShard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lease, "SECONDS", 0.6)
    with ServerWriter(made(), "there", EMBEDDER) as writer:
        writer.replace([encode("1", "text")])
        time.sleep(1.5)  # the embedder is busy with a batch
        with pytest.raises(CollectionLocked):
            ServerWriter(made(), "there", EMBEDDER)
        writer.replace([encode("2", "text")])
        writer.publish()
    Lease(shard).release()


def test_it_is_kept_through_a_fault_of_the_server(
    shard: ServerShard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lease, "SECONDS", 0.6)
    faults = iter([True, False])
    whole = ServerShard.upsert

    def away(self: ServerShard, *arguments: object) -> None:
        if threading.current_thread() is not threading.main_thread() and next(faults, False):
            raise StoreError("the server is away", hint="")
        whole(self, *arguments)

    monkeypatch.setattr(ServerShard, "upsert", away)
    first = Lease(shard)
    time.sleep(1.5)
    with pytest.raises(CollectionLocked):
        Lease(shard)
    first.release()
    assert next(faults, None) is None


def test_what_ran_out_and_nobody_took_goes_on(shard: ServerShard, clock: WallClock) -> None:
    slow = Lease(shard)
    clock.sleep(10 * SECONDS)
    slow.hold()


def test_a_writer_that_lost_it_changes_nothing(made: Connect, writer: ServerWriter, clock: WallClock) -> None:
    clock.sleep(10_000_000_000)
    other = ServerWriter(made(), "there", EMBEDDER)
    for action in (
        lambda: writer.replace([encode("1", "text")]),
        lambda: writer.remove(["1"]),
        writer.publish,
    ):
        with pytest.raises(CollectionLocked):
            action()
    assert other.count() == 0


def test_who_lost_it_settles_nothing(
    made: Connect, shard: ServerShard, clock: WallClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = ServerWriter(made(), "there", EMBEDDER)
    first.replace([encode("a", "one")])
    half = to_points(encode("b", "two", "three"), Bm25Encoder(first.manifest.bm25), 2, {})[:1]

    def asleep(*_: object) -> None:
        clock.sleep(SECONDS + 1)
        ServerWriter(made(), "there", EMBEDDER)
        shard.upsert(half)
        raise StoreError("the connection is gone", hint="")

    with monkeypatch.context() as patch:
        patch.setattr(ServerShard, "set_payload", asleep)
        with pytest.raises(StoreError, match="gone"):
            first.remove(["a"])
    assert len(shard.retrieve([half[0].id], True)) == 1


def test_who_lost_it_writes_no_further(
    made: Connect, shard: ServerShard, clock: WallClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = ServerWriter(made(), "there", EMBEDDER)
    whole = ServerShard.upsert

    def slow(self: ServerShard, points: list, *more: object) -> None:
        whole(self, points, *more)
        if len(points) == 2:
            clock.sleep(SECONDS + 1)
            ServerWriter(made(), "there", EMBEDDER)

    with monkeypatch.context() as patch:
        patch.setattr(f"{ServerWriter.__module__}.UPSERT_POINTS", 2)
        patch.setattr(ServerShard, "upsert", slow)
        with pytest.raises(CollectionLocked):
            first.replace([encode("a", "one", "two", "three")])
    assert first.manifest.documents == 0
