"""Our client in every dialect against our server, over real sockets: the numbers of the local models."""

from __future__ import annotations

import numpy as np
import pytest

from pertinent import Embedder, Reranker
from pertinent.embedders.local import LocalEmbedder
from pertinent.embedders.remote import RemoteEmbedder
from pertinent.providers.catalogue import DIALECTS
from pertinent.providers.client import service_of
from pertinent.providers.configured import Configured
from pertinent.providers.dialect import Dialect
from pertinent.rerankers.local import LocalReranker
from pertinent.rerankers.remote import RemoteReranker
from support.serving import DOCUMENTS, QUERY, Running

MANY = [f"{text} ({number})" for number in range(18) for text in DOCUMENTS]
"""More than text-embeddings-inference takes at once."""

RERANK = [dialect for dialect in DIALECTS if dialect.rerank_paths]
EMBED = [dialect for dialect in DIALECTS if dialect.embed_paths]


def configured(server: Running, dialect: Dialect) -> Configured:
    return Configured(f"ours-{dialect.name}", dialect, f"{server.address}/{dialect.mount}")


@pytest.mark.parametrize("dialect", RERANK, ids=lambda dialect: dialect.name)
def test_every_dialect_reranks(server: Running, reranker: LocalReranker, dialect: Dialect) -> None:
    remote = RemoteReranker(service_of(configured(server, dialect)), "rerank-v3.5")
    found = [score.probability for score in remote.score(QUERY, MANY)]
    assert found == pytest.approx([score.probability for score in reranker.score(QUERY, MANY)], abs=1e-9)


@pytest.mark.parametrize("dialect", EMBED, ids=lambda dialect: dialect.name)
def test_every_dialect_embeds(server: Running, embedder: LocalEmbedder, dialect: Dialect) -> None:
    remote = RemoteEmbedder(service_of(configured(server, dialect)), "voyage-3.5")
    np.testing.assert_allclose(remote.embed_documents(MANY), embedder.embed_documents(MANY), atol=1e-6)
    np.testing.assert_allclose(remote.embed_queries([QUERY]), embedder.embed_queries([QUERY]), atol=1e-6)


@pytest.mark.parametrize("path", ["/v1/rerank", "/tei/rerank", "/v1/inference/rerank-v3.5"])
def test_a_bare_address_is_enough(server: Running, reranker: LocalReranker, path: str) -> None:
    order = [item.index for item in Reranker(server.address + path).rank(QUERY, MANY)]
    assert order == [item.index for item in Reranker(reranker).rank(QUERY, MANY)]


def test_a_bare_address_embeds(server: Running, embedder: LocalEmbedder) -> None:
    remote = Embedder(f"{server.address}/v1/embeddings")
    np.testing.assert_allclose(remote.embed_documents(MANY), embedder.embed_documents(MANY), atol=1e-6)
