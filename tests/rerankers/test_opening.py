"""From a name to a scorer: which class, and options that a carried model has not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pertinent.embedders.embedder import Embedder
from pertinent.engine.causal_model import EngineOptions
from pertinent.errors import FetchError, ModelError, UsageError
from pertinent.families.carried import CARRIED_RERANKER
from pertinent.rerankers.causal import CausalReranker
from pertinent.rerankers.local import LocalReranker
from pertinent.rerankers.opening import ModelOptions, open_scorer
from pertinent.rerankers.reranker import Reranker
from support.tiny_models import tiny_model


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "tiny-reranker"
    tiny_model(folder, layers=1)
    return folder


def test_a_carried_model_is_a_cross_encoder() -> None:
    assert isinstance(open_scorer(CARRIED_RERANKER, ModelOptions()), LocalReranker)
    same = EngineOptions("openvino", "cpu", "int8", batch_tokens=1024, threads=1)
    assert isinstance(open_scorer(CARRIED_RERANKER, ModelOptions(same)), LocalReranker)


@pytest.mark.parametrize("given", [str, Path])
def test_a_folder_with_a_config_is_a_decoder(folder: Path, given: Any) -> None:
    options = ModelOptions(EngineOptions("torch"), max_tokens=512)
    scorer = open_scorer(given(folder), options)
    assert isinstance(scorer, CausalReranker)
    assert (scorer.model.name, scorer.model.max_tokens) == ("tiny-reranker", 512)


@pytest.mark.parametrize(
    "option",
    [
        {"engine": "torch"},
        {"device": "cuda"},
        {"dtype": "bfloat16"},
        {"compiled": True},
        {"family": "qwen3_reranker"},
        {"max_tokens": 512},
        {"prompt": "evaluation"},
    ],
)
def test_a_carried_model_has_no_choice(option: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=next(iter(option))):
        Reranker(**option)


@pytest.mark.parametrize(
    ("option", "named"),
    [
        ({"engine": "vllm"}, "engine"),
        ({"batch_tokens": 0}, "batch_tokens"),
        ({"family": "bert"}, "family"),
        ({"prompt": "other"}, "prompt"),
        ({"max_tokens": 1}, "max_tokens"),
    ],
)
def test_a_decoder_has_only_the_options_there_are(folder: Path, option: dict[str, Any], named: str) -> None:
    with pytest.raises(UsageError, match=named):
        Reranker(folder, **option)


@pytest.mark.parametrize("option", [{"dtype": "float8"}, {"device": "abacus"}])
def test_what_the_engine_has_not_is_refused_when_it_loads(folder: Path, option: dict[str, Any]) -> None:
    with pytest.raises((UsageError, ModelError)) as caught:
        Reranker(folder, engine="torch", **option).load()
    assert caught.value.hint


def test_a_known_model_of_the_other_kind_is_refused_before_it_is_downloaded() -> None:
    with pytest.raises(ModelError, match="an embedder, not a reranker"):
        Reranker("Qwen/Qwen3-Embedding-0.6B@main", offline=True)
    with pytest.raises(ModelError, match="a reranker, not an embedder"):
        Embedder("Qwen/Qwen3-Reranker-0.6B", offline=True)


def test_what_is_nowhere_is_told(tmp_path: Path) -> None:
    for missing in (tmp_path / "none", "no-such-model"):
        with pytest.raises(ModelError):
            Reranker(missing)
    with pytest.raises(FetchError):
        Reranker("somebody/Reranker-1B", offline=True)
