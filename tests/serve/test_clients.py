"""Official clients, unmodified, against a real server: only their address is another."""

from __future__ import annotations

import cohere

from pertinent.rerankers.local import LocalReranker
from support.serving import DOCUMENTS, QUERY, Running


def probabilities(reranker: LocalReranker) -> dict[int, float]:
    return dict(enumerate(score.probability for score in reranker.score(QUERY, DOCUMENTS)))


def test_cohere(server: Running, reranker: LocalReranker) -> None:
    for base in ("", "/cohere"):
        client = cohere.ClientV2("no-key", base_url=server.address + base)
        answer = client.rerank(model="rerank-v3.5", query=QUERY, documents=list(DOCUMENTS), top_n=3)
        expected = probabilities(reranker)
        best = sorted(expected, key=lambda place: -expected[place])[:3]
        assert [(item.index, item.relevance_score) for item in answer.results] == [
            (place, expected[place]) for place in best
        ]
