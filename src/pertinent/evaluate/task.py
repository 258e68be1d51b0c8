"""What is evaluated on: queries with judgements, and documents to search or candidates to order."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

from pertinent.types import Document

Judgements: TypeAlias = Mapping[str, Mapping[str, int]]
"""Grade of a document for a query; above 0 is relevant, what is not there counts as 0."""

Kind: TypeAlias = Literal["retrieval", "candidates", "memory", "screening"]

SCOPE = "scope"
"""Metadata field of documents that only some queries may find."""

DEFAULT_METRICS: Mapping[Kind, tuple[str, ...]] = {
    "retrieval": ("nDCG@10", "P@5", "MAP", "MRR@10", "R@100"),
    "candidates": ("nDCG@10", "P@5", "MAP", "MRR@10"),
    "memory": ("R@5", "R@10", "nDCG@10", "MRR@10"),
    "screening": ("WSS@95", "MAP", "R@100"),
}
"""Measured where nothing else is asked for."""


@dataclass(frozen=True, slots=True)
class GivenCandidate:
    """A text that came with a query, in the order of some first stage."""

    document_id: str
    text: str
    score: float | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """One judged set.

    Parameters
    ----------
    name, split : str
        What it is called in results.
    kind : {"retrieval", "candidates", "memory", "screening"}
        Decides which metrics are usual, and that a screening ranks every document.
    queries : Mapping[str, str]
        Texts of the judged queries, by id.
    judgements : Mapping[str, Mapping[str, int]]
        Grades, for every query.
    data_hash : str
        Hash of everything above and below that results depend on; equal hashes mean equal tasks.
    documents : Callable[[], Iterator[Document]] | None
        Reads the documents to search, anew at each call; None where candidates are given.
    candidates : Mapping[str, tuple[GivenCandidate, ...]] | None
        Given candidates of each query, best first; None where documents are searched.
    groups : Mapping[str, str]
        Group of a query, such as the type of its question; results are told for each group as well.
    scopes : Mapping[str, str]
        A query that stands here finds only documents whose metadata field ``scope`` has this value.
    language : str
        Stop words and stemmer of BM25, as for ``pertinent index``.
    without_self : bool
        A query does not find the document that has its own id: in ArguAna and Quora queries stand in the
        corpus.
    path : str
        The path or name that was asked for; a repeat looks there.

    Examples
    --------
    >>> task = Task("tiny", "test", "retrieval", {"q": "who?"}, {"q": {"d": 1}}, "hash",
    ...             documents=lambda: iter([Document("d", "He.")]))
    >>> task.metrics[0]
    'nDCG@10'
    """

    name: str
    split: str
    kind: Kind
    queries: Mapping[str, str]
    judgements: Judgements
    data_hash: str
    documents: Callable[[], Iterator[Document]] | None = None
    candidates: Mapping[str, tuple[GivenCandidate, ...]] | None = None
    groups: Mapping[str, str] = field(default_factory=dict)
    scopes: Mapping[str, str] = field(default_factory=dict)
    language: str = "english"
    without_self: bool = False
    path: str = ""

    @property
    def metrics(self) -> tuple[str, ...]:
        """Metrics that are usual for sets of this kind."""
        return DEFAULT_METRICS[self.kind]

    def sample(self, queries: int | None) -> Task:
        """The task with at most so many of its queries: those whose ids have the smallest hashes.

        The choice depends on nothing but the ids, so it is the same everywhere.
        """
        if queries is None or queries >= len(self.queries):
            return self
        chosen = set(sorted(self.queries, key=lambda q: hashlib.sha256(q.encode()).hexdigest())[:queries])
        return replace(self, queries={q: text for q, text in self.queries.items() if q in chosen})
