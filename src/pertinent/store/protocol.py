"""What every store can do, embedded or server: one narrow protocol, one conformance suite."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from pertinent.embedders.protocol import Vectors
from pertinent.store.filters import Filters
from pertinent.store.manifest import Manifest
from pertinent.types import FirstStage, Passage


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """What the store remembers of a document it has acknowledged."""

    id: str
    fingerprint: str
    source: str
    passage_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EncodedDocument:
    """A document cut and embedded, ready to be stored.

    ``vectors`` has one row per passage.
    """

    id: str
    fingerprint: str
    source: str
    passages: tuple[Passage, ...]
    vectors: Vectors


class Store(Protocol):
    """Reading side of a collection."""

    @property
    def manifest(self) -> Manifest:
        """What the collection is made of, as of the generation that is being read."""
        ...

    def first_stage(self, text: str, vector: Vectors, limit: int, filters: Filters = ()) -> FirstStage:
        """Dense list for ``vector`` and BM25 list for ``text``, ``limit`` passages each, best first.

        Equal scores are ordered by passage id, so that a search repeats exactly.

        Raises
        ------
        FilterError
            If a filter names a field the collection does not have or a value of the wrong type.
        """
        ...

    def count(self, filters: Filters = ()) -> int:
        """Passages that pass the filters."""
        ...

    def documents(self) -> Iterator[StoredDocument]:
        """All acknowledged documents, by id."""
        ...

    def known(self, document_ids: Sequence[str]) -> dict[str, StoredDocument]:
        """Those of the documents that are stored, by id."""
        ...

    def passages(self, ids: Sequence[str]) -> list[Passage]:
        """The passages with these ids that exist, in the order asked."""
        ...

    def vectors(self, ids: Sequence[str]) -> dict[str, Vectors]:
        """Dense vectors of the passages that exist, each of length 1, by passage id."""
        ...

    def refresh(self) -> bool:
        """Read the newest generation; True if it is another than before."""
        ...

    def close(self) -> None:
        """Let go of files and locks; twice is harmless."""
        ...


class WritableStore(Store, Protocol):
    """Writing side: one process at a time."""

    @property
    def unpublished(self) -> bool:
        """Whether something was acknowledged that no reader sees yet, by a writer before this one too."""
        ...

    def begin_copy(self) -> None:
        """Remember, until it is published, that this is being made equal to another; see ``publish``."""
        ...

    def replace(self, documents: Sequence[EncodedDocument]) -> None:
        """Add documents, or put them in the place of their older versions.

        On return they are acknowledged: they survive the death of the process. After a crash
        inside this call each document has either its old passages or its new ones.
        """
        ...

    def remove(self, document_ids: Sequence[str]) -> int:
        """Remove documents; returns how many there were."""
        ...

    def publish(self, copy_of: Manifest | None = None) -> None:
        """Flush, and let readers see all that was acknowledged as a new generation.

        ``copy_of`` is the manifest of what this was made equal to; its generation is taken over.
        """
        ...

    def optimize(self) -> None:
        """Merge segments and build indexes; a no-op where nothing is to be gained."""
        ...
