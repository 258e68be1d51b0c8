"""How well teachers order the candidates of train queries, each alone and all by the mean of their margins.

Usage: ``PERTINENT_DATA=... python benchmarks/fit_teachers.py TEACHER ... [--sets SET ...] [--queries N]``,
teachers being named as under ``[label]`` in a configuration of ``pertinent train``. Candidates are the first
passages of the carried embedder's fused lists; margins are brought to one scale within each set, as labelling
does. Prints mean nDCG@10 on the train splits: what a student may learn from them.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence

import numpy as np

from judged_data import candidates, judged_set, mean_ndcg
from page_parts import table
from pertinent import Embedder
from pertinent.evaluate.result import Run
from pertinent.evaluate.task import Task
from pertinent.rerankers.protocol import Scorer
from pertinent.train.teachers import open_teacher
from pertinent.types import Candidate

SETS = ("scifact", "nfcorpus")
QUERIES = 150
DEPTH = 50

Pool = Mapping[str, Sequence[Candidate]]
"""Query -> candidates in the order of the first stage."""


def ordered(pool: Pool, values: np.ndarray) -> Run:
    """Documents by their best passage, given one number for each candidate of all queries."""
    run: Run = {}
    at = 0
    for query, found in pool.items():
        own = values[at : at + len(found)]
        at += len(found)
        best: dict[str, float] = {}
        for place in np.argsort(-own, kind="stable"):
            best.setdefault(found[place].passage.document_id, float(own[place]))
        run[query] = list(best.items())
    return run


def said(teacher: Scorer, task: Task, pool: Pool) -> np.ndarray:
    """Margins of all candidates, with mean 0 and spread 1."""
    margins = [
        score.margin
        for query, found in pool.items()
        for score in teacher.score(task.queries[query], [each.passage.content for each in found])
    ]
    values = np.array(margins, float)
    return (values - values.mean()) / (values.std() or 1.0)


def measured(name: str, queries: int, teachers: Mapping[str, Scorer], embedder: Embedder) -> list[float]:
    """Mean nDCG@10 of the first stage, of each teacher, and of all together."""
    task = judged_set(name, "train", queries)
    pool = dict(candidates(task, DEPTH, embedder))
    first = np.array([each.rrf for found in pool.values() for each in found])
    columns = []
    for label, teacher in teachers.items():
        print(f"{name}: {label}", file=sys.stderr, flush=True)
        columns.append(said(teacher, task, pool))
    orders = [first, *columns, np.mean(columns, axis=0)]
    return [mean_ndcg(ordered(pool, values), task) for values in orders]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("teachers", nargs="+", metavar="TEACHER")
    parser.add_argument("--sets", nargs="+", default=SETS, metavar="SET")
    parser.add_argument("--queries", type=int, default=QUERIES, help="of each set")
    given = parser.parse_args()
    teachers = {name: open_teacher(name) for name in given.teachers}
    embedder = Embedder()
    rows = [
        [f"{name} train", *(f"{value:.4f}" for value in measured(name, given.queries, teachers, embedder))]
        for name in given.sets
    ]
    print(table(["set", "first stage", *given.teachers, "mean of all"], rows))


if __name__ == "__main__":
    main()
