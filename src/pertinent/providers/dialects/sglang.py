"""SGLang's server: a bare list of results, each with its text."""

from __future__ import annotations

from typing import Any

from pertinent.providers.calls import RerankAnswer
from pertinent.providers.dialect import Dialect
from pertinent.providers.fields import Fields
from pertinent.providers.writing import error_type


class SGLang(Dialect):
    """``POST /v1/rerank`` and ``POST /v1/embeddings``."""

    name = "sglang"
    rerank_paths = ("/v1/rerank",)
    embed_paths = ("/v1/embeddings",)
    fields = Fields(instruction=("instruct", "instruction", "task"))
    results = ""
    score = "score"
    with_documents = True

    def shown(self, text: str) -> dict[str, Any]:
        """The text as a string."""
        return {"document": text}

    def envelope(self, rows: list[dict[str, Any]], answer: RerankAnswer) -> Any:  # noqa: ARG002 (results alone)
        """The results alone."""
        return [{"document": None, **row, "meta_info": {}} for row in rows]

    def error(self, status: int, message: str) -> Any:
        """The parts of OpenAI's error without the object around them."""
        return {
            "object": "error",
            "message": message,
            "type": error_type(status),
            "param": None,
            "code": status,
        }
