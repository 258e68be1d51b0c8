"""PDF files: one document each, which knows its pages; read by PDFium in a process of its own.

A text layer is needed: nothing is recognised in pictures. Files are bounded in bytes, pages, characters,
time and memory; what is left out is reported. The title is the file's own, else its name.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pertinent.errors import RecordError
from pertinent.ingest.extras import missing_extra
from pertinent.ingest.naming import file_id, title_of
from pertinent.ingest.protocol import OnBroken
from pertinent.ingest.reading_apart import read_apart
from pertinent.ingest.streams import MAX_TEXT_BYTES, read_bytes
from pertinent.ingest.titles import MAX_TITLE_CHARS, cut_at_word
from pertinent.types import Document, Places

MAX_PDF_BYTES = 256 << 20
MAX_PAGES = 5_000
MAX_SECONDS = 60
"""For all pages of a file; a page that takes much longer ends the reading of its file."""
KILLED_AFTER = 20
"""Seconds more, until the process that reads is killed."""

_BEGINS_WITHIN = 1024
_CHILD = "pertinent.ingest.pdf_child"
# PDFium writes the hyphen of a word that goes on in the next line, and the line's end, as one such mark.
_HYPHEN = re.compile("[\x02\ufffe]\n?")
_UNFIT = re.compile("[\x00-\x08\x0b-\x1f\x7f\ufffe\uffff]")
_LINE_SPACE = re.compile(r"[ \t]+\n")
_NO_TITLE = re.compile(
    r"\s*$|untitled|microsoft (?:word|powerpoint)|.*\.(?:docx?|pptx?|tex|dvi|indd|qxd|pdf)$", re.IGNORECASE
)
"""What programs write in place of a title."""


@dataclass(frozen=True, slots=True)
class PdfReader:
    """Reads PDF; needs the extra ``pdf``.

    Parameters
    ----------
    max_bytes : int
        Largest file.
    max_pages : int
        Pages that are read.
    max_seconds : int
        Time after which no further page is begun.
    """

    max_bytes: int = MAX_PDF_BYTES
    max_pages: int = MAX_PAGES
    max_seconds: int = MAX_SECONDS
    name: str = "pdf"

    def accepts(self, path: Path, head: bytes) -> bool:  # noqa: ARG002 (content decides)
        """Whether the content begins as PDF does."""
        return b"%PDF-" in head[:_BEGINS_WITHIN]

    def read(self, path: Path, *, on_broken: OnBroken) -> Iterator[Document]:
        """The file as one document."""
        source = str(path)
        outcome = self._outcome(path, on_broken)
        if outcome is None:
            return
        for fault in outcome["faults"]:
            on_broken(RecordError(fault, source=source, position="some pages"))
        text, places = _joined(outcome["pages"])
        if not text:
            reason = "there is no text; its pages may be pictures, which are not read"
            on_broken(RecordError(reason, source=source, position="whole file"))
            return
        title = " ".join(_fit(outcome["title"]).split())
        title = title_of(path) if _NO_TITLE.match(title) else cut_at_word(title, MAX_TITLE_CHARS)
        metadata = {"media_type": "application/pdf"}
        yield Document(file_id(path), text, title, metadata, source, places=places)

    def _outcome(self, path: Path, on_broken: OnBroken) -> dict[str, Any] | None:
        fault = missing_extra("pypdfium2", "pdf", "PDF files")
        data = None if fault else read_bytes(path, on_broken=on_broken, max_bytes=self.max_bytes)
        if data is not None:
            limits = {
                "pages": self.max_pages,
                "characters": MAX_TEXT_BYTES,
                "seconds": self.max_seconds,
            }
            outcome = read_apart(_CHILD, data, limits, seconds=self.max_seconds + KILLED_AFTER)
            fault = outcome.get("refused", "")
            if not fault:
                return outcome
        if fault:
            on_broken(RecordError(fault, source=str(path), position="whole file"))
        return None


def _joined(pages: list[tuple[int, str]]) -> tuple[str, Places]:
    """Text of all pages, an empty line between them, and where each begins."""
    parts: list[str] = []
    starts, numbers, size = array("q"), array("q"), 0
    for number, raw in pages:
        if text := _fit(raw):
            starts.append(size)
            numbers.append(number)
            parts.append(text)
            size += len(text) + 2
    return "\n\n".join(parts), Places("page", starts, numbers)


def _fit(text: str) -> str:
    """The text of a page without marks that PDFium or a damaged font left in it."""
    text = text.encode("utf-8", "replace").decode().replace("\r\n", "\n").replace("\r", "\n")
    text = _UNFIT.sub(" ", _HYPHEN.sub(_joined_word, text))
    return _LINE_SPACE.sub("\n", text).strip()


def _joined_word(hyphen: re.Match[str]) -> str:
    """What stands in place of a hyphen at a line's end: none in ``treat-ment``, one in ``Self-Refine``."""
    before = hyphen.string[max(0, hyphen.start() - 1) : hyphen.start()]
    after = hyphen.string[hyphen.end() : hyphen.end() + 1]
    # Only what is spelt with a hyphen goes on with a digit, or with a capital after none.
    return "-" if after.isdigit() or (after.isupper() and not before.isupper()) else ""
