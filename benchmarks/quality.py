"""Ranking quality of the carried pair: BM25, dense, RRF and final side by side, with intervals.

Usage: ``PERTINENT_DATA=... python benchmarks/quality.py``. Writes ``benchmarks/results/quality.json``. The
constants of the final formula were chosen on other queries (``fit_final.py``: train splits only).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from machine import write_result
from pertinent import Embedder, Reranker
from pertinent.search.final import FinalFormula
from pools import DEPTH, Judgements, Pool, Scored, candidate_pool, judgements, pool
from ranking_metrics import MEASURES, interval, per_query

SETS = (("scifact", "test"), ("nfcorpus", "dev"))
CANDIDATE_SETS = (("mediqa2019_qa", "dev"),)


Stages = dict[str, Callable[[Scored], float | None]]


def rows(scored: Pool, wanted: Judgements, stages: Stages) -> dict[str, Any]:
    """Each stage's measures with intervals, and the paired difference of final and RRF."""
    values = {stage: per_query(scored, wanted, value) for stage, value in stages.items()}
    found: dict[str, Any] = {"queries": len(scored), "stages": {}, "final_minus_rrf": {}}
    for stage, measures in values.items():
        found["stages"][stage] = {name: interval(each) for name, each in measures.items()}
    for name in MEASURES:
        gain: np.ndarray = values["final"][name] - values["rrf"][name]
        found["final_minus_rrf"][name] = interval(gain)
    return found


def main() -> None:
    reranker = Reranker()
    formula = FinalFormula.from_constants(reranker.constants)

    def final(row: Scored) -> float | None:
        # What was not scored follows the scored head, in fused order.
        return formula.of(row.rrf, row.margin) + (row.margin is not None)

    stages: Stages = {
        "bm25": lambda row: None if row.bm25_rank is None else -row.bm25_rank + 1e6,
        "dense": lambda row: None if row.dense_rank is None else -row.dense_rank + 1e6,
        "rrf": lambda row: row.rrf,
        "margin alone": lambda row: None if row.margin is None else row.margin + 1e6,
        "final": final,
    }
    given = {name: value for name, value in stages.items() if name not in ("bm25", "dense")}
    result: dict[str, Any] = {"sets": {}, "candidate_sets": {}}
    for name, split in SETS:
        result["sets"][f"{name} {split}"] = rows(pool(name, split), judgements(name, split), stages)
    for name, split in CANDIDATE_SETS:
        scored = candidate_pool(name, split)
        result["candidate_sets"][f"{name} {split}"] = rows(scored, judgements(name, split), given)
    result["depth"] = DEPTH
    result["formula"] = {"weight": formula.weight, "temperature": formula.temperature}
    result["models"] = {model.name: model.revision for model in (Embedder().model, reranker.model)}
    write_result("quality", result)


if __name__ == "__main__":
    main()
