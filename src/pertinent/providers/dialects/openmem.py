"""OpenMem: its key is called a token."""

from __future__ import annotations

from pertinent.providers.asked import Asked
from pertinent.providers.calls import RerankCall
from pertinent.providers.dialect import Dialect
from pertinent.providers.fields import Fields


class OpenMem(Dialect):
    """``POST /api/openmem/v1/rerank``."""

    name = "openmem"
    address = "https://memos.memtensor.cn"
    rerank_paths = ("/api/openmem/v1/rerank",)
    key_variable = "MEMOS_API_KEY"
    key_scheme = "Token"
    fields = Fields(with_documents=())

    def rerank_rest(self, asked: Asked, call: RerankCall) -> RerankCall:
        """Whose memories they are does not matter to a score."""
        asked.text(("user_id",))
        return call
