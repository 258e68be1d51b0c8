"""A collection here that lives on a server: a folder with one small file that says where.

The file holds no key. Whoever opens the collection by its name need not know where it lives.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pertinent.errors import StoreError
from pertinent.store.files import disk_faults, write_atomically
from pertinent.store.manifest import Manifest
from pertinent.store.server.connection import connect, server_address
from pertinent.types import ModelInfo

if TYPE_CHECKING:
    from qdrant_client import QdrantClient

    from pertinent.store.server.reader import ServerReader
    from pertinent.store.server.writer import ServerWriter

LINK_FILE = "server.json"
_MAX_BYTES = 1 << 14


@dataclass(frozen=True, slots=True)
class Link:
    """Where a collection lives.

    Parameters
    ----------
    url : str
        Of the server.
    name : str
        Of the collection there.
    """

    url: str
    name: str

    def manifest(self) -> Manifest:
        """What the collection is made of, as last published; raises as :func:`connect` does."""
        with self._client() as client:
            from pertinent.store.server.shard import ServerShard

            manifest = ServerShard(client, self.name).manifest()
            client.close()
            return manifest

    def reader(self, embedder: ModelInfo | None) -> ServerReader:
        """Open it for reading; raises as :func:`connect` and :class:`ServerReader` do."""
        with self._client() as client:
            from pertinent.store.server.reader import ServerReader

            return ServerReader(client, self.name, embedder)

    def writer(self, embedder: ModelInfo | None) -> ServerWriter:
        """Open it for writing; raises as :func:`connect` and :class:`ServerWriter` do."""
        with self._client() as client:
            from pertinent.store.server.writer import ServerWriter

            return ServerWriter(client, self.name, embedder)

    @contextmanager
    def _client(self) -> Iterator[QdrantClient]:
        """A connection for whoever is made in this block; closed where that fails."""
        client = connect(server_address(self.url))
        try:
            yield client
        except BaseException:
            client.close()
            raise


def read_link(folder: Path) -> Link | None:
    """Where the collection of a folder lives; None where it lives here or is none.

    Raises
    ------
    StoreError
        If the file is damaged, or we may not read it.
    """
    path = folder / LINK_FILE
    with disk_faults("Looking for the collection"):
        if not path.is_file():
            return None
    with disk_faults("Reading where the collection lives"), path.open("rb") as file:
        data = file.read(_MAX_BYTES + 1)
    try:
        link = Link(**json.loads(data))
        if not (isinstance(link.url, str) and isinstance(link.name, str)):
            raise TypeError("no texts")
        return link
    except (ValueError, TypeError, RecursionError):
        raise StoreError(
            f"{path} is damaged.", hint="Remove its folder, and link the collection again."
        ) from None


def is_link(folder: Path) -> bool:
    """Whether a folder is a link; files of that name with other things in them are none of ours."""
    try:
        return read_link(folder) is not None
    except StoreError:
        return False


def write_link(folder: Path, link: Link) -> None:
    """Say in an existing folder where its collection lives."""
    with disk_faults("Writing where the collection lives"):
        write_atomically(folder / LINK_FILE, json.dumps(asdict(link)).encode())
