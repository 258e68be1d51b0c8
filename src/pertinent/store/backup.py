"""A collection as one file, and back.

The file is a gzipped tar of the last published generation: ``manifest.json``, ``ledger.sqlite`` and
``shard/``. Restoring trusts nothing in it before it was looked at: names, kinds and sizes of members,
the manifest, the ledger (read row by row into a new one) and the number of passages.
"""

from __future__ import annotations

import gzip
import os
import re
import shutil
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace as changed
from itertools import islice
from pathlib import Path
from typing import IO
from uuid import uuid4

from pertinent.errors import DataError, StoreError, UsageError
from pertinent.store.copying import NO_LINK
from pertinent.store.files import check_space, disk_faults, sync_folder
from pertinent.store.generations import SHARD_FOLDER, PrivateCopy, write_generation
from pertinent.store.ledger import LEDGER_FILE, Intended, Ledger
from pertinent.store.manifest import (
    MANIFEST_FILE,
    MAX_MANIFEST_BYTES,
    Manifest,
    parse_manifest,
    write_manifest,
)
from pertinent.store.placing import put_in_place
from pertinent.store.points import to_passage
from pertinent.store.recovery import compare
from pertinent.store.server.link import read_link
from pertinent.store.shard import Shard

MAX_RESTORED_BYTES = 1 << 40
"""Sum of the files' sizes that a restore accepts, holes included."""

_MAX_MEMBERS = 1_000_000
_BLOCK = 1 << 16
_ZEROS = bytes(_BLOCK)
_PART = r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,254}"
_MEMBER = re.compile(rf"manifest\.json|ledger\.sqlite|shard(/{_PART}){{0,12}}")
_COMPRESSION = 1
_BATCH = 1000
_RECEIVED = "received"


def backup(collection: str | os.PathLike[str], file: str | os.PathLike[str]) -> Manifest:
    """Write what a collection last published to one file, which appears only when it is whole.

    A writer may go on meanwhile.

    Parameters
    ----------
    collection : str | PathLike
        The collection's folder.
    file : str | PathLike
        A new file; only its owner may read it.

    Returns
    -------
    Manifest
        Of what was written.

    Raises
    ------
    CollectionNotFound
        If there is no collection.
    UsageError
        If it lives on a server.
    StoreError
        If the file exists already, or the disk does not let us.
    """
    target = Path(file).absolute()
    if target.exists():
        raise StoreError(f"{target} exists already.", hint="Choose another name, or remove it first.")
    if read_link(Path(collection).absolute()) is not None:
        raise UsageError(
            "The collection lives on a server.", hint="Pull it under another name, and back that up."
        )
    scratch = target.with_name(f".{target.name}.{uuid4().hex[:8]}.new")
    copy = PrivateCopy(Path(collection).absolute())
    try:
        with disk_faults("Writing the backup"):
            handle = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            with os.fdopen(handle, "wb") as raw:
                with gzip.GzipFile("", "wb", compresslevel=_COMPRESSION, fileobj=raw, mtime=0) as packed:
                    _write_tar(packed, copy)
                raw.flush()
                os.fsync(raw.fileno())
            _name(scratch, target)
            sync_folder(target.parent)
    finally:
        scratch.unlink(missing_ok=True)
        copy.remove()
    return copy.manifest


def _name(scratch: Path, target: Path) -> None:
    """Give the finished file its name, never that of a file made meanwhile."""
    try:
        os.link(scratch, target)
    except OSError as error:
        if error.errno not in NO_LINK:
            raise
        # No second names here. A rename would take the place of another's file, so claim the name first.
        os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        try:
            scratch.replace(target)
        except BaseException:
            target.unlink(missing_ok=True)
            raise


def _write_tar(packed: gzip.GzipFile, copy: PrivateCopy) -> None:
    with tarfile.open(fileobj=packed, mode="w|", format=tarfile.PAX_FORMAT) as tar:
        # The manifest comes first, so that a restore knows early what it has.
        tar.add(copy.shard.parent / MANIFEST_FILE, MANIFEST_FILE, filter=_anonymous)
        tar.add(copy.ledger, LEDGER_FILE, filter=_anonymous)
        tar.add(copy.shard, SHARD_FOLDER, filter=_anonymous)


