"""What writers of all stores share: checks before anything is touched, order after what was broken off."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace as changed
from threading import RLock
from typing import Self

from pertinent.errors import StoreError
from pertinent.store.bm25 import Bm25Encoder
from pertinent.store.incoming import check_documents, check_replacement, grown_manifest
from pertinent.store.manifest import Manifest
from pertinent.store.protocol import EncodedDocument, StoredDocument
from pertinent.store.schema import Fields


class Writer(ABC):
    """The one process that writes a collection; it sees its own changes at once.

    A store brings what it reads and writes itself, in the order that its own recovery relies on.
    """

    _manifest: Manifest
    """With the counts of this moment, and otherwise as it was last written."""

    _encoder: Bm25Encoder
    _unpublished: bool
    """Whether a publication has something to do."""

    def __init__(self) -> None:
        self._guard = RLock()
        self._closed = False
        self._faulty = False

    @property
    def manifest(self) -> Manifest:
        """What the collection is made of, with the counts of this moment."""
        return self._manifest

    def begin_copy(self) -> None:
        """Remember, until it is published, that this is being made equal to another."""
        with self._guard:
            self._check_writable()
            if not self._manifest.copying:
                self._write_manifest(changed(self._written_manifest(), copying=True))
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
            known = self.known([document.id for document in checked])
            for document in checked:
                check_replacement(document, known.get(document.id))
            self._check_room(checked)
            with self._writing():
                self._grow(checked, fields)
                self._put(checked, known)
                new = sum(len(document.passages) for document in checked)
                self._count(len(checked) - len(known), new - _passages(known))

    def remove(self, document_ids: Sequence[str]) -> int:
        """Remove documents; returns how many there were."""
        with self._guard:
            self._check_writable()
            known = self.known(list(dict.fromkeys(document_ids)))
            if known:
                with self._writing():
                    self._take(known)
                    self._count(-len(known), -_passages(known))
            return len(known)

    def publish(self, copy_of: Manifest | None = None) -> None:
        """Let readers see all that was acknowledged; nothing happens where nothing changed.

        Parameters
        ----------
        copy_of : Manifest | None
            What this was made equal to; its generation is taken over.
        """
        with self._guard:
            self._check_writable()
            if self._unpublished or copy_of is not None:
                self._publish(copy_of)
                self._unpublished = False

    @abstractmethod
    def close(self) -> None:
        """Let go; twice is harmless. What was not published stays so."""

    @abstractmethod
    def known(self, document_ids: Sequence[str]) -> dict[str, StoredDocument]:
        """Those of the documents that are stored, by id."""

    @abstractmethod
    def _check_room(self, documents: Sequence[EncodedDocument]) -> None:
        """Refuse what this store cannot take."""

    @abstractmethod
    def _written_manifest(self) -> Manifest:
        """As it was last written, by a call too that was broken off since."""

    @abstractmethod
    def _write_manifest(self, manifest: Manifest) -> None: ...

    @abstractmethod
    def _index_fields(self, before: Fields, fields: Fields) -> None: ...

    @abstractmethod
    def _put(self, documents: Sequence[EncodedDocument], known: Mapping[str, StoredDocument]) -> None:
        """Store documents in the place of their older versions."""

    @abstractmethod
    def _take(self, known: Mapping[str, StoredDocument]) -> None:
        """Remove documents."""

    @abstractmethod
    def _publish(self, copy_of: Manifest | None) -> None: ...

    @abstractmethod
    def _settle(self) -> object:
        """Finish or undo what was broken off, and count again."""

    def _grow(self, documents: Sequence[EncodedDocument], fields: Fields) -> None:
        """Bring manifest and field indexes to what the documents need, before the first of them is stored."""
        before = self._manifest
        grown = grown_manifest(before, documents, fields, self._written_manifest)
        if grown is None:
            return
        encoder = Bm25Encoder(grown.bm25)
        self._index_fields(before.filterable, grown.filterable)
        self._write_manifest(grown)
        # Not before it is written: whatever breaks this off, the next call must begin it anew.
        self._manifest = changed(grown, documents=before.documents, passages=before.passages)
        self._encoder = encoder

    def _count(self, documents: int, passages: int) -> None:
        self._manifest = changed(
            self._manifest,
            documents=self._manifest.documents + documents,
            passages=self._manifest.passages + passages,
        )

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
        self._unpublished = True
        try:
            yield
        except BaseException:
            self._faulty = True
            with suppress(StoreError):
                self._settle()
                self._faulty = False
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _passages(known: Mapping[str, StoredDocument]) -> int:
    return sum(len(document.passage_ids) for document in known.values())
