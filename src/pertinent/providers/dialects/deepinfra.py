"""DeepInfra: the model stands in the path, scores come by position; embeddings as OpenAI has them."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

from pertinent.providers.asked import Asked
from pertinent.providers.calls import RerankAnswer, RerankCall
from pertinent.providers.dialect import Dialect
from pertinent.providers.facts import Limits
from pertinent.providers.fields import INSTRUCTION, Fields


class DeepInfra(Dialect):
    """``POST /v1/inference/{model}`` and ``POST /v1/openai/embeddings``."""

    name = "deepinfra"
    address = "https://api.deepinfra.com"
    rerank_paths = ("/v1/inference/{model}",)
    embed_paths = ("/v1/openai/embeddings",)
    key_variable = "DEEPINFRA_TOKEN"
    fields = Fields(
        query=("queries", "query"), model=(), instruction=INSTRUCTION, limit=(), with_documents=()
    )
    results = "scores"
    sorted = False
    paired = True
    fault_status = 422
    limits = Limits(pair_tokens=32_768)
    prices = MappingProxyType({"Qwen/Qwen3-Reranker-0.6B": 0.010, "Qwen/Qwen3-Reranker-8B": 0.050})

    def rerank_rest(self, asked: Asked, call: RerankCall) -> RerankCall:
        """A webhook would have to be called later, which no server here does."""
        asked.text(("service_tier",))
        asked.refuse(("webhook",))
        return call

    def rerank_result(self, answer: RerankAnswer, call: RerankCall) -> Any:  # noqa: ARG002 (scores alone)
        """Scores by position, with what the call cost."""
        usage = answer.usage
        return {
            "scores": [item.score for item in sorted(answer.ranked, key=lambda item: item.index)],
            "input_tokens": usage.tokens or 0,
            "request_id": usage.request_id,
            "inference_status": {
                "status": "succeeded",
                "runtime_ms": None,  # not known here
                "cost": usage.cost or 0.0,
                "tokens_generated": 0,
                "tokens_input": usage.tokens or 0,
                "output_length": 0,
            },
        }

    def error(self, status: int, message: str) -> Any:  # noqa: ARG002 (the status line says it)
        """``{"detail": {"error": ...}}``."""
        return {"detail": {"error": message}}
