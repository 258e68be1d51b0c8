from __future__ import annotations

import pytest

from pertinent.store.manifest import Manifest
from pertinent.store.server.layout import ServerLayout
from pertinent.store.server.shard import ServerShard
from pertinent.store.server.writer import ServerWriter
from pertinent.store.vectors import EmbedderIdentity
from support.servers import Connect, InMemory
from support.tiny_documents import EMBEDDER

NAME = "there"


@pytest.fixture
def server() -> Connect:
    """One server in this process, with nothing on it."""
    client = InMemory()
    return lambda: client


@pytest.fixture
def made(server: Connect) -> Connect:
    """A server with an empty collection "there"."""
    manifest = Manifest(EmbedderIdentity.of(EMBEDDER), generation=1, identity="suite")
    ServerShard(server(), NAME).create(manifest, ServerLayout())
    return server


@pytest.fixture
def shard(made: Connect) -> ServerShard:
    """The collection of that server."""
    return ServerShard(made(), NAME)


@pytest.fixture
def writer(made: Connect) -> ServerWriter:
    """Its writer."""
    return ServerWriter(made(), NAME, EMBEDDER)
