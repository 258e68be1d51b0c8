"""HTML files, plain or gzip: one document each, read by lxml, whose parser follows HTML 5.

The text is that of ``<main>``, of the only ``<article>``, or of the whole body: headings, paragraphs,
list items, rows of tables with ``|`` between cells. Scripts, styles, menus, footers, forms and what is
marked hidden are left out. The title is that of ``<title>``, else the first heading, else the file's
name. Elements deeper than the parser goes (256) are reported and left out.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pertinent.errors import RecordError
from pertinent.ingest.html_text import html_text
from pertinent.ingest.naming import file_id, suffix, title_of
from pertinent.ingest.protocol import OnBroken
from pertinent.ingest.streams import read_bytes
from pertinent.ingest.titles import title_and_text
from pertinent.types import Document, MetadataValue

MAX_HTML_BYTES = 16 << 20
SUFFIXES = frozenset({".html", ".htm", ".xhtml"})
_BEGINNING = re.compile(rb"\s*(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html)\b", re.IGNORECASE | re.DOTALL)
_CHARSET = re.compile(rb"""charset\s*=\s*["']?\s*([\w.:-]{1,40})""", re.IGNORECASE)
_CHARSET_WITHIN = 4096
_BEGINS_WITHIN = 1024
_MAX_LINES = 65_534
"""The parser counts lines no further."""


@dataclass(frozen=True, slots=True)
class HtmlReader:
    """Reads HTML.

    Parameters
    ----------
    max_bytes : int
        Largest file.
    """

    max_bytes: int = MAX_HTML_BYTES
    name: str = "html"

    def accepts(self, path: Path, head: bytes) -> bool:
        """Whether the name ends as HTML's do, or the content begins so."""
        return suffix(path) in SUFFIXES or bool(_BEGINNING.match(head[:_BEGINS_WITHIN]))

    def read(self, path: Path, *, on_broken: OnBroken) -> Iterator[Document]:
        """The file as one document."""
        source = str(path)
        data = read_bytes(path, on_broken=on_broken, max_bytes=self.max_bytes)
        if data is None:
            return
        root, too_deep = _parsed(_decoded(data))
        if too_deep:
            reason = "elements are nested too deep; the deepest are left out"
            on_broken(RecordError(reason, source=source, position="whole file"))
        outlined = None if root is None else html_text(root)
        if root is None or outlined is None or not outlined.text.strip():
            on_broken(RecordError("there is no text", source=source, position="whole file"))
            return
        title = " ".join("".join(root.xpath("string((//head/title)[1])")).split())
        title, text = title_and_text(title or outlined.first_heading or title_of(path), outlined.text)
        metadata: dict[str, MetadataValue] = {"media_type": "text/html"}
        if language := _language(root):
            metadata["language"] = (language,)
        if len(text) > len(outlined.text):  # a title too long stands before the text, and moves it
            yield Document(file_id(path), text, title=title, metadata=metadata, source=source)
            return
        places = outlined.places if data.count(b"\n") < _MAX_LINES else None
        yield Document(file_id(path), text, title, metadata, source, outlined.sections, places)


def _decoded(data: bytes) -> str:
    """The text: UTF-8 where it is valid, else as the page says, else as old pages are."""
    data = data.removeprefix(codecs.BOM_UTF8)
    declared = _CHARSET.search(data[:_CHARSET_WITHIN])
    for encoding in ("utf-8", declared[1].decode("ascii", "replace") if declared else ""):
        try:
            text = data.decode(encoding)
        except (LookupError, ValueError):  # ValueError: other bytes, or a codec that gives no text
            continue
        return text
    return data.decode("cp1252", "replace")


def _parsed(text: str) -> tuple[Any, bool]:
    """The tree, and whether a part of it was too deep to be read."""
    from lxml import etree

    # Zero bytes end the text for the parser; as UTF-8 nothing in the page can name another encoding.
    parser = etree.HTMLParser(encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True)
    data = text.replace("\0", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace")
    try:
        root = etree.fromstring(data, parser)
    except etree.ParserError:  # nothing in it
        return None, False
    faults = parser.error_log
    return root, any("depth" in fault.message.lower() for fault in faults)


def _language(root: Any) -> str:
    language = str(root.get("lang", "")).strip()
    return language if re.fullmatch(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*", language) else ""
