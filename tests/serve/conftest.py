from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pertinent import Document
from pertinent.embedders.local import LocalEmbedder
from pertinent.rerankers.local import LocalReranker
from pertinent.search.collection import Collection
from pertinent.serve.options import ServerOptions
from support.serving import DOCUMENTS, EMBEDDER_NAMES, NAMES, Running, running, served_as


@pytest.fixture(scope="session")
def collections_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two small collections."""
    folder = tmp_path_factory.mktemp("collections")
    for name in ("notes", "private"):
        with Collection(folder / name) as collection:
            collection.add([Document(str(place), text) for place, text in enumerate(DOCUMENTS)])
    return folder


@pytest.fixture(scope="session")
def server(_float32: None, collections_folder: Path) -> Iterator[Running]:
    """The carried models behind a real socket."""
    options = ServerOptions(
        models=served_as("pertinent-mini-reranker", NAMES),
        embedders=served_as("pertinent-mini-embedder", EMBEDDER_NAMES),
        collections=collections_folder,
        port=0,
    )
    with running(options) as started:
        yield started


@pytest.fixture(scope="session")
def reranker(_float32: None) -> LocalReranker:
    """What the scores are to be equal to."""
    return LocalReranker()


@pytest.fixture(scope="session")
def embedder(_float32: None) -> LocalEmbedder:
    """What the vectors are to be equal to."""
    return LocalEmbedder()
