"""Scores that are known already need no turn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

from pertinent.rerankers.cached import CachedScorer
from pertinent.serve.metrics import Metrics
from pertinent.serve.runners import Read, Runner, Wanted


class CachedRunner:
    """Runs what the cache does not know, and keeps it.

    Parameters
    ----------
    runner : Runner
        How the model reads and runs.
    scorer : CachedScorer
        The model, with what it has said before.
    metrics : Metrics
        Told how many were found.
    """

    def __init__(self, runner: Runner, scorer: CachedScorer, metrics: Metrics) -> None:
        self.batch_tokens = runner.batch_tokens
        self.threads = runner.threads
        self._runner = runner
        self._scorer = scorer
        self._metrics = metrics

    def read(self, wanted: Wanted) -> Read:
        """Items of what is not known, each with the keys of its texts."""
        if len(wanted.queries) == 1:
            keys = self._scorer.keys(wanted.queries[0], wanted.texts, wanted.instruction)
        else:
            each = zip(wanted.queries, wanted.texts, strict=True)
            keys = [self._scorer.keys(query, [text], wanted.instruction)[0] for query, text in each]
        found = self._scorer.cache.find(list(dict.fromkeys(keys)), self._scorer.model)
        known = {place: found[key] for place, key in enumerate(keys) if key in found}
        self._metrics.cache.labels("yes").inc(len(known))
        self._metrics.cache.labels("no").inc(len(keys) - len(known))
        places = [place for place in range(len(keys)) if place not in known]
        queries = wanted.queries
        if len(queries) > 1:
            queries = tuple(queries[place] for place in places)
        texts = tuple(wanted.texts[place] for place in places)
        if not texts:
            return Read((), (), (), 0, known)
        read = self._runner.read(replace(wanted, texts=texts, queries=queries))
        rest = iter(keys[place] for place in places)
        items = [(item, list(islice(rest, size))) for item, size in zip(read.items, read.sizes, strict=True)]
        return replace(read, items=items, known=known)

    def run(self, items: Sequence[tuple[Any, list[bytes]]]) -> Sequence[Sequence[Any]]:
        """Scores of each item; they are known from now on."""
        results = self._runner.run([item for item, _ in items])
        pairs = zip(items, results, strict=True)
        self._scorer.cache.keep(
            {key: score for (_, keys), scores in pairs for key, score in zip(keys, scores, strict=True)}
        )
        return results
