"""The reading side on a server: the last published generation, whoever writes meanwhile."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from pertinent.embedders.protocol import Vectors
from pertinent.errors import StoreError
from pertinent.store.bm25 import Bm25Encoder
from pertinent.store.filters import Filters
from pertinent.store.manifest import Manifest
from pertinent.store.protocol import StoredDocument
from pertinent.store.reading import checked_filter, first_stage
from pertinent.store.server.shard import ServerShard
from pertinent.store.server.view import View
from pertinent.types import FirstStage, ModelInfo, Passage

if TYPE_CHECKING:
    from qdrant_client import QdrantClient


class ServerStore:
    """What readers and the writer share: questions to what they see."""

    _shard: ServerShard
    _manifest: Manifest
    _encoder: Bm25Encoder
    _closed: bool

    @property
    def manifest(self) -> Manifest:
        """What the collection is made of, as of what is seen."""
        return self._manifest

    @property
    def _generation(self) -> int:
        return self._manifest.generation

    def first_stage(self, text: str, vector: Vectors, limit: int, filters: Filters = ()) -> FirstStage:
        """See :class:`pertinent.store.protocol.Store`."""
        return first_stage(self._view(), self.manifest, self._encoder, text, vector, limit, filters)

    def count(self, filters: Filters = ()) -> int:
        """Passages that pass the filters."""
        view = self._view()
        return view.count(checked_filter(self.manifest, filters, view.words))

    def documents(self) -> Iterator[StoredDocument]:
        """All documents, by id; the server cannot sort them, so the list of them is held in memory."""
        yield from self._view().documents()

    def known(self, document_ids: Sequence[str]) -> dict[str, StoredDocument]:
        """Those of the documents that are stored, by id."""
        return self._view().known(document_ids)

    def passages(self, ids: Sequence[str]) -> list[Passage]:
        """The passages with these ids that exist, in the order asked."""
        return self._view().passages(ids)

    def vectors(self, ids: Sequence[str]) -> dict[str, Vectors]:
        """Dense vectors of the passages that exist, by passage id."""
        return self._view().vectors(ids)

    def _view(self) -> View:
        self._check_open()
        return View(self._shard, self._generation, self.manifest.passages)

    def _check_open(self) -> None:
        if self._closed:
            raise StoreError("The collection is closed.", hint="Open it again.")


class ServerReader(ServerStore):
    """Reads a collection of a server, from any thread.

    Parameters
    ----------
    client : QdrantClient
        Of the server; closed with this.
    name : str
        Of the collection there.
    embedder : ModelInfo | None
        Who will make the queries' vectors; None where only documents and passages are wanted.

    Raises
    ------
    CollectionNotFound, CollectionMismatch, StoreError
        If there is none, it is not complete yet, it is of another embedder or a newer format, or the server
        does not answer.
    """

    def __init__(self, client: QdrantClient, name: str, embedder: ModelInfo | None = None) -> None:
        self._shard = ServerShard(client, name)
        self._closed = False
        self._take(self._shard.manifest())
        if embedder is not None:
            self._manifest.check_embedder(embedder)

    def _take(self, manifest: Manifest) -> None:
        manifest.check_complete()
        # Whoever searches meanwhile finds both fitting: the settings of BM25 never change.
        self._encoder = Bm25Encoder(manifest.bm25)
        self._manifest = manifest

    def refresh(self) -> bool:
        """Read the newest generation; True if it is another than before."""
        self._check_open()
        mine, newest = self._manifest, self._shard.manifest()
        if (newest.identity, newest.generation) == (mine.identity, mine.generation):
            return False
        if newest.embedder != mine.embedder:
            raise StoreError(
                "The collection on the server was replaced by one of another embedder.", hint="Open it again."
            )
        self._take(newest)
        return True

    def close(self) -> None:
        """Let go of the connection; twice is harmless."""
        if not self._closed:
            self._closed = True
            self._shard.close()

    def __enter__(self) -> ServerReader:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
