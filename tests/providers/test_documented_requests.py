"""Requests of the services' documentation, read and written.

A new provider adds its rows to the tables here.
"""

from __future__ import annotations

from typing import Any

import pytest

from pertinent.providers.calls import EmbedCall, RerankCall
from pertinent.providers.catalogue import find_dialect

QUERY = "Does metformin lower mortality?"
DOCUMENTS = ("A cohort of metformin users.", "Trains to the coast.", "Metformin and all-cause mortality.")
LIST = list(DOCUMENTS)
ONE = (QUERY,)
EIGHT = "Qwen/Qwen3-Reranker-8B"
FIREWORKS = "accounts/fireworks/models/qwen3-reranker-8b"
ASK: dict[str, Any] = {"query": QUERY, "documents": LIST}
TWO = {"model": EIGHT, **ASK, "top_n": 2}
THRICE = [QUERY] * 3
WISH = "Favour randomised trials."


def call(**said: Any) -> RerankCall:
    return RerankCall(**{"queries": ONE, "documents": DOCUMENTS, **said})


ASKED: list[tuple[str, dict[str, Any], RerankCall]] = [
    # DeepInfra: the model stands in the path.
    ("deepinfra", {"queries": [QUERY], "documents": LIST}, call(model=EIGHT)),
    ("deepinfra", {"queries": THRICE, "documents": LIST}, call(queries=ONE * 3, model=EIGHT)),
    (
        "deepinfra",
        {"queries": [QUERY], "documents": LIST, "instruction": WISH, "service_tier": "default"},
        call(model=EIGHT, instruction=WISH),
    ),
    ("deepinfra", {"queries": [QUERY], "passages": LIST}, call(model=EIGHT)),
    # Fireworks.
    (
        "fireworks",
        {"model": FIREWORKS, **ASK, "top_n": 2, "return_documents": False, "task": WISH},
        call(model=FIREWORKS, limit=2, with_documents=False, instruction=WISH),
    ),
    # SiliconFlow.
    (
        "siliconflow",
        {
            "model": EIGHT, **ASK, "instruction": WISH, "top_n": 4,
            "return_documents": True, "max_chunks_per_doc": 123, "overlap_tokens": 79,
        },
        call(model=EIGHT, limit=4, with_documents=True, instruction=WISH),
    ),
    ("siliconflow-cn", {"query": QUERY, "documents": [{"text": "a"}, "b"]}, call(documents=("a", "b"))),
    # Cohere.
    (
        "cohere",
        {"model": "rerank-v3.5", **ASK, "top_n": 3, "max_tokens_per_doc": 4096},
        call(model="rerank-v3.5", limit=3),
    ),
    # Jina.
    (
        "jina",
        {"model": "jina-reranker-v2", **ASK, "top_n": 3, "return_documents": False},
        call(model="jina-reranker-v2", limit=3, with_documents=False),
    ),
    # Voyage.
    (
        "voyage",
        {
            **ASK, "model": "rerank-2.5", "top_k": 3, "return_documents": True,
            "truncation": False,
        },
        call(model="rerank-2.5", limit=3, with_documents=True, truncate=False),
    ),
    # vLLM.
    ("vllm", {"model": EIGHT, **ASK, "top_n": 0}, call(model=EIGHT)),
    (
        "vllm",
        {
            "model": EIGHT, **ASK, "top_n": 2, "truncate_prompt_tokens": 512,
            "use_activation": False, "priority": -1,
        },
        call(model=EIGHT, limit=2, raw_scores=True),
    ),
    ("vllm-score", {"model": EIGHT, "text_1": QUERY, "text_2": LIST}, call(model=EIGHT)),
    ("vllm-score", {"text_1": QUERY, "text_2": LIST[0]}, call(documents=DOCUMENTS[:1])),
    ("vllm-score", {"model": EIGHT, "text_1": THRICE, "text_2": LIST}, call(model=EIGHT, queries=ONE * 3)),
    ("vllm-score", {"model": EIGHT, "queries": QUERY, "documents": LIST}, call(model=EIGHT)),
    ("vllm-score", {"model": EIGHT, "queries": QUERY, "items": LIST}, call(model=EIGHT)),
    ("vllm-score", {"queries": THRICE, "documents": LIST}, call(queries=ONE * 3)),
    # text-embeddings-inference: too long a text is refused unless the request says otherwise.
    ("tei", {"query": QUERY, "texts": LIST}, call(truncate=False)),
    (
        "tei",
        {
            "query": QUERY, "texts": LIST, "raw_scores": True, "return_text": True, "truncate": True,
            "truncation_direction": "Right",
        },
        call(raw_scores=True, with_documents=True, truncate=True),
    ),
    # SGLang.
    ("sglang", {"model": EIGHT, **ASK}, call(model=EIGHT)),
    (
        "sglang",
        {**ASK, "instruct": WISH, "top_n": 2, "return_documents": False},
        call(instruction=WISH, limit=2, with_documents=False),
    ),
    # OpenMem.
    (
        "openmem",
        {"model": "memos-reranker-0.6b", **ASK, "top_n": 2, "user_id": "u"},
        call(model="memos-reranker-0.6b", limit=2),
    ),
    # Pertinent.
    (
        "pertinent",
        {"model": "m", **ASK, "instruction": WISH, "raw_scores": True, "top_n": 1},
        call(model="m", instruction=WISH, raw_scores=True, limit=1),
    ),
]  # fmt: skip


