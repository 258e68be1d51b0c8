"""One writer a collection: an operating-system lock beside the shard.

The vector engine has no read-only open, and even a load that it refuses damages the shard of the
process that is writing. So this lock is taken before any call to the engine. It is ``flock``: the
kernel lets go of it when the process ends in whatever way, so a killed writer never blocks the next.
What is written *in* the file only serves the error message.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

from pertinent.errors import CollectionLocked, CollectionNotFound, StoreError
from pertinent.store.files import disk_faults

LOCK_FILE = "lock"
_MAX_HOLDER_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a lock."""

    pid: int
    host: str
    since: str

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host} since {self.since}"


class WriterLock:
    """Exclusive right to write a collection, held until :meth:`release` or the end of the process.

    Parameters
    ----------
    folder : Path
        The collection's folder, which must exist.

    Raises
    ------
    CollectionLocked
        If another process, or another writer in this one, holds it; the message names the holder.
    CollectionNotFound
        If the folder is gone.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / LOCK_FILE
        self._handle: int | None = None
        self._acquire()

    def _acquire(self) -> None:
        while True:
            handle = self._open()
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if _same_file(handle, self._path):
                    self._sign(handle)
                    self._handle = handle
                    return
                # The collection was deleted between opening and locking: what we hold locks nothing.
                os.close(handle)
            except BlockingIOError:
                holder = _read_holder(handle)
                os.close(handle)
                raise CollectionLocked(
                    f"The collection is being written by {holder or 'another process'}.",
                    hint="Wait until it is done, or stop it; searching works meanwhile.",
                ) from None
            except BaseException:
                os.close(handle)
                raise

    def _open(self) -> int:
        try:
            with disk_faults("Opening the collection's lock"):
                return os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except StoreError as error:
            if isinstance(error.__cause__, FileNotFoundError | NotADirectoryError):
                raise CollectionNotFound(
                    f"There is no collection at {self._path.parent}.", hint="Check the name or the path."
                ) from None
            raise

    @staticmethod
    def _sign(handle: int) -> None:
        since = datetime.now(UTC).isoformat(timespec="seconds")
        holder = {"pid": os.getpid(), "host": socket.gethostname(), "since": since}
        with disk_faults("Writing the collection's lock"):
            os.ftruncate(handle, 0)
            os.pwrite(handle, json.dumps(holder).encode(), 0)

    def release(self) -> None:
        """Let go; twice is harmless."""
        if self._handle is not None:
            handle, self._handle = self._handle, None
            # Unlock by name: a forked child may still hold a copy of the handle.
            fcntl.flock(handle, fcntl.LOCK_UN)
            os.close(handle)

    def __enter__(self) -> WriterLock:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def _same_file(handle: int, path: Path) -> bool:
    try:
        there = path.stat()
    except FileNotFoundError:
        return False
    here = os.fstat(handle)
    return (here.st_dev, here.st_ino) == (there.st_dev, there.st_ino)


def _read_holder(handle: int) -> Holder | None:
    """Read who signed; None while the holder has not signed yet or where the text is not understood."""
    try:
        values = json.loads(os.pread(handle, _MAX_HOLDER_BYTES, 0))
        return Holder(int(values["pid"]), str(values["host"])[:200], str(values["since"])[:40])
    except (OSError, ValueError, TypeError, KeyError):
        return None
