"""The exact bodies of the services' documentation, and their documented aliases, against a real server."""

from __future__ import annotations

from typing import Any

import pytest

from pertinent.rerankers.local import LocalReranker
from support.serving import DOCUMENTS, QUERY, Running

TEXTS = list(DOCUMENTS)
QWEN = "Qwen/Qwen3-Reranker-8B"
FIREWORKS = "accounts/fireworks/models/qwen3-reranker-8b"


@pytest.fixture(scope="module")
def expected(reranker: LocalReranker) -> list[float]:
    return [score.probability for score in reranker.score(QUERY, TEXTS)]


def ordered(expected: list[float]) -> list[tuple[int, float]]:
    return sorted(enumerate(expected), key=lambda pair: -pair[1])


@pytest.mark.parametrize("mount", ["", "/deepinfra"])
@pytest.mark.parametrize(
    "body",
    [
        {"queries": [QUERY], "documents": TEXTS},
        {"queries": [QUERY] * len(TEXTS), "documents": TEXTS},
        {"queries": [QUERY], "documents": TEXTS, "instruction": "Find drugs that lower glucose"},
        {"queries": [QUERY], "documents": TEXTS, "service_tier": "default"},
    ],
)
def test_deepinfra(server: Running, expected: list[float], mount: str, body: dict[str, Any]) -> None:
    answer = server.post(f"{mount}/v1/inference/{QWEN}", body).json()
    assert answer["scores"] == expected
    assert answer["input_tokens"] == answer["inference_status"]["tokens_input"] > 0
    assert answer["inference_status"]["status"] == "succeeded"


def test_each_document_with_its_own_query(server: Running, reranker: LocalReranker) -> None:
    queries = [QUERY, "When does the ferry leave?", QUERY, "Did it rain?"]
    each = [reranker.score(query, [text])[0].probability for query, text in zip(queries, TEXTS, strict=True)]
    paired = server.post(f"/v1/inference/{QWEN}", {"queries": queries, "documents": TEXTS}).json()
    assert paired["scores"] == each
    scored = server.post("/score", {"text_1": queries, "text_2": TEXTS}).json()
    assert [row["score"] for row in scored["data"]] == each


@pytest.mark.parametrize("path", ["/fireworks/inference/v1/rerank", "/inference/v1/rerank"])
def test_fireworks(server: Running, expected: list[float], path: str) -> None:
    body = {"model": FIREWORKS, "query": QUERY, "documents": TEXTS, "top_n": 3, "return_documents": True}
    answer = server.post(path, body).json()
    assert answer["object"] == "list"
    assert [(row["index"], row["relevance_score"]) for row in answer["data"]] == ordered(expected)[:3]
    assert answer["data"][0]["document"] == TEXTS[1]
    refused = server.post(path, {**body, "top_k": 3})
    assert refused.status_code in (400, 422)
    assert "top_k" in refused.text


@pytest.mark.parametrize("path", ["/siliconflow/v1/rerank", "/v1/rerank"])
def test_siliconflow(server: Running, expected: list[float], path: str) -> None:
    body = {
        "model": QWEN,
        "query": QUERY,
        "documents": [{"text": text} for text in TEXTS],
        "instruction": "Please rerank the documents based on the query.",
        "top_n": 4,
        "return_documents": True,
        "max_chunks_per_doc": 123,
        "overlap_tokens": 79,
    }
    answer = server.post(path, body).json()
    assert [(row["index"], row["relevance_score"]) for row in answer["results"]] == ordered(expected)
    assert answer["results"][0]["document"] == {"text": TEXTS[1]}
    assert answer["meta"]["tokens"]["input_tokens"] > 0


@pytest.mark.parametrize("path", ["/jina/v1/rerank", "/v1/rerank"])
def test_jina(server: Running, expected: list[float], path: str) -> None:
    body = {"model": QWEN, "query": QUERY, "documents": TEXTS, "top_n": 2, "return_documents": False}
    answer = server.post(path, body).json()
    assert [(row["index"], row["relevance_score"]) for row in answer["results"]] == ordered(expected)[:2]
    assert answer["usage"]["total_tokens"] > 0
    assert "document" not in answer["results"][0]


