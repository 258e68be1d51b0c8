"""The newest published generation of a collection, open for all threads that search it."""

from __future__ import annotations

from pathlib import Path
from threading import Lock

from pertinent.store import collection as stored
from pertinent.store.protocol import Store
from pertinent.types import ModelInfo


class Newest:
    """Opens a collection when it is first read, and reads what was published since whenever it is asked.

    Parameters
    ----------
    path : Path
        The collection's folder.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._reader: Store | None = None
        self._opening = Lock()

    def opened(self, embedder: ModelInfo | None = None) -> Store:
        """The newest published generation.

        Parameters
        ----------
        embedder : ModelInfo | None
            Who will make the queries' vectors; None where there will be none.

        Raises
        ------
        CollectionNotFound, CollectionMismatch, StoreError
            If there is none, it was made with another embedder, or it cannot be read.
        """
        with self._opening:
            if self._reader is None:
                self._reader = stored.open_reader(self._path, embedder)
            else:
                self._reader.refresh()
                if embedder is not None:
                    self._reader.manifest.check_embedder(embedder)
            return self._reader

    def close(self) -> None:
        """Let go of files; it may be opened again."""
        with self._opening:
            if self._reader is not None:
                self._reader.close()
                self._reader = None
