"""The writing side on a server: one process at a time, by a lease that it holds there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace as changed
from typing import TYPE_CHECKING

from qdrant_client import models

from pertinent.errors import LocalOnlyError, StoreError
from pertinent.store.bm25 import Bm25Encoder
from pertinent.store.manifest import Manifest
from pertinent.store.protocol import EncodedDocument, StoredDocument
from pertinent.store.recovery import Recovery
from pertinent.store.schema import Fields
from pertinent.store.server.layout import RESERVED, SINCE, UNTIL, placeholder_id, to_points
from pertinent.store.server.lease import Lease
from pertinent.store.server.reader import ServerStore
from pertinent.store.server.recovery import recover, touched
from pertinent.store.server.shard import UPSERT_POINTS, ServerShard
from pertinent.store.writing import Writer
from pertinent.types import ModelInfo

if TYPE_CHECKING:
    from qdrant_client import QdrantClient


class ServerWriter(ServerStore, Writer):
    """The one process that writes a collection of a server; see :class:`Writer`.

    Parameters
    ----------
    client : QdrantClient
        Of the server; closed with this.
    name : str
        Of the collection there.
    embedder : ModelInfo | None
        Whose vectors will be stored; None where nothing is embedded.
    for_copy : bool
        Whether this is to be made equal to another, so that a copy that was broken off may go on.

    Attributes
    ----------
    recovery : Recovery
        What had to be repaired because the last writer died.

    Raises
    ------
    CollectionNotFound, CollectionMismatch, CollectionLocked, StoreError
        If there is none, it is of another embedder or a newer format, somebody else writes, or the server
        does not answer.
    """

    def __init__(
        self,
        client: QdrantClient,
        name: str,
        embedder: ModelInfo | None = None,
        *,
        for_copy: bool = False,
    ) -> None:
        super().__init__()
        self._shard = ServerShard(client, name)
        manifest = self._shard.manifest()
        if embedder is not None:
            manifest.check_embedder(embedder)
        self._lease = Lease(self._shard)
        try:
            self.recovery = self._settle()
            if not for_copy:
                self._manifest.check_settled()
            self._unpublished = self._shard.count(touched(self._generation)) > 0
        except BaseException:
            self.close()
            raise

    @property
    def _generation(self) -> int:
        """The one that comes next."""
        return self._manifest.generation + 1

    def _settle(self) -> Recovery:
        """Begin from what the server has, after it was brought in order."""
        self._lease.hold()  # what another writer has under way is none of ours
        self._manifest = self._shard.manifest()
        self._encoder = Bm25Encoder(self._manifest.bm25)
        recovery = recover(self._shard, self._generation)
        view = self._view()
        documents, passages = view.count_documents(), view.count(None)
        self._manifest = changed(self._manifest, documents=documents, passages=passages)
        return recovery

    @property
    def unpublished(self) -> bool:
        """Whether something was acknowledged that no reader sees yet, by a writer before this one too."""
        self._check_open()
        return self._unpublished

    def _check_room(self, documents: Sequence[EncodedDocument]) -> None:
        if any(passage.id in RESERVED for document in documents for passage in document.passages):
            raise StoreError("A passage has an id that is reserved.", hint="Cut documents with the chunker.")

    def _written_manifest(self) -> Manifest:
        return self._shard.manifest()

    def _write_manifest(self, manifest: Manifest) -> None:
        self._shard.write_manifest(manifest)

    def _index_fields(self, before: Fields, fields: Fields) -> None:
        self._shard.index_fields(before, fields)

    def _put(self, documents: Sequence[EncodedDocument], known: Mapping[str, StoredDocument]) -> None:
        since = self._since({passage.id for document in documents for passage in document.passages})
        points = [
            point
            for document in documents
            for point in to_points(document, self._encoder, self._generation, since)
        ]
        ids = {str(point.id) for point in points}
        old = {point for document in known.values() for point in _points_of(document)}
        # This order is what recovery relies on.
        for start in range(0, len(points), UPSERT_POINTS):
            self._lease.hold()  # many may take longer than it lasts
            self._shard.upsert(points[start : start + UPSERT_POINTS])
        self._lease.hold()
        self._shard.set_payload(sorted(old - ids), {UNTIL: self._generation})

    def _take(self, known: Mapping[str, StoredDocument]) -> None:
        gone = [point for document in known.values() for point in _points_of(document)]
        self._shard.set_payload(gone, {UNTIL: self._generation})

    def _publish(self, copy_of: Manifest | None) -> None:
        with self._writing():
            before = self._manifest.generation
            manifest = changed(self._manifest, generation=before + 1).as_copy_of(copy_of)
            self._shard.write_manifest(manifest)
            self._manifest = manifest
            # Readers of the generation before still see what went with this one; nobody sees the rest.
            went = models.FieldCondition(key=UNTIL, range=models.Range(lte=before))
            self._shard.delete(models.Filter(must=[went]))

    def _since(self, ids: set[str]) -> dict[str, int]:
        """First generations of points that readers see: a stored passage must not vanish from them."""
        found = {}
        for record in self._shard.retrieve(sorted(ids), [SINCE, UNTIL]):
            payload = record.payload or {}
            if payload.get(UNTIL, self._generation) == self._generation:
                found[str(record.id)] = payload[SINCE]
        return found

    def keep_local(self) -> None:
        """Refuse: what is on a server has left this machine.

        Raises
        ------
        LocalOnlyError
            Always.
        """
        raise LocalOnlyError(
            "A collection on a server cannot be local-only: its texts have left this machine.",
            hint="Pull it, and mark the copy.",
        )

    def optimize(self) -> None:
        """Do nothing: a server does it by itself."""
        with self._guard:
            self._check_writable()

    def close(self) -> None:
        """Let go of the lease and the connection; twice is harmless. What was not published stays so."""
        with self._guard:
            if self._closed:
                return
            self._closed = True
            try:
                with suppress(StoreError):  # it runs out by itself
                    self._lease.release()
            finally:
                self._shard.close()

    def _check_writable(self) -> None:
        super()._check_writable()
        self._lease.hold()


def _points_of(document: StoredDocument) -> tuple[str, ...]:
    return document.passage_ids or (placeholder_id(document.id, document.fingerprint),)
