"""Search and collections over HTTP: as the pipeline itself finds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import pytest

from pertinent import Document
from pertinent.embedders.local import LocalEmbedder
from pertinent.search.collection import Collection
from pertinent.types import ModelInfo
from support.serving import QUERY, Running


class OtherEmbedder(LocalEmbedder):
    """The carried one by a name that no server knows."""

    @property
    def model(self) -> ModelInfo:
        return replace(super().model, name="example/other", source="example/other")


def found(answer: dict[str, Any]) -> list[tuple[str, float, float]]:
    return [(hit["document"]["id"], hit["margin"], hit["final"]) for hit in answer["hits"]]


def test_search_finds_what_the_pipeline_finds(server: Running, collections_folder: Path) -> None:
    answer = server.post("/v1/search", {"collection": "notes", "query": QUERY, "top_k": 3})
    assert answer.status_code == 200
    with Collection.open(collections_folder / "notes") as notes:
        expected = notes.search(QUERY, top_k=3).to_dict()
    assert found(answer.json()) == found(expected)
    assert answer.json()["reranked"] is True


def test_the_numbers_of_a_search(server: Running) -> None:
    base = {"collection": "notes", "query": QUERY}
    plain = server.post("/v1/search", {**base, "rerank_limit": 0}).json()
    assert plain["reranked"] is False
    assert len(server.post("/v1/search", {**base, "top_k": 1}).json()["hits"]) == 1
    quick = httpx2.post(
        f"{server.address}/v1/search", json=base, headers={"X-Request-Deadline-Ms": "30000"}, timeout=60
    )
    assert quick.json()["reranked"] in (True, "partial")


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"collection": "other"}, 404),
        ({"collection": "../notes"}, 422),
        ({"collection": ".."}, 422),
        ({"top_k": 0}, 422),
        ({"top_k": "3"}, 422),
        ({"unknown": 1}, 422),
        ({"filters": ["nowhere=1"]}, 400),
        ({"model": "other"}, 404),
        ({"instruction": "no-such-instruction"}, 400),
    ],
)
def test_what_is_no_search(server: Running, more: dict[str, Any], status: int) -> None:
    answer = server.post("/v1/search", {"collection": "notes", "query": "a secret text", **more})
    assert answer.status_code == status
    assert answer.json()["error"]["status"] == status
    assert "secret" not in answer.text


def test_what_is_indexed_meanwhile_is_found(server: Running, collections_folder: Path) -> None:
    asked = {"collection": "growing", "query": "Which bird cannot fly?", "top_k": 1}
    assert server.post("/v1/search", asked).status_code == 404
    with Collection(collections_folder / "growing") as growing:
        growing.add([Document("1", "It rained.")])
        assert found(server.post("/v1/search", asked).json())[0][0] == "1"
        growing.add([Document("2", "The ostrich is a bird that cannot fly.")])
        assert found(server.post("/v1/search", asked).json())[0][0] == "2"
        growing.delete()
    assert server.post("/v1/search", asked).status_code == 404
    with Collection(collections_folder / "growing") as growing:
        growing.add([Document("3", "Penguins cannot fly.")])
        assert found(server.post("/v1/search", asked).json())[0][0] == "3"
        growing.delete()


def test_a_collection_of_another_embedder_is_told(server: Running, collections_folder: Path) -> None:
    with Collection(collections_folder / "foreign", embedder=OtherEmbedder()) as foreign:
        foreign.add([Document("1", "It rained.")])
        answer = server.post("/v1/search", {"collection": "foreign", "query": "rain"})
        foreign.delete()
    assert answer.status_code == 409
    assert "--embedder" in answer.json()["error"]["message"]


def test_collections_are_listed_without_their_place(server: Running, collections_folder: Path) -> None:
    answer = httpx2.get(f"{server.address}/v1/collections")
    assert [row["name"] for row in answer.json()["collections"]] == ["notes", "private"]
    assert str(collections_folder) not in answer.text
    one = httpx2.get(f"{server.address}/v1/collections/notes")
    assert one.json()["documents"] == 4
    assert httpx2.get(f"{server.address}/v1/collections/other").status_code == 404
