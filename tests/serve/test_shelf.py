from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pertinent import Document
from pertinent.errors import CollectionMismatch
from pertinent.search.collection import Collection
from pertinent.serve import shelf
from pertinent.serve.engines import ServedModel
from pertinent.serve.metrics import Metrics
from pertinent.serve.models import Models
from pertinent.serve.refusals import Refusal
from pertinent.serve.shelf import Shelf
from support.fakes import BagOfWords, WordOverlap


@pytest.fixture
def reranker() -> Iterator[ServedModel]:
    served = ServedModel(WordOverlap(), Metrics())
    yield served
    served.batcher.close()


@pytest.fixture
def found(tmp_path: Path) -> Shelf:
    for name in ("a", "b", "c"):
        with Collection(tmp_path / name, embedder=BagOfWords()) as collection:
            collection.add([Document(name, "Metformin lowers glucose.")])
    embedders = Models("embedder", [], Metrics())
    embedders.all[:] = [ServedModel(BagOfWords(), Metrics())]
    return Shelf(tmp_path, embedders)


def test_collections_go_by_their_names(found: Shelf) -> None:
    assert found.names() == ["a", "b", "c"]
    assert found.describe("a")["documents"] == 1


@pytest.mark.parametrize("name", ["absent", "", ".", "..", "../a", "a/../b", "/etc", "a\0"])
def test_no_name_leads_out_of_the_folder(found: Shelf, name: str, reranker: ServedModel) -> None:
    for ask in (lambda: found.describe(name), lambda: found.find(name, reranker)):
        with pytest.raises(Refusal) as caught:
            ask()
        assert caught.value.status == 404


def test_a_damaged_one_says_what_is_wrong_with_it(found: Shelf, tmp_path: Path) -> None:
    (tmp_path / "b" / "manifest.json").write_text("damaged")
    assert "damaged" in found.describe("b")["fault"]


def test_what_was_asked_least_recently_is_closed(
    found: Shelf, reranker: ServedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shelf, "MOST_OPEN", 2)
    closed: list[str] = []
    monkeypatch.setattr(Collection, "close", lambda self: closed.append(self.path.name))
    first = found.find("a", reranker)
    found.find("b", reranker)
    assert found.find("a", reranker) is first
    found.find("c", reranker)
    assert closed == ["b"]
    found.close()
    assert sorted(closed) == ["a", "b", "c"]


def test_without_its_embedder_a_collection_is_not_searched(tmp_path: Path, reranker: ServedModel) -> None:
    with Collection(tmp_path / "a", embedder=BagOfWords()) as collection:
        collection.add([Document("1", "text")])
    alone = Shelf(tmp_path, Models("embedder", [], Metrics()))
    with pytest.raises(CollectionMismatch, match="does not have"):
        alone.find("a", reranker)
