from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import pytest

from pertinent.errors import DataError
from pertinent.evaluate import first_stage
from pertinent.evaluate.first_stage import (
    Found,
    WithoutVectors,
    base_stage,
    given_candidates,
    index_path,
    open_index,
    searched_candidates,
)
from pertinent.evaluate.request import Request
from pertinent.evaluate.task import Task
from pertinent.types import Document
from support.fakes import BagOfWords
from support.small_task import (
    QUERIES,
    TEXTS,
    candidates_task,
    documents,
    memory_task,
    request,
    retrieval_task,
    screening_task,
)


def searched(task: Task, asked: Request) -> dict[str, Found]:
    embedder = BagOfWords()
    with closing(open_index(task, embedder, asked)) as store:
        return dict(searched_candidates(task, store, embedder, asked))


def test_both_lists_and_their_fusion() -> None:
    found = searched(retrieval_task(), request())
    assert list(found) == list(QUERIES)
    orders = found["glucose"].orders
    assert set(orders) == {"bm25", "dense", "rrf"}
    assert {document for document, _ in orders["bm25"][:2]} == {"metformin", "insulin"}
    assert len(orders["dense"]) == len(TEXTS)
    assert [c.passage.document_id for c in found["glucose"].candidates] == [d for d, _ in orders["rrf"]]
    assert found["glucose"].seconds is not None
    assert found["glucose"].seconds > 0


def test_a_reranker_builds_on_the_last_first_stage_that_is_asked_for() -> None:
    found = searched(retrieval_task(), request(stages=("bm25", "rerank")))["glucose"]
    assert set(found.orders) == {"bm25"}
    assert [c.passage.document_id for c in found.candidates] == [d for d, _ in found.orders["bm25"]]
    # One list counts as both.
    assert found.candidates[0].rrf == pytest.approx(2 / 61)
    assert base_stage(("dense", "bm25", "final")) == "dense"


def test_lists_are_as_long_as_asked() -> None:
    found = searched(retrieval_task(), request(candidates=2))["glucose"]
    assert len(found.orders["dense"]) == 2
    assert len(found.candidates) <= 4


def test_bm25_alone_needs_no_embedder() -> None:
    task, asked = retrieval_task(), request(stages=("bm25",))
    with closing(open_index(task, WithoutVectors(), asked)) as store:
        found = dict(searched_candidates(task, store, WithoutVectors(), asked))
    assert found["headache"].orders["bm25"][0][0] == "aspirin"


def test_bm25_follows_its_numbers() -> None:
    def scores(**numbers: float) -> list[float]:
        order = searched(retrieval_task(), request(stages=("bm25",), **numbers))["glucose"].orders["bm25"]
        return [score for _, score in order]

    assert scores(bm25_k=0.9, bm25_b=0.4) != pytest.approx(scores())


def test_a_question_finds_only_what_its_scope_holds() -> None:
    for found in searched(memory_task(), request()).values():
        assert {c.passage.document_id.partition("/")[0] for c in found.candidates} == {"one"}


def test_a_screening_orders_every_document() -> None:
    found = searched(screening_task(), request(candidates=1))["review"]
    order = found.completed(found.orders["bm25"])
    assert sorted(document for document, _ in order) == sorted(TEXTS)
    scores = [score for _, score in order]
    assert scores == sorted(scores, reverse=True)


def test_documents_are_indexed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    read = 0

    def counted() -> Iterator[Document]:
        nonlocal read
        read += 1
        return iter(documents())

    task = replace(retrieval_task(), documents=counted)
    for _ in range(2):
        searched(task, request())
    assert read == 1
    searched(task, request(bm25_b=0.4))
    assert read == 2


def test_vectors_of_another_engine_or_number_type_are_another_index() -> None:
    class RunsOnTorch(BagOfWords):
        def __init__(self, dtype: str) -> None:
            self.runs_on = ("torch", dtype, "cuda")

    task, asked = retrieval_task(), request()
    paths = {index_path(task, RunsOnTorch(dtype), asked) for dtype in ("float32", "bfloat16")}
    assert len(paths | {index_path(task, BagOfWords(), asked)}) == 3
    assert index_path(task, RunsOnTorch("float32"), asked) in paths


def test_an_interrupted_index_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> Iterator[Document]:
        yield from documents()[:3]
        raise KeyboardInterrupt

    task, asked = retrieval_task(), request()
    with pytest.raises(KeyboardInterrupt):
        open_index(replace(task, documents=broken), BagOfWords(), asked)
    path = index_path(task, BagOfWords(), asked)
    assert not path.with_name(path.name + first_stage.DONE).exists()
    with closing(open_index(task, BagOfWords(), asked)) as store:
        assert store.manifest.documents == len(TEXTS)


def test_a_document_that_cannot_be_stored_is_told() -> None:
    task = replace(retrieval_task("bad"), documents=lambda: iter([Document("", "No id.")]))
    with pytest.raises(DataError):
        open_index(task, BagOfWords(), request())


def test_given_candidates_keep_their_order() -> None:
    found = dict(given_candidates(candidates_task()))["glucose"]
    order = ["rain", "metformin", "aspirin", "museum", "insulin"]
    assert [c.passage.document_id for c in found.candidates] == order
    assert [document for document, _ in found.orders["first_stage"]] == order
    assert found.seconds is None


def test_a_query_does_not_find_itself_where_it_is_a_document() -> None:
    task = replace(
        retrieval_task("self"),
        queries={"aspirin": TEXTS["aspirin"]},
        judgements={"aspirin": {"statin": 1}},
        without_self=True,
    )
    found = searched(task, request(candidates=3))["aspirin"]
    assert "aspirin" not in {c.passage.document_id for c in found.candidates}
    for order in found.orders.values():
        assert "aspirin" not in dict(order)
    assert len(found.orders["dense"]) == 3
