from __future__ import annotations

from pathlib import Path

import pytest

from pertinent import Document
from pertinent.kb.knowledge_base import KnowledgeBase
from pertinent.kb.settings import load_pipeline_settings
from pertinent.search.collection import Collection
from support.knowledge import knowledge_base, write

TEXTS = (
    "Metformin lowers blood glucose in type 2 diabetes.",
    "Insulin is injected, and lowers glucose within minutes.",
    "The ferry leaves the island at half past nine.",
    "It rained all day in the mountains.",
)


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


@pytest.fixture
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No settings but those that the test writes."""
    monkeypatch.chdir(tmp_path)
    load_pipeline_settings.cache_clear()


@pytest.fixture(scope="session")
def answers(_float32: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small collection; one document of it is long."""
    folder = tmp_path_factory.mktemp("collections") / "answers"
    long = "\n\n".join(f"Glucose was measured on day {day}. " * 40 for day in range(8))
    with Collection(folder) as collection:
        documents = [Document(str(place), text) for place, text in enumerate(TEXTS)]
        collection.add([*documents, Document("long", long)])
    return folder


@pytest.fixture(scope="session")
def patients(_float32: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small collection that is local-only."""
    folder = tmp_path_factory.mktemp("collections") / "patients"
    with Collection(folder, local_only=True) as collection:
        collection.add([Document(str(place), text) for place, text in enumerate(TEXTS)])
    return folder
