from __future__ import annotations

import pytest
from httpx import Headers
from qdrant_client import models
from qdrant_client.http.exceptions import UnexpectedResponse

from pertinent.errors import CollectionLocked, StoreError
from pertinent.store.manifest import Manifest
from pertinent.store.server.layout import ServerLayout
from pertinent.store.server.reader import ServerReader
from pertinent.store.server.shard import ServerShard
from pertinent.store.server.writer import ServerWriter
from pertinent.store.vectors import EmbedderIdentity
from support.servers import Connect
from support.tiny_documents import EMBEDDER, encode

MANIFEST = Manifest(EmbedderIdentity.of(EMBEDDER), fields={"year": "integer"}, generation=1, identity="suite")
STEPS = ("create_collection", "create_payload_index", "upsert")


@pytest.mark.parametrize("step", range(12))
def test_a_making_that_was_broken_off_is_made_whole(
    server: Connect, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    client, steps = server(), 0

    def counted(name: str) -> object:
        whole = getattr(client, name)

        def call(*arguments: object, **named: object) -> object:
            nonlocal steps
            if steps == step:
                raise KeyboardInterrupt
            steps += 1
            return whole(*arguments, **named)

        return call

    shard = ServerShard(client, "there")
    with monkeypatch.context() as patch:
        for name in STEPS:
            patch.setattr(client, name, counted(name))
        with pytest.raises(KeyboardInterrupt):
            shard.create(MANIFEST, ServerLayout())
    shard.create(MANIFEST, ServerLayout())
    with ServerWriter(client, "there", EMBEDDER) as writer:
        writer.replace([encode("a", "one")])
        writer.publish()
        assert writer.count() == 1


def test_who_makes_it_too_late_takes_nothing_away(server: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    client = server()
    late = ServerShard(client, "there")
    index = client.create_payload_index

    def other(*arguments: object, **named: object) -> object:
        monkeypatch.setattr(client, "create_payload_index", index)
        ServerShard(client, "there").create(MANIFEST, ServerLayout())
        writer = ServerWriter(client, "there", EMBEDDER)
        writer.replace([encode("a", "one")])
        writer.publish()
        return index(*arguments, **named)

    monkeypatch.setattr(client, "create_payload_index", other)
    late.create(MANIFEST, ServerLayout())
    assert ServerReader(client, "there", EMBEDDER).count() == 1
    with pytest.raises(CollectionLocked):
        ServerWriter(client, "there", EMBEDDER)
    late.create(MANIFEST, ServerLayout())
    assert ServerReader(client, "there", EMBEDDER).count() == 1


def test_of_two_that_make_it_at_once_one_goes_on(server: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    client = server()
    late, make = ServerShard(client, "there"), client.create_collection

    def beaten(*arguments: object, **named: object) -> None:
        monkeypatch.setattr(client, "create_collection", make)
        ServerShard(client, "there").create(MANIFEST, ServerLayout())
        raise UnexpectedResponse(409, "Conflict", b"Collection `there` already exists!", Headers())

    monkeypatch.setattr(client, "create_collection", beaten)
    late.create(MANIFEST, ServerLayout())
    with (
        ServerWriter(client, "there", EMBEDDER),
        pytest.raises(CollectionLocked, match=r"being written by process \d+ on"),
    ):
        ServerWriter(client, "there", EMBEDDER)


@pytest.mark.parametrize("foreign", [True, False])
def test_a_making_that_fails_is_told(server: Connect, monkeypatch: pytest.MonkeyPatch, foreign: bool) -> None:
    client = server()
    make = client.create_collection

    def refused(*arguments: object, **named: object) -> None:
        if foreign:
            make("there", vectors_config={})
            client.upsert("there", [models.PointStruct(id=1, vector={})])
        raise UnexpectedResponse(409 if foreign else 507, "", b"secret", Headers())

    monkeypatch.setattr(client, "create_collection", refused)
    with pytest.raises(StoreError, match="did not make" if foreign else "status 507") as caught:
        ServerShard(client, "there").create(MANIFEST, ServerLayout())
    assert "secret" not in str(caught.value)


def test_a_collection_of_others_is_left_alone(server: Connect) -> None:
    server().create_collection("foreign", vectors_config={})
    server().upsert("foreign", [models.PointStruct(id=1, vector={})])
    with pytest.raises(StoreError, match="did not make"):
        ServerShard(server(), "foreign").create(MANIFEST, ServerLayout())
