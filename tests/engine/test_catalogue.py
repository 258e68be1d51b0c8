"""Which known models are here: carried ones, and those that any tool has downloaded."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from pertinent.engine.catalogue import find_model, known_models
from pertinent.engine.hub_cache import Repository
from pertinent.errors import ModelError
from pertinent.families.catalogue import CARRIED_MODELS, KNOWN_MODELS, PUBLISHED_MODELS
from support.hub_fixtures import own_cache

PINNED = PUBLISHED_MODELS[0]
OTHER = "f" * 40


def downloaded(cache: Path, name: str, commit: str, *, branch: bool = False) -> Path:
    repository = Repository(name, cache)
    folder = repository.snapshot(commit)
    folder.mkdir(parents=True)
    for file in ("config.json", "tokenizer.json", "model.safetensors"):
        (folder / file).write_bytes(bytes(100))
    if branch:
        repository.reference("main").parent.mkdir(parents=True)
        repository.reference("main").write_text(commit)
    return folder


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    own_cache(monkeypatch, tmp_path)
    return tmp_path / "hf" / "hub"


def test_published_models_are_absent_until_they_are_downloaded(cache: Path) -> None:
    models = {model.info.name: model for model in known_models()}
    assert list(models) == [info.name for info in KNOWN_MODELS]
    assert {name for name, model in models.items() if model.present} == {m.name for m in CARRIED_MODELS}
    assert models[PINNED.name].info == PINNED


def test_a_downloaded_model_is_present(cache: Path) -> None:
    assert PINNED.revision
    downloaded(cache, PINNED.name, PINNED.revision)
    [found] = [model for model in known_models() if model.info.name == PINNED.name]
    assert (found.present, found.size, found.info.revision) == (True, 300, PINNED.revision)


def test_another_commit_than_the_pinned_one_is_told(cache: Path) -> None:
    folder = downloaded(cache, PINNED.name, OTHER, branch=True)
    [found] = [model for model in known_models() if model.info.name == PINNED.name]
    assert (found.present, found.info.revision) == (True, OTHER)
    (folder / "model.safetensors").unlink()
    [found] = [model for model in known_models() if model.info.name == PINNED.name]
    assert (found.present, found.size, found.info) == (False, 0, PINNED)


def test_the_list_needs_no_library() -> None:
    heavy = ["huggingface_hub", "openvino", "httpx2", "pydantic"]
    code = (
        "import sys; from pertinent.engine.catalogue import known_models; known_models();"
        f"print([name for name in {heavy} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_published_name_is_no_carried_folder() -> None:
    with pytest.raises(ModelError, match="no model Qwen"):
        find_model(PINNED.name)
