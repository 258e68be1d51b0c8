"""Markdown files, plain or gzip: one document each.

Front matter (see ``front_matter.py``) becomes title and metadata and is not part of the text. Where
it names no title, the first top-level heading does, else the file's name.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pertinent.errors import RecordError
from pertinent.ingest.fields import fields_to_document
from pertinent.ingest.front_matter import split_front_matter
from pertinent.ingest.headings import first_heading
from pertinent.ingest.naming import file_id, suffix, title_of
from pertinent.ingest.protocol import OnBroken
from pertinent.ingest.streams import MAX_TEXT_BYTES, read_text
from pertinent.store.schema import is_encodable
from pertinent.types import Document

SUFFIXES = frozenset({".md", ".markdown", ".mdown", ".mkd"})
MEDIA_TYPE = "media_type"
MARKDOWN = "text/markdown"


@dataclass(frozen=True, slots=True)
class MarkdownReader:
    """Reads Markdown.

    Parameters
    ----------
    max_bytes : int
        Largest file.
    """

    max_bytes: int = MAX_TEXT_BYTES
    name: str = "markdown"

    def accepts(self, path: Path, head: bytes) -> bool:  # noqa: ARG002 (only the name tells)
        """Whether the name ends as Markdown's do."""
        return suffix(path) in SUFFIXES

    def read(self, path: Path, *, on_broken: OnBroken) -> Iterator[Document]:
        """The file as one document. Front matter that cannot be used is reported, the text kept."""
        source = str(path)
        whole = read_text(path, on_broken=on_broken, max_bytes=self.max_bytes)
        if whole is None:
            return
        fields, body = split_front_matter(whole, source=source, on_broken=on_broken)
        if not body.strip():
            on_broken(RecordError("there is no text", source=source, position="whole file"))
            return
        title = fields.pop("title", None)
        if not isinstance(title, str) or not title or not is_encodable(title):
            title = first_heading(body) or title_of(path)
        fixed = {"_id": file_id(path), "text": body, "title": title, MEDIA_TYPE: MARKDOWN}
        found = {"metadata": fields, **fixed}
        document = fields_to_document(found, source=source, position="front matter", on_broken=on_broken)
        if document is not None:
            yield document
