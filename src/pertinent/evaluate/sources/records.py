"""Records of judged sets. They are read whole or not at all: a number over half a set is worth nothing."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NoReturn

from pertinent.errors import RecordError
from pertinent.ingest.fields import (
    ID_FIELDS,
    MAX_ID_CHARS,
    PAPER_FIELDS,
    TEXT_FIELDS,
    TITLE_FIELD,
    fields_to_document,
)
from pertinent.ingest.jsonl import parse_object
from pertinent.ingest.streams import MAX_LINE_BYTES, numbered_lines, read_text
from pertinent.store.schema import is_encodable
from pertinent.types import Document

HINT = "Correct the file; an evaluation leaves no record out."
NO_ID = f"no id: a whole number, or 1 to {MAX_ID_CHARS} characters without white space"
MAX_JSON_BYTES = 32 << 20
"""Of a file that is one JSON value and is held in memory."""

_TOO_LARGE = 1 << 63
_DOCUMENT_TEXTS = (TITLE_FIELD, *TEXT_FIELDS, *PAPER_FIELDS)
_DOCUMENT_FIELDS = frozenset((*ID_FIELDS, *_DOCUMENT_TEXTS))


@dataclass(frozen=True, slots=True)
class Record:
    """Fields of one JSON object, or of a part of it, that know where they stand.

    Parameters
    ----------
    fields : Mapping[str, object]
        Names and values as JSON has them.
    source, position : str
        File and place, for errors.
    """

    fields: Mapping[str, object]
    source: str
    position: str

    def fault(self, reason: str) -> RecordError:
        """The error that says what is wrong here."""
        return RecordError(reason, source=self.source, position=self.position, hint=HINT)

    def text(self, *names: str, default: str | None = None) -> str:
        """The first of these fields that is there and not blank, as a text.

        Raises
        ------
        RecordError
            If it is no text, or there is none and no default.
        """
        for name in names:
            value = self.fields.get(name)
            if value is None:
                continue
            if not isinstance(value, str) or not is_encodable(value):
                raise self.fault(f"field {name} is not a text")
            if value.strip():
                return value
        if default is None:
            raise self.fault(f"there is no {' or '.join(names)}")
        return default

    def identity(self, *names: str) -> str:
        """The first of these fields that is there, as an id: a text or a whole number.

        Raises
        ------
        RecordError
            If there is none, or something else, or it is too long.
        """
        for name in names:
            value = self.fields.get(name)
            if isinstance(value, int) and not isinstance(value, bool) and abs(value) < _TOO_LARGE:
                return str(value)
            if isinstance(value, str) and is_encodable(value) and is_id(value.strip()):
                return value.strip()
            if value is not None:
                raise self.fault(f"field {name} is {NO_ID}")
        raise self.fault(f"there is no {' or '.join(names)}")

    def number(self, name: str) -> float | None:
        """A finite number; None where the field is null or absent.

        Raises
        ------
        RecordError
            If it is something else.
        """
        value = self.fields.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise self.fault(f"field {name} is not a finite number")
        return float(value)

    def parts(self, name: str) -> tuple[Record, ...]:
        """The objects in a list.

        Raises
        ------
        RecordError
            If the field is no list of objects.
        """
        value = self.fields.get(name)
        if not isinstance(value, list):
            raise self.fault(f"field {name} is not a list")
        return tuple(self.part(item, f"{name} {number}") for number, item in enumerate(value, start=1))

    def part(self, value: object, place: str) -> Record:
        """An object inside this one.

        Raises
        ------
        RecordError
            If it is no object.
        """
        if not isinstance(value, dict):
            raise self.fault(f"{place} is not an object")
        return Record(value, self.source, f"{self.position}, {place}")

    def document(self) -> Document | None:
        """Id, title and text, without metadata; None where there is nothing but an id.

        Real collections hold some empty documents. No search finds them, so they need no place in an
        index; a judgement of one still counts.

        Raises
        ------
        RecordError
            If there is text without an id, or a field cannot be used.
        """
        fields = {name: value for name, value in self.fields.items() if name.casefold() in _DOCUMENT_FIELDS}
        if all(_is_blank(value) for name, value in fields.items() if name.casefold() in _DOCUMENT_TEXTS):
            return None
        document = fields_to_document(
            fields, source=self.source, position=self.position, on_broken=fail_on, needs_id=True
        )
        if document is None or not is_id(document.id):
            raise self.fault(f"_id is {NO_ID}")
        return document


def is_id(text: str) -> bool:
    """Whether a text can be an id; one with white space would not fit into a run file.

    Examples
    --------
    >>> is_id("PMC-7"), is_id("my notes.txt")
    (True, False)
    """
    return text.split() == [text] and len(text) <= MAX_ID_CHARS


def _is_blank(value: object) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def fail_on(error: RecordError) -> NoReturn:
    """What readers that report faults are given here: any fault ends the reading."""
    raise RecordError(error.reason, source=error.source, position=error.position, hint=HINT)


def json_records(path: Path) -> Iterator[Record]:
    """Stream the objects of a JSON Lines file, plain or gzip; blank lines are passed over.

    Raises
    ------
    RecordError
        For a line that is no JSON object or too long, and for a file that cannot be read.
    """
    source = str(path)
    for number, line in numbered_lines(path, on_broken=fail_on, max_line_bytes=MAX_LINE_BYTES):
        if line.strip():
            position = f"line {number}"
            try:
                fields = parse_object(line, source=source, position=position)
            except RecordError as error:
                fail_on(error)
            yield Record(fields, source, position)


def json_value(path: Path) -> Record:
    """The one value of a JSON file, plain or gzip, as the field ``value``.

    Raises
    ------
    RecordError
        If the file is no JSON or larger than :data:`MAX_JSON_BYTES`.
    """
    content = read_text(path, on_broken=fail_on, max_bytes=MAX_JSON_BYTES) or ""
    record = Record({}, str(path), "whole file")
    try:
        return replace(record, fields={"value": json.loads(content)})
    except (ValueError, RecursionError):
        raise record.fault("no valid JSON") from None


def text_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Stream the lines of a text file, plain or gzip, that are not blank, with their numbers.

    Raises
    ------
    RecordError
        For a line that is not UTF-8 or too long, and for a file that cannot be read.
    """
    for number, line in numbered_lines(path, on_broken=fail_on, max_line_bytes=MAX_LINE_BYTES):
        if line.strip():
            try:
                yield number, line.decode("utf-8")
            except UnicodeDecodeError:
                raise RecordError(
                    "not valid UTF-8", source=str(path), position=f"line {number}", hint=HINT
                ) from None
