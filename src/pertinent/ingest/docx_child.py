"""Reads one docx file in a process of its own; ``pertinent.ingest.docx`` starts it.

A docx file is a zip archive of XML, and comes from anywhere: its parts are counted, measured and looked
through for document types, which may declare entities, before anything reads them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import BytesIO
from typing import Any
from xml.parsers import expat
from zipfile import ZipFile

from pertinent.ingest.reading_apart import answer

DAMAGED = "the docx file is damaged, or asks for a password"
NO_TITLE = "Word Document"
"""What python-docx says where a file has no properties."""

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_LEFT_OUT = frozenset(
    f"{_W}{tag}" for tag in ("del", "moveFrom", "pPr", "rPr", "sectPr", "sdtPr", "tblPr", "tcPr")
)
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
"""The same again, for programs that know less."""
_SPACES = frozenset(f"{_W}{tag}" for tag in ("tab", "br", "cr", "p", "tr", "tc"))
_HEADING = re.compile(r"heading ([1-9])", re.IGNORECASE)
_CHUNK_BYTES = 1 << 18


class _RefusedError(Exception):
    """Why an archive is not read."""


def read_blocks(data: bytes, *, parts: int, size: int) -> dict[str, Any]:
    """Headings, paragraphs and rows of tables.

    Parameters
    ----------
    data : bytes
        The file.
    parts : int
        Files in the archive at most.
    size : int
        Bytes of them together at most.

    Returns
    -------
    dict
        ``blocks``: each its kind (``heading``, ``title``, ``item``, ``row`` or ``text``), a heading's level,
        and its words; ``title``. Or ``refused``: why nothing can be read.
    """
    import docx

    try:
        _check(data, parts, size)
        document = docx.Document(BytesIO(data))
        names = {style.style_id: style.name or "" for style in document.styles}
        blocks = list(_blocks(document.element.body, names))
        title = document.core_properties.title
    except _RefusedError as refused:
        return {"refused": str(refused)}
    except Exception:  # a damaged archive or part shows itself in errors of many kinds
        return {"refused": DAMAGED}
    return {"blocks": blocks, "title": "" if title == NO_TITLE else title}


def _check(data: bytes, parts: int, size: int) -> None:
    with ZipFile(BytesIO(data)) as archive:
        entries = archive.infolist()
        if len(entries) > parts:
            raise _RefusedError(f"the archive has more than {parts:,} parts")
        # zipfile never gives more of a part than is declared, and calls one that goes on damaged.
        if sum(entry.file_size for entry in entries) > size:
            raise _RefusedError(f"the archive holds more than {size:,} bytes")
        for entry in entries:
            with archive.open(entry) as part:
                head = part.read(_CHUNK_BYTES)
                is_xml = head.lstrip(b"\xef\xbb\xbf\xfe\xff\0 \t\r\n").startswith(b"<")
                parser = expat.ParserCreate()
                parser.StartDoctypeDeclHandler = _refuse_doctype
                while head:
                    if is_xml:
                        parser.Parse(head, False)
                    head = part.read(_CHUNK_BYTES)


def _refuse_doctype(*_: object) -> None:
    raise _RefusedError("it declares a document type, which could be an attack")


def _blocks(parent: Any, names: dict[str, str]) -> Iterator[tuple[str, int, str]]:
    for element in parent:
        if element.tag in _LEFT_OUT:
            continue
        if element.tag == f"{_W}p":
            yield _paragraph(element, names)
        elif element.tag == f"{_W}tbl":
            for row in _rows(element):
                yield "row", 0, " | ".join(_text(cell) for cell in row.iterfind(f"{_W}tc"))
        else:  # what holds paragraphs and shows nothing itself, such as fields of a form
            yield from _blocks(element, names)


def _paragraph(paragraph: Any, names: dict[str, str]) -> tuple[str, int, str]:
    style = paragraph.find(f"{_W}pPr/{_W}pStyle")
    name = "" if style is None else names.get(style.get(f"{_W}val", ""), "")
    text = _text(paragraph)
    if heading := _HEADING.fullmatch(name):
        return "heading", int(heading[1]), text
    if name == "Title":
        return "title", 0, text
    is_item = name.startswith("List") or paragraph.find(f"{_W}pPr/{_W}numPr") is not None
    return ("item" if is_item else "text"), 0, text


def _rows(element: Any) -> Iterator[Any]:
    """Rows of a table; a table inside a cell belongs to that."""
    for child in element:
        if child.tag == f"{_W}tr":
            yield child
        else:
            yield from _rows(child)


def _text(element: Any) -> str:
    return " ".join("".join(_words(element)).split())


def _words(element: Any) -> Iterator[str]:
    for child in element:
        if child.tag in _LEFT_OUT or child.tag == _FALLBACK:
            continue
        if child.tag in _SPACES:
            yield " "
        if child.tag == f"{_W}t":
            yield child.text or ""
        elif child.tag == f"{_W}noBreakHyphen":
            yield "-"
        else:
            yield from _words(child)


def main() -> None:
    """Answer one job."""
    answer(read_blocks)
