"""Fireworks: refuses what it does not know; results stand under ``data``, texts as strings."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

from pertinent.providers.asked import Asked
from pertinent.providers.calls import RerankAnswer, RerankCall
from pertinent.providers.dialect import Dialect
from pertinent.providers.fields import Fields
from pertinent.providers.writing import token_counts


class Fireworks(Dialect):
    """``POST /inference/v1/rerank`` and ``POST /inference/v1/embeddings``."""

    name = "fireworks"
    address = "https://api.fireworks.ai"
    rerank_paths = ("/inference/v1/rerank",)
    embed_paths = ("/inference/v1/embeddings",)
    key_variable = "FIREWORKS_API_KEY"
    fields = Fields(
        query=("query",),
        documents=("documents",),
        instruction=("task", "instruction", "instruct"),
        limit=("top_n",),
    )
    results = "data"
    with_documents = True
    prices = MappingProxyType(
        {"accounts/fireworks/models/qwen3-reranker-8b": 0.10, "fireworks/qwen3-reranker-8b": 0.10}
    )

    def rerank_rest(self, asked: Asked, call: RerankCall) -> RerankCall:
        """Whatever else there is, is one too many."""
        asked.refuse_others()
        return call

    def shown(self, text: str) -> dict[str, Any]:
        """The text as a string."""
        return {"document": text}

    def envelope(self, rows: list[dict[str, Any]], answer: RerankAnswer) -> Any:
        """As OpenAI lists things."""
        return {"object": "list", "model": answer.model, "data": rows, "usage": token_counts(answer.usage)}
