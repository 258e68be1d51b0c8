"""The vector engine's shard, seen as passages: filling it and searching it.

Whoever opens a shard must own its folder: the writer by its lock, a reader because the folder is its
private copy. See :mod:`pertinent.store.lock` for why.

Up to :data:`EXACT_LIMIT` passages the dense list is exact: every vector is compared, so a search repeats
exactly and no filter can starve it. Above, the HNSW graphs that ``optimize`` builds are used.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import qdrant_edge as qe

from pertinent.embedders.protocol import Vectors
from pertinent.errors import StoreError
from pertinent.store.points import BM25, DENSE, INDEX_TYPES, EdgeWords, payload_path, to_passage
from pertinent.store.schema import Fields
from pertinent.store.ties import best_lists
from pertinent.types import FirstStage, Passage

EXACT_LIMIT = 100_000
"""Passages up to which dense search compares every vector."""

MAX_INDEXED_FIELDS = 32
"""Fields that get an index; filters on further ones work, by reading every passage."""

HNSW_EF = 128
HNSW_M = 16
HNSW_EF_CONSTRUCT = 100

_INDEX = {
    "keyword": qe.PayloadSchemaType.Keyword,
    "integer": qe.PayloadSchemaType.Integer,
    "float": qe.PayloadSchemaType.Float,
}
_BYTES_PER_VALUE = 4
_UPSERT_POINTS = 256
_SCROLL = 5_000


class Shard:
    """An open shard.

    Parameters
    ----------
    folder : Path
        Owned by the caller.
    create_dimensions : int | None
        Width of the dense vectors of a new shard; None opens an existing one.

    Raises
    ------
    StoreError
        If it cannot be opened.
    """

    words = EdgeWords()

    def __init__(self, folder: Path, *, create_dimensions: int | None = None) -> None:
        with _engine("Opening the collection's shard"):
            if create_dimensions is None:
                self._shard = qe.EdgeShard.load(str(folder))
            else:
                folder.mkdir()
                self._shard = qe.EdgeShard.create(str(folder), _config(create_dimensions))

    def search(
        self, dense: list[float] | None, sparse: qe.SparseVector, limit: int, condition: qe.Filter | None
    ) -> FirstStage:
        """Both lists in one call of the engine; an absent dense or an empty sparse vector finds nothing."""
        exact = self.points <= EXACT_LIMIT
        params = qe.SearchParams(exact=True) if exact else qe.SearchParams(hnsw_ef=max(HNSW_EF, limit))
        queries: dict[str, tuple[qe.Query, qe.SearchParams | None]] = {}
        if dense is not None:
            queries[DENSE] = (qe.Query.Nearest(dense, using=DENSE), params)
        if sparse.indices:
            queries[BM25] = (qe.Query.Nearest(sparse, using=BM25), None)

        def ask(some: list[tuple[qe.Query, qe.SearchParams | None]], wanted: int) -> list[Any]:
            requests = [
                qe.QueryRequest(limit=wanted, query=query, filter=condition, params=how, with_payload=True)
                for query, how in some
            ]
            with _engine("Searching the collection"):
                return list(self._shard.query_batch(qe.QueryBatchRequest(requests)))

        found = best_lists(queries, limit, ask)
        return FirstStage(dense=found.get(DENSE, ()), bm25=found.get(BM25, ()))

    @property
    def points(self) -> int:
        """Passages in the shard."""
        with _engine("Reading the collection"):
            return int(self._shard.info().points_count)

    def count(self, condition: qe.Filter | None) -> int:
        """Passages that pass a filter."""
        with _engine("Counting passages"):
            return int(self._shard.count(qe.CountRequest(exact=True, filter=condition)))

    def passages(self, ids: Sequence[str]) -> list[Passage]:
        """Those of the passages that exist, in the order asked."""
        if not ids:
            return []
        records = self._retrieve(ids, True)
        found = {str(record.id): to_passage(record.id, record.payload or {}) for record in records}
        return [found[wanted] for wanted in ids if wanted in found]

    def vectors(self, ids: Sequence[str]) -> dict[str, Vectors]:
        """Dense vectors of the passages that exist, by passage id."""
        records = self._retrieve(ids, False, [DENSE]) if ids else []
        return {
            str(record.id): np.asarray(record.vector[DENSE], dtype=np.float32)
            for record in records
            if isinstance(record.vector, dict)
        }

    def versions(self, ids: Sequence[str]) -> dict[str, tuple[str, str]]:
        """Fingerprint and source of the passages that exist, by passage id."""
        records = self._retrieve(ids, ["fingerprint", "source"]) if ids else []
        return {
            str(record.id): (record.payload["fingerprint"], record.payload["source"])
            for record in records
            if record.payload
        }

    def _retrieve(
        self, ids: Sequence[str], payload: bool | list[str], vectors: bool | list[str] = False
    ) -> list[qe.Record]:
        records: list[qe.Record] = []
        with _engine("Reading passages"):
            for start in range(0, len(ids), _SCROLL):
                records.extend(self._shard.retrieve(list(ids[start : start + _SCROLL]), payload, vectors))
        return records

    def ids(self) -> Iterator[str]:
        """Ids of all passages."""
        offset: Any = None
        while True:
            request = qe.ScrollRequest(offset=offset, limit=_SCROLL, with_payload=False, with_vector=False)
            with _engine("Listing passages"):
                records, offset = self._shard.scroll(request)
            for record in records:
                yield str(record.id)
            if offset is None:
                return

    def batches(self) -> Iterator[list[qe.Point]]:
        """All points with vectors and payload, some at a time."""
        offset: Any = None
        while True:
            request = qe.ScrollRequest(
                offset=offset, limit=_UPSERT_POINTS, with_payload=True, with_vector=True
            )
            with _engine("Reading passages"):
                records, offset = self._shard.scroll(request)
            yield [qe.Point(str(record.id), record.vector or {}, record.payload) for record in records]
            if offset is None:
                return

    def upsert(self, points: Sequence[qe.Point]) -> None:
        """Add or overwrite points; on return they are in the write-ahead log."""
        with _engine("Storing passages"):
            for start in range(0, len(points), _UPSERT_POINTS):
                chunk = list(points[start : start + _UPSERT_POINTS])
                self._shard.update(qe.UpdateOperation.upsert_points(chunk))

    def set_source(self, ids: Sequence[str], source: str) -> None:
        """Change where existing points came from, and nothing else of them."""
        with _engine("Correcting passages"):
            self._shard.update(qe.UpdateOperation.set_payload(list(ids), {"source": source}))

    def delete(self, ids: Iterable[str]) -> None:
        """Remove points; those that do not exist are passed over."""
        ids = list(ids)
        if not ids:
            return
        with _engine("Removing passages"):
            self._shard.update(qe.UpdateOperation.delete_points(list(ids)))
        if self.versions(ids):
            # It skips an operation whose number is not above a point's; so it is where its log was lost.
            raise StoreError(
                "The vector engine did not remove passages: the collection's log does not fit its points.",
                hint="Back it up and restore it under another name, which numbers everything anew.",
            )

    def index_fields(self, before: Fields, fields: Fields) -> None:
        """Index the fields that are new, and anew those whose index is of another type."""
        for name, kind in islice(fields.items(), MAX_INDEXED_FIELDS):
            known = before.get(name)
            if known is None or INDEX_TYPES[known] != INDEX_TYPES[kind]:
                path = payload_path(name, kind)
                with _engine("Indexing a field"):
                    if known is not None:
                        self._shard.update(qe.UpdateOperation.delete_field_index(path))
                    self._shard.update(qe.UpdateOperation.create_field_index(path, _INDEX[INDEX_TYPES[kind]]))

    def flush(self) -> None:
        """Bring all changes from memory and log into the segments' files."""
        with _engine("Flushing the collection"):
            self._shard.flush()

    def optimize(self) -> bool:
        """Merge segments and build graphs; True if there was anything to do."""
        with _engine("Optimising the collection"):
            return bool(self._shard.optimize())

    def close(self) -> None:
        """Close the shard."""
        with _engine("Closing the collection"):
            self._shard.close()


