"""Whether an embedder and a reranker belong together.

Models of one family were trained on like data with like instructions, so the reranker reads what
the embedder finds as it was meant to. Other pairs work; they are told, never refused.
"""

from __future__ import annotations

import logging
from functools import cache

from pertinent.families import bert_embedder, cross_encoder, qwen3_embedding, qwen3_reranker
from pertinent.types import ModelInfo

log = logging.getLogger(__name__)

PAIRS = frozenset(
    {
        (bert_embedder.NAME, cross_encoder.NAME),
        (qwen3_embedding.NAME, qwen3_reranker.NAME),
    }
)
"""Families of embedder and reranker that belong together."""


def same_family(embedder: ModelInfo, reranker: ModelInfo) -> bool:
    """Whether the two belong together.

    Examples
    --------
    >>> from pertinent.families.catalogue import KNOWN_MODELS
    >>> same_family(*KNOWN_MODELS[:2])
    True
    """
    return (embedder.family, reranker.family) in PAIRS


@cache
def warn_of_mixed_pair(embedder: str, reranker: str) -> None:
    """Warn, once in a process, that two models are not of one family."""
    log.warning(
        "The embedder %s and the reranker %s are not of one model family; results may be worse than those of "
        "a matching pair.",
        embedder,
        reranker,
    )
