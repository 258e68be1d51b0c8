"""A mixed pair is told once and recorded."""

from __future__ import annotations

import dataclasses
import logging

import pytest

from pertinent.families import qwen3_embedding, qwen3_reranker
from pertinent.search.pairing import same_family, warn_of_mixed_pair
from pertinent.search.pipeline import search
from pertinent.search.result import SearchOptions, SearchResult
from pertinent.types import Query
from support.fakes import EMBEDDER, RERANKER, BagOfWords, ListStore, WordOverlap, passages

QWEN_EMBEDDER = dataclasses.replace(EMBEDDER, name="q-embedder", family=qwen3_embedding.NAME)
QWEN_RERANKER = dataclasses.replace(RERANKER, name="q-reranker", family=qwen3_reranker.NAME)


class QwenBag(BagOfWords):
    model = QWEN_EMBEDDER


@pytest.fixture(autouse=True)
def _forget_warnings() -> None:
    warn_of_mixed_pair.cache_clear()


def ask(embedder: BagOfWords, **options: int) -> SearchResult:
    store = ListStore(passages("Metformin lowers glucose.", "It rained."))
    return search(Query("glucose"), store, embedder, WordOverlap(), SearchOptions(**options))


def test_pairs_that_belong_together() -> None:
    assert same_family(EMBEDDER, RERANKER)
    assert same_family(QWEN_EMBEDDER, QWEN_RERANKER)
    assert not same_family(QWEN_EMBEDDER, RERANKER)
    assert not same_family(EMBEDDER, QWEN_RERANKER)
    assert not same_family(EMBEDDER, dataclasses.replace(RERANKER, family="unknown"))


def test_a_mixed_pair_warns_once_and_is_in_every_result(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        results = [ask(QwenBag()) for _ in range(3)]
    assert [result.mixed for result in results] == [True] * 3
    assert results[0].to_dict()["mixed"] is True
    assert [record.message.count("q-embedder") for record in caplog.records] == [1]


def test_a_matching_pair_and_a_search_without_reranker_are_quiet(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        assert not ask(BagOfWords()).mixed
        assert not ask(QwenBag(), rerank_limit=0).mixed
    assert not caplog.records
