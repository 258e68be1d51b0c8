"""Tagged lines: the layout that citation files in RIS and in NBIB share, read and written.

A tag of two to four signs fills four places, then come a hyphen, a space and the value. A line without a
tag goes on with the value above it::

    PMID- 101
    TI  - Uptake of carbon by invented
          plants.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pertinent.errors import RecordError
from pertinent.ingest.protocol import OnBroken
from pertinent.ingest.streams import numbered_lines

MAX_FIELD_LINE_BYTES = 1 << 20
MAX_RECORD_BYTES = 16 << 20
LINE_WIDTH = 88
"""Of NBIB as PubMed writes it; longer words stay whole."""

TAGGED = re.compile(r"(?=[A-Z][A-Z0-9]{1,3} {0,2}-)(.{4})-(?: (.*))?", re.DOTALL)
"""A whole line with a tag: the tag, filled with spaces, and the value, if it has one."""


@dataclass(slots=True)
class TaggedRecord:
    """One record.

    Parameters
    ----------
    line : int
        The line it begins on, from 1.
    values : dict[str, list[str]]
        Its values by tag, in order; white space in them is single.

    Examples
    --------
    >>> record = TaggedRecord(line=1, values={"AU": ["Roe J", "Poe A"]})
    >>> record.first("TI", "AU"), record.all("AU")
    ('Roe J', ('Roe J', 'Poe A'))
    """

    line: int
    values: dict[str, list[str]] = field(default_factory=dict)

    def first(self, *tags: str) -> str:
        """The first value of the first of these tags that has one; empty for none."""
        return next((value for tag in tags for value in self.values.get(tag, ())), "")

    def all(self, *tags: str) -> tuple[str, ...]:
        """All values of these tags, without repeats."""
        return tuple(dict.fromkeys(value for tag in tags for value in self.values.get(tag, ())))


def tagged_records(
    path: Path, *, opens: str, closes: str, on_broken: OnBroken, max_record_bytes: int = MAX_RECORD_BYTES
) -> Iterator[TaggedRecord]:
    """Stream the records of a file.

    Parameters
    ----------
    path : Path
        The file, plain or gzip; UTF-8, and Windows-1252 where a line is not valid UTF-8.
    opens : str
        The tag that begins a record.
    closes : str
        The tag that ends it; what stands between that and the next record is passed over. Where this is
        empty, records end at empty lines, and any tag begins one.
    on_broken : Callable[[RecordError], None]
        Told of lines and records that are too long.
    max_record_bytes : int
        Largest record; a larger one is left out.
    """
    record: TaggedRecord | None = None
    values: list[tuple[str, list[str]]] = []  # tags of the record, each with the lines of its value
    size = 0
    for number, raw in numbered_lines(path, on_broken=on_broken, max_line_bytes=MAX_FIELD_LINE_BYTES):
        line = _decoded(raw)
        tagged = TAGGED.fullmatch(line)
        tag = tagged[1].strip() if tagged else ""
        is_end = tag == closes if closes else not line.strip()
        is_begin = tag == opens or (not closes and bool(tag) and record is None)
        if is_end or is_begin:
            yield from _made(record, values)
            record, values, size = (TaggedRecord(number) if is_begin else None), [], 0
        if record is None:
            continue
        before, size = size, size + len(raw)
        if size > max_record_bytes:
            if before <= max_record_bytes:
                reason = f"the citation is larger than {max_record_bytes:,} bytes"
                on_broken(RecordError(reason, source=str(path), position=f"line {record.line}"))
            values.clear()
        elif tagged:
            values.append((tag, [tagged[2] or ""]))
        elif values:
            values[-1][1].append(line)
    yield from _made(record, values)


def tagged_lines(tag: str, value: str, *, wrap: bool) -> list[str]:
    """The lines of one value; none where it is empty.

    Parameters
    ----------
    tag : str
        Two to four signs.
    value : str
        Its white space is made single.
    wrap : bool
        Whether a long value goes on in further lines, set in by six spaces.

    Examples
    --------
    >>> tagged_lines("TI", "Uptake of\\ncarbon", wrap=False)
    ['TI  - Uptake of carbon']
    """
    words = value.split()
    if not words:
        return []
    if not wrap:
        return [f"{tag:<4}- {' '.join(words)}"]
    lines = [f"{tag:<4}- {words[0]}"]
    for word in words[1:]:
        if len(lines[-1]) + 1 + len(word) > LINE_WIDTH:
            lines.append(f"      {word}")
        else:
            lines[-1] += f" {word}"
    return lines


def _made(record: TaggedRecord | None, values: list[tuple[str, list[str]]]) -> Iterator[TaggedRecord]:
    """The record, unless nothing was kept of it."""
    if record is None:
        return
    for tag, lines in values:
        if value := " ".join(" ".join(lines).split()):
            record.values.setdefault(tag, []).append(value)
    if record.values:
        yield record


def _decoded(line: bytes) -> str:
    try:
        return line.decode()
    except UnicodeDecodeError:
        return line.decode("cp1252", "replace")
