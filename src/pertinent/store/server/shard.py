"""A collection on a server as its points: the few operations that store, lease and transfer are made of."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from qdrant_client import QdrantClient, models

from pertinent.errors import CollectionNotFound, StoreError
from pertinent.store import shard as embedded
from pertinent.store.manifest import MAX_MANIFEST_BYTES, Manifest, parse_manifest
from pertinent.store.points import INDEX_TYPES, payload_path
from pertinent.store.schema import Fields
from pertinent.store.server.connection import server_faults
from pertinent.store.server.layout import (
    LEASE_POINT,
    MANIFEST_POINT,
    OWN_INDEXES,
    RESERVED,
    ServerLayout,
)

UPSERT_POINTS = 256
_SCROLL = 1_000
_MANIFEST = "manifest"


class ServerShard:
    """A collection of a server.

    Parameters
    ----------
    client : QdrantClient
        Of the server; closed with this.
    name : str
        Of the collection there.
    """

    def __init__(self, client: QdrantClient, name: str) -> None:
        self._client = client
        self.name = name

    def create(self, manifest: Manifest, layout: ServerLayout) -> None:
        """Make the collection; one whose making was broken off is made whole, one that is there stays.

        Raises
        ------
        StoreError
            If something else has the name.
        """
        with server_faults("Making the collection on the server"):
            if not self._client.collection_exists(self.name):
                try:
                    parameters = layout.parameters(manifest.embedder.dimensions)
                    self._client.create_collection(self.name, **parameters)
                except Exception:
                    # Where somebody has made it in this moment, the lease tells who goes on.
                    if not self._client.collection_exists(self.name):
                        raise
            if self._client.count(self.name, exact=True).count > 0:
                self._check_ours()
                return
            for key, kind in OWN_INDEXES.items():
                self._client.create_payload_index(self.name, key, kind, wait=True)
        self.index_fields({}, manifest.filterable)
        # Last, and only where there is none yet: whoever makes it at the same time may be ahead of us.
        nothing = models.Filter(must=[models.HasIdCondition(has_id=[LEASE_POINT])])
        self.upsert([_manifest_point(manifest)], nothing)

    def _check_ours(self) -> None:
        try:
            self.manifest()
        except CollectionNotFound:
            raise StoreError(
                f"The server has a collection {self.name!r} that Pertinent did not make.",
                hint="Choose another name with --remote-name.",
            ) from None

    def manifest(self) -> Manifest:
        """What the collection is made of.

        Raises
        ------
        CollectionNotFound
            If there is none, or none that was made by Pertinent.
        CollectionMismatch, StoreError
            As for :func:`parse_manifest`.
        """
        try:
            records = self.retrieve([MANIFEST_POINT], [_MANIFEST])
        except StoreError:
            with server_faults("Looking for the collection"):
                if self._client.collection_exists(self.name):
                    raise
            records = []
        text = (records[0].payload or {}).get(_MANIFEST) if records else None
        if not isinstance(text, str):
            raise CollectionNotFound(
                f"The server has no collection {self.name!r} of Pertinent.",
                hint="Check the name, or make it with: pertinent collections push NAME --url URL",
            )
        return parse_manifest(text[: MAX_MANIFEST_BYTES + 1])

    def write_manifest(self, manifest: Manifest) -> None:
        """Put the manifest in the place of the old one, at once."""
        self.upsert([_manifest_point(manifest)])

    def query(self, requests: list[models.QueryRequest]) -> list[list[models.ScoredPoint]]:
        """Answer several queries in one call."""
        with server_faults("Searching the collection"):
            answers = self._client.query_batch_points(self.name, requests=requests)
        return [answer.points for answer in answers]

    def count(self, condition: models.Filter) -> int:
        """Points that pass."""
        with server_faults("Counting passages"):
            return int(self._client.count(self.name, count_filter=condition, exact=True).count)

    def retrieve(
        self, ids: Sequence[str], payload: bool | list[str], vectors: bool | list[str] = False
    ) -> list[models.Record]:
        """Those of the points that exist."""
        found: list[models.Record] = []
        # Who writes, and which generation is read, must not be the word of a copy that lags behind.
        consistency = models.ReadConsistencyType.MAJORITY if RESERVED.issuperset(ids) else None
        with server_faults("Reading passages"):
            for start in range(0, len(ids), _SCROLL):
                some = list(ids[start : start + _SCROLL])
                found.extend(
                    self._client.retrieve(self.name, some, payload, vectors, consistency=consistency)
                )
        return found

    def scroll(self, condition: models.Filter, payload: list[str]) -> Iterator[models.Record]:
        """All points that pass, page by page."""
        offset: Any = None
        while True:
            with server_faults("Listing passages"):
                records, offset = self._client.scroll(
                    self.name, condition, limit=_SCROLL, offset=offset, with_payload=payload
                )
            yield from records
            if offset is None:
                return

    def upsert(self, points: Sequence[models.PointStruct], only_if: models.Filter | None = None) -> None:
        """Add or overwrite points; with ``only_if`` those alone that pass, or are new."""
        with server_faults("Storing passages"):
            for start in range(0, len(points), UPSERT_POINTS):
                self._client.upsert(
                    self.name,
                    list(points[start : start + UPSERT_POINTS]),
                    wait=True,
                    ordering=models.WriteOrdering.STRONG,
                    update_filter=only_if,
                )

    def set_payload(self, ids: Iterable[str], values: Mapping[str, Any]) -> None:
        """Set keys of the payload of points, and nothing else of them."""
        waiting = iter(ids)
        while some := list(islice(waiting, _SCROLL)):
            with server_faults("Changing passages"):
                chosen = models.PointIdsList(points=list(some))
                self._client.set_payload(self.name, dict(values), points=chosen, wait=True)

    def delete(self, points: list[str] | models.Filter) -> None:
        """Remove points, by id or by condition."""
        if points == []:
            return
        if isinstance(points, list):
            chosen: Any = models.PointIdsList(points=list(points))
        else:
            chosen = models.FilterSelector(filter=points)
        with server_faults("Removing passages"):
            self._client.delete(self.name, points_selector=chosen, wait=True)

    def index_fields(self, before: Fields, fields: Fields) -> None:
        """Index the fields that are new, and anew those whose index is of another type."""
        for name, kind in islice(fields.items(), embedded.MAX_INDEXED_FIELDS):
            known = before.get(name)
            if known is not None and INDEX_TYPES[known] == INDEX_TYPES[kind]:
                continue
            path = payload_path(name, kind)
            with server_faults("Indexing a field"):
                if known is not None:
                    self._client.delete_payload_index(self.name, path, wait=True)
                self._client.create_payload_index(
                    self.name, path, models.PayloadSchemaType(INDEX_TYPES[kind]), wait=True
                )

    def close(self) -> None:
        """Let go of the connection."""
        self._client.close()


def _manifest_point(manifest: Manifest) -> models.PointStruct:
    payload = {_MANIFEST: json.dumps(manifest.to_dict(), ensure_ascii=False)}
    return models.PointStruct(id=MANIFEST_POINT, vector={}, payload=payload)
