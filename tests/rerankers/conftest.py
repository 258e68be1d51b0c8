from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from support.tiny_reranker import RIGHT, RIGHT_UNTIED, tiny_reranker


@pytest.fixture(scope="session")
def tied(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    """A model whose canary comes out right, and the same in transformers."""
    folder = tmp_path_factory.mktemp("tied") / "tiny-reranker"
    return folder, tiny_reranker(folder, seed=RIGHT)


@pytest.fixture(scope="session")
def untied(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    """One with a head of its own."""
    folder = tmp_path_factory.mktemp("untied") / "tiny-reranker"
    return folder, tiny_reranker(folder, "qwen3-untied", seed=RIGHT_UNTIED)
