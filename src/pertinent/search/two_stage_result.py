"""What a search in two stages over documents in memory answers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from pertinent.search.result import Reranked
from pertinent.types import Document, Failover, ModelInfo, Query, Receipt, Score
from pertinent.types.served import served


@dataclass(frozen=True, slots=True)
class Similar:
    """A document that the first stage found.

    Parameters
    ----------
    index : int
        Its place in the list that was given.
    document : Document
        The document, with its id.
    similarity : float
        Cosine of its vector and the query's.
    """

    index: int
    document: Document
    similarity: float


@dataclass(frozen=True, slots=True)
class TwoStageHit:
    """A document in its final place.

    Parameters
    ----------
    rank : int
        Final place, from 1.
    index : int
        Its place in the list that was given.
    document : Document
        The document, with its id.
    similarity : float
        Cosine of its vector and the query's.
    score : Score | None
        The reranker's word; None where it was not asked or did not answer.
    """

    rank: int
    index: int
    document: Document
    similarity: float
    score: Score | None

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "rank": self.rank,
            "index": self.index,
            "id": self.document.id,
            "text": self.document.text,
            "similarity": self.similarity,
            "score": self.score.to_dict() if self.score else None,
        }


@dataclass(frozen=True, slots=True)
class TwoStageResult:
    """Hits, best first, and how they came about.

    Parameters
    ----------
    query : Query
        What was asked.
    hits : tuple[TwoStageHit, ...]
        By margin; behind them by similarity what was not scored.
    reranked : bool | "partial"
        Whether the reranker scored what it should.
    reason : str
        Why not all of it, or why there is nothing.
    timings : dict[str, float]
        Milliseconds of each stage, and ``total_ms``.
    embedder, reranker : ModelInfo | None
        Who did the work; None where nobody did.
    receipts : tuple[Receipt, ...]
        What services took.
    failovers : tuple[Failover, ...]
        Rerankers of a chain that did not answer, and why.
    """

    query: Query
    hits: tuple[TwoStageHit, ...] = ()
    reranked: Reranked = False
    reason: str = ""
    timings: dict[str, float] = field(default_factory=dict)
    embedder: ModelInfo | None = None
    reranker: ModelInfo | None = None
    receipts: tuple[Receipt, ...] = ()
    failovers: tuple[Failover, ...] = ()

    def __len__(self) -> int:
        return len(self.hits)

    def __iter__(self) -> Iterator[TwoStageHit]:
        return iter(self.hits)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        models = {"embedder": self.embedder, "reranker": self.reranker}
        return {
            "query": self.query.text,
            "instruction": self.query.instruction,
            "hits": [hit.to_dict() for hit in self.hits],
            "reranked": self.reranked,
            "reason": self.reason,
            "timings": {name: round(value, 3) for name, value in self.timings.items()},
            "models": {
                kind: {"name": model.name, "revision": model.revision}
                for kind, model in models.items()
                if model
            },
            "served": served(self.receipts, self.failovers),
        }
