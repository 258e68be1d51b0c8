"""Collections that go to a server and come from there."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from pertinent.errors import CollectionNotFound, LocalOnlyError, UsageError
from pertinent.store import collection as stored
from pertinent.store.server.layout import ServerLayout
from pertinent.store.server.link import read_link
from pertinent.store.server.reader import ServerReader
from pertinent.store.server.shard import ServerShard
from pertinent.store.server.writer import ServerWriter
from pertinent.store.transfer import Transfer, make_equal
from pertinent.store.writer import EdgeWriter
from pertinent.types import Progress

if TYPE_CHECKING:
    from qdrant_client import QdrantClient

Connect = Callable[[], "QdrantClient"]


def push(
    path: str | os.PathLike[str],
    connect: Connect,
    name: str,
    *,
    layout: ServerLayout | None = None,
    progress: Progress | None = None,
) -> Transfer:
    """Make a server's collection equal to what one here last published.

    Parameters
    ----------
    path : str | PathLike
        The collection's folder.
    connect : Callable[[], QdrantClient]
        Reaches the server; asked only where the collection may leave.
    name : str
        Of the collection there, which is made where there is none.
    layout : ServerLayout | None
        How it is made; None takes the defaults.
    progress : Callable[[int, int], None] | None
        Called with documents that are compared, and all.

    Raises
    ------
    LocalOnlyError
        If the collection is local-only. Nothing was sent, to this machine itself neither: what an address
        names may be anywhere.
    CollectionNotFound, CollectionLocked, StoreError
        If there is none here, somebody writes the one there, or as :func:`make_equal` says.
    """
    with stored.open_reader(path) as source:
        manifest = source.manifest
        if manifest.local_only:
            raise LocalOnlyError(
                "The collection is local-only, and its texts would go to a Qdrant server.",
                hint="Index what may leave into another collection.",
            )
        client = connect()
        try:
            shard = ServerShard(client, name)
            try:
                shard.manifest()
            except CollectionNotFound:
                shard.create(manifest.emptied(), layout or ServerLayout())
            with ServerWriter(client, name, for_copy=True) as target:
                return make_equal(source, target, progress)
        finally:
            client.close()


def pull(
    connect: Connect, name: str, path: str | os.PathLike[str], *, progress: Progress | None = None
) -> Transfer:
    """Make a collection here equal to what one of a server last published.

    Parameters
    ----------
    connect : Callable[[], QdrantClient]
        Reaches the server.
    name : str
        Of the collection there.
    path : str | PathLike
        Where; the collection is made where there is none.
    progress : Callable[[int, int], None] | None
        Called with documents that are compared, and all.

    Raises
    ------
    UsageError
        If the collection here is a link to a server.
    CollectionNotFound, CollectionLocked, StoreError
        If there is none there, somebody writes the one here, or as :func:`make_equal` says.
    """
    folder = Path(path).absolute()
    if read_link(folder) is not None:
        raise UsageError("The collection of that name lives on a server.", hint="Pull it under another name.")
    client = connect()
    try:
        with ServerReader(client, name) as source:
            if not stored.exists(folder):
                stored.create_copy(folder, source.manifest).close()
            with EdgeWriter(folder, for_copy=True) as target:
                return make_equal(source, target, progress)
    finally:
        client.close()
