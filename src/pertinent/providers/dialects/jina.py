"""Jina."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

from pertinent.providers.asked import Asked
from pertinent.providers.calls import EmbedCall, RerankAnswer
from pertinent.providers.dialect import Dialect
from pertinent.providers.fields import EmbedFields
from pertinent.providers.writing import token_counts


class Jina(Dialect):
    """``POST /v1/rerank`` and ``POST /v1/embeddings``."""

    name = "jina"
    address = "https://api.jina.ai"
    rerank_paths = ("/v1/rerank",)
    embed_paths = ("/v1/embeddings",)
    key_variable = "JINA_API_KEY"
    embed_fields = EmbedFields(
        encoding=("embedding_type", "encoding_format"),
        kind=("task",),
        kinds=MappingProxyType(
            {
                "retrieval.query": "query",
                "retrieval.passage": "document",
                "text-matching": None,
                "classification": None,
                "separation": None,
            }
        ),
    )
    with_documents = True
    fault_status = 422

    def envelope(self, rows: list[dict[str, Any]], answer: RerankAnswer) -> Any:
        """Without a name of the call."""
        return {"model": answer.model, "results": rows, "usage": token_counts(answer.usage)}

    def embed_rest(self, asked: Asked, call: EmbedCall) -> EmbedCall:
        """Texts are embedded one by one, and vectors have length 1."""
        asked.flag(("truncate",))
        if asked.flag(("late_chunking",)):
            raise asked.fault("late_chunking is not on offer here.")
        if asked.flag(("normalized",)) is False:
            raise asked.fault("normalized: vectors are of length 1 here.")
        return call

    def error(self, status: int, message: str) -> Any:  # noqa: ARG002 (the status line says it)
        """``{"detail": ...}``."""
        return {"detail": message}
