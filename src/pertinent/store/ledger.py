"""The ingest journal: which documents are stored, and which change was under way.

A change is written here as *intended* before the shard is touched and as *stored* after it was.
After a crash the intended changes tell what to finish or undo, so that a document has its old
passages or its new ones, never both and never neither.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from pertinent.store.files import database_faults
from pertinent.store.protocol import StoredDocument

LEDGER_FILE = "ledger.sqlite"
_CHUNK = 500

_TABLES = """
CREATE TABLE IF NOT EXISTS documents (
    id TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, source TEXT NOT NULL, passage_ids TEXT NOT NULL,
    passages INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS intended (
    id TEXT PRIMARY KEY, fingerprint TEXT, source TEXT NOT NULL, passage_ids TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS state (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class Intended:
    """A change that was begun: ``fingerprint`` is None for a removal."""

    id: str
    fingerprint: str | None
    source: str
    passage_ids: tuple[str, ...]


class Ledger:
    """The journal of one collection.

    Parameters
    ----------
    path : Path
        The SQLite file; made when missing, unless ``read_only``.
    read_only : bool
        For a finished copy that nobody writes any more.
    """

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        with database_faults("Opening the ledger"):
            if read_only:
                uri = f"{path.resolve().as_uri()}?mode=ro&immutable=1"
                self._connection = sqlite3.connect(uri, uri=True, check_same_thread=False)
            else:
                self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
                # The page cache outlives the process, so nothing acknowledged is lost by kill -9 here;
                # a power cut is covered by the comparison with the shard at the next opening.
                self._connection.execute("PRAGMA journal_mode=WAL")
                self._connection.execute("PRAGMA synchronous=NORMAL")
                self._connection.executescript(_TABLES)

    def close(self) -> None:
        """Close the file; twice is harmless."""
        self._connection.close()

    def known(self, document_ids: Sequence[str]) -> dict[str, StoredDocument]:
        """Those of the documents that are stored, by id."""
        found: dict[str, StoredDocument] = {}
        with database_faults("Reading the ledger"):
            for start in range(0, len(document_ids), _CHUNK):
                chunk = document_ids[start : start + _CHUNK]
                marks = ",".join("?" * len(chunk))
                rows = self._connection.execute(
                    f"SELECT id, fingerprint, source, passage_ids FROM documents WHERE id IN ({marks})",  # noqa: S608 (only question marks)
                    list(chunk),
                )
                found.update((row[0], _stored(row)) for row in rows)
        return found

    def documents(self) -> Iterator[StoredDocument]:
        """All stored documents, by id."""
        last = ""
        query = "SELECT id, fingerprint, source, passage_ids FROM documents WHERE id > ? ORDER BY id LIMIT ?"
        while True:
            # Page by page, so that nothing stays open while the caller writes.
            with database_faults("Reading the ledger"):
                rows = self._connection.execute(query, (last, _CHUNK)).fetchall()
            yield from map(_stored, rows)
            if len(rows) < _CHUNK:
                return
            last = rows[-1][0]

    def counts(self) -> tuple[int, int]:
        """Stored documents and passages."""
        with database_faults("Reading the ledger"):
            row = self._connection.execute(
                "SELECT COUNT(*), COALESCE(SUM(passages), 0) FROM documents"
            ).fetchone()
        return int(row[0]), int(row[1])

    def intend(self, changes: Iterable[Intended]) -> None:
        """Write down what is about to be done to the shard."""
        rows = [(c.id, c.fingerprint, c.source, json.dumps(c.passage_ids)) for c in changes]
        with database_faults("Writing the ledger"), self._transaction():
            self._connection.executemany("INSERT OR REPLACE INTO intended VALUES (?, ?, ?, ?)", rows)

    def intended(self) -> list[Intended]:
        """Changes that were begun and neither finished nor undone."""
        with database_faults("Reading the ledger"):
            rows = self._connection.execute(
                "SELECT id, fingerprint, source, passage_ids FROM intended ORDER BY id"
            )
            return [Intended(row[0], row[1], row[2], tuple(json.loads(row[3]))) for row in rows]

    def finish(self, changes: Iterable[Intended]) -> None:
        """Make intended changes stored: the shard holds them now."""
        changes = list(changes)
        with database_faults("Writing the ledger"), self._transaction():
            self._connection.executemany("DELETE FROM documents WHERE id = ?", [(c.id,) for c in changes])
            self._connection.executemany(
                "INSERT INTO documents VALUES (?, ?, ?, ?, ?)",
                [
                    (c.id, c.fingerprint, c.source, json.dumps(c.passage_ids), len(c.passage_ids))
                    for c in changes
                    if c.fingerprint is not None
                ],
            )
            self._connection.executemany("DELETE FROM intended WHERE id = ?", [(c.id,) for c in changes])

    def forget(self, changes: Iterable[Intended]) -> None:
        """Drop intended changes: the shard holds nothing of them."""
        with database_faults("Writing the ledger"), self._transaction():
            self._connection.executemany("DELETE FROM intended WHERE id = ?", [(c.id,) for c in changes])

    def flag(self, name: str) -> bool:
        """Read a flag; one that was never set is false."""
        with database_faults("Reading the ledger"):
            row = self._connection.execute("SELECT value FROM state WHERE name = ?", (name,)).fetchone()
        return row is not None and bool(row[0])

    def set_flag(self, name: str, value: bool) -> None:
        """Set a flag."""
        with database_faults("Writing the ledger"):
            self._connection.execute("INSERT OR REPLACE INTO state VALUES (?, ?)", (name, int(value)))

    def copy(self, path: Path) -> None:
        """Write a finished copy of the stored documents to a new file, and this file's changes to disk."""
        with database_faults("Copying the ledger"), closing(sqlite3.connect(path)) as target:
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            self._connection.backup(target)
            # A copy that many readers open as immutable must not want a log beside it.
            target.execute("PRAGMA journal_mode=DELETE")

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")


def _stored(row: tuple[str, str, str, str]) -> StoredDocument:
    return StoredDocument(row[0], row[1], row[2], tuple(json.loads(row[3])))
