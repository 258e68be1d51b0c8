"""Scores on disk: one SQLite file of hashes and numbers, shared by threads and processes.

No text is stored, only a hash of it. Whatever is wrong with the file, no call fails: it is logged
once, the file is left alone for a while, and scores are computed as without it. A row with a wrong
checksum is not found. A file that is another program's is not touched.
"""

from __future__ import annotations

import json
import logging
import math
import os
import sqlite3
import time
import zlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing, suppress
from pathlib import Path

from pertinent.types import ModelInfo, Score

log = logging.getLogger(__name__)

MAX_ROWS = 1_000_000
"""Scores kept at most, of about 190 bytes each."""

SPARE_SHARE = 0.1
"""Share of the rows that is dropped at once when there are too many."""

APPLICATION = 0x50455254
"""Marks the file as ours (SQLite's ``application_id``)."""

WAIT_SECONDS = 1.0
"""How long another process may hold the file before a call goes on without it."""

PAUSE_SECONDS = 60.0
"""How long a file that failed is not tried again."""

USE_SECONDS = 3600
"""Uses of a score within this time count as one, so that reading rarely writes."""

KEYS_AT_ONCE = 500

_TABLE = """
CREATE TABLE IF NOT EXISTS scores
    (key BLOB PRIMARY KEY, score TEXT NOT NULL, checksum INTEGER NOT NULL, used INTEGER NOT NULL)
    WITHOUT ROWID
"""


class ScoreCache:
    """Finds and keeps scores by key; the longest unused are dropped when there are too many.

    Parameters
    ----------
    file : Path
        Where the scores lie; made at first use, with its folders, readable by its owner alone.
    max_rows : int
        Scores kept at most.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> mini = ModelInfo("m", "1", "cross_encoder", "reranker", 512, 1, "Apache-2.0")
    >>> with TemporaryDirectory() as folder:
    ...     cache = ScoreCache(Path(folder, "scores.sqlite"))
    ...     cache.keep({b"a": Score.from_margin(0.1, mini)})
    ...     cache.find([b"a", b"b"], mini)[b"a"].margin
    0.1
    """

    def __init__(self, file: Path, *, max_rows: int = MAX_ROWS) -> None:
        self.file = file
        self._max_rows = max_rows
        self._off_until = -math.inf
        self._told: set[str] = set()

    def find(self, keys: Sequence[bytes], model: ModelInfo) -> dict[bytes, Score]:
        """Scores of those keys that are known.

        Parameters
        ----------
        keys : Sequence[bytes]
            Hashes of everything a score depends on, the model included.
        model : ModelInfo
            Whose scores they are.
        """
        found: dict[bytes, Score] = {}
        now = int(time.time())

        def look(connection: sqlite3.Connection) -> None:
            again: list[tuple[int, bytes]] = []
            for start in range(0, len(keys), KEYS_AT_ONCE):
                some = keys[start : start + KEYS_AT_ONCE]
                marks = ",".join("?" * len(some))
                asked = f"SELECT key, score, checksum, used FROM scores WHERE key IN ({marks})"  # noqa: S608
                for key, text, checksum, used in connection.execute(asked, some):
                    if _checksum(key, text) == checksum:
                        found[key] = _read(text, model)
                        if not used <= now < used + USE_SECONDS:
                            again.append((now, key))
            if again:
                connection.execute("BEGIN IMMEDIATE")
                connection.executemany("UPDATE scores SET used = ? WHERE key = ?", again)
                connection.execute("COMMIT")

        self._with_file(look)
        return found

    def keep(self, scores: Mapping[bytes, Score]) -> None:
        """Keep exact, finite scores; others are passed over.

        Parameters
        ----------
        scores : Mapping[bytes, Score]
            By key.
        """
        now = int(time.time())
        texts = {
            key: _written(score)
            for key, score in scores.items()
            if score.exact and math.isfinite(score.margin) and math.isfinite(score.probability)
        }
        rows = [(key, text, _checksum(key, text), now) for key, text in texts.items()]

        def insert(connection: sqlite3.Connection) -> None:
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany("INSERT OR REPLACE INTO scores VALUES (?, ?, ?, ?)", rows)
            ((count,),) = connection.execute("SELECT count(*) FROM scores")
            if count > self._max_rows:
                most = int(self._max_rows * (1 - SPARE_SHARE))
                oldest = "SELECT key FROM scores ORDER BY used LIMIT ?"
                connection.execute(f"DELETE FROM scores WHERE key IN ({oldest})", (count - most,))  # noqa: S608
            connection.execute("COMMIT")

        if rows:
            self._with_file(insert)

    def _with_file(self, work: Callable[[sqlite3.Connection], None]) -> None:
        """Do something with the file, if it can be used."""
        if time.monotonic() < self._off_until:
            return
        try:
            # A connection for each call: nothing is shared by threads or inherited by child processes.
            with closing(_connect(self.file)) as connection:
                work(connection)
        except Exception as error:  # a cache is never worth a ranking
            self._off_until = time.monotonic() + PAUSE_SECONDS
            fault = str(error) if isinstance(error, _NotOursError) else type(error).__name__
            if fault not in self._told:
                self._told.add(fault)
                log.warning("The score cache %s cannot be used (%s); going on without.", self.file, fault)


class _NotOursError(Exception):
    """The file holds something else."""


def _connect(file: Path) -> sqlite3.Connection:
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    connection = sqlite3.connect(file, timeout=WAIT_SECONDS, isolation_level=None)
    try:
        # One look at both: another process may be making the file right now.
        connection.execute("BEGIN")
        ((application,),) = connection.execute("PRAGMA application_id")
        ((tables,),) = connection.execute("SELECT count(*) FROM sqlite_master")
        connection.execute("COMMIT")
        if (application, tables) == (0, 0):
            _prepare(connection)
        elif application != APPLICATION:
            raise _NotOursError("it is another program's database")
        connection.execute("PRAGMA synchronous = NORMAL")
    except BaseException:
        connection.close()
        raise
    return connection


def _prepare(connection: sqlite3.Connection) -> None:
    with suppress(sqlite3.OperationalError):  # another process is at it
        connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("BEGIN IMMEDIATE")
    connection.execute(_TABLE)
    connection.execute("CREATE INDEX IF NOT EXISTS by_use ON scores (used)")
    connection.execute(f"PRAGMA application_id = {APPLICATION}")
    connection.execute("COMMIT")


def _written(score: Score) -> str:
    """What of a score its model does not say; JSON gives every number back to the last bit."""
    numbers = score.windows, score.query_cut, score.document_cut
    return json.dumps([score.margin, score.probability, score.scale, score.engine, score.dtype, *numbers])


def _read(text: str, model: ModelInfo) -> Score:
    margin, probability, scale, engine, dtype, windows, query_cut, document_cut = json.loads(text)
    return Score(
        margin,
        probability,
        scale,
        model.name,
        model.revision,
        windows=windows,
        engine=engine,
        dtype=dtype,
        query_cut=query_cut,
        document_cut=document_cut,
    )


def _checksum(key: bytes, text: str) -> int:
    return zlib.crc32(text.encode(errors="replace"), zlib.crc32(key))
