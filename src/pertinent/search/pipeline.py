"""Two-stage search: embed -> BM25 and dense lists -> RRF -> reranker -> floor -> per document -> top k."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import TypeAlias

import numpy as np

from pertinent.embedders.protocol import TextEmbedder, Vectors
from pertinent.providers.account import accounting
from pertinent.rerankers.chain import answered, constants_of
from pertinent.rerankers.protocol import Scorer
from pertinent.search.final import FinalFormula
from pertinent.search.fusion import best_rrf, fuse
from pertinent.search.highlight import best_sentences
from pertinent.search.pairing import same_family, warn_of_mixed_pair
from pertinent.search.reranking import score_head
from pertinent.search.result import SearchOptions, SearchResult
from pertinent.store.protocol import Store
from pertinent.types import Candidate, Hit, Passage, Progress, Query, Score

HIGHLIGHT_SHARE = 0.1
"""Share of a deadline that the reranker leaves for finding the best sentences."""

Ordered: TypeAlias = tuple[Candidate, Score | None, float]
"""A candidate, its score where it has one, and its ``final``."""


class Stopwatch:
    """Milliseconds of each stage since the search began.

    Parameters
    ----------
    look : Callable[[], None] | None
        Called whenever somebody looks at the watch, which is often; what it raises ends the search.
    """

    def __init__(self, look: Callable[[], None] | None = None) -> None:
        self._look = look
        self.begun = time.perf_counter()
        self.timings: dict[str, float] = {}

    @property
    def seconds(self) -> float:
        """Since the search began."""
        if self._look is not None:
            self._look()
        return time.perf_counter() - self.begun

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time one stage."""
        begun = self.seconds
        yield
        self.timings[f"{name}_ms"] = 1000 * (self.seconds - begun)

    def finish(self) -> dict[str, float]:
        """All stages and the total."""
        return {**self.timings, "total_ms": 1000 * self.seconds}


def search(
    query: Query,
    store: Store,
    embedder: TextEmbedder | None,
    reranker: Scorer,
    options: SearchOptions,
    watch: Stopwatch | None = None,
    progress: Progress | None = None,
) -> SearchResult:
    """Answer one query.

    A reranker that fails or runs out of time never fails the search: the head that it scored comes
    ordered by ``final``, the rest follows in first-stage order, and the result says so.

    Parameters
    ----------
    query : Query
        Question and instruction.
    store : Store
        The collection to look in.
    embedder : TextEmbedder | None
        The embedder the collection was made with; None finds by words alone.
    reranker : Scorer
        Asked unless ``options.reranked_at_most`` is 0.
    options : SearchOptions
        Depths, deadline, filters.
    watch : Stopwatch | None
        Started before the collection was opened; None starts one now.
    progress : Callable[[int, int], None] | None
        Called with (candidates reranked, candidates to be reranked).

    Raises
    ------
    FilterError
        If a filter names an unknown field or gives a value of the wrong type.
    ModelError
        If reranking is required, and not all candidates that should be were reranked.
    """
    watch = watch or Stopwatch()
    text = query.text.strip()
    if not text:
        store.count(options.filters)  # a wrong filter is an error even here
        return SearchResult(query, reason="The query is empty.", timings=watch.finish())
    with accounting() as account:
        with watch.stage("embed"):
            if embedder is None:
                vector = np.zeros(store.manifest.embedder.dimensions, np.float32)  # near to nothing
            else:
                vector = embedder.embed_queries([text], query.instruction)[0]
        with watch.stage("first_stage"):
            lists = store.first_stage(text, vector, options.depth, options.filters)
            candidates = fuse(lists, constant=options.rrf_constant)
        with watch.stage("rerank"):
            head = candidates[: options.reranked_at_most]
            texts = [candidate.passage.content for candidate in head]
            end = None if options.deadline is None else options.deadline * (1 - HIGHLIGHT_SHARE)
            scores, reranked, reason = score_head(
                query,
                texts,
                reranker,
                end,
                lambda: watch.seconds,
                required=options.rerank == "required",
                progress=progress,
            )
    judge = answered(reranker, scores)
    mixed = False
    if embedder is not None and options.reranked_at_most > 0 and not same_family(embedder.model, judge):
        mixed = True
        warn_of_mixed_pair(embedder.model.name, judge.name)
    formula = FinalFormula.from_constants(constants_of(reranker, scores))
    best = best_rrf(options.rrf_constant)
    scored = formula.order(list(zip(candidates, scores, strict=False)), best)
    ordered: list[Ordered] = [
        *scored,
        *((c, None, formula.of(c.rrf, None, best)) for c in candidates[len(scores) :]),
    ]
    above = _above_floor(ordered, options.floor)
    kept = list(islice(_few_per_document(above, options.max_per_document), options.top_k))
    with watch.stage("highlight"):
        passages = [candidate.passage for candidate, _, _ in kept]
        spans: list[tuple[int, int] | None] = [None] * len(kept)
        if embedder is not None:
            spans = _highlight(vector, passages, embedder, options, watch)
    hits = tuple(
        Hit(rank, candidate, score, final, span)
        for rank, ((candidate, score, final), span) in enumerate(zip(kept, spans, strict=True), start=1)
    )
    if not candidates:
        reason = "Nothing passes the filters." if store.count() else "The collection is empty."
    elif not hits:
        reason = "No candidate reached the floor."
    return SearchResult(
        query,
        hits,
        reranked,
        reason,
        watch.finish(),
        tuple(candidates),
        None if embedder is None else embedder.model,
        judge,
        mixed,
        tuple(account.receipts),
        tuple(account.failovers),
    )


def _highlight(
    vector: Vectors,
    passages: Sequence[Passage],
    embedder: TextEmbedder,
    options: SearchOptions,
    watch: Stopwatch,
) -> list[tuple[int, int] | None]:
    """Best sentence of each hit; under a deadline of the first hits, as far as time allows."""
    if options.deadline is None:
        return best_sentences(vector, passages, embedder)
    spans: list[tuple[int, int] | None] = []
    slowest = 0.0
    for passage in passages:
        begun = watch.seconds
        if begun + slowest > options.deadline:
            break
        spans += best_sentences(vector, [passage], embedder)
        slowest = max(slowest, watch.seconds - begun)
    return spans + [None] * (len(passages) - len(spans))


def _above_floor(ordered: Sequence[Ordered], floor: float | None) -> Iterable[Ordered]:
    """What reaches the floor; all, where nothing was scored and so nothing can be told."""
    if floor is None or all(score is None for _, score, _ in ordered):
        return ordered
    return (item for item in ordered if item[1] is not None and item[1].probability >= floor)


def _few_per_document(ordered: Iterable[Ordered], most: int) -> Iterator[Ordered]:
    count: Counter[str] = Counter()
    for item in ordered:
        document = item[0].passage.document_id
        count[document] += 1
        if count[document] <= most:
            yield item
