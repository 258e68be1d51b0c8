"""The embedded store's reading side: a private copy of the last published generation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

from pertinent.embedders.protocol import Vectors
from pertinent.errors import StoreError
from pertinent.store.bm25 import Bm25Encoder
from pertinent.store.filters import Filters
from pertinent.store.generations import PrivateCopy
from pertinent.store.ledger import Ledger
from pertinent.store.manifest import Manifest, read_manifest
from pertinent.store.protocol import StoredDocument
from pertinent.store.reading import checked_filter, first_stage
from pertinent.store.shard import Shard
from pertinent.types import FirstStage, ModelInfo, Passage


class EdgeReader:
    """Reads a collection, whoever writes it meanwhile, from any thread.

    Parameters
    ----------
    folder : Path
        An existing collection.
    embedder : ModelInfo | None
        Who will make the queries' vectors; None where only documents and passages are wanted.

    Raises
    ------
    CollectionNotFound, CollectionMismatch, StoreError
        If there is none, it is of another embedder or a newer format, or the disk does not let us.
    """

    def __init__(self, folder: Path, embedder: ModelInfo | None = None) -> None:
        self._folder = folder
        self._embedder = embedder
        self._guard = Lock()
        self._refreshing = Lock()
        self._closed = False
        self._current: _Generation | None = _Generation(folder, embedder)

    @property
    def manifest(self) -> Manifest:
        """What the collection is made of, as of the generation that is being read."""
        with self._borrow() as generation:
            return generation.manifest

    def first_stage(self, text: str, vector: Vectors, limit: int, filters: Filters = ()) -> FirstStage:
        """See :class:`pertinent.store.protocol.Store`."""
        with self._borrow() as generation:
            shard, manifest, encoder = generation.shard, generation.manifest, generation.encoder
            return first_stage(shard, manifest, encoder, text, vector, limit, filters)

    def count(self, filters: Filters = ()) -> int:
        """Passages that pass the filters."""
        with self._borrow() as generation:
            return generation.count(filters)

    def documents(self) -> Iterator[StoredDocument]:
        """All acknowledged documents of the generation, by id."""
        with self._borrow() as generation:
            yield from generation.ledger.documents()

    def known(self, document_ids: Sequence[str]) -> dict[str, StoredDocument]:
        """Those of the documents that are stored, by id."""
        with self._borrow() as generation:
            return generation.ledger.known(document_ids)

    def passages(self, ids: Sequence[str]) -> list[Passage]:
        """The passages with these ids that exist, in the order asked."""
        with self._borrow() as generation:
            return generation.shard.passages(ids)

    def vectors(self, ids: Sequence[str]) -> dict[str, Vectors]:
        """Dense vectors of the passages that exist, by passage id."""
        with self._borrow() as generation:
            return generation.shard.vectors(ids)

    def refresh(self) -> bool:
        """Read the newest generation; True if it is another than before.

        Searches that are under way finish on the generation they began with.
        """
        # One at a time: of two, the one that began first could end last and bring back an older generation.
        with self._refreshing:
            mine, newest = self.manifest, read_manifest(self._folder)
            if (newest.identity, newest.generation) == (mine.identity, mine.generation):
                return False
            newcomer = _Generation(self._folder, self._embedder)
            if not self._exchange(newcomer):
                newcomer.close()
                raise _closed()
            return True

    def close(self) -> None:
        """Close and remove the private copy; twice is harmless."""
        self._exchange(None)

    def _exchange(self, generation: _Generation | None) -> bool:
        """Read another generation, or none any more; False where the reader was closed already."""
        with self._guard:
            if self._closed:
                return False
            self._closed = generation is None
            before, self._current = self._current, generation
            idle = before is not None and before.users == 0
            if before is not None:
                before.retired = True
        if before is not None and idle:
            before.close()
        return True

    @contextmanager
    def _borrow(self) -> Iterator[_Generation]:
        with self._guard:
            generation = self._current
            if generation is None:
                raise _closed()
            generation.users += 1
        try:
            yield generation
        finally:
            with self._guard:
                generation.users -= 1
                done = generation.retired and generation.users == 0
            if done:
                generation.close()

    def __enter__(self) -> EdgeReader:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _closed() -> StoreError:
    return StoreError("The collection is closed.", hint="Open it again.")


class _Generation:
    """One generation as a reader has it open; closed when nobody uses it any more."""

    def __init__(self, folder: Path, embedder: ModelInfo | None) -> None:
        self._copy = PrivateCopy(folder)
        try:
            self.manifest = self._copy.manifest
            self.manifest.check_complete()
            if embedder is not None:
                self.manifest.check_embedder(embedder)
            self.encoder = Bm25Encoder(self.manifest.bm25)
            self.ledger = Ledger(self._copy.ledger, read_only=True)
            try:
                self.shard = Shard(self._copy.shard)
            except BaseException:
                self.ledger.close()
                raise
        except BaseException:
            self._copy.remove()
            raise
        self.users = 0
        self.retired = False

    def count(self, filters: Filters) -> int:
        return self.shard.count(checked_filter(self.manifest, filters, self.shard.words))

    def close(self) -> None:
        try:
            self.shard.close()
            self.ledger.close()
        finally:
            self._copy.remove()
