from __future__ import annotations

from pathlib import Path

import pytest

from pertinent.errors import CollectionNotFound, LocalOnlyError, StoreError, UsageError
from pertinent.search.collection import Collection
from pertinent.store import backup, collection
from pertinent.store.server.copies import pull, push
from pertinent.store.server.link import LINK_FILE
from pertinent.types import Document
from support.fakes import BagOfWords, WordOverlap
from support.servers import Connect

URL = "https://server.example"


@pytest.fixture
def linked(server: Connect, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a collection that lives on a server."""
    with Collection(tmp_path / "own", embedder=BagOfWords(), reranker=WordOverlap()) as own:
        own.add([Document("1", "metformin lowers glucose"), Document("2", "it rained all day")])
    push(own.path, server, "there")
    monkeypatch.setattr("pertinent.store.server.link.connect", lambda address: server())
    assert collection.link(tmp_path / "linked", URL, "there").documents == 2
    return tmp_path / "linked"


def test_it_is_searched_and_indexed_like_any_other(linked: Path) -> None:
    with Collection.open(linked, embedder=BagOfWords(), reranker=WordOverlap()) as there:
        assert there.search("what lowers glucose", top_k=1).hits[0].passage.document_id == "1"
        assert there.describe()["documents"] == 2
        report = there.add([Document("1", "metformin lowers glucose"), Document("3", "insulin lowers sugar")])
        assert (report.added, report.unchanged) == (1, 1)
        assert there.search("what lowers sugar", top_k=1).hits[0].passage.document_id == "3"


def test_deleting_it_leaves_the_server_alone(linked: Path, server: Connect) -> None:
    collection.delete(linked)
    assert not collection.exists(linked)
    assert server().collection_exists("there")


def test_what_works_only_here_is_refused(linked: Path, server: Connect, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="lives on a server"):
        backup.backup(linked, tmp_path / "file")
    with pytest.raises(UsageError, match="lives on a server"):
        pull(server, "there", linked)
    with pytest.raises(StoreError, match="already something"):
        collection.link(linked, URL, "there")


def test_local_only_is_refused(linked: Path) -> None:
    here = Collection(linked, embedder=BagOfWords(), reranker=WordOverlap(), local_only=True)
    with pytest.raises(LocalOnlyError):
        here.add([Document("secret", "nobody else may read this")])
    with Collection(linked, embedder=BagOfWords(), reranker=WordOverlap()) as there:
        assert there.describe()["documents"] == 2


def test_no_link_to_nothing(linked: Path, tmp_path: Path) -> None:
    with pytest.raises(CollectionNotFound):
        collection.link(tmp_path / "new", URL, "absent")
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", "[" * 5000, '{"url": "https://h"}', '{"url": 1, "name": 2}']
)
def test_a_damaged_link(tmp_path: Path, content: str) -> None:
    (tmp_path / LINK_FILE).write_text(content)
    with pytest.raises(StoreError, match="damaged"):
        collection.describe(tmp_path)
