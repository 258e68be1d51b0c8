"""Voyage: results stand under ``data``, texts as strings, the limit is ``top_k``."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

from pertinent.providers.asked import Asked
from pertinent.providers.calls import EmbedCall, RerankAnswer
from pertinent.providers.dialect import Dialect
from pertinent.providers.facts import Limits
from pertinent.providers.fields import EmbedFields, Fields


class Voyage(Dialect):
    """``POST /v1/rerank`` and ``POST /v1/embeddings``."""

    name = "voyage"
    address = "https://api.voyageai.com"
    rerank_paths = ("/v1/rerank",)
    embed_paths = ("/v1/embeddings",)
    key_variable = "VOYAGE_API_KEY"
    fields = Fields(limit=("top_k", "top_n"), truncate=("truncation",))
    embed_fields = EmbedFields(
        dimensions=("output_dimension",),
        kind=("input_type",),
        kinds=MappingProxyType({"query": "query", "document": "document"}),
    )
    results = "data"
    limits = Limits(documents=1_000, texts=1_000, query_tokens=8_000, pair_tokens=32_000, call_tokens=600_000)

    def shown(self, text: str) -> dict[str, Any]:
        """The text as a string."""
        return {"document": text}

    def envelope(self, rows: list[dict[str, Any]], answer: RerankAnswer) -> Any:
        """As OpenAI lists things."""
        usage = {"total_tokens": answer.usage.tokens or 0}
        return {"object": "list", "data": rows, "model": answer.model, "usage": usage}

    def embed_rest(self, asked: Asked, call: EmbedCall) -> EmbedCall:
        """Vectors of one byte or one bit are not on offer."""
        asked.flag(("truncation",))
        asked.choice(("output_dtype",), ("float",))
        return call

    def error(self, status: int, message: str) -> Any:  # noqa: ARG002 (the status line says it)
        """``{"detail": ...}``."""
        return {"detail": message}
