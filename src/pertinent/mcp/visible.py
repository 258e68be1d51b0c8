"""Which collections a client sees, by the names it uses for them, and the models they share."""

from __future__ import annotations

import logging
from concurrent.futures import Future
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from pertinent.errors import CollectionNotFound, PertinentError, UsageError

if TYPE_CHECKING:
    from pertinent.kb.models import ConfiguredModels
    from pertinent.kb.pipeline import ConfiguredSearch
    from pertinent.kb.settings import PipelineSettings
    from pertinent.rerankers.protocol import Scorer

log = logging.getLogger("pertinent.mcp")

SCHEME = "pertinent://"


class VisibleCollections:
    """The collections that were named at the start; others do not exist here.

    Parameters
    ----------
    given : tuple[str, ...]
        Names or folders. Clients call a folder by its last part.
    settings : PipelineSettings
        How they are searched.
    writable : bool
        Whether texts may be added and removed.

    Raises
    ------
    UsageError
        If two would have the same name.
    """

    def __init__(self, given: tuple[str, ...], settings: PipelineSettings, *, writable: bool = False) -> None:
        self.settings = settings
        self.writable = writable
        self._given = {Path(one).name or Path(one).resolve().name: one for one in given}
        if len(self._given) < len(given):
            raise UsageError(
                "Two of the collections have the same name.", hint="Give each once, and folders other names."
            )
        self._open: dict[str, ConfiguredSearch] = {}
        self._models: ConfiguredModels | None = None
        self._lock = Lock()

    @property
    def names(self) -> tuple[str, ...]:
        """What clients call them."""
        return tuple(self._given)

    @property
    def models(self) -> ConfiguredModels:
        """What embeds and reranks."""
        from pertinent.kb.models import ConfiguredModels

        with self._lock:
            if self._models is None:
                self._models = ConfiguredModels(self.settings)
            return self._models

    def begin(self) -> None:
        """Begin to load the models of all, and wait for none."""
        for name in self._given:
            try:
                self.find(name).begin()
            except PertinentError as error:  # told to whoever asks for it, too
                log.warning("Collection %s: %s", name, error)
        self.models.reranker().add_done_callback(_told)

    def find(self, name: str) -> ConfiguredSearch:
        """A collection by its name.

        Raises
        ------
        UsageError
            If no such name was given.
        CollectionNotFound
            If the collection is not there.
        """
        from pertinent.kb.pipeline import ConfiguredSearch

        if name not in self._given:
            known = ", ".join(self._given) or "none"
            raise UsageError("No collection of that name is offered here.", hint=f"Offered: {known}.")
        models = self.models
        with self._lock:
            if name not in self._open:
                self._open[name] = ConfiguredSearch(self._given[name], self.settings, models)
            return self._open[name]

    def stays(self) -> bool:
        """Whether one of them is local-only: what an agent has read there may be in any text it sends."""
        return any(map(self._stays, self._given))

    def _stays(self, name: str) -> bool:
        try:
            return self.find(name).local_only
        except CollectionNotFound:
            return False  # nobody has read anything there

    def close(self) -> None:
        """Let go of all files."""
        with self._lock:
            for base in self._open.values():
                base.close()
            self._open.clear()


def _told(reranker: Future[Scorer]) -> None:
    """Whoever configured a name that no model has should not have to wait for the first search."""
    if isinstance(error := reranker.exception(), PertinentError):
        log.warning("The reranker: %s", error)


def uri_of(collection: str, document: str) -> str:
    """The address of a document.

    Examples
    --------
    >>> uri_of("notes", "a b/c")
    'pertinent://notes/a%20b%2Fc'
    """
    return f"{SCHEME}{quote(collection, safe='')}/{quote(document, safe='')}"


def parse_uri(uri: str) -> tuple[str, str]:
    """Collection and document of an address.

    Raises
    ------
    UsageError
        If it is none.

    Examples
    --------
    >>> parse_uri("pertinent://notes/a%20b%2Fc")
    ('notes', 'a b/c')
    """
    collection, slash, document = uri.removeprefix(SCHEME).partition("/")
    if not uri.startswith(SCHEME) or not slash or not document:
        raise UsageError("This is no address of a document.", hint="It is pertinent://COLLECTION/DOCUMENT.")
    return unquote(collection), unquote(document)
