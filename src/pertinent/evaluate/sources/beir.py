"""BEIR folders (Thakur et al., 2021): corpus, queries and judgements by split; kind ``retrieval``.

::

    corpus.jsonl[.gz]        _id, title, text
    queries.jsonl[.gz]       _id, text
    qrels/SPLIT.tsv[.gz]     query, document, grade

Other fields are left out: a result does not depend on them. A document that stands there twice counts as
it stands last, as in an index; a query that does is an error. Queries without a relevant document stay:
means are over all judged queries.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

from pertinent.errors import DataError
from pertinent.evaluate.sources.data_hash import data_hash
from pertinent.evaluate.sources.files import find_file, split_files
from pertinent.evaluate.sources.judgements import choose_split, judged_queries, read_judgements
from pertinent.evaluate.sources.records import json_records
from pertinent.evaluate.task import Task
from pertinent.types import Document

LAYOUT = "BEIR folder: corpus.jsonl, queries.jsonl, qrels/SPLIT.tsv"
MAX_QUERIES = 2_000_000

log = logging.getLogger(__name__)


def is_beir(folder: Path) -> bool:
    """Whether the folder has a corpus, queries and a folder of judgements."""
    return (
        find_file(folder, "corpus.jsonl") is not None
        and find_file(folder, "queries.jsonl") is not None
        and (folder / "qrels").is_dir()
    )


def beir_task(folder: Path, split: str | None = None) -> Task:
    """Read queries and judgements of a split; documents are read when they are asked for.

    Raises
    ------
    DataError
        If a file is missing, a record is broken, or judgements do not fit the queries.
    """
    corpus, queries = needed_file(folder, "corpus.jsonl"), needed_file(folder, "queries.jsonl")
    splits = split_files(folder)
    split = choose_split(splits, split, folder)
    judgements = read_judgements(splits[split])
    return Task(
        name=folder.resolve().name,
        split=split,
        kind="retrieval",
        queries=judged_queries(query_texts(queries), judgements, folder),
        judgements=judgements,
        data_hash=data_hash(
            "beir", split, {"corpus": corpus, "queries": queries, "judgements": splits[split]}
        ),
        documents=lambda: corpus_documents(corpus),
    )


def needed_file(folder: Path, name: str) -> Path:
    """A file that must be there, plain or gzip.

    Raises
    ------
    DataError
        If it is not.
    """
    path = find_file(folder, name)
    if path is None:
        raise DataError(f"{folder} has no {name}.", hint=f"It is no {LAYOUT}.")
    return path


def corpus_documents(path: Path) -> Iterator[Document]:
    """Stream the documents of a corpus in JSON Lines.

    Raises
    ------
    RecordError
        At the first record that cannot be read.
    """
    empty = 0
    for record in json_records(path):
        document = record.document()
        if document is None:
            empty += 1
        else:
            yield document
    if empty:
        log.info("%s: %d empty documents cannot be found", path, empty)


def query_texts(path: Path) -> dict[str, str]:
    """Texts of queries in JSON Lines by their ids, in file order.

    Raises
    ------
    RecordError
        If a record is broken, or an id stands there twice.
    """
    texts: dict[str, str] = {}
    for record in json_records(path):
        identity = record.identity("_id", "id", "query_id", "qid")
        if identity in texts:
            raise record.fault("a query with this id stands further up")
        if len(texts) == MAX_QUERIES:
            raise record.fault(f"more than {MAX_QUERIES:,} queries")
        texts[identity] = record.text("text", "query", "title")
    return texts
