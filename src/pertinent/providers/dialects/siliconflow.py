"""SiliconFlow, on either of its two addresses."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

from pertinent.providers.asked import Asked
from pertinent.providers.calls import RerankAnswer, RerankCall
from pertinent.providers.dialect import Dialect
from pertinent.providers.fields import INSTRUCTION, Fields


class SiliconFlow(Dialect):
    """``POST /v1/rerank`` and ``POST /v1/embeddings``; documents may be objects with ``text``."""

    name = "siliconflow"
    address = "https://api.siliconflow.com"
    rerank_paths = ("/v1/rerank",)
    embed_paths = ("/v1/embeddings",)
    key_variable = "SILICONFLOW_API_KEY"
    fields = Fields(instruction=INSTRUCTION)
    prices = MappingProxyType(
        {"Qwen/Qwen3-Reranker-0.6B": 0.01, "Qwen/Qwen3-Reranker-4B": 0.02, "Qwen/Qwen3-Reranker-8B": 0.04}
    )

    def rerank_rest(self, asked: Asked, call: RerankCall) -> RerankCall:
        """Chunks are of no use here: a long document is read as far as the model reads."""
        asked.count(("max_chunks_per_doc",))
        asked.count(("overlap_tokens",), least=0)
        return call

    def envelope(self, rows: list[dict[str, Any]], answer: RerankAnswer) -> Any:
        """Tokens stand in both places where clients look for them."""
        tokens = {"input_tokens": answer.usage.tokens or 0, "output_tokens": 0}
        return {"id": answer.usage.request_id, "results": rows, "tokens": tokens, "meta": {"tokens": tokens}}

    def error(self, status: int, message: str) -> Any:
        """``{"code": ..., "message": ..., "data": null}``."""
        return {"code": status, "message": message, "data": None}


class SiliconFlowChina(SiliconFlow):
    """The same on its address in China; keys of one are not known to the other."""

    name = "siliconflow-cn"
    mount = "siliconflow"
    address = "https://api.siliconflow.cn"
