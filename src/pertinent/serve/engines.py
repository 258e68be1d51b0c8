"""A model behind its queue: what a request's texts become, and how results come back to them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pertinent.embedders.protocol import TextEmbedder
from pertinent.engine.loading import load_now
from pertinent.rerankers.cached import with_cache
from pertinent.rerankers.protocol import Scorer
from pertinent.serve.batching import Batcher
from pertinent.serve.cached_runner import CachedRunner
from pertinent.serve.fair_queue import Job
from pertinent.serve.metrics import Metrics
from pertinent.serve.options import DEFAULT_LIMITS, Limits
from pertinent.serve.runners import Read, Wanted, runner_of
from pertinent.types import ModelInfo


class ServedModel:
    """One model with its queue.

    Parameters
    ----------
    model : Scorer | TextEmbedder
        What scores or embeds.
    metrics : Metrics
        Told of every batch.
    cache : Path | None
        File that a reranker's scores are kept in and found again.
    limits : Limits
        On what may wait.

    Raises
    ------
    UsageError
        If they are to be kept, and the model does not tell what they depend on.
    """

    def __init__(
        self,
        model: Scorer | TextEmbedder,
        metrics: Metrics,
        cache: Path | None = None,
        limits: Limits = DEFAULT_LIMITS,
    ) -> None:
        self.model = model
        self.info: ModelInfo = model.model
        self._runner = runner_of(model)
        if cache is not None and isinstance(model, Scorer):
            self._runner = CachedRunner(self._runner, with_cache(model, cache), metrics)
        self._metrics = metrics
        self.batcher: Batcher[Any, Sequence[Any]] = Batcher(
            self._runner.run,
            batch_tokens=self._runner.batch_tokens,
            threads=self._runner.threads,
            most=limits.queue_tokens,
            most_of_client=limits.client_queue_tokens,
            on_batch=self._note,
        )

    def load(self) -> None:
        """Load the weights and try them on the model's own canary, then on two texts of ours.

        Raises
        ------
        ModelError
            If something is missing or comes out wrong.
        """
        load_now(self.model)
        texts = ("Metformin lowers blood glucose.", "It rained all day.")
        queries = ("What lowers blood glucose?",) if self.info.kind == "reranker" else ()
        self._runner.run(self._runner.read(Wanted(texts, queries)).items)

    def read(self, wanted: Wanted) -> Read:
        """Make items of a request's texts; not for the event loop."""
        began = time.perf_counter()
        read = self._runner.read(wanted)
        self._metrics.tokenise.labels(self.info.name).observe(time.perf_counter() - began)
        return read

    def submit(self, client: str, read: Read) -> Job[Any, Sequence[Any]]:
        """Queue what was read.

        Raises
        ------
        QueueFull
            If too much waits already.
        """
        return self.batcher.submit(client, read.items, read.costs)

    def _note(self, tokens: int, seconds: float) -> None:
        self._metrics.inference.labels(self.info.name).observe(seconds)
        self._metrics.tokens.labels(self.info.name).inc(tokens)


def results_of(job: Job[Any, Sequence[Any]], read: Read) -> list[Any]:
    """One result for each text in its order; None for those that are not done."""
    found: list[Any] = []
    for result, size in zip(job.results, read.sizes, strict=True):
        found.extend([None] * size if result is None else result)
    rest = iter(found)
    places = range(len(found) + len(read.known))
    return [read.known[place] if place in read.known else next(rest) for place in places]
