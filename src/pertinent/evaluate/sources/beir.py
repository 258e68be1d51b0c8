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

from pathlib import Path

from pertinent.evaluate.sources.data_hash import data_hash
from pertinent.evaluate.sources.files import find_file, needed_file, split_files
from pertinent.evaluate.sources.judgements import choose_split, judged_queries, read_judgements
from pertinent.evaluate.sources.texts import corpus_documents, query_texts
from pertinent.evaluate.task import Task

LAYOUT = "BEIR folder: corpus.jsonl, queries.jsonl, qrels/SPLIT.tsv"


def is_beir(folder: Path) -> bool:
    """Whether the folder has a corpus and queries."""
    return all(find_file(folder, name) for name in ("corpus.jsonl", "queries.jsonl"))


def beir_task(folder: Path, split: str | None = None) -> Task:
    """Read queries and judgements of a split; documents are read when they are asked for.

    Raises
    ------
    DataError
        If a file is missing, a record is broken, or judgements do not fit the queries.
    """
    corpus, queries = (
        needed_file(folder, "corpus.jsonl", LAYOUT),
        needed_file(folder, "queries.jsonl", LAYOUT),
    )
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
        documents=lambda: corpus_documents(corpus, judgements),
    )
