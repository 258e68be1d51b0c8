"""Judged sets of the data folder and their first stage, as ``pertinent evaluate`` has them."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from statistics import fmean

from pertinent.embedders.protocol import TextEmbedder
from pertinent.evaluate.first_stage import WithoutVectors, given_candidates, open_index, searched_candidates
from pertinent.evaluate.request import STAGES, Request
from pertinent.evaluate.result import Run
from pertinent.evaluate.sources.opening import open_tasks
from pertinent.evaluate.statistics.measures import measure, parse_metrics
from pertinent.evaluate.task import Task
from pertinent.types import Candidate


def data_folder() -> Path:
    folder = os.environ.get("PERTINENT_DATA")
    if not folder:
        sys.exit("Set PERTINENT_DATA to the folder of test collections.")
    return Path(folder)


def judged_set(name: str, split: str, queries: int | None = None) -> Task:
    """A set, or a sample of its queries: those whose ids have the smallest hashes."""
    (task,) = open_tasks(data_folder() / name, split)
    return task.sample(queries)


def candidates(
    task: Task, depth: int, embedder: TextEmbedder | None
) -> Iterator[tuple[str, list[Candidate]]]:
    """Each query with the candidates that came with it, else with passages of the fused list.

    Without an embedder they are of the BM25 list alone.
    """
    if task.candidates is not None:
        for query, found in given_candidates(task):
            yield query, found.candidates
        return
    used = WithoutVectors() if embedder is None else embedder
    request = Request((task.name,), candidates=depth, stages=("bm25",) if embedder is None else STAGES)
    with closing(open_index(task, used, request)) as store:
        for query, found in searched_candidates(task, store, used, request):
            yield query, found.candidates[:depth]


def ndcg(run: Run, task: Task) -> Mapping[str, float]:
    """nDCG@10 of each query."""
    return measure(run, task, parse_metrics(["nDCG@10"]))["nDCG@10"]


def mean_ndcg(run: Run, task: Task) -> float:
    return fmean(ndcg(run, task).values())
