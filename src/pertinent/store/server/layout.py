"""How a collection looks on a server: the embedded store's points, and which generations see them.

A server has no folders to publish, so every point says which generations it belongs to. A reader of
generation 7 sees what came by then and did not go by then; the writer works on the one that comes next.

===========================  ==============================================================
payload key, beside those    holds
of :mod:`..points`
===========================  ==============================================================
``since``                    first generation that has the point
``until``                    first one that has it no more; absent while it stays
``part``, ``parts``          place among its document's passages from 0, and their number;
                             a document without any is one point with ``parts`` 0, no vectors
===========================  ==============================================================

Two points are none of a document: one holds the manifest, one the writer's lease.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal
from uuid import NAMESPACE_OID, uuid5

from qdrant_client import models

from pertinent.store.bm25 import Bm25Encoder
from pertinent.store.points import BM25, DENSE, to_payload
from pertinent.store.protocol import EncodedDocument
from pertinent.store.shard import EXACT_LIMIT, HNSW_EF, HNSW_EF_CONSTRUCT, HNSW_M, graph_threshold

MANIFEST_POINT = "00000000-0000-0000-0000-000000000001"
LEASE_POINT = "00000000-0000-0000-0000-000000000002"
RESERVED = frozenset({MANIFEST_POINT, LEASE_POINT})

SINCE, UNTIL, PART, PARTS = "since", "until", "part", "parts"
HOLDER, EXPIRES = "holder", "expires"
OWN_INDEXES: Mapping[str, models.PayloadSchemaType] = {
    **dict.fromkeys((SINCE, UNTIL, PART, PARTS), models.PayloadSchemaType.INTEGER),
    HOLDER: models.PayloadSchemaType.KEYWORD,
    EXPIRES: models.PayloadSchemaType.FLOAT,
}
"""What we filter by ourselves; a strict server refuses filters without an index."""

Quantization = Literal["none", "scalar", "binary"]


@dataclass(frozen=True, slots=True)
class ServerLayout:
    """How a server keeps a collection that is made.

    Parameters
    ----------
    shards, replicas : int
        Parts that it is divided into, and copies of each.
    quantization : {"none", "scalar", "binary"}
        Smaller vectors beside the whole ones, for collections beyond exact search.
    """

    shards: int = 1
    replicas: int = 1
    quantization: Quantization = "none"

    def parameters(self, dimensions: int) -> dict[str, Any]:
        """Arguments of ``create_collection``."""
        graph_from = graph_threshold(dimensions)
        return {
            "vectors_config": {DENSE: models.VectorParams(size=dimensions, distance=models.Distance.COSINE)},
            "sparse_vectors_config": {BM25: models.SparseVectorParams(modifier=models.Modifier.IDF)},
            "shard_number": self.shards,
            "replication_factor": self.replicas,
            # What is acknowledged is on most copies.
            "write_consistency_factor": self.replicas // 2 + 1,
            "hnsw_config": models.HnswConfigDiff(
                m=HNSW_M, ef_construct=HNSW_EF_CONSTRUCT, full_scan_threshold=graph_from
            ),
            "optimizers_config": models.OptimizersConfigDiff(indexing_threshold=graph_from),
            "quantization_config": _quantized(self.quantization),
        }


def _quantized(kind: Quantization) -> models.ScalarQuantization | models.BinaryQuantization | None:
    if kind == "scalar":
        return models.ScalarQuantization(
            scalar=models.ScalarQuantizationConfig(type=models.ScalarType.INT8, always_ram=True)
        )
    if kind == "binary":
        return models.BinaryQuantization(binary=models.BinaryQuantizationConfig(always_ram=True))
    return None


def search_parameters(passages: int, limit: int) -> models.SearchParams:
    """Exact search where the embedded store's is exact too, graphs beyond, whole vectors in the end."""
    if passages <= EXACT_LIMIT:
        return models.SearchParams(exact=True)
    return models.SearchParams(
        hnsw_ef=max(HNSW_EF, limit),
        quantization=models.QuantizationSearchParams(rescore=True, oversampling=2.0),
    )


def to_points(
    document: EncodedDocument, encoder: Bm25Encoder, generation: int, since: Mapping[str, int]
) -> list[models.PointStruct]:
    """Points of one document, one per passage.

    ``since`` tells the first generation of those that are there already.
    """
    parts = len(document.passages)
    if not parts:
        return [_point_without_passage(document, generation)]
    points = []
    for part, (passage, vector) in enumerate(zip(document.passages, document.vectors, strict=True)):
        sparse = encoder.encode_document(passage.content)
        payload = {
            **to_payload(passage, document.fingerprint),
            SINCE: since.get(passage.id, generation),
            PART: part,
            PARTS: parts,
        }
        vectors: dict[str, Any] = {
            DENSE: vector.tolist(),
            BM25: models.SparseVector(indices=list(sparse.indices), values=list(sparse.values)),
        }
        points.append(models.PointStruct(id=passage.id, vector=vectors, payload=payload))
    return points


def _point_without_passage(document: EncodedDocument, generation: int) -> models.PointStruct:
    payload = {
        "document_id": document.id,
        "source": document.source,
        "fingerprint": document.fingerprint,
        SINCE: generation,
        PART: 0,
        PARTS: 0,
    }
    return models.PointStruct(
        id=placeholder_id(document.id, document.fingerprint), vector={}, payload=payload
    )


def placeholder_id(document_id: str, fingerprint: str) -> str:
    """Id of the point that stands for a document without passages."""
    return str(uuid5(NAMESPACE_OID, f"{fingerprint}/{document_id}"))


def visible(generation: int, *more: Any) -> models.Filter:
    """What a generation sees, and what passes further conditions."""
    return models.Filter(
        must=[models.FieldCondition(key=SINCE, range=models.Range(lte=generation)), *more],
        must_not=[models.FieldCondition(key=UNTIL, range=models.Range(lte=generation))],
    )


def has_passage() -> models.FieldCondition:
    """The point is a passage."""
    return models.FieldCondition(key=PARTS, range=models.Range(gte=1))


def of_documents(document_ids: list[str]) -> models.FieldCondition:
    """The point belongs to one of the documents."""
    return models.FieldCondition(key="document_id", match=models.MatchAny(any=document_ids))


class ServerWords:
    """Conditions as the server's client has them."""

    def equal(self, path: str, value: str | int) -> models.FieldCondition:
        """See :class:`pertinent.store.conditions.Words`, here and below."""
        return models.FieldCondition(key=path, match=models.MatchValue(value=value))

    def between(self, path: str, bounds: Mapping[str, float]) -> models.FieldCondition:
        """A range."""
        return models.FieldCondition(key=path, range=models.Range(**bounds))

    def empty(self, path: str) -> models.IsEmptyCondition:
        """Absence."""
        return models.IsEmptyCondition(is_empty=models.PayloadField(key=path))

    def every(self, conditions: list[Any]) -> models.Filter:
        """And."""
        return models.Filter(must=conditions)

    def some(self, conditions: list[Any]) -> models.Filter:
        """Or."""
        return models.Filter(should=conditions)

    def none(self, conditions: list[Any]) -> models.Filter:
        """Neither."""
        return models.Filter(must_not=conditions)
