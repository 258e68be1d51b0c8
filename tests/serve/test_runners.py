"""How each kind of model reads and runs: pairs of all requests, or the documents of one query."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from pertinent.embedders.local import LocalEmbedder
from pertinent.embedders.protocol import Vectors
from pertinent.serve.engines import ServedModel
from pertinent.serve.metrics import Metrics
from pertinent.serve.runners import Wanted
from pertinent.types import Progress
from support.held_model import HeldModel
from support.serving import answer


class PlainEmbedder:
    """Implements ``TextEmbedder`` and no more."""

    def __init__(self, embedder: LocalEmbedder) -> None:
        self.model = replace(embedder.model, name="plain")
        self._embedder = embedder

    def embed_queries(self, texts: Sequence[str], instruction: str | None = None) -> Vectors:
        return self._embedder.embed_queries(texts, instruction)

    def embed_documents(self, texts: Sequence[str], *, progress: Progress | None = None) -> Vectors:
        return self._embedder.embed_documents(texts, progress=progress)


def test_other_embedders_embed_in_groups(embedder: LocalEmbedder) -> None:
    served = ServedModel(PlainEmbedder(embedder), Metrics())
    texts = tuple(f"text {number}" for number in range(20))
    read = served.read(Wanted(texts))
    assert [len(group) for group, _ in read.items] == [16, 4]
    assert read.tokens is None
    found = np.stack(answer(served, Wanted(texts)))  # type: ignore[call-overload]
    np.testing.assert_array_equal(found, embedder.embed_documents(texts))
    served.batcher.close()


def test_a_vector_that_is_not_finite_is_a_fault(
    embedder: LocalEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    served = ServedModel(PlainEmbedder(embedder), Metrics())
    monkeypatch.setattr(embedder, "embed_documents", lambda *_, **__: np.full((1, 384), np.nan, np.float32))
    with pytest.raises(ArithmeticError):
        answer(served, Wanted(("text",)))
    served.batcher.close()


def test_other_models_score_the_documents_of_one_query_together() -> None:
    model = HeldModel()
    served = ServedModel(model, Metrics())
    texts = tuple("x" * length for length in range(1, 21))
    assert [score.margin for score in answer(served, Wanted(texts, ("q",)))] == list(range(1, 21))
    assert [len(call) for call in model.calls] == [16, 4]
    paired = answer(served, Wanted(texts[:4], ("a", "a", "b", "a")))
    assert [score.margin for score in paired] == [1, 2, 3, 4]
    assert [len(call) for call in model.calls[2:]] == [2, 1, 1]
    served.batcher.close()
