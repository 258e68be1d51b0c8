from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from pertinent.engine.lazy_model import LazyModel
from pertinent.errors import ModelError
from pertinent.families.carried import CARRIED_EMBEDDER, CARRIED_RERANKER


def test_the_weights_are_loaded_once_and_checked() -> None:
    asked: list[str] = []

    def check(model: object) -> bool:
        asked.append(type(model).__name__)
        return True

    lazy = LazyModel(CARRIED_EMBEDDER, "bert_embedder", check, threads=1, batch_tokens=888)
    assert asked == []
    assert lazy.loaded() is lazy.loaded()
    assert asked == ["LocalModel"]


def test_a_model_that_fails_its_check_is_refused() -> None:
    lazy = LazyModel(CARRIED_EMBEDDER, "bert_embedder", lambda _: False, threads=1, batch_tokens=889)
    with pytest.raises(ModelError, match="other scores"):
        lazy.loaded()


def test_another_family_and_a_missing_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="family"):
        LazyModel(CARRIED_RERANKER, "bert_embedder", lambda _: True)
    with pytest.raises(ModelError):
        LazyModel(tmp_path, "bert_embedder", lambda _: True)


def test_naming_a_model_imports_no_engine() -> None:
    code = "from pertinent import Reranker; Reranker().model; import sys; print('openvino' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
