"""The models of knowledge bases: made as configured, each once, in threads of their own."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar

from pertinent.embedders.protocol import TextEmbedder
from pertinent.engine.aside import begun
from pertinent.engine.loading import load_now
from pertinent.errors import PertinentError
from pertinent.families.carried import CARRIED_EMBEDDER, CARRIED_RERANKER
from pertinent.kb.settings import PipelineSettings
from pertinent.providers.leaving import services_of
from pertinent.providers.remote_name import remote_name
from pertinent.rerankers.missing import made_or_missing
from pertinent.rerankers.protocol import Scorer
from pertinent.rerankers.reranker import Reranker
from pertinent.search.embedding import embedder_for
from pertinent.store import collection as stored
from pertinent.types import Progress

Made = TypeVar("Made")

Told = Callable[[str, int, int], None]
"""Told what is being done, how much of it is done, and of how much."""

MB = 1_000_000

LOADING_SHARE = 0.8
"""Share of a deadline that a call waits for a model."""


class ConfiguredModels:
    """What embeds and reranks; nothing is made before it is asked for, and nobody has to wait for it.

    Parameters
    ----------
    settings : PipelineSettings
        Which models.
    keep_scores : bool
        Whether scores of rerankers that run here are kept on disk and found again (see ``Reranker``'s cache).
    progress : Callable[[str, int, int], None] | None
        Called with (what is done, how much, of how much) while a model is downloaded or converted.
    """

    def __init__(
        self, settings: PipelineSettings, *, keep_scores: bool = False, progress: Told | None = None
    ) -> None:
        self._settings = settings
        self._keep_scores = keep_scores
        self._told = progress
        self._making: dict[Hashable, Future[Any]] = {}
        self._lock = Lock()

    def embedder(self, collection: Path) -> Future[TextEmbedder]:
        """The embedder that a collection is searched with, loaded.

        Its error is that of ``embedder_for``, such as ``CollectionMismatch``, or of loading.
        """
        made_with = stored.describe(collection).embedder if stored.exists(collection) else None
        wanted = self._settings.embedding_model or None

        def make() -> TextEmbedder:
            name = wanted or (made_with.name if made_with else CARRIED_EMBEDDER)
            return self._loaded(name, embedder_for(collection, wanted, progress=self._download(name)))

        return self._once(("embedder", made_with), make)

    def reranker(self, *, local_only: bool = False) -> Future[Scorer]:
        """The reranker or chain of them; those that run here are loaded.

        Parameters
        ----------
        local_only : bool
            Leave out those that run at services; the carried one is taken where no other is left.
        """
        names = self.reranker_names(local_only=local_only)
        return self._once(("reranker", names), lambda: self._reranker(names))

    def reranker_names(self, *, local_only: bool = False) -> tuple[str, ...]:
        """Names of the rerankers in their order (see :meth:`reranker`)."""
        names = self._settings.rerank_model
        if not local_only:
            return names
        return tuple(name for name in names if remote_name(name) is None) or (CARRIED_RERANKER,)

    def _reranker(self, names: tuple[str, ...]) -> Scorer:
        # Each on its own: a key that is missing takes one member out, not the chain.
        members = [made_or_missing(partial(self._member, name), [name]) for name in names]
        for name, member in zip(names, members, strict=True):
            if not services_of(member):
                with suppress(PertinentError):  # told by the search that asks it
                    self._loaded(name, member)
        return members[0] if len(members) == 1 and not services_of(*members) else Reranker(members)

    def _member(self, name: str) -> Reranker:
        keep = self._keep_scores and remote_name(name) is None
        return Reranker(name, cache=keep, progress=self._download(name))

    def _loaded(self, name: str, model: Made) -> Made:
        load_now(model, progress=self._told and partial(self._told, f"Converting {name} (layers)"))
        return model

    def _download(self, name: str) -> Progress | None:
        told = self._told
        if told is None:
            return None
        return lambda done, total: told(f"Downloading {name} (MB)", done // MB, total // MB)

    def _once(self, key: Hashable, make: Callable[[], Made]) -> Future[Made]:
        with self._lock:
            known = self._making.get(key)
            # What failed is tried again by whoever comes next: a network or a key may be back.
            if known is None or (known.done() and known.exception() is not None):
                known = self._making[key] = begun(make)
            return known
