"""What rerankers take for a query, told apart from what the score cache had ready."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from pertinent.engine.identity import tokens_of
from pertinent.evaluate.result import Effort
from pertinent.rerankers.protocol import Scorer, checked
from pertinent.rerankers.score_cache import ScoreCache
from pertinent.types import ModelInfo, Progress, Score, Scores

PRICE = "price_per_million_tokens"
"""Attribute of a reranker that costs money."""


class CountingCache(ScoreCache):
    """A score cache that tells how much it had."""

    hits = 0

    def find(self, keys: Sequence[bytes], model: ModelInfo) -> dict[bytes, Score]:
        """Scores of those keys that are known (see ``ScoreCache.find``)."""
        found = super().find(keys, model)
        self.hits += len(found)
        return found


@dataclass(slots=True)
class Judge:
    """A reranker under evaluation, with what it took so far.

    Parameters
    ----------
    scorer : Scorer
        What scores.
    caches : Sequence[CountingCache]
        Where its scores may come from; none for one that is asked every time.
    """

    scorer: Scorer
    caches: Sequence[CountingCache] = ()
    _seconds: list[float] = field(default_factory=list)
    _documents: list[int] = field(default_factory=list)
    _tokens: list[int] = field(default_factory=list)

    def score(
        self,
        query: str,
        documents: Sequence[str],
        instruction: str | None,
        before: float | None,
        progress: Progress | None = None,
    ) -> Scores:
        """Score one query's candidates.

        Parameters
        ----------
        before : float | None
            Seconds that its first stage took, which count as the stage's own.
        progress : Callable[[int, int], None] | None
            Called with (documents done, documents in all).
        """
        hits = sum(cache.hits for cache in self.caches)
        begun = time.perf_counter()
        scores = checked(self.scorer.score(query, documents, instruction, progress=progress), documents)
        seconds = time.perf_counter() - begun
        if documents and sum(cache.hits for cache in self.caches) == hits:
            self._seconds.append(seconds + (before or 0.0))
        self._documents.append(len(documents))
        tokens = tokens_of(self.scorer, query, documents, instruction, scores)
        if tokens is not None:
            self._tokens.append(tokens)
        return scores

    @property
    def effort(self) -> Effort:
        """What the queries so far took."""
        price = getattr(self.scorer, PRICE, None)
        tokens = float(np.mean(self._tokens)) if self._tokens else None
        return timed(
            self._seconds,
            documents=float(np.mean(self._documents)) if self._documents else None,
            tokens=tokens,
            cost=None if price is None or tokens is None else price * tokens / 1e6,
        )


def timed(
    seconds: Sequence[float],
    *,
    documents: float | None = None,
    tokens: float | None = None,
    cost: float | None = None,
) -> Effort:
    """Effort of queries that took so long.

    Examples
    --------
    >>> timed([1.0, 2.0, 3.0]).seconds_median
    2.0
    """
    if not seconds:
        return Effort(0, None, None, documents, tokens, cost)
    return Effort(
        len(seconds),
        float(np.median(seconds)),
        float(np.percentile(seconds, 95)),
        documents,
        tokens,
        cost,
    )
