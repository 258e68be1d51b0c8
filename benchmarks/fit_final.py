"""Choose calibration and constants of the final formula on train splits, of queries that no training read.

Usage: ``PERTINENT_DATA=... python benchmarks/fit_final.py [SET[:SKIP] ...] [--embedder MODEL]
[--reranker MODEL] [--queries N]``, a MODEL being a carried model's name or a folder in their layout.
SKIP queries are passed over, as by ``skip`` in a configuration of ``pertinent train``: those with the
smallest hashes, which a configuration with ``limit = SKIP`` learns from. Pairs are searched for among the
passages of all queries that are taken.

Prints the line that makes probabilities of the reranker's margins; then, with margins on that line, mean
nDCG@10 for each point of the grid, every set counting the same, and the ten best points. What is chosen
stands under ``[export]`` in ``tools/carried/reranker.toml``. The first carried pair's constants were
chosen on other sets: SciFact, NFCorpus and MEDIQA.
"""

from __future__ import annotations

import argparse
import itertools
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import fmean
from typing import NamedTuple

import numpy as np

from judged_data import candidates, data_folder, mean_ndcg
from page_parts import table
from pertinent import Embedder, Reranker
from pertinent.evaluate.calibration.fitting import fit_map
from pertinent.evaluate.result import Run
from pertinent.evaluate.sources.files import find_file
from pertinent.evaluate.sources.opening import open_tasks
from pertinent.evaluate.task import Task
from pertinent.rerankers.margin_map import MarginMap
from pertinent.search.final import FinalFormula
from pertinent.train.data_config import DataConfig
from pertinent.train.examples import Example
from pertinent.train.sources import open_examples
from pertinent.types import Document, content_hash

SETS = ("bioasq", "evidence_inference", "pubmedqa", "medquad")
SPLIT = "train"
QUERIES = 400
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
"""Query -> candidates in the order of the first stage."""


def train_set(name: str, skip: int, queries: int, data: Path) -> Task:
    """So many queries of a train split; documents are those of the set, else the passages of the queries."""
    examples = list(open_examples(DataConfig(path=name, split=SPLIT, skip=skip, limit=queries), data))
    if find_file(data / name, "corpus.jsonl") is None:
        return task_of_pairs(name, examples)
    (task,) = open_tasks(data / name, SPLIT)
    wanted = {example.query for example in examples}
    return replace(task, queries={query: text for query, text in task.queries.items() if text in wanted})


def task_of_pairs(name: str, examples: Sequence[Example]) -> Task:
    """Pairs as a set to search in."""
    texts = {content_hash(each.text): each.text for example in examples for each in example.passages}
    return Task(
        name=name,
        split=SPLIT,
        kind="retrieval",
        queries={content_hash(example.query): example.query for example in examples},
        judgements={
            content_hash(example.query): {
                content_hash(each.text): int(each.relevant is True) for each in example.passages
            }
            for example in examples
        },
        data_hash=content_hash(*sorted(texts)),
        documents=lambda: (Document(name, text) for name, text in texts.items()),
    )


def scored(task: Task, embedder: Embedder, reranker: Reranker) -> Pool:
    """Every query's candidates; the score cache keeps their margins for the next run."""
    pool: Pool = {}
    for number, (query, found) in enumerate(candidates(task, DEPTH, embedder), start=1):
        scores = reranker.score(task.queries[query], [each.passage.content for each in found])
        pool[query] = [
            Scored(each.passage.document_id, each.rrf, score.margin)
            for each, score in zip(found, scores, strict=True)
        ]
        if number % 50 == 0:
            print(f"{task.name}: {number}/{len(task.queries)}", file=sys.stderr, flush=True)
    return pool


def calibration(sets: Mapping[str, tuple[Task, Pool]]) -> MarginMap:
    """Platt's line through the candidates of all sets; what nobody judged counts as no answer."""
    margins, relevant = [], []
    for task, pool in sets.values():
        for query, rows in pool.items():
            grades = task.judgements.get(query, {})
            margins += [row.margin for row in rows]
            relevant += [grades.get(row.document, 0) > 0 for row in rows]
    return fit_map("platt", np.array(margins, float), np.array(relevant))


def calibrated(pool: Pool, line: MarginMap) -> Pool:
    """The same candidates with their margins on the line."""
    return {
        query: [row._replace(margin=line.slope * row.margin + line.bias) for row in rows]
        for query, rows in pool.items()
    }


def ordered(formula: FinalFormula | None, pool: Pool) -> Run:
    """Documents of each query by their best passage; without a formula in the order of the first stage."""
    run = {}
    for query, rows in pool.items():
        best: dict[str, float] = {}
        values = [row.rrf if formula is None else formula.of(row.rrf, row.margin) for row in rows]
        for value, row in sorted(zip(values, rows, strict=True), key=lambda item: -item[0]):
            best.setdefault(row.document, value)
        run[query] = list(best.items())
    return run


def told(sets: Mapping[str, tuple[Task, Pool]]) -> str:
    """The grid as a table, and its ten best points beside the first stage."""

    def of_each(formula: FinalFormula | None) -> list[float]:
        return [mean_ndcg(ordered(formula, pool), task) for task, pool in sets.values()]

    points = {point: of_each(FinalFormula(*point)) for point in itertools.product(WEIGHTS, TEMPERATURES)}
    grid = [[f"{w}", *(f"{fmean(points[w, t]):.4f}" for t in TEMPERATURES)] for w in WEIGHTS]
    best = sorted(points.items(), key=lambda item: -fmean(item[1]))[:10]
    lines = [("first stage", of_each(None)), *((f"{w}, {t}", values) for (w, t), values in best)]
    rows = [[what, f"{fmean(values):.4f}", *(f"{value:.4f}" for value in values)] for what, values in lines]
    return "\n\n".join(
        [
            table(["weight \\ temperature", *map(str, TEMPERATURES)], grid),
            table(["weight, temperature", "mean", *sets], rows),
        ]
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("sets", nargs="*", default=SETS, metavar="SET[:SKIP]", help="; ".join(SETS))
    parser.add_argument("--embedder", help="name or folder; the carried one where it is left out")
    parser.add_argument("--reranker", help="the same")
    parser.add_argument("--queries", type=int, default=QUERIES, help="of each set")
    given = parser.parse_args()
    embedder, reranker = Embedder(given.embedder), Reranker(given.reranker, cache=True)
    found = {}
    for name, _, skip in (each.partition(":") for each in given.sets):
        task = train_set(name, int(skip or 0), given.queries, data_folder())
        found[name] = (task, scored(task, embedder, reranker))
    line = calibration(found)
    print(f"calibration: slope {line.slope:.4f}, bias {line.bias:.4f}\n")
    print(told({name: (task, calibrated(pool, line)) for name, (task, pool) in found.items()}))


if __name__ == "__main__":
    main()
