"""Rows of a delimited table, read by the rules of RFC 4180 with every row bounded."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pertinent.errors import RecordError
from pertinent.ingest.protocol import OnBroken
from pertinent.ingest.streams import numbered_lines

MAX_ROW_LINES = 100_000
FREE_REREAD_BYTES = 64 << 20
REREAD_RATIO = 4
"""Bytes that may be read again behind broken rows, at first and for each byte read for the first time."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row.

    Parameters
    ----------
    line : int
        Number of the line it begins on.
    lines : int
        How many lines it spans.
    cells : list[str]
        Its cells.
    """

    line: int
    lines: int
    cells: list[str]


def table_rows(path: Path, delimiter: str, *, on_broken: OnBroken, max_row_bytes: int) -> Iterator[Row]:
    """Rows that are not blank.

    After a row that cannot be read the reading goes on with the line behind its first one, so that a
    quote which is never closed costs one line and not all that follow.

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
        cells: list[str] | None = None
        try:
            cells = next(reader, None)
        except csv.Error as error:
            fault = f"the row cannot be read ({error})"
        first, spanned = lines.row_line, lines.row_lines
        if fault:
            lines.give_back()
        if lines.undecodable:
            fault = "the row is not valid UTF-8"
        if fault:
            on_broken(RecordError(fault, source=str(path), position=f"line {first}"))
        elif cells is None:
            return
        elif cells:
            yield Row(first, spanned, cells)


class _Lines:
    """The lines that the csv module asks for, with what it does not tell about them."""

    def __init__(self, path: Path, on_broken: OnBroken, max_row_bytes: int) -> None:
        self._fresh = numbered_lines(path, on_broken=on_broken, max_line_bytes=max_row_bytes)
        self._given_back: deque[tuple[int, bytes]] = deque()
        self._row: list[tuple[int, bytes]] = []
        self._row_bytes = 0
        self._doubtful = False
        self._max_row_bytes = max_row_bytes
        self._rereadable = FREE_REREAD_BYTES

    @property
    def row_line(self) -> int:
        """Number of the row's first line; 0 behind the last row."""
        return self._row[0][0] if self._row else 0

    @property
    def row_lines(self) -> int:
        return len(self._row)

    @property
    def undecodable(self) -> bool:
        return self._doubtful and not all(_is_utf8(line) for _, line in self._row)

    def begin_row(self) -> None:
        self._row.clear()
        self._row_bytes = 0
        self._doubtful = False

    def give_back(self) -> None:
        """Offer the lines of this row again, all but its first."""
        again = self._row[1:]
        del self._row[1:]
        self._rereadable -= sum(len(line) + 1 for _, line in again)
        self._given_back.extendleft(reversed(again))

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        # In a file made for it, each line could be read again for every line before it.
        if self._row and self._rereadable < 0:
            raise csv.Error("a quote is not closed on its line")
        if self._given_back:
            number, line = self._given_back.popleft()
        else:
            number, line = next(self._fresh)
            self._rereadable += REREAD_RATIO * (len(line) + 1)
        self._row.append((number, line))
        self._row_bytes += len(line)
        if self._row_bytes > self._max_row_bytes:
            raise csv.Error(f"longer than {self._max_row_bytes:,} bytes")
        if len(self._row) > MAX_ROW_LINES:
            raise csv.Error(f"longer than {MAX_ROW_LINES:,} lines")
        text = line.decode("utf-8", "replace")
        self._doubtful = self._doubtful or "\N{REPLACEMENT CHARACTER}" in text
        return text + "\n"


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
