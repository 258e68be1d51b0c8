"""Official clients, unmodified, against a real server: only their address is another."""

from __future__ import annotations

import cohere
import numpy as np
import openai
import pytest
import voyageai
from huggingface_hub import InferenceClient

from pertinent.embedders.local import LocalEmbedder
from pertinent.rerankers.local import LocalReranker
from support.serving import DOCUMENTS, QUERY, Running

TEXTS = list(DOCUMENTS)


def best(reranker: LocalReranker, count: int) -> list[tuple[int, float]]:
    """Places and probabilities, best first, as the reranker itself gives them."""
    scores = reranker.score(QUERY, TEXTS)
    order = sorted(range(len(TEXTS)), key=lambda place: -scores[place].margin)
    return [(place, scores[place].probability) for place in order[:count]]


@pytest.mark.parametrize("base", ["", "/cohere"])
def test_cohere(server: Running, reranker: LocalReranker, base: str) -> None:
    client = cohere.ClientV2("no-key", base_url=server.address + base)
    answer = client.rerank(model="rerank-v3.5", query=QUERY, documents=TEXTS, top_n=3)
    assert [(item.index, item.relevance_score) for item in answer.results] == best(reranker, 3)


@pytest.mark.parametrize("base", ["/v1", "/voyage/v1"])
def test_voyage_reranks(server: Running, reranker: LocalReranker, base: str) -> None:
    client = voyageai.Client("no-key", base_url=server.address + base)
    answer = client.rerank(QUERY, TEXTS, model="rerank-v3.5", top_k=2)
    assert [(item.index, item.relevance_score) for item in answer.results] == best(reranker, 2)
    assert [item.document for item in answer.results] == [TEXTS[place] for place, _ in best(reranker, 2)]
    assert answer.total_tokens == reranker.count_tokens(QUERY, TEXTS)


def test_voyage_embeds(server: Running, embedder: LocalEmbedder) -> None:
    client = voyageai.Client("no-key", base_url=f"{server.address}/voyage/v1")
    vectors = client.embed(TEXTS, model="voyage-3.5", input_type="document").embeddings
    np.testing.assert_array_equal(np.array(vectors, np.float32), embedder.embed_documents(TEXTS))
    questions = client.embed([QUERY], model="voyage-3.5", input_type="query").embeddings
    np.testing.assert_array_equal(np.array(questions, np.float32), embedder.embed_queries([QUERY]))


@pytest.mark.parametrize("base", ["/v1", "/openai/v1", "/deepinfra/v1/openai"])
@pytest.mark.parametrize("encoding", ["float", "base64"])
def test_openai_embeds(server: Running, embedder: LocalEmbedder, base: str, encoding: str) -> None:
    client = openai.OpenAI(api_key="no-key", base_url=server.address + base)
    answer = client.embeddings.create(
        model="text-embedding-3-small",
        input=TEXTS,
        encoding_format=encoding,  # type: ignore[arg-type]
    )
    found = [item.embedding for item in answer.data]
    if encoding == "base64":
        import base64

        found = [np.frombuffer(base64.b64decode(item), "<f4") for item in found]  # type: ignore[arg-type]
    np.testing.assert_array_equal(np.array(found, np.float32), embedder.embed_documents(TEXTS))
    assert answer.usage.total_tokens > len(TEXTS)


def test_openai_without_an_encoding(server: Running, embedder: LocalEmbedder) -> None:
    client = openai.OpenAI(api_key="no-key", base_url=f"{server.address}/v1")
    (item,) = client.embeddings.create(model="text-embedding-3-small", input=QUERY).data
    np.testing.assert_array_equal(np.array(item.embedding, np.float32), embedder.embed_documents([QUERY])[0])


@pytest.mark.parametrize("path", ["", "/", "/embed", "/tei", "/tei/embed"])
def test_huggingface_hub_embeds(server: Running, embedder: LocalEmbedder, path: str) -> None:
    client = InferenceClient(server.address + path)
    vectors = client.feature_extraction(TEXTS)
    np.testing.assert_array_equal(np.asarray(vectors, np.float32), embedder.embed_documents(TEXTS))


def test_clients_know_the_errors(server: Running) -> None:
    with pytest.raises(cohere.errors.NotFoundError):
        cohere.ClientV2("no-key", base_url=server.address).rerank(model="other", query=QUERY, documents=TEXTS)
    client = openai.OpenAI(api_key="no-key", base_url=f"{server.address}/v1", max_retries=0)
    with pytest.raises(openai.NotFoundError):
        client.embeddings.create(model="other", input=TEXTS)
    with pytest.raises(voyageai.error.InvalidRequestError):
        voyageai.Client("no-key", base_url=f"{server.address}/v1").rerank(
            QUERY, [], model="rerank-v3.5", top_k=1
        )
