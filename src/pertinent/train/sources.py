"""From the data of a configuration to examples with judgements, and to texts that queries are written for.

==========================  ========================================================================
judged folder               see ``evaluate.sources``: its relevant documents, or its given candidates
pairs                       ``pairs.SPLIT.jsonl[.gz]``: query, positive, negatives; the folder, or the
                            file itself where the folder holds judgements as well
texts                       whatever ``pertinent index`` reads
==========================  ========================================================================

Every query comes with at least one relevant passage; a query without one is left out.
"""

from __future__ import annotations

import heapq
import logging
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

from pertinent.errors import DataError, RecordError, UsageError
from pertinent.evaluate.sources.files import find_file
from pertinent.evaluate.sources.opening import open_tasks
from pertinent.evaluate.sources.records import Record, json_records
from pertinent.evaluate.task import Task
from pertinent.ingest.detect import open_documents
from pertinent.train.data_config import DataConfig
from pertinent.train.examples import MOST_PASSAGES, Example, TrainingPassage
from pertinent.types import Document, Passage

MOST_CHARS = 1 << 31
"""Of the passages of one source, which are held in memory."""

GIVEN = "given"
"""Origin of a candidate that came with the query and that nobody judged."""

_PAIRS = re.compile(r"pairs\.[\w-]+\.jsonl(\.gz)?")

log = logging.getLogger(__name__)


def open_examples(data: DataConfig, folder: Path) -> Iterator[Example]:
    """Queries of one source with the passages that were judged.

    Parameters
    ----------
    data : DataConfig
        Which source, split and how many queries: those whose ids (of pairs: texts) have the smallest
        hashes after ``skip`` smaller ones, so that the choice is the same everywhere. A query that asks
        the same as one of those passed over is left out too.
    folder : Path
        Folder of data.

    Returns
    -------
    Iterator[Example]
        In the order of the source; ``relevant`` is True above grade 0, False at or under it, and None for
        given candidates that nobody judged.

    Raises
    ------
    DataError
        If the source is not there, has no known layout, or something in it is broken.
    UsageError
        If it is a kind of judged set that is not trained on.
    """
    place = folder / data.path
    pairs = place if _PAIRS.fullmatch(place.name) else find_file(place, f"pairs.{data.split}.jsonl")
    judged = find_file(place, "corpus.jsonl") or find_file(place, "candidates.jsonl")
    if pairs is not None and judged is None:
        yield from _pairs(pairs, data)
        return
    for task in open_tasks(place, data.split):
        if task.kind not in ("retrieval", "candidates"):
            raise UsageError(
                f"{task.name} is a set of the kind {task.kind}, which is not trained on.",
                hint="Give a set with documents or candidates, or pairs.",
            )
        chosen = _chosen(task.queries, data)
        some = {query: text for query, text in task.queries.items() if query in chosen}
        yield from _judged(replace(task, queries=some), data.path)


def open_texts(data: DataConfig, folder: Path) -> Iterator[Document]:
    """Texts of one source, to write queries for or to look for hard negatives in.

    Parameters
    ----------
    data : DataConfig
        Which source, and how many texts: those whose ids have the smallest hashes, after ``skip`` smaller
        ones.
    folder : Path
        Folder of data.

    Returns
    -------
    Iterator[Document]
        In the order of the source. What is broken is left out; the log says how much.

    Raises
    ------
    DataError
        If there is nothing that can be read.
    """
    place = folder / data.path
    if data.limit is not None:
        numbered = (
            (_hash(document.id), number, document) for number, document in enumerate(_readable(place))
        )
        chosen = heapq.nsmallest(data.skip + data.limit, numbered, key=lambda item: item[:2])[data.skip :]
        yield from (document for _, _, document in sorted(chosen, key=lambda item: item[1]))
        return
    hashes = ((_hash(document.id), number) for number, document in enumerate(_readable(place)))
    passed_over = {number for _, number in heapq.nsmallest(data.skip, hashes)} if data.skip else set()
    yield from (document for number, document in enumerate(_readable(place)) if number not in passed_over)


