from __future__ import annotations

import httpx2

from support.serving import Running

TINY = {"query": "q", "documents": ["a"]}


def test_numbers_are_there(server: Running) -> None:
    server.post("/cohere/v2/rerank", TINY)
    text = httpx2.get(f"{server.address}/metrics").text
    for name in ("queue_seconds", "tokenise_seconds", "inference_seconds", "tokens_total", "requests_total"):
        assert f"pertinent_{name}" in text
    assert 'dialect="cohere"' in text
