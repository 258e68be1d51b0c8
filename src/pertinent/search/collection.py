"""A collection as people use it: a name or a folder to index into and to search."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from itertools import chain, islice
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Any

from pertinent.embedders.protocol import TextEmbedder
from pertinent.errors import RecordError, StoreError, UsageError
from pertinent.families.instructions import find_instruction
from pertinent.ingest import detect
from pertinent.ingest.chunker import carried_chunker
from pertinent.ingest.indexer import IndexReport, index, prune
from pertinent.ingest.protocol import OnBroken
from pertinent.providers.leaving import require_local, texts_stay
from pertinent.rerankers.protocol import Scorer
from pertinent.rerankers.reranker import Reranker
from pertinent.search.embedding import embedder_for
from pertinent.search.names import collection_names, collection_path, existing_path
from pertinent.search.pipeline import Stopwatch, search
from pertinent.search.result import Rerank, SearchOptions, SearchResult
from pertinent.settings import load_settings
from pertinent.store import backup
from pertinent.store import collection as stored
from pertinent.store.filters import parse_filters
from pertinent.store.protocol import Store, WritableStore
from pertinent.types import Document, Query


class Collection:
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
        self.name = str(name)
        self.path = collection_path(name)
        self.language = language
        self._local_only = local_only
        self._embedder = embedder
        if reranker is None or isinstance(reranker, str | Path | list):
            reranker = Reranker(reranker)
        self.reranker: Scorer = reranker
        self._reader: Store | None = None
        self._opening = Lock()

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

    @property
    def embedder(self) -> TextEmbedder:
        """Who makes the vectors; found when it is first asked for (see :func:`embedder_for`)."""
        if self._embedder is None or isinstance(self._embedder, str | Path):
            self._embedder = embedder_for(self.path, self._embedder)
        return self._embedder

    @property
    def local_only(self) -> bool:
        """Whether no text may leave: the collection is marked so, or this object was told so."""
        return self._local_only or (stored.exists(self.path) and stored.is_local_only(self.path))

    def require_local(self) -> None:
        """Refuse embedder and reranker where they send texts to a service, and this is local-only.

        Raises
        ------
        LocalOnlyError
            If they do; nothing was sent.
        """
        if self.local_only:
            require_local(self.name, self.embedder, self.reranker)

    def index(
        self,
        paths: Sequence[str | Path],
        *,
        format: str | None = None,
        workers: int = 1,
        strict: bool = False,
        prune: bool = False,
        progress: Callable[[IndexReport], None] | None = None,
    ) -> IndexReport:
        """Bring files and folders in; what is there already is passed over.

        Parameters
        ----------
        paths : Sequence[str | Path]
            Files and folders.
        format : str | None
            Name of a reader; None chooses by content and name.
        workers : int
            Threads that cut documents.
        strict : bool
            Stop at the first broken record instead of skipping it.
        prune : bool
            Remove documents whose source lies under ``paths`` and that are no longer there.
        progress : Callable[[IndexReport], None] | None
            Called after each acknowledged batch.

        Returns
        -------
        IndexReport
            What was done.
        """
        report = IndexReport()

        def on_broken(error: RecordError) -> None:
            if strict:
                raise error
            report.note(error)

        files = [Path(path) for path in paths]
        # Wrong paths and formats show here, before a collection is made for them.
        sources = detect.find_sources(files, format=format, on_broken=on_broken)
        documents = chain.from_iterable(source.documents(on_broken) for source in sources)
        return self._write(documents, report, on_broken, workers, progress, files if prune else ())

    def add(
        self, documents: Iterable[Document], *, progress: Callable[[IndexReport], None] | None = None
    ) -> IndexReport:
        """Bring documents in that the program holds; those that cannot be stored are in ``faults``."""
        report = IndexReport()
        return self._write(map(_require_document, documents), report, report.note, 1, progress, ())

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
        if not isinstance(query, str):
            raise UsageError(f"The query is of type {type(query).__name__}.", hint="Give a string.")
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
            return search(
                Query(query, instruction and find_instruction(instruction)),
                self.reader(),
                self.embedder,
                self.reranker,
                options,
                watch,
            )

    def reader(self) -> Store:
        """The newest published generation."""
        with self._opening:
            if self._reader is None:
                self._reader = stored.open_reader(self.path, self.embedder.model)
            else:
                self._reader.refresh()
            return self._reader

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
        with self._opening:
            if self._reader is not None:
                self._reader.close()
                self._reader = None

    def __enter__(self) -> Collection:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @contextmanager
    def _staying(self) -> Iterator[None]:
        """What is done in this block with a local-only collection reaches no service."""
        self.require_local()
        with texts_stay() if self.local_only else nullcontext():
            yield

    def _make(self) -> None:
        if not stored.exists(self.path):
            try:
                stored.create(
                    self.path,
                    self.embedder.model,
                    language=self.language or "english",
                    local_only=self._local_only,
                ).close()
            except StoreError:
                if not stored.exists(self.path):
                    raise
                # Another process was faster; whether it still writes shows when we open it.
        if self.language not in (None, stored.describe(self.path).bm25.language):
            raise UsageError(
                f"Collection {self.name!r} was made for another language than {self.language}.",
                hint="Leave the language out, or index into a new collection.",
            )

    @contextmanager
    def writing(self, report: IndexReport) -> Iterator[WritableStore]:
        """Make the collection if it is new, and hold it open for writing; nothing is published by itself.

        Parameters
        ----------
        report : IndexReport
            Told what a power cut had taken.

        Raises
        ------
        CollectionLocked
            If somebody else is writing.
        """
        with self._staying():
            self._make()
            with stored.open_writer(self.path, self.embedder.model) as store:
                report.lost = len(store.recovery.lost)
                if self._local_only:
                    store.keep_local()
                yield store

    def _write(
        self,
        documents: Iterable[Document],
        report: IndexReport,
        on_broken: OnBroken,
        workers: int,
        progress: Callable[[IndexReport], None] | None,
        prune_under: Sequence[Path],
    ) -> IndexReport:
        stream = iter(documents)
        first = list(islice(stream, 1))
        if not first and not stored.exists(self.path):
            return report  # nothing to store, so nothing is made
        with self.writing(report) as store:
            seen = index(
                chain(first, stream),
                store,
                self.embedder,
                carried_chunker(),
                report,
                on_broken=on_broken,
                workers=workers,
                progress=progress,
            )
            if prune_under:
                prune(store, prune_under, seen, report)
        return report


def _require_document(item: object) -> Document:
    if not isinstance(item, Document):
        raise UsageError(f"Among the documents is a {type(item).__name__}.", hint="Give Document records.")
    return item


def list_collections() -> list[Collection]:
    """The collections of the data folder, by name; see :func:`collection_names` for which."""
    return [Collection(name) for name in collection_names()]
