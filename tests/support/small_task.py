"""Judged sets of a few own sentences, for tests of evaluation."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from pathlib import Path

from pertinent.evaluate.request import Request
from pertinent.evaluate.task import SCOPE, GivenCandidate, Task
from pertinent.types import Document

TEXTS = {
    "metformin": "Metformin lowers blood glucose in adults with type 2 diabetes.",
    "insulin": "Insulin lowers blood glucose within an hour.",
    "aspirin": "Aspirin eases headache and thins the blood.",
    "statin": "Statins lower cholesterol and the risk of a stroke.",
    "museum": "The museum opens at nine and shows old clocks.",
    "rain": "Rain is expected in the north, with wind from the sea.",
    "bread": "Bread is baked with flour, water and salt.",
    "train": "The train to the coast leaves every hour.",
}
QUERIES = {
    "glucose": "which drug lowers blood glucose",
    "headache": "what eases a headache",
    "clocks": "where can I see old clocks",
}
JUDGEMENTS = {
    "glucose": {"metformin": 2, "insulin": 1, "bread": 0},
    "headache": {"aspirin": 1},
    "clocks": {"museum": 1},
}


def documents() -> list[Document]:
    return [Document(name, text) for name, text in TEXTS.items()]


def retrieval_task(name: str = "small") -> Task:
    return Task(
        name, "test", "retrieval", QUERIES, JUDGEMENTS, f"hash of {name}", documents=lambda: iter(documents())
    )


def candidates_task(name: str = "given") -> Task:
    order = ("rain", "metformin", "aspirin", "museum", "insulin")
    given = tuple(GivenCandidate(each, TEXTS[each]) for each in order)
    return Task(
        name, "test", "candidates", QUERIES, JUDGEMENTS, f"hash of {name}",
        candidates=dict.fromkeys(QUERIES, given),
    )  # fmt: skip


def memory_task() -> Task:
    """Two conversations with the same turns; each question may find its own alone."""
    turns = [
        Document(f"{talk}/{name}", text, metadata={SCOPE: talk})
        for talk in ("one", "two")
        for name, text in TEXTS.items()
    ]
    judgements = {query: {f"one/{each}": 1 for each in graded} for query, graded in JUDGEMENTS.items()}
    return Task(
        "talks", "test", "memory", QUERIES, judgements, "hash of talks",
        documents=lambda: iter(turns),
        groups={"glucose": "single-hop", "headache": "single-hop", "clocks": "multi-hop"},
        scopes=dict.fromkeys(QUERIES, "one"),
    )  # fmt: skip


def screening_task() -> Task:
    return replace(
        retrieval_task("screen"),
        kind="screening",
        queries={"review": "drugs that lower something in the blood"},
        judgements={"review": {"metformin": 1, "statin": 1, "rain": 0}},
    )


def request(**changes: object) -> Request:
    """A request with few resamples."""
    return Request(**({"paths": ("somewhere",), "resamples": 200} | changes))  # type: ignore[arg-type]


def small_beir(folder: Path) -> Path:
    """Write the retrieval task as a BEIR folder."""
    (folder / "qrels").mkdir(parents=True)
    rows = [{"_id": name, "title": "", "text": text} for name, text in TEXTS.items()]
    (folder / "corpus.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
    asked = [{"_id": name, "text": text} for name, text in QUERIES.items()]
    (folder / "queries.jsonl").write_text("\n".join(map(json.dumps, asked)), "utf-8")
    _write_judgements(folder)
    return folder


def small_candidates(folder: Path) -> Path:
    """Write the task of given candidates as a folder."""
    (folder / "qrels").mkdir(parents=True)
    task = candidates_task()
    rows = [
        {
            "query_id": query,
            "query": QUERIES[query],
            "candidates": [{"doc_id": each.document_id, "text": each.text} for each in given],
        }
        for query, given in (task.candidates or {}).items()
    ]
    (folder / "candidates.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
    _write_judgements(folder)
    return folder


def _write_judgements(folder: Path) -> None:
    graded = [f"{q}\t{d}\t{g}" for q, each in JUDGEMENTS.items() for d, g in each.items()]
    with gzip.open(folder / "qrels" / "test.tsv.gz", "wt") as stream:
        stream.write("\n".join(["query-id\tcorpus-id\tscore", *graded]))
