"""Citation screening: records of a systematic review, of which some were included; kind ``screening``.

::

    REVIEW.jsonl[.gz]    title, abstract, label (1: included), id
    reviews.json         review, and query, topic or title, for each review; may be absent

Each review is a task of its own, with one query: what ``reviews.json`` calls ``query``, else its topic,
else its title, else the file's name. The topic comes first since the title may be that of the article
which the records were published with. Records without title and abstract cannot be ranked; included ones
still count as missed.
"""

from __future__ import annotations

from pathlib import Path

from pertinent.evaluate.sources.data_hash import data_hash
from pertinent.evaluate.sources.files import files_of, find_file, stem
from pertinent.evaluate.sources.judgements import ONLY_SPLIT, choose_split
from pertinent.evaluate.sources.records import json_records, json_value
from pertinent.evaluate.sources.texts import corpus_documents
from pertinent.evaluate.task import Task
from pertinent.ingest.fields import ID_FIELDS
from pertinent.ingest.naming import title_of

LAYOUT = "screening: one or more REVIEW.jsonl with title, abstract, label and id, perhaps reviews.json"
MAX_RECORDS = 5_000_000

_LABELS = (0, 1, "0", "1")


def screening_files(path: Path) -> list[Path]:
    """Files of reviews: this one, or those of the folder; none where the first holds something else.

    Raises
    ------
    DataError
        If they cannot be read.
    """
    files = files_of(path, ".jsonl", ".ndjson")
    if not files:
        return []
    first = next(json_records(files[0]), None)
    named = first is not None and "label" in first.fields and first.fields.keys() & {"title", "abstract"}
    return files if named else []


def screening_tasks(path: Path, files: list[Path], split: str | None = None) -> list[Task]:
    """Read the labels of reviews; there is only one split, ``test``.

    Raises
    ------
    DataError
        If a record is broken, or stands there twice.
    """
    split = choose_split((ONLY_SPLIT,), split, path)
    queries = _queries(path if path.is_dir() else path.parent)
    return [_task(file, queries.get(stem(file)) or title_of(file), split) for file in files]


def _task(path: Path, query: str, split: str) -> Task:
    review = stem(path)
    return Task(
        name=review,
        split=split,
        kind="screening",
        queries={review: query},
        judgements={review: _labels(path)},
        data_hash=data_hash("screening", split, {"records": path}, review, query),
        documents=lambda: corpus_documents(path),
    )


def _labels(path: Path) -> dict[str, int]:
    labels: dict[str, int] = {}
    for record in json_records(path):
        identity = record.identity(*ID_FIELDS)
        label = record.fields.get("label")
        if label not in _LABELS:
            raise record.fault("field label is not 0 or 1")
        if identity in labels:
            raise record.fault("a record with this id stands further up")
        if len(labels) == MAX_RECORDS:
            raise record.fault(f"more than {MAX_RECORDS:,} records")
        labels[identity] = int(label in (1, "1"))
    return labels


def _queries(folder: Path) -> dict[str, str]:
    path = find_file(folder, "reviews.json")
    if path is None:
        return {}
    return {
        record.identity("review"): record.text("query", "topic", "title", default="").strip()
        for record in json_value(path).parts("value")
    }
