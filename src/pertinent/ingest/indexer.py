"""From documents to a searchable collection: compare, cut, embed, store, publish.

Work goes batch by batch. A batch is acknowledged when the store has it; a run that is interrupted
keeps every acknowledged batch, and the next run passes over what is already there.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from pertinent.embedders.protocol import TextEmbedder
from pertinent.errors import RecordError, UsageError
from pertinent.ingest.added import is_added
from pertinent.ingest.admission import admit
from pertinent.ingest.chunker import Chunker
from pertinent.ingest.protocol import OnBroken
from pertinent.store.protocol import EncodedDocument, StoredDocument, WritableStore
from pertinent.types import Document, Passage

BATCH = 128
"""Documents in one batch: large enough to sort by length, small enough to lose little."""

BATCH_CHARS = 1 << 22
"""Characters of text after which a batch ends, because some documents are books."""

PUBLISH_SECONDS = 20.0
"""So long at least between publications ..."""

PUBLISH_SHARE = 20
"""... and so many times what the last one took, because a publication copies what still grows."""

REPORTED = 100
"""Broken records told one by one; the rest is counted."""


@dataclass(slots=True)
class IndexReport:
    """What one run did, in documents.

    Parameters
    ----------
    read, added, changed, unchanged, removed : int
        Documents read, new, replaced, passed over and pruned.
    repeated : int
        Documents whose id had come before in this run; the last one stays.
    passages : int
        Passages embedded and stored.
    broken : int
        Records that could not be used; ``faults`` tells the first hundred.
    lost : int
        Documents that a power cut had taken since the last publication, found when the collection was opened.
    seconds : float
        From the first document to the last publication.
    """

    read: int = 0
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    removed: int = 0
    repeated: int = 0
    passages: int = 0
    broken: int = 0
    lost: int = 0
    seconds: float = 0.0
    faults: list[str] = field(default_factory=list)
    broken_sources: set[str] = field(default_factory=set)

    def note(self, error: RecordError) -> None:
        """Count one broken record."""
        self.broken += 1
        self.broken_sources.add(error.source)
        if len(self.faults) < REPORTED:
            self.faults.append(error.message)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {**asdict(self), "broken_sources": sorted(self.broken_sources)}


def index(
    documents: Iterable[Document],
    store: WritableStore,
    embedder: TextEmbedder,
    chunker: Chunker,
    report: IndexReport,
    *,
    on_broken: OnBroken,
    workers: int = 1,
    progress: Callable[[IndexReport], None] | None = None,
) -> set[str]:
    """Bring documents into a collection.

    Parameters
    ----------
    documents : Iterable[Document]
        Read lazily. Of two with the same id in one run the later one stays.
    store : WritableStore
        Open for writing.
    embedder : TextEmbedder
        The collection's embedder.
    chunker : Chunker
        The collection's chunker.
    report : IndexReport
        Counts are kept up to date in it, so that an interrupted run can be told too.
    on_broken : Callable[[RecordError], None]
        Told of documents and fields that the collection cannot take; see :func:`admit`.
    workers : int
        Threads that cut the documents of a batch.
    progress : Callable[[IndexReport], None] | None
        Called after each acknowledged batch.

    Returns
    -------
    set[str]
        Ids of all documents that were read.
    """
    if not 1 <= workers <= 64:
        raise UsageError(f"{workers} workers were asked for.", hint="Give a number from 1 to 64.")
    begun = published = time.monotonic()
    interval = PUBLISH_SECONDS
    seen: set[str] = set()
    try:
        with ThreadPoolExecutor(workers, thread_name_prefix="chunk") as pool:
            for batch in _batches(documents):
                report.read += len(batch)
                report.repeated += len(batch) - len({d.id for d in batch} - seen)
                seen.update(document.id for document in batch)
                todo, known = _wanted(batch, store, report, on_broken)
                if todo:
                    report.passages += _store(todo, list(pool.map(chunker.chunk, todo)), store, embedder)
                    report.changed += sum(document.id in known for document in todo)
                    report.added += sum(document.id not in known for document in todo)
                if time.monotonic() - published > interval:
                    interval = max(PUBLISH_SECONDS, PUBLISH_SHARE * _timed(store.publish))
                    published = time.monotonic()
                report.seconds = time.monotonic() - begun
                if progress:
                    progress(report)
        if report.added or report.changed:
            store.optimize()
    finally:
        store.publish()
        report.seconds = time.monotonic() - begun
    return seen


def prune(store: WritableStore, paths: Iterable[Path], seen: Collection[str], report: IndexReport) -> None:
    """Remove documents whose source lies under the paths and that were not read this time.

    Files with a broken record and folders that could not be read are left alone: what could not be read
    is not known to be gone. So are texts that agents have added, whatever source they named.
    """
    roots = [path.expanduser().resolve() for path in paths]
    broken = [Path(source) for source in report.broken_sources]

    def lies_in(source: str, folders: Iterable[Path]) -> bool:
        return any(Path(source).is_relative_to(folder) for folder in folders)

    gone = [
        stored.id
        for stored in store.documents()
        if stored.id not in seen
        and not is_added(stored.id)
        and lies_in(stored.source, roots)
        and not lies_in(stored.source, broken)
    ]
    report.removed += store.remove(gone)
    store.publish()


def _batches(documents: Iterable[Document]) -> Iterator[list[Document]]:
    batch: list[Document] = []
    chars = 0
    for document in documents:
        batch.append(document)
        chars += len(str(document.text))  # what is no text is refused later
        if len(batch) == BATCH or chars >= BATCH_CHARS:
            yield batch
            batch, chars = [], 0
    if batch:
        yield batch


def _timed(work: Callable[[], None]) -> float:
    begun = time.monotonic()
    work()
    return time.monotonic() - begun


def _wanted(
    batch: list[Document], store: WritableStore, report: IndexReport, on_broken: OnBroken
) -> tuple[list[Document], Collection[str]]:
    """Those of a batch that are new or changed and can be stored, and which ids are known."""
    latest = admit(batch, store.manifest.fields, on_broken)
    known = store.known(list(latest))
    wanted = [d for d in latest.values() if d.id not in known or _differs(d, known[d.id])]
    report.unchanged += len(latest) - len(wanted)
    return wanted, known


def _differs(document: Document, stored: StoredDocument) -> bool:
    """Whether the content changed, or the file it was read from is gone and it has moved here."""
    moved = document.source != stored.source and not Path(stored.source).exists()
    return document.fingerprint != stored.fingerprint or moved


def _store(
    documents: list[Document],
    cut: list[tuple[Passage, ...]],
    store: WritableStore,
    embedder: TextEmbedder,
) -> int:
    """Embed and store documents; returns how many passages."""
    vectors = embedder.embed_documents([passage.content for passages in cut for passage in passages])
    encoded, first = [], 0
    for document, passages in zip(documents, cut, strict=True):
        last = first + len(passages)
        encoded.append(
            EncodedDocument(document.id, document.fingerprint, document.source, passages, vectors[first:last])
        )
        first = last
    store.replace(encoded)
    return first
