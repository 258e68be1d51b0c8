"""The folder of a new collection: whole under its name, or not there at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from glob import escape
from pathlib import Path
from uuid import uuid4

from pertinent.errors import StoreError
from pertinent.store.files import check_space, disk_faults, sync_folder
from pertinent.store.lock import LOCK_FILE, WriterLock


@contextmanager
def put_in_place(folder: Path) -> Iterator[Path]:
    """Give a scratch folder to fill, which takes the collection's name when the block ends well.

    So either the whole collection has its name or nothing has.

    Raises
    ------
    StoreError
        If something is there already, or the disk does not let us.
    """
    with disk_faults("Making the collection"):
        folder.parent.mkdir(parents=True, exist_ok=True)
        if os.path.lexists(folder) and (not folder.is_dir() or any(folder.iterdir())):
            raise _occupied(folder)
        remove_left_behind(folder)
        check_space(folder.parent)
        scratch = folder.with_name(f".{folder.name.lstrip('.')}.{uuid4().hex[:8]}.new")
        scratch.mkdir()
    try:
        with WriterLock(scratch):
            yield scratch
            try:
                scratch.rename(folder)
            except OSError as error:
                raise _occupied(folder) from error
            with disk_faults("Making the collection"):
                sync_folder(folder.parent)
    except BaseException:
        shutil.rmtree(scratch, ignore_errors=True)
        raise


def remove_left_behind(folder: Path) -> None:
    """Remove what killed creations and deletions of the same name left behind: their lock is free."""
    name, random = escape(folder.name.lstrip(".")), "[0-9a-f]" * 8
    for ending in ("new", "old"):
        for scratch in folder.parent.glob(f".{name}.{random}.{ending}"):
            # A deletion that is under way may have removed its lock already; a new one would be in its way.
            unlocked = ending == "old" and not os.access(scratch / LOCK_FILE, os.F_OK)
            # What we may not remove keeps nobody from working with the collection.
            with suppress(StoreError), nullcontext() if unlocked else WriterLock(scratch):
                shutil.rmtree(scratch, ignore_errors=True)


def _occupied(folder: Path) -> StoreError:
    return StoreError(
        f"There is already something at {folder}.", hint="Choose another name, or delete what is there."
    )
