"""Which files of a folder are not as they were when they were read."""

from __future__ import annotations

import os
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cache
from hashlib import blake2b
from importlib.metadata import version
from pathlib import Path

from pertinent.errors import EmptyFile, RecordError, UnknownFormat
from pertinent.ingest.detect import Source, source_of
from pertinent.ingest.protocol import OnBroken
from pertinent.kb.folders import FileState, Folder
from pertinent.kb.part import Part
from pertinent.kb.walking import MAX_FILE_BYTES, files_of

_CHUNK = 1 << 20
_CLOCK_NS = 2 * 10**9
"""File systems tell times in steps: what changed longer ago than this gets another time with a change."""


@dataclass(frozen=True, slots=True)
class ChangedFile:
    """A file that is to be read, as it was just before."""

    folder: Folder
    source: Source
    digest: str
    signature: str


@dataclass(slots=True)
class Comparison:
    """What there is in a folder, against what is remembered.

    Parameters
    ----------
    there : set[str]
        Paths of all files that are taken and hold something.
    changed : list[ChangedFile]
        Those that are to be read.
    unknown : dict[str, int]
        How many files no reader knows, by the ending of their names.
    touched : dict[str, FileState]
        Files with another signature and the same content.
    """

    there: set[str] = field(default_factory=set)
    changed: list[ChangedFile] = field(default_factory=list)
    unknown: dict[str, int] = field(default_factory=dict)
    touched: dict[str, FileState] = field(default_factory=dict)


def compare(
    folder: Folder,
    known: Mapping[str, FileState],
    part: Part,
    on_broken: OnBroken,
    *,
    held: Mapping[str, Collection[str]] | None = None,
) -> Comparison:
    """Compare the files of a folder with what is remembered of them.

    Parameters
    ----------
    folder : Folder
        Whose files.
    known : Mapping[str, FileState]
        What is remembered, by path.
    part : Part
        Only files that belong to it are looked at.
    on_broken : Callable[[RecordError], None]
        Told of files and folders that cannot be read.
    held : Mapping[str, Collection[str]] | None
        Ids of the documents that the collection holds, by path: a file of which it holds more or fewer than
        the file gave counts as changed. None trusts what is remembered.
    """
    found = Comparison()
    for file in files_of(folder, on_broken, part):
        path = str(file)
        found.there.add(path)
        before = known.get(path)
        whole = before is not None and (held is None or before.documents == len(held.get(path, ())))
        signature = signature_of(file)
        if whole and before and signature and signature == before.signature:
            continue
        source = None if before else _source(file, found, on_broken)
        if source is None and before is None:
            continue
        digest = digest_of(file, on_broken)
        if digest is None:
            continue
        if whole and before and digest == before.digest:
            found.touched[path] = FileState(digest, signature, before.documents)
            continue
        source = source or _source(file, found, on_broken)
        if source is not None:
            found.changed.append(ChangedFile(folder, source, digest, signature))
    return found


def digest_of(file: Path, on_broken: OnBroken) -> str | None:
    """Hash of a file's content and of who reads it; None, and a report, where it cannot be read."""
    hashed = blake2b(_release(), digest_size=16)
    left = MAX_FILE_BYTES
    try:
        # A link that came since we looked is not followed, and a pipe is not waited for.
        handle = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(handle, "rb") as opened:
            while chunk := opened.read(min(_CHUNK, left + 1)):
                left -= len(chunk)
                if left < 0:
                    reason = f"larger than {MAX_FILE_BYTES:,} bytes"
                    on_broken(RecordError(reason, source=str(file), position="whole file"))
                    return None
                hashed.update(chunk)
    except FileNotFoundError:
        return None
    except OSError as error:
        reason = f"the file cannot be read ({error.strerror or type(error).__name__})"
        on_broken(RecordError(reason, source=str(file), position="whole file"))
        return None
    return hashed.hexdigest()


def signature_of(file: Path) -> str:
    """What changes with a file whenever its content does; empty where that cannot be told yet."""
    try:
        status = file.lstat()
    except OSError:
        return ""
    if abs(time.time_ns() - status.st_ctime_ns) < _CLOCK_NS:
        return ""
    return f"{status.st_size} {status.st_mtime_ns} {status.st_ctime_ns} {status.st_ino}"


@cache
def _release() -> bytes:
    """Another release may read files otherwise."""
    return version("pertinent").encode()


def _source(file: Path, found: Comparison, on_broken: OnBroken) -> Source | None:
    faults: list[RecordError] = []
    source = source_of(file, on_broken=faults.append)
    for fault in faults:
        if isinstance(fault, UnknownFormat):
            ending = file.suffix.lower()[:20] or "(none)"
            found.unknown[ending] = found.unknown.get(ending, 0) + 1
        if isinstance(fault, EmptyFile):
            found.there.discard(str(file))  # what it held is gone, as if the file were
        else:
            on_broken(fault)
    return source
