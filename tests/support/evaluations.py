"""Results of evaluations made by hand: figures as plausible as they must be to be drawn."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from pertinent.evaluate.result import Comparison, Effort, GroupResult, StageResult, TaskResult

LEVELS = {"bm25": 0.55, "dense": 0.6, "rrf": 0.64, "rerank": 0.68, "final": 0.7}
METRICS = ("nDCG@10", "P@5", "MAP", "MRR@10", "R@100")


def task_result(
    stages: Sequence[str] = ("bm25", "dense", "rrf", "rerank", "final"),
    *,
    queries: int = 40,
    metrics: Sequence[str] = METRICS,
    efforts: bool = True,
    pairs: bool = True,
    recall: bool = True,
    groups: bool = False,
    **more: Any,
) -> TaskResult:
    """A result with the shape that is asked for; the same arguments give the same figures."""
    chance = random.Random(7)
    texts = {f"q{n}": f"What is known of subject {n}?" for n in range(queries)}
    baseline = "rrf" if "rrf" in stages else stages[0]
    made: dict[str, StageResult] = {}
    for stage in stages:
        level = LEVELS.get(stage.partition(":")[0], 0.5) + 0.02 * (":" in stage) * len(stage) / 30
        values = {
            metric: {query: round(min(1.0, max(0.0, chance.gauss(level, 0.2))), 1) for query in texts}
            for metric in metrics
        }
        means = {metric: sum(each.values()) / queries for metric, each in values.items()}
        run = {query: [("d1", 2.0), ("d2", 1.0)] for query in texts}
        made[stage] = StageResult(run, values, means, {m: (v - 0.03, v + 0.03) for m, v in means.items()})
    comparisons = tuple(
        _compared(stage, baseline, metric, made)
        for stage in stages
        if stage != baseline
        for metric in metrics
    )
    reranked = [stage for stage in stages if stage.partition(":")[0] in ("rerank", "final")]
    known: dict[str, Any] = {
        "efforts": {
            stage: Effort(queries, 0.35 if stage in reranked else 0.004, 0.6, 100.0, 18_250.0, None)
            for stage in stages
        }
        if efforts
        else {},
        "pairs": {
            stage: [(p, chance.random() < p**1.5) for p in (chance.random() ** 4 for _ in range(2000))]
            for stage in reranked
            if stage.startswith("rerank")
        }
        if pairs
        else {},
        "recall_by_depth": {
            stage: {
                depth: min(1.0, LEVELS.get(stage, 0.5) * depth**0.12) for depth in (1, 2, 5, 10, 20, 50, 100)
            }
            for stage in stages
        }
        if recall
        else {},
        "groups": {
            name: GroupResult(queries // 2, {stage: dict(made[stage].means) for stage in stages})
            for name in ("single-hop", "temporal")
        }
        if groups
        else {},
    }
    fixed: dict[str, Any] = {"dataset": "scifact", "split": "test", "kind": "retrieval", "queries": texts}
    return TaskResult(
        **{**fixed, "metrics": tuple(metrics), "stages": made, "baseline": baseline}
        | {"comparisons": comparisons, **known, **more}
    )


def _compared(stage: str, baseline: str, metric: str, made: dict[str, StageResult]) -> Comparison:
    values, before = made[stage].values[metric], made[baseline].values[metric]
    differences = [value - before[query] for query, value in values.items()]
    mean = sum(differences) / len(differences)
    wins, losses = sum(d > 0 for d in differences), sum(d < 0 for d in differences)
    p = 0.0002 if abs(mean) > 0.05 else 0.21
    return Comparison(
        stage, baseline, metric, mean, (mean - 0.04, mean + 0.04), p, min(1.0, 4 * p), wins, losses,
        len(differences) - wins - losses,
    )  # fmt: skip
