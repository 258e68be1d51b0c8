"""vLLM's server: ``/rerank`` for one query, ``/score`` for pairs."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

from pertinent.providers.asked import Asked
from pertinent.providers.calls import Request, RerankAnswer, RerankCall
from pertinent.providers.dialect import Dialect
from pertinent.providers.fields import Fields
from pertinent.providers.writing import token_counts


class _Vllm(Dialect):
    """What both have in common; a request for margins is one not to activate them."""

    name = "vllm"
    key_variable = "VLLM_API_KEY"
    activation = ("use_activation", "activation", "softmax")

    def rerank_request(self, call: RerankCall) -> Request:
        """Texts are cut to what the model reads; the server refuses them otherwise."""
        request = super().rerank_request(replace(call, raw_scores=False))
        words: dict[str, Any] = {"truncate_prompt_tokens": -1}
        if call.raw_scores:
            words["use_activation"] = False
        return Request(request.path, {**request.body, **words})

    def rerank_rest(self, asked: Asked, call: RerankCall) -> RerankCall:
        """Limits of tokens are the server's own here, and no request goes before others."""
        asked.count(("truncate_prompt_tokens",), least=-1)
        asked.count(("max_tokens_per_doc",), least=0)
        asked.count(("max_tokens_per_query",), least=0)
        asked.refuse(("mm_processor_kwargs",))
        return replace(call, raw_scores=asked.flag(self.activation) is False)


class Vllm(_Vllm):
    """``POST /rerank`` under three paths, and ``POST /v1/embeddings``."""

    name = "vllm"
    rerank_paths = ("/rerank", "/v1/rerank", "/v2/rerank")
    embed_paths = ("/v1/embeddings",)
    fields = Fields(with_documents=())
    with_documents = True
    least_limit = 0


class VllmScore(_Vllm):
    """``POST /score``: one query for all documents, or one for each; scores in their order."""

    name = "vllm-score"
    mount = "vllm"
    rerank_paths = ("/score", "/v1/score")
    fields = Fields(
        query=("text_1", "queries", "query", "data_1"),
        documents=("text_2", "documents", "items", "data_2", "passages", "texts", "input"),
        limit=(),
        with_documents=(),
    )
    results = "data"
    score = "score"
    sorted = False
    paired = True
    lone_document = True

    def envelope(self, rows: list[dict[str, Any]], answer: RerankAnswer) -> Any:
        """As OpenAI lists things."""
        return {
            "id": answer.usage.request_id,
            "object": "list",
            "created": int(time.time()),
            "model": answer.model,
            "data": [{**row, "object": "score"} for row in rows],
            "usage": token_counts(answer.usage),
        }
