"""Every scorer does what every scorer must do."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import pytest

from pertinent.engine.causal_model import EngineOptions
from pertinent.rerankers.cached import CachedScorer
from pertinent.rerankers.cascade import Cascade
from pertinent.rerankers.causal import CausalReranker
from pertinent.rerankers.local import LocalReranker
from pertinent.rerankers.protocol import Scorer
from pertinent.rerankers.reranker import Reranker
from pertinent.rerankers.score_cache import ScoreCache
from rerankers.conformance import ScorerConformance
from support.tiny_reranker import tiny_reranker

SEED = 2
"""Of a model that passes its canary."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "tiny-reranker"
    tiny_reranker(folder, seed=SEED)
    return folder


class TestCarried(ScorerConformance):
    @pytest.fixture
    def scorer(self) -> Scorer:
        return LocalReranker()


class TestTorch(ScorerConformance):
    bound: ClassVar[float] = 1e-5

    @pytest.fixture
    def scorer(self, folder: Path) -> Scorer:
        return CausalReranker(folder, options=EngineOptions("torch", "cpu", "float32"))


class TestTorchInSmallBatches(ScorerConformance):
    bound: ClassVar[float] = 1e-5

    @pytest.fixture
    def scorer(self, folder: Path) -> Scorer:
        return CausalReranker(folder, options=EngineOptions("torch", "cpu", "float32", batch_tokens=64))


class TestTorchInBfloat16(ScorerConformance):
    bound: ClassVar[float] = 0.05

    @pytest.fixture
    def scorer(self, folder: Path) -> Scorer:
        return CausalReranker(folder, options=EngineOptions("torch", "cpu", "bfloat16"))


class TestOpenVino(ScorerConformance):
    bound: ClassVar[float] = 1e-5

    @pytest.fixture
    def scorer(self, folder: Path) -> Scorer:
        return CausalReranker(folder, options=EngineOptions("openvino", dtype="float32"))


class TestOpenVinoInInt8(ScorerConformance):
    bound: ClassVar[float] = 0.05

    @pytest.fixture
    def scorer(self, folder: Path) -> Scorer:
        return CausalReranker(folder, options=EngineOptions("openvino", dtype="int8"))


class TestFacade(ScorerConformance):
    @pytest.fixture
    def scorer(self) -> Scorer:
        return Reranker()


class TestCached(ScorerConformance):
    @pytest.fixture
    def scorer(self, folder: Path, tmp_path: Path) -> Scorer:
        torch = CausalReranker(folder, options=EngineOptions("torch", "cpu", "float32"))
        return CachedScorer(torch, ScoreCache(tmp_path / "scores.sqlite"))


class TestCascade(ScorerConformance):
    bound: ClassVar[float] = 1e-5

    @pytest.fixture
    def scorer(self, folder: Path) -> Scorer:
        large = CausalReranker(folder, options=EngineOptions("torch", "cpu", "float32"))
        return Cascade(LocalReranker(), large, top_k=1, depth=3)


class TestCascadeWithPatience(ScorerConformance):
    bound: ClassVar[float] = 1e-5

    @pytest.fixture
    def scorer(self, folder: Path) -> Scorer:
        small = CausalReranker(folder, options=EngineOptions("torch", "cpu", "float32"))
        return Cascade(small, LocalReranker(), top_k=1, depth=1, patience=1)
