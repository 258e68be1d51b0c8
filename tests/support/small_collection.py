"""A collection of three documents, searched by words."""

from __future__ import annotations

from pathlib import Path

from pertinent.search.collection import Collection
from pertinent.types import Document
from support.fakes import BagOfWords, WordOverlap

DOCUMENTS = [
    Document("a", "Metformin lowers glucose. It is a tablet.", title="Metformin", metadata={"year": 1995}),
    Document("b", "It rained all day in the mountains.", metadata={"year": 2001}),
    Document("c", "Insulin lowers glucose too.", metadata={"year": 1922}),
]


def small_collection(name: str | Path, **more: object) -> Collection:
    return Collection(name, embedder=BagOfWords(), reranker=WordOverlap(), **more)  # type: ignore[arg-type]


def found(collection: Collection, query: str, **options: object) -> list[str]:
    return [hit.passage.document_id for hit in collection.search(query, **options)]  # type: ignore[arg-type]
