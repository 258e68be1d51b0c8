"""What a knowledge base remembers beside its documents: its folders, and every file as it was read.

It lies in the collection's folder, so that it comes and goes with it. It is a memory, not a truth: where it
is lost or behind, files are read once more than needed, and nothing else happens.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from pertinent.errors import StoreError
from pertinent.store.files import database_faults

FOLDERS_FILE = "folders.sqlite"
BROKEN = -1
"""In place of the number of documents of a file that had a fault."""

_TABLES = """
CREATE TABLE IF NOT EXISTS folders (
    path TEXT PRIMARY KEY, prefix TEXT NOT NULL UNIQUE, include TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS files (
    path TEXT PRIMARY KEY, digest TEXT NOT NULL, signature TEXT NOT NULL, documents INTEGER NOT NULL
) WITHOUT ROWID;
"""
_BELOW = "path = ?1 OR (path > ?1 || '/' AND path < ?1 || '0')"  # "0" is what follows "/"


@dataclass(frozen=True, slots=True)
class Folder:
    """One folder of a knowledge base.

    Parameters
    ----------
    path : Path
        Absolute, without symbolic links.
    prefix : str
        What stands before the path of a file in the ids of its documents; empty for the first folder.
    include : tuple[str, ...]
        Patterns of the files that are taken; none takes all.
    """

    path: Path
    prefix: str = ""
    include: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FileState:
    """A file as it was when it was read.

    Parameters
    ----------
    digest : str
        Hash of its content.
    signature : str
        Size, times and number, by which an untouched file is known without reading it; empty where it was
        changed too short before to be sure.
    documents : int
        How many it gave, or :data:`BROKEN`.
    """

    digest: str
    signature: str
    documents: int


class Folders:
    """The memory of one knowledge base.

    Parameters
    ----------
    collection : Path
        The collection's folder, which must exist.

    Raises
    ------
    StoreError
        If the file is damaged or cannot be written.
    """

    def __init__(self, collection: Path) -> None:
        self._path = collection / FOLDERS_FILE
        with self._faults("Opening the list of folders"):
            self._connection = sqlite3.connect(self._path, isolation_level=None)
            try:
                self._connection.execute("PRAGMA journal_mode=WAL")
                self._connection.execute("PRAGMA synchronous=NORMAL")
                self._connection.executescript(_TABLES)
            except BaseException:
                self._connection.close()
                raise

    def all(self) -> list[Folder]:
        """The folders, the first one first, then by path.

        Raises
        ------
        StoreError
            If the list is damaged.
        """
        with self._faults("Reading the list of folders"):
            rows = self._connection.execute(
                "SELECT path, prefix, include FROM folders ORDER BY prefix != '', path"
            )
            found = rows.fetchall()
        try:
            return [Folder(Path(path), prefix, tuple(json.loads(include))) for path, prefix, include in found]
        except (ValueError, TypeError):
            raise self._damaged() from None

    def keep(self, folder: Folder) -> None:
        """Remember a folder, in the place of what was known of it."""
        row = (str(folder.path), folder.prefix, json.dumps(folder.include))
        with self._faults("Writing the list of folders"):
            self._connection.execute("INSERT OR REPLACE INTO folders VALUES (?, ?, ?)", row)

    def forget(self, path: Path) -> None:
        """Forget a folder and its files."""
        with self._faults("Writing the list of folders"):
            self._connection.execute("DELETE FROM folders WHERE path = ?", (str(path),))
            self._connection.execute(f"DELETE FROM files WHERE {_BELOW}", (str(path),))  # noqa: S608 (a constant)

    def files(self, below: Path) -> dict[str, FileState]:
        """What is known of a file, or of all files below a folder, by path."""
        query = f"SELECT path, digest, signature, documents FROM files WHERE {_BELOW}"  # noqa: S608 (a constant)
        with self._faults("Reading the list of files"):
            return {row[0]: FileState(*row[1:]) for row in self._connection.execute(query, (str(below),))}

    def note(self, files: Iterable[tuple[str, FileState]]) -> None:
        """Remember files as they were when they were read."""
        rows = [(path, state.digest, state.signature, state.documents) for path, state in files]
        with self._faults("Writing the list of files"), self._connection:
            self._connection.execute("BEGIN IMMEDIATE")
            self._connection.executemany("INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?)", rows)

    def drop(self, paths: Iterable[str]) -> None:
        """Forget files that are gone."""
        with self._faults("Writing the list of files"), self._connection:
            self._connection.execute("BEGIN IMMEDIATE")
            self._connection.executemany("DELETE FROM files WHERE path = ?", [(path,) for path in paths])

    @contextmanager
    def _faults(self, doing: str) -> Iterator[None]:
        """Tell a damaged file apart from a disk or a lock that is in the way."""
        try:
            with database_faults(doing):
                yield
        except StoreError as error:
            if isinstance(error.__cause__, sqlite3.OperationalError):
                raise
            raise self._damaged() from error

    def _damaged(self) -> StoreError:
        return StoreError(
            "The list of folders is damaged.",
            hint=f"Delete {self._path} and add the folders again; what is indexed stays.",
        )

    def close(self) -> None:
        """Close the file; twice is harmless."""
        self._connection.close()

    def __enter__(self) -> Folders:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
