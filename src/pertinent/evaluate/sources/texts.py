"""Texts of judged sets: documents of a corpus, and queries by their ids."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

from pertinent.evaluate.sources.records import Record, json_records, text_lines
from pertinent.evaluate.task import Judgements
from pertinent.ingest.naming import suffix
from pertinent.types import Document

MAX_QUERIES = 2_000_000

log = logging.getLogger(__name__)


def corpus_documents(path: Path, judgements: Judgements | None = None) -> Iterator[Document]:
    """Stream the documents of a corpus: JSON Lines, or where the name ends in ``.tsv`` id, tab, text.

    The log says how many documents are empty, and how many judged ones did not come.

    Parameters
    ----------
    path : Path
        The file, plain or gzip.
    judgements : Mapping[str, Mapping[str, int]] | None
        Grades by query and document.

    Raises
    ------
    RecordError
        At the first record that cannot be read.
    """
    missing = {document for grades in (judgements or {}).values() for document in grades}
    empty = 0
    for record in _tsv_records(path) if suffix(path) == ".tsv" else json_records(path):
        document = record.document()
        if document is None:
            empty += 1
        else:
            missing.discard(document.id)
            yield document
    if empty:
        log.info("%s: %d empty documents cannot be found", path, empty)
    if missing:
        log.info("%s: %d judged documents are not there, or empty", path, len(missing))


def query_texts(path: Path) -> dict[str, str]:
    """Texts of queries by their ids, in file order: JSON Lines, or ``.tsv`` and ``.txt`` with id, tab, text.

    Raises
    ------
    RecordError
        If a record is broken, or an id stands there twice.
    """
    tabs = suffix(path) in (".tsv", ".txt")
    texts: dict[str, str] = {}
    for record in _tsv_records(path) if tabs else json_records(path):
        add_query(texts, record, record.identity("_id", "id", "query_id", "qid"))
    return texts


def add_query(texts: dict[str, str], record: Record, identity: str) -> None:
    """Put a query's text to the others.

    Raises
    ------
    RecordError
        If it has none, its id is there already, or there are too many.
    """
    if identity in texts:
        raise record.fault("a query with this id stands further up")
    if len(texts) == MAX_QUERIES:
        raise record.fault(f"more than {MAX_QUERIES:,} queries")
    texts[identity] = record.text("text", "query", "title").strip()


def _tsv_records(path: Path) -> Iterator[Record]:
    for number, line in text_lines(path):
        identity, tab, text = line.partition("\t")
        record = Record({"_id": identity, "text": text}, str(path), f"line {number}")
        if not tab:
            raise record.fault("there is no tab between id and text")
        yield record
