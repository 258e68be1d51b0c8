"""Loading happens once a process, and a model that computes wrongly is refused."""

from __future__ import annotations

import json
import shutil
import threading
from pathlib import Path

import pytest

from pertinent.embedders.local import LocalEmbedder, passes_canary
from pertinent.engine.catalogue import CARRIED, find_model, known_models
from pertinent.engine.local_model import LocalModel, load_model
from pertinent.engine.model_folder import DESCRIPTION_FILE, open_model_folder
from pertinent.errors import ModelError
from pertinent.families.carried import CARRIED_EMBEDDER, CARRIED_RERANKER
from pertinent.rerankers.local import LocalReranker


def test_threads_share_one_model() -> None:
    folder = open_model_folder(CARRIED / CARRIED_EMBEDDER)
    checks: list[LocalModel] = []
    loaded: list[LocalModel] = []

    def check(model: LocalModel) -> bool:
        checks.append(model)
        return passes_canary(model)

    def load() -> None:
        loaded.append(load_model(folder, check, threads=1, token_budget=777))

    workers = [threading.Thread(target=load) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(checks) == 1
    assert len({id(model) for model in loaded}) == 1


def test_a_model_that_fails_its_canary_is_refused(tmp_path: Path) -> None:
    shutil.copytree(CARRIED / CARRIED_EMBEDDER, tmp_path / "model")
    shutil.copy(CARRIED / "tokenizer.json", tmp_path)
    file = tmp_path / "model" / DESCRIPTION_FILE
    description = json.loads(file.read_text())
    description["canary"]["expected"] = [-0.9, 0.9]
    file.write_text(json.dumps(description))
    with pytest.raises(ModelError, match="known texts"):
        LocalEmbedder(tmp_path / "model").load()


def described(tmp_path: Path, name: str, **changes: object) -> Path:
    """A copy of a carried model whose description says something else."""
    folder = tmp_path / "model"
    shutil.copytree(CARRIED / name, folder)
    shutil.copy(CARRIED / "tokenizer.json", tmp_path)
    file = folder / DESCRIPTION_FILE
    file.write_text(json.dumps(json.loads(file.read_text()) | changes))
    return folder


@pytest.mark.parametrize("name", [CARRIED_RERANKER, CARRIED_EMBEDDER])
@pytest.mark.parametrize("max_tokens", [513, 4096])
def test_a_window_past_the_position_table_is_refused(tmp_path: Path, name: str, max_tokens: int) -> None:
    folder = described(tmp_path, name, max_tokens=max_tokens)
    model = LocalReranker(folder) if name == CARRIED_RERANKER else LocalEmbedder(folder)
    with pytest.raises(ModelError, match="512") as caught:
        model.load()
    assert "max_tokens" in caught.value.hint


def test_a_smaller_window_is_accepted(tmp_path: Path) -> None:
    folder = described(tmp_path, CARRIED_RERANKER, max_tokens=256)
    (score,) = LocalReranker(folder).score("glucose", ["insulin " * 400])
    assert score.windows == 2


@pytest.mark.parametrize("dimensions", [0, -1, 256, 1 << 60])
def test_vectors_of_another_width_than_promised_are_refused(tmp_path: Path, dimensions: int) -> None:
    folder = described(tmp_path, CARRIED_EMBEDDER, dimensions=dimensions)
    with pytest.raises(ModelError):
        LocalEmbedder(folder).embed_documents(["text"])


def test_carried_models_are_present() -> None:
    models = [model for model in known_models() if model.info.name in {CARRIED_EMBEDDER, CARRIED_RERANKER}]
    assert len(models) == 2
    assert all(model.present and model.size > 1e7 and model.info.revision for model in models)


def test_an_absent_known_model_is_listed_as_absent(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("pertinent.engine.catalogue.CARRIED", tmp_path)
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    assert not any(model.present or model.size for model in known_models())


def test_an_unknown_model_names_the_known_ones() -> None:
    with pytest.raises(ModelError) as caught:
        find_model("no-such-model")
    assert CARRIED_RERANKER in caught.value.hint


def test_everything_carried_is_small_enough() -> None:
    assert sum(file.stat().st_size for file in CARRIED.rglob("*") if file.is_file()) <= 40_000_000
