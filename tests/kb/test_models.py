from __future__ import annotations

from pathlib import Path

import pytest

from pertinent.errors import ModelError
from pertinent.kb import models
from pertinent.kb.models import ConfiguredModels
from pertinent.kb.settings import PipelineSettings
from pertinent.rerankers.cached import CACHE_FILE
from pertinent.settings import load_settings
from pertinent.types import Progress
from support.fakes import WordOverlap


def test_models_are_made_once_and_shared(answers: Path) -> None:
    made = ConfiguredModels(PipelineSettings())
    first = made.embedder(answers).result(60)
    assert made.embedder(answers).result(0) is first
    assert made.reranker().result(60) is made.reranker().result(0)
    assert made.reranker().result(0).model.name == "pertinent-mini-reranker"


def test_what_failed_is_tried_again_by_whoever_comes_next(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[tuple[str, ...]] = []

    def make(self: ConfiguredModels, names: tuple[str, ...]) -> object:
        tried.append(names)
        if len(tried) == 1:
            raise ModelError("Not yet.", hint="Wait.")
        return "reranker"

    monkeypatch.setattr(ConfiguredModels, "_reranker", make)
    made = ConfiguredModels(PipelineSettings())
    with pytest.raises(ModelError):
        made.reranker().result(10)
    assert made.reranker().result(10) == "reranker"


@pytest.mark.parametrize("keep", [True, False])
def test_scores_are_kept_of_what_runs_here(keep: bool) -> None:
    chain = ("http://127.0.0.1:9/v1/rerank", "pertinent-mini-reranker")
    made = ConfiguredModels(PipelineSettings(rerank_model=chain), keep_scores=keep).reranker().result(60)
    assert made.score("What lowers glucose?", ["Insulin."])
    assert (load_settings().cache / CACHE_FILE).exists() is keep


def test_downloads_and_conversions_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    class Slow(WordOverlap):
        def __init__(self, name: str, *, cache: bool, progress: Progress) -> None:
            super().__init__()
            progress(5_000_000, 10_000_000)

        def load(self, *, progress: Progress) -> None:
            progress(1, 2)

    monkeypatch.setattr(models, "Reranker", Slow)
    told: list[tuple[str, int, int]] = []
    settings = PipelineSettings(rerank_model=("a/b",))
    ConfiguredModels(settings, progress=lambda *step: told.append(step)).reranker().result(10)
    assert told == [("Downloading a/b (MB)", 5, 10), ("Converting a/b (layers)", 1, 2)]


def test_services_are_left_out_for_what_must_stay_here() -> None:
    made = ConfiguredModels(PipelineSettings(rerank_model=("deepinfra:Qwen/Qwen3-Reranker-8B", "a/b")))
    assert made.reranker_names(local_only=True) == ("a/b",)
    made = ConfiguredModels(PipelineSettings(rerank_model=("deepinfra:Qwen/Qwen3-Reranker-8B",)))
    assert made.reranker_names(local_only=True) == ("pertinent-mini-reranker",)
    assert made.reranker_names() == ("deepinfra:Qwen/Qwen3-Reranker-8B",)
