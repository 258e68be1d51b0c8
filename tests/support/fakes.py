"""Small stand-ins for judges and stores, exact enough to test the pipeline with."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from pertinent.embedders.protocol import Vectors
from pertinent.rerankers.timed import Deadline
from pertinent.store.filters import Filters
from pertinent.store.manifest import Manifest
from pertinent.store.protocol import StoredDocument
from pertinent.store.vectors import EmbedderIdentity
from pertinent.types import FirstStage, Found, ModelInfo, Passage, Progress, Score, Scores

WORD = re.compile(r"\w+")
EMBEDDER = ModelInfo("bag-of-words", "1", "bert_embedder", "embedder", 512, 1, "CC0-1.0", 64)
RERANKER = ModelInfo("overlap", "1", "cross_encoder", "reranker", 512, 1, "CC0-1.0")


def words(text: str) -> list[str]:
    return WORD.findall(text.casefold())


class Clock:
    """Stands for the ``time`` module: sleeping moves its hands and takes no time."""

    def __init__(self) -> None:
        self.now = 0.0

    def perf_counter(self) -> float:
        self.now += 1e-6  # no two looks at a clock show the same
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class BagOfWords:
    """Hashed word counts; deterministic over processes."""

    model = EMBEDDER

    def embed_queries(self, texts: Sequence[str], instruction: str | None = None) -> Vectors:
        return self.embed_documents(texts)

    def embed_documents(self, texts: Sequence[str], *, progress: Progress | None = None) -> Vectors:
        vectors = np.full((len(texts), 64), 1e-3, dtype=np.float32)
        for row, text in zip(vectors, texts, strict=True):
            for word in words(text):
                row[sum(word.encode()) % 64] += 1
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors


class WordOverlap:
    """Scores by shared words; can be slow, and can fail after some calls."""

    model = RERANKER

    def __init__(
        self, *, clock: Clock | None = None, seconds: float = 0.0, fail_after: int | None = None
    ) -> None:
        self.clock = clock or Clock()
        self.seconds = seconds
        self.fail_after = fail_after
        self.scored = 0
        self.error: Exception = RuntimeError("secret words of the query")

    def score(
        self,
        query: str,
        documents: Sequence[str],
        instruction: str | None = None,
        *,
        progress: Progress | None = None,
    ) -> Scores:
        if self.fail_after is not None and self.scored >= self.fail_after:
            raise self.error
        self.clock.sleep(self.seconds * len(documents))
        self.scored += len(documents)
        asked = set(words(query))
        return tuple(
            Score.from_margin(4.0 * len(asked & set(words(text))) - 6.0, self.model) for text in documents
        )


class Counting:
    """Scores by length; fails where it is told to."""

    def __init__(self, name: str, *, fails: int = 0, error: Exception | None = None, late: float = 0) -> None:
        self.model = ModelInfo(name, "1", "", "reranker", 1, 1, "")
        self.fails, self.error, self.late = fails, error or RuntimeError("secret text"), late
        self.calls = 0

    def score(
        self,
        query: str,
        documents: Sequence[str],
        instruction: str | None = None,
        *,
        progress: Progress | None = None,
    ) -> Scores:
        self.calls += 1
        time.sleep(self.late)
        if self.calls <= self.fails:
            raise self.error
        return tuple(Score.from_margin(float(len(text)), self.model) for text in documents)


class ListStore:
    """Holds passages in a list and returns them in that order."""

    def __init__(self, passages: Sequence[Passage]) -> None:
        self._passages = list(passages)
        self.manifest = Manifest(EmbedderIdentity.of(EMBEDDER))
        self.asked: list[tuple[str, int, Filters]] = []

    def first_stage(self, text: str, vector: Vectors, limit: int, filters: Filters = ()) -> FirstStage:
        self.asked.append((text, limit, filters))
        found = tuple(Found(p, 1.0 / n) for n, p in enumerate(self._passages[:limit], start=1))
        return FirstStage(dense=found, bm25=found)

    def count(self, filters: Filters = ()) -> int:
        return len(self._passages)

    def documents(self) -> Iterator[StoredDocument]:
        return iter(())

    def known(self, document_ids: Sequence[str]) -> dict[str, StoredDocument]:
        return {}

    def passages(self, ids: Sequence[str]) -> list[Passage]:
        return [p for p in self._passages if p.id in ids]

    def refresh(self) -> bool:
        return False

    def close(self) -> None:
        pass


def passages(*texts: str, **more: Any) -> list[Passage]:
    return [Passage(f"p{n}", f"d{n}", text, 0, len(text), **more) for n, text in enumerate(texts)]


def within(seconds: float) -> Deadline:
    return Deadline(time.monotonic() + seconds, time.monotonic)
