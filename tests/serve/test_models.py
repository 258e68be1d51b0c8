"""Names of models: their own, others', and none that mean two things."""

from __future__ import annotations

import pytest

from pertinent.errors import ModelError, UsageError
from pertinent.serve.metrics import Metrics
from pertinent.serve.models import Models
from pertinent.serve.refusals import Refusal

MINI = "pertinent-mini-reranker"


def test_names_of_one_model() -> None:
    models = Models("reranker", [MINI, f"rerank-v3.5={MINI}", f"org/other={MINI}"], Metrics())
    assert models.names == [MINI, "rerank-v3.5", "org/other"]
    assert len(models.all) == 1
    assert models.find("") is models.find("rerank-v3.5") is models.default
    with pytest.raises(Refusal, match=r"rerank-v3\.5") as raised:
        models.find("unknown")
    assert raised.value.status == 404


def test_without_a_name_the_carried_model_is_served() -> None:
    assert Models("embedder", [], Metrics()).names == ["pertinent-mini-embedder"]


def test_a_model_that_is_not_there() -> None:
    with pytest.raises((ModelError, UsageError)):
        Models("reranker", ["./nowhere"], Metrics())
    with pytest.raises((ModelError, UsageError)):
        Models("reranker", ["pertinent-mini-embedder"], Metrics())
