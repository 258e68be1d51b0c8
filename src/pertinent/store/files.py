"""Writing small files so that a crash leaves the old or the new one, and telling disk faults plainly."""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pertinent.errors import StoreError

RESERVED_BYTES = 64 << 20
"""Free space that is left alone: the engine's files grow in steps of 32 MiB."""

_HINTS = {
    errno.ENOSPC: "Free some space on the disk and try again; what was acknowledged is kept.",
    errno.EDQUOT: "Your disk quota is used up; free some space and try again.",
    errno.EACCES: "Check the permissions of the folder and its files.",
    errno.EPERM: "Check the permissions of the folder and its files.",
    errno.EROFS: "The file system is read-only; choose another folder.",
    errno.EMFILE: "Too many open files; raise the limit (ulimit -n) or close some collections.",
}


@contextmanager
def disk_faults(doing: str) -> Iterator[None]:
    """Turn an OSError inside the block into a StoreError with a hint.

    Parameters
    ----------
    doing : str
        What was being done, to complete "... failed": ``"Writing the manifest"``.
    """
    try:
        yield
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else type(error).__name__
        hint = _HINTS.get(error.errno or 0, "Check the disk and the folder, then try again.")
        raise StoreError(f"{doing} failed: {reason}.", hint=hint) from error


@contextmanager
def database_faults(doing: str) -> Iterator[None]:
    """Turn an error of SQLite inside the block into a StoreError with a hint.

    Parameters
    ----------
    doing : str
        What was being done, as for :func:`disk_faults`.
    """
    try:
        yield
    except sqlite3.Error as error:
        raise StoreError(
            f"{doing} failed: {error}.", hint="Check the disk's space and the folder's permissions."
        ) from error


def check_space(folder: Path, needed: int = 0, *, reserve: int = RESERVED_BYTES) -> None:
    """Refuse work that the disk cannot take.

    The engine writes through memory maps, where a full disk does not raise an error but ends the process.

    Parameters
    ----------
    folder : Path
        On the disk in question.
    needed, reserve : int
        Bytes that will be written, and bytes that must stay free beside them.

    Raises
    ------
    StoreError
        If fewer bytes are free.
    """
    with disk_faults("Looking at the disk's free space"):
        status = os.statvfs(folder)
    if status.f_bavail * status.f_frsize < needed + reserve:
        raise StoreError("The disk is almost full.", hint=_HINTS[errno.ENOSPC])


def write_atomically(path: Path, data: bytes) -> None:
    """Put ``data`` in the place of the file at once: readers and crashes see the old or the new content."""
    scratch = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        with scratch.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        scratch.replace(path)
    except BaseException:
        scratch.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make renames and new names in the folder survive a power cut."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def disk_usage(folder: Path) -> int:
    """Bytes that a folder's files take on the disk; holes take none."""
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            total += (Path(parent) / name).lstat().st_blocks * 512
    return total
