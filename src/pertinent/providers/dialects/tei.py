"""text-embeddings-inference: one model a server, bare lists for answers."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

from pertinent.providers.asked import Asked
from pertinent.providers.calls import EmbedAnswer, EmbedCall, Request, RerankAnswer, RerankCall
from pertinent.providers.dialect import Dialect
from pertinent.providers.facts import Limits
from pertinent.providers.fields import EmbedFields, Fields
from pertinent.providers.writing import written_vector

ERROR_TYPES = {400: "Empty", 413: "Validation", 422: "Validation", 424: "Backend", 429: "Overloaded"}


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
    embed_fields = EmbedFields(
        texts=("inputs", "input"),
        model=(),
        encoding=(),
        kind=("prompt_name",),
        kinds=MappingProxyType({"query": "query", "document": "document", "passage": "document"}),
    )
    results = ""
    score = "score"
    truncates = False
    fault_status = 422
    limits = Limits(documents=32, texts=32)

    def rerank_rest(self, asked: Asked, call: RerankCall) -> RerankCall:
        """Texts are cut at their ends."""
        _refuse_left(asked)
        return call

    def shown(self, text: str) -> dict[str, Any]:
        """The text as a string."""
        return {"text": text}

    def envelope(self, rows: list[dict[str, Any]], answer: RerankAnswer) -> Any:  # noqa: ARG002 (results alone)
        """The results alone."""
        return rows

    def embed_request(self, call: EmbedCall) -> Request:
        """Texts are cut where they are too long; a prompt is not named, for not every model has one."""
        request = super().embed_request(EmbedCall(call.texts, call.model, call.dimensions))
        return Request(request.path, {**request.body, "truncate": True})

    def embed_rest(self, asked: Asked, call: EmbedCall) -> EmbedCall:
        """Vectors have length 1."""
        asked.flag(("truncate",))
        _refuse_left(asked)
        if asked.flag(("normalize",)) is False:
            raise asked.fault("normalize: vectors are of length 1 here.")
        return call

    def embed_result(self, answer: EmbedAnswer, call: EmbedCall) -> Any:  # noqa: ARG002 (vectors alone)
        """The vectors alone."""
        return [written_vector(vector, base64=False) for vector in answer.vectors]

    def error(self, status: int, message: str) -> Any:
        """``{"error": ..., "error_type": ...}``."""
        return {
            "error": message,
            "error_type": ERROR_TYPES.get(status, "Backend" if status >= 500 else "Validation"),
        }


def _refuse_left(asked: Asked) -> None:
    if asked.choice(("truncation_direction",), ("Right", "Left", "right", "left")) in {"Left", "left"}:
        raise asked.fault("truncation_direction: texts are cut at their ends here.")
