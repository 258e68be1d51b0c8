"""What brings documents into a collection, and whose models may see them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from itertools import chain, islice
from pathlib import Path

from pertinent.embedders.protocol import TextEmbedder
from pertinent.errors import RecordError, StoreError, UsageError
from pertinent.ingest import detect
from pertinent.ingest.chunker import carried_chunker
from pertinent.ingest.indexer import IndexReport, index, prune
from pertinent.ingest.protocol import OnBroken
from pertinent.providers.leaving import require_local, texts_stay
from pertinent.search.embedding import embedder_for
from pertinent.search.names import collection_path
from pertinent.store import collection as stored
from pertinent.store.protocol import WritableStore
from pertinent.types import Document


class FilledCollection:
    """The part of ``Collection`` that documents come in by; its parameters are described there."""

    def __init__(
        self,
        name: str | Path,
        language: str | None,
        embedder: TextEmbedder | str | Path | None,
        local_only: bool,
    ) -> None:
        self.name = str(name)
        self.path = collection_path(name)
        self.language = language
        self._local_only = local_only
        self._embedder = embedder

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
        """Refuse models that send texts to a service, where this is local-only.

        Raises
        ------
        LocalOnlyError
            If there is one; nothing was sent.
        """
        if self.local_only:
            require_local(self.name, *self._models)

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
            Remove documents whose source lies under ``paths`` and that are no longer there; never texts
            that were added over MCP.
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

    @property
    def _models(self) -> tuple[object, ...]:
        """What works on its texts."""
        return (self.embedder,)

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
