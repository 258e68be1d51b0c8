"""The models that Pertinent knows by name.

A revision is empty here: it is read from the model's folder where the model is present.
"""

from __future__ import annotations

from pertinent.families import bert_embedder, cross_encoder
from pertinent.types import ModelInfo

CARRIED_EMBEDDER = "pertinent-mini-embedder"
CARRIED_RERANKER = "pertinent-mini-reranker"

KNOWN_MODELS: tuple[ModelInfo, ...] = (
    ModelInfo(
        name=CARRIED_EMBEDDER,
        revision="",
        family=bert_embedder.NAME,
        kind="embedder",
        max_tokens=512,
        parameters=22_565_376,
        licence="Apache-2.0",
        dimensions=384,
        description="English sentence vectors (all-MiniLM-L6-v2 in int8), carried in the package",
    ),
    ModelInfo(
        name=CARRIED_RERANKER,
        revision="",
        family=cross_encoder.NAME,
        kind="reranker",
        max_tokens=512,
        parameters=33_360_385,
        licence="Apache-2.0",
        description="English cross-encoder (ms-marco-MiniLM-L-12-v2 in int8), carried in the package",
    ),
)


def known_model(name: str) -> ModelInfo | None:
    """Return what is known of a model of that name.

    Examples
    --------
    >>> known_model("pertinent-mini-reranker").max_tokens
    512
    """
    return next((model for model in KNOWN_MODELS if model.name == name), None)
