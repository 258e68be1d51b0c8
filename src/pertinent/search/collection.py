"""A collection as people use it: a name or a folder to index into and to search."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from pertinent.embedders.protocol import TextEmbedder
from pertinent.rerankers.protocol import Scorer
from pertinent.rerankers.reranker import Reranker
from pertinent.search.filling import FilledCollection
from pertinent.search.names import collection_names, collection_path, existing_path
from pertinent.search.newest import Newest
from pertinent.search.pipeline import Stopwatch, search
from pertinent.search.result import Rerank, SearchOptions, SearchResult, as_query
from pertinent.settings import load_settings
from pertinent.store import backup
from pertinent.store import collection as stored
from pertinent.store.filters import parse_filters
from pertinent.store.protocol import Store


class Collection(FilledCollection):
    """Documents on disk, to be searched in two stages.

    Parameters
    ----------
    name : str | Path
        A name (kept in the data folder) or a path. It need not exist: the first documents make it.
    language : str | None
        Whose stop words and stemmer BM25 uses in a collection that is made; ``"none"`` for neither,
        None for English.
    embedder : TextEmbedder | str | Path | None
        An embedder, or a name or folder of one; None is the one it was made with, or the carried one.
    reranker : Scorer | str | Path | list | None
        A reranker, or a name or folder of one, or a list of these (see ``Reranker``); None is the carried
        one.
    local_only : bool
        Whether no text of it, and no query to it, may go to a service. The next documents that are brought
        in mark the collection so for good; False changes nothing in one that is marked.

    Examples
    --------
    >>> import tempfile
    >>> from pertinent import Document
    >>> folder = tempfile.mkdtemp()
    >>> with Collection(folder + "/notes") as notes:
    ...     report = notes.add([Document("1", "Metformin lowers glucose."), Document("2", "A cold is mild.")])
    ...     [hit.passage.document_id for hit in notes.search("Which drug lowers glucose?", top_k=1)]
    ['1']
    """

    def __init__(
        self,
        name: str | Path,
        *,
        language: str | None = None,
        embedder: TextEmbedder | str | Path | None = None,
        reranker: Scorer | str | Path | list[Scorer | str | Path] | None = None,
        local_only: bool = False,
    ) -> None:
        super().__init__(name, language, embedder, local_only)
        if reranker is None or isinstance(reranker, str | Path | list):
            reranker = Reranker(reranker)
        self.reranker: Scorer = reranker
        self._newest = Newest(self.path)

    @classmethod
    def open(
        cls,
        name: str | Path,
        *,
        embedder: TextEmbedder | str | Path | None = None,
        reranker: Scorer | str | Path | list[Scorer | str | Path] | None = None,
    ) -> Collection:
        """Open what exists.

        Raises
        ------
        CollectionNotFound
            If there is none of that name.
        """
        existing_path(name)
        return cls(name, embedder=embedder, reranker=reranker)

    @classmethod
    def restore(cls, name: str | Path, file: Path) -> Collection:
        """Make a collection from a backup."""
        backup.restore(file, collection_path(name))
        return cls.open(name)

    def search(
        self,
        query: str,
        *,
        instruction: str | None = None,
        top_k: int | None = None,
        candidates: int | None = None,
        rerank_limit: int | None = None,
        rerank: Rerank | None = None,
        deadline: float | None = None,
        max_per_document: int | None = None,
        floor: float | None = None,
        filters: str | Iterable[str] | Mapping[str, Any] | None = None,
    ) -> SearchResult:
        """Answer a query; see :class:`SearchOptions` for the numbers, whose defaults are settings.

        Parameters
        ----------
        query : str
            The question.
        instruction : str | None
            What counts as an answer, in words or by name, for models that read instructions; for the
            embedder only where the collection's queries have one.
        rerank : {"auto", "off", "required"} | None
            Whether to rerank; None takes the setting ``rerank_enabled``.
        deadline : float | None
            Seconds for the whole search.
        filters : Mapping | Iterable[str] | None
            As :func:`pertinent.store.filters.parse_filters` reads them.

        Raises
        ------
        LocalOnlyError
            If the collection is local-only, and embedder or reranker would send texts to a service.
        """
        watch = Stopwatch()
        asked = as_query(query, instruction)
        settings = load_settings()
        options = SearchOptions(
            top_k=settings.top_k if top_k is None else top_k,
            candidates=candidates,
            candidate_multiplier=settings.candidate_multiplier,
            rerank_limit=settings.rerank_limit if rerank_limit is None else rerank_limit,
            rerank=rerank or ("auto" if settings.rerank_enabled else "off"),
            deadline=deadline,
            max_per_document=settings.max_per_document if max_per_document is None else max_per_document,
            floor=floor,
            filters=parse_filters(filters),
        )
        with self._staying():
            return search(asked, self.reader(), self.embedder, self.reranker, options, watch)

    def reader(self) -> Store:
        """The newest published generation."""
        return self._newest.opened(self.embedder.model)

    def describe(self) -> dict[str, Any]:
        """What the collection holds and is made of."""
        return {"name": self.name, "path": str(self.path), **stored.describe(self.path).to_dict()}

    def backup(self, file: Path) -> None:
        """Write the collection to one file."""
        backup.backup(self.path, file)

    def delete(self) -> None:
        """Remove the collection and all it holds."""
        self.close()
        stored.delete(self.path)

    def close(self) -> None:
        """Let go of files; the next search opens them again."""
        self._newest.close()

    @property
    def _models(self) -> tuple[object, ...]:
        return (*super()._models, self.reranker)

    def __enter__(self) -> Collection:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def list_collections() -> list[Collection]:
    """The collections of the data folder, by name; see :func:`collection_names` for which."""
    return [Collection(name) for name in collection_names()]
