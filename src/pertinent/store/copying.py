"""Copying a shard's files: links where they never change again, holes kept as holes elsewhere.

The engine writes into its files through memory maps, so a linked file must be one that is never
written again. Which ones those are was measured (hash of every file before and after adding, changing
and removing points, indexing fields, flushing, loading and searching) and is kept by a test:

- Adding points writes into the files of a segment that still grows. Once ``optimize`` has made a segment
  immutable (it has ``id_tracker.mappings``), changes only touch its deletion marks, id versions and page
  bookkeeping, never vectors, texts, postings, graph or value lists.
- Loading and searching touch bookkeeping at most, in any segment.

The engine opens all files for writing nevertheless. A second name has the permissions of the first, so a
file that we may not write is copied; copies and folders are new, and ours to write.
"""

from __future__ import annotations

import errno
import os
import re
from pathlib import Path

from pertinent.store.files import sync_folder

_LOG = "wal"
_IMMUTABLE_MARK = "id_tracker.mappings"
_CONTENT = re.compile(
    r"page_\d+\.dat|chunk_\d+\.mmap|matrix\.dat|inverted_index\.dat|links(_compressed)?\.bin"
    r"|point_to_values\.bin|values_to_points\.bin|data\.bin"
)
_COPY_BYTES = 1 << 24
NO_LINK = frozenset({errno.EXDEV, errno.EPERM, errno.EACCES, errno.EMLINK, errno.ENOTSUP, errno.ENOSYS})
"""What the system answers where a file cannot have a second name."""


def copy_for_publication(shard: Path, target: Path) -> None:
    """Copy the writer's flushed shard and bring the copy to disk; content of immutable segments is linked."""
    _copy_folder(shard, target, link=False, sync=True)


def copy_for_reader(shard: Path, target: Path) -> None:
    """Copy a published shard, which nobody writes; all content that we could write is linked."""
    _copy_folder(shard, target, link=True, sync=False)


def _copy_folder(source: Path, target: Path, *, link: bool, sync: bool) -> None:
    target.mkdir()
    with os.scandir(source) as entries:
        listed = list(entries)
    link = link or any(entry.name == _IMMUTABLE_MARK for entry in listed)
    for entry in listed:
        if entry.is_dir(follow_symlinks=False):
            # After a flush the log holds nothing; an engine that finds none begins a new one.
            if entry.name != _LOG:
                _copy_folder(source / entry.name, target / entry.name, link=link, sync=sync)
        elif entry.is_file(follow_symlinks=False):
            if link and _CONTENT.fullmatch(entry.name):
                link_or_copy(source / entry.name, target / entry.name, sync=sync)
            else:
                copy_sparse(source / entry.name, target / entry.name, sync=sync)
    if sync:
        sync_folder(target)


def bytes_to_publish(shard: Path) -> int:
    """Disk that :func:`copy_for_publication` will take."""
    return _bytes_to_copy(shard, link=False)


def _bytes_to_copy(source: Path, *, link: bool) -> int:
    with os.scandir(source) as entries:
        listed = list(entries)
    link = link or any(entry.name == _IMMUTABLE_MARK for entry in listed)
    total = 0
    for entry in listed:
        if entry.is_dir(follow_symlinks=False):
            total += _bytes_to_copy(source / entry.name, link=link) if entry.name != _LOG else 0
        elif not (link and _CONTENT.fullmatch(entry.name)):
            total += entry.stat(follow_symlinks=False).st_blocks * 512
    return total


def link_or_copy(source: Path, target: Path, *, sync: bool = False) -> None:
    """Give a file that never changes a second name, or a copy where we may not link or not write it."""
    if not os.access(source, os.W_OK):
        copy_sparse(source, target, sync=sync)
        return
    try:
        os.link(source, target)
    except OSError as error:
        if error.errno not in NO_LINK:
            raise
        copy_sparse(source, target, sync=sync)


def copy_sparse(source: Path, target: Path, *, sync: bool = False) -> None:
    """Copy a file, holes as holes: the engine's files are up to 32 MiB of which little is written."""
    with source.open("rb") as reading, target.open("wb") as writing:
        size = os.fstat(reading.fileno()).st_size
        os.ftruncate(writing.fileno(), size)
        position = 0
        while position < size:
            try:
                start = os.lseek(reading.fileno(), position, os.SEEK_DATA)
            except OSError as error:
                if error.errno != errno.ENXIO:
                    raise
                break  # nothing but a hole follows
            position = os.lseek(reading.fileno(), start, os.SEEK_HOLE)
            _copy_range(reading.fileno(), writing.fileno(), start, position)
        if sync:
            os.fsync(writing.fileno())


def _copy_range(source: int, target: int, start: int, end: int) -> None:
    while start < end:
        data = memoryview(os.pread(source, min(_COPY_BYTES, end - start), start))
        if not data:
            return
        while data:
            written = os.pwrite(target, data, start)
            data = data[written:]
            start += written
