"""MEDLINE/PubMed XML, plain or gzip, streamed one citation at a time.

The layout of the files is described by the NLM in "MEDLINE/PubMed XML Data Elements".
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pertinent.errors import RecordError
from pertinent.ingest.citation import citation_to_document
from pertinent.ingest.protocol import OnBroken
from pertinent.ingest.xml_trees import xml_trees
from pertinent.types import Document

MAX_CITATION_BYTES = 16 << 20

CITATIONS = frozenset({"PubmedArticle", "PubmedBookArticle", "MedlineCitation"})
_MARKS = (b"<PubmedArticle", b"<PubmedBookArticle", b"<MedlineCitation", b"<DeleteCitation")


@dataclass(frozen=True, slots=True)
class MedlineReader:
    """Reads ``PubmedArticleSet`` and ``MedlineCitationSet`` files.

    A citation without abstract is given with an empty text and ``has_abstract`` False in its
    metadata. Lists of deleted citations are passed over.

    Parameters
    ----------
    max_citation_bytes : int
        Largest citation; a larger one ends the reading of its file.
    """

    max_citation_bytes: int = MAX_CITATION_BYTES
    name: str = "medline"

    def accepts(self, path: Path, head: bytes) -> bool:  # noqa: ARG002 (content decides)
        """Whether the content is XML with citations."""
        start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
        return start == b"<" and any(mark in head for mark in _MARKS)

    def read(self, path: Path, *, on_broken: OnBroken) -> Iterator[Document]:
        """Stream the citations of one file."""
        found = xml_trees(
            path, CITATIONS, named="citation", max_bytes=self.max_citation_bytes, on_broken=on_broken
        )
        for position, element in found:
            try:
                yield citation_to_document(element, source=str(path), position=position, on_broken=on_broken)
            except RecordError as error:
                on_broken(error)
