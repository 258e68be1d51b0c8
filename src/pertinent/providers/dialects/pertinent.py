"""Pertinent's own: what most services have in common, and with it all that a call can say."""

from __future__ import annotations

from pertinent.providers.dialect import Dialect
from pertinent.providers.fields import INSTRUCTION, EmbedFields, Fields


class Pertinent(Dialect):
    """``POST /v1/rerank`` and ``POST /v1/embeddings``; also for addresses whose dialect nobody named."""

    name = "pertinent"
    rerank_paths = ("/v1/rerank",)
    embed_paths = ("/v1/embeddings",)
    key_variable = "PERTINENT_API_KEY"
    fields = Fields(instruction=INSTRUCTION, raw_scores=("raw_scores",), truncate=("truncate",))
    embed_fields = EmbedFields(kind=("input_type",), kinds={"query": "query", "document": "document"})
