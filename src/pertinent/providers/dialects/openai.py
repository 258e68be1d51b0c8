"""OpenAI's embeddings, which most others follow."""

from __future__ import annotations

from pertinent.providers.dialect import Dialect
from pertinent.providers.facts import Limits


class OpenAI(Dialect):
    """``POST /v1/embeddings``; it has no reranking."""

    name = "openai"
    address = "https://api.openai.com"
    embed_paths = ("/v1/embeddings",)
    key_variable = "OPENAI_API_KEY"
    limits = Limits(texts=2_048)
