"""How each kind of model reads texts and runs those of many requests at once.

A carried model's texts are read into ids before they queue, and pairs of all requests run in common batches.
Of another model only the documents of one query run together: its engine shares the prompt before them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, Protocol

import numpy as np

from pertinent.embedders.local import LocalEmbedder
from pertinent.embedders.protocol import TextEmbedder
from pertinent.embedders.remote import RemoteEmbedder
from pertinent.engine.identity import tokens_of
from pertinent.families.tokens import TokenIds
from pertinent.rerankers.local import LocalReranker
from pertinent.rerankers.protocol import Scorer, checked
from pertinent.rerankers.read_pairs import ReadPair
from pertinent.rerankers.remote import RemoteReranker

COMMON_BATCH = 16_384
"""Tokens of a common batch: enough that texts of equal length find each other."""

GROUP = 16
"""Documents of one query that run together, where only those can."""

REMOTE_CALLS = 8
"""Groups at a time where a service does the work."""

CHARACTERS_PER_TOKEN = 4
"""For the cost of texts that are not read before they queue; turns need no better."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a request has scored or embedded.

    Parameters
    ----------
    texts : tuple[str, ...]
        Documents, or texts to embed.
    queries : tuple[str, ...]
        One, or one for each document; none where texts are embedded.
    instruction : str | None
        For models that read one.
    as_queries : bool
        Whether texts are embedded as questions.
    """

    texts: tuple[str, ...]
    queries: tuple[str, ...] = ()
    instruction: str | None = None
    as_queries: bool = False


@dataclass(frozen=True, slots=True)
class Read:
    """A request ready to queue.

    Parameters
    ----------
    items : Sequence
        What is run.
    costs, sizes : Sequence[int]
        Tokens of each item, and how many texts it holds.
    tokens : int | None
        That the model will read, as it counts them; None where it does not tell.
    known : Mapping[int, Any]
        Results that need no running, by the place of their text.
    """

    items: Sequence[Any]
    costs: Sequence[int]
    sizes: Sequence[int]
    tokens: int | None
    known: Mapping[int, Any] = field(default_factory=dict)


class Runner(Protocol):
    """How one kind of model reads and runs."""

    batch_tokens: int
    threads: int

    def read(self, wanted: Wanted) -> Read:
        """Make items of a request."""
        ...

    def run(self, items: Sequence[Any]) -> Sequence[Sequence[Any]]:
        """Results of each item: one for each of its texts."""
        ...


class CarriedReranker:
    """Pairs of all requests in common batches."""

    batch_tokens = COMMON_BATCH
    threads = 2

    def __init__(self, reranker: LocalReranker) -> None:
        self._reranker = reranker

    def read(self, wanted: Wanted) -> Read:
        """Token ids of each pair."""
        if len(wanted.queries) == 1:
            pairs = self._reranker.read(wanted.queries[0], wanted.texts)
        else:
            each = zip(wanted.queries, wanted.texts, strict=True)
            pairs = tuple(chain.from_iterable(self._reranker.read(query, [text]) for query, text in each))
        costs = [pair.tokens for pair in pairs]
        return Read(pairs, costs, [1] * len(pairs), sum(costs))

    def run(self, items: Sequence[ReadPair]) -> Sequence[Sequence[Any]]:
        """One score each."""
        return [(score,) for score in checked(self._reranker.score_read(items), items)]


class AnyReranker:
    """Documents of one query together, some at a time."""

    batch_tokens = 1

    def __init__(self, scorer: Scorer) -> None:
        self._scorer = scorer
        self.threads = REMOTE_CALLS if isinstance(scorer, RemoteReranker) else 1

    def read(self, wanted: Wanted) -> Read:
        """Groups of documents, each with its query."""
        queries = wanted.queries if len(wanted.queries) > 1 else wanted.queries * len(wanted.texts)
        groups: list[tuple[str, list[str], str | None]] = []
        for query, text in zip(queries, wanted.texts, strict=True):
            if not groups or groups[-1][0] != query or len(groups[-1][1]) == GROUP:
                groups.append((query, [], wanted.instruction))
            groups[-1][1].append(text)
        costs = [sum(_guessed(query + text) for text in texts) for query, texts, _ in groups]
        counts = [
            tokens_of(self._scorer, query, texts, wanted.instruction, None) for query, texts, _ in groups
        ]
        known = [count for count in counts if count is not None]
        tokens = sum(known) if len(known) == len(counts) else None
        return Read(groups, costs, [len(texts) for _, texts, _ in groups], tokens)

    def run(self, items: Sequence[tuple[str, list[str], str | None]]) -> Sequence[Sequence[Any]]:
        """The scores of each group."""
        return [checked(self._scorer.score(query, texts, told), texts) for query, texts, told in items]


class CarriedEmbedder:
    """Texts of all requests in common batches."""

    batch_tokens = COMMON_BATCH
    threads = 2

    def __init__(self, embedder: LocalEmbedder) -> None:
        self._embedder = embedder

    def read(self, wanted: Wanted) -> Read:
        """Token ids of each text."""
        ids = self._embedder.read(wanted.texts, queries=wanted.as_queries)
        costs = [len(text) + 2 for text in ids]
        return Read(ids, costs, [1] * len(ids), sum(costs))

    def run(self, items: Sequence[TokenIds]) -> Sequence[Sequence[Any]]:
        """One vector each."""
        return [(vector,) for vector in _finite(self._embedder.embed_read(items))]


class AnyEmbedder:
    """Texts of one request together, some at a time."""

    batch_tokens = 1

    def __init__(self, embedder: TextEmbedder) -> None:
        self._embedder = embedder
        self.threads = REMOTE_CALLS if isinstance(embedder, RemoteEmbedder) else 1

    def read(self, wanted: Wanted) -> Read:
        """Groups of texts."""
        starts = range(0, len(wanted.texts), GROUP)
        groups = [(wanted.texts[at : at + GROUP], wanted.as_queries) for at in starts]
        costs = [sum(map(_guessed, texts)) for texts, _ in groups]
        return Read(groups, costs, [len(texts) for texts, _ in groups], None)

    def run(self, items: Sequence[tuple[tuple[str, ...], bool]]) -> Sequence[Sequence[Any]]:
        """The vectors of each group."""
        embed = self._embedder
        return [
            list(_finite(embed.embed_queries(texts, "") if questions else embed.embed_documents(texts)))
            for texts, questions in items
        ]


def runner_of(model: Scorer | TextEmbedder) -> Runner:
    """How a model of this kind reads and runs."""
    if isinstance(model, LocalReranker):
        return CarriedReranker(model)
    if isinstance(model, LocalEmbedder):
        return CarriedEmbedder(model)
    return AnyReranker(model) if isinstance(model, Scorer) else AnyEmbedder(model)


def _guessed(text: str) -> int:
    return 16 + len(text) // CHARACTERS_PER_TOKEN


def _finite(vectors: Any) -> Any:
    if not np.isfinite(vectors).all():
        raise ArithmeticError("An embedder gave a vector that is not finite.")
    return vectors
