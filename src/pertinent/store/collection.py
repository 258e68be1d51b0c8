"""Collections on disk: make, open, look for and delete them.

A collection is a folder::

    manifest.json   what it is made of; see manifest.py
    shard/          the vector engine's files, touched only by the writer
    ledger.sqlite   which documents are stored; see ledger.py
    lock            held by the writer; see lock.py
    generations/    what was published; see generations.py
    readers/        private copies of the readers

or one that holds ``server.json`` alone, where it lives on a server; see server/link.py.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from pertinent.errors import CollectionNotFound, StoreError, UsageError
from pertinent.store.bm25 import Bm25Encoder
from pertinent.store.files import disk_faults
from pertinent.store.generations import SHARD_FOLDER, discard, write_generation
from pertinent.store.ledger import LEDGER_FILE, Ledger
from pertinent.store.lock import WriterLock
from pertinent.store.manifest import (
    MANIFEST_FILE,
    Manifest,
    read_manifest,
    write_manifest,
)
from pertinent.store.placing import put_in_place, remove_left_behind
from pertinent.store.reader import EdgeReader
from pertinent.store.server.link import LINK_FILE, Link, read_link, write_link
from pertinent.store.shard import Shard
from pertinent.store.vectors import Bm25Settings, EmbedderIdentity
from pertinent.store.writer import EdgeWriter
from pertinent.types import ModelInfo

if TYPE_CHECKING:
    from pertinent.store.server.reader import ServerReader
    from pertinent.store.server.writer import ServerWriter


def exists(path: str | os.PathLike[str]) -> bool:
    """Whether the folder is a collection.

    Raises
    ------
    StoreError
        If we may not look.
    """
    with disk_faults("Looking for the collection"):
        return any((Path(path) / name).is_file() for name in (MANIFEST_FILE, LINK_FILE))


def create(
    path: str | os.PathLike[str],
    embedder: ModelInfo,
    *,
    language: str = "english",
    k: float = 1.2,
    b: float = 0.75,
    local_only: bool = False,
) -> EdgeWriter:
    """Make an empty collection and open it for writing.

    Parameters
    ----------
    path : str | PathLike
        Where; nothing but an empty folder may be there.
    embedder : ModelInfo
        Whose vectors it will hold.
    language : str
        Stop words and stemmer of BM25, such as ``"english"``, ``"german"``, ``"japanese"``, or ``"none"``.
    k, b : float
        BM25's saturation and length normalisation.
    local_only : bool
        Whether no text of it may ever go to a service.

    Returns
    -------
    EdgeWriter
        Close it when done.

    Raises
    ------
    StoreError
        If something is there already, or the disk does not let us.
    UsageError
        If the language or a number is not usable, or the embedder has no dimensions.
    """
    folder = Path(path).absolute()
    if embedder.dimensions <= 0:
        raise UsageError(
            f"{embedder.name} has no dimensions; it is no embedder.", hint="Give an embedder's ModelInfo."
        )
    bm25 = Bm25Settings(language=language, k=k, b=b)
    Bm25Encoder(bm25)
    manifest = Manifest(
        EmbedderIdentity.of(embedder), bm25, generation=1, identity=uuid4().hex, local_only=local_only
    )
    with put_in_place(folder) as scratch:
        _lay_out(scratch, manifest)
    return EdgeWriter(folder, embedder)


def link(path: str | os.PathLike[str], url: str, name: str) -> Manifest:
    """Give a collection of a server a place here, by which it is opened like any other.

    Parameters
    ----------
    path : str | PathLike
        Where; nothing but an empty folder may be there.
    url, name : str
        Of the server, and of the collection there.

    Returns
    -------
    Manifest
        Of the collection.

    Raises
    ------
    CollectionNotFound, CollectionMismatch, UsageError
        If there is none on the server, or it has a newer format, or the address cannot be used.
    StoreError
        If something is here already, or the server does not answer.
    """
    there = Link(url, name)
    manifest = there.manifest()
    with put_in_place(Path(path).absolute()) as scratch:
        write_link(scratch, there)
    return manifest


def create_copy(path: str | os.PathLike[str], manifest: Manifest) -> EdgeWriter:
    """Make an empty collection that is to become equal to one elsewhere, and open it for writing.

    Raises
    ------
    StoreError
        If something is there already, or the disk does not let us.
    """
    folder = Path(path).absolute()
    with put_in_place(folder) as scratch:
        _lay_out(scratch, manifest.emptied())
    return EdgeWriter(folder, for_copy=True)


def _lay_out(folder: Path, manifest: Manifest) -> None:
    shard = Shard(folder / SHARD_FOLDER, create_dimensions=manifest.embedder.dimensions)
    try:
        shard.index_fields({}, manifest.filterable)
        shard.flush()
        ledger = Ledger(folder / LEDGER_FILE)
        try:
            write_generation(folder, manifest, ledger)
        finally:
            ledger.close()
    finally:
        shard.close()
    write_manifest(folder, manifest)


def open_writer(path: str | os.PathLike[str], embedder: ModelInfo | None = None) -> EdgeWriter | ServerWriter:
    """Open a collection for writing; see :class:`EdgeWriter` and :class:`ServerWriter` for what it raises.

    Parameters
    ----------
    path : str | PathLike
        The collection's folder.
    embedder : ModelInfo | None
        Whose vectors will be stored; None where documents are only removed.
    """
    folder = Path(path).absolute()
    remove_left_behind(folder)
    there = read_link(folder)
    return EdgeWriter(folder, embedder) if there is None else there.writer(embedder)


def open_reader(path: str | os.PathLike[str], embedder: ModelInfo | None = None) -> EdgeReader | ServerReader:
    """Open a collection for reading; see :class:`EdgeReader` and :class:`ServerReader` for what it raises."""
    folder = Path(path).absolute()
    there = read_link(folder)
    return EdgeReader(folder, embedder) if there is None else there.reader(embedder)


def describe(path: str | os.PathLike[str]) -> Manifest:
    """Read what a collection is made of, as last published, without opening it.

    Raises
    ------
    CollectionNotFound, CollectionMismatch, StoreError
        If there is none, it has a newer format, or the manifest is damaged.
    """
    folder = Path(path).absolute()
    there = read_link(folder)
    return read_manifest(folder) if there is None else there.manifest()


def is_local_only(path: str | os.PathLike[str]) -> bool:
    """Whether no text of a collection may leave this machine; of one that lives on a server they have.

    Raises
    ------
    CollectionNotFound, CollectionMismatch, StoreError
        As for :func:`describe`.
    """
    folder = Path(path).absolute()
    return read_link(folder) is None and read_manifest(folder).local_only


def delete(path: str | os.PathLike[str]) -> None:
    """Delete a collection with all its files; of one that lives on a server, the link to it alone.

    Readers that have it open go on with their copies until they close or refresh.

    Raises
    ------
    CollectionNotFound
        If the folder is not a collection; nothing is touched.
    CollectionLocked
        If somebody is writing it.
    StoreError
        If files remain that we may not remove.
    """
    folder = Path(path).absolute()
    remove_left_behind(folder)
    if not exists(folder):
        raise CollectionNotFound(f"There is no collection at {folder}.", hint="Check the name or the path.")
    with WriterLock(folder), disk_faults("Deleting the collection"):
        if not discard(folder):
            raise StoreError(
                f"Some files of the collection could not be removed; they are in {folder.parent}, "
                f"in a folder named .{folder.name.lstrip('.')}.*.old.",
                hint="Check their permissions; making a collection of that name tries to remove them again.",
            )
