from __future__ import annotations

import json

import pytest

from pertinent.errors import UsageError
from pertinent.search.result import SearchOptions, SearchResult
from pertinent.types import Candidate, Hit, ModelInfo, Passage, Query, Score

MODEL = ModelInfo("mini", "r1", "cross_encoder", "reranker", 512, 1, "Apache-2.0")


def result() -> SearchResult:
    candidate = Candidate(Passage("p", "d", "text", title="Title"), 0.03, 1)
    hit = Hit(1, candidate, Score.from_margin(1.0, MODEL), 0.7)
    return SearchResult(
        Query("q", "i"), (hit,), "partial", "why", {"total_ms": 1.23456}, (candidate,), None, MODEL
    )


def test_a_result_is_one_json_document() -> None:
    told = json.loads(json.dumps(result().to_dict()))
    assert (told["query"], told["instruction"], told["reranked"], told["reason"]) == (
        "q",
        "i",
        "partial",
        "why",
    )
    assert told["timings"] == {"total_ms": 1.235}
    assert told["models"] == {"reranker": {"name": "mini", "revision": "r1", "instruction": None}}
    assert told["mixed"] is False
    assert [hit["document"]["id"] for hit in told["hits"]] == ["d"]


def test_a_result_prints_and_counts_its_hits() -> None:
    assert str(result()) == "  1  0.7000  Title"
    assert len(result()) == len(list(result())) == 1
    assert str(SearchResult(Query("q"), reason="Empty.")) == "(nothing found: Empty.)"


def test_depth_is_four_times_top_k_unless_given() -> None:
    assert SearchOptions(top_k=7).depth == 28
    assert SearchOptions(top_k=7, candidates=9).depth == 9
    assert SearchOptions(top_k=5000).depth == SearchOptions.LARGEST


def test_a_limit_is_told_of_the_option_that_was_given() -> None:
    with pytest.raises(UsageError, match="top_k is 10001"):
        SearchOptions(top_k=10_001)