def _anonymous(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """Leave out who owned the files and when: the same collection gives the same file."""
    member.uid = member.gid = member.mtime = 0
    member.uname = member.gname = ""
    member.mode = 0o755 if member.isdir() else 0o644
    return member


def restore(
    file: str | os.PathLike[str],
    collection: str | os.PathLike[str],
    *,
    max_bytes: int = MAX_RESTORED_BYTES,
) -> Manifest:
    """Make a new collection from a backup; it appears only when it is whole.

    Parameters
    ----------
    file : str | PathLike
        Written by :func:`backup`.
    collection : str | PathLike
        Where; nothing but an empty folder may be there.
    max_bytes : int
        Refuse a backup whose files are larger in sum.

    Returns
    -------
    Manifest
        Of the new collection.

    Raises
    ------
    DataError
        If the file is no backup, is damaged, or holds what no backup holds.
    CollectionMismatch
        If a newer Pertinent wrote it.
    StoreError
        If something is there already, or the disk does not let us.
    """
    source, folder = Path(file).absolute(), Path(collection).absolute()
    if not source.is_file():
        raise DataError(f"There is no backup at {source}.", hint="Check the path.")
    with put_in_place(folder) as scratch:
        received = scratch / _RECEIVED
        received.mkdir()
        manifest = _settle(scratch, received, _unpack(source, received, max_bytes))
        shutil.rmtree(received)
        return manifest


def _unpack(source: Path, target: Path, max_bytes: int) -> Manifest:
    manifest: Manifest | None = None
    left = max_bytes
    with _damage_told(source), tarfile.open(source, mode="r|gz") as tar:
        for number, member in enumerate(tar):
            if (
                not _MEMBER.fullmatch(member.name)
                or not (member.isreg() or member.isdir())
                or member.issparse()
            ):
                raise _unusable(source, "it holds a member that no backup holds")
            left -= member.size
            if number >= _MAX_MEMBERS or left < 0:
                raise _unusable(source, "it is too large")
            content = tar.extractfile(member)
            if manifest is None:
                if member.name != MANIFEST_FILE or content is None or member.size > MAX_MANIFEST_BYTES:
                    raise _unusable(source, "it does not begin with a manifest")
                manifest = parse_manifest(content.read())
                continue
            with disk_faults("Writing the collection"):
                if content is None:
                    (target / member.name).mkdir(parents=True, exist_ok=True)
                else:
                    _write_sparse(content, target / member.name)
    if manifest is None or not (target / LEDGER_FILE).is_file() or not (target / SHARD_FOLDER).is_dir():
        raise _unusable(source, "it is not complete")
    return manifest


def _write_sparse(content: IO[bytes], target: Path) -> None:
    """Write a new file, runs of zeros as holes."""
    target.parent.mkdir(parents=True, exist_ok=True)
    check_space(target.parent)
    with target.open("xb") as writing:
        while block := content.read(_BLOCK):
            if block == _ZEROS[: len(block)]:
                writing.seek(len(block), os.SEEK_CUR)
            else:
                writing.write(block)
        writing.truncate(writing.tell())
        writing.flush()
        os.fsync(writing.fileno())


def _settle(scratch: Path, received: Path, manifest: Manifest) -> Manifest:
    """Make a published collection of the unpacked files.

    The points go into a new shard, one by one. The engine numbers its operations in its log and skips one
    whose number is not above the point's: on the unpacked shard, whose log is not in the backup, it would
    silently ignore changes.
    """
    manifest = changed(manifest, generation=1, identity=uuid4().hex)
    ledger = Ledger(scratch / LEDGER_FILE)
    try:
        _copy_ledger(received / LEDGER_FILE, ledger)
        shard = Shard(scratch / SHARD_FOLDER, create_dimensions=manifest.embedder.dimensions)
        try:
            shard.index_fields({}, manifest.filterable)
            _copy_points(received / SHARD_FOLDER, shard)
            lost, orphans = compare(shard, ledger)
            if lost or orphans or ledger.counts() != (manifest.documents, manifest.passages):
                raise DataError(
                    "The backup's documents and passages do not agree.",
                    hint="Use another backup of the collection.",
                )
            shard.flush()
            write_generation(scratch, manifest, ledger)
        finally:
            shard.close()
    finally:
        ledger.close()
    write_manifest(scratch, manifest)
    return manifest


def _copy_ledger(source: Path, ledger: Ledger) -> None:
    given = Ledger(source, read_only=True)
    try:
        documents = given.documents()
        while batch := list(islice(documents, _BATCH)):
            ledger.finish(Intended(d.id, d.fingerprint, d.source, d.passage_ids) for d in batch)
    finally:
        given.close()


def _copy_points(source: Path, shard: Shard) -> None:
    given = Shard(source)
    try:
        for points in given.batches():
            try:
                for point in points:
                    to_passage(point.id, point.payload or {})
            except (KeyError, TypeError, AttributeError):
                raise DataError(
                    "The backup holds a passage that is not whole.",
                    hint="Use another backup of the collection.",
                ) from None
            shard.upsert(points)
    finally:
        given.close()


@contextmanager
def _damage_told(source: Path) -> Iterator[None]:
    try:
        yield
    except (tarfile.TarError, EOFError, gzip.BadGzipFile, ValueError, OverflowError) as error:
        raise _unusable(source, "it is damaged or no backup") from error


def _unusable(source: Path, reason: str) -> DataError:
    return DataError(
        f"{source.name} cannot be restored: {reason}.", hint="Use another backup of the collection."
    )
