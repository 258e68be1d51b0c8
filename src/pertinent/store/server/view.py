"""A server's collection as one generation sees it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import qdrant_edge as qe
from qdrant_client import models

from pertinent.embedders.protocol import Vectors
from pertinent.store.points import BM25, DENSE, to_passage
from pertinent.store.protocol import StoredDocument
from pertinent.store.server.connection import server_faults
from pertinent.store.server.layout import (
    PART,
    PARTS,
    SINCE,
    UNTIL,
    ServerWords,
    has_passage,
    of_documents,
    search_parameters,
    visible,
)
from pertinent.store.server.shard import ServerShard
from pertinent.store.ties import best_lists
from pertinent.types import FirstStage, Passage

_DOCUMENT_KEYS = ["document_id", "fingerprint", "source", PART, PARTS]
_IDS = 500


class View:
    """What a generation sees.

    Parameters
    ----------
    shard : ServerShard
        The collection.
    generation : int
        Which one.
    passages : int
        How many it has; up to a limit every vector is compared.
    """

    words = ServerWords()

    def __init__(self, shard: ServerShard, generation: int, passages: int) -> None:
        self._shard = shard
        self._generation = generation
        self._passages = passages

    def search(
        self, dense: list[float] | None, sparse: qe.SparseVector, limit: int, condition: Any | None
    ) -> FirstStage:
        """Both lists in one call; an absent dense or an empty sparse vector finds nothing."""
        condition = self._seen(condition)
        queries: dict[str, dict[str, Any]] = {}
        if dense is not None:
            params = search_parameters(self._passages, limit)
            queries[DENSE] = {"query": dense, "using": DENSE, "params": params}
        if sparse.indices:
            vector = models.SparseVector(indices=list(sparse.indices), values=list(sparse.values))
            queries[BM25] = {"query": vector, "using": BM25}

        def ask(some: list[dict[str, Any]], wanted: int) -> list[list[models.ScoredPoint]]:
            return self._shard.query(
                [
                    models.QueryRequest(**query, filter=condition, limit=wanted, with_payload=True)
                    for query in some
                ]
            )

        with server_faults("Reading passages"):
            found = best_lists(queries, limit, ask)
        return FirstStage(dense=found.get(DENSE, ()), bm25=found.get(BM25, ()))

    def count(self, condition: Any | None) -> int:
        """Passages that pass a filter."""
        return self._shard.count(self._seen(condition, has_passage()))

    def count_documents(self) -> int:
        """Documents; each has one first part."""
        first = models.FieldCondition(key=PART, match=models.MatchValue(value=0))
        return self._shard.count(self._seen(first))

    def passages(self, ids: Sequence[str]) -> list[Passage]:
        """Those of the passages that exist, in the order asked."""
        found = {}
        with server_faults("Reading passages"):
            for record in self._shard.retrieve(ids, True):
                if self._has(record.payload or {}):
                    found[str(record.id)] = to_passage(record.id, record.payload or {})
        return [found[wanted] for wanted in ids if wanted in found]

    def vectors(self, ids: Sequence[str]) -> dict[str, Vectors]:
        """Dense vectors of the passages that exist, by passage id."""
        found = {}
        with server_faults("Reading passages"):
            for record in self._shard.retrieve(ids, [SINCE, UNTIL, PARTS], [DENSE]):
                vectors = record.vector
                if self._has(record.payload or {}) and isinstance(vectors, dict):
                    found[str(record.id)] = np.asarray(vectors[DENSE], dtype=np.float32)
        return found

    def known(self, document_ids: Sequence[str]) -> dict[str, StoredDocument]:
        """Those of the documents that are stored, by id."""
        found: dict[str, StoredDocument] = {}
        for start in range(0, len(document_ids), _IDS):
            wanted = of_documents(list(document_ids[start : start + _IDS]))
            found.update(_documents(self._shard.scroll(self._seen(wanted), _DOCUMENT_KEYS)))
        return found

    def documents(self) -> list[StoredDocument]:
        """All documents, by id."""
        found = _documents(self._shard.scroll(self._seen(), _DOCUMENT_KEYS))
        return [found[document] for document in sorted(found)]

    def _seen(self, *conditions: Any) -> models.Filter:
        return visible(self._generation, *(one for one in conditions if one is not None))

    def _has(self, payload: dict[str, Any]) -> bool:
        since, until = payload.get(SINCE), payload.get(UNTIL)
        seen = since is not None and since <= self._generation and (until is None or until > self._generation)
        return seen and payload[PARTS] > 0


def _documents(records: Iterable[models.Record]) -> dict[str, StoredDocument]:
    """Documents by their points; one of which points are missing is not told, so that it is indexed again."""
    with server_faults("Reading documents"):
        points: dict[str, dict[int, tuple[str, dict[str, Any]]]] = {}
        for record in records:
            payload = record.payload or {}
            points.setdefault(payload["document_id"], {})[payload[PART]] = str(record.id), payload
        found = {}
        for document, parts in points.items():
            # The last part is written last: where a move was broken off, it has the old source.
            _, last = parts[max(parts)]
            if len(parts) == max(1, last[PARTS]):
                ids = tuple(parts[part][0] for part in sorted(parts)) if last[PARTS] else ()
                found[document] = StoredDocument(document, last["fingerprint"], last["source"], ids)
    return found
