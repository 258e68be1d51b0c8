"""Choose the constants of the final formula on train splits: SciFact, NFCorpus and MEDIQA.

Usage: ``PERTINENT_DATA=... python benchmarks/fit_final.py``. Prints the ten best points of the grid. The
chosen one stands in ``tools/build_carried.py``, which writes it into the reranker's ``model.json``.
"""

from __future__ import annotations

import itertools

import numpy as np

from pertinent.search.final import FinalFormula
from pools import Judgements, Pool, candidate_pool, judgements, pool
from ranking_metrics import per_query

QUERIES = 400
"""Of each set, by the smallest hashes of their ids."""
WEIGHTS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
TEMPERATURES = (0.5, 1.0, 2.0, 3.0, 4.0, 6.0, 8.0)


def train_sets() -> dict[str, tuple[Pool, Judgements]]:
    sets = {
        "scifact train": (pool("scifact", "train", QUERIES), judgements("scifact", "train")),
        "nfcorpus train": (pool("nfcorpus", "train", QUERIES), judgements("nfcorpus", "train")),
    }
    for split in ("train_liveqa", "train_alexa"):
        sets[f"mediqa {split}"] = candidate_pool("mediqa2019_qa", split), judgements("mediqa2019_qa", split)
    return sets


def quality(formula: FinalFormula, scored: Pool, wanted: Judgements) -> float:
    values = per_query(
        scored, wanted, lambda row: None if row.margin is None else formula.of(row.rrf, row.margin)
    )
    return float(values["nDCG@10"].mean())


def main() -> None:
    sets = train_sets()
    rows = []
    for weight, temperature in itertools.product(WEIGHTS, TEMPERATURES):
        formula = FinalFormula(weight, temperature)
        each = {name: quality(formula, *given) for name, given in sets.items()}
        # Each collection counts the same, however many queries or splits it has.
        mediqa = np.mean([value for name, value in each.items() if name.startswith("mediqa")])
        mean = float(np.mean([each["scifact train"], each["nfcorpus train"], mediqa]))
        rows.append((mean, formula, each))
    rows.sort(key=lambda row: -row[0])
    for mean, formula, each in rows[:10]:
        print(f"{mean:.4f}", formula, {name: round(value, 4) for name, value in each.items()})


if __name__ == "__main__":
    main()
