"""Choose the constants of the final formula on train splits: SciFact, NFCorpus and MEDIQA.

Usage: ``PERTINENT_DATA=... python benchmarks/fit_final.py``. Prints the ten best points of the grid. The
chosen one stands in ``tools/build_carried.py``, which writes it into the reranker's ``model.json``.
"""

from __future__ import annotations

import itertools
from typing import NamedTuple

import numpy as np

from judged_data import candidates, judged_set, mean_ndcg
from pertinent import Reranker
from pertinent.evaluate.result import Run
from pertinent.evaluate.task import Task
from pertinent.search.final import FinalFormula

QUERIES = 400
"""Of each set, by the smallest hashes of their ids."""
DEPTH = 40
"""Length of each first-stage list, and candidates reranked: the defaults of ``pertinent search``."""
WEIGHTS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
TEMPERATURES = (0.5, 1.0, 2.0, 3.0, 4.0, 6.0, 8.0)


class Scored(NamedTuple):
    """One candidate of a query, with all evidence."""

    document: str
    rrf: float
    margin: float


Pool = dict[str, list[Scored]]


def train_sets() -> dict[str, tuple[Task, Pool]]:
    tasks = {
        "scifact train": judged_set("scifact", "train", QUERIES),
        "nfcorpus train": judged_set("nfcorpus", "train", QUERIES),
        "mediqa train_liveqa": judged_set("mediqa2019_qa", "train_liveqa"),
        "mediqa train_alexa": judged_set("mediqa2019_qa", "train_alexa"),
    }
    return {name: (task, scored(task)) for name, task in tasks.items()}


def scored(task: Task) -> Pool:
    """Every query's candidates; the score cache keeps their margins for the next run."""
    reranker = Reranker(cache=True)
    pool: Pool = {}
    for query, found in candidates(task, DEPTH, dense=True):
        scores = reranker.score(task.queries[query], [each.passage.content for each in found])
        pool[query] = [
            Scored(each.passage.document_id, each.rrf, score.margin)
            for each, score in zip(found, scores, strict=True)
        ]
    return pool


def ordered(formula: FinalFormula, pool: Pool) -> Run:
    """Documents of each query by their best passage."""
    run = {}
    for query, rows in pool.items():
        best: dict[str, float] = {}
        for value, document in sorted(
            ((formula.of(row.rrf, row.margin), row.document) for row in rows), key=lambda item: -item[0]
        ):
            best.setdefault(document, value)
        run[query] = list(best.items())
    return run


def main() -> None:
    sets = train_sets()
    rows = []
    for weight, temperature in itertools.product(WEIGHTS, TEMPERATURES):
        formula = FinalFormula(weight, temperature)
        each = {name: mean_ndcg(ordered(formula, pool), task) for name, (task, pool) in sets.items()}
        # Each collection counts the same, however many queries or splits it has.
        mediqa = np.mean([value for name, value in each.items() if name.startswith("mediqa")])
        mean = float(np.mean([each["scifact train"], each["nfcorpus train"], mediqa]))
        rows.append((mean, formula, each))
    rows.sort(key=lambda row: -row[0])
    for mean, formula, each in rows[:10]:
        print(f"{mean:.4f}", formula, {name: round(value, 4) for name, value in each.items()})


if __name__ == "__main__":
    main()
