from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pertinent.embedders.local import LocalEmbedder
from pertinent.embedders.opening import EmbedderOptions, open_embedder
from pertinent.embedders.remote import RemoteEmbedder
from pertinent.engine.causal_model import EngineOptions
from pertinent.errors import ModelError, UsageError

CARRIED = "pertinent-mini-embedder"
pytestmark = pytest.mark.usefixtures("in_an_empty_folder")


@pytest.mark.parametrize(
    "options",
    [
        {"dimensions": 128},
        {"query_instruction": "Find answers."},
        {"max_tokens": 64},
        {"engine": EngineOptions("torch")},
        {"engine": EngineOptions(device="cuda")},
        {"engine": EngineOptions(dtype="bfloat16")},
        {"engine": EngineOptions(compiled=True)},
    ],
    ids=str,
)
def test_a_carried_model_has_no_choice(options: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="has no choice of"):
        open_embedder(CARRIED, EmbedderOptions(**options))


def test_what_it_has_anyway_may_be_asked_for() -> None:
    asked = EmbedderOptions(384, "", EngineOptions("openvino", "cpu", "int8", threads=1))
    assert isinstance(open_embedder(f"local:{CARRIED}", asked), LocalEmbedder)


def test_a_service_chooses_all_but_width_and_instruction(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEEPINFRA_TOKEN", "sk-none")
    there = "deepinfra:Qwen/Qwen3-Embedding-0.6B"
    opened = open_embedder(there, EmbedderOptions(64, "web-search", offline=True))
    assert isinstance(opened, RemoteEmbedder)
    assert opened.model.dimensions == 64
    for options in (EmbedderOptions(max_tokens=64), EmbedderOptions(engine=EngineOptions("torch"))):
        with pytest.raises(UsageError, match="runs at a service"):
            open_embedder(there, options)


@pytest.mark.parametrize("name", ["pertinent-mini-reranker", "Qwen/Qwen3-Reranker-0.6B", "no-such-model"])
def test_what_is_no_embedder_is_refused_before_anything_is_downloaded(name: str) -> None:
    with pytest.raises((ModelError, UsageError)):
        open_embedder(name, EmbedderOptions(offline=True))


def test_a_folder_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(ModelError):
        open_embedder(tmp_path / "absent", EmbedderOptions())