@pytest.mark.parametrize("path", ["/rerank", "/vllm/rerank", "/vllm/v1/rerank", "/vllm/v2/rerank"])
@pytest.mark.parametrize("top_n", [0, 3])
def test_vllm_reranks(server: Running, expected: list[float], path: str, top_n: int) -> None:
    body = {"model": QWEN, "query": QUERY, "documents": TEXTS, "top_n": top_n}
    answer = server.post(path, body).json()
    assert [(row["index"], row["relevance_score"]) for row in answer["results"]] == ordered(expected)[
        : top_n or None
    ]
    assert answer["results"][0]["document"]["text"] == TEXTS[1]


@pytest.mark.parametrize("path", ["/score", "/v1/score", "/vllm/score"])
@pytest.mark.parametrize(("one", "many"), [("text_1", "text_2"), ("queries", "documents")])
def test_vllm_scores(server: Running, expected: list[float], path: str, one: str, many: str) -> None:
    answer = server.post(path, {"model": QWEN, one: QUERY, many: TEXTS}).json()
    assert [(row["index"], row["score"]) for row in answer["data"]] == list(enumerate(expected))


@pytest.mark.parametrize("path", ["/rerank", "/tei/rerank"])
def test_tei(server: Running, reranker: LocalReranker, expected: list[float], path: str) -> None:
    body = {"query": QUERY, "texts": TEXTS, "raw_scores": False, "return_text": True, "truncate": True}
    answer = server.post(path, body).json()
    assert [(row["index"], row["score"]) for row in answer] == ordered(expected)
    assert answer[0]["text"] == TEXTS[1]
    raw = server.post(path, {"query": QUERY, "texts": TEXTS, "raw_scores": True}).json()
    margins = [score.margin for score in reranker.score(QUERY, TEXTS)]
    assert [(row["index"], row["score"]) for row in raw] == ordered(margins)


def test_tei_refuses_what_it_would_have_to_cut(server: Running) -> None:
    body = {"query": "glucose " * 1000, "texts": TEXTS}
    refused = server.post("/tei/rerank", body)
    assert refused.status_code == 422
    assert refused.json()["error_type"] == "Validation"
    assert server.post("/tei/rerank", {**body, "truncate": True}).status_code == 200


@pytest.mark.parametrize("path", ["/sglang/v1/rerank", "/v1/rerank"])
def test_sglang(server: Running, expected: list[float], path: str) -> None:
    body = {"model": QWEN, "query": QUERY, "documents": TEXTS, "instruct": "Find drugs", "top_n": 2}
    answer = server.post(path, body).json()
    assert [(row["index"], row["score"]) for row in answer] == ordered(expected)[:2]


def test_openmem(server: Running, expected: list[float]) -> None:
    body = {"model": QWEN, "query": QUERY, "documents": TEXTS, "top_n": 2, "user_id": "someone"}
    answer = server.post("/openmem/api/openmem/v1/rerank", body).json()
    assert [(row["index"], row["relevance_score"]) for row in answer["results"]] == ordered(expected)[:2]


def test_our_own_tells_margins(server: Running, reranker: LocalReranker) -> None:
    answer = server.post("/pertinent/v1/rerank", {"query": QUERY, "documents": TEXTS}).json()
    scores = reranker.score(QUERY, TEXTS)
    assert answer["partial"] is False
    assert answer["missing"] == 0
    for row in answer["results"]:
        assert row["pertinent"] == scores[row["index"]].to_dict()


@pytest.mark.parametrize(
    ("path", "shape"),
    [
        ("/deepinfra/v1/inference/x", {"detail": {"error": str}}),
        ("/cohere/v2/rerank", {"message": str}),
        ("/voyage/v1/rerank", {"detail": str}),
        ("/tei/rerank", {"error": str, "error_type": str}),
        ("/jina/v1/rerank", {"detail": str}),
        ("/vllm/rerank", {"error": dict}),
        ("/openai/v1/embeddings", {"error": dict}),
        ("/siliconflow/v1/rerank", {"code": int, "message": str, "data": type(None)}),
    ],
)
@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"null", b'{"query": 3}'])
def test_errors_have_the_shape_of_their_dialect(
    server: Running, path: str, shape: dict[str, Any], body: bytes
) -> None:
    import httpx2

    answer = httpx2.post(server.address + path, content=body)
    assert 400 <= answer.status_code < 500
    said = answer.json()
    assert said.keys() == shape.keys()
    for name, kind in shape.items():
        inner = kind if isinstance(kind, type) else dict
        assert isinstance(said[name], inner)
