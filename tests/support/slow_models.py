"""Rerankers that are late, slow or stuck, for servers that have to answer all the same."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future

from pertinent.kb.models import ConfiguredModels
from pertinent.kb.settings import PipelineSettings
from pertinent.rerankers.protocol import Scorer
from pertinent.types import Progress, Scores
from support.fakes import WordOverlap


class Given(ConfiguredModels):
    """A reranker that is there, or never comes."""

    def __init__(self, reranker: Scorer | None) -> None:
        super().__init__(PipelineSettings())
        self._future: Future[Scorer] = Future()
        if reranker is not None:
            self._future.set_result(reranker)

    def reranker(self, *, local_only: bool = False) -> Future[Scorer]:
        return self._future


class Slow(WordOverlap):
    """A tenth of a second for each document."""

    def score(
        self,
        query: str,
        documents: Sequence[str],
        instruction: str | None = None,
        *,
        progress: Progress | None = None,
    ) -> Scores:
        for done in range(len(documents)):
            time.sleep(0.1)
            if progress is not None:
                progress(done, len(documents))
        return super().score(query, documents, instruction)


class Stuck(WordOverlap):
    """Scores once it may, and tells no progress meanwhile: as a model that reads one very long text."""

    def __init__(self, seconds: float = 60.0) -> None:
        super().__init__()
        self.go = threading.Event()
        self.begun = 0
        self._most = seconds

    def score(
        self,
        query: str,
        documents: Sequence[str],
        instruction: str | None = None,
        *,
        progress: Progress | None = None,
    ) -> Scores:
        self.begun += 1
        self.go.wait(self._most)
        return super().score(query, documents, instruction)
