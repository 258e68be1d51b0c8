"""The first stage of a task: its documents indexed once, its queries searched in both lists.

The index is a collection like any other, in the cache folder, named by everything that it is made of.
So a second evaluation of the same documents finds it, and an interrupted one goes on.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from typing import NoReturn

import numpy as np

from pertinent.embedders.protocol import TextEmbedder, Vectors
from pertinent.engine.identity import CARRIED_RUN_ON, runs_on_of
from pertinent.errors import DataError, RecordError
from pertinent.evaluate.request import FIRST_STAGES, GIVEN, Request
from pertinent.evaluate.task import SCOPE, Task
from pertinent.ingest.chunker import DEFAULT_MAX_TOKENS, DEFAULT_OVERLAP, carried_chunker
from pertinent.ingest.indexer import IndexReport, index
from pertinent.search.fusion import RRF_CONSTANT, fuse
from pertinent.settings import load_settings
from pertinent.store import collection as stored
from pertinent.store.filters import parse_filters
from pertinent.store.protocol import Store
from pertinent.types import Candidate, FirstStage, ModelInfo, Passage, Progress
from pertinent.types import Found as FoundPassage

DONE = ".done"
"""End of the name of the file that says that a collection holds all documents of its task."""

Order = list[tuple[str, float]]
"""Documents of one query with their scores, best first."""


@dataclass(frozen=True, slots=True)
class Found:
    """The first stage of one query.

    Parameters
    ----------
    orders : dict[str, list[tuple[str, float]]]
        For each stage that was asked for its documents.
    candidates : list[Candidate]
        What a reranker reads, in the order of the stage that it builds on.
    seconds : float | None
        Time for embedding, searching and fusing; None where candidates were given.
    rest : Sequence[str]
        Documents that every order ends with where it lacks them; all there are of a screening.
    """

    orders: dict[str, Order]
    candidates: list[Candidate]
    seconds: float | None
    rest: Sequence[str] = ()

    def completed(self, order: Order) -> Order:
        """An order with the rest behind it."""
        known = {document for document, _ in order}
        last = order[-1][1] if order else 0.0
        return order + [(document, last - 1) for document in self.rest if document not in known]


class WithoutVectors:
    """Stands for an embedder where BM25 alone is asked for; implements ``TextEmbedder``."""

    model = ModelInfo("none", "1", "none", "embedder", 1, 0, "", dimensions=1)

    def embed_queries(
        self,
        texts: Sequence[str],
        instruction: str | None = None,  # noqa: ARG002 (the protocol's signature)
    ) -> Vectors:
        """One number for each text, always the same."""
        return np.ones((len(texts), 1), np.float32)

    def embed_documents(
        self,
        texts: Sequence[str],
        *,
        progress: Progress | None = None,  # noqa: ARG002 (the protocol's signature)
    ) -> Vectors:
        """One number for each text, always the same."""
        return np.ones((len(texts), 1), np.float32)


def base_stage(stages: Iterable[str]) -> str:
    """The first stage whose order rerankers are given: the last one that is asked for, else RRF.

    Examples
    --------
    >>> base_stage(("bm25", "rerank")), base_stage(("rerank",))
    ('bm25', 'rrf')
    """
    named = [stage for stage in FIRST_STAGES if stage in set(stages)]
    return named[-1] if named else "rrf"


def given_candidates(task: Task) -> Iterator[tuple[str, Found]]:
    """The candidates that came with each query; one list counts as both."""
    for query in task.queries:
        rows = (task.candidates or {}).get(query, ())
        candidates = [
            Candidate(Passage(row.document_id, row.document_id, row.text), 2 / (RRF_CONSTANT + rank), rank)
            for rank, row in enumerate(rows, start=1)
        ]
        order = _documents((c.passage.document_id, c.rrf) for c in candidates)
        yield query, Found({GIVEN: order}, candidates, None)


def searched_candidates(
    task: Task, store: Store, embedder: TextEmbedder, request: Request
) -> Iterator[tuple[str, Found]]:
    """Search each query; a screening ranks every document, what matches nothing last."""
    everything = task.kind == "screening"
    depth = store.count() if everything else request.candidates
    rest = sorted(_all_ids(store), key=_shuffled) if everything else []
    for query, text in task.queries.items():
        begun = time.perf_counter()
        scope = parse_filters({SCOPE: task.scopes[query]}) if query in task.scopes else ()
        vector = embedder.embed_queries([text])[0]
        lists = store.first_stage(text, vector, depth + task.without_self, scope)
        if task.without_self:
            lists = _without(query, lists, depth)
        fused = fuse(lists, keep_doubles=True)
        seconds = time.perf_counter() - begun
        candidates = _candidates(lists, fused, base_stage(request.stages))
        yield query, Found(_orders(lists, fused, request.stages), candidates, seconds, rest)


def _without(document: str, lists: FirstStage, depth: int) -> FirstStage:
    def kept(found: Iterable[FoundPassage]) -> tuple[FoundPassage, ...]:
        return tuple(islice((item for item in found if item.passage.document_id != document), depth))

    return FirstStage(kept(lists.dense), kept(lists.bm25))


def _orders(lists: FirstStage, fused: list[Candidate], stages: Sequence[str]) -> dict[str, Order]:
    found = {
        "bm25": ((item.passage.document_id, item.score) for item in lists.bm25),
        "dense": ((item.passage.document_id, item.score) for item in lists.dense),
        "rrf": ((c.passage.document_id, c.rrf) for c in fused),
    }
    return {stage: _documents(found[stage]) for stage in FIRST_STAGES if stage in stages}


def _candidates(lists: FirstStage, fused: list[Candidate], base: str) -> list[Candidate]:
    if base == "rrf":
        return fused
    # One list counts as both, so that its head has the best evidence there is.
    one = lists.bm25 if base == "bm25" else lists.dense
    return fuse(FirstStage(dense=one, bm25=one), keep_doubles=True)


def _documents(passages: Iterable[tuple[str, float]]) -> Order:
    """Documents by their best passage."""
    best: dict[str, float] = {}
    for document, score in passages:
        best.setdefault(document, score)
    return list(best.items())


def _all_ids(store: Store) -> Iterator[str]:
    return (document.id for document in store.documents())


def _shuffled(document: str) -> bytes:
    """An order that knows nothing: files may hold the relevant documents first."""
    return blake2b(document.encode(), digest_size=8).digest()


def open_index(
    task: Task, embedder: TextEmbedder, request: Request, progress: Callable[[int], None] | None = None
) -> Store:
    """The task's documents as a collection, made where it is not there yet.

    Parameters
    ----------
    task : Task
        With documents.
    embedder : TextEmbedder
        Makes the vectors.
    request : Request
        BM25's numbers and language.
    progress : Callable[[int], None] | None
        Called with the number of documents that are done.

    Returns
    -------
    Store
        Close it when done.

    Raises
    ------
    DataError
        If a document cannot be stored.
    """
    path = index_path(task, embedder, request)
    if not is_indexed(path):
        _index(task, path, embedder, request, progress)
    return stored.open_reader(path)


def is_indexed(path: Path) -> bool:
    """Whether the collection there holds all documents of its task."""
    return path.with_name(path.name + DONE).exists()


def index_path(task: Task, embedder: TextEmbedder, request: Request) -> Path:
    """Where the collection of a task lies: its name tells all that it is made of; loads the embedder."""
    model = embedder.model
    made_of: list[object] = [
        task.data_hash,
        [model.name, model.revision, model.dimensions, model.default_instruction, model.max_tokens],
        [request.bm25_k, request.bm25_b, request.language or task.language],
        [DEFAULT_MAX_TOKENS, DEFAULT_OVERLAP],
    ]
    runs_on = runs_on_of(embedder)
    if runs_on != CARRIED_RUN_ON:  # the carried model knows nothing else
        made_of.append(list(runs_on))
    name = blake2b(json.dumps(made_of).encode(), digest_size=12).hexdigest()
    return load_settings().cache / "evaluate" / name


def _index(
    task: Task,
    path: Path,
    embedder: TextEmbedder,
    request: Request,
    progress: Callable[[int], None] | None,
) -> None:
    if task.documents is None:
        raise DataError(f"{task.name} has no documents.", hint="Give a set with documents or candidates.")
    if not stored.exists(path):
        language = request.language or task.language
        stored.create(path, embedder.model, language=language, k=request.bm25_k, b=request.bm25_b).close()
    store = stored.open_writer(path, embedder.model)
    report = IndexReport()
    try:
        index(
            task.documents(),
            store,
            embedder,
            carried_chunker(),
            report,
            on_broken=_refuse,
            progress=(lambda so_far: progress(so_far.read)) if progress else None,
        )
    finally:
        store.close()
    path.with_name(path.name + DONE).touch()


def _refuse(error: RecordError) -> NoReturn:
    raise error
