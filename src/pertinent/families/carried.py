"""Names of the models that travel in the package; settings need them, and not all that a family needs."""

CARRIED_EMBEDDER = "pertinent-mini-embedder"
CARRIED_RERANKER = "pertinent-mini-reranker"
