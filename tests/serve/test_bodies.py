"""Bodies that are too large, too deep, or none."""

from __future__ import annotations

import json
from typing import Any

import httpx2
import pytest

from support.serving import Running


def test_a_body_that_is_too_large(server: Running) -> None:
    big = json.dumps({"query": "q", "documents": ["a" * (9 << 20)]}).encode()
    assert server.send(big).status_code == 413

    def chunks() -> Any:
        for _ in range(200):
            yield b" " * (1 << 16)

    answer = httpx2.post(f"{server.address}/cohere/v2/rerank", content=chunks(), timeout=60)
    assert answer.status_code == 413


def test_too_many_documents(server: Running) -> None:
    answer = server.post("/cohere/v2/rerank", {"query": "q", "documents": ["a"] * 2001})
    assert answer.status_code == 413
    assert "2001" in answer.json()["message"]


def test_too_many_tokens(server: Running) -> None:
    answer = server.post("/cohere/v2/rerank", {"query": "q", "documents": ["a " * 1_500_000]})
    assert answer.status_code == 413
    assert "tokens" in answer.json()["message"]


@pytest.mark.parametrize(
    "deep", [b"[" * 17 + b"]" * 17, b"[" * 100_000, b'{"a":' * 50_000 + b"1" + b"}" * 50_000]
)
def test_json_that_is_too_deep(server: Running, deep: bytes) -> None:
    assert server.send(deep).status_code == 400


@pytest.mark.parametrize(
    "content", [b'{"query": NaN}', b"\xff\xfe", b"1" * 5000, b'{"query": "q", "documents": ["\\ud800"]}']
)
def test_json_that_is_none(server: Running, content: bytes) -> None:
    assert server.send(content).status_code == 400


def test_half_a_surrogate_pair_in_a_name_is_told_like_any_other(server: Running) -> None:
    answer = server.send(
        b'{"query": "q", "documents": ["a"], "\\ud800": 1}', "/fireworks/inference/v1/rerank"
    )
    assert answer.status_code == 400
    assert "\\ud800" in answer.text
    assert (
        server.send(b'{"collection": "notes", "query": "q", "\\udfff": 1}', "/v1/search").status_code == 422
    )