@pytest.mark.parametrize(("dialect", "body", "expected"), ASKED, ids=[row[0] for row in ASKED])
def test_a_documented_request_is_read(dialect: str, body: dict[str, Any], expected: RerankCall) -> None:
    in_path = EIGHT if dialect == "deepinfra" else ""
    assert find_dialect(dialect).rerank_call(body, in_path) == expected


WRITTEN = [
    ("deepinfra", "/v1/inference/Qwen/Qwen3-Reranker-8B", {"queries": [QUERY], "documents": LIST}),
    ("fireworks", "/inference/v1/rerank", TWO),
    ("siliconflow", "/v1/rerank", TWO),
    ("cohere", "/v2/rerank", TWO),
    ("jina", "/v1/rerank", TWO),
    ("voyage", "/v1/rerank", {"model": EIGHT, **ASK, "top_k": 2}),
    (
        "vllm",
        "/rerank",
        {"model": EIGHT, **ASK, "top_n": 2, "truncate_prompt_tokens": -1},
    ),
    (
        "vllm-score",
        "/score",
        {"model": EIGHT, "text_1": [QUERY], "text_2": LIST, "truncate_prompt_tokens": -1},
    ),
    ("tei", "/rerank", {"query": QUERY, "texts": LIST, "truncate": True}),
    ("sglang", "/v1/rerank", TWO),
    ("openmem", "/api/openmem/v1/rerank", TWO),
    ("pertinent", "/v1/rerank", TWO),
]


@pytest.mark.parametrize(("dialect", "path", "body"), WRITTEN, ids=[row[0] for row in WRITTEN])
def test_a_request_is_written_in_documented_names_alone(
    dialect: str, path: str, body: dict[str, Any]
) -> None:
    request = find_dialect(dialect).rerank_request(call(model=EIGHT, limit=2))
    assert request.path == path
    assert request.body == body


def test_a_models_name_stays_within_the_path() -> None:
    path = find_dialect("deepinfra").rerank_request(call(model="a b/c?d#e%2F")).path
    assert path == "/v1/inference/a%20b/c%3Fd%23e%252F"


INSTRUCTED = {
    "deepinfra": "instruction",
    "siliconflow": "instruction",
    "fireworks": "task",
    "sglang": "instruct",
}


@pytest.mark.parametrize(("dialect", "name"), INSTRUCTED.items())
def test_an_instruction_is_written_under_the_services_own_name(dialect: str, name: str) -> None:
    assert find_dialect(dialect).rerank_request(call(instruction=WISH)).body[name] == WISH


EMBEDDED: list[tuple[str, dict[str, Any], EmbedCall]] = [
    ("openai", {"input": "a", "model": "m", "encoding_format": "float"}, EmbedCall(("a",), "m")),
    (
        "openai",
        {"input": ["a", "b"], "model": "m", "encoding_format": "base64", "dimensions": 256, "user": "u"},
        EmbedCall(("a", "b"), "m", 256, None, True),
    ),
    ("deepinfra", {"input": ["a"], "model": "m", "encoding_format": "float"}, EmbedCall(("a",), "m")),
    ("fireworks", {"input": "a", "model": "m", "dimensions": 128}, EmbedCall(("a",), "m", 128)),
    ("siliconflow", {"input": "a", "encoding_format": "base64"}, EmbedCall(("a",), base64=True)),
    (
        "jina",
        {"input": ["a", {"text": "b"}], "model": "m", "task": "retrieval.query", "normalized": True},
        EmbedCall(("a", "b"), "m", None, "query"),
    ),
    (
        "jina",
        {"input": ["a"], "model": "m", "task": "text-matching", "embedding_type": "base64"},
        EmbedCall(("a",), "m", base64=True),
    ),
    (
        "voyage",
        {
            "input": ["a"], "model": "m", "input_type": "document", "truncation": True,
            "output_dimension": 512, "output_dtype": "float", "encoding_format": "base64",
        },
        EmbedCall(("a",), "m", 512, "document", True),
    ),
    ("voyage", {"input": ["a"], "model": "m", "input_type": None}, EmbedCall(("a",), "m")),
    (
        "cohere",
        {"texts": ["a"], "input_type": "search_query", "embedding_types": ["float"], "truncate": "END"},
        EmbedCall(("a",), "", None, "query"),
    ),
    ("cohere", {"texts": ["a"], "model": "m", "input_type": "classification"}, EmbedCall(("a",), "m")),
    ("tei", {"inputs": "a"}, EmbedCall(("a",))),
    (
        "tei",
        {"inputs": ["a", "b"], "normalize": True, "truncate": True, "prompt_name": "query"},
        EmbedCall(("a", "b"), "", None, "query"),
    ),
]  # fmt: skip


@pytest.mark.parametrize(("dialect", "body", "expected"), EMBEDDED, ids=[row[0] for row in EMBEDDED])
def test_a_documented_request_for_vectors_is_read(
    dialect: str, body: dict[str, Any], expected: EmbedCall
) -> None:
    assert find_dialect(dialect).embed_call(body) == expected
