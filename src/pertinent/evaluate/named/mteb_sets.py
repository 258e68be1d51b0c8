"""Sets of mteb: its retrieval and reranking tasks as tasks of ours.

mteb (Muennighoff et al., EACL 2023; Enevoldsen et al., ICLR 2025) holds BEIR, MIRACL, MultiLongDoc, LMEB
with LoCoMo, and the reranking tasks of MTEB and MMTEB, each pinned to a revision of its data.
"""

from __future__ import annotations

import copy
import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pertinent.errors import DataError, UsageError
from pertinent.evaluate.extra import require
from pertinent.evaluate.named.fetching import FROM_HUB, fetching
from pertinent.evaluate.named.judged_content import judged_hash
from pertinent.evaluate.named.languages import bm25_language
from pertinent.evaluate.named.set_texts import query_text, set_document
from pertinent.evaluate.sources.judgements import choose_split
from pertinent.evaluate.task import GivenCandidate, Task
from pertinent.types import Document, Passage, content_hash

VERSION = "1"
"""Of the way that mteb's data become tasks; a new one makes all sets other sets."""

log = logging.getLogger(__name__)


def open_mteb(name: str, split: str | None = None) -> list[Task]:
    """Fetch a task of mteb by name.

    Parameters
    ----------
    name : str
        ``SciFact``, or with one of its subsets ``MIRACLReranking/de``.
    split : str | None
        One of its evaluation splits; None takes ``test``, else ``dev``, else the only one.

    Returns
    -------
    list[Task]
        One for each subset.

    Raises
    ------
    UsageError
        If mteb has no such task or subset, it is of another kind, or mteb is not installed.
    DataError
        If the split is not there.
    FetchError
        If it cannot be fetched.
    """
    mteb = require("mteb")
    task_name, _, subset = name.partition("/")
    try:
        found = mteb.get_task(task_name)
    except KeyError:
        raise UsageError(
            f"mteb has no task {task_name}.",
            hint="Write names as mteb does, such as mteb:SciFact; mteb.get_tasks() lists them.",
        ) from None
    if subset:
        if subset not in found.hf_subsets:
            raise UsageError(
                f"{task_name} has no subset {subset}.", hint=f"Subsets are {', '.join(found.hf_subsets)}."
            )
        found = mteb.get_task(task_name, hf_subsets=[subset])
    return tasks_of(found, split)


def open_mteb_benchmark(name: str, split: str | None = None) -> list[Task]:
    """Fetch all retrieval and reranking tasks over texts of one of mteb's benchmarks.

    Parameters
    ----------
    name : str
        ``MTEB(eng, v2)``, ``BEIR``, ``LMEB`` and so on.
    split : str | None
        As for :func:`open_mteb`.

    Raises
    ------
    UsageError
        If mteb has no such benchmark, or it has no such tasks.
    DataError, FetchError
        As for :func:`open_mteb`.
    """
    mteb = require("mteb")
    try:
        benchmark = mteb.get_benchmark(name)
    except KeyError:
        raise UsageError(
            f"mteb has no benchmark {name}.",
            hint="Write names as mteb does, such as 'mteb-benchmark:MTEB(eng, v2)'; "
            "mteb.get_benchmarks() lists them.",
        ) from None
    usable = [task for task in benchmark.tasks if all(map(_is_usable, _parts(task)))]
    if not usable:
        raise UsageError(
            f"{name} has no retrieval or reranking task over texts.", hint="Name another benchmark."
        )
    return [task for found in usable for task in tasks_of(found, split)]


def tasks_of(task: Any, split: str | None = None) -> list[Task]:
    """Turn a task of mteb into tasks of ours.

    Its data are loaded where they are not yet; the given object stays as it is.

    Parameters
    ----------
    task : mteb.AbsTask
        A retrieval or reranking task over texts, or an aggregation of such tasks.
    split : str | None
        One of its evaluation splits; None takes ``test``, else ``dev``, else the only one.

    Returns
    -------
    list[Task]
        One for each subset: of kind ``candidates`` where the task comes with ranked documents, else
        ``retrieval``. Candidates keep their order where ``convert_to_reranking`` took them from a run;
        others are shuffled, always in the same way.

    Raises
    ------
    UsageError
        If the task is of another kind.
    DataError
        If the split is not there, or its data do not fit together.
    FetchError
        If the data cannot be loaded.
    """
    return [found for part in _parts(task) for found in _subsets(part, split)]


def _parts(task: Any) -> list[Any]:
    """The tasks that an aggregation such as CQADupStack is made of; else the task itself."""
    return list(getattr(task.metadata, "tasks", None) or [task])


def _is_usable(task: Any) -> bool:
    retrieval = require("mteb.abstasks").AbsTaskRetrieval
    return isinstance(task, retrieval) and task.metadata.modalities == ["text"]


