"""Reciprocal rank fusion of the dense and the BM25 list, and removal of doubles.

Source: Cormack, Clarke and Büttcher, "Reciprocal Rank Fusion outperforms Condorcet and individual
Rank Learning Methods", SIGIR 2009, with its constant 60. (Qdrant's own default is 2; fusing here
keeps both ranks and scores of every candidate.)
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from pertinent.types import Candidate, FirstStage, Found, Passage, content_hash

RRF_CONSTANT = 60


def best_rrf(constant: int = RRF_CONSTANT) -> float:
    """What a passage at the head of both lists gets.

    Examples
    --------
    >>> best_rrf(constant=1)
    1.0
    """
    return 2 / (constant + 1)


RRF_BEST = best_rrf()


def fuse(
    first_stage: FirstStage, *, constant: int = RRF_CONSTANT, keep_doubles: bool = False
) -> list[Candidate]:
    """Merge both lists into candidates, best first.

    ``rrf`` is the sum of ``1 / (constant + rank)`` over the lists a passage stands in, ranks from 1.
    Equal sums are ordered by dense rank, then BM25 rank. Passages with the same content as an
    earlier one are left out.

    Parameters
    ----------
    first_stage : FirstStage
        Both lists, best first.
    constant : int
        The literature's 60 damps the weight of the first places.
    keep_doubles : bool
        Keep passages with the same content: where documents are judged one by one, each counts.

    Returns
    -------
    list[Candidate]
        Candidates with ranks from 1.

    Examples
    --------
    >>> a, b = Passage("a", "1", "x"), Passage("b", "2", "y")
    >>> lists = FirstStage(dense=(Found(a, 0.9), Found(b, 0.8)), bm25=(Found(b, 7.0),))
    >>> [(c.passage.id, c.rank, c.dense_rank, c.bm25_rank) for c in fuse(lists)]
    [('b', 1, 2, 1), ('a', 2, 1, None)]
    """
    passages: dict[str, Passage] = {}
    dense = _ranked(first_stage.dense, passages)
    bm25 = _ranked(first_stage.bm25, passages)
    candidates = []
    for key, passage in passages.items():
        ranks = (dense.get(key, (None, None)), bm25.get(key, (None, None)))
        rrf = sum(1 / (constant + rank) for rank, _ in ranks if rank is not None)
        (dense_rank, dense_score), (bm25_rank, bm25_score) = ranks
        candidates.append(Candidate(passage, rrf, 0, dense_rank, dense_score, bm25_rank, bm25_score))
    last = len(passages) + 1
    candidates.sort(key=lambda c: (-c.rrf, c.dense_rank or last, c.bm25_rank or last))
    kept = candidates if keep_doubles else _without_doubles(candidates)
    return [replace(c, rank=rank) for rank, c in enumerate(kept, start=1)]


def content_key(passage: Passage) -> str:
    """What passages with the same content share, letter case and white space aside.

    Examples
    --------
    >>> content_key(Passage("a", "1", "Rain  falls.")) == content_key(Passage("b", "2", "rain falls."))
    True
    """
    return content_hash(" ".join(passage.content.casefold().split()))


def _ranked(found: Iterable[Found], passages: dict[str, Passage]) -> dict[str, tuple[int, float]]:
    ranked: dict[str, tuple[int, float]] = {}
    for rank, item in enumerate(found, start=1):
        passages.setdefault(item.passage.id, item.passage)
        ranked.setdefault(item.passage.id, (rank, item.score))
    return ranked


def _without_doubles(candidates: Iterable[Candidate]) -> Iterable[Candidate]:
    seen: set[str] = set()
    for candidate in candidates:
        key = content_key(candidate.passage)
        if key not in seen:
            seen.add(key)
            yield candidate
