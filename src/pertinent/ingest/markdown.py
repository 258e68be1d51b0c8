"""Markdown files, plain or gzip: one document each.

Front matter (see ``front_matter.py``) becomes title and metadata and is not part of the text. Where
it names no title, the first top-level heading does, else the file's name. Wiki links are read as what
they show; the pages they lead to become the metadata field ``wiki_links`` (see ``wiki_links.py``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from pertinent.errors import RecordError
from pertinent.ingest.fields import fields_to_document
from pertinent.ingest.front_matter import split_front_matter
from pertinent.ingest.headings import first_heading
from pertinent.ingest.naming import file_id, suffix, title_of
from pertinent.ingest.protocol import OnBroken
from pertinent.ingest.streams import MAX_TEXT_BYTES, read_text
from pertinent.ingest.wiki_links import WIKI_LINKS, read_wiki_links
from pertinent.store.schema import is_encodable
from pertinent.types import Document, line_places

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
        first_line = whole.count("\n", 0, len(whole) - len(body)) + 1
        body, links = read_wiki_links(body)
        if links:
            fields.setdefault(WIKI_LINKS, list(links))
        title = fields.pop("title", None)
        if not isinstance(title, str) or not title or not is_encodable(title):
            title = first_heading(body) or title_of(path)
        fixed = {"_id": file_id(path), "text": body, "title": title, MEDIA_TYPE: MARKDOWN}
        found = {"metadata": fields, **fixed}
        document = fields_to_document(found, source=source, position="front matter", on_broken=on_broken)
        if document is not None:
            # A title that is too long stands before the body.
            places = line_places(document.text, first=first_line, skip=len(document.text) - len(body))
            yield replace(document, places=places)
