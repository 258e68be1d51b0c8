"""The embedded store's writing side: the vector engine inside this process, and a ledger beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace as changed
from itertools import islice
from pathlib import Path

from pertinent.embedders.protocol import Vectors
from pertinent.store.bm25 import Bm25Encoder
from pertinent.store.copying import bytes_to_publish
from pertinent.store.files import check_space, disk_faults, disk_usage
from pertinent.store.filters import Filters
from pertinent.store.generations import (
    SHARD_FOLDER,
    discard_generations,
    generation_folder,
    write_generation,
)
from pertinent.store.ledger import LEDGER_FILE, Intended, Ledger
from pertinent.store.lock import WriterLock
from pertinent.store.manifest import Manifest, read_manifest, write_manifest
from pertinent.store.points import to_points
from pertinent.store.protocol import EncodedDocument, StoredDocument
from pertinent.store.reading import checked_filter, first_stage
from pertinent.store.recovery import Recovery, recover, settle
from pertinent.store.schema import Fields
from pertinent.store.shard import Shard
from pertinent.store.writing import Writer
from pertinent.types import FirstStage, ModelInfo, Passage

_OPEN = "open"
_UNPUBLISHED = "unpublished"
_PAGE = 500


class EdgeWriter(Writer):
    """The one process that writes a collection; see :class:`Writer`.

    Parameters
    ----------
    folder : Path
        An existing collection.
    embedder : ModelInfo | None
        Whose vectors will be stored; None where nothing is embedded.
    for_copy : bool
        Whether this is to be made equal to another, so that a copy that was broken off may go on.

    Attributes
    ----------
    recovery : Recovery
        What had to be repaired because the last writer died.

    Raises
    ------
    CollectionNotFound, CollectionMismatch, CollectionLocked, StoreError
        If there is none, it is of another embedder or a newer format, somebody else writes, or the disk
        does not let us.
    """

    def __init__(self, folder: Path, embedder: ModelInfo | None = None, *, for_copy: bool = False) -> None:
        super().__init__()
        self._folder = folder
        read_manifest(folder)  # before the lock, so that no lock file appears where there is no collection
        self._lock = WriterLock(folder)
        try:
            self._manifest = read_manifest(folder)
            if embedder is not None:
                self._manifest.check_embedder(embedder)
            if not for_copy:
                self._manifest.check_settled()
            self._ledger = Ledger(folder / LEDGER_FILE)
            try:
                self._shard = Shard(folder / SHARD_FOLDER)
            except BaseException:
                self._ledger.close()
                raise
        except BaseException:
            self._lock.release()
            raise
        try:
            crashed = self._ledger.flag(_OPEN)
            self._ledger.set_flag(_OPEN, True)
            self.recovery = recover(self._shard, self._ledger) if crashed else Recovery()
            here = generation_folder(folder, self._manifest.generation)
            self._unpublished = crashed or self._ledger.flag(_UNPUBLISHED) or not here.is_dir()
            self._encoder = Bm25Encoder(self._manifest.bm25)
            self._count_again()
            discard_generations(folder, self._manifest.generation)
        except BaseException:
            self._faulty = True
            self.close()
            raise

    def first_stage(self, text: str, vector: Vectors, limit: int, filters: Filters = ()) -> FirstStage:
        """See :class:`pertinent.store.protocol.Store`."""
        with self._reading():
            return first_stage(self._shard, self._manifest, self._encoder, text, vector, limit, filters)

    def count(self, filters: Filters = ()) -> int:
        """Passages that pass the filters."""
        with self._reading():
            return self._shard.count(checked_filter(self._manifest, filters, self._shard.words))

    def documents(self) -> Iterator[StoredDocument]:
        """All acknowledged documents, by id; the caller may write meanwhile."""
        stored = self._ledger.documents()
        while True:
            # On one connection even what is not committed shows, so no page is read inside a transaction.
            with self._reading():
                page = list(islice(stored, _PAGE))
            if not page:
                return
            yield from page

    def passages(self, ids: Sequence[str]) -> list[Passage]:
        """The passages with these ids that exist, in the order asked."""
        with self._reading():
            return self._shard.passages(ids)

    def vectors(self, ids: Sequence[str]) -> dict[str, Vectors]:
        """Dense vectors of the passages that exist, by passage id."""
        with self._reading():
            return self._shard.vectors(ids)

    def known(self, document_ids: Sequence[str]) -> dict[str, StoredDocument]:
        """Those of the documents that are stored, by id."""
        with self._reading():
            return self._ledger.known(document_ids)

    @property
    def unpublished(self) -> bool:
        """Whether something was acknowledged that no reader sees yet, by a writer before this one too."""
        with self._reading():
            return self._ledger.flag(_UNPUBLISHED)

    def _check_room(self, documents: Sequence[EncodedDocument]) -> None:
        check_space(self._folder, _estimated_bytes(documents))

    def _written_manifest(self) -> Manifest:
        return read_manifest(self._folder)

    def _write_manifest(self, manifest: Manifest) -> None:
        write_manifest(self._folder, manifest)

    def _index_fields(self, before: Fields, fields: Fields) -> None:
        self._shard.index_fields(before, fields)

    def _put(self, documents: Sequence[EncodedDocument], known: Mapping[str, StoredDocument]) -> None:
        changes = [
            Intended(
                document.id,
                document.fingerprint,
                document.source,
                tuple(passage.id for passage in document.passages),
            )
            for document in documents
        ]
        points = [point for document in documents for point in to_points(document, self._encoder)]
        old = {passage for document in known.values() for passage in document.passage_ids}
        new = {passage for change in changes for passage in change.passage_ids}
        # This order is what recovery relies on.
        self._ledger.intend(changes)
        self._shard.upsert(points)
        self._shard.delete(old - new)
        self._ledger.finish(changes)

    def _take(self, known: Mapping[str, StoredDocument]) -> None:
        changes = [Intended(document.id, None, document.source, ()) for document in known.values()]
        self._ledger.intend(changes)
        self._shard.delete([passage for document in known.values() for passage in document.passage_ids])
        self._ledger.finish(changes)

    def _publish(self, copy_of: Manifest | None) -> None:
        shard = self._folder / SHARD_FOLDER
        with disk_faults("Publishing the collection"):
            check_space(self._folder, bytes_to_publish(shard))
        self._shard.flush()
        # From the disk: an earlier call may have been broken off when readers saw its generation already.
        published = read_manifest(self._folder).generation
        manifest = changed(self._manifest, generation=published + 1).as_copy_of(copy_of)
        write_generation(self._folder, manifest, self._ledger)
        write_manifest(self._folder, manifest)
        self._manifest = manifest
        self._ledger.set_flag(_UNPUBLISHED, False)
        discard_generations(self._folder, manifest.generation)

    def keep_local(self) -> None:
        """Mark the collection as local-only, at once and for good (see ``Manifest.local_only``)."""
        with self._guard:
            self._check_writable()
            if self._manifest.local_only:
                return
            with self._writing():
                write_manifest(self._folder, changed(read_manifest(self._folder), local_only=True))
                self._manifest = changed(self._manifest, local_only=True)
            self.publish()

    def optimize(self) -> None:
        """Merge segments and build indexes; a no-op where nothing is to be gained."""
        with self._guard:
            self._check_writable()
            # Segments are rewritten beside the old ones.
            check_space(self._folder, disk_usage(self._folder / SHARD_FOLDER))
            with self._writing():
                self._shard.optimize()

    def close(self) -> None:
        """Flush, close and let go of the lock; twice is harmless. What was not published stays so."""
        with self._guard:
            if self._closed:
                return
            self._closed = True
            try:
                self._shard.close()
                if not self._faulty:
                    self._ledger.set_flag(_OPEN, False)
            finally:
                self._ledger.close()
                self._lock.release()

    @contextmanager
    def _reading(self) -> Iterator[None]:
        with self._guard:
            self._check_open()
            yield

    @contextmanager
    def _writing(self) -> Iterator[None]:
        if not self._ledger.flag(_UNPUBLISHED):
            self._ledger.set_flag(_UNPUBLISHED, True)
        with super()._writing():
            yield

    def _settle(self) -> None:
        settle(self._shard, self._ledger)
        self._count_again()

    def _count_again(self) -> None:
        documents, passages = self._ledger.counts()
        self._manifest = changed(self._manifest, documents=documents, passages=passages)


def _estimated_bytes(documents: Sequence[EncodedDocument]) -> int:
    """Disk that storing takes: log, vectors and texts, generously."""
    texts = sum(len(passage.content) for document in documents for passage in document.passages)
    return 3 * (sum(document.vectors.nbytes for document in documents) + 4 * texts)
