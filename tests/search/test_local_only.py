"""Texts of a collection that is local-only reach no service, whatever a call names."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pertinent import Document, Embedder, Reranker
from pertinent.errors import LocalOnlyError
from pertinent.rerankers.cascade import Cascade
from pertinent.search.collection import Collection
from pertinent.search.embedding import embedder_for
from pertinent.settings import load_settings
from pertinent.store.manifest import read_manifest
from support.fakes import BagOfWords, WordOverlap
from support.faulty_server import FaultyServer, embed, faulty_server
from support.services import remote

DOCUMENTS = [Document("a", "Metformin lowers glucose."), Document("b", "It rained all day.")]


@pytest.fixture
def provider() -> Iterator[FaultyServer]:
    with faulty_server() as server:
        yield server


@pytest.fixture
def marked(tmp_path: Path) -> Path:
    """A collection that says of itself that it is local-only."""
    with Collection(tmp_path / "c", embedder=BagOfWords(), reranker=WordOverlap(), local_only=True) as made:
        made.add(DOCUMENTS)
    return tmp_path / "c"


RERANKERS: dict[str, Callable[[FaultyServer], object]] = {
    "a service": remote,
    "an address": lambda server: f"{server.address}/v1/rerank",
    "the last of a chain": lambda server: [WordOverlap(), f"{server.address}/v1/rerank"],
    "a chain with fallback": lambda server: Reranker([remote(server), WordOverlap()]),
    "half of a cascade": lambda server: Cascade(WordOverlap(), remote(server)),
}


@pytest.mark.parametrize("reranker", RERANKERS.values(), ids=RERANKERS)
@pytest.mark.parametrize("how", [{}, {"rerank": "off"}, {"rerank": "required"}, {"deadline": 5.0}], ids=str)
def test_no_search_asks_a_service(
    marked: Path, provider: FaultyServer, reranker: Callable[[FaultyServer], object], how: dict[str, object]
) -> None:
    with (
        Collection(marked, embedder=BagOfWords(), reranker=reranker(provider)) as opened,  # type: ignore[arg-type]
        pytest.raises(LocalOnlyError, match="local-only"),
    ):
        opened.search("glucose", **how)  # type: ignore[arg-type]
    assert provider.count == 0


@pytest.mark.parametrize("named", [False, True])
def test_neither_search_nor_index_asks_a_service_for_vectors(marked: Path, named: bool) -> None:
    with faulty_server(usual=embed) as server:
        name = f"{server.address}/v1/embeddings"
        embedder = name if named else Embedder(name)
        with Collection(marked, embedder=embedder, reranker=WordOverlap()) as opened:
            with pytest.raises(LocalOnlyError):
                opened.search("glucose")
            with pytest.raises(LocalOnlyError):
                opened.add([Document("c", "A third.")])
        assert server.count == 0


def test_nothing_is_made_where_the_embedder_is_a_service(tmp_path: Path) -> None:
    with faulty_server(usual=embed) as server:
        new = Collection(tmp_path / "new", embedder=f"{server.address}/v1/embeddings", local_only=True)
        with pytest.raises(LocalOnlyError):
            new.add(DOCUMENTS)
        assert server.count == 0
    assert not (tmp_path / "new").exists()


def test_a_reranker_that_hides_its_service_reaches_nobody(marked: Path, provider: FaultyServer) -> None:
    inside = remote(provider)

    class Hidden(WordOverlap):
        def score(self, query, documents, instruction=None, *, progress=None):  # type: ignore[no-untyped-def]
            return inside.score(query, documents, instruction)

    with Collection(marked, embedder=BagOfWords(), reranker=Hidden()) as opened:
        result = opened.search("glucose")
    assert [hit.passage.document_id for hit in result][:1] == ["a"]
    assert (result.reranked, "local-only" in result.reason) == (False, True)
    assert provider.count == 0


def test_models_here_work_as_ever(marked: Path) -> None:
    with Collection(marked, embedder=BagOfWords(), reranker=WordOverlap()) as opened:
        opened.add([Document("c", "Insulin lowers glucose.")])
        assert opened.search("insulin").hits[0].passage.document_id == "c"
        assert opened.search("insulin").reranked is True


def test_no_setting_takes_the_mark_away(
    marked: Path, provider: FaultyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PERTINENT_RERANK_ENABLED", "true")
    load_settings.cache_clear()
    again = Collection(marked, embedder=BagOfWords(), reranker=WordOverlap(), local_only=False)
    again.add([Document("c", "A third.")])
    assert again.local_only
    assert read_manifest(marked).local_only
    with (
        Collection(marked, embedder=BagOfWords(), reranker=remote(provider), local_only=False) as opened,
        pytest.raises(LocalOnlyError),
    ):
        opened.search("third")
    assert provider.count == 0


def test_what_exists_is_marked_by_the_next_write_and_readers_see_it(
    tmp_path: Path, provider: FaultyServer
) -> None:
    path = tmp_path / "c"
    with Collection(path, embedder=BagOfWords(), reranker=remote(provider)) as reading:
        reading.add(DOCUMENTS)
        assert reading.search("glucose").reranked is True
        asked = provider.count
        assert asked > 0
        assert not reading.local_only
        Collection(path, embedder=BagOfWords(), local_only=True).add([])
        with pytest.raises(LocalOnlyError):
            reading.search("glucose")
        assert provider.count == asked


def test_asked_of_a_call_alone_it_holds_for_that_call(tmp_path: Path, provider: FaultyServer) -> None:
    path = tmp_path / "c"
    Collection(path, embedder=BagOfWords()).add(DOCUMENTS)
    with (
        Collection(path, embedder=BagOfWords(), reranker=remote(provider), local_only=True) as opened,
        pytest.raises(LocalOnlyError),
    ):
        opened.search("glucose")
    assert provider.count == 0
    assert not read_manifest(path).local_only


def test_a_backup_keeps_the_mark(marked: Path, tmp_path: Path) -> None:
    Collection(marked).backup(tmp_path / "file")
    Collection.restore(tmp_path / "restored", tmp_path / "file")
    assert read_manifest(tmp_path / "restored").local_only


def test_a_service_is_named_without_being_asked(marked: Path) -> None:
    with faulty_server(usual=embed) as server:
        embedder_for(marked, f"{server.address}/v1/embeddings")
        assert server.count == 0