def _subsets(task: Any, split: str | None) -> Iterator[Task]:
    name = task.metadata.name
    if not _is_usable(task):
        raise UsageError(
            f"{name} is a task of type {task.metadata.type} over {', '.join(task.metadata.modalities)}.",
            hint="Name a retrieval or reranking task over texts.",
        )
    chosen = choose_split(list(task.eval_splits), split, Path(name))
    loaded = copy.copy(task)
    with fetching(name, FROM_HUB):
        if not loaded.data_loaded:
            loaded.filter_eval_splits([chosen])
            loaded.load_data()
        loaded.convert_v1_dataset_format_to_v2(num_proc=None)
        parts = {subset: loaded.dataset[subset][chosen] for subset in loaded.hf_subsets}
    for subset, data in parts.items():
        yield _Source(loaded, subset, chosen, data).task()


@dataclass(frozen=True, slots=True)
class _Source:
    """One subset and split of a loaded mteb task; ``data`` is its ``RetrievalSplitData``."""

    mteb_task: Any
    subset: str
    split: str
    data: Mapping[str, Any]

    @property
    def name(self) -> str:
        name = str(self.mteb_task.metadata.name)
        return f"{name}-{self.subset}" if self.mteb_task.metadata.is_multilingual else name

    def task(self) -> Task:
        queries, judgements = self._judged()
        given = self.data["top_ranked"]
        candidates = None if given is None else self._candidates(queries, given)
        codes = self.mteb_task.metadata.hf_subsets_to_langscripts[self.subset]
        return Task(
            name=self.name,
            split=self.split,
            kind="retrieval" if candidates is None else "candidates",
            queries=queries,
            judgements=judgements,
            data_hash=self._hash(queries, judgements, candidates),
            documents=self.documents if candidates is None else None,
            candidates=candidates,
            # A subset across languages has no stop words and no stemmer that fit both.
            language=bm25_language(codes[0] if len(codes) == 1 else None),
            without_self=self._without_self,
        )

    @property
    def _without_self(self) -> bool:
        return bool(self.mteb_task.ignore_identical_ids)

    def documents(self) -> Iterator[Document]:
        """The corpus, without documents that hold no text: no search finds them."""
        for row in self.data["corpus"]:
            title, text = row.get("title") or "", row["text"] or ""
            if not isinstance(title, str) or not isinstance(text, str):
                raise DataError(
                    f"{self.name} has a document whose title or text is no string.",
                    hint="Name a task over texts.",
                )
            if (document := set_document(str(row["id"]), title, text)) is not None:
                yield document

    def _judged(self) -> tuple[dict[str, str], dict[str, dict[str, int]]]:
        """Texts and grades of the queries that mteb counts: those with any judgement."""
        grades = self.data["relevant_docs"]
        texts = {str(row["id"]): query_text(row) for row in self.data["queries"]}
        queries = {query: text for query, text in texts.items() if grades.get(query)}
        if not queries:
            raise DataError(f"{self.name} has no judged query.", hint="Choose another split or subset.")
        judgements = {
            query: {str(document): int(grade) for document, grade in grades[query].items()}
            for query in queries
        }
        return queries, judgements

    def _candidates(
        self, queries: Iterable[str], given: Mapping[str, list[str]]
    ) -> dict[str, tuple[GivenCandidate, ...]]:
        wanted = {document for query in queries for document in given.get(query, ())}
        texts = {
            document.id: Passage(document.id, document.id, document.text, title=document.title).content
            for document in self.documents()
            if document.id in wanted
        }
        if missing := len(wanted) - len(texts):
            log.info("%s: %d candidates have no text and are left out", self.name, missing)
        return {
            query: tuple(
                GivenCandidate(document, texts[document])
                for document in self._ordered(query, given.get(query, ()))
                if document in texts and not (self._without_self and document == query)
            )
            for query in queries
        }

    def _ordered(self, query: str, given: Iterable[str]) -> list[str]:
        """Candidates once each, in the order of a first stage only where there was one.

        Several of mteb's sets were made by writing the relevant documents first, so an order without
        scores would tell the answer. Such lists come in an order that knows nothing.
        """
        once = list(dict.fromkeys(given))
        from_a_run = getattr(self.mteb_task, "_previous_results_model_meta", None) is not None
        return once if from_a_run else sorted(once, key=lambda document: content_hash(query, document))

    def _hash(
        self,
        queries: Mapping[str, str],
        judgements: Mapping[str, Mapping[str, int]],
        candidates: Mapping[str, tuple[GivenCandidate, ...]] | None,
    ) -> str:
        """Content, not revision alone: tasks made from local files may say any revision."""
        dataset = self.mteb_task.metadata.dataset
        content = judged_hash(queries, judgements, candidates, self.documents() if candidates is None else ())
        return content_hash(
            "mteb", VERSION, str(dataset.get("path")), str(dataset.get("revision")), self.name, self.split,
            str(self._without_self), content,
        )  # fmt: skip
