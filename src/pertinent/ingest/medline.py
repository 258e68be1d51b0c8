"""MEDLINE/PubMed XML, plain or gzip, streamed one citation at a time.

Entity-safe: the DOCTYPE of real files is accepted, but nothing is ever fetched, and a file that
declares entities of its own is refused at the first declaration. Named HTML entities such as
``&nbsp;`` (which the NLM DTDs define) are read as their characters.

The layout of the files is described by the NLM in "MEDLINE/PubMed XML Data Elements".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html.entities import html5
from pathlib import Path
from xml.etree.ElementTree import Element, TreeBuilder  # only the tree; the parsing is guarded below
from xml.parsers import expat

from pertinent.errors import RecordError
from pertinent.ingest.citation import citation_to_document
from pertinent.ingest.protocol import OnBroken
from pertinent.ingest.streams import ByteChunks
from pertinent.types import Document

MAX_CITATION_BYTES = 16 << 20
MAX_DEPTH = 64

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
        """Stream the citations of one file; memory is bounded by the largest citation.

        After a fault in the XML the citations before it are kept and the rest is not read.
        """
        source = str(path)
        parser = _CitationParser(self.max_citation_bytes)
        chunks = ByteChunks(path, on_broken=on_broken)
        number = 0
        for chunk in chunks:
            parser.feed(chunk)
            for line, element in parser.take():
                number += 1
                position = f"citation {number} (line {line})"
                try:
                    yield citation_to_document(element, source=source, position=position, on_broken=on_broken)
                except RecordError as error:
                    on_broken(error)
            if parser.fault:
                break
        else:
            if chunks.complete:
                parser.end()
        if parser.fault:
            on_broken(RecordError(parser.fault, source=source, position=f"line {parser.line}"))


class _RefusedError(Exception):
    """Valid XML that is not read, and why."""


class _CitationParser:
    """Expat that builds a tree for each citation and for nothing else."""

    def __init__(self, max_bytes: int) -> None:
        self.fault = ""
        self.line = 1
        self._max_bytes = max_bytes
        self._found: list[tuple[int, Element]] = []
        self._builder: TreeBuilder | None = None
        self._depth = 0
        self._began_at = self._began_line = 0
        self._parser = parser = expat.ParserCreate()
        parser.buffer_text = True
        # Never is expat's default; said here because the safety of the reader rests on it.
        parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
        parser.EntityDeclHandler = self._refuse_entity
        parser.SkippedEntityHandler = self._skipped_entity
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end

    def feed(self, chunk: bytes) -> None:
        self._parse(chunk, False)
        if self._builder is not None and not self.fault:
            size = self._parser.CurrentByteIndex - self._began_at
            if size > self._max_bytes:
                self.line = self._began_line
                self.fault = f"a citation is larger than {self._max_bytes:,} bytes"

    def end(self) -> None:
        self._parse(b"", True)

    def take(self) -> list[tuple[int, Element]]:
        """Finished citations, each with the line it began at."""
        found, self._found = self._found, []
        return found

    def _parse(self, data: bytes, final: bool) -> None:
        try:
            self._parser.Parse(data, final)
        except expat.ExpatError as error:
            self.fault = f"the XML is broken ({expat.ErrorString(error.code)})"
            self.line = error.lineno
        except _RefusedError as error:
            self.fault = str(error)
            self.line = self._parser.CurrentLineNumber
        except (LookupError, ValueError):
            self.fault = "the encoding that the XML names is not known"

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        if self._builder is None:
            if tag not in CITATIONS:
                return
            self._builder = TreeBuilder()
            self._parser.CharacterDataHandler = self._builder.data
            self._began_at = self._parser.CurrentByteIndex
            self._began_line = self._parser.CurrentLineNumber
            self._depth = 0
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise _RefusedError(f"elements are nested more than {MAX_DEPTH} deep")
        self._builder.start(tag, attributes)

    def _end(self, tag: str) -> None:
        if self._builder is None:
            return
        self._builder.end(tag)
        self._depth -= 1
        if not self._depth:
            self._found.append((self._began_line, self._builder.close()))
            self._builder = None
            self._parser.CharacterDataHandler = None

    def _refuse_entity(self, *_: object) -> None:
        raise _RefusedError("it declares entities, which could be an attack")

    def _skipped_entity(self, name: str, is_parameter: bool) -> None:
        if self._builder is not None and not is_parameter:
            self._builder.data(_HTML.get(f"{name};", "\N{REPLACEMENT CHARACTER}"))


_HTML: Mapping[str, str] = html5
