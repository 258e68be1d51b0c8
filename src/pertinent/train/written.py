"""What a provider wrote is kept, so that an interrupted run asks and pays for none of it again.

Where it wrote nothing, nothing is kept: a later run asks about that passage once more.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from pertinent.errors import RecordError
from pertinent.ingest.jsonl import parse_object
from pertinent.ingest.streams import numbered_lines
from pertinent.train.data_config import ProviderConfig
from pertinent.train.provider import ProviderWriter
from pertinent.train.resume import whole_lines
from pertinent.types import content_hash

_HINT = "Remove the file: its passages are asked about again."


class KeptWriter:
    """A provider whose answers stand in a file; implements ``synthesise.QueryWriter``.

    Parameters
    ----------
    writer : ProviderWriter
        Asked about passages that are not in the file.
    known : dict[str, list[str]]
        Queries by key.
    stream : IO[str]
        The file, to which new answers are added.
    """

    def __init__(self, writer: ProviderWriter, known: dict[str, list[str]], stream: IO[str]) -> None:
        self._writer = writer
        self._known = known
        self._stream = stream

    def __call__(self, passage: str) -> list[str]:
        """Queries for one passage."""
        key = content_hash(self._writer.fingerprint, passage)
        if key not in self._known:
            queries = self._writer(passage)
            if not queries:
                return []
            self._known[key] = queries
            self._stream.write(json.dumps({"key": key, "queries": queries}, ensure_ascii=False) + "\n")
            self._stream.flush()
        return self._known[key]


@contextmanager
def open_writer(config: ProviderConfig, path: Path) -> Iterator[KeptWriter]:
    """Open a provider with the file of its answers; another model or prompt finds none of them.

    Parameters
    ----------
    config : ProviderConfig
        Who is asked.
    path : Path
        The file, made where there is none.

    Raises
    ------
    UsageError
        If there is no key.
    RecordError
        If the file holds something else.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    whole_lines(path)
    known = dict(_read(path)) if path.exists() else {}
    with (
        ProviderWriter(config) as writer,
        path.open("a", encoding="utf-8", errors="backslashreplace") as stream,
    ):
        yield KeptWriter(writer, known, stream)


def _read(path: Path) -> Iterator[tuple[str, list[str]]]:
    def refuse(error: RecordError) -> None:
        raise error

    for number, line in numbered_lines(path, on_broken=refuse):
        position = f"line {number}"
        values = parse_object(line, source=str(path), position=position)
        key, queries = values.get("key"), values.get("queries")
        if not (isinstance(key, str) and isinstance(queries, list) and all(map(_is_text, queries))):
            raise RecordError("these are no written queries", source=str(path), position=position, hint=_HINT)
        yield key, queries


def _is_text(value: object) -> bool:
    return isinstance(value, str)
