"""Vectors from a service: what is asked, what is checked, and a collection that finds its embedder again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pertinent import Collection, Document, Embedder
from pertinent.embedders.remote import RemoteEmbedder
from pertinent.errors import ProviderError, UsageError
from pertinent.families.qwen3_embedding import DEFAULT_INSTRUCTION
from support.faulty_server import body, embed, faulty_server
from support.services import service

QWEN = "Qwen/Qwen3-Embedding-0.6B"


pytestmark = pytest.mark.usefixtures("in_an_empty_folder")


def embedder(server: Any, model: str = QWEN, dialect: str = "openai", **options: Any) -> RemoteEmbedder:
    settings = options.pop("settings", {})
    return RemoteEmbedder(service(server, dialect, **settings), model, **options)


def test_vectors_come_in_the_order_of_the_texts_with_length_1() -> None:
    with faulty_server(usual=embed) as server:
        vectors = embedder(server, dimensions=8).embed_documents(["a", "bbbb"])
    assert vectors.shape == (2, 8)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1)
    assert vectors[0, 1] < vectors[1, 1]
    assert server.bodies[0]["dimensions"] == 8


def test_queries_carry_the_instruction_of_the_family_and_documents_none() -> None:
    with faulty_server(usual=embed) as server:
        asked = embedder(server, dimensions=8)
        asked.embed_queries(["glucose?"])
        asked.embed_queries(["glucose?"], "Find recipes without sugar")
        asked.embed_documents(["glucose"])
        embedder(server, dimensions=8, query_instruction="").embed_queries(["glucose?"], "Find recipes here")
    assert [body["input"][0] for body in server.bodies] == [
        f"Instruct: {DEFAULT_INSTRUCTION}\nQuery:glucose?",
        "Instruct: Find recipes without sugar\nQuery:glucose?",
        "glucose",
        "glucose?",
    ]


def test_a_width_that_nobody_knows_is_asked_for_once() -> None:
    with faulty_server(usual=embed) as server:
        asked = embedder(server, "m")
        assert asked.model.dimensions == 4
        assert asked.embed_documents(["a"]).shape == (1, 4)
        assert asked.embed_documents([]).shape == (0, 4)
        assert server.count == 2
        assert all("dimensions" not in body for body in server.bodies)


def test_services_that_ask_what_a_text_is_are_told() -> None:
    with faulty_server(usual=embed) as server:
        asked = embedder(server, "voyage-4", "voyage")
        asked.embed_queries(["a"])
        asked.embed_documents(["a"])
    assert [body["input_type"] for body in server.bodies] == ["document", "query", "document"]


def test_a_call_is_split() -> None:
    texts = ["a" * (1 + n) for n in range(7)]
    with faulty_server(usual=embed) as server:
        split = embedder(server, "m", settings={"limits": {"texts": 3}}).embed_documents(texts)
        whole = embedder(server, "m").embed_documents(texts)
    assert np.array_equal(split, whole)
    assert max(len(body["input"]) for body in server.bodies[:-1]) == 3


@pytest.mark.parametrize(
    "answer",
    [
        {"data": [{"index": 0, "embedding": [1.0, 0.0]}]},
        {"data": [{"index": 0, "embedding": [1.0, 0.0]}, {"index": 1, "embedding": [1.0]}]},
        {"data": [{"index": 0, "embedding": [0.0, 0.0]}, {"index": 1, "embedding": [1.0, 0.0]}]},
        {"data": [{"index": 0, "embedding": [1.0, 0.0]}, {"index": 1, "embedding": [1.0, float("nan")]}]},
    ],
)
def test_vectors_that_are_none_are_refused(answer: Any) -> None:
    with faulty_server(usual=body(json.dumps(answer))) as server, pytest.raises(ProviderError):
        embedder(server, settings={"attempts": 1}).embed_documents(["a", "b"])


def test_a_form_that_nobody_knows_is_not_made_up() -> None:
    with pytest.raises(UsageError, match="no known form"):
        embedder("http://127.0.0.1:1", "m", query_instruction="Find recipes")
    with pytest.raises(UsageError, match="chooses engine"):
        Embedder("http://127.0.0.1:1/v1/embeddings", device="cuda")


def test_a_collection_finds_its_embedder_again_and_takes_no_other(tmp_path: Path) -> None:
    with faulty_server(usual=embed) as server:
        Path("pertinent.toml").write_text(
            f'[providers.ours]\ndialect = "openai"\naddress = "{server.address}"\n'
        )
        made = Collection(tmp_path / "notes", embedder=Embedder("ours:m"))
        made.add([Document("1", "Metformin lowers glucose."), Document("2", "It rained.")])
        made.close()
        with Collection.open(tmp_path / "notes") as opened:
            assert opened.embedder.model.name == "ours:m"
            assert len(opened.search("glucose", rerank_limit=0)) == 2
        with pytest.raises(Exception, match="was made with embedder ours:m"):
            Collection.open(tmp_path / "notes", embedder=Embedder("ours:other")).search("glucose")
