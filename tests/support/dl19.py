"""Candidates of TREC Deep Learning 2019 as a run and a task, read without the readers under test."""

from __future__ import annotations

import gzip
import json
from collections import defaultdict
from pathlib import Path

from pertinent.evaluate.result import Run
from pertinent.evaluate.task import Task


def first_stage(folder: Path) -> tuple[Run, Task]:
    """The order of the first stage, and what was judged."""
    queries, run = {}, {}
    with gzip.open(folder / "candidates.jsonl.gz", "rt", encoding="utf-8") as file:
        for line in file:
            record = json.loads(line)
            queries[record["query_id"]] = record["query"]
            run[record["query_id"]] = [
                (candidate["doc_id"], candidate["first_stage_score"]) for candidate in record["candidates"]
            ]
    judgements: defaultdict[str, dict[str, int]] = defaultdict(dict)
    with gzip.open(folder / "qrels" / "test.tsv.gz", "rt", encoding="utf-8") as file:
        next(file)
        for line in file:
            query, document, grade = line.rstrip("\n").split("\t")
            judgements[query][document] = int(grade)
    return run, Task(folder.name, "test", "candidates", queries, judgements, "hash")
