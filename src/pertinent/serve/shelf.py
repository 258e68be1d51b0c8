"""The collections of a server: found by name in its folder, kept open, searched through the common queue."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path
from threading import Lock
from typing import Any

from pertinent.embedders.protocol import TextEmbedder
from pertinent.engine.catalogue import is_own_model
from pertinent.errors import CollectionMismatch, PertinentError, StoreError
from pertinent.search.collection import Collection
from pertinent.search.embedding import embedder_for
from pertinent.search.names import NAME, collection_names
from pertinent.serve.engines import ServedModel
from pertinent.serve.models import Models
from pertinent.serve.queued_reranker import QueuedReranker
from pertinent.serve.refusals import Refusal
from pertinent.store import collection as stored

MOST_OPEN = 32
"""Collections that are kept open; beyond them the one that was asked least recently is closed."""


class Shelf:
    """Collections by name; several threads may ask at once.

    Parameters
    ----------
    folder : Path
        Where they lie.
    embedders : Models
        Which embedders the server has.
    """

    def __init__(self, folder: Path, embedders: Models) -> None:
        self._folder = folder
        self._embedders = embedders
        self._open: OrderedDict[tuple[str, str], Collection] = OrderedDict()
        self._lock = Lock()

    def names(self) -> list[str]:
        """All that have a name."""
        return [name for name in collection_names(self._folder) if NAME.fullmatch(name)]

    def describe(self, name: str) -> dict[str, Any]:
        """What a collection holds and is made of, or why that cannot be told.

        Raises
        ------
        Refusal
            If there is none of that name.
        """
        path = self._path(name)
        try:
            return {"name": name, **stored.describe(path).to_dict()}
        except StoreError as error:
            return {"name": name, "fault": error.message}

    def find(self, name: str, reranker: ServedModel) -> Collection:
        """A collection, open to be searched.

        Raises
        ------
        Refusal
            If there is none of that name.
        CollectionMismatch
            If it was made with an embedder that the server does not have.
        """
        path = self._path(name)
        key = name, reranker.info.name
        with self._lock:
            if key in self._open:
                self._open.move_to_end(key)
                return self._open[key]
            opened = Collection(path, embedder=self._embedder(path), reranker=QueuedReranker(reranker))
            self._open[key] = opened
            gone = self._open.popitem(last=False)[1] if len(self._open) > MOST_OPEN else None
        if gone is not None:
            gone.close()
        return opened

    def close(self) -> None:
        """Let go of all."""
        with self._lock:
            for collection in self._open.values():
                collection.close()
            self._open.clear()

    def _path(self, name: str) -> Path:
        # The path's own check: a name that is none must not lead out of the folder.
        path = self._folder / name
        if not NAME.fullmatch(name) or not _is_there(path):
            raise Refusal(404, "There is no collection of that name here.")
        return path

    def _embedder(self, path: Path) -> TextEmbedder:
        made_with = stored.describe(path).embedder
        for served in self._embedders.all:
            if served.info.name == made_with.name:
                found = served.model
                assert isinstance(found, TextEmbedder)
                return found
        if is_own_model(made_with.source or made_with.name):
            return embedder_for(path)
        # No request makes the server download a model.
        raise CollectionMismatch(
            f"The collection was made with embedder {made_with.name}, which this server does not have.",
            hint="Start it with --embedder.",
        )


def _is_there(path: Path) -> bool:
    try:
        return stored.exists(path)
    except PertinentError:
        return True  # damaged: whoever asks is told how
