"""What requests become: the scores of the reranker itself, in whatever company, cached or not."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pertinent.embedders.local import LocalEmbedder
from pertinent.rerankers.local import LocalReranker
from pertinent.serve.engines import ServedModel, results_of
from pertinent.serve.metrics import Metrics
from pertinent.serve.runners import Wanted
from support.held_model import HeldModel
from support.serving import DOCUMENTS, QUERY, answer, of_itself

LONG = "It rained. " * 400 + "Metformin lowers blood glucose."


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


def test_a_canary_is_tried_when_it_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    model = HeldModel()
    served = ServedModel(model, Metrics())
    served.load()
    assert len(model.calls) == 1
    served.batcher.close()
