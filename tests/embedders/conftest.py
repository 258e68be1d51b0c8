from __future__ import annotations

import pytest

from support.tiny_embedder import Tiny, tiny_embedder


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    folder = tmp_path_factory.mktemp("models") / "tiny-embedder"
    return Tiny(folder, tiny_embedder(folder))
