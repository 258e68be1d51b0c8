"""Published generations of a collection, and the private copies readers take of them.

The engine changes a shard's files in place, so nobody may look at the writer's. At publication the
writer copies the flushed shard into ``generations/<n>/``, which then never changes, and raises the
manifest's generation. A reader takes a copy of its own of that folder and loads it. Neither copy costs
the collection's size: files that nobody changes any more are hard-linked, see ``copying.py``.

::

    generations/00000007/manifest.json  ledger.sqlite  shard/
    readers/<random>.lock               held by the reader while it lives
    readers/<random>/                   its private shard
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import shutil
import tempfile
import weakref
from pathlib import Path
from uuid import uuid4

from pertinent.errors import StoreError
from pertinent.store.copying import copy_for_publication, copy_for_reader, link_or_copy
from pertinent.store.files import check_space, disk_faults, sync_folder
from pertinent.store.ledger import LEDGER_FILE, Ledger
from pertinent.store.manifest import MANIFEST_FILE, Manifest, read_manifest, write_manifest

SHARD_FOLDER = "shard"
GENERATIONS = "generations"
READERS = "readers"
_ENGINE_CONFIG = "edge_config.json"
_READER_RESERVE = 8 << 20

KEPT = 2
"""Generations that stay: the newest, and the one a reader may be copying just now."""


def generation_folder(collection: Path, generation: int) -> Path:
    """Where a generation lies."""
    return collection / GENERATIONS / f"{generation:08d}"


def write_generation(collection: Path, manifest: Manifest, ledger: Ledger) -> None:
    """Copy the flushed shard and the ledger into a new, immutable generation.

    The caller raises the collection's own manifest afterwards; until then nobody looks here.

    Raises
    ------
    StoreError
        If this generation is the published one, which readers use, or the disk does not let us.
    """
    final = generation_folder(collection, manifest.generation)
    scratch = final.with_name(f".{final.name}.new")
    with disk_faults("Publishing the collection"):
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir(parents=True)
        try:
            copy_for_publication(collection / SHARD_FOLDER, scratch / SHARD_FOLDER)
            ledger.copy(scratch / LEDGER_FILE)
            write_manifest(scratch, manifest)
            if final.exists():
                if read_manifest(collection).generation == manifest.generation:
                    raise StoreError(
                        f"Generation {manifest.generation} of the collection is published already.",
                        hint="Close the collection, open it again and publish once more.",
                    )
                discard(final)
            scratch.rename(final)
            sync_folder(final.parent)
        except BaseException:
            shutil.rmtree(scratch, ignore_errors=True)
            raise


def discard_generations(collection: Path, newest: int) -> None:
    """Remove generations that are too old, newer than the manifest (never published) or half written."""
    folder = collection / GENERATIONS
    kept = {generation_folder(collection, n).name for n in range(newest - KEPT + 1, newest + 1)}
    with disk_faults("Removing old generations"):
        for entry in list(folder.iterdir()) if folder.is_dir() else []:
            if entry.name not in kept:
                discard(entry)


def discard(folder: Path) -> bool:
    """Remove a folder so that nobody ever sees it half removed: renamed first, emptied after.

    Returns
    -------
    bool
        False where some of its files could not be removed; they are in ``.<name>.<8 hex digits>.old``.
    """
    trash = folder.with_name(f".{folder.name.lstrip('.')}.{uuid4().hex[:8]}.old")
    folder.rename(trash)
    shutil.rmtree(trash, ignore_errors=True)
    return not trash.exists()


class PrivateCopy:
    """A reader's own copy of one generation, with links to what nobody changes.

    Parameters
    ----------
    collection : Path
        The collection's folder.

    Attributes
    ----------
    manifest : Manifest
        As of the generation.
    shard, ledger : Path
        The private shard folder and the generation's ledger, both the reader's own.
    remove : Callable[[], None]
        Removes the copy; twice is harmless.

    Raises
    ------
    CollectionNotFound
        If there is no collection.
    StoreError
        If the disk does not let us.
    """

    def __init__(self, collection: Path) -> None:
        lock, self._folder = _own_folder(collection)
        # Also runs when nobody closed it: at the end of the process, or when it is forgotten.
        self.remove = weakref.finalize(self, _remove_own, lock, self._folder, os.getpid())
        try:
            self.manifest = self._fill(collection)
        except BaseException:
            self.remove()
            raise
        self.shard = self._folder / SHARD_FOLDER
        self.ledger = self._folder / LEDGER_FILE

    def _fill(self, collection: Path) -> Manifest:
        for _ in range(100):
            published = read_manifest(collection).generation
            source = generation_folder(collection, published)
            try:
                with disk_faults("Copying the published generation"):
                    copy_for_reader(source / SHARD_FOLDER, self._folder / SHARD_FOLDER)
                    _do_without_log(self._folder / SHARD_FOLDER / _ENGINE_CONFIG)
                    for name in (LEDGER_FILE, MANIFEST_FILE):
                        link_or_copy(source / name, self._folder / name)
                # Where nothing could be linked, the copy itself may have filled the disk.
                check_space(self._folder, reserve=_READER_RESERVE)
                manifest = read_manifest(self._folder)
            except StoreError:
                # A writer may have published twice meanwhile and removed what we were copying.
                if read_manifest(collection).generation == published:
                    raise
            else:
                # It renames before it removes, so if the folder still has its name our copy is whole.
                if source.is_dir():
                    return manifest
            _empty(self._folder)
        raise StoreError(
            "The collection was published again and again while it was being opened.",
            hint="Try again when less is being written.",
        )


def _do_without_log(config: Path) -> None:
    """Tell the engine that this copy needs no write-ahead log, which would take 64 MiB and some time."""
    try:
        values = dict(json.loads(config.read_bytes()), wal_enabled=False)
    except (ValueError, TypeError):
        raise StoreError(
            "The published generation is damaged.",
            hint="Index something into the collection, which publishes it anew, or restore a backup.",
        ) from None
    config.write_text(json.dumps(values), encoding="utf-8")


def _remove_own(lock: int, folder: Path, owner: int) -> None:
    # A forked child carries the parent's finalizers; the copy is not the child's to remove.
    if os.getpid() == owner:
        shutil.rmtree(folder, ignore_errors=True)
        folder.with_suffix(".lock").unlink(missing_ok=True)
    os.close(lock)


def _own_folder(collection: Path) -> tuple[int, Path]:
    """Make and lock a folder of our own, after removing those of dead readers."""
    base = collection / READERS
    try:
        base.mkdir(exist_ok=True)
        if not os.access(base, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, "not writable")
    except OSError:
        # A collection that we may only read: our copy lies elsewhere, and costs its size.
        with disk_faults("Making a reader's folder"):
            base = Path(tempfile.gettempdir()) / f"pertinent-readers-{os.getuid()}"
            base.mkdir(mode=0o700, exist_ok=True)
            if base.is_symlink() or base.stat().st_uid != os.getuid():
                raise PermissionError(errno.EACCES, "not ours") from None
    _remove_dead(base)
    while True:
        folder = base / uuid4().hex
        lock = folder.with_suffix(".lock")
        check_space(base, reserve=_READER_RESERVE)
        with disk_faults("Making a reader's folder"):
            handle = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if lock.exists():
                    folder.mkdir(mode=0o700)
                    return handle, folder
            except BlockingIOError:
                pass
        # Somebody who cleans up was faster than our lock; take another name.
        os.close(handle)


def _remove_dead(base: Path) -> None:
    """Remove the folders of readers that died: the kernel has let go of their locks."""
    for lock in base.glob("*.lock"):
        try:
            handle = os.open(lock, os.O_RDWR | os.O_CLOEXEC)
        except OSError:
            continue
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(lock.with_suffix(""), ignore_errors=True)
            lock.unlink(missing_ok=True)
        except OSError:
            pass
        finally:
            os.close(handle)


def _empty(folder: Path) -> None:
    for entry in folder.iterdir():
        if entry.is_dir():
            shutil.rmtree(entry, ignore_errors=True)
        else:
            entry.unlink(missing_ok=True)
