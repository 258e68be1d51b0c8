from __future__ import annotations

import pytest

from pertinent.cli.options import has_no_choice, require_choice, reranker_of
from pertinent.engine.causal_model import EngineOptions
from pertinent.errors import UsageError
from pertinent.types import ModelInfo


def model(family: str) -> ModelInfo:
    return ModelInfo(family, "1", family, "reranker", 1, 1, "")


def test_several_names_make_a_chain_and_one_is_itself() -> None:
    assert reranker_of(None) is None
    assert reranker_of([]) is None
    assert reranker_of(["a"]) == "a"
    assert reranker_of(["a", "b"]) == ["a", "b"]


def test_carried_models_and_services_run_as_they_run() -> None:
    assert has_no_choice("pertinent-mini-reranker")
    assert has_no_choice("local:pertinent-mini-reranker")
    assert has_no_choice("deepinfra:Qwen/Qwen3-Reranker-8B")
    assert not has_no_choice("Qwen/Qwen3-Reranker-0.6B")


def test_options_that_no_model_has_a_choice_of_are_refused() -> None:
    carried, other = model("cross_encoder"), model("qwen3_reranker")
    require_choice(EngineOptions(), carried)
    require_choice(EngineOptions("torch"), carried, other)
    with pytest.raises(UsageError, match="no choice of engine"):
        require_choice(EngineOptions("torch"), carried, model("bert_embedder"))
