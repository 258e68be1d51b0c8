"""Two-stage search: embed -> BM25 and dense lists -> RRF -> reranker -> floor -> per document -> top k."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice

from pertinent.embedders.protocol import TextEmbedder
from pertinent.errors import ModelError, PertinentError
from pertinent.rerankers.protocol import Scorer
from pertinent.search.final import FinalFormula
from pertinent.search.fusion import fuse
from pertinent.search.highlight import best_sentences
from pertinent.search.result import Reranked, SearchOptions, SearchResult
from pertinent.store.protocol import Store
from pertinent.types import Candidate, Hit, Query, Score, Scores

_REPORT = "Report it to whoever provides the reranker."

SLICE = 4
"""Pairs scored between two looks at the clock while a deadline runs."""


class Stopwatch:
    """Milliseconds of each stage since the search began."""

    def __init__(self) -> None:
        self.begun = time.perf_counter()
        self.timings: dict[str, float] = {}

    @property
    def seconds(self) -> float:
        """Since the search began."""
        return time.perf_counter() - self.begun

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time one stage."""
        begun = time.perf_counter()
        try:
            yield
        finally:
            self.timings[f"{name}_ms"] = 1000 * (time.perf_counter() - begun)

    def finish(self) -> dict[str, float]:
        """All stages and the total."""
        return {**self.timings, "total_ms": 1000 * self.seconds}


def search(
    query: Query,
    store: Store,
    embedder: TextEmbedder,
    reranker: Scorer | None,
    formula: FinalFormula,
    options: SearchOptions,
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
    embedder : TextEmbedder
        The embedder the collection was made with.
    reranker : Scorer | None
        None keeps the first-stage order.
    formula : FinalFormula
        The reranker's constants.
    options : SearchOptions
        Depths, deadline, filters.

    Raises
    ------
    FilterError
        If a filter names an unknown field or gives a value of the wrong type.
    """
    watch = Stopwatch()
    text = query.text.strip()
    if not text:
        store.count(options.filters)  # a wrong filter is an error even here
        return SearchResult(query, reason="The query is empty.", timings=watch.finish())
    with watch.stage("embed"):
        vector = embedder.embed_queries([text], query.instruction)[0]
    with watch.stage("first_stage"):
        lists = store.first_stage(text, vector, options.depth, options.filters)
        candidates = fuse(lists)
    head, tail = candidates[: options.rerank_limit], candidates[options.rerank_limit :]
    with watch.stage("rerank"):
        scores, reranked, reason = _score(query, head, reranker, options, watch)
    scored = formula.order(list(zip(head, scores, strict=False)))
    ordered: list[tuple[Candidate, Score | None, float]] = [
        *scored,
        *((c, None, formula.of(c.rrf, None)) for c in (*head[len(scores) :], *tail)),
    ]
    kept = list(islice(_few_per_document(_above_floor(ordered, options), options), options.top_k))
    spans: list[tuple[int, int] | None] = [None] * len(kept)
    if options.deadline is None or watch.seconds < options.deadline:
        with watch.stage("highlight"):
            spans = best_sentences(vector, [candidate.passage for candidate, _, _ in kept], embedder)
    hits = tuple(
        Hit(rank, candidate, score, final, span)
        for rank, ((candidate, score, final), span) in enumerate(zip(kept, spans, strict=True), start=1)
    )
    if not candidates:
        reason = "The collection is empty." if not store.count() else "Nothing passes the filters."
    return SearchResult(
        query,
        hits,
        reranked,
        reason,
        watch.finish(),
        tuple(candidates),
        embedder.model,
        reranker.model if reranker else None,
    )


def _score(
    query: Query,
    head: Sequence[Candidate],
    reranker: Scorer | None,
    options: SearchOptions,
    watch: Stopwatch,
) -> tuple[Scores, Reranked, str]:
    """Scores of the first candidates, as many as time and the reranker allow, and how it went."""
    if reranker is None or options.rerank_limit == 0:
        return (), False, "No reranker was asked for."
    texts = [candidate.passage.content for candidate in head]
    step = len(texts) if options.deadline is None else SLICE
    scores: list[Score] = []
    slowest = 0.0
    reason = ""
    while len(scores) < len(texts):
        if options.deadline is not None and watch.seconds + slowest > options.deadline:
            reason = "The deadline was reached."
            break
        begun = time.perf_counter()
        part = texts[len(scores) : len(scores) + step]
        try:
            given = reranker.score(query.text, part, query.instruction)
            if len(given) != len(part):
                raise ModelError(f"it gave {len(given)} scores for {len(part)} documents.", hint=_REPORT)
            scores.extend(given)
        except PertinentError as error:
            reason = f"The reranker failed: {error.message}"
            break
        except Exception as error:  # whatever a reranker does, a search goes on; its text may hold the query
            reason = f"The reranker failed ({type(error).__name__})."
            break
        slowest = max(slowest, time.perf_counter() - begun)
    if len(scores) == len(texts):
        return tuple(scores), True, ""
    return tuple(scores), "partial" if scores else False, reason


def _above_floor(
    ordered: Iterable[tuple[Candidate, Score | None, float]], options: SearchOptions
) -> Iterator[tuple[Candidate, Score | None, float]]:
    for item in ordered:
        score = item[1]
        if options.floor is None or score is None or score.probability >= options.floor:
            yield item


def _few_per_document(
    ordered: Iterable[tuple[Candidate, Score | None, float]], options: SearchOptions
) -> Iterator[tuple[Candidate, Score | None, float]]:
    count: Counter[str] = Counter()
    for item in ordered:
        document = item[0].passage.document_id
        count[document] += 1
        if count[document] <= options.max_per_document:
            yield item
