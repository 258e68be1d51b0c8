"""JSON Lines, plain or gzip: one JSON object a line. ``fields.py`` says which names mean what."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pertinent.errors import RecordError
from pertinent.ingest.fields import fields_to_document
from pertinent.ingest.naming import suffix
from pertinent.ingest.protocol import OnBroken
from pertinent.ingest.streams import MAX_LINE_BYTES, numbered_lines
from pertinent.types import Document

SUFFIXES = frozenset({".jsonl", ".ndjson", ".jl"})
MAYBE_SUFFIXES = frozenset({"", ".json"})
_MAX_DIGITS = 64


@dataclass(frozen=True, slots=True)
class JsonlReader:
    """Reads JSON Lines.

    Parameters
    ----------
    max_line_bytes : int
        Longest line; a longer one is reported and skipped without being held in memory.
    needs_id : bool
        Whether a record without an identity is broken.
    """

    max_line_bytes: int = MAX_LINE_BYTES
    needs_id: bool = False
    name: str = "jsonl"

    def accepts(self, path: Path, head: bytes) -> bool:
        """Whether the name ends in .jsonl, .ndjson or .jl, or the first line is a JSON object."""
        ending = suffix(path)
        return ending in SUFFIXES or (ending in MAYBE_SUFFIXES and _starts_with_object(head))

    def read(self, path: Path, *, on_broken: OnBroken) -> Iterator[Document]:
        """Stream one document per line; blank lines are passed over."""
        source = str(path)
        lines = numbered_lines(path, on_broken=on_broken, max_line_bytes=self.max_line_bytes)
        for number, line in lines:
            if not line.strip():
                continue
            position = f"line {number}"
            try:
                fields = parse_object(line, source=source, position=position)
            except RecordError as error:
                on_broken(error)
                continue
            document = fields_to_document(
                fields, source=source, position=position, on_broken=on_broken, needs_id=self.needs_id
            )
            if document is not None:
                yield document


def parse_object(line: bytes, *, source: str, position: str) -> dict[str, object]:
    """Parse one JSON object. ``NaN``, infinity and numbers of too many digits come out as not finite.

    Raises
    ------
    RecordError
        If the bytes are not UTF-8, not JSON, too deeply nested, or another JSON value.
    """
    try:
        value = json.loads(line.decode("utf-8"), parse_int=_whole_number)
    except UnicodeDecodeError as error:
        reason = f"not valid UTF-8 at byte {error.start}"
    except json.JSONDecodeError as error:
        reason = f"not valid JSON at character {error.pos} ({error.msg})"
    except RecursionError:
        reason = "the JSON is nested too deeply"
    else:
        if isinstance(value, dict):
            return value
        reason = "the line is not a JSON object"
    raise RecordError(reason, source=source, position=position)


def _whole_number(digits: str) -> int | float:
    return int(digits) if len(digits) <= _MAX_DIGITS else math.inf


def _starts_with_object(head: bytes) -> bool:
    line = head.removeprefix(b"\xef\xbb\xbf").lstrip().split(b"\n", 1)[0]
    if not line.startswith(b"{"):
        return False
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False
