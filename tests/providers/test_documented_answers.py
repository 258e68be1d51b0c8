"""Answers and errors of the services' documentation; a new provider adds its rows here."""

from __future__ import annotations

from typing import Any

import pytest

from pertinent.providers.calls import Ranked, RerankCall, Usage
from pertinent.providers.catalogue import find_dialect

QUERY = "Does metformin lower mortality?"
DOCUMENTS = ("A cohort of metformin users.", "Trains to the coast.", "Metformin and all-cause mortality.")
ONE = (QUERY,)
EIGHT = "Qwen/Qwen3-Reranker-8B"
FIREWORKS = "accounts/fireworks/models/qwen3-reranker-8b"


def call(**said: Any) -> RerankCall:
    return RerankCall(**{"queries": ONE, "documents": DOCUMENTS, **said})


TEXT = {"text": "text"}
SCORES = (0.62, 0.04, 0.97)
BEST_FIRST = (Ranked(2, 0.97), Ranked(0, 0.62), Ranked(1, 0.04))
IN_ORDER = tuple(Ranked(*row) for row in enumerate(SCORES))


def rows(**extra: Any) -> list[dict[str, Any]]:
    return [{"index": item.index, "relevance_score": item.score, **extra} for item in BEST_FIRST]


ANSWERED: list[tuple[str, Any, tuple[Ranked, ...], Usage, str]] = [
    (
        "deepinfra",
        {
            "scores": list(SCORES), "input_tokens": 42, "request_id": "RX1",
            "inference_status": {
                "status": "succeeded", "runtime_ms": 87, "cost": 2.1e-06, "tokens_generated": 0,
                "tokens_input": 42, "output_length": 0,
            },
        },
        IN_ORDER, Usage(42, 2.1e-06, "RX1"), "",
    ),
    (
        "fireworks",
        {
            "object": "list", "model": FIREWORKS, "data": rows(document="text"),
            "usage": {"prompt_tokens": 42, "total_tokens": 42, "completion_tokens": 0},
        },
        BEST_FIRST, Usage(42), FIREWORKS,
    ),
    ("fireworks", {"results": rows()}, BEST_FIRST, Usage(), ""),
    (
        "siliconflow",
        {"id": "01", "results": rows(document=TEXT), "tokens": {"input_tokens": 42}},
        BEST_FIRST, Usage(42, None, "01"), "",
    ),
    (
        "siliconflow-cn",
        {"id": "01", "results": rows(), "meta": {"billed_units": {}, "tokens": {"input_tokens": 42}}},
        BEST_FIRST, Usage(42, None, "01"), "",
    ),
    (
        "cohere",
        {
            "id": "07734bd2", "results": rows(),
            "meta": {"api_version": {"version": "2"}, "billed_units": {"search_units": 1}},
        },
        BEST_FIRST, Usage(None, None, "07734bd2"), "",
    ),
    (
        "jina",
        {"model": "jina-reranker-v2", "usage": {"total_tokens": 42}, "results": rows(document=TEXT)},
        BEST_FIRST, Usage(42), "jina-reranker-v2",
    ),
    (
        "voyage",
        {"object": "list", "data": rows(), "model": "rerank-2.5", "usage": {"total_tokens": 42}},
        BEST_FIRST, Usage(42), "rerank-2.5",
    ),
    (
        "vllm",
        {
            "id": "rerank-9", "model": EIGHT, "usage": {"total_tokens": 42},
            "results": rows(document={"text": "text", "multi_modal": None}),
        },
        BEST_FIRST, Usage(42, None, "rerank-9"), EIGHT,
    ),
    (
        "vllm-score",
        {
            "id": "score-9", "object": "list", "created": 6, "model": EIGHT, "usage": {"total_tokens": 42},
            "data": [{"index": at, "object": "score", "score": score} for at, score in enumerate(SCORES)],
        },
        IN_ORDER, Usage(42, None, "score-9"), EIGHT,
    ),
    ("tei", [{"index": item.index, "score": item.score} for item in BEST_FIRST], BEST_FIRST, Usage(), ""),
    (
        "sglang",
        [
            {"score": item.score, "document": "text", "index": item.index, "meta_info": {"prompt_tokens": 14}}
            for item in BEST_FIRST
        ],
        BEST_FIRST, Usage(), "",
    ),
    (
        "openmem",
        {"code": 0, "message": "ok", "data": {"id": "r", "model": "memos-reranker-4b", "results": rows()}},
        BEST_FIRST, Usage(None, None, "r"), "memos-reranker-4b",
    ),
    (
        "openmem",
        {"results": rows(), "usage": {"total_tokens": 42}},
        BEST_FIRST, Usage(42), "",
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("dialect", "body", "ranked", "usage", "model"), ANSWERED, ids=[row[0] for row in ANSWERED]
)
def test_a_documented_answer_is_read(
    dialect: str, body: Any, ranked: tuple[Ranked, ...], usage: Usage, model: str
) -> None:
    read = find_dialect(dialect).rerank_answer(body, call())
    assert read.ranked == ranked
    assert read.usage == usage
    assert read.model == model


ERRORS = [
    ("deepinfra", {"detail": {"error": "Too long."}}),
    ("tei", {"error": "Too long.", "error_type": "Validation"}),
    ("cohere", {"message": "Too long."}),
    ("jina", {"detail": "Too long."}),
    ("voyage", {"detail": "Too long."}),
    ("siliconflow", {"code": 413, "message": "Too long.", "data": None}),
    (
        "sglang",
        {
            "object": "error",
            "message": "Too long.",
            "type": "invalid_request_error",
            "param": None,
            "code": 413,
        },
    ),
    *(
        (
            name,
            {"error": {"message": "Too long.", "type": "invalid_request_error", "param": None, "code": 413}},
        )
        for name in ("openai", "fireworks", "vllm", "vllm-score", "openmem", "pertinent")
    ),
]


@pytest.mark.parametrize(("dialect", "body"), ERRORS, ids=[row[0] for row in ERRORS])
def test_an_error_has_the_services_shape(dialect: str, body: dict[str, Any]) -> None:
    assert find_dialect(dialect).error(413, "Too long.") == body


TEI_TYPES = {
    400: "Empty",
    413: "Validation",
    422: "Validation",
    424: "Backend",
    429: "Overloaded",
    500: "Backend",
}


@pytest.mark.parametrize(("status", "word"), TEI_TYPES.items())
def test_text_embeddings_inference_has_a_word_for_each_status(status: int, word: str) -> None:
    assert find_dialect("tei").error(status, "x")["error_type"] == word
