"""text-embeddings-inference: one model a server, bare lists for answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pertinent.providers.asked import Asked
from pertinent.providers.calls import EmbedAnswer, EmbedCall, Request, RerankAnswer
from pertinent.providers.dialect import Dialect, Fields, Limits, written

PROMPTS = {"query": "query", "document": "document", "passage": "document"}


class TextEmbeddingsInference(Dialect):
    """``POST /rerank``, ``/embed`` and ``/``."""

    name = "tei"
    rerank_paths = ("/rerank",)
    embed_paths = ("/embed", "/")
    fields = Fields(
        documents=("texts", "documents", "passages", "input"),
        model=(),
        limit=(),
        with_documents=("return_text", "return_documents"),
        raw_scores=("raw_scores",),
        truncate=("truncate",),
    )
    results = ""
    score = "score"
    truncates = False
    fault_status = 422
    limits = Limits(documents=32, texts=32)

    def read_more(self, asked: Asked) -> None:
        """Queries and documents are cut at their ends by every model here."""
        if asked.choice(("truncation_direction",), ("Right", "Left", "right", "left")) in {"Left", "left"}:
            raise asked.fault("truncation_direction: texts are cut at their right ends here.")

    def shown(self, text: str) -> dict[str, Any]:
        """The text by itself."""
        return {"text": text}

    def envelope(self, rows: list[dict[str, Any]], answer: RerankAnswer) -> Any:  # noqa: ARG002
        """The results alone."""
        return rows

    def embed_request(self, call: EmbedCall) -> Request:
        """Texts are cut where they are too long; the service refuses them otherwise."""
        body: dict[str, Any] = {"inputs": list(call.texts), "truncate": True}
        if call.dimensions is not None:
            body["dimensions"] = call.dimensions
        return Request(self.path(self.embed_paths, call.model), body)

    def embed_call(self, body: Mapping[str, Any], model: str = "") -> EmbedCall:
        """A prompt by name says which of the two a text is."""
        asked = Asked(body, self.fault_status)
        texts, _ = asked.texts(("inputs", "input"))
        kind = asked.choice(("prompt_name",), PROMPTS)
        asked.flag(("truncate",))
        self.read_more(asked)
        if asked.flag(("normalize",)) is False:
            raise asked.fault("normalize: vectors are of length 1 here.")
        return EmbedCall(texts, model, asked.count(("dimensions",)), PROMPTS[kind] if kind else None)

    def embed_result(self, answer: EmbedAnswer, call: EmbedCall) -> Any:  # noqa: ARG002
        """The vectors alone."""
        return [written(vector, False) for vector in answer.vectors]

    def error(self, status: int, message: str) -> Any:
        """``{"error": ..., "error_type": ...}``."""
        words = {
            400: "Empty",
            413: "Validation",
            422: "Validation",
            424: "Backend",
            429: "Overloaded",
            503: "Unhealthy",
        }
        return {
            "error": message,
            "error_type": words.get(status, "Backend" if status >= 500 else "Validation"),
        }