def _readable(place: Path) -> Iterator[Document]:
    faults: Counter[type[RecordError]] = Counter()
    document = None
    for document in open_documents([place], on_broken=lambda error: faults.update([type(error)])):
        yield document
    if document is None:
        raise DataError(f"{place} has no texts.", hint="Give a folder or file with documents.")
    if faults:
        log.warning("%s: %d records are left out whole or in part", place, faults.total())


def _chosen(queries: Mapping[str, str], data: DataConfig) -> set[str]:
    """Ids of the queries that a source is asked for."""
    ordered = sorted(queries, key=_hash)
    passed_over = {_folded(queries[query]) for query in ordered[: data.skip]}
    some = ordered[data.skip :][: data.limit]
    return {query for query in some if _folded(queries[query]) not in passed_over}


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())


def _hash(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _judged(task: Task, source: str) -> Iterator[Example]:
    texts = _texts(task) if task.candidates is None else {}
    left_out = 0
    for query, text in task.queries.items():
        grades = task.judgements.get(query, {})
        passages = (
            _given(task, query, grades)
            if task.candidates is not None
            else [
                TrainingPassage(texts[document], grade > 0)
                for document, grade in sorted(grades.items(), key=lambda item: -item[1])
                if document in texts
            ]
        )[:MOST_PASSAGES]
        if any(passage.relevant for passage in passages):
            yield Example(text, tuple(passages), source)
        else:
            left_out += 1
    if left_out:
        log.info("%s: %d queries have no relevant passage and are left out", source, left_out)


def _given(task: Task, query: str, grades: Mapping[str, int]) -> list[TrainingPassage]:
    return [
        TrainingPassage(row.text, grades[row.document_id] > 0)
        if row.document_id in grades
        else TrainingPassage(row.text, None, GIVEN)
        for row in (task.candidates or {}).get(query, ())
        if row.text.strip()
    ]


def _texts(task: Task) -> dict[str, str]:
    """What models read of the documents that were judged for these queries."""
    wanted = {document for query in task.queries for document in task.judgements.get(query, {})}
    texts: dict[str, str] = {}
    chars = 0
    for document in task.documents() if task.documents else ():
        if document.id in wanted:
            texts[document.id] = Passage("", document.id, document.text, title=document.title).content
            chars += len(texts[document.id])
            if chars > MOST_CHARS:
                raise DataError(
                    f"The judged documents of {task.name} have more than {MOST_CHARS:,} characters.",
                    hint="Set a limit for this source.",
                )
    return texts


def _pairs(path: Path, data: DataConfig) -> Iterator[Example]:
    """Pairs with the same query become one example; what answers one of them is no negative."""
    relevant: dict[str, dict[str, bool]] = {}
    chars = 0
    for record in json_records(path):
        query = record.text("query").strip()
        known = relevant.setdefault(query, {})
        given = dict.fromkeys(_negatives(record), False) | {record.text("positive").strip(): True}
        for text, answers in given.items():
            known[text] = answers or known.get(text, False)
            chars += len(text)
        if chars > MOST_CHARS:
            raise record.fault(f"the passages so far have more than {MOST_CHARS:,} characters")
    queries = _chosen({query: query for query in relevant}, data)
    for query, known in relevant.items():
        if query in queries:
            best_first = sorted(known.items(), key=lambda item: not item[1])[:MOST_PASSAGES]
            yield Example(query, tuple(TrainingPassage(*item) for item in best_first), data.path)


def _negatives(record: Record) -> Iterator[str]:
    given = record.fields.get("negatives") or []
    if not (isinstance(given, list) and len(given) <= MOST_PASSAGES):
        raise record.fault(f"negatives is no list of at most {MOST_PASSAGES:,} texts")
    for text in given:
        if not isinstance(text, str):
            raise record.fault("one of the negatives is not a text")
        if text.strip():
            yield text.strip()
