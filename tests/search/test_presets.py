from __future__ import annotations

import pytest

from pertinent import TwoStageRetrieval
from pertinent.errors import UsageError
from pertinent.search.presets import PRESETS, model_at
from support.fakes import BagOfWords


def test_each_preset_has_two_models_of_one_size() -> None:
    assert PRESETS["balanced"].embedding_model == "Qwen/Qwen3-Embedding-4B"
    assert PRESETS["balanced"].reranker_model == "Qwen/Qwen3-Reranker-4B"
    assert {name: preset.reranker_model[-4:] for name, preset in PRESETS.items()} == {
        "fast": "0.6B", "balanced": "r-4B", "precision": "r-8B",
    }  # fmt: skip


@pytest.mark.parametrize(
    "wrong", [{"preset": "best"}, {"provider": "deepinfro"}, {"provider": "http://"}], ids=str
)
def test_wrong_places_are_errors(wrong: dict[str, str]) -> None:
    with pytest.raises(UsageError):
        TwoStageRetrieval(**wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({"preset": "fast"}, ("Qwen/Qwen3-Embedding-0.6B", "Qwen/Qwen3-Reranker-0.6B")),
        (
            {"preset": "precision", "provider": "deepinfra"},
            ("deepinfra:Qwen/Qwen3-Embedding-8B", "deepinfra:Qwen/Qwen3-Reranker-8B"),
        ),
        (
            {"preset": "fast", "provider": "http://h:1/"},
            (
                "http://h:1/v1/embeddings#Qwen/Qwen3-Embedding-0.6B",
                "http://h:1/v1/rerank#Qwen/Qwen3-Reranker-0.6B",
            ),
        ),
        (
            {"embedding_model": "local:e", "reranker_model": "siliconflow:r", "provider": "deepinfra"},
            ("local:e", "siliconflow:r"),
        ),
        ({"embedding_model": "e", "reranker_model": ["r", "local:l"], "provider": "deepinfra"},
         ("deepinfra:e", ["deepinfra:r", "local:l"])),
    ],
    ids=str,
)  # fmt: skip
def test_where_models_are(given: dict[str, str], found: tuple[object, object]) -> None:
    two = TwoStageRetrieval(**given)  # type: ignore[arg-type]
    assert (two._embedding_model, two._reranker_model) == found


def test_a_model_that_is_made_stays_so() -> None:
    made = BagOfWords()
    assert model_at(made, "deepinfra", "/v1/embeddings") is made
