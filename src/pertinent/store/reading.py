"""What all stores share: questions checked against the manifest and put to the points."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
import qdrant_edge as qe

from pertinent.embedders.protocol import Vectors
from pertinent.errors import UsageError
from pertinent.store.bm25 import Bm25Encoder
from pertinent.store.conditions import Words, translate
from pertinent.store.filters import Filters, check
from pertinent.store.manifest import Manifest
from pertinent.types import FirstStage

MAX_LIMIT = 10_000


class Searched(Protocol):
    """What holds the points, here or on a server."""

    @property
    def words(self) -> Words:
        """How it says conditions."""
        ...

    def search(
        self, dense: list[float] | None, sparse: qe.SparseVector, limit: int, condition: Any | None
    ) -> FirstStage:
        """Both lists; an absent dense or an empty sparse vector finds nothing."""
        ...


def first_stage(
    shard: Searched,
    manifest: Manifest,
    encoder: Bm25Encoder,
    text: str,
    vector: Vectors,
    limit: int,
    filters: Filters,
) -> FirstStage:
    """Both first-stage lists; see :meth:`pertinent.store.protocol.Store.first_stage`.

    A vector of length zero (an embedder's answer to an empty text) finds nothing, and so does a text
    without a token that counts.
    """
    if not 1 <= limit <= MAX_LIMIT:
        raise UsageError(
            f"The number of candidates is {limit}.", hint=f"Ask for between 1 and {MAX_LIMIT} candidates."
        )
    values = np.asarray(vector, dtype=np.float32).reshape(-1)
    if values.shape != (manifest.embedder.dimensions,) or not bool(np.isfinite(values).all()):
        raise UsageError(
            f"The query's vector has {values.size} values or some that are not finite; "
            f"the collection has {manifest.embedder.dimensions} dimensions.",
            hint="Embed the query with the collection's embedder.",
        )
    condition = checked_filter(manifest, filters, shard.words)
    dense = values.tolist() if bool(np.any(values)) else None
    return shard.search(dense, encoder.encode_query(text), limit, condition)


def checked_filter(manifest: Manifest, filters: Filters, words: Words) -> Any | None:
    """Filters checked against the manifest, in the engine's form."""
    return translate(check(filters, manifest.filterable), manifest.filterable, words)
