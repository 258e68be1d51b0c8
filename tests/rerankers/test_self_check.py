"""A report says what was found; what fails, fails clearly."""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from pertinent.engine import timing
from pertinent.engine.catalogue import CARRIED
from pertinent.engine.causal_model import EngineOptions
from pertinent.errors import ModelError, PertinentError
from pertinent.rerankers.opening import ModelOptions
from pertinent.rerankers.self_check import check_model, model_kind
from support.tiny_embedder import tiny_embedder
from support.tiny_models import tiny_model
from support.tiny_reranker import edit_tensors, same_answers, tiny_reranker

ON_TORCH = EngineOptions(engine="torch", device="cpu", dtype="float32")
ANYHOW = ModelOptions(ON_TORCH, check=False)


@pytest.fixture(autouse=True, scope="module")
def _short_rounds() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(timing, "ENOUGH_SECONDS", 0.0)
        yield


@pytest.fixture(scope="module")
def embedder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "my-embedder"
    tiny_embedder(folder)
    return folder


@pytest.fixture(scope="module")
def reranker(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "my-reranker"
    tiny_reranker(folder)
    return folder


@pytest.fixture(scope="module")
def constant_reranker(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "constant-reranker"
    tiny_reranker(folder)
    same_answers(folder)
    return folder


@pytest.mark.parametrize("name", ["pertinent-mini-reranker", "pertinent-mini-embedder"])
def test_the_carried_models_pass(name: str) -> None:
    report = check_model(name)
    assert report.passed
    assert (report.model.name, report.engine, report.dtype, report.device) == (
        name,
        "openvino",
        "int8",
        "cpu",
    )
    assert (report.texts, report.tokens) == (timing.TEXTS, timing.TOKENS)
    assert 1 < report.per_second < 1e5
    assert report.load_seconds > 0
    assert report.peak_bytes is None or report.peak_bytes > 50e6
    told = json.loads(json.dumps(report.to_dict(), allow_nan=False))
    assert told["passed"] is True
    assert told["model"]["name"] == name


def test_a_decoder_says_what_it_runs_on(reranker: Path, embedder: Path) -> None:
    for folder, kind, family in (
        (reranker, "reranker", "qwen3_reranker"),
        (embedder, "embedder", "qwen3_embedding"),
    ):
        report = check_model(folder, ANYHOW)
        assert (report.model.kind, report.model.family) == (kind, family)
        assert (report.engine, report.dtype, report.device) == ("torch", "float32", "cpu")
        assert report.answer is not None
        assert math.isfinite(report.answer)
        assert report.gpu_peak_bytes is None


def test_a_model_that_tells_nothing_apart_fails(constant_reranker: Path) -> None:
    with pytest.raises(ModelError, match="the same score"):
        check_model(constant_reranker, ModelOptions(ON_TORCH))
    report = check_model(constant_reranker, ANYHOW)
    assert report.answer == report.other == 0.0
    assert not report.passed


def test_no_such_model(tmp_path: Path) -> None:
    with pytest.raises(PertinentError):
        check_model(tmp_path / "absent")


def test_kinds(reranker: Path, embedder: Path) -> None:
    assert model_kind(CARRIED / "pertinent-mini-reranker", None) == "reranker"
    assert model_kind(reranker, reranker) == "reranker"
    assert model_kind(embedder, embedder) == "embedder"
    assert model_kind(embedder, embedder, family="causal_judge") == "reranker"
    assert model_kind(reranker, reranker, family="qwen3_embedding") == "embedder"


def test_a_download_is_what_its_repository_is_known_as(reranker: Path, tmp_path: Path) -> None:
    download = tmp_path / "models--Qwen--Qwen3-Embedding-4B" / "snapshots" / "abc"
    shutil.copytree(reranker, download)
    assert model_kind("Qwen/Qwen3-Embedding-4B@main", download) == "embedder"


def test_an_embedder_without_a_head_needs_no_name(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    tiny_model(folder, "qwen3-untied")
    edit_tensors(folder, lambda tensors: tensors.pop("lm_head.weight"))
    assert model_kind(folder, folder) == "embedder"
