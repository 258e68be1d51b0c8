"""nDCG@10 and P@5 by ir-measures, with bootstrap intervals over queries."""

from __future__ import annotations

from collections.abc import Callable

import ir_measures
import numpy as np
from ir_measures import P, nDCG

from pools import Judgements, Pool, Scored

RESAMPLES = 2000
NDCG = nDCG @ 10
MEASURES = {"nDCG@10": NDCG, "P@5": P @ 5}


def documents(rows: list[Scored], value: Callable[[Scored], float | None]) -> dict[str, float]:
    """Run of one query: each document by its best passage; rows without a value are left out."""
    ordered = sorted((r for r in rows if value(r) is not None), key=lambda r: -(value(r) or 0.0))
    ranked = list(dict.fromkeys(row.document for row in ordered))
    return {document: float(len(ranked) - place) for place, document in enumerate(ranked)}


def per_query(
    pool: Pool, wanted: Judgements, value: Callable[[Scored], float | None]
) -> dict[str, np.ndarray]:
    """Value of each measure for each query, in the order of the judgements."""
    run = {query: documents(rows, value) for query, rows in pool.items()}
    asked = {query: wanted[query] for query in pool}
    found = {name: dict.fromkeys(asked, 0.0) for name in MEASURES}
    names = {measure: name for name, measure in MEASURES.items()}
    for metric in ir_measures.iter_calc(list(MEASURES.values()), asked, run):
        found[names[metric.measure]][metric.query_id] = metric.value
    return {name: np.array([values[query] for query in asked]) for name, values in found.items()}


def interval(values: np.ndarray) -> tuple[float, float, float]:
    """Mean and its 95 % percentile bootstrap interval over queries."""
    draws = np.random.default_rng(0).integers(0, len(values), (RESAMPLES, len(values)))
    means = values[draws].mean(axis=1)
    low, high = np.percentile(means, [2.5, 97.5])
    return float(values.mean()), float(low), float(high)
