"""The fast preset against a server that answers by its models' names, over a real socket."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from pertinent import TwoStageRetrieval
from pertinent.embedders.local import LocalEmbedder
from pertinent.errors import ProviderError
from pertinent.families import qwen3_embedding
from pertinent.rerankers.local import LocalReranker
from pertinent.search.presets import PRESETS
from pertinent.serve.options import ServerOptions
from support.serving import DOCUMENTS, QUERY, Running, running

FAST = PRESETS["fast"]


@pytest.fixture(scope="module")
def fast_server(_float32: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The carried pair under the names of the preset."""
    options = ServerOptions(
        models=(f"{FAST.reranker_model}=pertinent-mini-reranker",),
        embedders=(f"{FAST.embedding_model}=pertinent-mini-embedder",),
        collections=tmp_path_factory.mktemp("none"),
        port=0,
    )
    with running(options) as started:
        yield started


def retrieval(server: Running) -> TwoStageRetrieval:
    # The carried embedder is narrower than the model whose name it has here.
    return TwoStageRetrieval(preset="fast", provider=server.address, dimensions=384)


def test_a_search_gives_what_the_models_give(
    fast_server: Running, reranker: LocalReranker, embedder: LocalEmbedder
) -> None:
    found = retrieval(fast_server).search(QUERY, DOCUMENTS, final_k=3)
    assert (found.reranked, found.reason) == (True, "")
    assert [hit.document.text for hit in found][:1] == ["Metformin lowers blood glucose in type 2 diabetes."]
    told = qwen3_embedding.query_text(QUERY, qwen3_embedding.DEFAULT_INSTRUCTION)
    cosines = embedder.embed_documents(DOCUMENTS) @ embedder.embed_queries([told])[0]
    margins = reranker.score(QUERY, DOCUMENTS)
    for hit in found:
        assert hit.score is not None
        assert hit.score.probability == pytest.approx(margins[hit.index].probability, abs=1e-6)
        assert hit.similarity == pytest.approx(cosines[hit.index], abs=1e-5)
    assert {receipt.model for receipt in found.receipts} == {FAST.embedding_model, FAST.reranker_model}


def test_each_method_works_there(fast_server: Running, embedder: LocalEmbedder) -> None:
    two = retrieval(fast_server)
    np.testing.assert_allclose(two.get_embeddings(DOCUMENTS), embedder.embed_documents(DOCUMENTS), atol=1e-6)
    assert len(two.similarity_search(QUERY, DOCUMENTS, top_k=2)) == 2
    assert two.rerank(QUERY, DOCUMENTS, instruction="medical-literature")[0].index == 1


def test_a_model_that_the_server_lacks_is_told(fast_server: Running) -> None:
    other = TwoStageRetrieval(
        FAST.embedding_model, "Qwen/other", provider=fast_server.address, dimensions=384
    )
    found = other.search(QUERY, DOCUMENTS)
    assert (found.reranked, len(found)) == (False, len(DOCUMENTS))
    assert found.reason
    with pytest.raises(ProviderError):
        other.rerank(QUERY, DOCUMENTS)
