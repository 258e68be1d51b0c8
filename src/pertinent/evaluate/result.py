"""What an evaluation found, before anything is printed or written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, TypeAlias

Run: TypeAlias = Mapping[str, Sequence[tuple[str, float]]]
"""For each query its documents with their scores, best first; the order counts, not the scores."""

PerQuery: TypeAlias = Mapping[str, Mapping[str, float]]
"""Metric -> query -> value; every judged query of the task has one, in the task's order."""

Interval: TypeAlias = tuple[float, float]


@dataclass(frozen=True, slots=True)
class StageResult:
    """One order of the documents.

    Parameters
    ----------
    run : Run
        The order itself.
    values : PerQuery
        Each metric for each query.
    means : Mapping[str, float]
        Mean over queries of each metric.
    intervals : Mapping[str, tuple[float, float]]
        95 % bootstrap interval of each mean.
    """

    run: Run
    values: PerQuery
    means: Mapping[str, float]
    intervals: Mapping[str, Interval]


@dataclass(frozen=True, slots=True)
class Comparison:
    """A stage against the baseline, on the same queries.

    Parameters
    ----------
    stage, baseline, metric : str
        What is compared, by what.
    difference : float
        Mean of the differences, stage minus baseline.
    interval : tuple[float, float]
        Its 95 % bootstrap interval.
    p : float
        Of the paired randomisation test, two-sided.
    p_holm : float
        After Holm's correction over all comparisons by this metric in one evaluation.
    wins, losses, ties : int
        Queries that are better, worse and equal.
    """

    stage: str
    baseline: str
    metric: str
    difference: float
    interval: Interval
    p: float
    p_holm: float
    wins: int
    losses: int
    ties: int


@dataclass(frozen=True, slots=True)
class Effort:
    """What a stage took, over the queries with candidates that were computed and not found in the cache.

    Parameters
    ----------
    queries : int
        How many those were; with 0 no time is known.
    seconds_median, seconds_p95 : float | None
        Time for one query.
    documents_per_query, tokens_per_query : float | None
        What the model read, on average over all queries; None where that is not known.
    cost_per_query : float | None
        In the provider's currency; None for what runs here.
    """

    queries: int
    seconds_median: float | None = None
    seconds_p95: float | None = None
    documents_per_query: float | None = None
    tokens_per_query: float | None = None
    cost_per_query: float | None = None


@dataclass(frozen=True, slots=True)
class GroupResult:
    """Means of some of the queries: stage -> metric -> mean."""

    queries: int
    stages: Mapping[str, Mapping[str, float]]


@dataclass(frozen=True, slots=True)
class TaskResult:
    """All of one task.

    Parameters
    ----------
    dataset, split, kind : str
        Which task.
    queries : Mapping[str, str]
        Texts of the queries, by id.
    metrics : tuple[str, ...]
        What was measured.
    stages : Mapping[str, StageResult]
        By name, in the order of the pipeline: ``bm25``, ``dense``, ``rrf`` or ``first_stage``, then
        ``rerank`` and ``final``; with several rerankers ``rerank:NAME`` and ``final:NAME``.
    baseline : str
        The stage that the others are compared with.
    comparisons : tuple[Comparison, ...]
        The others against it, by each metric; none where there is a single query.
    efforts : Mapping[str, Effort]
        Time, tokens and cost of stages.
    groups : Mapping[str, GroupResult]
        Results of groups of queries, where the task has groups.
    pairs : Mapping[str, Sequence[tuple[float, bool]]]
        For each rerank stage: probability and relevance of each scored candidate that is judged or,
        in a retrieval set, counts as irrelevant.
    card : Mapping[str, Any]
        The run card (see ``run_card``).
    recall_by_depth : Mapping[str, Mapping[int, float]]
        For each stage: depth -> mean share of a query's relevant documents that stand so far up.
    """

    dataset: str
    split: str
    kind: str
    queries: Mapping[str, str]
    metrics: tuple[str, ...]
    stages: Mapping[str, StageResult]
    baseline: str
    comparisons: tuple[Comparison, ...] = ()
    efforts: Mapping[str, Effort] = field(default_factory=dict)
    groups: Mapping[str, GroupResult] = field(default_factory=dict)
    pairs: Mapping[str, Sequence[tuple[float, bool]]] = field(default_factory=dict)
    card: Mapping[str, Any] = field(default_factory=dict)
    recall_by_depth: Mapping[str, Mapping[int, float]] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON, without runs and single queries."""
        return {
            "dataset": self.dataset,
            "split": self.split,
            "kind": self.kind,
            "queries": len(self.queries),
            "stages": {name: dict(stage.means) for name, stage in self.stages.items()},
            "intervals": {
                name: {metric: list(interval) for metric, interval in stage.intervals.items()}
                for name, stage in self.stages.items()
            },
            "baseline": self.baseline,
            "comparisons": [asdict(comparison) for comparison in self.comparisons],
            "efforts": {name: asdict(effort) for name, effort in self.efforts.items()},
            "groups": {name: asdict(group) for name, group in self.groups.items()},
            "card": dict(self.card),
        }
