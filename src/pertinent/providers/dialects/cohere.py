"""Cohere's second version."""

from __future__ import annotations

from typing import Any

from pertinent.providers.asked import Asked
from pertinent.providers.calls import RerankAnswer
from pertinent.providers.dialect import Dialect, Fields, Limits


class Cohere(Dialect):
    """``POST /v2/rerank``."""

    name = "cohere"
    address = "https://api.cohere.com"
    rerank_paths = ("/v2/rerank",)
    key_variable = "CO_API_KEY"
    fields = Fields(with_documents=())
    limits = Limits(documents=1_000)

    def read_more(self, asked: Asked) -> None:
        """The length of documents is the server's to bound; here it is only read."""
        asked.count(("max_tokens_per_doc",))

    def envelope(self, rows: list[dict[str, Any]], answer: RerankAnswer) -> Any:
        """With what is billed: a search is one unit."""
        return {
            "id": answer.usage.request_id,
            "results": rows,
            "meta": {
                "api_version": {"version": "2"},
                "billed_units": {"search_units": 1},
                "tokens": {"input_tokens": answer.usage.tokens or 0, "output_tokens": 0},
            },
        }

    def error(self, status: int, message: str) -> Any:  # noqa: ARG002 (the status line says it)
        """``{"message": ...}``."""
        return {"message": message}
