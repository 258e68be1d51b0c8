"""Rows of a delimited table, read by the rules of RFC 4180 with every row bounded."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from pertinent.errors import RecordError
from pertinent.ingest.protocol import OnBroken
from pertinent.ingest.streams import numbered_lines


def table_rows(
    path: Path, delimiter: str, *, on_broken: OnBroken, max_row_bytes: int
) -> Iterator[tuple[int, list[str]]]:
    """Rows that are not blank, each with the number of the line it begins on.

    After a broken row the reading goes on with the next line.

    Parameters
    ----------
    path : Path
        The file, plain or gzip.
    delimiter : str
        One character.
    on_broken : Callable[[RecordError], None]
        Told of rows with broken quotes or invalid UTF-8, and of rows that are too long.
    max_row_bytes : int
        Longest row, however many lines it spans.
    """
    # The limit belongs to the csv module as a whole and is only ever raised here; rows are bounded below.
    csv.field_size_limit(max(csv.field_size_limit(), max_row_bytes))
    lines = _Lines(path, on_broken, max_row_bytes)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        lines.begin_row()
        fault = ""
        row: list[str] | None = None
        try:
            row = next(reader, None)
        except csv.Error as error:
            fault = f"the row cannot be read ({error})"
        if lines.undecodable:
            fault = "the row is not valid UTF-8"
        if fault:
            on_broken(RecordError(fault, source=str(path), position=f"line {lines.row_line}"))
        elif row is None:
            return
        elif row:
            yield lines.row_line, row


class _Lines:
    """The lines that the csv module asks for, with what it does not tell about them."""

    def __init__(self, path: Path, on_broken: OnBroken, max_row_bytes: int) -> None:
        self._lines = numbered_lines(path, on_broken=on_broken, max_line_bytes=max_row_bytes)
        self._max_row_bytes = max_row_bytes
        self._row_bytes = 0
        self.row_line = 0
        self.undecodable = False

    def begin_row(self) -> None:
        self._row_bytes = 0
        self.row_line = 0
        self.undecodable = False

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        number, line = next(self._lines)
        self.row_line = self.row_line or number
        self._row_bytes += len(line)
        if self._row_bytes > self._max_row_bytes:
            raise csv.Error(f"longer than {self._max_row_bytes:,} bytes")
        text = line.decode("utf-8", "replace")
        self.undecodable = self.undecodable or ("\N{REPLACEMENT CHARACTER}" in text and not _is_utf8(line))
        return text + "\n"


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
