"""The embedded store's writing side: one process at a time, the vector engine inside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace as changed
from itertools import islice
from pathlib import Path
from threading import RLock

from pertinent.embedders.protocol import Vectors
from pertinent.errors import StoreError
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
from pertinent.store.incoming import check_documents, check_replacement, grown_manifest
from pertinent.store.ledger import LEDGER_FILE, Intended, Ledger
from pertinent.store.lock import WriterLock
from pertinent.store.manifest import Manifest, read_manifest, write_manifest
from pertinent.store.points import to_points
from pertinent.store.protocol import EncodedDocument, StoredDocument
from pertinent.store.reading import checked_filter, first_stage
from pertinent.store.recovery import Recovery, recover, settle
from pertinent.store.schema import Fields
from pertinent.store.shard import Shard
from pertinent.types import FirstStage, ModelInfo, Passage

_OPEN = "open"
_UNPUBLISHED = "unpublished"
_PAGE = 500


class EdgeWriter:
    """The one process that writes a collection; it sees its own changes at once.

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
        self._folder = folder
        self._guard = RLock()
        self._closed = False
        self._faulty = False
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
            self._documents, self._passages = self._ledger.counts()
            discard_generations(folder, self._manifest.generation)
        except BaseException:
            self._faulty = True
            self.close()
            raise

    @property
    def manifest(self) -> Manifest:
        """What the collection is made of, with the counts of this moment."""
        return changed(self._manifest, documents=self._documents, passages=self._passages)

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

    def begin_copy(self) -> None:
        """Remember, until it is published, that this is being made equal to another."""
        with self._guard:
            self._check_writable()
            if not self._manifest.copying:
                write_manifest(self._folder, changed(read_manifest(self._folder), copying=True))
                self._manifest = changed(self._manifest, copying=True)

    def refresh(self) -> bool:
        """Do nothing: a writer always reads the newest state."""
        return False

    def replace(self, documents: Sequence[EncodedDocument]) -> None:
        """Add documents, or put them in the place of their older versions; see the protocol."""
        with self._guard:
            self._check_writable()
            checked, fields = check_documents(documents, self._manifest)
            if not checked:
                return
            known = self._ledger.known([document.id for document in checked])
            for document in checked:
                check_replacement(document, known.get(document.id))
            check_space(self._folder, _estimated_bytes(checked))
            with self._writing():
                self._prepare(checked, fields)
                self._replace(checked, known)

    def _prepare(self, documents: Sequence[EncodedDocument], fields: Fields) -> None:
        """Bring manifest and field indexes to what the documents need, before the first of them is stored."""
        before = self._manifest
        # A publication that was broken off may have written a later generation than we know of.
        grown = grown_manifest(before, documents, fields, lambda: read_manifest(self._folder))
        if grown is None:
            return
        encoder = Bm25Encoder(grown.bm25)
        self._shard.index_fields(before.filterable, grown.filterable)
        write_manifest(self._folder, grown)
        # Not before it is written: whatever breaks this off, the next call must begin it anew.
        self._manifest, self._encoder = grown, encoder

    def _replace(self, documents: Sequence[EncodedDocument], known: dict[str, StoredDocument]) -> None:
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
        self._documents += len(changes) - len(known)
        self._passages += len(new) - len(old)

    def remove(self, document_ids: Sequence[str]) -> int:
        """Remove documents; returns how many there were."""
        with self._guard:
            self._check_writable()
            known = self._ledger.known(list(dict.fromkeys(document_ids)))
            if not known:
                return 0
            changes = [Intended(document.id, None, document.source, ()) for document in known.values()]
            old = [passage for document in known.values() for passage in document.passage_ids]
            with self._writing():
                self._ledger.intend(changes)
                self._shard.delete(old)
                self._ledger.finish(changes)
                self._documents -= len(changes)
                self._passages -= len(old)
            return len(changes)

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

    def publish(self, copy_of: Manifest | None = None) -> None:
        """Let readers see all that was acknowledged; nothing happens where nothing changed.

        Parameters
        ----------
        copy_of : Manifest | None
            What this was made equal to; its generation is taken over.
        """
        with self._guard:
            self._check_writable()
            if not self._unpublished and copy_of is None:
                return
            shard = self._folder / SHARD_FOLDER
            with disk_faults("Publishing the collection"):
                check_space(self._folder, bytes_to_publish(shard))
            self._shard.flush()
            # From the disk: an earlier call may have been broken off when readers saw its generation already.
            published = read_manifest(self._folder).generation
            manifest = changed(self.manifest, generation=published + 1).as_copy_of(copy_of)
            write_generation(self._folder, manifest, self._ledger)
            write_manifest(self._folder, manifest)
            self._manifest = manifest
            self._ledger.set_flag(_UNPUBLISHED, False)
            self._unpublished = False
            discard_generations(self._folder, manifest.generation)

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

    def _check_open(self) -> None:
        if self._closed:
            raise StoreError("The collection is closed.", hint="Open it again.")

    def _check_writable(self) -> None:
        self._check_open()
        if self._faulty:
            raise StoreError(
                "An earlier change to the collection was broken off.",
                hint="Close it and open it again; that repairs it.",
            )

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Settle at once what an error or Ctrl-C breaks off; where that fails, the next opening does."""
        if not self._ledger.flag(_UNPUBLISHED):
            self._ledger.set_flag(_UNPUBLISHED, True)
        self._unpublished = True
        try:
            yield
        except BaseException:
            self._faulty = True
            with suppress(StoreError):
                settle(self._shard, self._ledger)
                self._documents, self._passages = self._ledger.counts()
                self._faulty = False
            raise

    def __enter__(self) -> EdgeWriter:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _estimated_bytes(documents: Sequence[EncodedDocument]) -> int:
    """Disk that storing takes: log, vectors and texts, generously."""
    texts = sum(len(passage.content) for document in documents for passage in document.passages)
    return 3 * (sum(document.vectors.nbytes for document in documents) + 4 * texts)
