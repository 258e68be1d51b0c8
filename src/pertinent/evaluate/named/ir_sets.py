"""Sets of ir_datasets: documents, queries and judgements by the names of its catalogue.

ir_datasets (MacAvaney et al., SIGIR 2021) fetches collections from where their makers publish them and
checks what arrives against known sums, so its version and a set's name pin the documents.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pertinent.errors import DataError, UsageError
from pertinent.evaluate.extra import require
from pertinent.evaluate.named.fetching import FROM_IR_DATASETS, fetching
from pertinent.evaluate.named.judged_content import judged_hash
from pertinent.evaluate.named.languages import bm25_language
from pertinent.evaluate.named.set_texts import set_document
from pertinent.evaluate.sources.judgements import ONLY_SPLIT, PREFERRED_SPLITS
from pertinent.evaluate.task import GivenCandidate, Task
from pertinent.types import Document, Passage, content_hash

VERSION = "1"
"""Of the way that these sets become tasks; a new one makes all sets other sets."""

SPLITS = ("test", "dev", "train", "val", "valid", "validation")
"""Last part of a name that says which judgements."""

MAX_CANDIDATES = 1000
"""Of a first-stage list with texts; TREC's runs are as long."""

log = logging.getLogger(__name__)


def open_ir_dataset(name: str, split: str | None = None) -> list[Task]:
    """Fetch a set of ir_datasets by name.

    Parameters
    ----------
    name : str
        ``beir/scifact/test``; without its split ``beir/scifact``.
    split : str | None
        Which part, where the name does not say it; None takes ``test``, else ``dev``.

    Returns
    -------
    list[Task]
        One task: of kind ``candidates`` where the set comes with scored documents, else ``retrieval``.

    Raises
    ------
    UsageError
        If there is no such set, it is not judged, or ir_datasets is not installed.
    FetchError
        If it cannot be fetched.
    """
    ir_datasets = require("ir_datasets")
    known = ir_datasets.registry
    parts = name.split("/")
    if split is not None:
        tried = [name if parts[-1] == split else f"{name}/{split}"]
    else:
        tried = [name, *(f"{name}/{preferred}" for preferred in PREFERRED_SPLITS)]
    for full in tried:
        try:
            dataset = ir_datasets.load(full)
        except KeyError:
            continue
        if dataset.has_docs() and dataset.has_queries() and dataset.has_qrels():
            return [task_of(dataset, full, str(ir_datasets.__version__))]
    judged = sorted(other for other in known if other.startswith(f"{name}/"))[:10]
    raise UsageError(
        f"ir_datasets has no judged set {tried[0]}.",
        hint=f"Below it there are {', '.join(judged)}."
        if judged
        else "Write names as its catalogue does, such as ir_datasets:beir/scifact/test.",
    )


def task_of(dataset: Any, name: str, version: str) -> Task:
    """Turn a set of ir_datasets into a task.

    Parameters
    ----------
    dataset : ir_datasets.Dataset
        With documents, queries and judgements; scored documents become candidates.
    name : str
        Its name in the catalogue; a last part that is a split gives the task's.
    version : str
        What tells its documents from another version's: that of ir_datasets, which pins their sums.

    Raises
    ------
    DataError
        If no query is judged.
    FetchError
        If something cannot be fetched or read.
    """
    source = _Source(dataset, name)
    queries, judgements = source.judged()
    candidates = source.candidates(queries) if dataset.has_scoreddocs() else None
    parts = name.split("/")
    ends_in_split = len(parts) > 1 and parts[-1] in SPLITS
    return Task(
        name="-".join(parts[:-1] if ends_in_split else parts),
        split=parts[-1] if ends_in_split else ONLY_SPLIT,
        kind="retrieval" if candidates is None else "candidates",
        queries=queries,
        judgements=judgements,
        data_hash=content_hash(
            "ir_datasets", VERSION, name, version, judged_hash(queries, judgements, candidates)
        ),
        documents=source.documents if candidates is None else None,
        candidates=candidates,
        language=bm25_language(dataset.docs_lang()),
        # BEIR's own evaluation leaves such pairs out of all its sets.
        without_self=parts[0] == "beir",
    )


@dataclass(frozen=True, slots=True)
class _Source:
    dataset: Any
    name: str

    def documents(self) -> Iterator[Document]:
        """Documents that hold text, as they are fetched."""
        with fetching(self.name, FROM_IR_DATASETS):
            for row in self.dataset.docs_iter():
                if (document := _document(row)) is not None:
                    yield document

    def judged(self) -> tuple[dict[str, str], dict[str, dict[str, int]]]:
        grades: dict[str, dict[str, int]] = {}
        with fetching(self.name, FROM_IR_DATASETS):
            for row in self.dataset.qrels_iter():
                grades.setdefault(str(row.query_id), {})[str(row.doc_id)] = int(row.relevance)
            queries = {
                str(row.query_id): str(row.default_text())
                for row in self.dataset.queries_iter()
                if str(row.query_id) in grades
            }
        if not queries:
            raise DataError(f"{self.name} has no judged query.", hint="Choose another set or split.")
        return queries, {query: grades[query] for query in queries}

    def candidates(self, queries: Mapping[str, str]) -> dict[str, tuple[GivenCandidate, ...]]:
        """The best scored documents of each query, with their texts."""
        scored: dict[str, dict[str, float]] = {query: {} for query in queries}
        with fetching(self.name, FROM_IR_DATASETS):
            for row in self.dataset.scoreddocs_iter():
                if str(row.query_id) in scored:
                    scored[str(row.query_id)][str(row.doc_id)] = float(row.score)
            lists = {
                query: sorted(rows.items(), key=lambda row: -row[1])[:MAX_CANDIDATES]
                for query, rows in scored.items()
            }
            wanted = {document for rows in lists.values() for document, _ in rows}
            texts: dict[str, str] = {}
            for row in self.dataset.docs_store().get_many_iter(wanted):
                if (found := _document(row)) is not None:
                    texts[found.id] = Passage(found.id, found.id, found.text, title=found.title).content
        if missing := len(wanted) - len(texts):
            log.info("%s: %d candidates have no text and are left out", self.name, missing)
        return {
            query: tuple(
                GivenCandidate(document, texts[document], score)
                for document, score in rows
                if document in texts and not (self.name.startswith("beir/") and document == query)
            )
            for query, rows in lists.items()
        }


def _document(row: Any) -> Document | None:
    """A title and text where the set has just these, else all that it counts as text."""
    title, text = getattr(row, "title", None), getattr(row, "text", None)
    if isinstance(title, str) and isinstance(text, str):
        return set_document(str(row.doc_id), title, text)
    return set_document(str(row.doc_id), "", str(row.default_text()))
