"""The facade gives on what its embedder says."""

from __future__ import annotations

import numpy as np
import pytest

from pertinent.embedders.embedder import Embedder
from pertinent.embedders.local import LocalEmbedder
from pertinent.embedders.protocol import TextEmbedder
from pertinent.errors import ModelError


def test_the_carried_model_is_the_default() -> None:
    facade, local = Embedder(), LocalEmbedder()
    facade.load()
    assert isinstance(facade, TextEmbedder)
    assert facade.model == local.model
    texts = ["one", "two"]
    assert np.array_equal(facade.embed_documents(texts), local.embed_documents(texts))
    assert np.array_equal(facade.embed_queries(texts), local.embed_queries(texts))


def test_any_embedder_is_taken() -> None:
    local = LocalEmbedder()
    assert Embedder(local).model is local.model


def test_an_unknown_model_is_refused() -> None:
    with pytest.raises(ModelError):
        Embedder("no-such-model")
