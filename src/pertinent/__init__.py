"""Pertinent puts the passage that truly answers the question first.

>>> from pertinent import Reranker
>>> ranking = Reranker().rank("What lowers glucose?", ["It rained.", "Metformin lowers glucose."])
>>> ranking[0].index
1
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from pertinent.errors import PertinentError
from pertinent.types import Document, Hit, Passage, Query, RankedDocument, Ranking, Score

if TYPE_CHECKING:
    from pertinent.embedders.embedder import Embedder
    from pertinent.rerankers.reranker import Reranker
    from pertinent.search.collection import Collection
    from pertinent.search.result import SearchResult
    from pertinent.search.two_stage import TwoStageRetrieval

__all__ = [
    "Collection",
    "Document",
    "Embedder",
    "Hit",
    "Passage",
    "PertinentError",
    "Query",
    "RankedDocument",
    "Ranking",
    "Reranker",
    "Score",
    "SearchResult",
    "TwoStageRetrieval",
]

# These pull in numpy and the engines; they are imported when first asked for.
_LAZY = {
    "Collection": "pertinent.search.collection",
    "Embedder": "pertinent.embedders.embedder",
    "Reranker": "pertinent.rerankers.reranker",
    "SearchResult": "pertinent.search.result",
    "TwoStageRetrieval": "pertinent.search.two_stage",
}


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        return getattr(import_module(_LAZY[name]), name)
    raise AttributeError(f"module 'pertinent' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
