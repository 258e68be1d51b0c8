"""Which folders of a knowledge base are entered, and which of their files are taken."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

from pertinent.errors import DataError, RecordError
from pertinent.ingest.detect import is_collection, listed, shown
from pertinent.ingest.protocol import OnBroken
from pertinent.kb.folders import Folder
from pertinent.kb.globs import matches
from pertinent.kb.part import EVERYTHING, Part
from pertinent.store.schema import is_encodable

LEFT_OUT = frozenset({"__pycache__", "bower_components", "node_modules", "venv"})
"""Folders whose files are made or fetched by programs; hidden ones are left out too."""

MAX_FILE_BYTES = 256 << 20
MAX_FILES = 500_000


def is_left_out(name: str) -> bool:
    """Whether files and folders of that name are passed over, whatever they hold."""
    return name.startswith(".") or name in LEFT_OUT


def entered(
    root: Path, on_broken: OnBroken, part: Part = EVERYTHING
) -> Iterator[tuple[Path, list[Path], list[Path]]]:
    """Walk a folder in sorted order: each folder that is entered, its folders and its files.

    Symbolic links are not followed, so the walk never leaves the folder.

    Parameters
    ----------
    root : Path
        Where to begin.
    on_broken : Callable[[RecordError], None]
        Told of folders that cannot be read.
    part : Part
        Only folders that lead there are entered.
    """
    ahead = [root]
    while ahead:
        here = ahead.pop()
        try:
            files, folders = listed(here)
        except OSError as error:
            if here == root or not isinstance(error, FileNotFoundError):  # below the root it is but gone
                reason = f"the folder cannot be read ({error.strerror or type(error).__name__})"
                on_broken(RecordError(reason, source=shown(here), position="whole folder"))
            continue
        folders = [
            folder
            for folder in folders
            if not is_left_out(folder.name) and part.leads_to(folder) and not is_collection(folder)
        ]
        yield here, folders, files
        ahead.extend(reversed(folders))


def files_of(folder: Folder, on_broken: OnBroken, part: Part = EVERYTHING) -> Iterator[Path]:
    """The regular files that a knowledge base takes from one of its folders, in sorted order.

    Parameters
    ----------
    folder : Folder
        Where, and which patterns.
    on_broken : Callable[[RecordError], None]
        Told of folders that cannot be read, and of files that are too large or whose name is no text.
    part : Part
        Only files that belong to it.

    Raises
    ------
    DataError
        If there are more than :data:`MAX_FILES`.
    """
    count = 0
    for _, _, files in entered(folder.path, on_broken, part):
        for file in files:
            if not (part.holds(file) and matches(file.relative_to(folder.path), folder.include)):
                continue
            fault = _fault(file)
            if fault:
                on_broken(RecordError(fault, source=shown(file), position="whole file"))
            if fault is None or fault:
                continue
            count += 1
            if count > MAX_FILES:
                raise DataError(
                    f"There are more than {MAX_FILES:,} files below {shown(folder.path)}.",
                    hint="Name folders below it, or narrow it with --include.",
                )
            yield file


def _fault(file: Path) -> str | None:
    """Why a file cannot be taken; empty where it can, None where there is no file, or something else."""
    try:
        status = file.lstat()
    except OSError:
        return None
    if not stat.S_ISREG(status.st_mode):
        return None
    if not is_encodable(str(file)):
        return "the file's name is not valid UTF-8"
    if status.st_size > MAX_FILE_BYTES:
        return f"larger than {MAX_FILE_BYTES:,} bytes"
    return ""