def graph_threshold(dimensions: int) -> int:
    """Size in KiB from which a segment gets a graph: where it is too large for exact search."""
    return max(1, EXACT_LIMIT * dimensions * _BYTES_PER_VALUE // 1024)


def _config(dimensions: int) -> qe.EdgeConfig:
    graph_from = graph_threshold(dimensions)
    return qe.EdgeConfig(
        vectors={DENSE: qe.EdgeVectorParams(size=dimensions, distance=qe.Distance.Cosine)},
        sparse_vectors={BM25: qe.EdgeSparseVectorParams(modifier=qe.Modifier.Idf)},
        hnsw_config=qe.HnswIndexConfig(
            m=HNSW_M, ef_construct=HNSW_EF_CONSTRUCT, full_scan_threshold=graph_from
        ),
        optimizers=qe.EdgeOptimizersConfig(indexing_threshold=graph_from),
        # Without it kill -9 loses points that were acknowledged.
        wal_enabled=True,
    )


@contextmanager
def _engine(doing: str) -> Iterator[None]:
    """Turn a fault of the engine into a StoreError.

    Its own words are left to the cause: they may quote what was stored.
    """
    try:
        yield
    except BaseException as error:
        # A panic of the engine is no Exception: the binding derives it from BaseException.
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        full = "No space left" in str(error)
        raise StoreError(
            f"{doing} failed{': the disk is full' if full else ' in the vector engine'}.",
            hint="Free some space and open the collection again; what was acknowledged is kept."
            if full
            else "Open the collection again; if it fails again, restore a backup or index anew.",
        ) from error
