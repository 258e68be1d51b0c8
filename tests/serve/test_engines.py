"""What requests become: the scores of the reranker itself, in whatever company, cached or not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pertinent.embedders.local import LocalEmbedder
from pertinent.embedders.protocol import Vectors
from pertinent.rerankers.local import LocalReranker
from pertinent.serve.engines import ServedModel, results_of
from pertinent.serve.metrics import Metrics
from pertinent.serve.runners import Read, Wanted
from pertinent.types import Progress, Score
from support.held_model import HeldModel
from support.serving import DOCUMENTS, QUERY

LONG = "It rained. " * 400 + "Metformin lowers blood glucose."


def answer(served: ServedModel, wanted: Wanted) -> list[Score]:
    read = served.read(wanted)
    job = served.submit("someone", read)
    job.future.result(60)
    return results_of(job, read)


def of_itself(reranker: LocalReranker, wanted: Wanted) -> list[Score]:
    if len(wanted.queries) == 1:
        return list(reranker.score(wanted.queries[0], wanted.texts))
    each = zip(wanted.queries, wanted.texts, strict=True)
    return [score for query, text in each for score in reranker.score(query, [text])]


TEXT = st.sampled_from([*DOCUMENTS, LONG, "", "…", "glucose " * 300])


@settings(max_examples=10)
@given(requests=st.lists(st.tuples(TEXT, st.lists(TEXT, min_size=1, max_size=4)), min_size=1, max_size=4))
def test_a_score_does_not_depend_on_company(
    reranker: LocalReranker, requests: list[tuple[str, list[str]]]
) -> None:
    served = ServedModel(reranker, Metrics())
    wanted = [Wanted(tuple(texts), (query,)) for query, texts in requests]
    reads = [served.read(each) for each in wanted]
    jobs = [served.submit(str(number), read) for number, read in enumerate(reads)]
    for each, read, job in zip(wanted, reads, jobs, strict=True):
        job.future.result(60)
        assert results_of(job, read) == of_itself(reranker, each)
    served.batcher.close()


def test_tokens_are_those_that_the_reranker_counts(reranker: LocalReranker) -> None:
    served = ServedModel(reranker, Metrics())
    texts = (*DOCUMENTS, LONG)
    assert served.read(Wanted(texts, (QUERY,))).tokens == reranker.count_tokens(QUERY, texts)
    served.batcher.close()


def test_vectors_are_those_of_the_embedder(embedder: LocalEmbedder) -> None:
    served = ServedModel(embedder, Metrics())
    texts = (*DOCUMENTS, LONG, "")
    found = np.stack(answer(served, Wanted(texts)))  # type: ignore[call-overload]
    np.testing.assert_array_equal(found, embedder.embed_documents(texts))
    questions = np.stack(answer(served, Wanted((QUERY,), as_queries=True)))  # type: ignore[call-overload]
    np.testing.assert_array_equal(questions, embedder.embed_queries([QUERY]))
    served.batcher.close()


class PlainEmbedder:
    """Implements ``TextEmbedder`` and no more."""

    def __init__(self, embedder: LocalEmbedder) -> None:
        self.model = replace(embedder.model, name="plain")
        self._embedder = embedder

    def embed_queries(self, texts: Sequence[str], instruction: str | None = None) -> Vectors:
        return self._embedder.embed_queries(texts, instruction)

    def embed_documents(self, texts: Sequence[str], *, progress: Progress | None = None) -> Vectors:
        return self._embedder.embed_documents(texts, progress=progress)


def test_other_embedders_embed_in_groups(embedder: LocalEmbedder) -> None:
    served = ServedModel(PlainEmbedder(embedder), Metrics())
    texts = tuple(f"text {number}" for number in range(20))
    read = served.read(Wanted(texts))
    assert [len(group) for group, _ in read.items] == [16, 4]
    assert read.tokens is None
    found = np.stack(answer(served, Wanted(texts)))  # type: ignore[call-overload]
    np.testing.assert_array_equal(found, embedder.embed_documents(texts))
    served.batcher.close()


def test_a_vector_that_is_not_finite_is_a_fault(
    embedder: LocalEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    served = ServedModel(PlainEmbedder(embedder), Metrics())
    monkeypatch.setattr(embedder, "embed_documents", lambda *_, **__: np.full((1, 384), np.nan, np.float32))
    with pytest.raises(ArithmeticError):
        answer(served, Wanted(("text",)))
    served.batcher.close()


def test_other_models_score_the_documents_of_one_query_together() -> None:
    model = HeldModel()
    served = ServedModel(model, Metrics())
    texts = tuple("x" * length for length in range(1, 21))
    assert [score.margin for score in answer(served, Wanted(texts, ("q",)))] == list(range(1, 21))
    assert [len(call) for call in model.calls] == [16, 4]
    paired = answer(served, Wanted(texts[:4], ("a", "a", "b", "a")))
    assert [score.margin for score in paired] == [1, 2, 3, 4]
    assert [len(call) for call in model.calls[2:]] == [2, 1, 1]
    served.batcher.close()


def test_what_the_cache_knows_is_not_run(reranker: LocalReranker, tmp_path: Path) -> None:
    metrics = Metrics()
    served = ServedModel(reranker, metrics, tmp_path / "scores.sqlite")
    some, all_of_them = Wanted(DOCUMENTS[1:3], (QUERY,)), Wanted(DOCUMENTS, (QUERY,))
    assert answer(served, some) == of_itself(reranker, some)
    read = served.read(all_of_them)
    assert sorted(read.known) == [1, 2]
    assert len(read.items) == 2
    assert answer(served, all_of_them) == of_itself(reranker, all_of_them)
    known = served.read(all_of_them)
    assert known == Read((), (), (), 0, known.known)
    assert answer(served, all_of_them) == of_itself(reranker, all_of_them)
    paired = replace(all_of_them, queries=(QUERY, "ferry", QUERY, "rain"))
    assert sorted(served.read(paired).known) == [0, 2]
    assert answer(served, paired) == of_itself(reranker, paired)
    assert 'pertinent_cache_total{found="yes"}' in metrics.text().decode()
    served.batcher.close()


def test_a_canary_is_tried_when_it_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    model = HeldModel()
    served = ServedModel(model, Metrics())
    served.load()
    assert len(model.calls) == 1
    served.batcher.close()
