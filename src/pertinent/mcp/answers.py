"""What tools answer: the schemas that clients see are made from these.

Everything that comes from documents is data. Its control and format characters are replaced, so that it reads
as what it is, and the written form marks where it begins and ends.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class Answer(BaseModel):
    """An answer, or a part of one."""

    model_config = ConfigDict(extra="forbid")


class ScoreAnswer(Answer):
    """The reranker's word."""

    margin: float = Field(description="Evidence, unbounded; comparable within one model only.")
    probability: float
    model: str


class FirstStageAnswer(Answer):
    """Where the first stage had it, each rank from 1; null where a list had it not."""

    rank: int
    rrf: float
    dense_rank: int | None
    bm25_rank: int | None


class HitAnswer(Answer):
    """A passage that was found."""

    rank: int
    document: str
    passage: str
    uri: str = Field(description="The whole document, as a resource.")
    title: str
    headings: list[str]
    source: str
    place: str = Field(description="Lines or pages of the source, where they are known.")
    metadata: dict[str, Any]
    text: str
    cut: bool = Field(description="Whether the text was too long to be shown whole.")
    best_sentence: str
    score: ScoreAnswer | None = Field(description="null where the reranker did not score it.")
    final: float = Field(description="What the order follows.")
    first_stage: FirstStageAnswer


class SearchAnswer(Answer):
    """Hits, best first, and how they came about."""

    collection: str
    hits: list[HitAnswer]
    reranked: bool | Literal["partial"]
    reason: str = Field(
        description="Why not all was reranked, or why there is nothing; empty where all went well."
    )
    found_by: Literal["vectors and words", "words"]
    candidates: int = Field(description="Passages that the first stage found.")
    models: dict[str, str]
    mixed: bool = Field(description="Whether embedder and reranker are of different families.")
    failovers: list[str] = Field(description="Rerankers that did not answer, and why.")
    timings_ms: dict[str, float]


class RankedAnswer(Answer):
    """A document in its place."""

    rank: int
    index: int = Field(description="Its place in the list that was given, from 0.")
    score: ScoreAnswer | None


class RerankAnswer(Answer):
    """Documents by their places in the list that was given, best first."""

    results: list[RankedAnswer]
    reranked: bool | Literal["partial"]
    reason: str
    model: str
    failovers: list[str]


class ReadAnswer(Answer):
    """A stretch of a document."""

    collection: str
    document: str
    title: str
    source: str
    metadata: dict[str, Any]
    start: int
    end: int
    text: str
    more: bool = Field(description="Whether the document goes on; read on with offset = end.")


class CollectionAnswer(Answer):
    """A collection that may be searched."""

    name: str
    documents: int
    passages: int
    fields: dict[str, str] = Field(description="What filters may ask for, and of which kind it is.")
    language: str
    embedder: str
    local_only: bool
    writable: bool
    fault: str = Field(description="Why it cannot be used; empty where it can.")


class CollectionsAnswer(Answer):
    """All collections that may be searched."""

    collections: list[CollectionAnswer]
    note: str


class AddAnswer(Answer):
    """What became of a text."""

    collection: str
    document: str
    passages: int
    known: bool = Field(description="Whether just this text was there already.")


class RemoveAnswer(Answer):
    """What became of a text."""

    collection: str
    document: str
    removed: bool
