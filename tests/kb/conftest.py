from __future__ import annotations

from pathlib import Path

import pytest

from pertinent.kb.knowledge_base import KnowledgeBase
from support.knowledge import knowledge_base, write


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    """A folder with three notes."""
    folder = tmp_path / "notes"
    write(
        folder,
        tides="The moon pulls the sea.",
        sub__rain="Clouds carry rain.",
        sub__wind="Wind is moving air.",
    )
    return folder


@pytest.fixture
def base(tmp_path: Path) -> KnowledgeBase:
    """A knowledge base without folders."""
    return knowledge_base(tmp_path / "kb")
