"""CSV and its relatives (comma, semicolon, tab, bar), plain or gzip: one document a row.

The first row names the columns; ``fields.py`` says which names mean what. A column that holds only
whole numbers, or only numbers, over the whole file becomes a number field; for that the file is
read twice. A cell with a usual mark of a missing value (``n/a``, ``NA``, ``null``, ``none``, ``-``)
says nothing about its column, and counts as empty where the others are numbers. Columns of
identifiers (``id``, ``pmid``, names that end in ``_id``) stay text. A column without a name, such as
an exported row index, is left out.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from pertinent.errors import RecordError
from pertinent.ingest.fields import (
    ID_FIELDS,
    LIST_METADATA,
    PAPER_FIELDS,
    TEXT_FIELDS,
    TEXT_METADATA,
    TITLE_FIELD,
    fields_to_document,
)
from pertinent.ingest.naming import suffix
from pertinent.ingest.protocol import OnBroken
from pertinent.ingest.rows import Row, table_rows
from pertinent.ingest.streams import MAX_LINE_BYTES, read_head
from pertinent.types import Document

SUFFIXES = frozenset({".csv", ".tsv", ".tab"})
Cell: TypeAlias = Callable[[str], object]
"""From the text of a cell to its value; None where it is empty."""

DELIMITERS = ",;\t|"
MAX_COLUMNS = 512
_CONTENT = frozenset({TITLE_FIELD, *TEXT_FIELDS, *PAPER_FIELDS})
_STAY_TEXT = _CONTENT | {*ID_FIELDS} | TEXT_METADATA | LIST_METADATA
_MISSING = frozenset({"", "-", "n/a", "na", "nan", "none", "null"})
_WHOLE = re.compile(r"-?(?:0|[1-9][0-9]{0,17})", re.ASCII)
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,17})(?:\.[0-9]{1,17})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class CsvReader:
    """Reads tables of text.

    Parameters
    ----------
    max_row_bytes : int
        Longest row, however many lines it spans.
    """

    max_row_bytes: int = MAX_LINE_BYTES
    name: str = "csv"

    def accepts(self, path: Path, head: bytes) -> bool:  # noqa: ARG002 (only the name tells)
        """Whether the name ends as a table's does."""
        return suffix(path) in SUFFIXES

    def read(self, path: Path, *, on_broken: OnBroken) -> Iterator[Document]:
        """Stream one document per row."""
        source = str(path)
        # A file that cannot be read is reported below, once, when its rows are.
        delimiter = sniff_delimiter(read_head(path, on_broken=lambda _: None) or b"")
        rows = table_rows(path, delimiter, on_broken=on_broken, max_row_bytes=self.max_row_bytes)
        header = next(rows, None)
        if header is None:
            return
        columns = [name.strip() for name in header.cells]
        if fault := _header_fault(columns):
            on_broken(RecordError(fault, source=source, position="header"))
            return
        again = table_rows(path, delimiter, on_broken=lambda _: None, max_row_bytes=self.max_row_bytes)
        kinds = _column_kinds(again, columns)
        for row in rows:
            position = f"line {row.line}"
            if len(row.cells) != len(columns):
                reason = f"{len(row.cells)} columns where the header has {len(columns)}"
                if row.lines > 1:  # perhaps not a row at all: a quote too many may have taken them in
                    reason += f", in a row of {row.lines:,} lines"
                on_broken(RecordError(reason, source=source, position=position))
                continue
            cells = zip(columns, row.cells, strict=True)
            fields = {name: kinds[name](cell) for name, cell in cells if name}
            document = fields_to_document(fields, source=source, position=position, on_broken=on_broken)
            if document is not None:
                yield document


def sniff_delimiter(head: bytes) -> str:
    r"""The delimiter that cuts the first rows most evenly; a comma where none does.

    Examples
    --------
    >>> sniff_delimiter(b"id;text\n1;One, two\n2;Three, four\n")
    ';'
    """
    lines = head.decode("utf-8-sig", "replace").splitlines()
    complete = lines[:-1] if len(lines) > 1 else lines  # the last one may be cut off

    def evenness(delimiter: str) -> tuple[float, int]:
        try:
            widths = [len(row) for row in csv.reader(complete[:100], delimiter=delimiter) if row]
        except csv.Error:
            return 0.0, 0
        if not widths or widths[0] < 2:
            return 0.0, 0
        return widths.count(widths[0]) / len(widths), widths[0]

    best = max(DELIMITERS, key=evenness)
    return best if evenness(best)[1] else ","


def _header_fault(columns: list[str]) -> str:
    names = [name.casefold() for name in columns if name]
    if len(names) > MAX_COLUMNS:
        return f"more than {MAX_COLUMNS} columns"
    if len(set(names)) < len(names):
        return "two columns have the same name"
    if not _CONTENT.intersection(names):
        return f"no column of the first row is named {', '.join(sorted(_CONTENT))}"
    return ""


def _column_kinds(rows: Iterator[Row], columns: list[str]) -> dict[str, Cell]:
    kinds: dict[str, Cell] = dict.fromkeys(columns, str)
    whole = {
        at: name
        for at, name in enumerate(columns)
        if name.casefold() not in _STAY_TEXT and not name.casefold().endswith("_id")
    }
    numbers = dict(whole)
    next(rows, None)  # the header
    for row in rows:
        if not numbers:
            break
        if len(row.cells) != len(columns):
            continue
        for at in list(numbers):
            value = row.cells[at].strip()
            if value.casefold() not in _MISSING and not _WHOLE.fullmatch(value):
                whole.pop(at, None)
                if not _NUMBER.fullmatch(value):
                    del numbers[at]
    kinds.update((name, _to_float) for name in numbers.values())
    kinds.update((name, _to_int) for name in whole.values())
    return kinds


def _to_int(cell: str) -> int | None:
    return int(cell) if _WHOLE.fullmatch(cell.strip()) else None


def _to_float(cell: str) -> float | None:
    return float(cell) if _NUMBER.fullmatch(cell.strip()) else None
