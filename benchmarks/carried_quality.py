"""Ranking quality of a pair of models on the sets that the carried pair is judged by, and what it adds."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from pertinent.evaluate.request import FIRST_STAGES, Request
from pertinent.evaluate.requested import Models, open_all
from pertinent.evaluate.result import Comparison, Interval, TaskResult
from pertinent.evaluate.statistics.significance import BATCH_NUMBERS, holm
from pertinent.types import ModelInfo
from quality import Progress
from quality_sets import CANDIDATES, JudgedSet

MEASURE = "nDCG@10"
FINAL = "final"

SETS = (
    JudgedSet("scifact", "english", measures=(MEASURE,)),
    JudgedSet("nfcorpus", "english", "dev", measures=(MEASURE,)),
    JudgedSet("pubmedqa", "english", measures=(MEASURE,)),
    JudgedSet("bioasq", "english", "dev", measures=(MEASURE,)),
    JudgedSet("evidence_inference", "english", "dev", measures=(MEASURE,)),
    JudgedSet("trec_dl19_bm25", "candidates", measures=(MEASURE,)),
)
"""What the mean gain is of, and Holm's correction over."""

REPORTED = (JudgedSet("mediqa2019_qa", "candidates", "dev", measures=(MEASURE,)),)
"""Measured and told, but in no mean."""

FIRST_STAGE_OF = ("scifact", "nfcorpus")
"""Where the pair's first stage must be as good as its peer's."""

RESAMPLES, SEED = 10_000, 0

Results: TypeAlias = Mapping[str, TaskResult]
"""Name of a set -> what was found on it."""


@dataclass(frozen=True, slots=True)
class Pair:
    """An embedder and a reranker by name or folder; None is the carried one."""

    embedder: str | None = None
    reranker: str | None = None

    def request(self, judged: JudgedSet, data: Path, **changes: Any) -> Request:
        """What ``pertinent evaluate`` is asked for with these models."""
        return replace(judged.request(data), embedder=self.embedder, rerankers=self._rerankers(), **changes)

    def models(self) -> dict[str, Any]:
        """Which weights these are; a folder's place is left out."""
        models = Models.open(Request(("none",), embedder=self.embedder, rerankers=self._rerankers()))
        (reranker,) = models.rerankers.values()
        assert models.embedder is not None
        return {
            "embedder": identity(models.embedder.model),
            "reranker": identity(reranker.model) | {"constants": dict(reranker.constants)},
        }

    def _rerankers(self) -> tuple[str, ...]:
        return () if self.reranker is None else (self.reranker,)


def identity(model: ModelInfo) -> dict[str, Any]:
    """Name, revision and window of a model."""
    return {"name": model.name, "revision": model.revision, "max_tokens": model.max_tokens}


def evaluate(
    pair: Pair, judged: JudgedSet, data: Path, limit: int | None, **changes: Any
) -> tuple[int, TaskResult]:
    """Judged queries of the set in all, and what was found on at most ``limit`` of them."""
    request = pair.request(judged, data, queries=limit, **changes)
    (task,) = open_all(request)
    begun = time.monotonic()
    result = Models.open(request).evaluate(task, request, Progress())
    print(f"{judged.name}: {time.monotonic() - begun:.0f} s", file=sys.stderr, flush=True)
    return len(task.queries), result


def measure(pair: Pair, data: Path, limit: int | None) -> tuple[dict[str, Any], Results]:
    """Measure a pair on every set: plain values, and what they were taken from."""
    found = {judged.name: evaluate(pair, judged, data, limit) for judged in (*SETS, *REPORTED)}
    results = {name: result for name, (_, result) in found.items()}
    of_the_mean = {judged.name: results[judged.name] for judged in SETS}
    corrected = dict(zip(of_the_mean, holm([gain(each).p for each in of_the_mean.values()]), strict=True))
    values = {
        "candidates": CANDIDATES,
        "resamples": RESAMPLES,
        "sets": {
            name: plain(result, judged_queries, corrected.get(name))
            for name, (judged_queries, result) in found.items()
        },
        "mean_gain": mean_gain({name: differences(result) for name, result in of_the_mean.items()}),
    }
    return values, results


def measure_peer(peer: Pair, data: Path, limit: int | None) -> dict[str, Any]:
    """What the pair's figures are compared with: the peer's first stage, and its order of candidates."""
    searched = [each for each in SETS if each.name in FIRST_STAGE_OF]
    given = [each for each in SETS if each.table == "candidates"]
    found = {each.name: evaluate(peer, each, data, limit, stages=FIRST_STAGES) for each in searched}
    found |= {each.name: evaluate(peer, each, data, limit) for each in given}
    return {
        "models": peer.models(),
        "sets": {
            name: {"queries": len(result.queries), "stages": stages(result)}
            for name, (_, result) in found.items()
        },
    }


def plain(result: TaskResult, judged_queries: int, p_holm: float | None) -> dict[str, Any]:
    """One set as it is written; ``p_holm`` is None for a set that is not corrected with others."""
    return {
        "split": result.split,
        "queries": len(result.queries),
        "judged_queries": judged_queries,
        "data_hash": result.card["data_hash"],
        "values_hash": result.card["values_hash"],
        "baseline": result.baseline,
        "stages": stages(result),
        "gain": asdict(gain(result)) | {"p_holm": p_holm},
    }


def stages(result: TaskResult) -> dict[str, Any]:
    """Mean and interval of each stage."""
    return {
        name: {"mean": stage.means[MEASURE], "interval": list(stage.intervals[MEASURE])}
        for name, stage in result.stages.items()
    }


def gain(result: TaskResult) -> Comparison:
    """The final order against the first stage."""
    return next(each for each in result.comparisons if (each.stage, each.metric) == (FINAL, MEASURE))


def differences(result: TaskResult, stage: str = FINAL) -> list[float]:
    """Of each query: a stage minus the first stage."""
    before = result.stages[result.baseline].values[MEASURE]
    return [value - before[query] for query, value in result.stages[stage].values[MEASURE].items()]


def mean_gain(of_sets: Mapping[str, list[float]]) -> dict[str, Any]:
    """Mean of the sets' mean differences, each set counting the same, with its 95 % interval."""
    values = [np.array(each) for each in of_sets.values()]
    return {
        "sets": list(of_sets),
        "difference": float(np.mean([each.mean() for each in values])),
        "interval": list(stratified_interval(values)),
    }


def stratified_interval(
    of_sets: list[npt.NDArray[np.float64]], *, resamples: int = RESAMPLES, seed: int = SEED
) -> Interval:
    """95 % percentile bootstrap interval of the mean of means: queries are drawn within each set.

    Examples
    --------
    >>> stratified_interval([np.array([0.5, 0.5]), np.array([0.25])], resamples=100)
    (0.375, 0.375)
    """
    rng = np.random.default_rng(seed)
    means = np.zeros(resamples)
    for values in of_sets:
        at_a_time = max(1, BATCH_NUMBERS // len(values))
        for start in range(0, resamples, at_a_time):
            rows = min(at_a_time, resamples - start)
            drawn = rng.integers(0, len(values), (rows, len(values)))
            means[start : start + rows] += values[drawn].mean(axis=1) / len(of_sets)
    low, high = np.percentile(means, (2.5, 97.5))
    return float(low), float(high)
