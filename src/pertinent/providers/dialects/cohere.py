"""Cohere's second version."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import Any

from pertinent.providers.asked import Asked
from pertinent.providers.calls import EmbedAnswer, EmbedCall, Request, RerankAnswer, RerankCall, Usage
from pertinent.providers.dialect import Dialect
from pertinent.providers.facts import Limits
from pertinent.providers.fields import EmbedFields, Fields
from pertinent.providers.writing import written_vector

ENCODINGS = ("float", "base64")


class Cohere(Dialect):
    """``POST /v2/rerank`` and ``POST /v2/embed``."""

    name = "cohere"
    address = "https://api.cohere.com"
    rerank_paths = ("/v2/rerank",)
    embed_paths = ("/v2/embed",)
    key_variable = "CO_API_KEY"
    fields = Fields(with_documents=())
    embed_fields = EmbedFields(
        texts=("texts",),
        dimensions=("output_dimension",),
        encoding=(),
        kind=("input_type",),
        kinds=MappingProxyType(
            {
                "search_query": "query",
                "search_document": "document",
                "classification": None,
                "clustering": None,
            }
        ),
    )
    limits = Limits(documents=1_000, texts=96)

    def rerank_rest(self, asked: Asked, call: RerankCall) -> RerankCall:
        """A long document is read as far as the model reads."""
        asked.count(("max_tokens_per_doc",))
        return call

    def envelope(self, rows: list[dict[str, Any]], answer: RerankAnswer) -> Any:
        """With what is billed: a search is one unit."""
        return {
            "id": answer.usage.request_id,
            "results": rows,
            "meta": _meta(answer.usage, {"search_units": 1}),
        }

    def embed_request(self, call: EmbedCall) -> Request:
        """With the encoding as a list, and always with a kind: a text of none is taken for a document."""
        request = super().embed_request(call if call.kind else replace(call, kind="document"))
        return Request(request.path, {**request.body, "embedding_types": [ENCODINGS[call.base64]]})

    def embed_rest(self, asked: Asked, call: EmbedCall) -> EmbedCall:
        """Vectors are written in one encoding; those of one byte or one bit are not on offer."""
        asked.refuse(("images", "inputs"))
        asked.count(("max_tokens",))
        if asked.choice(("truncate",), ("END", "START", "NONE")) == "START":
            raise asked.fault("truncate: texts are cut at their ends here.")
        types = asked.texts(("embedding_types",)) if asked.has("embedding_types") else ("float",)
        if len(types) != 1 or types[0] not in ENCODINGS:
            raise asked.fault(f"embedding_types must be one of: {', '.join(ENCODINGS)}.")
        return replace(call, base64=types[0] == "base64")

    def embed_result(self, answer: EmbedAnswer, call: EmbedCall) -> Any:
        """Vectors by their encoding, and the texts."""
        return {
            "id": answer.usage.request_id,
            "embeddings": {
                ENCODINGS[call.base64]: [written_vector(vector, call.base64) for vector in answer.vectors]
            },
            "texts": list(call.texts),
            "meta": _meta(answer.usage, {"input_tokens": answer.usage.tokens or 0}),
            "response_type": "embeddings_by_type",
        }

    def error(self, status: int, message: str) -> Any:  # noqa: ARG002 (the status line says it)
        """``{"message": ...}``."""
        return {"message": message}


def _meta(usage: Usage, billed: dict[str, int]) -> dict[str, Any]:
    return {
        "api_version": {"version": "2"},
        "billed_units": billed,
        "tokens": {"input_tokens": usage.tokens or 0, "output_tokens": 0},
    }
