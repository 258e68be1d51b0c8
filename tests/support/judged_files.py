"""Small files of judged pairs in each layout."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

SUBJECTS = (
    "metformin", "insulin", "aspirin", "warfarin", "ibuprofen", "statins", "morphine", "penicillin",
    "cimetidine", "digoxin",
)  # fmt: skip


def write_lines(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    text = "".join(json.dumps(row) + "\n" for row in rows)
    with gzip.open(path, "wt") if path.suffix == ".gz" else path.open("w") as file:
        file.write(text)
    return path


def labelled(path: Path) -> Path:
    """Thirty pairs of ten queries, a third of them relevant."""
    rows = []
    for place, drug in enumerate(SUBJECTS):
        query = f"What is {drug} used for?"
        rows += [
            {"query": query, "document": f"Doctors prescribe {drug} to treat patients.", "label": 1},
            {"query": query, "text": f"The price of {SUBJECTS[place - 1]} rose last year.", "label": 0},
            {"query": query, "text": "The museum opens at nine.", "title": "Opening hours", "label": False},
        ]
    return write_lines(path, rows)


def candidates(folder: Path, split: str = "dev") -> Path:
    """Two queries with three candidates each, of which two are judged."""
    write_lines(
        folder / "candidates.jsonl.gz",
        [
            {
                "query_id": f"q{n}",
                "query": f"query {n}",
                "candidates": [
                    {"doc_id": f"d{n}{m}", "text": f"text {n} {m}", "first_stage_rank": m} for m in (1, 2, 3)
                ],
            }
            for n in (1, 2)
        ],
    )
    (folder / "qrels").mkdir(exist_ok=True)
    (folder / "qrels" / f"{split}.tsv").write_text(
        "query-id\tcorpus-id\tscore\nq1\td11\t2\nq1\td12\t0\nq2\td22\t1\nq2\td21\t0\nq2\telsewhere\t1\n"
    )
    return folder


def training(folder: Path, split: str) -> Path:
    write_lines(
        folder / f"pairs.{split}.jsonl.gz",
        [{"query": f"{split} query", "positive": "good", "negatives": ["poor", "other"]}],
    )
    return folder
