"""Knowledge bases with models that need no loading, and what one holds in a form to compare."""

from __future__ import annotations

from concurrent.futures import Future
from pathlib import Path
from typing import Any

from pertinent.embedders.protocol import TextEmbedder
from pertinent.kb.knowledge_base import KnowledgeBase
from pertinent.kb.models import ConfiguredModels
from pertinent.kb.settings import PipelineSettings
from pertinent.rerankers.protocol import Scorer
from pertinent.search.collection import Collection
from support.fakes import BagOfWords, WordOverlap


class GivenModels(ConfiguredModels):
    """Models that are there, or, where None is given, never come."""

    def __init__(self, reranker: Scorer | None, embedder: TextEmbedder | None) -> None:
        super().__init__(PipelineSettings())
        self._embedding: Future[TextEmbedder] = Future()
        self._reranking: Future[Scorer] = Future()
        if embedder is not None:
            self._embedding.set_result(embedder)
        if reranker is not None:
            self._reranking.set_result(reranker)

    def embedder(self, collection: Path) -> Future[TextEmbedder]:
        return self._embedding

    def reranker(self, *, local_only: bool = False) -> Future[Scorer]:
        return self._reranking


def knowledge_base(path: Path, **more: Any) -> KnowledgeBase:
    """One at this place; its models count words."""
    return KnowledgeBase(Collection(path, embedder=BagOfWords(), reranker=WordOverlap(), **more))


def held(base: KnowledgeBase) -> dict[str, tuple[str, ...]]:
    """Passages of every published document."""
    with base.collection:
        return {document.id: document.passage_ids for document in base.collection.reader().documents()}


def found(base: KnowledgeBase, query: str, **options: Any) -> list[str]:
    """Documents that a search finds, best first."""
    with base.collection:
        return [hit.passage.document_id for hit in base.collection.search(query, **options)]


def write(folder: Path, **texts: str) -> None:
    """Write Markdown files, named by keyword; two underscores stand for a slash."""
    for name, text in texts.items():
        file = folder / f"{name.replace('__', '/')}.md"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
