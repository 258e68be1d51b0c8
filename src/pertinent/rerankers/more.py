"""What follows from scoring and ranking for one query: pairs, several queries, and async variants."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence, Sized
from typing import Any

from pertinent.errors import UsageError
from pertinent.rerankers.documents import RankInput
from pertinent.rerankers.ordering import Prune
from pertinent.types import Progress, Ranking, Score, Scores


class MoreQuestions(ABC):
    """The part of ``Reranker`` that is made of its ``score`` and ``rank``."""

    @abstractmethod
    def score(
        self,
        query: str,
        documents: Sequence[str],
        instruction: str | None = None,
        *,
        progress: Progress | None = None,
    ) -> Scores:
        """Score each document of one query."""

    @abstractmethod
    def rank(
        self,
        query: str,
        documents: Sequence[RankInput],
        *,
        instruction: str | None = None,
        top_k: int | None = None,
        threshold: float | None = None,
        prune: Prune = None,
        progress: Progress | None = None,
    ) -> Ranking:
        """Rank the documents of one query."""

    def scores(
        self,
        pairs: Sequence[tuple[str, str]],
        instruction: str | None = None,
        *,
        progress: Progress | None = None,
    ) -> Scores:
        """Score pairs of query and document: one score each, in their order.

        Pairs of the same query share its part of the prompt.

        Raises
        ------
        UsageError
            If something given is no pair of strings.

        Examples
        --------
        >>> from pertinent import Reranker
        >>> good, poor = Reranker().scores([("glucose?", "It lowers glucose."), ("glucose?", "It rained.")])
        >>> good.margin > poor.margin
        True
        """
        if not _are_pairs(pairs):
            raise UsageError(
                "The pairs are no list of pairs of strings.", hint="Give a list of (query, document)."
            )
        places: dict[str, list[int]] = {}
        for place, (query, _) in enumerate(pairs):
            places.setdefault(query, []).append(place)
        found: dict[int, Score] = {}
        for query, own in places.items():
            done = len(found)
            report = (lambda n, _, done=done: progress(done + n, len(pairs))) if progress else None
            scores = self.score(query, [pairs[place][1] for place in own], instruction, progress=report)
            found.update(zip(own, scores, strict=True))
        return tuple(found[place] for place in range(len(pairs)))

    def rank_many(
        self,
        queries: Sequence[str],
        documents_per_query: Sequence[Sequence[RankInput]],
        *,
        instruction: str | None = None,
        top_k: int | None = None,
        threshold: float | None = None,
        prune: Prune = None,
        progress: Progress | None = None,
    ) -> list[Ranking]:
        """Rank documents of several queries; what the prompts share is computed once.

        Parameters
        ----------
        queries : Sequence[str]
            The questions.
        documents_per_query : Sequence[Sequence]
            The documents of each, as for ``rank``.
        instruction, top_k, threshold, prune
            As for ``rank``.
        progress : Callable[[int, int], None] | None
            Called with (documents done, documents in all).

        Raises
        ------
        UsageError
            If there is not one list of documents for each query, or as for ``rank``.
        """
        if not _are_lists(queries, documents_per_query):
            raise UsageError("Each query needs one list of documents.", hint="Give two lists of one length.")
        total = sum(map(len, documents_per_query))
        rankings = []
        done = 0
        for query, documents in zip(queries, documents_per_query, strict=True):
            report = (lambda n, _, done=done: progress(done + n, total)) if progress else None
            rankings.append(
                self.rank(
                    query,
                    documents,
                    instruction=instruction,
                    top_k=top_k,
                    threshold=threshold,
                    prune=prune,
                    progress=report,
                )
            )
            done += len(documents)
        return rankings

    async def ascore(self, query: str, documents: Sequence[str], instruction: str | None = None) -> Scores:
        """Score without holding up the event loop (see ``score``)."""
        return await asyncio.to_thread(self.score, query, documents, instruction)

    async def ascores(self, pairs: Sequence[tuple[str, str]], instruction: str | None = None) -> Scores:
        """Score pairs without holding up the event loop (see ``scores``)."""
        return await asyncio.to_thread(self.scores, pairs, instruction)

    async def arank(self, query: str, documents: Sequence[RankInput], **options: Any) -> Ranking:
        """Rank without holding up the event loop; options as for ``rank``."""
        return await asyncio.to_thread(self.rank, query, documents, **options)

    async def arank_many(
        self, queries: Sequence[str], documents_per_query: Sequence[Sequence[RankInput]], **options: Any
    ) -> list[Ranking]:
        """Rank for several queries without holding up the event loop; options as for ``rank_many``."""
        return await asyncio.to_thread(self.rank_many, queries, documents_per_query, **options)


def _are_pairs(given: object) -> bool:
    return (
        isinstance(given, Sequence)
        and not isinstance(given, str | bytes)
        and all(
            isinstance(pair, tuple | list) and len(pair) == 2 and all(isinstance(text, str) for text in pair)
            for pair in given
        )
    )


def _are_lists(queries: object, documents_per_query: object) -> bool:
    """Whether these are two lists of one length, the second of lists."""
    return (
        isinstance(queries, Sized)
        and not isinstance(queries, str | bytes)
        and isinstance(documents_per_query, Sized)
        and isinstance(documents_per_query, Iterable)
        and len(queries) == len(documents_per_query)
        and all(isinstance(documents, Sized) for documents in documents_per_query)
    )
