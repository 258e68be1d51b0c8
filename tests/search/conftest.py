from __future__ import annotations

from pathlib import Path

import pytest

from pertinent.search.collection import Collection
from support.small_collection import DOCUMENTS, small_collection


@pytest.fixture
def filled(tmp_path: Path) -> Collection:
    collection = small_collection(tmp_path / "c")
    assert collection.add(DOCUMENTS).added == 3
    return collection
