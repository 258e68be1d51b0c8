"""Documents of Word (docx): one document each, read by python-docx in a process of its own.

Headings are kept, rows of tables are lines with ``|`` between cells, tracked changes are read as accepted.
Headers, footers, notes and comments are left out. The title is the file's own, else the paragraph in the
style Title, else the file's name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pertinent.errors import RecordError
from pertinent.ingest.extras import missing_extra
from pertinent.ingest.naming import file_id, suffix, title_of
from pertinent.ingest.outline import OutlinedText
from pertinent.ingest.protocol import OnBroken
from pertinent.ingest.reading_apart import read_apart
from pertinent.ingest.streams import read_bytes
from pertinent.ingest.titles import title_and_text
from pertinent.types import Document

MAX_DOCX_BYTES = 64 << 20
MAX_UNPACKED_BYTES = 256 << 20
MAX_PARTS = 5_000
MAX_SECONDS = 60
MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

_CHILD = "pertinent.ingest.docx_child"
_UNFIT = re.compile("[\x00-\x08\x0b-\x1f\x7f\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class DocxReader:
    """Reads docx; needs the extra ``docx``.

    Parameters
    ----------
    max_bytes : int
        Largest file.
    max_unpacked_bytes : int
        Bytes of all its parts together.
    max_parts : int
        Parts of the archive.
    """

    max_bytes: int = MAX_DOCX_BYTES
    max_unpacked_bytes: int = MAX_UNPACKED_BYTES
    max_parts: int = MAX_PARTS
    name: str = "docx"

    def accepts(self, path: Path, head: bytes) -> bool:  # noqa: ARG002 (archives of all kinds begin alike)
        """Whether the name ends as docx does."""
        return suffix(path) == ".docx"

    def read(self, path: Path, *, on_broken: OnBroken) -> Iterator[Document]:
        """The file as one document."""
        source = str(path)
        fault = missing_extra("docx", "docx", "docx files")
        data = None if fault else read_bytes(path, on_broken=on_broken, max_bytes=self.max_bytes)
        if data is None and not fault:
            return
        outlined, title = OutlinedText(), ""
        if data is not None:
            limits = {"parts": self.max_parts, "size": self.max_unpacked_bytes}
            outcome = read_apart(_CHILD, data, limits, seconds=MAX_SECONDS)
            fault = outcome.get("refused", "")
            if not fault:
                outlined, title = _outlined(outcome["blocks"], outcome["title"])
                fault = "" if outlined.text else "there is no text"
        if fault:
            on_broken(RecordError(fault, source=source, position="whole file"))
            return
        title, text = title_and_text(title or title_of(path), outlined.text)
        # A title that is too long stands before the text, and moves it.
        sections = outlined.sections if len(text) == len(outlined.text) else ()
        yield Document(file_id(path), text, title, {"media_type": MEDIA_TYPE}, source, sections)


def _outlined(blocks: list[tuple[str, int, str]], title: str) -> tuple[OutlinedText, str]:
    outlined = OutlinedText()
    title = _fit(title)
    previous = ""
    for kind, level, words in blocks:
        text = _fit(words)
        if kind == "heading":
            outlined.heading(level, text)
        elif text.strip(" |"):
            is_close = kind == previous and kind in ("row", "item")
            outlined.block(f"- {text}" if kind == "item" else text, close=is_close)
        if kind == "title":
            title = title or text
        previous = kind
    return outlined, title


def _fit(text: str) -> str:
    return " ".join(_UNFIT.sub(" ", text.encode("utf-8", "replace").decode()).split())
